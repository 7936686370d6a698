"""The call log: every call is in it, refused ones too; no token is; and a log that fails harms no call."""

import json
import logging
import shlex
import subprocess
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from rest_framework.test import APIClient

from accounts.erasure import erase
from accounts.models import Account
from accounts.services import issue_token
from modules.messages.models import MessageEvent
from modules.openapi.call_log import BODY_LIMIT
from modules.openapi.logged_calls import as_curl
from modules.openapi.models import Call
from tests.brands import NOW, anyone, client_of, error_of

V1 = "/openapi/v1/"
REST = "/api/v1/modules/openapi/calls/"


@pytest.fixture
def token(alice: Account) -> str:
    return issue_token(account=alice, name="CRM", now=NOW)[1]


def bearer(token: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


@pytest.mark.both_databases
def test_a_call_is_logged_with_all_that_was_sent_and_answered(api: APIClient, alice: Account) -> None:
    answer = api.post(f"{V1}event/?a=b%2Bc", {"name": "Spring"}, HTTP_X_REQUEST_ID="7")
    call = Call.objects.get()
    assert (call.account, call.method, call.path, call.query) == (alice, "POST", "/openapi/v1/event/", "a=b%2Bc")
    assert (call.status, call.failure) == (201, "")
    assert json.loads(call.request_body) == {"name": "Spring"}
    assert call.response_body == answer.content.decode()
    assert (call.request_size, call.response_size) == (len(call.request_body), len(answer.content))
    headers = call.request_headers.splitlines()
    assert "X-Request-Id: 7" in headers
    assert "Authorization: Bearer ********" in headers
    assert "Content-Type: application/json" in call.response_headers.splitlines()
    assert 0 < call.microseconds < 60_000_000


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing/", 404),
        ("GET", "event", 404),
        ("GET", "event/99/", 404),
        ("DELETE", "event/", 405),
        ("POST", "event/", 400),
        ("PATCH", "member/U1/", 404),
        ("GET", "member/?status=gone", 400),
    ],
)
def test_refused_calls_are_logged_too(api: APIClient, alice: Account, method: str, path: str, status: int) -> None:
    assert api.generic(method, V1 + path, "{}", "application/json").status_code == status
    call = Call.objects.get()
    assert (call.account, call.method, call.status) == (alice, method, status)
    assert call.response_body


@pytest.mark.parametrize("path", ["event/", "pnp/message/push/", "prize/X/redeem/", "nothing/"])
def test_a_call_without_a_valid_token_is_logged_for_no_account(alice: Account, path: str) -> None:
    anyone().post(V1 + path, {"name": "x"}, **bearer("maac_wrong-token-of-somebody-else"))  # type: ignore[arg-type]
    call = Call.objects.get()
    assert (call.account, call.status) == (None, 403)
    assert "wrong-token" not in call.request_headers


def test_a_body_that_is_no_json_or_no_utf_8_is_logged_as_far_as_it_can_be(api: APIClient) -> None:
    bodies: tuple[Any, ...] = (b"{", b"\xff\x00", b'"\\ud800"')
    for body in bodies:
        assert api.generic("POST", f"{V1}event/", body, "application/json").status_code == 400
    assert [call.request_body for call in Call.objects.order_by("id")] == ["{", "\ufffd\ufffd", '"\\ud800"']


def test_a_long_body_is_shortened_and_its_size_kept(api: APIClient) -> None:
    api.post(f"{V1}event/", {"name": "x" * 100_000})
    call = Call.objects.get()
    assert len(call.request_body) == BODY_LIMIT
    assert call.request_size > 100_000


