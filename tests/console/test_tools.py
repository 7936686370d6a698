"""Tools in the console: check a receiver, explain a signature."""

import hashlib
import hmac
import html
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account
from receiver_check.probes import PROBES
from receiver_check.run import Options
from tests.brands import NOW, browser
from tests.receiver import Receiver
from webhooks.models import Check, Endpoint
from webhooks.services.checks import run_waiting, start
from webhooks.services.publish import EventRequest, publish

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]
CHECKS, EXPLAIN = "/console/tools/check/", "/console/tools/explain/"
BY_SCRIPT = {"HX-Request": "true"}
SECRET = "a secret that is looked for"
BODY = '{"timestamp": "2026-03-04T18:22:09.004200+08:00", "topic": "prize.points_added", "data": {"n": 65.0}}'
FEW = ("reachable", "topic-*", "signature-missing")


def text_of(answer: Any) -> str:
    """The answer as somebody reads it: without tags, escapes and line breaks."""
    assert answer.status_code == 200, answer
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def form(**changes: Any) -> dict[str, Any]:
    """The form to check a receiver as a browser sends it where nobody changed its options."""
    return {
        "url": "http://127.0.0.1:9/", "secret": SECRET, "run": list(PROBES), "timeout": "10", "time_limit": "120",
        "verify_tls": "on", **changes,
    }  # fmt: skip


def begin(account: Account, url: str, **options: Any) -> Check:
    return start(account=account, url=url, secret=SECRET, options=Options(only=FEW, **options), now=NOW)


def digest(body: bytes | str, secret: str = SECRET) -> str:
    raw = body.encode() if isinstance(body, str) else body
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


# Checking a receiver


def test_a_check_is_started_watched_and_read(console: Client, receiver: Receiver) -> None:
    run = [name for name in PROBES if name.startswith("topic-") or name in FEW]
    answer = console.post(CHECKS, form(url=receiver.url("/hook"), run=run))
    check = Check.objects.get()
    assert answer.headers["Location"] == reverse("console:check", args=[check.pk])
    waiting = console.get(answer.headers["Location"])
    assert "Waiting for a worker" in text_of(waiting)
    live = reverse("console:check_live", args=[check.pk])
    assert f'hx-get="{live}" hx-trigger="every 1s"' in waiting.content.decode()
    run_waiting()
    part = console.get(live, headers=BY_SCRIPT)
    assert "hx-trigger" not in part.content.decode()
    said = text_of(part)
    assert "Something needs fixing" in said
    assert f"1 failed 7 passed {len(PROBES) - 8} not run" in said
    assert "A request without a signature is refused Accepted with 200, although it must be refused." in said
    assert "Anyone who knows the URL could make up events" in said
    assert "without the signature header → 200" in said
    assert said.endswith("The check is over: there are problems to fix.")
    assert text_of(console.get(CHECKS)).count(receiver.url("/hook")) == 1


