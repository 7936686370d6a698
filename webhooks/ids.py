"""Checks ids that arrive as text in a URL or a form."""

LONGEST = 18
"""Digits: a number of 18 digits always fits the database's 64-bit ids."""


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST
