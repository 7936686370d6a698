"""MAAC's Open API as its documents describe it: all calls, every documented error, and the type of a tested row.

A `rows_*.py` in this folder has `ROWS`, a list of `Row`; `test_sheet.py` makes the request of each and compares the
answer.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils.http import urlencode
from rest_framework.test import APIClient

from accounts.models import Account
from tests.brands import anyone
from tests.modules.openapi.shapes import (
    ANYTHING,
    MICROSECONDS,
    NUM,
    STR,
    Kind,
    faults,
    list_of,
    matching,
    one_of,
    or_null,
)

JSON, TEXT, CSV = "application/json", "text/plain", "text/csv"
V1 = "/openapi/v1/"


@dataclass(frozen=True)
class Answer:
    """A status (None: any of 4xx), a media type, and the body: a shape, or for text an exact text or a Kind."""

    status: int | None
    body: Any = ANYTHING
    content_type: str = JSON
    headers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A documented call, with the status and the media type of its success."""

    method: str
    path: str
    status: int = 200
    content_type: str = JSON


CALLS: dict[int, Call] = {
    1: Call("GET", "member/"),
    2: Call("PATCH", "member/{line_uid}/"),
    3: Call("POST", "member/import/"),
    4: Call("GET", "member/import/{task_id}/"),
    5: Call("GET", "behavior/download/{date}/pageview/", content_type=CSV),
    6: Call("GET", "behavior/download/{date}/product/", content_type=CSV),
    7: Call("GET", "behavior/download/{date}/transaction/", content_type=CSV),
    8: Call("GET", "tag/"),
    9: Call("GET", "tag/{tag_id}/"),
    10: Call("POST", "tag/", 201),
    11: Call("POST", "taglinemember/", 201),
    12: Call("DELETE", "taglinemember/", 204, ""),
    13: Call("GET", "segment/"),
    14: Call("GET", "segment/{segment_id}/"),
    15: Call("POST", "segment/", 201),
    16: Call("POST", "custom_segment/", 201),
    17: Call("DELETE", "segment/{segment_id}/", 204, ""),
    18: Call("PATCH", "custom_segment/{segment_id}/"),
    19: Call("GET", "segment/{segment_id}/members/", content_type=CSV),
    20: Call("GET", "template/"),
    21: Call("GET", "event/"),
    22: Call("GET", "event/{event_id}/"),
    23: Call("POST", "event/", 201),
    24: Call("POST", "direct_message/push/"),
    25: Call("POST", "direct_message/multicast/"),
    26: Call("POST", "direct_message/enhanced_multicast/"),
    27: Call("GET", "direct_message/{direct_message_id}/"),
    28: Call("GET", "event/{event_id}/report/"),
    29: Call("GET", "deeplink/"),
    30: Call("GET", "tracelink/"),
    31: Call("POST", "binding/bindlink/", 201),
    32: Call("POST", "prize/{code}/redeem/", 201),
    33: Call("POST", "auto_reply/search/"),
    34: Call("GET", "pnp/setting/"),
    35: Call("GET", "pnp/setting/{pnp_setting_id}/"),
    36: Call("POST", "pnp/message/push/"),
    37: Call("POST", "pnp/message/multicast/"),
    38: Call("GET", "pnp/message/"),
}

_NOT_PERMITTED = "You do not have permission to perform this action"
_DENIED = Answer(403, {"detail": f"{_NOT_PERMITTED}."})
_BAD_TIME = (
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)
_TOO_MANY = Answer(429)


def _text(status: int, body: Any) -> Answer:
    return Answer(status, body, TEXT)


def _detail(status: int, *texts: str) -> Answer:
    return Answer(status, {"detail": one_of(*texts)})


def _result(text: str) -> Answer:
    return Answer(200, {"id": NUM, "result": text})


_SMS_PLUS = {
    "pnp setting not found": _text(400, "pnp setting not found"),
    "number": _text(400, "this value does not match the required pattern"),
    "points": _text(400, "your SMS points are insufficient, please recharge before sending"),
    "token": _text(403, _NOT_PERMITTED),
}

