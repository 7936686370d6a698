"""MAAC's own aliases: the contact's details from the answers to such questions, and for those that are hidden."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from maac_contract.sentences import gettext_noop as _
from modules.contacts import rules as contact_rules
from modules.contacts.models import Contact

LINE_UID = "maac_member_line_uid"
DETAILS = {
    "maac_member_name": "display_name",
    "maac_member_mobile": "mobile",
    "maac_member_birthday": "birthday",
    "maac_member_customer_id": "customer_id",
    "maac_member_email": "email",
    "maac_member_gender": "gender",
}
"""The contact's field of each alias."""
ALIASES = {detail: alias for alias, detail in DETAILS.items()}

SOMEBODY_ELSE = _("This is not the LINE UID of the contact who answered.")
NOT_A_BIRTHDAY = contact_rules.NOT_A_BIRTHDAY
TAKEN = _("Another contact of this account has this customer id.")


class Extracted(NamedTuple):
    """Valid details, and for each other alias the reason why it is ignored."""

    details: dict[str, Any]
    not_taken: dict[str, str]


def details_of(answers: Mapping[str, list[str]], *, line_uid: str, today: date) -> Extracted:
    """Extract details of the contact with this LINE UID from answers by alias. Empty answers are ignored."""
    given = {alias: texts[0].strip() for alias, texts in answers.items() if texts and texts[0].strip()}
    not_taken = {LINE_UID: SOMEBODY_ELSE} if given.get(LINE_UID, line_uid) != line_uid else {}
    details: dict[str, Any] = {DETAILS[alias]: text for alias, text in given.items() if alias in DETAILS}
    if "birthday" in details:
        details["birthday"] = _day(details["birthday"])
    if details.get("birthday", date.min) is None:
        del details["birthday"]
        not_taken["maac_member_birthday"] = NOT_A_BIRTHDAY
    clean = contact_rules.normalised(details)
    faults = contact_rules.faults_of(clean, today=today)
    not_taken |= {ALIASES[name]: sentence for name, sentence in faults.items()}
    return Extracted({name: value for name, value in clean.items() if name not in faults}, not_taken)


def known_of(contact: Contact) -> dict[str, str]:
    """What MAAC fills in hidden fields under its own aliases: the contact's LINE UID and details."""
    details = {alias: getattr(contact, name) for alias, name in DETAILS.items()}
    texts = {alias: str(value) for alias, value in details.items() if value}
    return {LINE_UID: contact.line_uid, **texts}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
