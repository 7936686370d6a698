"""Bad requests: each gets a clear 4xx in the one shape of errors, never a 500, and changes nothing."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as search
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import issue_token, revoke_token
from maac_contract.contract import TOPICS
from tests.brands import NOW, anyone, error_of, licensed_account, refusal
from webhooks.models import Delivery, QueueEntry
from webhooks.services import endpoints, faults
from webhooks.services.publish import EventRequest, publish

V1 = "/api/v1"
POINTS = "prize.points_added"

State = dict[str, list[tuple[Any, ...]]]

WRITES = {
    "waits": ("PATCH", "/account/"),
    "create": ("POST", "/endpoints/"),
    "edit": ("PATCH", "/endpoints/{endpoint}/"),
    "pause": ("POST", "/endpoints/{endpoint}/pause/"),
    "resume": ("POST", "/endpoints/{endpoint}/resume/"),
    "rotate": ("POST", "/endpoints/{endpoint}/secret/rotate/"),
    "test": ("POST", "/endpoints/{endpoint}/test/"),
    "fault": ("POST", "/endpoints/{endpoint}/faults/"),
    "publish": ("POST", "/events/"),
    "batch": ("POST", "/events/batch/"),
    "redeliver": ("POST", "/deliveries/{delivery}/redeliver/"),
    "sandbox": ("POST", "/accounts/"),
    "check": ("POST", "/checks/"),
    "explain": ("POST", "/explain/"),
}
READS = {
    "account": ("GET", "/account/"),
    "audit": ("GET", "/audit/"),
    "event types": ("GET", "/event-types/"),
    "list": ("GET", "/endpoints/"),
    "show": ("GET", "/endpoints/{endpoint}/"),
    "delete": ("DELETE", "/endpoints/{endpoint}/"),
    "secret": ("GET", "/endpoints/{endpoint}/secret/"),
    "faults": ("GET", "/endpoints/{endpoint}/faults/"),
    "clear": ("DELETE", "/endpoints/{endpoint}/faults/"),
    "remove": ("DELETE", "/faults/{fault}/"),
    "events": ("GET", "/events/"),
    "event": ("GET", "/events/{event}/"),
    "wait": ("GET", "/events/{event}/wait/"),
    "log": ("GET", "/deliveries/"),
    "delivery": ("GET", "/deliveries/{delivery}/"),
    "checks": ("GET", "/checks/"),
}
CALLS = {**WRITES, **READS}
WITH_ID = {name: call for name, call in CALLS.items() if "{" in call[1]}


def furnish(account: Account) -> dict[str, int]:
    """An endpoint, an event and a delivery that is over: their ids by the names that paths have for them."""
    endpoint = endpoints.create(
        account=account, name="CRM", url="http://127.0.0.1:9/", event_types=list(TOPICS), now=NOW
    )
    (published,) = publish(account=account, event_requests=[EventRequest(POINTS)], now=NOW)
    over = {"status": "failed", "finished_at": NOW}
    Delivery.objects.filter(pk=published.deliveries[0].pk).update(**over)
    QueueEntry.objects.filter(delivery=published.deliveries[0]).delete()
    fault = faults.add(endpoint=endpoint, kind="delay", now=NOW)
    own = {"endpoint": endpoint.pk, "fault": fault.pk}
    return {**own, "event": published.event.pk, "delivery": published.deliveries[0].pk}


@pytest.fixture
def ids(alice: Account) -> dict[str, int]:
    return furnish(alice)


@pytest.fixture
def unchanged(api: APIClient, ids: dict[str, int]) -> Iterator[None]:
    """Holds the test to leave every table as it was."""
    before = state()
    yield
    assert state() == before


def state() -> State:
    """Every row of ours; that a token was used is no change."""
    models = [model for app in ("accounts", "events", "webhooks") for model in apps.get_app_config(app).get_models()]
    return {model._meta.db_table: rows_of(model) for model in models}


def rows_of(model: type[Model]) -> list[tuple[Any, ...]]:
    columns = ", ".join(str(field.column) for field in model._meta.local_fields if field.name != "last_used_at")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {model._meta.db_table} ORDER BY 1")
        return list(cursor.fetchall())


def send(client: Client, call: str, ids: dict[str, int], body: str | bytes = b"", **extra: Any) -> Any:
    """Make the call with the body as it is."""
    method, path = CALLS[call]
    extra = {"content_type": "application/json", **extra}
    return client.generic(method, V1 + path.format(**ids), body, **extra)


# Bodies that no call takes

NO_JSON: dict[str, bytes] = {
    "broken": b'{"name": ',
    "two values": b"{} {}",
    "single quotes": b"{'name': 1}",
    "trailing comma": b'{"name": 1,}',
    "not a number": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "a number too long to read": b'{"name": ' + b"9" * 5000 + b"}",
    "100,000 brackets": b"[" * 100_000,
    "100,000 balanced brackets": b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 objects": b'{"a":' * 100_000,
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "cut in a character": '{"name": "夏'.encode()[:-1],
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "NUL": b"\0",
    "raw NUL in text": b'{"name": "a\0b"}',
    "blank": b"   ",
}
WRONG_SHAPE: dict[str, bytes] = {
    "list": b'["name"]',
    "empty list": b"[]",
    "list of null": b"[null]",
    "text": b'"name"',
    "number": b"5",
    "zero": b"0",
    "too large a number": b"1e999",
    "null": b"null",
    "true": b"true",
    "false": b"false",
    "unknown field": b'{"nonsense": 1}',
    "unknown field and known ones": b'{"name": "x", "topic": "x", "new_key": true, "id": 5}',
    "lone surrogate as a name": b'{"\\ud800": 1}',
    "NUL as a name": b'{"\\u0000": 1}',
    "no name": b'{"": 1}',
    "long name": b'{"' + b"x" * 100_000 + b'": 1}',
    "many names": json.dumps(dict.fromkeys(map(str, range(10_000)))).encode(),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", WRITES)
def test_what_is_no_json_is_refused(call: str, api: APIClient, ids: dict[str, int]) -> None:
    answers = {name: refusal(send(api, call, ids, body)) for name, body in NO_JSON.items()}
    assert answers == dict.fromkeys(NO_JSON, (400, "malformed_json"))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", WRITES)
def test_json_of_another_shape_is_refused(call: str, api: APIClient, ids: dict[str, int]) -> None:
    answers = {name: refusal(send(api, call, ids, body)) for name, body in WRONG_SHAPE.items()}
    assert answers == dict.fromkeys(WRONG_SHAPE, (400, "invalid_request"))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", WRITES)
def test_five_megabytes_are_refused(call: str, api: APIClient, ids: dict[str, int]) -> None:
    assert settings.API_BODY_LIMIT < 5_000_000
    answer = send(api, call, ids, b'{"name": "' + b"x" * 5_000_000 + b'"}')
    assert refusal(answer) == (413, "body_too_large")
    assert "4 MiB" in error_of(answer)["message"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", WRITES)
def test_only_json_is_taken(call: str, api: APIClient, ids: dict[str, int]) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"):
        answer = send(api, call, ids, b"name=x", content_type=kind)
        assert refusal(answer) == (415, "unsupported_media_type"), kind


@pytest.mark.usefixtures("unchanged")
def test_an_answer_names_a_few_of_many_unknown_fields(api: APIClient, ids: dict[str, int]) -> None:
    answer = send(api, "create", ids, WRONG_SHAPE["many names"])
    assert 0 < len(error_of(answer)["fields"]) <= 50
    assert len(answer.content) < 10_000


# Fields of another type

TEXT = ("5", "-1.5", "true", "null", "[]", "{}", '["x"]', "1" + "0" * 400, "1e999", r'"a\u0000b"', r'"\ud800"')
LIST = (
    "5",
    '"x"',
    "true",
    "null",
    "{}",
    "1e999",
    "[5]",
    "[null]",
    "[[]]",
    "[{}]",
    "[1e999]",
    r'["\u0000"]',
    r'["\udfff"]',
)
FLAG = ("0", "1", '"true"', '"yes"', "null", "[]", "{}", "1e999")
OBJECT = ("5", '"x"', "true", "null", "[]", "[{}]", "1e999")
HOST = (
    '"http://crm.example"',
    '"crm.example/"',
    '"a b"',
    r'"a\r\nX-A: 1"',
    '"u@crm.example"',
    '"crm.example:0"',
    '"夏.jp"',
)
HEADERS = (
    '{"X-A": 1}',
    '{"X-A": null}',
    '{"X-A": ["1"]}',
    '{"X-A": ""}',
    r'{"X-A": "a\r\nX-B: 1"}',
    r'{"X-A": "a\u0000b"}',
    r'{"X-A": "\ud800"}',
    r'{"\ud800": "1"}',
    r'{"X\u0000": "1"}',
    '{"": "1"}',
    '{"Host": "crm.example"}',
    '{"content-length": "0"}',
    '{"CrescLab-Signature": "x"}',
    '{"X-A": "1", "x-a": "2"}',
    json.dumps({f"X-{number}": "1" for number in range(11)}),
    json.dumps({"X" * 100_000: "1"}),
)
SEED = ("1.5", "true", "null", "[]", "{}", '""', f'"{"x" * 101}"', r'"a\u0000b"', r'"\ud800"', "1" + "0" * 30, "1e999")

GOOD = {
    "create": {"name": '"CRM"', "url": '"http://127.0.0.1:9/"', "event_types": f'["{POINTS}"]'},
    "edit": {},
    "test": {"event_type": f'"{POINTS}"'},
    "publish": {"topic": f'"{POINTS}"'},
    "redeliver": {},
    "check": {"url": '"http://127.0.0.1:9/"', "secret": '"s3cret"'},
    "explain": {"body": '"{}"', "secret": '"s3cret"', "computed": '"ab"'},
}
NUMBER = ("true", "null", "[]", "{}", '"5"', "0", "-1", "1e999", "1" + "0" * 400)
FIELDS = [
    *[(call, field, TEXT) for call in ("create", "edit") for field in ("name", "url")],
    *[(call, "verify_tls", FLAG) for call in ("create", "edit")],
    *[(call, "host_override", (*TEXT, *HOST)) for call in ("create", "edit")],
    *[(call, "extra_headers", (*OBJECT, *HEADERS)) for call in ("create", "edit")],
    *[(call, "event_types", (*LIST, json.dumps([POINTS] * 51))) for call in ("create", "edit")],
    ("test", "event_type", TEXT),
    ("publish", "topic", TEXT),
    ("publish", "timestamp", TEXT),
    ("publish", "merge", FLAG),
    ("redeliver", "new_key", FLAG),
    *[("check", field, TEXT) for field in ("url", "secret", "previous_secret")],
    *[("check", field, LIST) for field in ("only", "skip", "allow")],
    *[("check", field, NUMBER) for field in ("timeout", "time_limit")],
    ("check", "headers", (*OBJECT, *HEADERS)),
    ("check", "verify_tls", FLAG),
    ("check", "seed", SEED),
    *[("explain", field, TEXT) for field in ("body", "secret", "computed", "idempotency_key")],
    ("explain", "other_secrets", LIST),
    *[(call, field, values) for call in ("test", "publish") for field, values in (("data", OBJECT), ("seed", SEED))],
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("call", "field", "values"), FIELDS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_field_of_another_type_is_refused_by_its_name(
    call: str, field: str, values: tuple[str, ...], api: APIClient, ids: dict[str, int]
) -> None:
    for value in values:
        answer = send(api, call, ids, written({**GOOD[call], field: value}))
        assert refusal(answer) == (400, "invalid_request"), value
        assert {re.split(r"[\[.]", name)[0] for name in error_of(answer)["fields"]} == {field}, value


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", ["create", "test", "publish"])
def test_a_missing_field_is_named(call: str, api: APIClient, ids: dict[str, int]) -> None:
    answer = send(api, call, ids, b"{}")
    assert refusal(answer) == (400, "invalid_request")
    assert set(error_of(answer)["fields"]) == set(GOOD[call])


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", ["publish", "test"])
@pytest.mark.parametrize(
    "value",
    [
        "1e999",
        "null",
        "1" + "0" * 400,
        r'"a\u0000b"',
        r'"\ud800"',
        "[" * 900 + "]" * 900,
        '{"a":' * 900 + "1" + "}" * 900,
    ],
    ids=["too large", "null", "huge", "NUL", "surrogate", "deep list", "deep object"],
)
def test_a_bad_value_deep_in_the_data_is_refused(call: str, value: str, api: APIClient, ids: dict[str, int]) -> None:
    field = "topic" if call == "publish" else "event_type"
    for data in (f'{{"points_memo": {value}}}', f'{{"a": {{"b": [{value}]}}}}'):
        answer = send(api, call, ids, written({field: f'"{POINTS}"', "data": data}))
        assert answer.status_code == 400
        assert error_of(answer)["code"] in ("invalid_payload", "invalid_request", "malformed_json")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("extra", [{}, {"headers": {"Idempotency-Key": "k"}}], ids=["without a key", "with a key"])
def test_a_depth_is_refused_wherever_python_gives_up(
    extra: dict[str, Any], api: APIClient, ids: dict[str, int]
) -> None:
    for depth in range(750, 1010, 10):
        nested = '{"a":' + "[" * depth + "]" * depth + "}"
        answer = send(api, "publish", ids, written({**GOOD["publish"], "data": nested, "merge": "true"}), **extra)
        assert answer.status_code == 400, depth
        assert error_of(answer)["code"] in ("invalid_payload", "malformed_json")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", ["publish", "test"])
def test_an_unknown_topic_is_refused(call: str, api: APIClient, ids: dict[str, int]) -> None:
    field = "topic" if call == "publish" else "event_type"
    for topic in ("nonsense", "PRIZE.POINTS_ADDED", "夏", "' OR 1=1"):
        assert refusal(send(api, call, ids, json.dumps({field: topic}))) == (400, "unknown_event_type")


def written(fields: dict[str, str]) -> str:
    """An object of fields whose values are JSON already."""
    return "{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}"


# URLs

BAD_URLS = [
    "",
    f"http://example.com/{'x' * 2000}",
    "javascript:alert(1)",
    "ftp://example.com/",
    "file:///etc/passwd",
    "data:text/plain,x",
    "example.com/hook",
    "/hook",
    "//example.com/hook",
    "http:/example.com",
    "http://",
    "https:///hook",
    "http://?x=1",
    "http://user:password@example.com/",
    "http://user@example.com/",
    "http://example.com@evil.example/",
    "http://example.com/a\nHost: evil.example",
    "http://example.com/\r\n",
    "http://exam\tple.com/",
    "http://example.com/a b",
    " http://example.com/",
    "http://example.com/\x7f",
    "http://example.com\\@evil.example/",
    "http://example.com:99999/",
    "http://example.com:-1/",
    "http://example.com:x/",
    "http://example.com:0/",
    "http://[::1/",
    "http://[nonsense]/",
    "http://exa..mple.com/",
    "http://" + "a" * 64 + ".example/",
    "http://" + "a." * 200 + "example/",
    "http://例" + "え" * 70 + ".jp/",
    "http://%00.example/",
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", ["create", "edit"])
def test_a_url_that_cannot_be_sent_to_is_refused(call: str, api: APIClient, ids: dict[str, int]) -> None:
    for url in BAD_URLS:
        answer = send(api, call, ids, written({**GOOD[call], "url": json.dumps(url)}))
        assert refusal(answer) == (400, "invalid_url"), url
        assert list(error_of(answer)["fields"]) == ["url"]


@pytest.mark.usefixtures("unchanged")
def test_a_url_with_a_nul_is_refused(api: APIClient, ids: dict[str, int]) -> None:
    answer = send(api, "create", ids, written({**GOOD["create"], "url": json.dumps("http://a\0b/")}))
    assert refusal(answer) == (400, "invalid_request")
    assert list(error_of(answer)["fields"]) == ["url"]


# Ids


NO_IDS = ["0", "1" + "0" * 30, str(2**63), "9" * 5000, "-1", "1.5", "x", "１", "%00", "1%0A", " "]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", WITH_ID)
def test_an_id_that_nothing_has_is_not_found(call: str, api: APIClient) -> None:
    method, path = WITH_ID[call]
    for number in NO_IDS:
        answer = api.generic(
            method, V1 + path.format(**dict.fromkeys(("endpoint", "fault", "event", "delivery"), number))
        )
        assert refusal(answer) == (404, "not_found"), number


@pytest.mark.parametrize("call", WITH_ID)
def test_what_is_bobs_is_not_found_for_alice(call: str, api: APIClient) -> None:
    bobs = furnish(licensed_account("Bob's brand", 1, 2))
    before = state()
    assert refusal(send(api, call, bobs)) == (404, "not_found")
    assert state() == before


# Tokens


NO_TOKENS = [None, "", "Basic YWxpY2U6c2VjcmV0", "Token {token}", "{token}"]
BAD_TOKENS = [
    "Bearer",
    "Bearer ",
    "Bearer nonsense",
    "Bearer {token}x",
    "Bearer {token} {token}",
    "Bearer tökën",
    "Bearer \x00\xff",
    "Bearer " + "x" * 10_000,
]


@pytest.mark.parametrize("call", ["create", "publish", "log", "delete"])
def test_without_a_good_token_nothing_is_done(call: str, alice: Account, ids: dict[str, int]) -> None:
    _, token = issue_token(account=alice, name="test", now=NOW)
    before = state()
    for header in [*NO_TOKENS, *BAD_TOKENS]:
        extra = {} if header is None else {"HTTP_AUTHORIZATION": header.format(token=token)}
        answer = send(anyone(), call, ids, written(GOOD.get(call, {})), **extra)
        code = "not_authenticated" if header in NO_TOKENS else "authentication_failed"
        assert refusal(answer) == (401, code), header
        assert answer["WWW-Authenticate"] == 'Bearer realm="maac-sim"'
    assert state() == before


def test_every_call_needs_a_token(ids: dict[str, int]) -> None:
    answers = {call: refusal(send(anyone(), call, ids)) for call in CALLS}
    assert answers == dict.fromkeys(CALLS, (401, "not_authenticated"))


def test_a_revoked_token_is_refused(alice: Account, ids: dict[str, int]) -> None:
    row, token = issue_token(account=alice, name="test", now=NOW)
    header = {"HTTP_AUTHORIZATION": f"bearer {token}"}
    assert send(anyone(), "list", ids, **header).status_code == 200
    revoke_token(token=row, now=NOW)
    assert refusal(send(anyone(), "list", ids, **header)) == (401, "authentication_failed")


# Methods, paths, headers


@pytest.mark.usefixtures("unchanged")
def test_a_wrong_method_is_refused(api: APIClient, ids: dict[str, int]) -> None:
    for path in {path for _, path in CALLS.values()}:
        allowed = {method for method, known in CALLS.values() if known == path}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - allowed:
            answer = api.generic(method, V1 + path.format(**ids), "{}", content_type="application/json")
            assert refusal(answer) == (405, "method_not_allowed"), (method, path)
            assert allowed <= set(answer["Allow"].split(", "))


@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/v1/", "/api/v2/endpoints/", "/api/v1/nonsense", "/api/v1/endpoints//", "/api/v1/%00/", "/api/夏"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_not_found_in_json(path: str, method: str, api: APIClient) -> None:
    assert refusal(api.generic(method, path)) == (404, "not_found")


def test_a_client_that_wants_no_json_is_reported_so_in_json(api: APIClient) -> None:
    assert refusal(api.get(f"{V1}/account/", headers={"Accept": "text/html"})) == (406, "not_acceptable")


def test_another_host_name_is_refused_in_json(api: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    assert refusal(api.get(f"{V1}/account/", headers={"Host": "evil.example"})) == (400, "bad_request")


# Queries


def cursor(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


BAD_CURSORS = [
    "x",
    "%00",
    "夏",
    "%25",
    "",
    *map(cursor, ("p=x", "p=1.5", "p=", "p=\0", "o=-1", "o=x", "r=1", "p=１", "p=-1")),
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", ["list", "log", "audit"])
def test_a_bad_cursor_is_refused(call: str, api: APIClient) -> None:
    for bad in [*BAD_CURSORS, cursor("p=" + "9" * 5000), cursor("p=" + "9" * 30)]:
        answer = api.get(f"{V1}{CALLS[call][1]}?cursor={bad}")
        assert refusal(answer) == (400, "invalid_request"), bad
        assert list(error_of(answer)["fields"]) == ["cursor"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("call", ["list", "log", "audit"])
def test_a_bad_limit_is_refused(call: str, api: APIClient) -> None:
    for limit in ("0", "-1", "x", "1.5", "", "%00", "1e3", "１", "000"):
        answer = api.get(f"{V1}{CALLS[call][1]}?limit={limit}")
        assert refusal(answer) == (400, "invalid_request"), limit
        assert list(error_of(answer)["fields"]) == ["limit"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("endpoint", ["x", "-1", "1.5", "1" + "0" * 30, "9" * 5000, "%00", "nan", "1e5", "0x1"]),
        ("event", ["x", "-1", "1.5", "1" + "0" * 30, "%00", "inf"]),
        ("status", ["x", "DELIVERED", "%00", "delivered,failed"]),
        ("topic", ["x", "%00", "PRIZE.POINTS_ADDED"]),
        ("is_test", ["x", "1", "0", "TRUE", "%00", "maybe"]),
        ("since", ["x", "%00", "2026-13-01", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "5"]),
        ("until", ["x", "%00", "9999-12-31T23:59:59-14:00", "10000-01-01", "2026-03-05T00:00:00%2B99:00"]),
        ("q", ["%00", "a%00b", "x" * 201]),
    ],
)
def test_a_bad_filter_is_refused_by_its_name(name: str, values: list[str], api: APIClient) -> None:
    for value in values:
        answer = api.get(f"{V1}/deliveries/?{name}={value}")
        assert refusal(answer) == (400, "invalid_request"), value
        assert list(error_of(answer)["fields"]) == [name]


@pytest.mark.usefixtures("unchanged")
def test_a_bad_timeout_is_refused(api: APIClient, ids: dict[str, int]) -> None:
    for value in ("x", "-1", "61", "nan", "inf", "-inf", "1e999", "", "%00", "1,5", "9" * 5000):
        answer = api.get(f"{V1}/events/{ids['event']}/wait/?timeout={value}")
        assert refusal(answer) == (400, "invalid_request"), value
        assert list(error_of(answer)["fields"]) == ["timeout"]


# Anything


NAMES = [
    "name",
    "url",
    "event_types",
    "verify_tls",
    "host_override",
    "extra_headers",
    "topic",
    "data",
    "seed",
    "timestamp",
    "merge",
    "new_key",
    "event_type",
]
WORDS = ["http://127.0.0.1:9/", "2026-03-05T09:00:00Z", "0001-01-01", "prize_name", "points_count"]
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.text(st.characters(categories=["Cs", "Cc"]), max_size=3)
    | st.sampled_from(WORDS)
)


def values(more: list[str]) -> st.SearchStrategy[Any]:
    """Any JSON value, often with names and words that the calls know."""
    names = st.sampled_from(NAMES) | st.text(max_size=5)
    return st.recursive(
        leaves | st.sampled_from(more) if more else leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
        max_leaves=10,
    )


def bodies(call: str) -> st.SearchStrategy[Any]:
    # A test event that is valid waits for a worker, and there is none here.
    inner = values([] if call == "test" else list(TOPICS))
    objects = st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    good = st.fixed_dictionaries(
        {name: st.just(json.loads(value)) | inner for name, value in GOOD.get(call, {}).items()}
    )
    return inner | objects | st.lists(objects, max_size=3) | (good if call != "test" else objects)


@pytest.mark.parametrize("call", WRITES)
def test_no_json_value_breaks_a_call(call: str, api: APIClient, ids: dict[str, int]) -> None:
    @search(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(bodies(call))
    def try_it(body: Any) -> None:
        answer = send(api, call, ids, json.dumps(body))
        assert answer.status_code < 500
        if answer.status_code >= 400:
            error_of(answer)

    try_it()
