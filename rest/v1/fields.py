"""Fields of bodies and answers that several calls share."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from rest.base.fields import Text
from webhooks.datetimes import read_datetime
from webhooks.engine.extra_headers import EXTRA_HEADERS
from webhooks.retry_waits import LONGEST, MOST, are_waits, waits_fault


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "number", "minimum": 0, "maximum": LONGEST},
        "maxItems": MOST,
        "nullable": True,
    }
)
class WaitsField(serializers.Field):  # type: ignore[type-arg]
    """Seconds before each retry, or null."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def to_internal_value(self, data: Any) -> list[float]:
        if not are_waits(data):
            raise serializers.ValidationError(waits_fault())
        return list(data)

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": EXTRA_HEADERS})
class HeadersField(serializers.Field):  # type: ignore[type-arg]
    """Header names and values; which of them may be added is for the service to say."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError('Write an object of names and values, such as {"X-Shop": "tokyo"}.')
        if not all(isinstance(value, str) for value in data.values()):
            raise serializers.ValidationError("Every value must be text.")
        return dict(data)

    def to_representation(self, value: dict[str, str]) -> dict[str, str]:
        return dict(sorted(value.items()))


class MomentField(Text):
    """ISO 8601; without an offset it is in the account's time zone."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            return read_datetime(text, self.context["zone"])
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error
