"""A delivery's page in the console: attempts and what they mean, exact bytes, the curl command, and sending again."""

import html
import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Account, Licence
from console.deliveries.journey import journey
from console.deliveries.labels import explain_attempt, reason_sentence, status_word
from console.deliveries.time_split import time_split
from events.models import Event
from tests.brands import NOW, browser
from tests.conftest import ROOT
from tests.receiver import Action, Answer, Garbage, Hang, Receiver, Redirect, Reset
from tests.webhooks.test_deliver import now, run_until_quiet
from webhooks.engine.job import Reason
from webhooks.engine.lifecycle import SkipReason, Status
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services import endpoints
from webhooks.services.publish import EventRequest, new_delivery, publish
from webhooks.services.subscribers import NOT_SUBSCRIBED

TOPIC = "prize.points_added"

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]
Store = Callable[..., Delivery]


@pytest.fixture
def endpoint(make_endpoint: MakeEndpoint, receiver: Receiver) -> Endpoint:
    return make_endpoint(url=receiver.url("/hook"))


@pytest.fixture
def store(endpoint: Endpoint) -> Store:
    """Stores a delivery that ended, unless `changes` say otherwise."""

    def make(body: str = "{}", **changes: Any) -> Delivery:
        to = changes.pop("endpoint", endpoint)
        event = Event.objects.create(account=to.account, topic=TOPIC, occurred_at=NOW, created_at=NOW, body=body)
        delivery = new_delivery(event=event, endpoint_id=to.pk, now=NOW)
        for name, value in {"status": "delivered", "finished_at": NOW, **changes}.items():
            setattr(delivery, name, value)
        delivery.save()
        return delivery

    return make


def attempt_of(delivery: Delivery, number: int = 1, **changes: Any) -> Attempt:
    fields = {"reason": "OK", "status_code": 200, "duration_ms": 40.0, "request_headers": [["Host", "x"]], **changes}
    started_at = fields.pop("started_at", NOW + timedelta(seconds=number))
    return Attempt.objects.create(delivery=delivery, number=number, started_at=started_at, **fields)


def address(delivery: Delivery) -> str:
    return reverse("console:delivery", args=[delivery.pk])


def source(client: Client, delivery: Delivery) -> str:
    answer = client.get(address(delivery))
    assert answer.status_code == 200, answer
    return answer.content.decode()


