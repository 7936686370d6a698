"""Serializers of queries and bodies. Unknown fields are ignored, as MAAC does."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers
from rest_framework.request import Request

from maac_contract.contract import DEFAULT_TIME_ZONE
from modules.contacts import rules as contact_rules
from rest.base.fields import Text

LARGEST_ID = 2**63 - 1
YEARS = range(1900, 3000)
"""Times outside this range overflow in time zone conversions."""
WRONG_YEAR = "Give a year from 1900 to 2999."


class Id(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


def check_year(moment: date) -> None:
    if moment.year not in YEARS:
        raise serializers.ValidationError(WRONG_YEAR)


class Day(serializers.DateField):
    default_validators = [check_year]


class Moment(serializers.DateTimeField):
    """ISO 8601; without an offset it is in Asia/Taipei."""

    default_validators = [check_year]

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=ZoneInfo(DEFAULT_TIME_ZONE), **options)

    def to_internal_value(self, value: Any) -> datetime:
        try:
            return super().to_internal_value(value)
        except OverflowError as error:
            raise serializers.ValidationError(WRONG_YEAR) from error


class Start(serializers.Serializer[Any]):
    """The query parameters of every list."""

    start = serializers.CharField(required=False, default="", allow_blank=True)


class EventQuery(Start):
    name = serializers.CharField(required=False, default="", allow_blank=True)


class NewEvent(serializers.Serializer[Any]):
    name = Text()


class Period(serializers.Serializer[Any]):
    start_date = Day(required=False, default=None)
    end_date = Day(required=False, default=None)

    def validate(self, attrs: dict[str, date | None]) -> dict[str, date | None]:
        start, end = attrs["start_date"], attrs["end_date"]
        if start and end and end < start:
            raise serializers.ValidationError({"end_date": ["This day is before start_date."]})
        return attrs


class OfTemplate(serializers.Serializer[Any]):
    template_id = Id()
    event_id = Id(required=False, allow_null=True, default=None)


class Push(OfTemplate):
    data = serializers.DictField()  # type: ignore[assignment]


class Multicast(OfTemplate):
    data = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]


class EnhancedMulticast(OfTemplate):
    line_uids = serializers.ListField()
    data = serializers.DictField(required=False, allow_null=True)  # type: ignore[assignment]


class Texts(serializers.DictField):
    """Parameter values by name. Numbers are converted to text."""

    child = serializers.CharField(allow_blank=True, trim_whitespace=False)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        texts: dict[str, str] = super().to_internal_value(data)
        if not all(name.isprintable() for name in texts):
            raise serializers.ValidationError("A name has characters that cannot be printed.")
        return texts


class PnpTarget(serializers.Serializer[Any]):
    """A phone number, and the values of each channel's parameters."""

    phone_number = Text()
    pnp = Texts(required=False, allow_null=True)
    sms = Texts(required=False, allow_null=True)
    customized_id = Text(required=False, allow_null=True)


class LinePushTarget(PnpTarget):
    line_push_template_id = Id(required=False, allow_null=True)
    line_push = Texts(required=False, allow_null=True)


class PnpPush(serializers.Serializer[Any]):
    pnp_setting_id = Id()
    event_id = Id(required=False, allow_null=True, default=None)
    data = LinePushTarget()  # type: ignore[assignment]


class PnpMulticast(PnpPush):
    data = serializers.ListField(child=PnpTarget(), allow_empty=False, max_length=150)  # type: ignore[assignment]


class PnpQuery(Start):
    updated_at_min = Moment(required=False)
    updated_at_max = Moment(required=False)
    pnp_setting_id = Id(required=False)
    customized_id = serializers.CharField(required=False)


class MemberQuery(Start):
    """`updated_at_min` and `updated_at_max` are days, unlike those of the sending records."""

    member_id = Id(required=False)
    updated_at_min = Day(required=False)
    updated_at_max = Day(required=False)
    all_tag = serializers.IntegerField(required=False, default=0, min_value=0, max_value=1)
    line_uid = serializers.CharField(required=False)
    email = serializers.CharField(required=False)
    mobile = serializers.CharField(required=False)
    customer_id = serializers.CharField(required=False)
    status = serializers.ChoiceField(required=False, choices=contact_rules.STATUSES)


class MemberPatch(serializers.Serializer[Any]):
    display_name = Text(required=False, allow_blank=True)
    customer_id = Text(required=False, allow_null=True)
    email = Text(required=False, allow_blank=True)
    mobile = Text(required=False, allow_blank=True)
    gender = Text(required=False)
    birthday = serializers.DateField(required=False, allow_null=True)


def body(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    return _read(shape, request.data)


def query(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Empty parameters are ignored."""
    return _read(shape, {name: value for name, value in request.query_params.items() if value})


def _read(shape: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    fields = shape(data=data)
    fields.is_valid(raise_exception=True)
    return dict(fields.validated_data)
