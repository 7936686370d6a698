"""How people write a moment: ISO 8601, in the account's time zone unless an offset says otherwise."""

from datetime import UTC, datetime, tzinfo

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Samples reckon from the moment, some days back and years ahead, so there must be room on both sides."""


def read_moment(text: str, zone: tzinfo) -> datetime:
    """The moment; ValueError, with a sentence for people, for anything else."""
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(_("Write a moment as 2026-03-05T09:00:00+08:00."))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if not EARLIEST <= moment < LATEST:
        years = {"first": EARLIEST.year, "last": LATEST.year - 1}
        raise ValueError(_("Write a moment from %(first)s to %(last)s.") % years)
    return moment