def shown(client: Client, delivery: Delivery) -> str:
    """The page as somebody reads it: without tags, escapes and line breaks."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", source(client, delivery))).split())


def happen(account: Account) -> Delivery:
    published = publish(account=account, event_requests=[EventRequest(TOPIC, seed=1)], now=now())
    return published[0].deliveries[0]


# Words


def test_every_state_and_every_reason_has_words() -> None:
    assert [status_word(status) for status in Status] == ["Pending", "Delivered", "Failed", "Skipped"]
    for reason in (*Reason, *SkipReason, NOT_SUBSCRIBED):
        assert reason_sentence(reason) != reason
    assert reason_sentence("") == ""


def test_every_reason_and_every_status_is_explained(store: Store) -> None:
    delivery = store()
    cases: list[tuple[Reason, int | None]] = [(reason, None) for reason in Reason]
    cases += [(Reason.ERROR_STATUS_CODE, status) for status in range(100, 600)]
    for number, (reason, status) in enumerate(cases):
        attempt = Attempt(
            delivery=delivery, number=number, reason=reason, status_code=status, duration_ms=1.0, detail="as it was"
        )
        output = explain_attempt(attempt, delivery.endpoint)
        assert output.headline
        assert output.why
        assert output.detail == "as it was"
        assert (output.tone == "bad") is (reason is not Reason.OK)
        assert "%(" not in " ".join((output.headline, output.why, *output.advice))


@pytest.mark.parametrize(
    ("action", "headline", "advice"),
    [
        (404, "404 Not Found in ", "no route for the path, here /hook."),
        (405, "405 Method Not Allowed in ", "MAAC sends POST: let the route accept it."),
        (403, "403 Forbidden in ", "Compare the signature over the raw bytes of the body"),
        (401, "401 Unauthorized in ", "after a change the old one is not used any more."),
        (500, "500 Internal Server Error in ", "Look into the receiver's log at this moment for an error."),
        (503, "503 Service Unavailable in ", "does not show whether the receiver or a proxy in front of it answered."),
        (Answer(503, b"database is down"), "503 Service Unavailable in ", "The receiver's answer: database is down"),
        (
            Answer(503, b"<html><hr>nginx/1.22.1</html>"),
            "503 Service Unavailable in ",
            "Perhaps a proxy or tunnel answered because it could not reach the receiver: the answer names nginx.",
        ),
        (429, "429 Too Many Requests in ", "Answer with 200 first and do the work afterwards, from a queue."),
        (202, "202 Accepted in ", "The receiver took the event, but MAAC asks for 200."),
        (Redirect("/final/"), "302 Found in ", "Set the endpoint's URL to the final address: {base}/final/"),
        (Reset(), "Connection lost", "Did the receiver crash or restart while it handled the event?"),
        (Garbage(), "Not an HTTP answer", "Check the port: another program may listen there."),
        (Hang(), "Timed out", "no answer came within 300 ms."),
    ],
)
def test_what_went_wrong_is_explained_with_what_to_try(
    console: Client,
    alice: Account,
    endpoint: Endpoint,
    receiver: Receiver,
    settings: Settings,
    action: int | Action,
    headline: str,
    advice: str,
) -> None:
    settings.WEBHOOK_RETRY_WAITS = ()
    settings.WEBHOOK_ATTEMPT_TIMEOUT = 0.3
    receiver.always("/hook", action)
    delivery = happen(alice)
    run_until_quiet()
    page = shown(console, delivery)
    assert headline in page
    assert advice.format(base=receiver.url("")) in page


@pytest.mark.parametrize(
    ("url", "headline", "why", "advice"),
    [
        (
            "http://127.0.0.1:9/",
            "Connection refused",
            "127.0.0.1:9 refused the connection.",
            "host.docker.internal instead",
        ),
        (
            "http://no-such-host.invalid/",
            "Name not found",
            "No address was found for the name no-such-host.invalid.",
            "",
        ),
        ("http://host.docker.internal/", "Name not found", "", "--add-host=host.docker.internal:host-gateway"),
        ("{tls}", "No secure connection", "certificate is self-signed", "switch off the check of its certificate"),
        ("{not_tls}", "No secure connection", "does not use TLS.", "begin the URL with http://"),
    ],
)
def test_what_kept_a_connection_from_coming_about_is_explained(
    console: Client,
    alice: Account,
    make_endpoint: MakeEndpoint,
    receiver: Receiver,
    settings: Settings,
    url: str,
    headline: str,
    why: str,
    advice: str,
) -> None:
    settings.WEBHOOK_RETRY_WAITS = ()
    with Receiver(tls=True) as over_tls:
        not_tls = receiver.url().replace("http:", "https:")
        make_endpoint(url=url.format(tls=over_tls.url(), not_tls=not_tls))
        delivery = happen(alice)
        run_until_quiet()
    page = shown(console, delivery)
    assert headline in page
    assert why in page
    assert advice in page
    assert "The request was prepared but not sent" in page


def test_a_private_network_that_is_not_allowed_is_explained(
    console: Client, alice: Account, endpoint: Endpoint, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False
    delivery = happen(alice)
    run_until_quiet()
    page = shown(console, delivery)
    assert "Address not allowed" in page
    assert "WEBHOOK_ALLOW_PRIVATE_NETWORKS=true" in page
    assert "Trying again would not help" in page


# The attempts


def test_the_timeline_shows_every_attempt_and_the_waits_between_them(
    console: Client, alice: Account, endpoint: Endpoint, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_RETRY_WAITS = (0.05, 0.1)
    receiver.script("/hook", Answer(500, b"db is locked"), Reset(), 200)
    delivery = happen(alice)
    run_until_quiet()
    page = shown(console, delivery)
    for number, words in enumerate(("500 Internal Server Error in", "Connection lost", "200 OK in"), start=1):
        assert f"Attempt {number} {words}" in page
    assert "500 Internal Server Error Content-Length: 12 db is locked" in page
    assert [int(number) for number in re.findall(r"Attempt ([0-9]+) ", page)] == [3, 2, 1]
    second, first = (int(wait) for wait in re.findall(r"waited ([0-9]+) ms \d\d:", page))
    assert first >= 50
    assert second >= 100
    assert "No answer came." in page


def test_only_the_newest_attempt_of_a_failed_delivery_is_open_and_begins_with_the_answer(
    console: Client, store: Store
) -> None:
    delivery = store(status="failed", attempt_count=2)
    for number in (1, 2):
        attempt_of(delivery, number, reason="ERROR_STATUS_CODE", status_code=500, response_body=b"no %d" % number)
    attempts = source(console, delivery).split('<details class="more"')[1:]
    assert [each.startswith(" open>") for each in attempts] == [True, False]
    assert attempts[0].index("no 2") < attempts[0].index("<h3>Request</h3>")


def test_a_gateway_status_with_a_text_of_the_receiver_is_not_blamed_on_a_proxy(console: Client, store: Store) -> None:
    delivery = store(status="failed", attempt_count=1)
    attempt_of(
        delivery,
        reason="ERROR_STATUS_CODE",
        status_code=502,
        response_headers=[["Server", "nginx"]],
        response_body=b'{"error": "database is down"}',
    )
    assert "proxy" not in shown(console, delivery)


def test_the_journey_is_one_bar_of_queue_attempts_and_waits(store: Store) -> None:
    delivery = store(finished_at=NOW + timedelta(hours=2))
    attempts = [
        attempt_of(delivery, 1, started_at=NOW + timedelta(seconds=1), reason="REQUEST_TIMEOUT", duration_ms=300.0),
        attempt_of(delivery, 2, started_at=NOW + timedelta(hours=1), duration_ms=2.0),
    ]
    shown = journey(delivery, attempts, now=NOW)
    assert [leg.css for leg in shown.legs] == ["wait", "bad", "wait", "good"]
    assert [leg.title for leg in shown.legs][:2] == ["in the queue: 1 s", "attempt 1: 300 ms"]
    assert all(leg.width > 50 for leg in shown.legs)
    assert sum(leg.width for leg in shown.legs) < 1000
    assert shown.total == 2 * 60 * 60 * 1000


def test_the_journey_of_a_pending_delivery_ends_with_a_wait_until_now(store: Store) -> None:
    delivery = store(status="pending", finished_at=None)
    shown = journey(delivery, [], now=NOW + timedelta(seconds=5))
    assert [leg.title for leg in shown.legs] == ["waiting for 5 s"]
    assert shown.total == 5000


@pytest.mark.parametrize(
    ("spent", "names"),
    [
        (
            {"dns_ms": 0.2, "connect_ms": 9000.0, "tls_ms": 0.3, "first_byte_ms": 0.1},
            ["DNS", "Connect", "TLS", "First byte", "Rest of the answer"],
        ),
        ({"connect_ms": 0.5}, ["Connect", "Waiting"]),
        ({}, ["Waiting"]),
        ({"connect_ms": 10_000.0}, ["Connect"]),
    ],
)
def test_the_bar_of_the_time_has_room_for_every_stage_that_took_some(spent: dict[str, float], names: list[str]) -> None:
    parts = time_split(Attempt(duration_ms=10_000.0, **spent))
    assert [part.name for part in parts] == names
    assert all(part.width >= 8 for part in parts)
    assert [part.x for part in parts] == [sum(part.width for part in parts[:place]) for place in range(len(parts))]
    assert 990 < sum(part.width for part in parts) <= 1000


def test_an_attempt_that_took_no_time_has_an_empty_bar() -> None:
    assert time_split(Attempt(duration_ms=0.0)) == []


def test_the_page_holds_no_inline_style_or_script(console: Client, store: Store) -> None:
    delivery = store()
    attempt_of(delivery)
    for page in (source(console, delivery), console.get(reverse("console:webhook_test", args=[delivery.endpoint_id]))):
        text = page if isinstance(page, str) else page.content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_the_end_of_a_failed_delivery_says_why_nothing_follows(console: Client, store: Store) -> None:
    def page(**attempt: Any) -> str:
        delivery = store(status="failed", attempt_count=4)
        attempt_of(delivery, 4, **attempt)
        return shown(console, delivery)

    assert "MAAC does not try again after status 404." in page(reason="ERROR_STATUS_CODE", status_code=404)
    assert "All 4 attempts are used." in page(reason="ERROR_STATUS_CODE", status_code=503)
    assert "All 4 attempts are used." in page(reason="REQUEST_TIMEOUT", status_code=None)


def test_a_pending_delivery_refreshes_itself_and_says_when_it_goes_on(
    console: Client, alice: Account, endpoint: Endpoint, receiver: Receiver, settings: Settings
) -> None:
    delivery = happen(alice)
    page = source(console, delivery)
    assert f'hx-get="{address(delivery)}" hx-trigger="every 1s"' in page
    assert "Attempt 1 of 4 is due and waits for a worker." in shown(console, delivery)
    run_until_quiet()
    assert 'hx-trigger="every 1s"' not in source(console, delivery)


def test_a_skipped_delivery_says_why(console: Client, store: Store) -> None:
    page = shown(console, store(status="skipped", reason=SkipReason.ENDPOINT_PAUSED))
    assert "Skipped: nothing was sent The endpoint was paused" in page


def test_what_a_receiver_answers_cannot_become_part_of_the_page(console: Client, store: Store) -> None:
    delivery = store(body='{"a": "</pre><script>alert(1)</script>"}')
    evil = "</pre><script>alert(2)</script>"
    attempt_of(delivery, response_headers=[["X-Evil", evil]], response_body=evil.encode() + b"\0\xff", detail=evil)
    page = source(console, delivery)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(2)") == 2


def test_a_long_answer_says_that_it_was_cut(console: Client, store: Store) -> None:
    delivery = store()
    attempt_of(delivery, response_body=b"x" * 100, response_truncated=True, response_headers=[["Retry-After", "120"]])
    page = shown(console, delivery)
    assert "The answer was longer; its first 16 KiB are kept." in page
    assert "(Retry-After: 120). MAAC's retry waits do not change." in page


def test_many_attempts_and_many_relatives_cost_few_queries(
    console: Client, store: Store, django_assert_max_num_queries: Any
) -> None:
    delivery = store(attempt_count=60)
    for number in range(1, 61):
        attempt_of(delivery, number)
    for _ in range(30):
        copy = new_delivery(event=delivery.event, endpoint_id=delivery.endpoint_id, now=NOW)
        copy.redelivery_of = delivery
        copy.save()
    with django_assert_max_num_queries(12):
        page = shown(console, delivery)
    assert "20 earlier attempts are not shown." in page
    assert "Attempt 60" in page


# The bytes


def test_the_exact_bytes_are_shown_as_they_were_sent_and_a_readable_view_beside_them(
    console: Client, alice: Account, endpoint: Endpoint, receiver: Receiver
) -> None:
    delivery = happen(alice)
    run_until_quiet()
    found = re.search(r'<pre id="exact-body"[^>]*>(.*?)</pre>', source(console, delivery), re.DOTALL)
    assert found
    assert html.unescape(found[1]).encode() == receiver.requests[0].body
    assert f'"prize_name": "{receiver.requests[0].json()["data"]["prize_name"]}",' in shown(console, delivery)


def curl_of(client: Client, delivery: Delivery) -> str:
    found = re.search(r'<pre id="curl"[^>]*>(.*?)</pre>', source(client, delivery), re.DOTALL)
    assert found
    return html.unescape(found[1])


BODIES = [
    '{"timestamp": "x", "data": {"a": "it\'s 5 o\'clock $(date) `date` $HOME \\" \\\\ !! %s %d"}}',
    '{"a": "春の\\u6625 😀"}\r\n',
    '@/etc/hostname and a line\nbreak "',
    "-d x",
    '{"a": "' + "'é" * 200_000 + '"}',
]


@pytest.mark.parametrize("body", BODIES, ids=["shell", "unicode", "file", "option", "long"])
def test_the_curl_command_sends_the_exact_bytes_with_a_signature_that_verifies(
    console: Client, store: Store, endpoint: Endpoint, receiver: Receiver, body: str
) -> None:
    delivery = store(body=body)
    command = curl_of(console, delivery)
    assert endpoint.share_secret not in source(console, delivery)
    answer = subprocess.run(["sh"], input=command.encode(), capture_output=True, timeout=30, check=True, cwd=ROOT)
    assert answer.stdout.startswith(b"HTTP/1.1 200 OK")
    (got,) = receiver.requests
    assert got.body == body.encode()
    assert got.verifies(endpoint.share_secret)
    assert got.key == delivery.idempotency_key


def test_the_curl_command_sends_the_same_headers_as_the_simulator(
    console: Client, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    with Receiver(tls=True) as receiver:
        make_endpoint(
            url=receiver.url("/a/[1]{2}?q='1'&r=春"),
            verify_tls=False,
            host_override="shop.example:8443",
            extra_headers={"X-Quote": 'it\'s "here" $HOME', "Accept": "text/plain"},
        )
        delivery = happen(alice)
        run_until_quiet()
        subprocess.run(["sh", "-c", curl_of(console, delivery)], capture_output=True, timeout=30, check=True)
        by_simulator, by_curl = receiver.requests
    assert by_curl.path == by_simulator.path
    assert by_curl.body == by_simulator.body
    assert sorted(by_curl.headers) == sorted(by_simulator.headers)


def test_the_curl_command_is_signed_with_the_secret_of_now(
    console: Client, store: Store, endpoint: Endpoint, receiver: Receiver
) -> None:
    old = endpoint.share_secret
    delivery = store()
    new = endpoints.rotate_secret(endpoint=endpoint, now=NOW).share_secret
    subprocess.run(["sh", "-c", curl_of(console, delivery)], capture_output=True, timeout=30, check=True)
    assert receiver.requests[0].verifies(new)
    assert not receiver.requests[0].verifies(old)


def test_a_secret_that_cannot_be_read_leaves_the_page_without_a_command(
    console: Client, store: Store, settings: Settings
) -> None:
    delivery = store()
    settings.ENCRYPTION_KEYS = ["another key than the one it was stored with"]
    page = shown(console, delivery)
    assert "share secret cannot be decrypted, so there is no curl command" in page


# Sending again


def again(client: Client, delivery: Delivery, **form: str) -> str:
    """The page that sending it again leads to."""
    answer = client.post(reverse("console:delivery_redeliver", args=[delivery.pk]), form, follow=True)
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def test_redelivering_sends_the_same_bytes_under_the_same_key_in_a_new_series(
    console: Client, alice: Account, endpoint: Endpoint, receiver: Receiver
) -> None:
    receiver.script("/hook", 404)
    delivery = happen(alice)
    run_until_quiet()
    assert "It is being sent once more: the same bytes under the same key." in again(console, delivery)
    run_until_quiet()
    first, second = receiver.requests
    assert (first.body, first.key) == (second.body, second.key)
    page = shown(console, delivery)
    assert "sent again by hand after" in page
    assert "Attempt 2 200 OK in" in page


def test_redelivering_with_a_new_key_makes_a_delivery_that_knows_its_original(
    console: Client, alice: Account, endpoint: Endpoint, receiver: Receiver
) -> None:
    delivery = happen(alice)
    run_until_quiet()
    page = again(console, delivery, new_key="1")
    run_until_quiet()
    first, second = receiver.requests
    assert first.body == second.body
    assert first.key != second.key
    copy = Delivery.objects.latest("id")
    assert "This is the new delivery: the same bytes under a new key." in page
    assert f"Redelivery of Delivery {delivery.pk}" in page
    assert f"{copy.pk} redelivery of {delivery.pk}" in shown(console, delivery)


def test_a_pending_delivery_cannot_be_redelivered_under_its_key(
    console: Client, alice: Account, endpoint: Endpoint
) -> None:
    delivery = happen(alice)
    page = source(console, delivery)
    assert page.count("disabled") == 1
    assert "It is still being sent; wait until it is done." in page
    assert "The delivery is still being sent. Wait until it is done" in again(console, delivery)
    assert Delivery.objects.count() == 1


def test_redelivering_to_a_paused_or_deleted_endpoint_or_without_a_licence_is_refused_with_the_reason(
    console: Client, store: Store, endpoint: Endpoint
) -> None:
    delivery = store()

    def refused(reason: str) -> None:
        assert source(console, delivery).count(" disabled>") == 2
        assert reason in shown(console, delivery)
        for form in ({}, {"new_key": "1"}):
            assert reason in again(console, delivery, **form)
        assert Delivery.objects.count() == 1

    endpoints.pause(endpoint=endpoint, now=NOW)
    refused("The endpoint CRM is paused. Resume it first.")
    endpoints.resume(endpoint=endpoint, now=NOW)
    licences = list(Licence.objects.all())
    Licence.objects.all().delete()
    refused("zone 1")
    Licence.objects.bulk_create(licences)
    endpoints.delete(endpoint=endpoint, now=NOW)
    refused("The endpoint CRM is deleted; nothing can be sent to it any more.")


def test_a_change_by_get_is_refused(console: Client, store: Store) -> None:
    assert console.get(reverse("console:delivery_redeliver", args=[store().pk])).status_code == 405


# Around it


def test_the_events_other_deliveries_and_the_endpoints_it_missed_are_listed(
    console: Client, alice: Account, endpoint: Endpoint, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint(name="POS")
    make_endpoint(name="Deaf", event_types=["message.first_open"])
    first, second = publish(account=alice, event_requests=[EventRequest(TOPIC, seed=1)], now=now())[0].deliveries
    page = source(console, first)
    assert f'href="{address(second)}"' in page
    assert "Deaf No delivery The endpoint was not subscribed to this event type" in shown(console, first)


def test_bob_does_not_find_alices_delivery(store: Store, bob: Account) -> None:
    delivery = store()
    client = browser("bob", bob)
    assert client.get(address(delivery)).status_code == 404
    assert client.post(reverse("console:delivery_redeliver", args=[delivery.pk])).status_code == 404
    assert client.get(reverse("console:delivery", args=[10**25])).status_code == 404


def test_customer_support_sees_it_while_working_in_that_account(store: Store, operator: Client, bob: Account) -> None:
    delivery = store()
    assert operator.get(address(delivery)).status_code == 200
    operator.post(reverse("console:account_switch"), {"account": str(bob.pk)})
    assert operator.get(address(delivery)).status_code == 404
