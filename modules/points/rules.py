"""Validation of prizes, grants and vouchers, and the expiry of points. Pure.

Documented by MAAC: the event names a customer id, points may lapse or not, a grant keeps its id. Chosen: the limits,
and that points lapse at the end of a day in the account's time zone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from maac_contract.sentences import gettext_noop as _
from maac_contract.validation import UNSENDABLE

TEXT_LIMIT = 100
MEMO_LIMIT = 200
COUNT_LIMIT = 1_000_000
LONGEST_LIFE = 3650
CONTACT_LIMIT = 500
CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")
FIRST_DAY, LAST_DAY = date(2010, 1, 1), date(2100, 1, 1)
LAST_SECOND = time(23, 59, 59)

Faults = dict[str, str]
"""Error messages by field, in English and marked for translation."""

NOT_A_CODE = _("Write 1 to 32 letters, digits, - or _.")
NOT_A_PRICE = _("Write a whole number from 0 to 1000000.")
NOT_A_NAME = _("Write 1 to 100 printable characters.")
NOT_A_TEXT = _("Write at most 100 printable characters.")
NOT_A_MEMO = _("Write at most 200 characters.")
NOT_A_COUNT = _("Write a whole number from 1 to 1000000.")
NOT_A_DAY = _("Write a day between 2010 and 2100.")
NOT_A_LIFE = _("Write a whole number of days from 0 to 3650.")
TWO_EXPIRIES = _("Points lapse on a day, or so many days after the grant: give one of the two.")


def normalised(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}


def faults_of(fields: Mapping[str, Any]) -> Faults:
    """Faults of the given fields of a normalised prize or grant."""
    faults = {
        name: sentence for name, (sentence, is_good) in JUDGED.items() if name in fields and not is_good(fields[name])
    }
    if fields.get("expires_on") is not None and fields.get("expires_after_days") is not None:
        faults.setdefault("expires_after_days", TWO_EXPIRIES)
    return faults


def expire_date(
    *, granted_at: datetime, zone: tzinfo, expires_on: date | None, expires_after_days: int | None
) -> datetime | None:
    """The last second in which the points are valid; None: they never expire."""
    if expires_after_days is not None:
        expires_on = granted_at.astimezone(zone).date() + timedelta(days=expires_after_days)
    return datetime.combine(expires_on, LAST_SECOND, zone) if expires_on else None


def spend(points: int, left: Sequence[int]) -> list[int] | None:
    """How many points to take from each grant, the first ones first; None if they have not so many together."""
    if points > sum(left):
        return None
    taken = []
    for have in left:
        taken.append(min(have, points))
        points -= taken[-1]
    return taken


def _is_text(value: str, limit: int) -> bool:
    return len(value) <= limit and not UNSENDABLE.search(value)


JUDGED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "name": (NOT_A_NAME, lambda value: 0 < len(value) <= TEXT_LIMIT and value.isprintable()),
    "memo": (NOT_A_MEMO, lambda value: _is_text(value, MEMO_LIMIT)),
    "category": (NOT_A_TEXT, lambda value: len(value) <= TEXT_LIMIT and value.isprintable()),
    "count": (NOT_A_COUNT, lambda value: 0 < value <= COUNT_LIMIT),
    "expires_on": (NOT_A_DAY, lambda value: value is None or FIRST_DAY <= value <= LAST_DAY),
    "expires_after_days": (NOT_A_LIFE, lambda value: value is None or 0 <= value <= LONGEST_LIFE),
    "code": (NOT_A_CODE, lambda value: CODE.fullmatch(value) is not None),
    "points": (NOT_A_PRICE, lambda value: 0 <= value <= COUNT_LIMIT),
    "grant_key": (NOT_A_NAME, lambda value: value is None or (0 < len(value) <= TEXT_LIMIT and value.isprintable())),
}
"""Error message and validator of each field."""
