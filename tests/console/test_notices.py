"""Notices in the console: said in the reader's language, led on from, and marked as read."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Account
from tests.brands import NOW, browser
from tests.webhooks.test_notices import BAD, end, look
from webhooks.models import Endpoint, Notice

NOTICES = "/console/notices/"
MakeEndpoint = Callable[..., Endpoint]


@pytest.fixture
def notice(alice: Account, make_endpoint: MakeEndpoint) -> Notice:
    make_endpoint(name="CRM 受信")
    end(alice, *[BAD] * 5)
    (given,) = look()
    return given


def shown(client: Client, path: str = NOTICES) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def test_a_notice_says_what_fails_since_when_and_leads_to_the_failed_deliveries(
    console: Client, notice: Notice
) -> None:
    page = shown(console)
    assert "CRM 受信" in page
    assert "The last 5 deliveries failed in a row. The endpoint stays running" in page
    assert "HTTP 410" in page
    assert "2026-03-05 09:00:00" in page
    assert f"/console/webhooks/{notice.endpoint_id}/" in page
    assert f"?endpoint={notice.endpoint_id}&status=failed" in page
    assert console.get(f"/console/deliveries/?endpoint={notice.endpoint_id}&status=failed").status_code == 200


def test_a_rate_and_a_pause_are_said_as_well(
    console: Client, alice: Account, make_endpoint: MakeEndpoint, settings: Settings
) -> None:
    settings.WEBHOOK_AUTO_PAUSE = True
    make_endpoint()
    end(alice, *[BAD, 200] * 10)
    assert len(look()) == 1
    page = shown(console)
    assert "10 of the last 20 deliveries failed. The endpoint has been paused." in page


def test_a_notice_from_before_the_numbers_is_shown_as_it_was_written(console: Client, notice: Notice) -> None:
    Notice.objects.update(failed=0, finished=0, since=None, last_reason="")
    assert "keeps failing." in shown(console)


def test_one_is_marked_as_read_and_the_bell_goes_quiet(console: Client, notice: Notice) -> None:
    assert "1 unread notice" in shown(console)
    answer = console.post(f"{NOTICES}{notice.pk}/read/", headers={"referer": f"http://testserver{NOTICES}"})
    assert answer.headers["Location"] == NOTICES
    assert "0 unread notices" in shown(console)
    assert "/read/" not in shown(console)


def test_all_are_marked_at_once_but_only_the_own_ones(console: Client, notice: Notice, bob: Account) -> None:
    other = browser("bob", bob)
    assert "0 notices are marked" in unescape(other.post(f"{NOTICES}read/", follow=True).content.decode())
    notice.refresh_from_db()
    assert notice.read_at is None
    assert "1 notice is marked" in unescape(console.post(f"{NOTICES}read/", follow=True).content.decode())
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_bob_neither_sees_nor_marks_alices(notice: Notice, bob: Account) -> None:
    other = browser("bob", bob)
    assert "CRM 受信" not in shown(other)
    assert other.post(f"{NOTICES}{notice.pk}/read/").status_code == 404


def test_older_ones_are_on_further_pages(console: Client, notice: Notice) -> None:
    endpoint = notice.endpoint
    Notice.objects.bulk_create(
        Notice(
            account=endpoint.account, endpoint=endpoint, reason="failed_in_a_row", message=f"old {n}", created_at=NOW
        )
        for n in range(60)
    )
    page, seen = NOTICES, 0
    for _ in range(3):
        text = shown(console, page)
        seen += text.count("<article")
        page = f"{NOTICES}?before={text.rpartition('before=')[2].partition(chr(34))[0]}"
    assert seen == 61


@pytest.mark.parametrize("nonsense", ["x", "-1", "1" * 40, "１"])
def test_a_page_that_does_not_exist_is_no_fault(nonsense: str, console: Client) -> None:
    assert console.get(NOTICES, {"before": nonsense}).status_code == 200


def test_without_any_it_says_what_they_are_for(console: Client) -> None:
    assert "No notices" in shown(console)


def test_a_deleted_endpoint_is_named_but_not_linked(console: Client, notice: Notice) -> None:
    Endpoint.objects.update(status="deleted", deleted_at=NOW)
    page = shown(console)
    assert "CRM 受信" in page
    assert f"/console/webhooks/{notice.endpoint_id}/" not in page
