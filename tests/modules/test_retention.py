"""What the modules forget, and what they keep."""

from datetime import datetime, timedelta

import pytest
from django.db.models import Model
from pytest_django import Settings

from accounts.models import Account
from modules import retention
from modules.contacts.models import Contact
from modules.messages.models import Broadcast, Click, DirectMessage, MessageEvent, Open, Recipient
from modules.messages.models import Template as MessageTemplate
from modules.notifications.models import Message, Step, Template
from modules.notifications.steps import advance_due
from modules.openapi.models import Call, ScriptedFailure
from modules.points.models import Grant, Prize, Voucher
from modules.receipts.models import Campaign, Upload
from modules.surveys.models import Submission, Survey
from modules.traffic.models import Play
from tests.brands import NOW
from tests.demo_modules import use_modules

pytestmark = pytest.mark.both_databases

HAPPENED = (Submission, Upload, Grant, Open, DirectMessage, Recipient, Broadcast)
SET_UP = (Contact, Template, Survey, Campaign, Prize, MessageTemplate)
MONTH = timedelta(days=30)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _in_use(alice: Account) -> None:
    use_modules(alice, now=NOW)
    advance_due(now=NOW + SECOND)


def prune(now: datetime) -> int:
    return retention.prune(now=now, sleep=lambda _seconds: None)


def counts(*models: type[Model]) -> list[int]:
    return [model._default_manager.count() for model in models]


def test_what_happened_goes_when_it_is_old_and_what_was_set_up_stays() -> None:
    before = counts(*SET_UP)
    assert min(counts(*HAPPENED) + before) > 0
    assert Step.objects.filter(message__due_at=None).exists()
    assert prune(NOW + MONTH) == 0
    assert prune(NOW + MONTH + SECOND) > 0
    assert counts(*HAPPENED) == [0] * len(HAPPENED)
    assert not Step.objects.filter(message__due_at=None).exists()
    assert counts(*SET_UP) == before
    assert MessageEvent.objects.exists()


def test_what_is_not_over_is_kept_however_old_it_is() -> None:
    on_their_way = set(Message.objects.exclude(due_at=None).values_list("pk", flat=True))
    assert len(on_their_way) > 0
    prune(NOW + 2 * MONTH)
    assert set(Message.objects.values_list("pk", flat=True)) == on_their_way
    assert [play.status for play in Play.objects.all()] == [Play.Status.RUNNING]


def test_the_youngest_stay_when_there_are_more_than_one_step_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_A_TIME", 2)
    youngest = Grant.objects.latest("pk")
    Grant.objects.filter(pk=youngest.pk).update(granted_at=NOW + MONTH)
    prune(NOW + MONTH + SECOND)
    assert list(Grant.objects.all()) == [youngest]


def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next() -> None:
    uploads = Upload.objects.count()
    assert retention.prune(now=NOW + 2 * MONTH, clock=iter(range(0, 10**6, 60)).__next__, sleep=lambda _: None) == 0
    assert Upload.objects.count() == uploads


def test_zero_days_keep_everything(settings: Settings) -> None:
    settings.WEBHOOK_RETENTION_DAYS = 0
    assert prune(NOW + 10 * MONTH) == 0
    assert min(counts(*HAPPENED)) > 0


def test_calls_failures_vouchers_and_clicks_go_when_they_are_old() -> None:
    of_calls = (Click, Voucher, ScriptedFailure, Call)
    prune(NOW + MONTH)
    assert min(counts(*of_calls)) > 0
    prune(NOW + MONTH + timedelta(hours=2))
    assert counts(*of_calls) == [0] * len(of_calls)


def test_of_the_call_log_the_newest_are_kept_however_young_they_all_are(settings: Settings) -> None:
    settings.OPENAPI_LOG_CALLS = 250
    settings.WEBHOOK_RETENTION_DAYS = 0
    Call.objects.all().delete()
    rows = [logged_call() for _ in range(460)]
    assert prune(NOW) == 210
    assert list(Call.objects.order_by("id").values_list("pk", flat=True)) == [row.pk for row in rows[210:]]


def logged_call() -> Call:
    return Call.objects.create(
        called_at=NOW, microseconds=1, method="GET", path="/", request_headers="", status=200, response_headers=""
    )
