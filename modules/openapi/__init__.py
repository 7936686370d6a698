"""MAAC's Open API at its own paths: a client written for MAAC only needs another host.

Paths, fields, errors, pages and rate limits are those that MAAC documents. Where it does not: a field that a call does
not know is passed over, faults of fields come by field, times are in the account's zone.
"""
