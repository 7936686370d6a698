"""Checking a receiver and explaining a signature by REST."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from rest_framework.test import APIClient

from accounts.models import Account
from receiver_check.probes import PROBES
from tests.brands import client_of, error_of, refusal
from tests.receiver import Receiver
from webhooks.models import Check, Endpoint
from webhooks.services.checks import run_waiting

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]
CHECKS = "/api/v1/checks/"
EXPLAIN = "/api/v1/explain/"
SECRET = "a secret that is looked for"
BODY = '{"timestamp": "2026-03-04T18:22:09.004200+08:00", "topic": "prize.points_added", "data": {"n": 65.0}}'


def begin(api: APIClient, **body: Any) -> dict[str, Any]:
    answer = api.post(CHECKS, body)
    assert answer.status_code == 202, answer.content
    begun: dict[str, Any] = answer.json()
    return begun


def digest(body: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()


# Checks


def test_a_check_is_accepted_made_and_read(api: APIClient, receiver: Receiver) -> None:
    url = receiver.url("/hook")
    begun = begin(api, url=url, secret=SECRET, only=["reachable", "topic-*", "signature-missing"], seed=7)
    assert (begun["status"], begun["passed"], begun["done"], begun["total"]) == ("queued", None, 0, len(PROBES))
    there = f"{CHECKS}{begun['id']}/"
    assert api.get(there).json()["report"] is None
    run_waiting()
    check = api.get(there).json()
    report = check["report"]
    assert (check["status"], check["passed"], check["done"]) == ("done", False, len(PROBES))
    assert (report["passed"], report["seed"], report["url"]) == (False, "7", url)
    assert [probe["id"] for probe in report["probes"] if probe["verdict"] == "failed"] == ["signature-missing"]
    assert [entry["id"] for entry in api.get(CHECKS).json()["results"]] == [begun["id"]]


def test_the_report_comes_as_junit_and_as_a_page_whatever_the_client_would_take(
    api: APIClient, receiver: Receiver
) -> None:
    begun = begin(api, url=receiver.url("/"), secret=SECRET, only=["reachable", "signature-missing", "topic-*"])
    run_waiting()
    for accept in ("*/*", "application/xml", "text/html"):
        junit = api.get(f"{CHECKS}{begun['id']}/junit/", headers={"Accept": accept})
        page = api.get(f"{CHECKS}{begun['id']}/html/", headers={"Accept": accept})
        assert (junit.status_code, page.status_code) == (200, 200)
        assert junit["Content-Type"] == "application/xml; charset=utf-8"
        assert page["Content-Type"] == "text/html; charset=utf-8"
        suites = ElementTree.fromstring(junit.content)
        assert (suites.attrib["tests"], suites.attrib["failures"]) == (str(len(PROBES)), "1")
        assert page.content.decode().startswith('<!doctype html>\n<html lang="en">')
        assert "A request without a signature is refused" in page.content.decode()


@pytest.mark.parametrize("form", ["junit", "html"])
def test_there_is_no_report_before_the_end(api: APIClient, form: str) -> None:
    begun = begin(api, url="http://127.0.0.1:9/", secret=SECRET)
    answer = api.get(f"{CHECKS}{begun['id']}/{form}/", headers={"Accept": "application/xml"})
    assert refusal(answer) == (409, "check_not_over")


def test_an_endpoint_is_checked_with_its_url_and_secret(
    api: APIClient, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    begun = begin(api, endpoint=endpoint.pk, only=["topic-prize.points_added"])
    assert (begun["endpoint"], begun["url"]) == (endpoint.pk, endpoint.url)
    run_waiting()
    (got,) = receiver.requests
    assert got.verifies(endpoint.share_secret)


def test_no_answer_holds_a_secret(api: APIClient, receiver: Receiver) -> None:
    begun = begin(api, url=receiver.url("/"), secret=SECRET, previous_secret="the one before")
    there = f"{CHECKS}{begun['id']}/"
    answers = [json.dumps(begun), api.get(there).content.decode()]
    run_waiting()
    answers += [api.get(path).content.decode() for path in (there, f"{there}junit/", f"{there}html/", CHECKS)]
    for text in answers:
        assert SECRET not in text
        assert "the one before" not in text


def test_bobs_checks_and_endpoints_are_not_alices(
    api: APIClient, bob: Account, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    theirs = begin(client_of(bob), url=receiver.url("/"), secret=SECRET)
    endpoint = make_endpoint(account=bob, event_types=["prize.points_added"])
    run_waiting()
    for form in ("", "junit/", "html/"):
        assert refusal(api.get(f"{CHECKS}{theirs['id']}/{form}")) == (404, "not_found")
    assert api.get(CHECKS).json()["results"] == []
    assert refusal(api.post(CHECKS, {"endpoint": endpoint.pk})) == (404, "not_found")
    evidence = {"endpoint": endpoint.pk, "body": "x", "computed": "ab"}
    assert refusal(api.post(EXPLAIN, evidence)) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "endpoint"),
        ({"url": "http://127.0.0.1:9/"}, "secret"),
        ({"secret": SECRET}, "url"),
        ({"endpoint": 1, "url": "http://127.0.0.1:9/"}, "endpoint"),
        ({"endpoint": 1, "verify_tls": False}, "verify_tls"),
        ({"url": "file:///etc/passwd", "secret": SECRET}, "url"),
        ({"url": "http://127.0.0.1:9/", "secret": "two\nlines"}, "secret"),
        ({"url": "http://127.0.0.1:9/", "secret": SECRET, "only": ["nonsense"]}, "only"),
        ({"url": "http://127.0.0.1:9/", "secret": SECRET, "timeout": 61}, "timeout"),
        ({"url": "http://127.0.0.1:9/", "secret": SECRET, "time_limit": 301}, "time_limit"),
    ],
)
def test_what_cannot_be_checked_is_refused_by_its_name(api: APIClient, body: dict[str, Any], field: str) -> None:
    answer = api.post(CHECKS, body)
    assert answer.status_code == 400
    assert field in error_of(answer)["fields"]
    assert not Check.objects.exists()


# Explanations


def test_a_rewritten_body_is_explained(api: APIClient) -> None:
    rewritten = json.dumps(json.loads(BODY), separators=(",", ":"))
    found = api.post(EXPLAIN, {"body": BODY, "secret": SECRET, "computed": digest(rewritten)}).json()
    assert (found["valid"], found["code"], found["expected"]) == (False, "reserialised_json", digest(BODY))
    (finding,) = found["findings"]
    assert finding["details"] == ["The spaces after commas and colons are gone."]
    assert finding["snippets"]["PHP"].startswith("$body")


def test_the_right_digest_is_valid_and_nonsense_is_unknown(api: APIClient) -> None:
    for computed, valid, code in ((digest(BODY), True, "valid"), ("ab" * 32, False, "unknown")):
        found = api.post(EXPLAIN, {"body": BODY, "secret": SECRET, "computed": computed}).json()
        assert (found["valid"], found["code"]) == (valid, code)


def test_the_headers_that_a_receiver_got_are_explained(api: APIClient) -> None:
    for headers, code in (
        ({"CrescLab-Signature": digest(BODY)}, "valid"),
        ({"X-CrescLab-Signature": digest(BODY)}, "wrong_header"),
        ({}, "missing_header"),
    ):
        assert api.post(EXPLAIN, {"body": BODY, "secret": SECRET, "headers": headers}).json()["code"] == code


def test_bytes_that_are_no_text_come_in_base64(api: APIClient) -> None:
    body = b"\xff\xfe\x00 no text"
    computed = hmac.new(SECRET.encode(), body + b"\n", hashlib.sha256).hexdigest()
    given = {"body_base64": base64.b64encode(body).decode(), "secret": SECRET, "computed": computed}
    assert api.post(EXPLAIN, given).json()["code"] == "line_end_added"


def test_an_endpoints_secret_and_its_previous_one_are_tried(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    Endpoint.objects.update(previous_secret="the one before")
    for secret, code in ((endpoint.share_secret, "valid"), ("the one before", "previous_secret")):
        given = {"body": BODY, "endpoint": endpoint.pk, "computed": digest(BODY, secret)}
        answer = api.post(EXPLAIN, given)
        assert answer.json()["code"] == code
        assert endpoint.share_secret not in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body": None}, "body"),
        ({"body": "x", "body_base64": "eA=="}, "body"),
        ({"body": None, "body_base64": "no base64!"}, "body_base64"),
        ({"body": "x" * (256 * 1024 + 1)}, "body"),
        ({"secret": None}, "secret"),
        ({"endpoint": 1}, "secret"),
        ({"secret": "x" * 1001}, "secret"),
        ({"other_secrets": ["x"] * 11}, "other_secrets"),
        ({"other_secrets": ["x" * 1001]}, "secret"),
        ({"computed": None}, "computed"),
        ({"headers": {}}, "computed"),
        ({"computed": "x" * 10_001}, "computed"),
    ],
)
def test_what_cannot_be_explained_is_refused_by_its_name(api: APIClient, changes: dict[str, Any], field: str) -> None:
    given = {"body": BODY, "secret": SECRET, "computed": "ab" * 32, **changes}
    answer = api.post(EXPLAIN, {name: value for name, value in given.items() if value is not None})
    assert answer.status_code == 400
    assert field in error_of(answer)["fields"]