def test_a_body_that_is_too_large_is_not_read_for_the_log(api: APIClient) -> None:
    with override_settings(API_BODY_LIMIT=1000, DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        assert api.post(f"{V1}event/", {"name": "x" * 5000}).status_code == 413
    call = Call.objects.get()
    assert (call.status, call.request_body) == (413, "")
    assert call.request_size > 5000


@pytest.mark.parametrize(
    "header",
    [
        {"HTTP_AUTHORIZATION": "Bearer {}"},
        {"HTTP_AUTHORIZATION": "bearer   {}"},
        {"HTTP_AUTHORIZATION": "{}"},
        {"HTTP_AUTHORIZATION": "Token {}"},
        {"HTTP_AUTHORIZATION": "Bearer {0} {0}"},
        {"HTTP_X_API_KEY": "{}"},
        {"HTTP_COOKIE": "session={}"},
        {"HTTP_X_FORWARDED_FOR": "{}"},
        {},
    ],
)
def test_no_token_stands_in_the_log_wherever_it_was_put(alice: Account, token: str, header: dict[str, str]) -> None:
    _call_with_the_token_everywhere(token, header)
    _assert_not_in_the_log(token)


@pytest.mark.parametrize("form", ["Bearer {}", "bearer   {}", "{}", "Token {}"])
def test_a_token_of_the_operators_own_form_is_masked_wherever_it_stands_beside_its_header(
    alice: Account, form: str
) -> None:
    _row, token = issue_token(account=alice, name="preset", now=NOW, token="our-own-preset-one")
    _call_with_the_token_everywhere(token, {"HTTP_AUTHORIZATION": form})
    _assert_not_in_the_log(token)


@pytest.mark.parametrize("header", [{"HTTP_X_API_KEY": "{}"}, {"HTTP_COOKIE": "session={}"}])
def test_a_header_or_parameter_with_the_name_of_a_secret_is_masked(alice: Account, header: dict[str, str]) -> None:
    headers: Any = {name: value.format("our-own-preset-one") for name, value in header.items()}
    anyone().get(f"{V1}event/?access_token=our-own-preset-one&apiKey=our-own-preset-one&start=x", **headers)
    _assert_not_in_the_log("our-own-preset-one")
    assert Call.objects.get().query.endswith("&start=x")


def _call_with_the_token_everywhere(token: str, header: dict[str, str]) -> None:
    headers: Any = {name: value.format(token) for name, value in header.items()}
    client = anyone()
    body = {"name": token, "nested": [{"token": token}]}
    for path in (f"event/?token={token}&name={token}", f"{token}/?x={token}"):
        client.post(V1 + path, body, **headers)
        client.get(V1 + path, **headers)


def _assert_not_in_the_log(token: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM openapi_call")
        rows = cursor.fetchall()
    assert rows
    assert token not in str(rows)


@pytest.mark.both_databases
def test_a_log_that_cannot_be_written_loses_no_call(
    api: APIClient, alice: Account, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE openapi_call RENAME TO openapi_call_away")
    try:
        with caplog.at_level(logging.ERROR, logger="modules.openapi.call_log"):
            answer = api.post(f"{V1}event/", {"name": "Spring"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE openapi_call_away RENAME TO openapi_call")
    assert answer.status_code == 201
    assert MessageEvent.objects.get().name == "Spring"
    assert "could not be logged" in caplog.text
    api.get(f"{V1}event/")
    assert Call.objects.count() == 1


def test_the_log_can_be_switched_off(api: APIClient) -> None:
    with override_settings(OPENAPI_LOG_CALLS=0):
        assert api.get(f"{V1}event/").status_code == 200
    assert not Call.objects.exists()


def test_the_log_is_erased_with_its_account(api: APIClient, alice: Account, bob: Account) -> None:
    api.get(f"{V1}event/")
    client_of(bob).get(f"{V1}event/")
    erase([alice.pk])
    assert [call.account for call in Call.objects.all()] == [bob]


# REST


def ids(api: APIClient, **query: Any) -> list[int]:
    answer = api.get(REST, query)
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["results"]]


def test_calls_are_filtered_by_what_is_known_of_them(api: APIClient) -> None:
    api.get(f"{V1}event/")
    api.post(f"{V1}event/", {})
    api.get(f"{V1}member/")
    api.get(f"{V1}nothing/")
    listing, refused, members, nothing = Call.objects.order_by("id").values_list("id", flat=True)
    assert ids(api) == [nothing, members, refused, listing]
    assert ids(api, status="4xx") == [nothing, refused]
    assert ids(api, status="400") == [refused]
    assert ids(api, method="POST") == [refused]
    assert ids(api, path="memb") == [members]
    assert ids(api, after=refused) == [nothing, members]
    assert ids(api, status="2xx", path="event") == [listing]
    assert ids(api, failure="true") == []
    assert len(ids(api, failure="false")) == 4


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "oops"}, "status"),
        ({"status": "6xx"}, "status"),
        ({"method": "FETCH"}, "method"),
        ({"after": "x"}, "after"),
        ({"failure": "1"}, "failure"),
        ({"path": "\n"}, "path"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(api: APIClient, query: dict[str, str], field: str) -> None:
    assert list(error_of(api.get(REST, query))["fields"]) == [field]


def test_a_call_is_shown_whole_and_to_its_account_only(api: APIClient, alice: Account, bob: Account) -> None:
    api.post(f"{V1}event/", {"name": "Spring"})
    (number,) = ids(api)
    shown = api.get(f"{REST}{number}/").json()
    assert {"name": "Authorization", "value": "Bearer ********"} in shown["request_headers"]
    assert json.loads(shown["response_body"])["name"] == "Spring"
    assert client_of(bob).get(f"{REST}{number}/").status_code == 404
    assert ids(client_of(bob)) == []


def test_calls_without_a_token_are_shown_where_there_is_one_account(api: APIClient, alice: Account) -> None:
    anyone().get(f"{V1}event/")
    assert len(ids(api)) == 1
    Account.objects.create(name="Another", created_at=NOW)
    assert ids(api) == []


# Console


def test_the_console_shows_calls_with_filters_and_a_curl_command(
    console: Client, api: APIClient, alice: Account
) -> None:
    api.post(f"{V1}event/?x=1", {"name": "<b>Spring's</b>"})
    page = console.get("/console/modules/openapi/?status=2xx&method=POST&path=event").content.decode()
    assert "/openapi/v1/event/" in page
    assert "/openapi/v1/event/" not in console.get("/console/modules/openapi/live/?status=4xx").content.decode()
    call = Call.objects.get()
    shown = console.get(f"/console/modules/openapi/calls/{call.pk}/").content.decode()
    assert "Bearer $MAAC_TOKEN" in shown
    assert "<b>Spring" not in shown


def test_the_curl_command_repeats_the_call(api: APIClient, alice: Account, live_server: Any, token: str) -> None:
    api.post(f"{V1}event/?x=[1]", {"name": "Spring's $HOME"})
    command = as_curl(Call.objects.get(), origin=live_server.url)
    assert "maac_" not in command
    words = shlex.split(command)
    assert words[0] == "curl"
    assert json.loads(words[words.index("--data-raw") + 1]) == {"name": "Spring's $HOME"}
    done = subprocess.run(
        ["sh", "-c", command],
        env={"MAAC_TOKEN": "none", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=20, check=True,
    )  # fmt: skip
    assert "403" in done.stdout.splitlines()[0]
