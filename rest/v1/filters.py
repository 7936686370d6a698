"""What the delivery log can be filtered by, as the REST API takes it."""

from collections.abc import Sequence
from datetime import datetime

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from maac_contract.binding_callback import CALLBACK
from maac_contract.contract import TOPICS
from rest.base.request import account_of
from webhooks.engine.lifecycle import Status
from webhooks.log.filters import REASONS, LogFilter
from webhooks.log.search import Criteria

PAGING = ("cursor", "limit")

PARAMETERS = [
    OpenApiParameter("endpoint", int, description="The endpoint's id."),
    OpenApiParameter("event", int, description="The event's id."),
    OpenApiParameter("status", str, enum=[status.value for status in Status]),
    OpenApiParameter("reason", str, enum=[reason.value for reason in REASONS]),
    OpenApiParameter("topic", str, enum=[*TOPICS, CALLBACK]),
    OpenApiParameter("is_test", bool),
    OpenApiParameter("since", datetime, description="Created at this moment or later; `24h` is a day ago."),
    OpenApiParameter("until", datetime, description="Created before this moment."),
    OpenApiParameter("q", str, description="Text in the body, in any language."),
    OpenApiParameter("key", str, description="The idempotency key, or at least its first 4 digits."),
]
"""The filters as the OpenAPI schema describes them."""


def read_criteria(request: Request, *, now: datetime, others: Sequence[str] = PAGING) -> Criteria:
    """What the query asks for; whatever cannot be read is refused."""
    asked = LogFilter(request.query_params, zone=account_of(request).zone_info, now=now, others=others)
    if not asked.is_valid():
        raise ValidationError({name: [str(fault) for fault in faults] for name, faults in asked.errors.items()})
    return asked.criteria
