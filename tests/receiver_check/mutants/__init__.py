"""Receivers with one planted bug each, to measure what the receiver check finds, and good ones that it must pass."""
