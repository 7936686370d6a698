"""The errors of services: requests that the rules do not allow, each with a stable code and a message for people.

Refusal
├── InvalidDetails          an invalid name, time zone, number or period
├── PlanHoldsNoWebhook      the account's plan does not allow webhook licences
├── PlanInUse               the account holds licences that the new plan does not allow
├── LicenceOverlaps         the zone is licensed for a part of that period already
├── LicenceIsOver           a licence that has ended cannot be changed
├── NotABrandUser           a user of customer support cannot be a member of a brand
├── AlreadyAMember          the user works for the account already
└── (webhooks.errors continues the tree)
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

Fields = Mapping[str, Sequence[str]]


class Refusal(Exception):
    """A request that the rules do not allow; nothing was changed. `fields` maps form fields to their messages."""

    code: ClassVar[str] = "refused"

    def __init__(self, message: str, fields: Fields | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields: Fields = fields or {}


class PlanHoldsNoWebhook(Refusal):
    code = "plan_holds_no_webhook"


class PlanInUse(Refusal):
    code = "plan_in_use"


class InvalidDetails(Refusal):
    code = "invalid_request"


class LicenceOverlaps(Refusal):
    code = "licence_overlaps"


class LicenceIsOver(Refusal):
    code = "licence_is_over"


class NotABrandUser(Refusal):
    code = "not_a_brand_user"


class AlreadyAMember(Refusal):
    code = "already_a_member"
