"""Traffic: what plays store and publish, how they are stopped, and how they go on for ever."""

from collections import Counter
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from modules import retention
from modules.contacts import services as contact_services
from modules.contacts.models import Contact
from modules.messages import rules as message_rules
from modules.messages import services as message_services
from modules.messages.models import Broadcast
from modules.notifications import machine
from modules.notifications.models import Message
from modules.notifications.steps import advance_due
from modules.receipts import services as receipt_services
from modules.receipts.models import Campaign
from modules.surveys.models import Survey
from modules.traffic import services
from modules.traffic.models import Play
from modules.traffic.perform import KINDS
from modules.traffic.plan import plan
from modules.traffic.reading import read
from modules.traffic.shipped import scenarios
from tests.brands import NOW
from tests.modules.plays import EVERYTHING, MINUTE, MONTH, ONLY_SURVEY, PLAYS, play_all, play_until, start
from webhooks.models import Delivery

# The same again

# What a play does


def test_a_play_tells_what_it_promised_and_every_endpoint_hears_of_it(
    api: APIClient, alice: Account, make_endpoint: Any
) -> None:
    make_endpoint()
    play = start(alice)
    play_all()
    play.refresh_from_db()
    assert (play.status, play.events, play.planned, play.skipped, play.fault) == ("finished", 200, 200, 0, "")
    assert play.ended_at
    assert Event.objects.count() == Delivery.objects.count() == 200
    timed_actions = list(plan(read(EVERYTHING), seed="7"))
    wanted = Counter(KINDS[type(timed.action)] for timed in timed_actions)
    output = Counter(KINDS[type(timed.action)] for timed in timed_actions if timed.publishes)
    assert play.counts == {kind: [wanted[kind], output[kind]] for kind in wanted}
    assert api.get(f"{PLAYS}{play.pk}/").json()["counts"]["receipt"] == {
        "actions": wanted["receipt"],
        "events": output["receipt"],
    }
    moments = list(Event.objects.order_by("id").values_list("occurred_at", flat=True))
    assert moments == [play.moment(timed.at) for timed in timed_actions if timed.publishes]


def test_only_what_is_due_is_done_and_the_row_says_when_to_go_on(alice: Account) -> None:
    play = start(alice, rate=1, seconds=100)
    play_until(10)
    play.refresh_from_db()
    timed_actions = list(plan(read(EVERYTHING), seed="7", rate=1, seconds=100))
    assert 9 <= play.events <= 11
    assert play.due_at == play.moment(timed_actions[play.position].at)
    assert play.claim_token == ""


def test_nothing_of_a_play_is_left_to_happen_after_it(alice: Account) -> None:
    start(alice, text=scenarios()["sms-outage"])
    play_all()
    assert Message.objects.exists()
    assert not Message.objects.filter(due_at__isnull=False).exists()
    assert all(machine.next_move(one.status, one.plan) is None for one in Message.objects.all())


def test_the_same_people_live_again_in_the_next_play_of_the_seed(alice: Account) -> None:
    for _time in range(2):
        play = start(alice)
        play_all()
        play.refresh_from_db()
        assert (play.status, play.events, play.skipped) == ("finished", 200, 0)
        count = Contact.objects.count()
    assert count == play.counts["contact"][0]
    assert Play.objects.get(pk=play.pk).edition == 1
    assert Campaign.objects.count() == 2


def test_a_play_that_nobody_went_on_with_for_long_is_ended_plainly(alice: Account) -> None:
    play = start(alice)
    play_all(now=NOW + 2 * MINUTE)
    play.refresh_from_db()
    assert (play.status, play.events, play.due_at) == ("interrupted", 0, None)
    start(alice)


def test_a_claim_is_given_back_at_a_start_while_its_lease_runs(alice: Account) -> None:
    play = start(alice)
    claimed = Play.objects.filter(pk=play.pk)
    claimed.update(claim_token="a" * 32, due_at=NOW + MINUTE)
    play_all()
    assert Event.objects.count() == 0
    services.release_all(now=NOW)
    play_all()
    assert claimed.get().status == "finished"
    late = start(alice)
    Play.objects.filter(pk=late.pk).update(claim_token="a" * 32, due_at=NOW - MINUTE)
    services.release_all(now=NOW)
    late.refresh_from_db()
    assert late.due_at == NOW - MINUTE


