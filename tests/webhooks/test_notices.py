"""Failure notices: an endpoint that keeps failing gets one an hour, with what went wrong and what to do."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from tests.brands import NOW, client_of, race, refusal
from tests.webhooks.jobs import answered, unanswered
from tests.webhooks.test_outbox import claim, happen, settle
from webhooks.engine.job import Outcome
from webhooks.models import Delivery, Endpoint, Notice
from webhooks.services import endpoints
from webhooks.services.notices import give_notices
from webhooks.services.send_test import send_test

NOTICES = "/api/v1/notices/"
MINUTE = timedelta(minutes=1)
BAD = 410
"""MAAC does not retry it, so one attempt ends the delivery."""
MakeEndpoint = Callable[..., Endpoint]

pytestmark = pytest.mark.django_db


def end(account: Account, *statuses: int, at: int = 0) -> None:
    """Deliveries that end one after another with these answers, the first in minute `at`."""
    for second, status in enumerate(statuses):
        now = NOW + at * MINUTE + timedelta(seconds=second)
        happen(account, now=now)
        outcome: Outcome = answered(status, started_at=now.timestamp())
        settle(claim(now=now).jobs, outcome, now=now)


def look(at: int = 0, second: int = 30) -> list[Notice]:
    return give_notices(now=NOW + at * MINUTE + timedelta(seconds=second))


def test_five_failures_in_a_row_are_reported_with_account_reason_url_and_what_to_do(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint(name="CRM 受信", url="http://127.0.0.1:9/hook")
    end(alice, 200, *[BAD] * 5)
    (notice,) = look()
    assert (notice.account, notice.endpoint, notice.reason) == (alice, endpoint, "failed_in_a_row")
    assert notice.read_at is None
    for part in (
        "Alice's brand",
        f"CRM 受信 (id {endpoint.pk})",
        "http://127.0.0.1:9/hook",
        "ERROR_STATUS_CODE (HTTP 410)",
        "the last 5 deliveries in a row, since 2026-03-05 09:00:01 (Asia/Taipei)",
        "The endpoint stays running",
        "Then redeliver what failed",
    ):
        assert part in notice.message
    assert endpoint.share_secret not in notice.message


@pytest.mark.parametrize("statuses", [[BAD] * 4, [BAD, BAD, 200, BAD, BAD], [BAD] * 9 + [200], [200] * 30])
def test_fewer_in_a_row_are_not_told(alice: Account, make_endpoint: MakeEndpoint, statuses: list[int]) -> None:
    make_endpoint()
    end(alice, *statuses)
    assert look() == []


def test_how_many_in_a_row_is_a_setting(alice: Account, make_endpoint: MakeEndpoint, settings: Settings) -> None:
    settings.WEBHOOK_NOTICE_IN_A_ROW = 2
    make_endpoint()
    end(alice, BAD, BAD)
    assert len(look()) == 1


def test_half_of_twenty_that_failed_are_reported_though_never_many_in_a_row(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    end(alice, *[BAD, 200] * 9)
    assert look() == []
    end(alice, BAD, 200, at=1)
    (notice,) = look(at=1)
    assert notice.reason == "failure_rate"
    assert "10 of the last 20 deliveries, since 2026-03-05 09:00:00" in notice.message


def test_failures_of_more_than_an_hour_ago_do_not_count(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    end(alice, *[BAD] * 4)
    end(alice, BAD, at=61)
    assert look(at=61) == []


def test_retries_that_end_well_are_no_failures(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice, 6)
    settle(claim().jobs, unanswered())
    later = NOW + timedelta(seconds=2)
    settle(claim(now=later).jobs, answered(200), now=later)
    assert look() == []


def test_test_events_do_not_count(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    for _ in range(6):
        send_test(endpoint=endpoint, event_type="prize.points_added", now=NOW)
    settle(claim().jobs, answered(BAD, started_at=NOW.timestamp()))
    assert Delivery.objects.filter(status="failed").count() == 6
    assert look() == []


def test_an_endpoint_with_a_long_backlog_is_judged_by_what_ended_last(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    end(alice, *[BAD] * 6)
    happen(alice, 500, now=NOW + timedelta(seconds=10))
    assert len(look()) == 1


def test_each_endpoint_has_its_own_notice_and_none_for_a_healthy_one(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    bad, worse = make_endpoint(), make_endpoint()
    healthy = make_endpoint(event_types=["pnp.status_updated"])
    end(alice, *[BAD] * 5)
    assert {notice.endpoint_id for notice in look()} == {bad.pk, worse.pk}
    assert not healthy.notices.exists()


def test_one_notice_an_hour_at_most(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    end(alice, *[BAD] * 5)
    assert len(look()) == 1
    assert look(second=40) == []
    end(alice, *[BAD] * 5, at=30)
    assert look(at=30) == []
    end(alice, *[BAD] * 5, at=61)
    assert len(look(at=61)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_look_at_once_give_one_notice(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    end(alice, *[BAD] * 5)
    race(4, look)
    assert Notice.objects.count() == 1


def test_a_look_with_no_failure_since_the_last_asks_little_however_long_the_log(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    end(alice, *[BAD] * 5)
    end(alice, *[200] * 100, at=3)
    with CaptureQueriesContext(connection) as statements:
        assert look(at=3) == []
    assert len(statements) <= 6


@pytest.mark.parametrize("change", [endpoints.pause, endpoints.delete])
def test_who_paused_or_deleted_it_needs_no_notice(
    alice: Account, make_endpoint: MakeEndpoint, change: Callable[..., object]
) -> None:
    endpoint = make_endpoint()
    end(alice, *[BAD] * 5)
    change(endpoint=endpoint, now=NOW)
    assert look() == []


# Mail


def test_no_mail_is_sent_unless_somebody_is_named(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    end(alice, *[BAD] * 5)
    look()
    assert mail.outbox == []


def test_a_mail_goes_to_whom_the_settings_name(alice: Account, make_endpoint: MakeEndpoint, settings: Settings) -> None:
    settings.WEBHOOK_NOTICE_EMAIL = ["ops@example.com", "brand@example.com"]
    make_endpoint(name="CRM")
    end(alice, *[BAD] * 5)
    (notice,) = look()
    (sent,) = mail.outbox
    assert sent.subject == "[MAAC] Webhook endpoint keeps failing: CRM"
    assert (sent.to, sent.body) == (["ops@example.com", "brand@example.com"], notice.message)


def test_a_mail_server_that_fails_costs_the_mail_and_not_the_notice(
    alice: Account, make_endpoint: MakeEndpoint, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WEBHOOK_NOTICE_EMAIL = ["ops@example.com"]
    caplog.set_level("WARNING")
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    make_endpoint()
    end(alice, *[BAD] * 5)
    assert len(look()) == 1
    assert "could not be mailed: the server is full" in caplog.text


class Refusing(EmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, messages: object) -> int:
        raise OSError("the server is full")


# Pausing


def test_nothing_is_paused_unless_a_setting_asks_for_it(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    end(alice, *[BAD] * 5)
    look()
    endpoint.refresh_from_db()
    assert endpoint.status == "running"


def test_where_a_setting_asks_for_it_the_endpoint_is_paused_and_the_notice_says_so(
    alice: Account, make_endpoint: MakeEndpoint, settings: Settings
) -> None:
    settings.WEBHOOK_AUTO_PAUSE = True
    endpoint = make_endpoint()
    end(alice, *[BAD] * 5)
    (notice,) = look()
    endpoint.refresh_from_db()
    assert endpoint.status == "paused"
    assert "The endpoint has been paused." in notice.message
    assert alice.audit_entries.get(action="endpoint.paused").actor == "automatic pause"


# REST


def given(endpoint: Endpoint, count: int = 1) -> list[int]:
    return [
        Notice.objects.create(
            account=endpoint.account, endpoint=endpoint, reason="failed_in_a_row", message="It fails.", created_at=NOW
        ).pk
        for _ in range(count)
    ]


def test_notices_are_listed_newest_first_page_by_page(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(name="CRM")
    ids = given(endpoint, 3)
    first = api.get(NOTICES, {"limit": 2}).json()
    assert [row["id"] for row in first["results"]] == ids[:0:-1]
    assert first["results"][0] == {
        "id": ids[2],
        "endpoint": endpoint.pk,
        "endpoint_name": "CRM",
        "reason": "failed_in_a_row",
        "message": "It fails.",
        "created_at": "2026-03-05T01:00:00Z",
        "read_at": None,
    }
    second = api.get(first["next"]).json()
    assert ([row["id"] for row in second["results"]], second["next"]) == (ids[:1], None)


def test_a_notice_is_read_once(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    (notice,) = given(make_endpoint())
    first = api.post(f"{NOTICES}{notice}/read/")
    assert (first.status_code, first.json()["id"]) == (200, notice)
    assert first.json()["read_at"]
    assert api.post(f"{NOTICES}{notice}/read/").json() == first.json()


def test_nobody_sees_or_reads_the_notices_of_another_account(bob: Account, make_endpoint: MakeEndpoint) -> None:
    (notice,) = given(make_endpoint())
    stranger = client_of(bob)
    assert stranger.get(NOTICES).json()["results"] == []
    assert refusal(stranger.post(f"{NOTICES}{notice}/read/")) == (404, "not_found")


def test_reading_takes_no_body(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    (notice,) = given(make_endpoint())
    assert refusal(api.post(f"{NOTICES}{notice}/read/", {"read": False})) == (400, "invalid_request")
    assert Event.objects.count() == 0
