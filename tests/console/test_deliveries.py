"""The console's delivery log: its filters, pages and live rows, and sending again what it shows."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.urls import reverse, reverse_lazy
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account
from console.deliveries.log_page import ROWS
from console.models import SavedFilter
from events.models import Event
from tests.brands import NOW, browser
from tests.many import fill
from webhooks.models import Attempt, Delivery, Endpoint, QueueEntry
from webhooks.services import endpoints
from webhooks.services.publish import EventRequest, publish
from webhooks.services.send_test import send_test

LOG = "/console/deliveries/"
LIVE = f"{LOG}live/"
MORE = f"{LOG}more/"
CHART = f"{LOG}chart/"
REDELIVER = f"{LOG}redeliver/"
POINTS = "prize.points_added"
HOUR = timedelta(hours=1)
HTMX = {"HX-Request": "true"}

MakeEndpoint = Callable[..., Endpoint]


@pytest.fixture
def endpoint(make_endpoint: MakeEndpoint) -> Endpoint:
    return make_endpoint()


@pytest.fixture
def log(alice: Account, endpoint: Endpoint) -> Endpoint:
    """An endpoint with a log of 200: 6 failed, 2 skipped, 192 delivered."""
    fill(alice, endpoint, deliveries=200, now=NOW, over=HOUR)
    return endpoint


def happen(account: Account, count: int = 1, topic: str = POINTS, now: datetime = NOW, **data: Any) -> list[int]:
    """So many events; the ids of their deliveries, newest first."""
    event_requests = [EventRequest(topic, data=data or None, merge=bool(data), seed=1)] * count
    published = publish(account=account, event_requests=event_requests, now=now)
    return [delivery.pk for entry in reversed(published) for delivery in entry.deliveries]


def page(client: Client, path: str = LOG, **query: Any) -> str:
    answer = client.get(path, query or None, follow=True)
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def rows(html: str) -> list[int]:
    """The ids of the deliveries that it shows."""
    return [int(each) for each in re.findall(r'id="delivery-(\d+)" href="/console/deliveries/\1/"', html)]


def shown(client: Client, path: str = LOG, **query: Any) -> list[int]:
    return rows(page(client, path, **query))


def link(html: str, name: str) -> str:
    """Where the link or the part with this attribute leads."""
    found = re.search(rf'{name}[^>]*?(?:href|hx-get)="([^"]+)"|(?:href|hx-get)="([^"]+)"[^>]*?{name}', html)
    assert found, name
    return unescape(found[1] or found[2])


def heading(html: str) -> str:
    found = re.search(r'id="log-count"[^>]*>([^<]+)<', html)
    assert found
    return found[1].strip()


def every_id(**wanted: Any) -> list[int]:
    return list(Delivery.objects.filter(**wanted).order_by("-id").values_list("id", flat=True))


# Whose


def test_the_log_shows_the_own_deliveries_newest_first(console: Client, alice: Account, log: Endpoint) -> None:
    assert shown(console) == every_id()[:ROWS]
    assert heading(page(console)) == "200 deliveries"


def test_bob_sees_nothing_of_alices_log_by_any_way(bob: Account, log: Endpoint) -> None:
    bobs = browser("bob", bob)
    one = Delivery.objects.order_by("id")[0]
    by_way_of: list[dict[str, Any]] = [{}, {"endpoint": log.pk}, {"event": one.event_id}, {"q": "timestamp"}]
    for query in [*by_way_of, {"key": one.idempotency_key}]:
        html = page(bobs, **query)
        assert rows(html) == []
        assert "CRM" not in html
        assert shown(bobs, LIVE, newest=0, **query) == []
        assert "0 deliveries" in page(bobs, REDELIVER, **query)


def test_customer_support_sees_the_log_of_the_brand_it_works_in(
    operator: Client, log: Endpoint, alice: Account, bob: Account
) -> None:
    assert len(shown(operator)) == ROWS
    operator.post("/console/account/", {"account": bob.pk})
    assert shown(operator) == []


def test_nobody_gets_in_without_signing_in(log: Endpoint) -> None:
    for path in (LOG, LIVE, MORE, CHART, REDELIVER):
        assert Client().get(path).headers["Location"].startswith("/console/login/")


# What a row shows


def test_a_row_tells_where_the_delivery_stands(console: Client, alice: Account, endpoint: Endpoint) -> None:
    (number,) = happen(alice)
    Delivery.objects.filter(pk=number).update(
        status="failed", reason="ERROR_STATUS_CODE", status_code=503, attempt_count=4, finished_at=NOW
    )
    for attempt, milliseconds in ((3, 1.0), (4, 3100.0)):
        Attempt.objects.create(
            delivery_id=number, number=attempt, started_at=NOW, duration_ms=milliseconds, request_headers=[], reason="x"
        )
    html = page(console)
    key = Delivery.objects.get().idempotency_key
    for output in (
        "2026-03-05 09:00:00",
        POINTS,
        "CRM",
        "Failed",
        ">503<",
        ">4<",
        "3.1 s",
        key[:8],
        f'data-copy="{key}"',
    ):
        assert output in html
    assert '<span class="tag">test</span>' not in html


def test_one_that_waits_tells_when_it_is_sent_again_and_a_test_is_marked(
    console: Client, alice: Account, endpoint: Endpoint
) -> None:
    delivery = send_test(endpoint=endpoint, event_type=POINTS, now=NOW)
    Delivery.objects.filter(pk=delivery.pk).update(attempt_count=1, reason="COULD_NOT_CONNECT")
    QueueEntry.objects.filter(delivery=delivery).update(due_at=NOW + timedelta(seconds=10))
    html = page(console)
    assert '<span class="tag">test</span>' in html
    assert "again at" in html
    assert "2026-03-05 09:00:10" in html


def test_an_empty_log_says_what_to_do_and_a_filter_that_fits_nothing_how_to_leave_it(
    console: Client, endpoint: Endpoint
) -> None:
    assert "Nothing has been delivered yet" in page(console)
    html = page(console, status="failed")
    assert "No delivery matches" in html
    assert "Nothing has been delivered yet" not in html


# Filters


def test_each_filter_shows_what_it_says(console: Client, alice: Account, log: Endpoint, make_endpoint: Any) -> None:
    other = make_endpoint(name="POS", event_types=["message.first_open"])
    fill(alice, other, deliveries=30, now=NOW + HOUR, over=HOUR / 2, is_test=True)
    one = Delivery.objects.filter(endpoint=other).order_by("id")[10]
    for query, wanted in (
        ({"status": "failed"}, {"status": "failed"}),
        ({"endpoint": other.pk}, {"endpoint": other}),
        ({"topic": "message.first_open", "endpoint": log.pk}, {"topic": "message.first_open", "endpoint": log}),
        ({"is_test": "true"}, {"is_test": True}),
        ({"is_test": "false"}, {"is_test": False}),
        ({"event": one.event_id}, {"event": one.event_id}),
        ({"key": one.idempotency_key[:12]}, {"pk": one.pk}),
        ({"key": one.idempotency_key.upper()}, {"pk": one.pk}),
        ({"since": "2026-03-05T09:45"}, {"created_at__gte": NOW + HOUR * 3 / 4}),
        ({"until": "2026-03-05 08:10"}, {"created_at__lt": NOW - HOUR * 5 / 6}),
        ({"since": "24h"}, {"pk": 0}),
    ):
        assert shown(console, **query) == every_id(**wanted)[:ROWS], query


@pytest.mark.parametrize("text", ["信義旗艦店", "信義", "SKU-🎉", 'the "best" 100%'])
def test_text_is_found_in_any_language(text: str, console: Client, alice: Account, log: Endpoint) -> None:
    (number,) = happen(alice, topic="receipt.receipt_validated", channel='信義旗艦店 SKU-🎉 the "best" 100%')
    assert shown(console, q=text) == [number]
    assert json.dumps(text)[1:-1] in Event.objects.get(deliveries=number).body


@pytest.mark.parametrize(
    ("query", "output"),
    [
        ({"stauts": "failed"}, "stauts is no filter"),
        ({"status": "broken"}, "status: Select a valid choice"),
        ({"since": "yesterday"}, "since: Write a date and time"),
        ({"since": "0001-01-01T00:00"}, "since: The year must be from 1970"),
        ({"key": "abc"}, "key: An idempotency key has 32 digits"),
        ({"key": "not a key"}, "key: An idempotency key has 32 digits"),
        ({"endpoint": "CRM"}, "endpoint: Enter a whole number"),
        ({"event": "9" * 30}, "event: Ensure this value is less than"),
        ({"cursor": "7"}, "This is no page of the log"),
        ({"q": "x" * 201}, "q: Ensure this value has at most 200"),
    ],
)
def test_a_filter_that_cannot_be_understood_is_reported_and_shows_nothing(
    query: dict[str, str], output: str, console: Client, log: Endpoint
) -> None:
    answer = console.get(LOG, query)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert output in unescape(html)
    assert rows(html) == []
    for path in (LIVE, MORE, CHART):
        assert console.get(path, {**query, "newest": "1", "found": "1", "step": "1"}).status_code == 400
    assert console.get(REDELIVER, query).headers["Location"] == LOG


def test_a_filter_in_force_is_shown_with_the_way_out_of_it(console: Client, log: Endpoint) -> None:
    html = page(console, endpoint=log.pk, status="failed", since="24h")
    for label in ("Endpoint: CRM", "Status: Failed", "Last 24 hours"):
        assert label in html
    left = [set(parse_qs(urlsplit(unescape(each)).query)) for each in re.findall(r'class="chip" href="([^"]+)"', html)]
    assert left == [{"status", "since"}, {"endpoint", "since"}, {"endpoint", "status"}]
    assert '<option value="failed" selected>' in html


def test_the_empty_fields_of_the_form_do_not_stay_in_the_address(console: Client, log: Endpoint) -> None:
    answer = console.get(f"{LOG}?since=1h&q=&status=failed&endpoint=&since=&until=")
    assert answer.headers["Location"] == f"{LOG}?since=1h&status=failed"
    answer = console.get(f"{LOG}?since=1h&since=2026-03-05T09:00")
    assert answer.headers["Location"] == f"{LOG}?since=2026-03-05T09%3A00"
    assert console.get(f"{LOG}?q=").headers["Location"] == LOG


def test_a_deleted_endpoint_can_still_be_filtered_by(console: Client, log: Endpoint) -> None:
    endpoints.delete(endpoint=log, now=NOW)
    html = page(console, endpoint=log.pk)
    assert len(rows(html)) == ROWS
    assert "Endpoint: CRM" in html


def test_what_is_written_into_a_filter_stays_text(console: Client, log: Endpoint) -> None:
    html = page(console, q='"><script>alert(1)</script>')
    assert "<script>alert" not in html


# Pages


def test_older_pages_together_are_the_log_and_newer_ones_lead_back(console: Client, log: Endpoint) -> None:
    html = page(console, status="delivered")
    seen = rows(html)
    while 'rel="next"' in html:
        html = page(console, link(html, 'rel="next"'))
        seen += rows(html)
    assert seen == every_id(status="delivered")
    back = page(console, link(html, 'rel="prev"'))
    last = rows(html)
    assert rows(back) == every_id(status="delivered", pk__gt=last[0])[-ROWS:]


def test_the_page_before_the_first_is_the_first(console: Client, log: Endpoint) -> None:
    second = every_id()[ROWS - 1]
    answer = console.get(LOG, {"cursor": f"after-{second}", "status": "delivered"})
    assert answer.headers["Location"] == f"{LOG}?status=delivered"


def test_an_older_page_stands_still_and_has_no_charts(console: Client, log: Endpoint) -> None:
    html = page(console, cursor=f"before-{every_id()[0]}")
    assert "data-live" not in html
    assert 'id="charts"' not in html


# Live


def follow(console: Client, html: str, **more: Any) -> tuple[int, str]:
    """What the live part asks for by itself."""
    asked = link(html, 'id="results" data-live')
    answer = console.get(f"{asked}&{urlencode(more)}" if more else asked)
    return answer.status_code, answer.content.decode()


def test_while_nothing_happens_nothing_is_drawn_anew(console: Client, log: Endpoint) -> None:
    assert follow(console, page(console))[0] == 204
    assert follow(console, page(console, status="failed"))[0] == 204


def test_new_rows_come_by_themselves_are_marked_and_announced(console: Client, alice: Account, log: Endpoint) -> None:
    html = page(console)
    new = happen(alice, 3)
    status, fragment = follow(console, html)
    assert (status, rows(fragment)) == (200, every_id()[:ROWS])
    assert rows(fragment)[:3] == new
    assert fragment.count('class="new"') == 3
    assert "3 new deliveries" in fragment
    assert "203 deliveries" in fragment
    assert follow(console, fragment)[0] == 204


def test_a_row_that_waited_moves_on(console: Client, alice: Account, endpoint: Endpoint) -> None:
    (number,) = happen(alice)
    html = page(console)
    assert "Pending" in html[html.index('id="rows"') :]
    Delivery.objects.update(status="delivered", attempt_count=1, finished_at=NOW)
    _, fragment = follow(console, html)
    assert rows(fragment) == [number]
    assert "Delivered" in fragment
    assert 'class="new"' not in fragment
    assert "new deliver" not in fragment


def test_while_it_is_held_rows_move_on_but_none_comes_above(
    console: Client, alice: Account, endpoint: Endpoint
) -> None:
    first = happen(alice, 2)
    html = page(console)
    happen(alice, 2)
    assert follow(console, html, hold=1)[0] == 204
    Delivery.objects.update(status="delivered", attempt_count=1, finished_at=NOW)
    _, fragment = follow(console, html, hold=1)
    assert rows(fragment) == first
    assert "data-live" in fragment


def test_a_row_that_begins_to_fit_the_filter_comes_in_its_place(
    console: Client, alice: Account, endpoint: Endpoint
) -> None:
    older, newer = reversed(happen(alice, 2))
    Delivery.objects.filter(pk=newer).update(status="failed", finished_at=NOW)
    html = page(console, status="failed")
    assert rows(html) == [newer]
    Delivery.objects.filter(pk=older).update(status="failed", finished_at=NOW)
    assert rows(follow(console, html)[1]) == [newer, older]


def test_a_time_that_is_over_is_not_live(console: Client, log: Endpoint) -> None:
    html = page(console, until="2026-03-05T09:00")
    assert "data-live" not in html


@pytest.mark.parametrize("newest", ["", "x", "-1", "１", "9" * 30])
def test_a_live_part_with_nonsense_gets_nothing(newest: str, console: Client, log: Endpoint) -> None:
    assert console.get(LIVE, {"newest": newest}).status_code == 400


# A search that goes on


def test_a_search_goes_on_from_where_it_came_to_and_fills_the_page(console: Client, log: Endpoint) -> None:
    every = every_id(status="delivered")
    html = page(console, MORE, status="delivered", cursor=f"before-{every[9]}", found=10, step=1)
    assert rows(html) == every[10:50]
    assert 'hx-swap-oob="beforeend:#rows"' in html
    assert f"cursor=before-{every[49]}" in link(html, 'rel="next"')


@pytest.mark.parametrize(
    "query", [{}, {"found": ROWS, "step": 1}, {"found": "x", "step": 1}, {"found": 1, "step": "-"}]
)
def test_a_search_that_goes_on_with_nonsense_gets_nothing(query: Any, console: Client, log: Endpoint) -> None:
    assert console.get(MORE, query).status_code == 400


# Charts


def test_the_charts_show_the_day_or_what_the_filter_says(console: Client, alice: Account, endpoint: Endpoint) -> None:
    fill(alice, endpoint, deliveries=100, now=datetime.now(UTC), over=HOUR)
    html = page(console)
    assert "96 delivered, 9 to be retried, 3 failed, 1 skipped" in html
    assert "since 20" in re.sub(r"<[^>]+>", "", html)
    assert "96 delivered" in page(console, CHART, since="24h")
    assert "0 delivered" in page(console, until="2026-03-05T09:00")


def test_the_chart_follows_a_filter_for_status_and_text(console: Client, alice: Account, endpoint: Endpoint) -> None:
    ids = happen(alice, 3, now=datetime.now(UTC) - timedelta(minutes=5))
    Delivery.objects.filter(pk__in=ids).update(status="delivered", finished_at=NOW)
    Delivery.objects.filter(pk__in=ids[:2]).update(status="failed", finished_at=NOW)
    assert "0 delivered, 0 to be retried, 2 failed, 0 skipped" in page(console, status="failed", since="1h")
    assert "0 delivered, 0 to be retried, 0 failed" in page(console, q="no such text", since="1h")
    assert "How long answers took" not in page(console, status="failed", since="1h")


def test_a_single_event_or_key_has_no_chart(console: Client, log: Endpoint) -> None:
    one = Delivery.objects.all()[0]
    for query in ({"event": one.event_id}, {"key": one.idempotency_key}, {"since": "1h", "until": "2026-03-05T09:00"}):
        assert 'id="charts"' not in page(console, **query)


# Sending again what it shows


def confirmed(console: Client, **query: Any) -> str:
    """The plan that the page of confirmation holds."""
    found = re.search(r'name="plan" value="([^"]+)"', page(console, REDELIVER, **query))
    assert found
    return found[1]


def send(console: Client, plan: str, keys: str = "same") -> str:
    """Goes on until all is done, as the page does by itself."""
    answer = console.post(REDELIVER, {"plan": plan, "keys": keys})
    assert answer.status_code == 200
    html = answer.content.decode()
    while following := re.search(r'hx-trigger="load, submit".*?name="plan" value="([^"]+)"', html, re.DOTALL):
        html = console.post(REDELIVER, {"plan": following[1]}, headers=HTMX).content.decode()
    return html


def test_it_is_counted_before_it_is_asked_and_asking_sends_nothing(console: Client, log: Endpoint) -> None:
    html = page(console, REDELIVER, status="failed")
    assert "6 deliveries" in html
    assert "<strong>6</strong> under their keys" in html
    assert "<strong>6</strong> under new keys" in html
    assert QueueEntry.objects.count() == 0


def test_what_the_filter_shows_is_sent_again_under_its_keys(console: Client, log: Endpoint) -> None:
    failed = every_id(status="failed")
    html = send(console, confirmed(console, status="failed"))
    assert "6 deliveries are sent again" in html
    assert every_id(status="pending") == failed
    assert QueueEntry.objects.count() == 6


def test_what_was_delivered_is_left_out_unless_asked_for(console: Client, log: Endpoint) -> None:
    html = page(console, REDELIVER)
    assert "Deliveries that succeeded are left out." in html
    assert "pill good" not in html
    assert "pill good" in page(console, REDELIVER, delivered="1")
    assert "are left out" not in page(console, REDELIVER, status="delivered")
    send(console, confirmed(console))
    assert every_id(status="delivered"), "still delivered"


def test_the_ticked_rows_are_sent_again(console: Client, bob: Account, log: Endpoint) -> None:
    first, second, *_others = every_id(status="failed")
    selected = reverse("console:deliveries_redeliver_selected")
    html = console.post(selected, {"delivery": [first, second, "x", "9" * 50]}, follow=True).content.decode()
    assert "2 deliveries are sent again." in html
    assert every_id(status="pending") == [first, second]
    assert "Tick at least one delivery." in console.post(selected, follow=True).content.decode()
    browser("bob", bob).post(selected, {"delivery": [_others[0]]})
    assert every_id(status="pending") == [first, second], "another account's rows are not touched"


def test_or_under_new_keys_and_the_log_then_shows_those(console: Client, log: Endpoint) -> None:
    html = send(console, confirmed(console, status="failed"), "new")
    assert "6 deliveries are sent again" in html
    found = re.search(r'href="(/console/deliveries/\?since=[^"]+)"', html)
    assert found
    assert shown(console, unescape(found[1])) == every_id(redelivery_of__isnull=False)


def test_many_go_in_steps_of_some_hundred(console: Client, alice: Account, endpoint: Endpoint) -> None:
    fill(alice, endpoint, deliveries=1200, now=NOW, over=HOUR)
    answer = console.post(REDELIVER, {"plan": confirmed(console, delivered="1"), "keys": "same"}).content.decode()
    assert '<progress max="1200" value="500"' in answer
    assert QueueEntry.objects.count() == 500
    following = re.search(r'name="plan" value="([^"]+)"', answer)
    assert following
    assert "1,200 deliveries are sent again" in send(console, following[1])
    assert QueueEntry.objects.count() == 1200


def test_a_button_that_is_pressed_twice_sends_once(console: Client, log: Endpoint) -> None:
    plan = confirmed(console, status="failed")
    send(console, plan, "new")
    html = send(console, plan, "new")
    assert "0 deliveries are sent again" in html
    assert "They are still being sent" in html
    assert QueueEntry.objects.count() == 6


def test_why_some_cannot_be_sent_again_stands_beside_their_number(
    console: Client, alice: Account, log: Endpoint
) -> None:
    happen(alice, 2)
    html = page(console, REDELIVER, delivered="1")
    assert "<strong>2</strong> · They are still being sent" in html
    assert "<strong>200</strong> under their keys" in html
    assert "<strong>202</strong> under new keys" in html
    endpoints.pause(endpoint=log, now=NOW)
    html = page(console, REDELIVER, delivered="1")
    assert "<strong>202</strong> · Their endpoint is paused" in html
    assert "None of them can be sent again now" in html


def test_a_filter_of_the_last_hours_means_those_before_it_was_asked(
    console: Client, alice: Account, endpoint: Endpoint
) -> None:
    fill(alice, endpoint, deliveries=10, now=datetime.now(UTC), over=HOUR / 60)
    html = send(console, confirmed(console, since="1h", delivered="1"))
    assert "10 deliveries are sent again" in html


def test_a_plan_of_another_account_or_of_ones_own_making_sends_nothing(
    console: Client, bob: Account, log: Endpoint
) -> None:
    plan = confirmed(console)
    for client, sealed, output in (
        (browser("bob", bob), plan, "You have switched to another account"),
        (console, plan[:-2] + "xx", "This page is out of date"),
        (console, "", "This page is out of date"),
    ):
        answer = client.post(REDELIVER, {"plan": sealed, "keys": "new"}, follow=True)
        assert output in answer.content.decode()
        assert client.get(REDELIVER, {"plan": sealed or "x"}).headers["Location"] == LOG
    assert QueueEntry.objects.count() == 0


def test_sending_again_needs_the_csrf_token(alice: Account, console: Client, log: Endpoint) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = console.cookies
    assert strict.post(REDELIVER, {"plan": confirmed(console)}).status_code == 403
    assert QueueEntry.objects.count() == 0


# Cost


def test_a_page_costs_no_more_queries_for_more_rows(
    console: Client, alice: Account, log: Endpoint, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(14):
        assert len(shown(console)) == ROWS
    with django_assert_max_num_queries(8):
        assert len(shown(console, LIVE, newest=0)) == ROWS


# Saved filters

SAVE = reverse_lazy("console:filter_save")


def test_a_filter_is_saved_under_a_name_and_removed(console: Client, bob: Account, log: Endpoint) -> None:
    html = console.post(SAVE, {"name": "Lost <b>", "query": "status=failed"}, follow=True).content.decode()
    assert 'href="/console/deliveries/?status=failed">Lost &lt;b&gt;</a>' in html
    console.post(SAVE, {"name": "Lost <b>", "query": "status=failed&since=24h"})
    (saved,) = SavedFilter.objects.all()
    assert saved.query == "status=failed&since=24h"
    remove = reverse("console:filter_remove", args=[saved.pk])
    assert browser("bob", bob).post(remove).status_code == 404
    console.post(remove)
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    "form",
    [{}, {"name": "x"}, {"name": "x" * 41, "query": "status=failed"}, {"name": "x", "query": "nonsense=1"}],
)
def test_a_filter_that_is_none_is_not_saved(console: Client, form: dict[str, str]) -> None:
    assert "note bad" in console.post(SAVE, form, follow=True).content.decode()
    assert not SavedFilter.objects.exists()


def test_an_account_has_a_bounded_number_of_saved_filters(console: Client) -> None:
    for number in range(21):
        console.post(SAVE, {"name": f"Filter {number}", "query": "status=failed"})
    assert SavedFilter.objects.count() == 20