def test_a_stopped_play_tells_no_more_and_its_notifications_go_on_by_themselves(alice: Account) -> None:
    play = start(alice, text=scenarios()["sms-outage"])
    play_until(2)
    output = Event.objects.count()
    assert 0 < output < play.planned
    stopped = services.stop(play=play, now=NOW + MINUTE)
    assert (stopped.status, stopped.ended_at, stopped.due_at) == ("stopped", NOW + MINUTE, None)
    play_all()
    assert Event.objects.count() == output
    waiting = Message.objects.filter(due_at=NOW + MINUTE)
    assert waiting.exists()
    later = NOW + MINUTE
    while Message.objects.filter(due_at__isnull=False).exists():
        later += MINUTE
        advance_due(now=later)
    assert Event.objects.count() > output
    assert all(machine.next_move(one.status, one.plan) is None for one in Message.objects.all())


def test_whoever_was_deleted_meanwhile_is_passed_over(alice: Account) -> None:
    play = start(alice)
    play_until(2)
    for contact in alice.contacts.all():
        contact_services.delete(contact=contact)
    play_all()
    play.refresh_from_db()
    assert (play.status, play.fault) == ("finished", "")
    assert play.skipped > 0
    assert play.events + play.skipped == 200
    assert Event.objects.count() == play.events


def test_a_campaign_that_was_closed_ends_the_play_and_says_so(alice: Account) -> None:
    play = start(alice)
    play_until(2)
    receipt_services.edit(campaign=Campaign.objects.get(), is_active=False, now=NOW)
    play_all()
    play.refresh_from_db()
    assert play.status == "failed"
    assert "is not active" in play.fault
    assert Event.objects.count() == play.events


@pytest.mark.any_lock_order
def test_a_survey_that_was_deleted_ends_the_play_and_says_so(alice: Account) -> None:
    play = start(alice)
    play_until(2)
    Survey.objects.all().delete()
    play_all()
    play.refresh_from_db()
    assert (play.status, "its survey" in play.fault) == ("failed", True)


def test_an_account_without_licences_plays_too_and_the_events_say_why_nobody_hears(
    carol: Account, make_endpoint: Any
) -> None:
    start(carol, seconds=1)
    play_all()
    assert Event.objects.filter(account=carol).count() == 50
    assert not Delivery.objects.exists()


def test_only_the_contacts_of_the_play_get_its_broadcasts(alice: Account) -> None:
    contact_services.create(account=alice, now=NOW, display_name="Somebody else")
    start(alice)
    play_all()
    (first, *_others) = Broadcast.objects.order_by("id")
    assert 0 < first.total_count <= Contact.objects.filter(taggings__tag__name="play 7").count()
    assert first.total_count < Contact.objects.count()


# REST

# For ever


def test_plays_with_opens_go_on_however_many_there_were(
    alice: Account, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(message_rules, "EVENT_LIMIT", 3)
    monkeypatch.setattr(retention, "PLAYS_WITH_EVENT", 2)
    settings.WEBHOOK_RETENTION_DAYS = 0
    for _ in range(5):
        started = start(alice, "rate: 20\nseconds: 2\nmix: {open: 1}\n")
        play_all()
        retention.prune(now=NOW, sleep=lambda _seconds: None)
        assert Play.objects.get(pk=started.pk).status == Play.Status.FINISHED
        assert Play.objects.get(pk=started.pk).events == 40
    assert alice.message_events.count() == 2
    assert Play.objects.count() == 5


def test_the_message_event_of_a_play_goes_with_it_unless_somebody_has_used_it(alice: Account) -> None:
    for seed in ("1", "2"):
        start(alice, "rate: 20\nseconds: 2\nmix: {open: 1}\n", seed=seed)
        play_all()
    used, _other = alice.message_events.order_by("id")
    template = message_services.create_template(account=alice, now=NOW + 2 * MONTH, name="Mine")
    friend = alice.contacts.first()
    assert friend
    pushed = message_services.push(
        account=alice, template=template, event=used, line_uid=friend.line_uid, values={}, now=NOW + 2 * MONTH
    )
    retention.prune(now=NOW + 2 * MONTH, sleep=lambda _seconds: None)
    assert list(alice.message_events.all()) == [used]
    assert list(alice.direct_messages.all()) == [pushed.message]
    assert not Play.objects.exists()


def test_the_next_play_with_a_seed_is_reported_from_those_whose_predecessors_were_forgotten(alice: Account) -> None:
    for _ in range(2):
        start(alice, ONLY_SURVEY)
        play_all()
    Play.objects.earliest("pk").delete()
    assert start(alice, ONLY_SURVEY).edition == 2


def test_a_play_whose_predecessors_were_all_forgotten_makes_a_survey_with_an_id_of_its_own(alice: Account) -> None:
    for _ in range(2):
        start(alice, ONLY_SURVEY)
        play_all()
        Play.objects.all().delete()
    assert len(set(alice.surveys.values_list("svid", flat=True))) == 2
