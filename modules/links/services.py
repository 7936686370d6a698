"""Creates and deletes links and auto replies, and stores what contacts do with them."""

import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from maac_contract.samples import brand
from modules.contacts import rules as contact_rules
from modules.contacts import services as contact_services
from modules.contacts import tagging
from modules.contacts.models import Contact
from modules.deletion import delete_whole
from modules.links import rules
from modules.links.browsing import Source, visit
from modules.links.errors import InvalidClick, InvalidLink, LinkGone
from modules.links.models import AutoReply, AutoReplyAct, AutoReplyPart, BehaviorRow, Click, Link
from modules.validation import refuse

NEW_FOR = timedelta(hours=24)
"""How long a contact counts as a new friend (chosen)."""
_NO_SALES: dict[str, Any] = {"adds_to_cart": 0, "transactions": 0, "transaction_revenue": 0.0}


def create_link(*, account: Account, kind: str, name: str, url: str, now: datetime, **details: Any) -> Link:
    """Create a deeplink or tracelink. `details`: description, tags, utm_*. Raises InvalidLink."""
    fields = _clean({"name": name, "url": url, **details})
    refuse(rules.faults_of(fields), InvalidLink)
    code = "".join(secrets.choice(string.ascii_letters + string.digits) for _place in range(6))
    return Link.objects.create(account=account, kind=Link.Kind(kind), code=code, created_at=now, **fields)


def create_auto_reply(
    *,
    account: Account,
    name: str,
    now: datetime,
    urls: Sequence[Mapping[str, Any]] = (),
    messages: Sequence[Mapping[str, Any]] = (),
) -> AutoReply:
    """Create an auto reply. `urls`: url, utm_*, tags of each link; `messages`: message, tags. Raises InvalidLink."""
    fields = _clean({"name": name})
    parts = [_clean(part) for part in (*urls, *messages)]
    refuse(
        {**rules.faults_of(fields), **{k: v for part in parts for k, v in rules.faults_of(part).items()}}, InvalidLink
    )
    with transaction.atomic():
        made = AutoReply.objects.create(account=account, created_at=now, **fields)
        AutoReplyPart.objects.bulk_create(AutoReplyPart(auto_reply=made, **part) for part in parts)
    return made


def delete(row: Link | AutoReply) -> None:
    """Delete a link or auto reply with its clicks. Visits stay in the behaviour files."""
    delete_whole(row)


@transaction.atomic
def click(
    *,
    link: Link,
    contact: Contact,
    now: datetime,
    authorizes: bool = False,
    is_new_friend: bool = False,
    adds_to_cart: int = 0,
    transactions: int = 0,
    transaction_revenue: float = 0.0,
) -> Click:
    """Store a click, its tags on the contact, and the visit to the shop.

    `authorizes`: the contact lets the account read its data by the deeplink, and has then the status `auth`.
    """
    is_deeplink = link.kind == Link.Kind.DEEPLINK
    if (authorizes or is_new_friend) and not is_deeplink:
        fault = _("Only a deeplink makes friends and lets the account read data.")
        raise InvalidClick(f"authorizes: {fault}", {"authorizes": [fault]})
    _locked(link)
    sales = {"adds_to_cart": adds_to_cart, "transactions": transactions, "transaction_revenue": transaction_revenue}
    made = Click.objects.create(
        account_id=link.account_id, link=link, line_uid=contact.line_uid, authorized=authorizes or is_new_friend,
        is_new_friend=is_new_friend, clicked_at=now, **sales,
    )  # fmt: skip
    if made.authorized and contact.status != contact_rules.AUTH:
        contact_services.edit(contact=contact, status=contact_rules.AUTH, now=now)
    _follow_click(link, contact, link.tags, f"{link.pk}/{made.pk}", sales, now)
    return made


@transaction.atomic
def act(
    *,
    auto_reply: AutoReply,
    contact: Contact,
    kind: str,
    now: datetime,
    part: AutoReplyPart | None = None,
    **sales: Any,
) -> AutoReplyAct:
    """Store that a contact triggers, opens or clicks an auto reply; a click names the `part` that was clicked."""
    if (kind == AutoReplyAct.Kind.CLICK) != (part is not None) or (part and part.auto_reply_id != auto_reply.pk):
        fault = _("A click names a link or message of the auto reply; a trigger and an open name none.")
        raise InvalidClick(f"part: {fault}", {"part": [fault]})
    if any(sales.values()) and not (part and part.url):
        fault = _("Only a click on a link leads to the shop.")
        raise InvalidClick(f"adds_to_cart: {fault}", {"adds_to_cart": [fault]})
    _locked(auto_reply)
    made = AutoReplyAct.objects.create(
        account_id=auto_reply.account_id, auto_reply=auto_reply, part=part, kind=AutoReplyAct.Kind(kind),
        group=group_of(contact, now), line_uid=contact.line_uid, acted_at=now, **sales,
    )  # fmt: skip
    if part:
        _follow_click(part, contact, part.tags, f"auto/{made.pk}", {**_NO_SALES, **sales}, now)
    return made


def group_of(contact: Contact, now: datetime) -> AutoReplyAct.Group:
    if contact.is_bound:
        return AutoReplyAct.Group.BOUND
    is_new = now - contact.created_at < NEW_FOR
    return AutoReplyAct.Group.NEW if is_new else AutoReplyAct.Group.ORIGINAL


def _follow_click(
    source: Source, contact: Contact, tags: Sequence[str], seed: str, sales: dict[str, Any], now: datetime
) -> None:
    """Put the tags on the contact, and store its visit if the click leads to an address."""
    wanted = tagging.tags_of_names(account=contact.account, names=tags, now=now)
    tagging.add(taggings=[(contact.pk, tag, now) for tag in wanted])
    if source.url:
        BehaviorRow.objects.bulk_create(
            visit(source=source, account_id=contact.account_id, line_uid=contact.line_uid, seed=seed,
                  brand=brand(contact.account_id), sales=sales, at=now, now=now)
        )  # fmt: skip


def _locked(row: Link | AutoReply) -> None:
    """Lock the row until the transaction ends. LinkGone if it was deleted."""
    rows = type(row)._default_manager.select_for_update(no_key=True).filter(pk=row.pk)
    if not rows.values_list("pk").first():
        raise LinkGone(_("It was deleted."))


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without spaces at their ends; null is empty."""
    return {
        name: [tag.strip() for tag in value] if isinstance(value, list | tuple) else (value or "").strip()
        for name, value in fields.items()
    }
