"""Grants points to contacts: validates, stores and publishes all grants or none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from modules.contacts.models import Contact
from modules.points import rules
from modules.points.errors import ContactNotBound, GrantDiffers, InvalidGrant, PrizeOver
from modules.points.models import Grant, Prize
from modules.points.services import locked
from modules.validation import refuse
from webhooks.services.publish import EventRequest, publish

TOPIC = "prize.points_added"


class Granted(NamedTuple):
    """A grant, and whether it existed before."""

    grant: Grant
    is_repeat: bool


def grant(
    *,
    prize: Prize,
    contacts: Sequence[Contact],
    now: datetime,
    count: int | None = None,
    memo: str | None = None,
    grant_key: str | None = None,
    points_id: UUID | None = None,
    resend: bool = False,
) -> list[Granted]:
    """Grant the prize to each contact; `count` and `memo` default to the prize's.

    An existing grant with the same `grant_key` or `points_id` is not changed; `resend` publishes its event again.
    """
    asked = _checked(count=count, memo=memo, grant_key=grant_key)
    _check_named(contacts, grant_key, points_id)
    with transaction.atomic():
        fresh = locked(prize)
        earlier = _earlier(fresh, contacts, asked, points_id)
        newcomers = [contact for contact in contacts if contact.pk not in earlier]
        _check_welcome(fresh, newcomers)
        made = {contact.pk: drafted(fresh, contact, asked, points_id, now) for contact in newcomers}
        _publish(fresh.account, [*made.values(), *(earlier.values() if resend else [])], now)
        _store(list(made.values()))
    return [Granted({**earlier, **made}[contact.pk], contact.pk in earlier) for contact in contacts]


def resend(*, grant: Grant, now: datetime) -> Grant:
    """Publish a grant's event again, under the same `points_id`."""
    if not grant.contact.is_bound:
        raise _not_bound([grant.contact])
    with transaction.atomic():
        _publish(grant.account, [grant], now)
    return grant


def event_request_of(grant: Grant) -> EventRequest:
    return EventRequest(TOPIC, data_of(grant), timestamp=grant.granted_at)


def data_of(grant: Grant) -> dict[str, Any]:
    """The `data` of prize.points_added."""
    expires = grant.expire_date.astimezone(grant.account.zone_info) if grant.expire_date else None
    return {
        "prize_name": grant.prize.name,
        "points_id": str(grant.points_id),
        "line_uid": grant.contact.line_uid,
        "customer_id": grant.contact.customer_id,
        "points_memo": grant.memo,
        "points_count": grant.count,
        "points_expire_date": expires.isoformat(timespec="seconds") if expires else None,
        "points_category": grant.category or None,
    }


def _checked(**given: Any) -> dict[str, Any]:
    """The validated fields that are given; the others default to the prize's."""
    asked = rules.normalised({name: value for name, value in given.items() if value is not None})
    faults = rules.faults_of(asked)
    refuse(faults, InvalidGrant)
    return asked


def _check_named(contacts: Sequence[Contact], grant_key: str | None, points_id: UUID | None) -> None:
    """Refuse repeated contacts, and keys that do not fit their number."""
    if not 0 < len(contacts) <= rules.CONTACT_LIMIT:
        raise InvalidGrant(_("Name 1 to %(limit)s contacts.") % {"limit": rules.CONTACT_LIMIT})
    if len({contact.pk for contact in contacts}) < len(contacts):
        raise InvalidGrant(_("Name each contact once."))
    if points_id is not None and len(contacts) > 1:
        fault = _("Each grant has a points_id of its own: name one contact.")
        raise InvalidGrant(fault, {"points_id": [fault]})
    if points_id is not None and grant_key is not None:
        fault = _("Give either grant_key or points_id.")
        raise InvalidGrant(fault, {"points_id": [fault]})


def _earlier(
    prize: Prize, contacts: Sequence[Contact], asked: dict[str, Any], points_id: UUID | None
) -> dict[int, Grant]:
    """The existing grants that this request repeats, by contact."""
    known = Grant.objects.filter(account=prize.account).select_related("account", "prize", "contact")
    if points_id is not None:
        found = list(known.filter(points_id=points_id))
    elif "grant_key" in asked:
        found = list(known.filter(prize=prize, contact__in=contacts, grant_key=asked["grant_key"]))
    else:
        found = []
    wanted = {contact.pk for contact in contacts}
    for each in found:
        is_same = each.prize_id == prize.pk and each.contact_id in wanted
        if not is_same or any(getattr(each, name) != value for name, value in asked.items()):
            raise _differs(each.points_id)
    return {each.contact_id: each for each in found}


def _check_welcome(prize: Prize, newcomers: Sequence[Contact]) -> None:
    unbound = [contact for contact in newcomers if not contact.is_bound]
    if prize.needs_bound_contact and unbound:
        raise _not_bound(unbound)


def drafted(prize: Prize, contact: Contact, asked: dict[str, Any], points_id: UUID | None, now: datetime) -> Grant:
    """An unsaved grant; `asked` holds the values that differ from the prize's."""
    expire_date = rules.expire_date(
        granted_at=now,
        zone=prize.account.zone_info,
        expires_on=prize.expires_on,
        expires_after_days=prize.expires_after_days,
    )
    if expire_date and expire_date < now:
        raise PrizeOver(_("The points of %(prize)s have lapsed; change its expiry first.") % {"prize": prize})
    details = {"count": prize.count, "memo": prize.memo, **asked}
    named = {"points_id": points_id} if points_id else {}
    return Grant(
        account=prize.account,
        prize=prize,
        contact=contact,
        category=prize.category,
        expire_date=expire_date,
        granted_at=now,
        **details,
        **named,
    )


def _publish(account: Account, grants: Sequence[Grant], now: datetime) -> None:
    """Publish the grants of bound contacts. The event of a stored grant keeps the time of the grant."""
    bound = [each for each in grants if each.contact.is_bound]
    event_requests = [event_request_of(each) for each in bound]
    published = publish(account=account, event_requests=event_requests, now=now) if bound else []
    for each, entry in zip(bound, published, strict=True):
        each.webhook_event_id = entry.event.pk
    Grant.objects.bulk_update([each for each in bound if each.pk], ["webhook_event_id"])


def _store(grants: Sequence[Grant]) -> None:
    try:
        with transaction.atomic():
            Grant.objects.bulk_create(grants)
    except IntegrityError as error:
        # The prize is locked, so only a points_id can be taken concurrently, by a grant of another prize.
        raise _differs(grants[0].points_id) from error


def _differs(points_id: UUID) -> GrantDiffers:
    return GrantDiffers(
        _("The grant %(points_id)s came before with another prize, contact, count or memo.") % {"points_id": points_id}
    )


def _not_bound(contacts: Sequence[Contact]) -> ContactNotBound:
    names = ", ".join(contact.line_uid for contact in contacts[:5])
    return ContactNotBound(_("The event needs a customer id, and none is bound to %(names)s.") % {"names": names})