def test_the_form_checks_an_endpoint_with_its_own_secret(
    console: Client, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    assert f'value="{endpoint.pk}" selected' in console.get(CHECKS, {"endpoint": endpoint.pk}).content.decode()
    console.post(CHECKS, form(endpoint=endpoint.pk, url="", secret="", run=["topic-prize.points_added"]))
    assert Check.objects.get().options["only"] == ["topic-prize.points_added"]
    run_waiting()
    (got,) = receiver.requests
    assert got.verifies(endpoint.share_secret)


def test_every_probe_is_run_where_nothing_was_chosen_and_some_may_fail(console: Client) -> None:
    console.post(CHECKS, form(allow=["signature-upper-case"], seed="spring", timeout="2.5"))
    options = Check.objects.get().options
    assert (options["only"], options["allow"]) == ([], ["signature-upper-case"])
    assert (options["seed"], options["timeout"], options["verify_tls"]) == ("spring", 2.5, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": ""}, "Fill this in, or choose an endpoint."),
        ({"secret": ""}, "Fill this in, or choose an endpoint."),
        ({"url": "ftp://127.0.0.1/"}, "The URL must begin with http:// or https://"),
        ({"secret": "two\nlines"}, "without a line break"),
        ({"run": []}, "Choose at least one probe."),
        ({"run": ["nonsense"]}, "nonsense is not one of the available choices"),
        ({"timeout": "0"}, "greater than or equal to 0.1"),
        ({"time_limit": "1e999"}, "Enter a number."),
        ({"endpoint": "77"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_checked_is_reported_beside_its_field(
    console: Client, changes: dict[str, Any], said: str
) -> None:
    answer = console.post(CHECKS, form(**changes))
    assert said in text_of(answer)
    assert SECRET not in answer.content.decode()
    assert not Check.objects.exists()


def test_a_private_address_is_refused_where_the_simulator_may_not_reach_it(console: Client, settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False
    assert "is not a public address" in text_of(console.post(CHECKS, form()))
    assert not Check.objects.exists()


def test_a_check_is_asked_for_again_as_it_was_but_for_the_secret(
    alice: Account, console: Client, receiver: Receiver
) -> None:
    check = begin(alice, receiver.url("/hook"), allow=("late",), seed="spring")
    page = console.get(CHECKS, {"again": check.pk}).content.decode()
    assert f'value="{receiver.url("/hook")}"' in page
    assert 'value="spring"' in page
    assert 'name="allow" value="late" checked' in page
    assert SECRET not in page


def test_the_report_is_taken_away_in_three_forms(alice: Account, console: Client, receiver: Receiver) -> None:
    check = begin(alice, receiver.url("/"))
    names = ("check_json", "check_junit", "check_html")
    assert {console.get(reverse(f"console:{name}", args=[check.pk])).status_code for name in names} == {404}
    run_waiting()
    as_json, as_junit, as_page = (console.get(reverse(f"console:{name}", args=[check.pk])) for name in names)
    assert json.loads(as_json.content)["passed"] is False
    assert ElementTree.fromstring(as_junit.content).attrib["failures"] == "1"
    assert as_page.content.startswith(b"<!doctype html>")
    assert as_page["Content-Disposition"] == f'attachment; filename="receiver-check-{check.pk}.html"'


def test_a_probe_has_a_page_with_its_requests_and_answers(alice: Account, console: Client, receiver: Receiver) -> None:
    check = begin(alice, receiver.url("/"))
    run_waiting()
    page = text_of(console.get(reverse("console:check_probe", args=[check.pk, "topic-prize.points_added"])))
    assert receiver.requests[4].body.decode() in page
    assert f"CrescLab-Signature: {receiver.requests[4].header('CrescLab-Signature')}" in page
    assert console.get(reverse("console:check_probe", args=[check.pk, "nonsense"])).status_code == 404


def test_a_check_without_a_worker_says_what_it_waits_for(alice: Account, console: Client) -> None:
    check = begin(alice, "http://127.0.0.1:9/")
    page = console.get(reverse("console:check", args=[check.pk]))
    assert "No worker is running at the moment." in text_of(page)
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page.content.decode()
    part = reverse("console:check_live", args=[check.pk])
    assert console.get(part).headers["Location"] == reverse("console:check", args=[check.pk])


def test_a_broken_check_says_why(alice: Account, console: Client, receiver: Receiver, settings: Settings) -> None:
    check = begin(alice, receiver.url("/"))
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False
    run_waiting()
    said = text_of(console.get(reverse("console:check", args=[check.pk])))
    assert "Broken off" in said
    assert "127.0.0.1 is not a public address" in said


def test_bobs_checks_and_endpoints_do_not_exist_for_alice(
    console: Client, bob: Account, make_endpoint: MakeEndpoint
) -> None:
    check = begin(bob, "http://127.0.0.1:9/")
    endpoint = make_endpoint(account=bob, event_types=["prize.points_added"], name="Bob's own")
    run_waiting()
    for name in ("check", "check_live", "check_json", "check_junit", "check_html"):
        assert console.get(reverse(f"console:{name}", args=[check.pk])).status_code == 404, name
    assert console.get(reverse("console:check_probe", args=[check.pk, "reachable"])).status_code == 404
    assert console.get(CHECKS, {"again": check.pk}).status_code == 404
    page = text_of(console.get(CHECKS))
    assert "Bob's own" not in page
    assert "No check yet." in page
    assert "not one of the available choices" in text_of(console.post(CHECKS, form(endpoint=endpoint.pk)))


def test_the_list_asks_the_database_a_few_times_however_long_it_is(
    alice: Account, console: Client, make_endpoint: MakeEndpoint, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    endpoint = make_endpoint()
    given = {"url": "http://127.0.0.1:9/", "options": {}, "total": 1, "status": "done", "finished_at": NOW}
    rows = [Check(account=alice, endpoint=endpoint, created_at=NOW, **given) for _ in range(45)]
    Check.objects.bulk_create(rows)
    with django_assert_max_num_queries(16):
        page = console.get(CHECKS)
    assert page.content.decode().count('class="count') == 0
    older = re.search(r'href="\?before=(\d+)"', page.content.decode())
    assert older
    assert text_of(console.get(CHECKS, {"before": older[1]})).count("CRM") == 20 + 1


# Explaining a signature


def explain(client: Client, **given: Any) -> str:
    return text_of(client.post(EXPLAIN, {"body": BODY, "secret": SECRET, **given}, headers=BY_SCRIPT))


def test_the_mistake_is_named_with_the_reason_and_the_way_to_mend_it(console: Client) -> None:
    rewritten = json.dumps(json.loads(BODY), separators=(",", ":"))
    said = explain(console, computed=digest(rewritten))
    assert "The body was parsed and written as JSON again." in said
    assert "The spaces after commas and colons are gone." in said
    assert "Python: json.dumps(value, separators=(',', ':'))" in said
    assert "Take the raw bytes of the request before anything parses or decodes them" in said
    assert "$body = file_get_contents('php://input');" in said
    assert digest(BODY) in said
    assert SECRET not in said


def test_mistakes_that_come_together_are_all_named(console: Client) -> None:
    said = explain(console, computed=digest(f"{BODY}\n").upper())
    assert "A line break or space was added to the end of the body." in said
    assert "The digest is written in upper case." in said


def test_the_right_signature_is_right_and_nonsense_is_unknown(console: Client) -> None:
    assert "The signature is right." in explain(console, computed=digest(BODY))
    assert "None of the known mistakes gives this digest." in explain(console, computed="ab" * 32)


def test_headers_are_read_from_lines(console: Client) -> None:
    lines = f"POST /webhook HTTP/1.1\r\nHost: crm.example.com\r\nCrescLab-Signature: {digest(BODY)}\r\n"
    assert "The signature is right." in explain(console, headers=lines)
    assert "has no signature header" in explain(console, headers="Host: crm.example.com")


def test_a_file_keeps_every_byte(console: Client) -> None:
    raw = b'{"a":\r\n "\xff\x00"}\r\n'
    file = SimpleUploadedFile("body.json", raw)
    assert "The signature is right." in explain(console, body="", body_file=file, computed=digest(raw))


def test_line_breaks_of_a_text_field_are_line_feeds_and_the_page_says_so(console: Client) -> None:
    said = explain(console, body='{\r\n  "a": 1\r\n}', computed=digest('{\n  "a": 1\n}'))
    assert "The signature is right." in said
    assert "A text field cannot keep them as they were" in said


def test_an_endpoints_previous_secret_is_tried(console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    Endpoint.objects.update(previous_secret="the one before")
    said = explain(console, endpoint=endpoint.pk, secret="", computed=digest(BODY, "the one before"))
    assert "The digest was made with another secret of this endpoint." in said
    assert endpoint.share_secret not in said


def test_without_a_script_the_page_shows_what_was_typed_but_the_secret(console: Client) -> None:
    page = console.post(EXPLAIN, {"body": BODY, "secret": SECRET, "computed": digest(BODY).upper()})
    assert "The digest is written in upper case." in text_of(page)
    assert html.escape(BODY) in page.content.decode()
    assert SECRET not in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"secret": ""}, "Share Secret: Fill this in, or choose an endpoint."),
        ({"secret": "x" * 1001}, "Share Secret: The secret must have 1 to 1000 characters."),
        ({"computed": ""}, "Give either the digest that the receiver computed or the headers that it got."),
        ({"headers": "A: b"}, "Give either the digest that the receiver computed or the headers that it got."),
        ({"body": "x" * (256 * 1024 + 1)}, "Body: The body is larger than 256 KiB."),
        ({"body_file": SimpleUploadedFile("b", b"x")}, "Give the body as text or as a file, not both."),
        ({"body": "", "body_file": SimpleUploadedFile("b", b"x" * (256 * 1024 + 1))}, "larger than 256 KiB"),
        ({"endpoint": "77"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_explained_is_reported(console: Client, changes: dict[str, Any], said: str) -> None:
    assert said in explain(console, **{"computed": "ab" * 32, **changes})


def test_a_delivery_fills_in_its_body_and_endpoint(
    alice: Account, bob: Account, console: Client, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    (published,) = publish(account=alice, event_requests=[EventRequest("prize.points_added")], now=NOW)
    there = {"delivery": published.deliveries[0].pk}
    page = console.get(EXPLAIN, there).content.decode()
    assert html.escape(published.event.body) in page
    assert f'value="{endpoint.pk}" selected' in page
    assert html.escape(published.event.body) not in browser("bob", bob).get(EXPLAIN, there).content.decode()


def test_nonsense_in_the_address_is_passed_over(console: Client) -> None:
    for nonsense in ("x", "-1", "9" * 30, "", "²"):
        for page, names in ((CHECKS, ("again", "endpoint", "before")), (EXPLAIN, ("delivery", "endpoint"))):
            for name in names:
                assert console.get(page, {name: nonsense}).status_code == 200


# In the viewer's language


def test_what_was_found_is_reported_in_the_language_of_the_page(
    alice: Account, console: Client, settings: Settings, tmp_path: Path
) -> None:
    words = {
        "No connection: %(answer)s.": "接続がありません: %(answer)s。",
        "the connection was refused": "接続が拒否されました",
        "The body was parsed and written as JSON again.": "ボディが書き直されました。",
        "What is in an event": "イベントの中身",
        "Sent": "送ったもの",
    }
    folder = tmp_path / "ja" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    entries = [
        f"msgid {json.dumps(source)}\nmsgstr {json.dumps(said, ensure_ascii=False)}\n" for source, said in words.items()
    ]
    (folder / "django.po").write_text("\n".join([head, *entries]))
    subprocess.run(["msgfmt", "-o", folder / "django.mo", folder / "django.po"], check=True, timeout=30)
    settings.LOCALE_PATHS = [tmp_path]
    console.cookies[settings.LANGUAGE_COOKIE_NAME] = "ja"
    check = begin(alice, "http://127.0.0.1:9/")
    run_waiting()
    seen = "接続がありません: 接続が拒否されました。"
    assert seen in text_of(console.get(reverse("console:check", args=[check.pk])))
    page = console.get(reverse("console:check_html", args=[check.pk])).content.decode()
    assert seen in page
    assert '<html lang="ja">' in page
    assert "<dt>送ったもの</dt>" in page
    assert seen not in console.get(reverse("console:check_json", args=[check.pk])).content.decode()
    assert "イベントの中身" in text_of(console.get(CHECKS))
    rewritten = json.dumps(json.loads(BODY), separators=(",", ":"))
    assert "ボディが書き直されました。" in explain(console, computed=digest(rewritten))
