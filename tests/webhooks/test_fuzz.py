"""Every call of the APIs and every page and form of the console, with values that nobody thought of: never a 500."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urljoin, urlsplit

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Account
from tests import demo
from tests.brands import client_of
from tests.forms import Form, Page
from tests.pages import route_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.both_databases]

EXAMPLES = 8
"""For each call. With 100, which take some two minutes, nothing more was found."""
EACH = 2
"""Of the hostile values, for each page and each field of a form. With 15, nothing more was found."""
SAFE = HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example
SEARCH = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=SAFE,
)
WAITS = ("/api/v1/events/{event_id}/wait/",)
"""They do nothing but wait, as long as they are asked to."""

HOSTILE = (
    "%00",
    "%ed%a0%80",
    "%ff",
    *map(
        quote_plus,
        (
            "",
            " ",
            "-1",
            "0",
            "9" * 5000,
            str(2**31),
            str(2**63),
            "-" + str(2**63),
            "1e999",
            "NaN",
            "-Infinity",
            "0." + "1" * 400,
            "１",
            "x" * 3000,
            "<script>",
            "'\";--",
            "a\r\nb",
            "\u202e夏\U0001f600",
            "2026-99-99T99:99",
            "0001-01-01T00:00:00",
            "9999-12-31T23:59:59",
            "99999999999d",
            "[" * 5000,
            '{"a":' * 200 + "1" + "}" * 200,
            "{}",
            "null",
            '["\\ud800"]',
            "http://[",
            "//evil.example",
            "on",
        ),
    ),
)
"""Percent-encoded."""
HOSTILE_JSON = (
    "null",
    "true",
    "-1",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 5000,
    "1e999",
    "NaN",
    "1e-400",
    "0.1",
    '""',
    '" "',
    r'"\u0000"',
    r'"\ud800"',
    '"2026-99-99"',
    '"9999-12-31T23:59:59Z"',
    '"0001-01-01T00:00:00+14:00"',
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "[null]",
    r'{"\u0000": 1}',
    '{"a": {"b": []}}',
    "[" * 99 + "]" * 99,
    "[" * 5000,
    json.dumps("x" * 100_000),
)
OPEN_API: dict[str, tuple[str, ...]] = {
    "event/": ("name",),
    "event/1/": (),
    "event/1/report/": (),
    "template/": (),
    "direct_message/push/": ("template_id", "event_id", "data", "line_uid", "NAME"),
    "direct_message/multicast/": ("template_id", "data", "line_uid"),
    "direct_message/enhanced_multicast/": ("template_id", "line_uids", "data"),
    "direct_message/1/": (),
    "pnp/setting/": (),
    "pnp/setting/1/": (),
    "pnp/message/push/": ("pnp_setting_id", "event_id", "data", "phone_number", "pnp", "customized_id", "line_push"),
    "pnp/message/multicast/": ("data", "phone_number", "sms"),
    "pnp/message/": (),
    "member/": (),
    "member/U1/": ("display_name", "customer_id", "email", "mobile", "gender", "birthday"),
    "nonsense": (),
}
"""Its calls, and fields of their bodies."""
OPEN_API_QUERY = (
    "start",
    "name",
    "start_date",
    "end_date",
    "updated_at_min",
    "updated_at_max",
    "pnp_setting_id",
    "customized_id",
    "line_uid",
    "email",
    "mobile",
    "customer_id",
    "status",
)
PARAMETERS = (
    "q",
    "account",
    "before",
    "page",
    "cursor",
    "limit",
    "status",
    "topic",
    "endpoint",
    "event",
    "delivery",
    "key",
    "since",
    "until",
    "is_test",
    "next",
    "seed",
    "o",
    "p",
    "all",
    "e",
    "_popup",
    "_to_field",
    "_changelist_filters",
)


@pytest.fixture
def furnished(alice: Account) -> Account:
    demo.furnish(alice, now=datetime.now(UTC) - timedelta(hours=1))
    return alice


@pytest.mark.any_lock_order
def test_no_call_fails_whatever_its_schema_allows_or_not(furnished: Account) -> None:
    api = client_of(furnished)
    ids = Ids(api)
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))  # type: ignore[no-untyped-call]
    failed: list[str] = []
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        if operation.path in WAITS:
            continue
        modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
        cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

        @SEARCH
        @given(case=cases, is_known=st.booleans())
        def search(case: Any, is_known: bool) -> None:
            failed.extend(_call(api, case, ids if is_known else None))

        search()
    assert failed == []


class Ids:
    """Ids of things that exist, by the call that lists them."""

    def __init__(self, api: APIClient) -> None:
        self._api = api
        self._known: dict[str, Any] = {}

    def path(self, template: str) -> str:
        made = ""
        for part in re.split(r"(\{\w+\})", template):
            made += str(self._first(made, part[1:-1])) if part.startswith("{") else part
        return made

    def _first(self, listing: str, name: str) -> Any:
        if name == "sn":
            return 0
        if listing not in self._known:
            answer = self._api.get(listing)
            body = answer.json() if answer.status_code == 200 else []
            rows = body.get("results", []) if isinstance(body, dict) else body
            self._known[listing] = rows[0].get("id", 1) if rows else 1
        return self._known[listing]


def _call(api: APIClient, case: Any, ids: Ids | None) -> Iterator[str]:
    sent = case.as_transport_kwargs(base_url="http://testserver")
    path = ids.path(case.operation.path) if ids else urlsplit(sent["url"]).path
    query = {name: value for name, value in (sent.get("params") or {}).items() if value is not None}
    content: Any = json.dumps(sent["json"]) if "json" in sent else sent.get("data", b"")
    with transaction.atomic():
        answer = api.generic(case.method, path, content, content_type="application/json", query_params=query)
        transaction.set_rollback(True)
    if answer.status_code >= 500:
        yield f"{case.method} {path} {query} {content[:500]!r}: {getattr(answer, 'exc_info', ('', '?'))[1]!r}"


def test_no_call_of_the_open_api_fails_whatever_it_is_sent(furnished: Account) -> None:
    api = client_of(furnished)
    failed: list[str] = []
    for path, fields in OPEN_API.items():
        for value in HOSTILE:
            answer = api.get(f"/openapi/v1/{path}?" + "&".join(f"{name}={value}" for name in OPEN_API_QUERY))
            failed += [f"GET {path} {value[:60]}"] if answer.status_code >= 500 else []
        for name in fields:
            for value in HOSTILE_JSON:
                usual = {"template_id": 1, "pnp_setting_id": 1, "event_id": None, "data": {"line_uid": "U1"}}
                inner = {**usual, name: "?"}
                for body in (inner, {**usual, "data": inner}, {**usual, "data": [inner]}):
                    content = json.dumps(body).replace('"?"', value)
                    for method in ("POST", "PATCH"):
                        kind = "application/json"
                        answer = api.generic(method, f"/openapi/v1/{path}", content, content_type=kind)
                        failed += [f"{method} {path} {content[:200]}"] if answer.status_code >= 500 else []
    assert failed == []


@pytest.mark.any_lock_order
def test_no_page_and_no_form_fails_whatever_it_is_sent(furnished: Account) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    pages, forms = _crawl(client)
    assert len(pages) > 40
    assert len(forms) > 40
    filters = [name for form in forms if form.method == "get" for name in form.fields]
    names = list(dict.fromkeys([*PARAMETERS, *filters]))
    failed: list[str] = []
    for number, path in enumerate(pages):
        queries = [dict.fromkeys(names, value) for value in _some(number)]
        queries += [{name: HOSTILE[(number + place) % len(HOSTILE)]} for place, name in enumerate(names)][
            number % 4 :: 4
        ]
        for query in queries:
            failed += _try(client, "GET", path, query)
    for number, form in enumerate(form for form in forms if form.method == "post"):
        usual = {name: quote_plus(value) for name, value in form.fields.items()}
        bodies = [dict.fromkeys(usual, value) for value in _some(number)]
        bodies += [{**usual, name: value} for place, name in enumerate(usual) for value in _some(number + place)]
        for body in bodies:
            failed += _try(client, "POST", form.action, body)
    assert failed == []


def _some(start: int) -> list[str]:
    return [HOSTILE[(start * EACH + place) % len(HOSTILE)] for place in range(min(EACH, len(HOSTILE)))]


def _crawl(client: Client) -> tuple[list[str], list[Form]]:
    """One page of every route that links lead to, and one form of every route that forms lead to."""
    pages: dict[str, str] = {}
    forms: dict[tuple[str, tuple[str, ...]], Form] = {}
    waiting = ["/console/"]
    while waiting:
        here = waiting.pop(0)
        answer = client.get(here)
        if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
            continue
        found = Page(answer.content.decode())
        for form in found.forms:
            form.action = urlsplit(urljoin(here, form.action)).path
            forms.setdefault((route_of(form.action), tuple(form.fields)), form)
        for link in found.links:
            path = urlsplit(urljoin(here, link)).path
            if urlsplit(urljoin(here, link)).netloc or not path.startswith("/console/") or "logout" in path:
                continue
            if route_of(path) not in pages:
                pages[route_of(path)] = path
                waiting.append(path)
    return list(pages.values()), [form for form in forms.values() if "logout" not in form.action]


def _try(client: Client, method: str, path: str, fields: dict[str, str]) -> list[str]:
    """What failed; nothing stays changed."""
    content = "&".join(f"{name}={value}" for name, value in fields.items())
    query, body = (content, "") if method == "GET" else ("", content)
    kind = "application/x-www-form-urlencoded"
    try:
        with transaction.atomic():
            client.generic(method, path, body, content_type=kind, QUERY_STRING=query)
            transaction.set_rollback(True)
    except Exception as error:
        return [f"{method} {path} {content[:500]}: {error!r}"[:1500]]
    return []
