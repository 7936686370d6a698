"""A report as JSON."""

import json
from typing import Any

from receiver_check.verdicts import Exchange, Report, Result

SHOWN = 2000
FORMAT = 1


def as_json(report: Report) -> str:
    return json.dumps(as_dict(report), ensure_ascii=False, indent=2)


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain values. `format` is incremented when a field changes its meaning."""
    return {
        "format": FORMAT,
        "url": report.url,
        "seed": report.seed,
        "started": report.started.isoformat(),
        "seconds": round(report.seconds, 3),
        "requests": report.requests,
        "passed": report.passed,
        "complete": report.is_complete,
        "sees_effects": report.sees_effects,
        "counts": report.counts,
        "probes": [_result(result) for result in report.results],
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "id": result.id,
        "title": str(result.title),
        "verdict": result.verdict.value,
        "allowed": result.allowed,
        "reason": result.reason.value,
        "seen": str(result.seen),
        "sent": result.sent,
        "why": result.why,
        "fix": result.fix,
        "seconds": round(result.seconds, 3),
        "requests": result.requests,
        "exchanges": [_exchange(exchange) for exchange in result.exchanges],
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    message, answer = exchange.message, exchange.answer
    return {
        "label": exchange.label,
        "request": {
            "method": message.method,
            "headers": [list(pair) for pair in message.headers],
            "body": shown(message.body),
            "body_size": len(message.body),
        },
        "answer": {
            "status": answer.status,
            "fault": str(answer.fault) if answer.fault else None,
            "seconds": round(answer.seconds, 4),
            "headers": [list(pair) for pair in answer.headers],
            "body": shown(answer.body),
        },
    }


def shown(data: bytes, limit: int = SHOWN) -> str:
    """The first bytes as text; unprintable characters are escaped."""
    text = printable(data[:limit].decode(errors="replace"))
    return f"{text} …" if len(data) > limit else text


def printable(text: str) -> str:
    return "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)
