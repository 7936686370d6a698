"""Tracked links and keywords of templates, clicks on them, and the report of a message event."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from modules.contacts import tagging
from modules.contacts.models import Contact
from modules.messages import rules, selectors
from modules.messages.errors import InvalidTemplate, MessageNotReceived
from modules.messages.models import Click, DirectMessage, MessageEvent, Template, TrackedLink
from modules.validation import refuse

UTM = ("utm_campaign", "utm_source", "utm_medium", "utm_content")
SALES = ("adds_to_cart", "transactions", "transaction_revenue")
MOST_LINKS = 50
"""Links and keywords of a template."""


def add_link(
    *,
    template: Template,
    url: str = "",
    keyword: str = "",
    tags: Sequence[str] = (),
    utm_campaign: str | None = None,
    utm_source: str | None = None,
    utm_medium: str | None = None,
    utm_content: str | None = None,
) -> TrackedLink:
    """Add a tracked link or a trigger keyword to a template. Raises InvalidTemplate."""
    utm = (utm_campaign, utm_source, utm_medium, utm_content)
    refuse(rules.tracked_faults(url=url, keyword=keyword, utm=utm, tags=tags), InvalidTemplate)
    if template.links.count() >= MOST_LINKS:
        raise InvalidTemplate(_("A template has at most %(count)d links and keywords.") % {"count": MOST_LINKS})
    parameters = {name: text or None for name, text in zip(UTM, utm, strict=True)}
    return TrackedLink.objects.create(template=template, url=url, keyword=keyword, tags=list(tags), **parameters)


def click(
    *,
    contact: Contact,
    message: DirectMessage,
    link: TrackedLink,
    now: datetime,
    adds_to_cart: int = 0,
    transactions: int = 0,
    transaction_revenue: float = 0.0,
) -> Click:
    """Store a contact's click, and what followed at the shop; the contact gets the link's tags. MessageNotReceived.

    It counts for the message event, unless the message has none or is an enhanced multicast.
    """
    if message.status_at(now) != rules.SENT:
        raise MessageNotReceived(_("The message has not been sent yet. Try again in a moment."))
    received = selectors.recipients(message=message).filter(line_uid=contact.line_uid, mark=rules.DELIVERED)
    if link.template_id != message.template_id or not received.exists():
        raise MessageNotReceived(_("%(name)s did not receive this message.") % {"name": contact})
    with transaction.atomic():
        tags = tagging.tags_of_names(account=contact.account, names=link.tags, now=now)
        tagging.add(taggings=[(contact.pk, tag, now) for tag in tags])
        return Click.objects.create(
            account_id=message.account_id,
            direct_message=message,
            event_id=message.event_id if rules.is_tracked(category=message.category) else None,
            link=link,
            line_uid=contact.line_uid,
            adds_to_cart=adds_to_cart,
            transactions=transactions,
            transaction_revenue=transaction_revenue,
            clicked_at=now,
        )


def clicks_of(*, message: DirectMessage) -> QuerySet[Click]:
    return message.clicks.select_related("link").order_by("-id")


def links_of_event(*, event: MessageEvent) -> QuerySet[TrackedLink]:
    """The links and keywords of every template that was sent under the event."""
    sent = event.direct_messages.exclude(category=rules.ENHANCED).values("template_id")
    return TrackedLink.objects.filter(template_id__in=sent).order_by("id")


def counts_of_links(
    *, event: MessageEvent, zone: ZoneInfo, start: date | None = None, end: date | None = None
) -> dict[int, dict[str, Any]]:
    """Clicks, contacts who clicked, and sales of each link that was clicked on these days; both days belong to them."""
    rows: Any = _clicks(event, zone, start, end).order_by().values("link_id").annotate(**_FIGURES)
    return {row["link_id"]: row for row in rows}


def unique_clicks(
    *, event: MessageEvent, zone: ZoneInfo, start: date | None = None, end: date | None = None
) -> int | None:
    """How many contacts clicked anything; None without a click."""
    found: int = _clicks(event, zone, start, end).aggregate(count=Count("line_uid", distinct=True))["count"]
    return found or None


_FIGURES: dict[str, Any] = {
    "clicks": Count("id"),
    "unique_clicks": Count("line_uid", distinct=True),
    **{name: Sum(name) for name in SALES},
}


def _clicks(event: MessageEvent, zone: ZoneInfo, start: date | None, end: date | None) -> QuerySet[Click]:
    within = Q()
    if start:
        within &= Q(clicked_at__gte=datetime.combine(start, time.min, zone))
    if end:
        within &= Q(clicked_at__lt=datetime.combine(end + timedelta(days=1), time.min, zone))
    return event.clicks.filter(within)
