"""Reads dates and times that people write: ISO 8601, in the account's time zone unless they carry an offset."""

from datetime import UTC, datetime, tzinfo

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Samples add days and years to an event's time, so the range leaves a margin within what `datetime` can hold."""


def read_datetime(text: str, zone: tzinfo) -> datetime:
    """The aware datetime; raises ValueError with a translated message if the text is not one, or out of range."""
    value = parse_datetime(text)
    if value is None:
        raise ValueError(_("Write a date and time such as 2026-03-05T09:00:00+08:00."))
    value = value if value.tzinfo else value.replace(tzinfo=zone)
    if not EARLIEST <= value < LATEST:
        years = {"first": EARLIEST.year, "last": LATEST.year - 1}
        raise ValueError(_("The year must be from %(first)s to %(last)s.") % years)
    return value
