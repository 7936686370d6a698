"""What can be done with bind links: make one, and bind the contact who opens it.

Documented: the fields of a link, `bind_once`, and that MAAC calls back when the binding is done. Chosen: each binding
calls back, also a repeated one; a link that binds once refuses after that; a customer id that another contact has is
refused; a link lives as long as events are kept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Account
from maac_contract.binding_callback import national
from maac_contract.sentences import gettext_noop
from modules.binding.errors import BindLinkUsed, InvalidBindLink
from modules.binding.models import BindingTemplate, BindLink
from modules.contacts import rules as contact_rules
from modules.contacts import services as contact_services
from modules.contacts.models import Contact
from modules.deletion import delete_whole
from modules.validation import refuse
from webhooks.models import Delivery
from webhooks.services.callback import send_callback

NAME_LIMIT = 100
NO_NAME = gettext_noop("Write 1 to 100 printable characters.")
NO_CUSTOMER = gettext_noop("Write the id of the customer.")


@dataclass(frozen=True, slots=True)
class Bound:
    """The contact as it is after the binding, and the callback on its way; None if no address is set for it."""

    contact: Contact
    delivery: Delivery | None


def create_template(*, account: Account, name: str, now: datetime) -> BindingTemplate:
    stripped = name.strip()
    is_good = 1 <= len(stripped) <= NAME_LIMIT and stripped.isprintable()
    refuse({} if is_good else {"name": NO_NAME}, InvalidBindLink)
    return BindingTemplate.objects.create(account=account, name=stripped, created_at=now)


def delete_template(*, template: BindingTemplate) -> None:
    """Delete the template with its links: they open nothing any more."""
    delete_whole(template)


def make_link(
    *,
    template: BindingTemplate,
    customer_id: str,
    email: str = "",
    mobile: str = "",
    bind_once: bool = False,
    now: datetime,
) -> BindLink:
    """Make a link for a customer. `mobile` is stored in E.164. Raises InvalidBindLink."""
    fields = {"customer_id": customer_id, "email": email, "mobile": mobile}
    clean = contact_rules.normalised(fields)
    faults = contact_rules.faults_of(clean, today=now.date())
    refuse(faults if clean["customer_id"] else {"customer_id": NO_CUSTOMER}, InvalidBindLink)
    return BindLink.objects.create(
        account=template.account, template=template, bind_once=bind_once, created_at=now, **clean
    )


def holder_of(*, account: Account, customer_id: str) -> Contact | None:
    """The contact that has this customer id."""
    return account.contacts.filter(customer_id=customer_id).first()


@transaction.atomic
def open_link(*, link: BindLink, line_uid: str = "", name: str = "", now: datetime) -> Bound:
    """The person with this LINE UID (empty: a new one) joins, if need be, and is bound; MAAC calls back.

    Raises BindLinkUsed, ContactTaken or InvalidContact.
    """
    # Several who open the link at once follow each other; it is locked before the contact.
    links = BindLink.objects.select_for_update(no_key=True, of=("self",)).select_related("account")
    fresh = links.filter(pk=link.pk).first()
    if fresh is None or fresh.is_used_up:
        raise _used()
    contact = _bind(fresh, line_uid.strip(), name, now)
    BindLink.objects.filter(pk=fresh.pk).update(bindings=F("bindings") + 1, contact=contact, bound_at=now)
    return Bound(contact, send_callback(account=fresh.account, data=body_of(contact), now=now))


def _used() -> BindLinkUsed:
    return BindLinkUsed(_("This link binds one time only, and it has been used."))


def body_of(contact: Contact) -> dict[str, Any]:
    """The contact as the callback names it: `mobile` in national form, empty texts for what it does not have."""
    return {
        "line_uid": contact.line_uid,
        "customer_id": contact.customer_id,
        "email": contact.email or "",
        "mobile": national(contact.mobile or ""),
        "status": contact.status,
    }


def _bind(link: BindLink, line_uid: str, name: str, now: datetime) -> Contact:
    """The bound contact. Who had blocked the account, or was no friend yet, is a friend after that."""
    given = {"email": link.email, "mobile": link.mobile}
    details: dict[str, Any] = {name: value for name, value in given.items() if value}
    details["customer_id"] = link.customer_id
    known = link.account.contacts.filter(line_uid=line_uid).first() if line_uid else None
    if known is None:
        return contact_services.create(
            account=link.account,
            now=now,
            line_uid=line_uid,
            line_display_name=name,
            status=contact_rules.FOLLOW,
            **details,
        )
    has_blocked = known.status == contact_rules.UNFOLLOW
    status = contact_rules.FOLLOW if has_blocked else known.status
    return contact_services.edit(contact=known, now=now, status=status, **details)
