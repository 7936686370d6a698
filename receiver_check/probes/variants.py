"""Changes of an event's data: other texts, nulls, and fields that do not exist yet."""

from collections.abc import Callable
from typing import Any

from maac_contract import contract
from maac_contract.payloads import ANY_TEXT
from maac_contract.schema import ListOf, Record, Shape

NO_PROSE = ("customer_id", "customized_id", "alias", "mbunq", "mbrid")
"""Text fields that hold an identifier, which has no odd characters and no great length."""
ADDED: dict[str, Any] = {"added_later": {"list": [1, None, "春"]}, "another": 0.5}


def with_texts(topic: str, data: dict[str, Any], text: str) -> dict[str, Any]:
    """With this text in every field of prose, those in lists and records included."""
    changed: dict[str, Any] = _walked(contract.TOPICS[topic].data, data, lambda _: text)
    return changed


def _walked(shape: Shape, value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(shape, Record) and isinstance(value, dict):
        shapes = {field.name: field.shape for field in shape.fields if field.name not in NO_PROSE}
        return {name: _walked(shapes[name], each, change) if name in shapes else each for name, each in value.items()}
    if isinstance(shape, ListOf) and isinstance(value, list):
        return [_walked(shape.item, each, change) for each in value]
    return change(value) if shape == ANY_TEXT and isinstance(value, str) else value


def with_nulls(topic: str, data: dict[str, Any]) -> dict[str, Any]:
    """With null in every field that may be null."""
    changed = dict(data)
    for row in contract.provenance(topic):
        if row["nullable"]:
            *way, last = row["path"].split(".")
            place = changed
            for step in way:
                place[step] = dict(place[step])
                place = place[step]
            place[last] = None
    return changed


def with_more_fields(topic: str, data: dict[str, Any]) -> dict[str, Any]:
    """With more fields in every record, those in lists included."""
    changed: dict[str, Any] = _grown(contract.TOPICS[topic].data, data)
    return changed


def _grown(shape: Shape, value: Any) -> Any:
    if isinstance(shape, Record) and isinstance(value, dict):
        shapes = {field.name: field.shape for field in shape.fields}
        return {**{name: _grown(shapes[name], each) for name, each in value.items()}, **ADDED}
    if isinstance(shape, ListOf) and isinstance(value, list):
        return [_grown(shape.item, each) for each in value]
    return value