ERRORS: dict[int, dict[str, Answer]] = {
    3: {"rate limit": _TOO_MANY},
    4: {
        "bad data": Answer(
            200,
            {
                "category": "import_member",
                "result": {
                    "success": False,
                    "blank_error": NUM,
                    "miss_fields": list_of(STR),
                    "gender_error": NUM,
                    "mobile_error": NUM,
                    "birthday_error": NUM,
                    "useless_fields": list_of(STR),
                    "duplicate_error": NUM,
                },
                "status": "done",
                "created_at": MICROSECONDS,
                "updated_at": MICROSECONDS,
            },
        )
    },
    23: {"limit": Answer(None, Kind("an object with the sentence", lambda value: _EVENT_LIMIT in json.dumps(value)))},
    24: {
        "LINE's refusal": Answer(
            200,
            {
                "id": NUM,
                "event": or_null(STR),
                "result": {"message": STR, "details": [{"message": STR, "property": STR}]},
            },
        ),
        "timeout": Answer(200, {"id": NUM, "event": or_null(STR), "result": "timeout"}),
        "error": Answer(200, {"id": NUM, "event": or_null(STR), "result": "error"}),
        "rate limit": _TOO_MANY,
    },
    25: {"rate limit": _TOO_MANY},
    26: {"rate limit": _TOO_MANY},
    32: {
        "token": _detail(403, "Token Invalid"),
        "no such code": _detail(404, "Prize Code Does Not Exist"),
        "expired": _detail(404, "Prize Status Expired"),
        "no such contact": _detail(404, "Member Not Found", "Contact Not Found"),
        "blocked": _detail(408, "Prize Redemption Need Retry"),
        "redeemed": _detail(409, "Prize Has Been Redeemed"),
        "not received": _detail(409, "Prize Is Not Received"),
        "unknown": _detail(500, "Other errors"),
    },
    33: {
        "start_date": Answer(
            400,
            {
                "message": "",
                "errors": [
                    {
                        "loc": ["__root__"],
                        "msg": "Invalid start_date format. Use YYYY-MM-DD.",
                        "type": "value_error",
                    }
                ],
            },
        ),
        "token": _DENIED,
        "no such bot": Answer(404, {"message": "Bot does not exist"}),
    },
    36: {
        **_SMS_PLUS,
        "field": _text(400, matching(r"\w+ field is required")),
        "maintenance of the service": _text(503, "failed to emit messages"),
        "nobody matched": _result("failed to send messages"),
        "timeout": _result("timeout"),
        "access token": _result("access token expired"),
        "maintenance of LINE": _result("we're under maintenance"),
        "rate limit": Answer(429, content_type=TEXT),
    },
    37: {
        **_SMS_PLUS,
        "field": _text(400, "field is required"),
        "rate limit": Answer(429, content_type=TEXT),
    },
    38: {
        "fields": Answer(
            400, {"updated_at_min": [_BAD_TIME], "pnp_setting_id": ["This field is required."]}
        ),
        "token": _DENIED,
        "no such setting": _detail(404, "pnp_setting_id not found"),
    },
}  # fmt: skip
"""Of each call its documented errors, by a short label. Calls that are missing here have none."""
_EVENT_LIMIT = "The number of events has reached the limit"


@dataclass(frozen=True)
class Ask:
    """A request: the parameters of its path, its query, and a body as JSON or as multipart fields.

    `token`: None for the account's own, "" for a request without one.
    """

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    multipart: Mapping[str, Any] | None = None
    token: str | None = None


@dataclass(frozen=True)
class World:
    """An account with zones 1 and 2 at Asia/Taipei, a client with its token, and the time that the views go by."""

    account: Account
    api: APIClient
    now: datetime


@dataclass(frozen=True)
class Row:
    """A request of a call, and the answer that the documents promise. `ask` may first store what the call is about.

    `name` ends the sentence "call 9: …". An error's `answer` is one of ERRORS; all others count as success.
    """

    call: int
    name: str
    ask: Callable[[World], Ask]
    answer: Answer

    @property
    def is_error(self) -> bool:
        return self.answer in ERRORS.get(self.call, {}).values()


def success(call: int, body: Any = ANYTHING, headers: Mapping[str, Any] | None = None) -> Answer:
    """The documented success of a call, with its status and media type."""
    return Answer(CALLS[call].status, body, CALLS[call].content_type, headers or {})


def error(call: int, label: str) -> Answer:
    return ERRORS[call][label]


def page(shape: Any, following: Any = None) -> dict[str, Any]:
    """A page of a list with at least one entry."""
    return {"results": [shape], "next": following}


def answer_of(world: World, call: int, ask: Ask) -> HttpResponse:
    """Make the request; its method and path are those of the call."""
    documented = CALLS[call]
    path = V1 + documented.path.format(**ask.path)
    url = f"{path}?{urlencode(ask.query)}" if ask.query else path
    client = world.api
    if ask.token is not None:
        client = anyone()
        client.credentials(**({"HTTP_AUTHORIZATION": f"Bearer {ask.token}"} if ask.token else {}))
    if ask.multipart is not None:
        content, content_type = encode_multipart(BOUNDARY, dict(ask.multipart)), MULTIPART_CONTENT
    else:
        content, content_type = (json.dumps(ask.json).encode() if ask.json is not None else b""), JSON
    response: HttpResponse = client.generic(documented.method, url, content, content_type)  # type: ignore[arg-type]
    return response


def faults_of_answer(response: HttpResponse, answer: Answer) -> list[str]:
    """Where an answer differs from the documented one."""
    found = []
    if answer.status != response.status_code and not (answer.status is None and 400 <= response.status_code < 500):
        found.append(f"status {response.status_code} is not {answer.status}")
    media_type = response.headers.get("Content-Type", "").split(";")[0]
    if media_type != answer.content_type:
        found.append(f"content type {media_type!r} is not {answer.content_type!r}")
    for name, shape in answer.headers.items():
        found += faults(response.headers.get(name), shape, name)
    return found + _faults_of_body(response, answer)


def _faults_of_body(response: HttpResponse, answer: Answer) -> list[str]:
    raw = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    text = raw.decode()
    if answer.content_type != JSON:
        return faults(text, answer.body)
    try:
        return faults(json.loads(text), answer.body)
    except ValueError:
        return [f"the body is not JSON: {text[:200]!r}"]
