"""Serialises results for storage. Sentences stay templates, so that they can be translated later."""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from receiver_check.as_json import SHOWN
from receiver_check.verdicts import Answer, Exchange, Message, Reason, Result, Sentence, Verdict

ANSWER_KEPT = SHOWN + 1
"""Bytes stored of a response body: one more than is shown, so that truncation is detectable."""


def as_text(results: Iterable[Result]) -> str:
    return json.dumps([_result(result) for result in results])


def from_text(text: str) -> tuple[Result, ...]:
    return tuple(_read_result(kept) for kept in json.loads(text))


def _result(result: Result) -> dict[str, Any]:
    return {
        **{name: getattr(result, name) for name in PLAIN},
        "title": _sentence(result.title),
        "verdict": result.verdict.value,
        "reason": result.reason.value,
        "strict": result.strict,
        "seen": _sentence(result.seen),
        "exchanges": [_exchange(exchange) for exchange in result.exchanges],
    }


PLAIN = ("id", "sent", "why", "fix", "seconds", "requests", "allowed")


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {"text": sentence.text, "values": {name: _value(value) for name, value in sentence.values.items()}}


def _value(value: object) -> Any:
    match value:
        case Answer():
            return _sentence(value.fault) if value.fault else value.status
        case Sentence():
            return _sentence(value)
        case int() | float():
            return value
    return str(value)


def _exchange(exchange: Exchange) -> dict[str, Any]:
    message, answer = exchange.message, exchange.answer
    return {
        "label": exchange.label,
        "message": {"method": message.method, "headers": message.headers, "body": _bytes(message.body)},
        "answer": {
            "status": answer.status,
            "seconds": answer.seconds,
            "fault": _sentence(answer.fault) if answer.fault else None,
            "headers": answer.headers,
            "body": _bytes(answer.body[:ANSWER_KEPT]),
        },
    }


def _bytes(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def _read_bytes(kept: str) -> bytes:
    return zlib.decompress(base64.b64decode(kept))


def _read_result(kept: Mapping[str, Any]) -> Result:
    return Result(
        **{name: kept[name] for name in PLAIN},
        title=_read_sentence(kept["title"]),
        verdict=Verdict(kept["verdict"]),
        reason=Reason(kept.get("reason", "")),
        strict=kept.get("strict", False),
        seen=_read_sentence(kept["seen"]),
        exchanges=tuple(_read_exchange(exchange) for exchange in kept["exchanges"]),
    )


def _read_sentence(kept: Mapping[str, Any]) -> Sentence:
    values = {
        name: _read_sentence(value) if isinstance(value, dict) else value for name, value in kept["values"].items()
    }
    return Sentence(kept["text"], values)


def _read_exchange(kept: Mapping[str, Any]) -> Exchange:
    message, answer = kept["message"], kept["answer"]
    return Exchange(
        kept["label"],
        Message(message["method"], _read_headers(message), _read_bytes(message["body"])),
        Answer(
            answer["status"],
            answer["seconds"],
            _read_sentence(answer["fault"]) if answer["fault"] else None,
            _read_headers(answer),
            _read_bytes(answer["body"]),
        ),
    )


def _read_headers(kept: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in kept["headers"])
