"""Values that no database or no parser can hold are refused in one sentence, wherever they come in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from accounts.models import Account
from maac_sim.content_types import refuse_unreadable_content_types
from tests.brands import error_of, refusal
from webhooks.models import Endpoint

NUL = "\0"
SURVEYS = "/api/v1/modules/surveys/"
CAMPAIGN = {"name": "Spring", "is_active": "on", "number_once": "on"}

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def post_json(api: Client, body: bytes) -> Any:
    return api.generic("POST", SURVEYS, body, content_type="application/json")


@pytest.mark.parametrize(
    "path",
    [
        "/console/modules/contacts/?q=%00",
        "/console/deliveries/?%00=1",
        "/console/login/?next=%00",
        "/console/?=%00",
        "/livez?x=%00",
    ],
)
def test_a_nul_in_the_query_of_a_page_is_refused(path: str, console: Client) -> None:
    assert console.get(path).status_code == 400


def test_a_nul_in_a_form_is_refused(console: Client) -> None:
    for path in ("/console/tokens/", "/console/modules/messages/broadcasts/1/open/", "/console/language/"):
        assert console.post(path, {"name": f"a{NUL}b"}).status_code == 400, path
    assert console.post("/console/tokens/", {f"na{NUL}me": "a"}).status_code == 400


def test_a_nul_in_a_path_is_not_found(console: Client, api: APIClient) -> None:
    for path in ("/console/%00/", "/static/%00", "/console/docs/%00.schema.json"):
        assert console.get(path).status_code == 404, path
    assert refusal(api.get("/api/v1/%00/")) == (404, "not_found")
    assert api.get("/openapi/v1/%00/").json() == {"detail": "Not found."}


def test_a_nul_in_a_cookie_is_refused(console: Client) -> None:
    assert console.get("/console/", HTTP_COOKIE=r'maac_sim_session="abcdefgh\000"').status_code == 400


def test_a_nul_in_the_query_of_a_call_is_refused_by_its_name(api: APIClient) -> None:
    answer = api.get("/api/v1/deliveries/?q=%00")
    assert refusal(answer) == (400, "invalid_request")
    assert list(error_of(answer)["fields"]) == ["q"]
    assert list(api.get("/openapi/v1/member/?email=%00").json()) == ["email"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", "200 OK"),
        ("application/json; charset=utf-8", "200 OK"),
        ("text/plain; charset=nonsense", "200 OK"),
        ("application/json; charset=hex", "400 Bad Request"),
        ("application/json; charset=utf-16", "400 Bad Request"),
    ],
)
def test_a_content_type_that_cannot_be_read_is_refused_before_django_reads_it(content_type: str, status: str) -> None:
    answered: list[str] = []

    def application(_environ: object, start_response: Callable[..., None]) -> list[bytes]:
        start_response("200 OK", [])
        return [b"{}"]

    environ = RequestFactory().generic("POST", "/console/?q=%41", b"{}").environ
    refuse_unreadable_content_types(application)(
        {**environ, "CONTENT_TYPE": content_type}, lambda status, _headers: answered.append(status)
    )
    assert answered == [status]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (rb'{"title": "a\u0000"}', "title"),
        (rb'{"title": "a", "questions": [{"subject": "\ud800"}]}', "questions[0].subject"),
        (rb'{"title": "a", "questions": [{"minimum": 1e999}]}', "questions[0].minimum"),
        (b'{"title": "a", "questions": [{"minimum": 9223372036854775808}]}', "questions[0].minimum"),
        (rb'{"title": "a", "\u0000": 1}', "\0"),
    ],
)
def test_a_value_that_no_database_holds_is_refused_by_its_path(body: bytes, field: str, api: APIClient) -> None:
    answer = post_json(api, body)
    assert refusal(answer) == (400, "invalid_request")
    assert list(error_of(answer)["fields"]) == [field]


@pytest.mark.parametrize("depth", [101, 900, 100_000])
def test_json_that_is_nested_too_deeply_is_refused(depth: int, api: APIClient) -> None:
    body = b'{"title": ' + b"[" * depth + b"]" * depth + b"}"
    assert refusal(post_json(api, body)) == (400, "malformed_json")


def test_a_choice_without_a_text_is_refused_in_a_partial_change(api: APIClient) -> None:
    question = {"type": "CHOICEONE", "subject": "Which?", "choices": [{"text": "One"}]}
    survey = api.post(SURVEYS, {"title": "Tea", "questions": [question]}).json()
    answer = api.patch(f"{SURVEYS}{survey['id']}/questions/0/", {"choices": [{}]})
    assert refusal(answer) == (400, "invalid_request")
    assert list(error_of(answer)["fields"]) == ["choices[0].text"]
    assert api.patch(f"{SURVEYS}{survey['id']}/questions/0/", {"choices": [{"text": "Two"}]}).status_code == 200


@pytest.mark.parametrize("amount", ["", "0", "0.00"])
def test_a_campaign_without_a_minimum_amount_is_made_and_kept(amount: str, console: Client, api: APIClient) -> None:
    made = console.post("/console/modules/receipts/new/", {**CAMPAIGN, "minimum_amount": amount})
    assert made.status_code == 302
    edited = console.post(f"{made.headers['Location']}edit/", {**CAMPAIGN, "minimum_amount": amount})
    assert edited.status_code == 302


@pytest.mark.parametrize("number", ["9" * 4301, "-" + "9" * 100_000, "0." + "9" * 5000, "1e" + "9" * 5000])
def test_a_signature_is_explained_whatever_numbers_its_body_has(number: str, api: APIClient, alice: Account) -> None:
    given = {"body": f'{{"data": {number}}}', "secret": "s3cret"}
    assert api.post("/api/v1/explain/", {**given, "computed": "ab" * 32}).status_code == 200
    assert api.post("/api/v1/explain/", {**given, "headers": {"CrescLab-Signature": "ab" * 32}}).status_code == 200


@pytest.mark.parametrize(
    "referer",
    [
        "http://testserver//evil.example/x",
        "http://testserver///evil.example/x",
        r"http://testserver/\evil.example/x",
        r"http://testserver\\evil.example/x",
        "http://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_an_action_never_leads_to_another_host(
    referer: str, console: Client, make_endpoint: Callable[..., Endpoint]
) -> None:
    answer = console.post(f"/console/webhooks/{make_endpoint().pk}/pause/", HTTP_REFERER=referer)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/")


def test_an_action_leads_back_to_its_page(console: Client, make_endpoint: Callable[..., Endpoint]) -> None:
    page = "/console/webhooks/?q=5"
    answer = console.post(f"/console/webhooks/{make_endpoint().pk}/pause/", HTTP_REFERER=f"http://testserver{page}")
    assert answer.headers["Location"] == page


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", ""])
def test_a_log_in_that_is_to_lead_elsewhere_leads_to_the_console(path: str, client: Client) -> None:
    User.objects.create_user("alice", password="a long enough password")
    given = {"username": "alice", "password": "a long enough password", "next": path}
    assert client.post("/console/login/", given).headers["Location"] == "/console/"


@pytest.mark.parametrize(
    "path",
    ["/api/v1/account/", "/api/v1/nonsense/", "/api/v1/?x=%00", "/openapi/v1/event/", "/livez", "/readyz", "/metrics"],
)
def test_what_is_no_page_has_protective_headers(path: str, api: APIClient) -> None:
    found = api.get(path).headers
    assert "frame-ancestors 'none'" in found["Content-Security-Policy"]
    assert found["X-Frame-Options"] == "DENY"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["Referrer-Policy"] == "same-origin"
    assert found["Cache-Control"] == "no-store"
