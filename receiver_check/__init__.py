"""A receiver under the lens: a conformance run against its URL, and the reason why its signature is wrong. Pure."""
