"""Send test in the console: choosing, editing, checking what was typed, sending, and what is shown of the outcome."""

import html
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Account
from maac_contract import contract
from maac_contract.contract import TOPICS
from maac_contract.samples import sample
from tests.brands import NOW, browser
from tests.receiver import Answer, Receiver
from tests.webhooks.test_deliver import run_until_quiet
from webhooks.models import Delivery, Endpoint
from webhooks.services import endpoints

RECEIPT = "receipt.receipt_validated"
POINTS = "prize.points_added"
BY_SCRIPT = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]


@pytest.fixture
def endpoint(make_endpoint: MakeEndpoint, receiver: Receiver) -> Endpoint:
    return make_endpoint(url=receiver.url("/hook?shop=1"))


def address(endpoint: Endpoint) -> str:
    return reverse("console:webhook_test", args=[endpoint.pk])


def text_of(answer: Any) -> str:
    """The answer as somebody reads it: without tags, escapes and line breaks."""
    assert answer.status_code == 200, answer
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def editor_of(answer: Any) -> str:
    """What stands in the editor."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.content.decode(), re.DOTALL)
    assert found
    return html.unescape(found[1])


def send(client: Client, endpoint: Endpoint, **form: str) -> Any:
    return client.post(address(endpoint), {"event_type": POINTS, **form}, headers=BY_SCRIPT)


def check(client: Client, endpoint: Endpoint, text: str, event_type: str = POINTS) -> str:
    there = reverse("console:webhook_test_check", args=[endpoint.pk])
    return text_of(client.post(there, {"event_type": event_type, "data": text}))


# What the form begins with


@pytest.mark.parametrize("topic", TOPICS)
def test_the_sample_of_every_type_is_shown_and_goes_out_as_shown(
    console: Client, endpoint: Endpoint, receiver: Receiver, topic: str
) -> None:
    shown = editor_of(console.get(address(endpoint), {"event_type": topic, "seed": "42"}))
    assert json.loads(shown) == sample(topic, seed="42")
    send(console, endpoint, event_type=topic, data=shown)
    run_until_quiet()
    (got,) = receiver.requests
    assert got.verifies(endpoint.share_secret)
    assert json.dumps(got.json()["data"]) == json.dumps(sample(topic, seed="42"))


def test_the_same_seed_makes_the_same_sample_and_another_makes_another(console: Client, endpoint: Endpoint) -> None:
    def shown(seed: str) -> str:
        return editor_of(console.get(address(endpoint), {"event_type": RECEIPT, "seed": seed}))

    assert shown("spring") == shown("spring") != shown("autumn")


def test_without_a_wish_it_begins_with_a_type_that_the_endpoint_asks_for(
    console: Client, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint(event_types=[POINTS])
    for wish in ({}, {"event_type": "no.such"}):
        assert f'value="{POINTS}" checked' in console.get(address(endpoint), wish).content.decode()


def test_a_type_of_a_zone_without_a_licence_is_locked_and_says_whom_to_ask(
    bob: Account, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint(account=bob, event_types=[POINTS])
    client = browser("bob", bob)
    answer = client.get(address(endpoint), {"event_type": "message.first_open"})
    assert 'value="message.first_open" disabled' in answer.content.decode()
    assert f'value="{POINTS}" checked' in answer.content.decode()
    assert "Webhook zone 2 is not licensed. Ask customer support" in text_of(answer)
    assert "zone 2" in text_of(send(client, endpoint, event_type="message.first_open"))
    assert not Delivery.objects.exists()


def test_without_any_licence_the_page_says_that_no_test_can_be_sent(
    carol: Account, make_endpoint: MakeEndpoint
) -> None:
    endpoint = Endpoint.objects.create(account=carol, name="CRM", url="http://x/", created_at=NOW, updated_at=NOW)
    page = text_of(browser("carol", carol).get(address(endpoint)))
    assert "No event type is licensed at the moment" in page


# What was typed


def test_what_is_typed_is_checked_with_the_path_of_every_fault(console: Client, endpoint: Endpoint) -> None:
    data = {**sample(POINTS, seed=1), "points_count": "many", "pionts_memo": ""}
    said = check(console, endpoint, json.dumps(data))
    assert "2 things are not as MAAC sends them" in said
    assert 'data.points_count Expected a whole number, got the text "many".' in said
    assert 'data.pionts_memo Expected no such field; did you mean "points_memo"?' in said


def test_what_is_right_is_reported_with_the_size_of_the_body(
    console: Client, endpoint: Endpoint, receiver: Receiver
) -> None:
    text = json.dumps(sample(POINTS, seed=1))
    said = check(console, endpoint, text)
    send(console, endpoint, data=text)
    run_until_quiet()
    assert f"The whole body will be {len(receiver.requests[0].body)} bytes." in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1,\n "b" 2}', "line 2, column 6 A colon is missing after the key."),
        ('{"a": 1\n "b": 2}', "line 2, column 2 A comma or a closing bracket is missing."),
        ('{"a": 1,}', "column 9 A key in double quotes is missing"),
        ("{a: 1}", "column 2 A key in double quotes is missing"),
        ("", "line 1, column 1 A value is missing"),
        ("{} {}", "column 4 There is more text after the end of the JSON value."),
        ('{"a": "b', "column 7 The string that begins here is not closed."),
        ('{"a": "b\nc"}', "There is a line break or another control character in a text"),
        ('{"a": "\\x"}', "There is no such escape"),
        ("\ufeff{}", "This is not JSON."),
        ('{"a": NaN}', "NaN is no number in JSON."),
        ('{"a": -Infinity}', "-Infinity is no number in JSON."),
        ('{"a": 1, "a": 2}', 'The key "a" is there twice in one object.'),
        ("[" * 100_000, "It is nested too deeply."),
        (f'{{"a": {"9" * 5000}}}', "A number is too long."),
        ("[]", "data Expected an object, got a list of 0."),
        ('{"points_memo": "\\ud800"}', "text with a lone surrogate at position 0"),
    ],
)
def test_what_cannot_be_sent_is_reported_and_nothing_is_stored(
    console: Client, endpoint: Endpoint, text: str, said: str
) -> None:
    assert said in check(console, endpoint, text)
    answer = send(console, endpoint, data=text)
    assert "Nothing was sent." in text_of(answer)
    assert said in text_of(answer)
    assert not Delivery.objects.exists()


def test_edits_keep_their_exact_meaning(console: Client, endpoint: Endpoint, receiver: Receiver) -> None:
    data = sample(RECEIPT, seed=3)
    data["items"] = [{"description": '春 \\ " \u2028 😀', "unit_price": 65.10, "quantity": 1e-7, "amount": 12345678.9}]
    text = json.dumps(data, ensure_ascii=False, indent=7).replace("65.1", "65.10")
    send(console, endpoint, event_type=RECEIPT, data=text.replace("\n", "\r\n"))
    run_until_quiet()
    body = receiver.requests[0].body.decode()
    assert contract.serialise(timestamp=json.loads(body)["timestamp"], topic=RECEIPT, data=data) == body
    assert '"unit_price": 65.1, "quantity": 1e-07, "amount": 12345678.9}' in body


def test_an_event_type_that_does_not_exist_is_refused(console: Client, endpoint: Endpoint) -> None:
    there = reverse("console:webhook_test_check", args=[endpoint.pk])
    assert console.post(there, {"event_type": "no.such", "data": "{}"}).status_code == 404
    for event_type in ("", "no.such"):
        assert "is not an event type" in text_of(send(console, endpoint, event_type=event_type, data="{}"))
        page = console.post(address(endpoint), {"event_type": event_type})
        assert "is not an event type" in text_of(page)


@pytest.mark.parametrize("seed", ["x" * 5000, "\ud83d".encode("utf-16", "surrogatepass").decode("latin-1"), " "])
def test_a_seed_of_nonsense_makes_a_sample_all_the_same(console: Client, endpoint: Endpoint, seed: str) -> None:
    shown = editor_of(console.get(address(endpoint), {"event_type": POINTS, "seed": seed}))
    assert not contract.check(POINTS, json.loads(shown))[1]
    assert send(console, endpoint, seed=seed).status_code == 200
    assert Delivery.objects.count() == 1


# The outcome


def test_by_script_the_result_waits_and_then_shows_request_and_answer(
    console: Client, endpoint: Endpoint, receiver: Receiver
) -> None:
    receiver.always("/hook", Answer(200, b'{"took": "it"}', (("X-Shop", "tokyo"),)))
    waiting = send(console, endpoint).content.decode()
    delivery = Delivery.objects.get()
    there = reverse("console:webhook_test_result", args=[endpoint.pk, delivery.pk])
    assert f'hx-get="{there}" hx-trigger="every 300ms"' in waiting
    run_until_quiet()
    answer = console.get(there, headers=BY_SCRIPT)
    assert "hx-trigger" not in answer.content.decode()
    assert answer.headers["HX-Trigger"] == "test-ended", "the list of the last deliveries is fetched again"
    said = text_of(answer)
    (got,) = receiver.requests
    assert "200 OK in " in said
    assert "The receiver took the event." in said
    assert "POST /hook?shop=1 HTTP/1.1" in said
    for name, value in got.headers:
        assert f"{name}: {value}" in said
    assert got.body.decode() in said
    assert '200 OK X-Shop: tokyo Content-Length: 14 {"took": "it"}' in said
    assert re.search(r"First byte [0-9.]+ ms", said)
    assert f"Connected to 127.0.0.1:{receiver.port}" in said


def test_a_failure_explains_itself_and_says_what_to_try(console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(url="http://localhost:9/hook")
    send(console, endpoint)
    run_until_quiet()
    delivery = Delivery.objects.get()
    there = reverse("console:webhook_test_result", args=[endpoint.pk, delivery.pk])
    said = text_of(console.get(there, headers=BY_SCRIPT))
    assert "Connection refused localhost:9 refused the connection." in said
    assert "Is your receiver running there, on that port?" in said
    assert "host.docker.internal" in said
    assert "The request was prepared but not sent: there was no connection." in said
    assert delivery.attempt_count == 1


def test_without_a_script_sending_leads_to_a_page_with_the_result_and_what_was_typed(
    console: Client, endpoint: Endpoint
) -> None:
    data = {**sample(POINTS, seed=1), "points_memo": "春のポイント"}
    answer = console.post(address(endpoint), {"event_type": POINTS, "seed": "1", "data": json.dumps(data)})
    assert answer.status_code == 302
    waiting = console.get(answer.headers["Location"])
    assert '<noscript><meta http-equiv="refresh" content="1"></noscript>' in waiting.content.decode()
    run_until_quiet()
    page = console.get(answer.headers["Location"])
    assert 'http-equiv="refresh"' not in page.content.decode()
    assert "200 OK in" in text_of(page)
    assert json.loads(editor_of(page)) == data
    delivery = Delivery.objects.get()
    part = reverse("console:webhook_test_result", args=[endpoint.pk, delivery.pk])
    assert console.get(part).headers["Location"] == answer.headers["Location"]


def test_without_a_script_faults_are_shown_and_what_was_typed_is_still_there(
    console: Client, endpoint: Endpoint
) -> None:
    page = console.post(address(endpoint), {"event_type": POINTS, "seed": "1", "data": '{"a": <b>}'})
    assert "Nothing was sent." in text_of(page)
    assert editor_of(page) == '{"a": <b>}'
    assert not Delivery.objects.exists()


def test_faults_are_reported_in_the_language_of_the_page_down_to_their_parts(
    console: Client, endpoint: Endpoint, settings: Settings, tmp_path: Path
) -> None:
    words = {
        "Expected %(wanted)s, got %(got)s.": "【%(wanted)s】でなく【%(got)s】です。",
        "%(wanted)s or null": "%(wanted)sか null",
        "text": "テキスト",
        "a list of %(count)s": "%(count)s 個のリスト",
    }
    folder = tmp_path / "ja" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    entries = [
        f"msgid {json.dumps(source)}\nmsgstr {json.dumps(said, ensure_ascii=False)}\n" for source, said in words.items()
    ]
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    (folder / "django.po").write_text("\n".join([head, *entries]))
    subprocess.run(["msgfmt", "-o", folder / "django.mo", folder / "django.po"], check=True, timeout=30)
    settings.LOCALE_PATHS = [tmp_path]
    console.cookies[settings.LANGUAGE_COOKIE_NAME] = "ja"
    data = {**sample(POINTS, seed=1), "points_category": [1, 2]}
    assert "data.points_category 【テキストか null】でなく【2 個のリスト】です。" in check(
        console, endpoint, json.dumps(data)
    )


def test_a_test_goes_to_a_paused_endpoint_and_the_page_says_so(
    console: Client, endpoint: Endpoint, receiver: Receiver
) -> None:
    endpoints.pause(endpoint=endpoint, now=NOW)
    assert "A test is sent to it all the same" in text_of(console.get(address(endpoint)))
    send(console, endpoint)
    run_until_quiet()
    assert len(receiver.requests) == 1


def test_when_nobody_sends_it_the_missing_worker_is_reported(console: Client, endpoint: Endpoint) -> None:
    send(console, endpoint)
    delivery = Delivery.objects.get()
    there = reverse("console:webhook_test_result", args=[endpoint.pk, delivery.pk])
    assert "No worker is running" not in text_of(console.get(there, headers=BY_SCRIPT))
    Delivery.objects.update(created_at=NOW)
    assert "No worker is running at the moment." in text_of(console.get(there, headers=BY_SCRIPT))


def test_a_skipped_test_says_that_nothing_was_sent_and_why(console: Client, endpoint: Endpoint) -> None:
    send(console, endpoint)
    Delivery.objects.update(status="skipped", reason="zone_not_licensed", finished_at=NOW)
    there = reverse("console:webhook_test_result", args=[endpoint.pk, Delivery.objects.get().pk])
    said = text_of(console.get(there, headers=BY_SCRIPT))
    assert "Nothing was sent. The event's zone had no valid licence" in said


def test_the_card_of_the_details_sends_a_sample(console: Client, endpoint: Endpoint, receiver: Receiver) -> None:
    page = console.get(reverse("console:webhook", args=[endpoint.pk])).content.decode()
    assert f'hx-post="{address(endpoint)}" hx-target="#test-result"' in page
    send(console, endpoint, event_type=RECEIPT)
    run_until_quiet()
    assert receiver.requests[0].json()["topic"] == RECEIPT


# Who may


def test_bob_finds_neither_alices_endpoint_nor_her_tests(console: Client, endpoint: Endpoint, bob: Account) -> None:
    send(console, endpoint)
    delivery = Delivery.objects.get()
    client = browser("bob", bob)
    part = reverse("console:webhook_test_result", args=[endpoint.pk, delivery.pk])
    there = reverse("console:webhook_test_check", args=[endpoint.pk])
    assert client.get(address(endpoint)).status_code == 404
    assert client.get(part, headers=BY_SCRIPT).status_code == 404
    assert client.post(there, {"event_type": POINTS, "data": "{}"}).status_code == 404
    assert send(client, endpoint).status_code == 404
    assert Delivery.objects.count() == 1


def test_a_result_is_found_only_below_its_own_endpoint(
    console: Client, endpoint: Endpoint, make_endpoint: MakeEndpoint
) -> None:
    send(console, endpoint)
    delivery = Delivery.objects.get()
    other = make_endpoint(name="POS")
    part = reverse("console:webhook_test_result", args=[other.pk, delivery.pk])
    assert console.get(part, headers=BY_SCRIPT).status_code == 404
    assert console.get(address(other), {"delivery": delivery.pk}).status_code == 404
    for nonsense in ("x", "-1", "9" * 30, ""):
        assert console.get(address(endpoint), {"delivery": nonsense}).status_code == 200


def test_a_deleted_endpoint_gets_no_test(console: Client, endpoint: Endpoint) -> None:
    endpoints.delete(endpoint=endpoint, now=NOW)
    assert console.get(address(endpoint)).status_code == 404
    assert send(console, endpoint).status_code == 404
