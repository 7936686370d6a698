"""The filters of the delivery log as parameters of REST calls."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django import forms
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from rest.base.request import account_of
from webhooks.log.filters import DateTimeField, IdField, LogFilter, OneOf, YesOrNo
from webhooks.log.search import Criteria

PAGING = ("cursor", "limit")
_TYPES: Final = {IdField: int, YesOrNo: bool, DateTimeField: datetime}


def _parameter(name: str, field: forms.Field) -> OpenApiParameter:
    kind = _TYPES.get(type(field), str)
    enum = field.values if type(field) is OneOf else None
    return OpenApiParameter(name, kind, enum=enum, description=str(field.help_text))


PARAMETERS = [_parameter(name, field) for name, field in LogFilter.base_fields.items()]
"""The filters as the OpenAPI schema describes them."""


def read_criteria(request: Request, *, now: datetime, others: Sequence[str] = PAGING) -> Criteria:
    """The filters of the query string; what cannot be read is refused."""
    asked = LogFilter(request.query_params, zone=account_of(request).zone_info, now=now, others=others)
    if not asked.is_valid():
        raise ValidationError({name: [str(fault) for fault in faults] for name, faults in asked.errors.items()})
    return asked.criteria
