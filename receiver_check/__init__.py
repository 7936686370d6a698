"""Conformance probes against a receiver's URL, and the diagnosis of wrong signatures. Pure."""
