"""The REST door: parse, call a service, answer."""
