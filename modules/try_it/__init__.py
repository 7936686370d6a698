"""Try it: a receiver on the simulator itself, which verifies signatures, shows its requests, and fails on request."""
