"""What can be refused. Every refusal has a stable code for programs and a sentence for people.

Refusal
├── PlanHoldsNoWebhook
├── PlanInUse
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
