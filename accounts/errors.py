"""What can be refused. Every refusal has a stable code for programs and a sentence for people.

Refusal
├── InvalidDetails          a name, a time zone, a number or a period that cannot be
├── PlanHoldsNoWebhook
├── PlanInUse
├── LicenceOverlaps         the zone is licensed for a part of that period already
├── LicenceIsOver           what has ended stays as it was
├── NotABrandUser           customer support's own people work for no brand
├── AlreadyAMember
└── (webhooks.errors continues the tree)
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

Fields = Mapping[str, Sequence[str]]


class Refusal(Exception):
    """Something was asked for that the rules do not allow; nothing was changed."""

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
