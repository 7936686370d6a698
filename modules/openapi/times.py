"""The forms in which the Open API writes times, in the account's time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

NO_END = datetime(9999, 12, 31, 23, 59, 59)


def with_fraction(moment: datetime, zone: ZoneInfo) -> str:
    """`2025-03-04T10:20:30.123456+08:00`; a whole second has no fraction."""
    return moment.astimezone(zone).isoformat()


def with_hours(moment: datetime | None, zone: ZoneInfo) -> str:
    """`2025-03-04T10:20:30+08`: seconds, and the offset without its minutes if these are 0. None is never."""
    local = NO_END.replace(tzinfo=zone) if moment is None else moment.astimezone(zone)
    return local.isoformat(timespec="seconds").removesuffix(":00")
