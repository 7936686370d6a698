"""Ids as they stand in an address or a form."""

LONGEST = 18
"""Digits: so many always fit the database, and a longer number is nobody's."""


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST
