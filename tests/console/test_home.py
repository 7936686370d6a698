"""Home: how it goes right now, and the first steps, derived from what is stored."""

import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Licence
from console.first_steps import SHOWN_FOR
from tests.brands import browser, client_of
from tests.many import fill
from tests.receiver import Receiver
from tests.webhooks.test_deliver import happen, run_until_quiet
from webhooks.models import DURATION_BOUNDS_MS, Check, Delivery, DeliveryStats, Endpoint, Notice, QueueEntry, Worker
from webhooks.services.send_test import send_test

HOME = "/console/"
LIVE = "/console/live/"
TOPIC = "prize.points_added"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]


def now() -> datetime:
    return datetime.now(UTC)


def shown(client: Client, path: str = HOME) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return unescape(answer.content.decode())


def pulse(page: str) -> tuple[str, str]:
    """The tone and the sentence of the state."""
    (found,) = re.findall(r'<p class="pulse banner (\w+)"><span>(.*?)</span>', page)
    tone, sentence = found
    return tone, sentence


def tiles(page: str) -> dict[str, str]:
    """The figures by their labels."""
    pattern = r'<li class="tile [^>]*>\s*<span[^>]*>(.*?)</span>.*?<b>(.*?)</b>'
    return dict(re.findall(pattern, page, re.DOTALL))


def steps(page: str) -> list[str]:
    """The state of each step."""
    return [" ".join(each.split()) for each in re.findall(r'<li class="step ?(?:wide)?([^"]*)"', page)]


@pytest.fixture
def worker(db: None) -> Worker:
    return Worker.objects.create(name="worker@here", started_at=now(), seen_at=now())


def stats_row(endpoint: Endpoint, ago: timedelta, *durations: int, **counts: Any) -> None:
    minute = (now() - ago).replace(second=0, microsecond=0)
    classes = [*durations, *[0] * (len(DURATION_BOUNDS_MS) + 1 - len(durations))]
    fields = {"topic": TOPIC, "is_test": False, "account_id": endpoint.account_id, **counts}
    DeliveryStats.objects.create(endpoint=endpoint, minute=minute, duration_counts=classes, **fields)


def test_an_empty_account_is_led_through_four_steps_and_shown_no_zeros(console: Client) -> None:
    page = shown(console)
    assert steps(page) == ["next", "", "", ""]
    assert "0 of 4 done" in page
    assert 'href="/console/webhooks/new/"' in page
    assert tiles(page) == {}
    assert "Recent failures" not in page


def test_the_steps_turn_green_as_they_are_done(
    console: Client, alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    page = shown(console)
    assert steps(page) == ["done", "next", "", ""]
    assert f'href="/console/webhooks/{endpoint.pk}/test/"' in page
    send_test(endpoint=endpoint, event_type=TOPIC, now=now())
    run_until_quiet()
    assert steps(shown(console)) == ["done", "done", "next", ""]
    happen(alice)
    run_until_quiet()
    page = shown(console)
    assert steps(page) == ["done", "done", "done", "next"]
    assert "All set" not in page, "a receiver that answers 200 need not verify anything"
    assert f'href="/console/tools/check/?endpoint={endpoint.pk}"' in page
    assert tiles(page)["Delivered"] == "2"
    Check.objects.create(
        account=alice,
        url=endpoint.url,
        options={},
        status="done",
        passed=True,
        total=1,
        created_at=now(),
        started_at=now(),
        finished_at=now(),
    )
    page = shown(console)
    assert steps(page) == ["done"] * 4
    assert "All set" in page


def test_the_steps_leave_once_real_events_have_been_arriving_for_a_while(
    console: Client, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    stats_row(endpoint, SHOWN_FOR - 2 * MINUTE, delivered=1)
    assert steps(shown(console)) == ["done", "done", "done", "next"]
    stats_row(endpoint, SHOWN_FOR + 2 * MINUTE, delivered=1)
    assert steps(shown(console)) == []


def test_a_failed_test_says_why_and_leads_to_what_to_try(
    console: Client, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    receiver.always("/hook", 404)
    endpoint = make_endpoint(url=receiver.url("/hook"))
    send_test(endpoint=endpoint, event_type=TOPIC, now=now())
    run_until_quiet()
    page = shown(console)
    delivery = Delivery.objects.get()
    assert steps(page) == ["done", "next", "", ""]
    assert "The last test failed: The receiver answered with another status than 200." in page
    assert f'href="/console/deliveries/{delivery.pk}/"' in page


def test_the_command_of_the_third_step_makes_an_event(
    console: Client, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint(event_types=[TOPIC])
    (command,) = re.findall(r'<pre id="start-curl"[^>]*>(.*?)</pre>', shown(console), re.DOTALL)
    program, url, *options = shlex.split(command.replace("\\\n", " "))
    assert (program, url) == ("curl", "http://testserver/api/v1/events/")
    body = options[options.index("-d") + 1]
    answer = client_of(alice).generic("POST", "/api/v1/events/", body, content_type="application/json")
    assert answer.status_code == 201
    assert Delivery.objects.get().topic == TOPIC


def test_the_tiles_count_the_last_day(console: Client, worker: Worker, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    stats_row(endpoint, 30 * MINUTE, 0, 0, 0, 10, delivered=1_190, retried=4)
    stats_row(endpoint, 5 * HOUR, delivered=8, failed=2, skipped=7)
    stats_row(endpoint, 25 * HOUR, delivered=1000, failed=1000)
    page = shown(console)
    assert tiles(page) == {
        "Delivered": "1,198",
        "Failed": "2",
        "Skipped": "7",
        "Success rate": "99.8%",
        "Waiting now": "0",
        "95 in 100 answers within": "48.5 ms",
    }
    assert "of 1,200 that were sent" in page
    assert "4 retries" in page


def test_what_waits_is_counted_and_told_when_it_is_late(
    console: Client, alice: Account, worker: Worker, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    happen(alice, count=3)
    page = shown(console)
    assert tiles(page)["Waiting now"] == "3"
    QueueEntry.objects.update(due_at=now() - MINUTE)
    assert pulse(shown(console)) == ("warn", "3 deliveries are late.")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], ("idle", "Nothing was sent in the last 24 hours.")),
        ([(5 * HOUR, {"delivered": 1})], ("idle", "Nothing was sent in the last hour.")),
        (
            [(MINUTE, {"delivered": 1}), (5 * HOUR, {"failed": 9})],
            ("good", "Everything that was sent in the last hour arrived."),
        ),
        ([(MINUTE, {"delivered": 9, "failed": 1})], ("bad", "1 delivery failed in the last hour.")),
        ([(MINUTE, {"failed": 2})], ("bad", "2 deliveries failed in the last hour.")),
    ],
)
def test_the_state_is_reported_in_a_sentence(
    console: Client, worker: Worker, make_endpoint: MakeEndpoint, rows: Any, expected: tuple[str, str]
) -> None:
    endpoint = make_endpoint()
    stats_row(endpoint, 26 * HOUR, delivered=1)
    for ago, counts in rows:
        stats_row(endpoint, ago, **counts)
    page = shown(console)
    assert pulse(page) == expected
    assert f'data-spoken="{expected[1]}"' in page


def test_a_missing_worker_comes_before_everything_else(
    console: Client, worker: Worker, make_endpoint: MakeEndpoint
) -> None:
    stats_row(make_endpoint(), MINUTE, failed=1)
    Worker.objects.update(seen_at=now() - HOUR)
    page = shown(console)
    assert pulse(page)[0] == "bad"
    assert "No worker is running" in pulse(page)[1]
    assert "Missing" in page
    Worker.objects.all().delete()
    assert "never seen" in shown(console)


def test_an_empty_account_hears_of_a_missing_worker_too(console: Client) -> None:
    assert "No worker is running" in pulse(shown(console))[1]
    Worker.objects.create(name="worker@here", started_at=now(), seen_at=now())
    assert 'class="pulse' not in shown(console)


def test_recent_failures_tell_their_reasons(
    console: Client, alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    receiver.always("/hook", 404)
    make_endpoint(url=receiver.url("/hook"), name="Refuser")
    happen(alice, count=7)
    run_until_quiet()
    page = shown(console)
    found = re.findall(r'id="failure-(\d+)" href="/console/deliveries/(\d+)/">(.*?)</a>', page)
    newest = list(Delivery.objects.order_by("-id").values_list("pk", flat=True)[:5])
    assert [int(pk) for pk, *_ in found] == [int(pk) for _, pk, _ in found] == newest
    assert {reason for *_, reason in found} == {"The receiver answered with another status than 200"}
    assert page.count("HTTP 404") == 5
    assert "Refuser" in page


def test_failures_that_were_sent_again_are_not_shown(console: Client, make_endpoint: MakeEndpoint) -> None:
    stats_row(make_endpoint(), HOUR, failed=1)
    assert "What failed has been sent again since." in shown(console)


def test_without_failures_it_says_so(console: Client, make_endpoint: MakeEndpoint) -> None:
    stats_row(make_endpoint(), HOUR, delivered=1)
    assert "No delivery failed in the last 24 hours." in shown(console)


@pytest.mark.parametrize(
    ("query", "current", "stretches"),
    [
        ("", "1h", 61),
        ("?range=6h", "6h", 37),
        ("?range=24h", "24h", 49),
        ("?range=7d", "7d", 57),
        ("?range=x%22", "1h", 61),
    ],
)
def test_the_range_of_the_chart_is_chosen_by_links(
    console: Client, make_endpoint: MakeEndpoint, query: str, current: str, stretches: int
) -> None:
    stats_row(make_endpoint(), MINUTE, delivered=1)
    page = shown(console, HOME + query)
    assert re.findall(r'id="range-(\w+)" href="\?range=\w+" aria-current', page) == [current]
    assert f'hx-get="{LIVE}?range={current}"' in page
    assert page.count('<rect class="slot"') in (stretches, stretches - 1)


def test_the_live_part_comes_alone_and_with_the_same_figures(console: Client, make_endpoint: MakeEndpoint) -> None:
    stats_row(make_endpoint(), MINUTE, delivered=5)
    part = shown(console, f"{LIVE}?range=6h")
    assert part.strip().startswith('<div class="live" id="live"')
    assert "<html" not in part
    assert tiles(part) == tiles(shown(console))
    assert f'hx-get="{LIVE}?range=6h"' in part


def test_licences_and_running_endpoints_stand_beside(
    console: Client, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    Licence.objects.filter(account=alice, zone=1).update(valid_until=now() + timedelta(days=3))
    Licence.objects.filter(account=alice, zone=2).delete()
    page = shown(console)
    assert "1 of 3" in page
    assert "3 days left" in page
    assert 'class="pill warn">ends' in page
    assert "Not licensed" in page


def test_unread_notices_are_shown_until_they_are_read(
    console: Client, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    notice = Notice.objects.create(
        account=alice,
        endpoint=make_endpoint(name="Refuser"),
        reason="failed_in_a_row",
        message="…",
        failed=5,
        finished=5,
        created_at=now(),
    )
    page = shown(console)
    assert "Unread notices" in page
    assert "The last 5 deliveries failed in a row." in page
    notice.read_at = now()
    notice.save()
    assert "Unread notices" not in shown(console)


def test_others_are_not_seen(console: Client, bob: Account, make_endpoint: MakeEndpoint, operator: Client) -> None:
    others = make_endpoint(account=bob, event_types=[TOPIC], name="Bob's receiver")
    stats_row(others, MINUTE, delivered=77, failed=3)
    happen(bob)
    assert tiles(shown(console)) == {}
    assert "Bob" not in shown(console)
    assert tiles(shown(browser("bob", bob)))["Delivered"] == "77"
    operator.post("/console/account/", {"account": str(bob.pk)})
    assert tiles(shown(operator))["Delivered"] == "77"


def test_home_asks_to_sign_in(db: None) -> None:
    for path in (HOME, LIVE):
        assert Client().get(path).headers["Location"] == f"/console/login/?next={path}"
        assert Client().post(path).status_code == 302


def test_home_is_read_only(console: Client) -> None:
    assert console.post(HOME).status_code == 405
    assert console.post(LIVE).status_code == 405


def test_a_long_history_takes_no_more_statements_than_a_short_one(
    console: Client,
    alice: Account,
    make_endpoint: MakeEndpoint,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for endpoint in (make_endpoint(), make_endpoint(), make_endpoint()):
        fill(alice, endpoint, deliveries=1_000, now=now(), over=timedelta(days=3))
        Notice.objects.create(account=alice, endpoint=endpoint, reason="failed_in_a_row", message="…", created_at=now())
    console.get(HOME)
    with django_assert_max_num_queries(22):
        page = shown(console, f"{HOME}?range=7d")
    assert int(tiles(page)["Failed"].replace(",", "")) > 20
    assert len(re.findall(r'id="failure-', page)) == 5
