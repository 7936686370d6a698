"""Vouchers with codes of their own: issued, handed out, blocked, and redeemed for points.

Documented by MAAC: the answers to a redemption. Chosen: that a voucher can cost points, which leave the contact when it
is redeemed, those that lapse first in front; that without enough points it counts as not received; and how the contact
is found: by `customer_id`, else by `mobile`, else it is whoever received the voucher.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from modules.contacts import rules as contact_rules
from modules.contacts import tagging
from modules.contacts.models import Contact
from modules.points import rules, selectors
from modules.points.errors import InvalidVoucher, NotRedeemed, VoucherTaken
from modules.points.models import Grant, Voucher
from modules.validation import refuse

NO_CODE, EXPIRED, NO_CONTACT = "no_code", "expired", "no_contact"
BLOCKED, REDEEMED, NOT_RECEIVED = "blocked", "redeemed", "not_received"
MOST_AT_ONCE = 500
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 12
EDITABLE = ("contact", "valid_until", "is_blocked")


def issue(
    *,
    account: Account,
    name: str,
    now: datetime,
    contacts: Sequence[Contact | None] = (None,),
    code: str | None = None,
    points: int = 0,
    valid_until: datetime | None = None,
) -> list[Voucher]:
    """Make a voucher for each contact (None: for nobody yet); codes are random unless one is given.

    Raises InvalidVoucher or VoucherTaken.
    """
    given = rules.normalised({"name": name, "points": points, **({} if code is None else {"code": code})})
    faults = rules.faults_of(given)
    if code is not None and len(contacts) != 1:
        faults["code"] = _("Each voucher has a code of its own: name one contact.")
    refuse(faults, InvalidVoucher)
    if not 0 < len(contacts) <= MOST_AT_ONCE:
        raise InvalidVoucher(_("Name 1 to %(limit)s contacts.") % {"limit": MOST_AT_ONCE})
    made = [
        Voucher(
            account=account,
            contact=contact,
            valid_until=valid_until,
            created_at=now,
            **{"code": new_code(), **given},
        )
        for contact in contacts
    ]
    try:
        with transaction.atomic():
            return Voucher.objects.bulk_create(made)
    except IntegrityError as error:
        raise VoucherTaken(_("Another voucher of this account has this code.")) from error


def edit(*, voucher: Voucher, **details: Any) -> Voucher:
    """Hand the voucher to a contact, change its validity, block or unblock it. A redeemed one stays as it is."""
    unknown = set(details) - set(EDITABLE)
    if unknown:
        raise TypeError(f"A voucher has no {', '.join(sorted(unknown))} to edit")
    with transaction.atomic():
        fresh = Voucher.objects.select_for_update(no_key=True).get(pk=voucher.pk)
        if fresh.redeemed_at:
            raise NotRedeemed(REDEEMED, _("The voucher has been redeemed and cannot be changed any more."))
        for name, value in details.items():
            setattr(fresh, name, value)
        fresh.save()
    return fresh


def redeem(
    *,
    account: Account,
    code: str,
    now: datetime,
    customer_id: str | None = None,
    mobile: str | None = None,
    gender: str | None = None,
    store: str | None = None,
    revenue: float | None = None,
    tags: Sequence[str] = (),
) -> Voucher:
    """Redeem a voucher once: its points leave the contact, who gets the tags. Raises NotRedeemed.

    The contact is locked before the vouchers, so of redemptions at once no two spend the same points; its tags are
    locked before its grants.
    """
    found = selectors.vouchers(account=account).filter(code=code).first()
    if found is None:
        raise NotRedeemed(NO_CODE, _("No voucher has this code."))
    contact = _contact(found, customer_id, mobile)
    with transaction.atomic():
        if contact is not None:
            contact = Contact.objects.select_for_update(no_key=True).filter(pk=contact.pk).first()
        voucher = Voucher.objects.select_for_update(no_key=True).filter(pk=found.pk).first()
        voucher = _redeemable(voucher, contact, now)
        if contact is None:
            raise NotRedeemed(NOT_RECEIVED, _("Nobody has received this voucher yet."))
        if tags:
            named = tagging.tags_of_names(account=account, names=[tag.strip() for tag in tags], now=now)
            tagging.add(taggings=[(contact.pk, tag, now) for tag in named])
        spend(contact=contact, points=voucher.points, now=now)
        details: Mapping[str, Any] = {
            "redeemed_at": now,
            "customer_id": customer_id,
            "mobile": mobile,
            "gender": gender,
            "store": store,
            "revenue": revenue or 0.0,
        }
        for name, value in details.items():
            setattr(voucher, name, value)
        voucher.save()
    return voucher


def spend(*, contact: Contact, points: int, now: datetime) -> None:
    """Take points from a locked contact's grants. Raises NotRedeemed if there are not so many."""
    if not points:
        return
    grants = list(selectors.open_grants(contact=contact, now=now).select_for_update(no_key=True))
    taken = rules.spend(points, [grant.count - grant.spent for grant in grants])
    if taken is None:
        raise NotRedeemed(NOT_RECEIVED, _("%(name)s has not enough points for this voucher.") % {"name": contact})
    for grant, count in zip(grants, taken, strict=True):
        grant.spent += count
    Grant.objects.bulk_update([grant for grant, count in zip(grants, taken, strict=True) if count], ["spent"])


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))


def _contact(voucher: Voucher, customer_id: str | None, mobile: str | None) -> Contact | None:
    """The contact whom the redemption names, else the one who received the voucher."""
    contacts = voucher.account.contacts
    if customer_id:
        found = list(contacts.filter(customer_id=customer_id))
    elif mobile:
        found = list(contacts.filter(mobile=contact_rules.e164(mobile))[:2])
    else:
        return voucher.contact
    if len(found) != 1:
        raise NotRedeemed(NO_CONTACT, _("The account has no such contact."))
    return found[0]


def _redeemable(voucher: Voucher | None, contact: Contact | None, now: datetime) -> Voucher:
    if voucher is None:
        raise NotRedeemed(NO_CODE, _("No voucher has this code."))
    if voucher.redeemed_at:
        raise NotRedeemed(REDEEMED, _("The voucher has been redeemed."))
    if voucher.is_blocked:
        raise NotRedeemed(BLOCKED, _("The prize is being edited. Try again in a moment."))
    if voucher.valid_until and voucher.valid_until < now:
        raise NotRedeemed(EXPIRED, _("The voucher is no longer valid."))
    if contact is None or voucher.contact_id != contact.pk:
        raise NotRedeemed(NOT_RECEIVED, _("The contact has not received this voucher."))
    return voucher
