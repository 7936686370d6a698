"""How request bodies and queries become Python values; whatever cannot is refused in one sentence."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils.json import strict_constant

from maac_contract.validation import UNSENDABLE, fits_64_bits

UNKNOWN_SHOWN = 20
NAME_SHOWN = 100
DEEPEST = 100
"""Levels of lists and objects."""
SUSPECT = re.compile(r"\\u(0000|[dD][89a-fA-F])|[0-9]{19}|[eE]\+?[0-9]{3}")
"""What stands in every JSON text with a NUL, a lone surrogate, or a number that is not finite or beyond 64 bits."""
BAD_TEXT = "NUL characters and lone surrogates are not allowed."
BAD_NUMBER = "A number has to be finite, and a whole number within 64 bits."


class BodyTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = (
        f"The request body is larger than {settings.API_BODY_LIMIT // 1024 // 1024} MiB. Send less at a time."
    )

    @classmethod
    def of(cls, limit: int) -> "BodyTooLarge":
        return cls(f"The request body is larger than {limit // 1024 // 1024} MiB. Send less at a time.")


class LimitedJSONParser(JSONParser):
    """JSON up to a size and depth that cannot hurt, and only with values that every database can hold."""

    def parse(
        self, stream: IO[Any], _media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.API_BODY_LIMIT:
            raise BodyTooLarge
        return read_json(stream.read())


def read_json(content: bytes) -> Any:
    try:
        text = content.decode()
        value = json.loads(text, parse_constant=strict_constant)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise ParseError(f"JSON parse error - {error}") from error
    if SUSPECT.search(text) or text.count("[") + text.count("{") > DEEPEST:
        _check(value, ())
    return value


def _check(value: Any, path: tuple[str | int, ...]) -> None:
    if len(path) > DEEPEST:
        raise _too_deep()
    if isinstance(value, dict):
        for name, inner in value.items():
            if UNSENDABLE.search(name):
                raise _refused((*path, name), BAD_TEXT)
            _check(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _check(inner, (*path, place))
    elif isinstance(value, str) and UNSENDABLE.search(value):
        raise _refused(path, BAD_TEXT)
    elif isinstance(value, int | float) and not _is_usable(value):
        raise _refused(path, BAD_NUMBER)


def _is_usable(number: float) -> bool:
    return fits_64_bits(number) if isinstance(number, int) else math.isfinite(number)


def _refused(path: tuple[str | int, ...], sentence: str) -> serializers.ValidationError:
    """The sentence nested as the value is, which is how the framework reports faults."""
    detail: Any = [sentence]
    for step in reversed(path):
        detail = {_shown(step) if isinstance(step, str) else step: detail}
    return serializers.ValidationError(detail)


def _too_deep() -> ParseError:
    return ParseError("The JSON is nested too deeply.")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelt name must not pass in silence.

    In a partial change only the outermost fields may be left out: an object inside of it replaces a whole one.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))[:UNKNOWN_SHOWN]
            if unknown:
                known = f"Known are {', '.join(self.fields)}." if self.fields else "This call takes none."
                raise serializers.ValidationError({_shown(name): [f"Unknown field. {known}"] for name in unknown})
            missing = [name for name, field in self.fields.items() if field.required and name not in data]
            if missing and self is not self.root:
                raise serializers.ValidationError({name: ["This field is required."] for name in missing})
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


def is_seed(value: Any) -> bool:
    """Whether it is a whole number or a short text."""
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < 2**63
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable()


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "minLength": 1, "maxLength": 100}]})
class SeedField(serializers.Field):  # type: ignore[type-arg]
    """A whole number or a short text."""

    def to_internal_value(self, data: Any) -> int | str:
        if not is_seed(data):
            raise serializers.ValidationError("Write a whole number or a text of 1 to 100 characters.")
        seed: int | str = data
        return seed

    def to_representation(self, value: Any) -> Any:
        return value


def _shown(name: str) -> str:
    """A name from a request as an answer can hold it: a lone surrogate has no UTF-8 form."""
    return name[:NAME_SHOWN].encode(errors="backslashreplace").decode()
