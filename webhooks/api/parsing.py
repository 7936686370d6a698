"""How request bodies and queries become Python values; whatever cannot is refused in one sentence."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

UNKNOWN_SHOWN = 20
NAME_SHOWN = 100


class BodyTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = (
        f"The request body is larger than {settings.API_BODY_LIMIT // 1024 // 1024} MiB. Send less at a time."
    )


class LimitedJSONParser(JSONParser):
    """JSON up to a size and depth that cannot hurt."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.API_BODY_LIMIT:
            raise BodyTooLarge
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelt name must not pass in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))[:UNKNOWN_SHOWN]
            if unknown:
                known = f"Known are {', '.join(self.fields)}." if self.fields else "This call takes none."
                raise serializers.ValidationError({_shown(name): [f"Unknown field. {known}"] for name in unknown})
        return super().to_internal_value(data)


class Nothing(StrictSerializer):
    """The body of a call that takes none."""


class Text(serializers.CharField):
    """Text only: a number is not taken for one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Number(serializers.FloatField):
    """A number only: neither a text nor `true` is taken for one."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """A whole number only."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class TrueOrFalse(serializers.BooleanField):
    """`true` or `false`: neither 1 nor "yes"."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


def _shown(name: str) -> str:
    """A name from a request as an answer can hold it: a lone surrogate has no UTF-8 form."""
    return name[:NAME_SHOWN].encode(errors="backslashreplace").decode()
