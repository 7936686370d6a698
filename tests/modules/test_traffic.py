"""Traffic: plays through REST and the console, and what performing them in bulk stores and publishes."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts.errors import Refusal
from accounts.models import Account
from events.models import Event
from maac_contract.samples import brand
from modules import retention
from modules.contacts import services as contact_services
from modules.contacts.models import Contact
from modules.messages import opens
from modules.messages import rules as message_rules
from modules.messages import services as message_services
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Open
from modules.messages.models import Template as MessageTemplate
from modules.notifications import machine
from modules.notifications import services as notification_services
from modules.notifications.models import Binding, Message, Step, Template
from modules.notifications.steps import advance, advance_due
from modules.points import granting
from modules.points.models import Grant, Prize
from modules.receipts import services as receipt_services
from modules.receipts import uploads
from modules.receipts.models import Campaign, Upload
from modules.surveys import generated, submissions
from modules.surveys import selectors as survey_selectors
from modules.surveys.models import Submission, Survey
from modules.traffic import actions, services
from modules.traffic.models import Play
from modules.traffic.perform import KINDS
from modules.traffic.plan import plan
from modules.traffic.player import CACHED_PLANS, Clock, play_while_due
from modules.traffic.reading import read
from modules.traffic.shipped import scenarios
from tests.brands import NOW, browser, client_of, error_of, licensed_account, race, refusal
from webhooks.models import Delivery

PLAYS = "/api/v1/modules/traffic/plays/"
SCENARIOS = "/api/v1/modules/traffic/scenarios/"
PAGE = "/console/modules/traffic/"
MINUTE = timedelta(minutes=1)
MONTH = timedelta(days=30)
EVERYTHING = """
rate: 50
seconds: 4
contacts: {at_start: 8, bound: 0.6}
opens: {repeated: 0.5, broadcasts: 0.4}
mix: {contact: 1, receipt: 1, survey: 1, notification: 1, points: 1, open: 3}
notifications:
  joining: 0.6
  endings: {line_push: 3, pnp: 3, phone_off: 2}
"""
ONLY_SURVEY = "rate: 1\nseconds: 2\nmix: {survey: 1}\n"
ONLY_POINTS = "rate: 1\nseconds: 9\nmix: {points: 1}\n"
ANSWER_HASH = re.compile(r'"answer_hash": "[0-9a-f]{32}"')

fresh_database = pytest.mark.django_db(transaction=True, reset_sequences=True)


class TestClock(Clock):
    """Time passes as soon as somebody waits for it, and a little with every look."""

    __test__ = False

    def __init__(self, now: datetime = NOW, step: float = 0.01) -> None:
        self.moment, self.step = now, timedelta(seconds=step)

    def now(self) -> datetime:
        self.moment += self.step
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=max(0.0, seconds))


def play_all(step: float = 5.0, now: datetime = NOW) -> None:
    """Play until nothing is due soon."""
    play_while_due(is_over=lambda: False, clock=TestClock(now, step))


def play_until(seconds: float) -> None:
    """Play for so many seconds, wake_event for each second, and stop as a worker does."""
    clock, until = TestClock(), NOW + timedelta(seconds=seconds)
    while clock.moment < until:
        play_while_due(is_over=lambda: clock.moment >= until, clock=clock)
        clock.sleep(1.0)


def bodies() -> list[str]:
    return list(Event.objects.order_by("id").values_list("body", flat=True))


def start(account: Account, text: str = EVERYTHING, seed: str = "7", **more: Any) -> Play:
    return services.start(account=account, text=text, seed=seed, now=NOW, **more)


def begin_again() -> Account:
    """A database in which nothing has happened, with one account."""
    call_command("flush", verbosity=0, interactive=False)
    return licensed_account("Alice's brand", 1, 2)


# The same again


@fresh_database
@pytest.mark.parametrize("name", ["campaign-day", "sms-outage", "load-test"])
def test_the_same_seed_at_the_same_time_tells_the_same_bytes_however_it_is_cut_into_batches(name: str) -> None:
    output = []
    for step in (5.0, 0.05):
        account = begin_again()
        start(account, text=scenarios()[name], rate=40, seconds=5)
        play_all(step)
        output.append(bodies())
    assert len(output[0]) == 200
    assert output[0] == output[1]


@fresh_database
def test_a_play_that_was_interrupted_and_gone_on_with_tells_the_same_bytes() -> None:
    start(begin_again())
    play_all()
    whole, opened = bodies(), Open.objects.count()
    account = begin_again()
    play = start(account)
    for seconds in (1.0, 2.0, 3.0):
        play_until(seconds)
        play.refresh_from_db()
        assert 0 < play.events < play.planned
        forget_plans()
    play_all()
    assert list(Event.objects.filter(account=account).order_by("id").values_list("body", flat=True)) == whole
    assert Open.objects.count() == opened


def forget_plans() -> None:
    """Have this process begin so many other plays that it knows the plan of none before, as after a restart."""
    others = [start(licensed_account("Another brand"), text=ONLY_POINTS) for _other in range(CACHED_PLANS)]
    Play.objects.filter(pk__in=[other.pk for other in others]).update(due_at=NOW - MINUTE)
    events = Event.objects.filter(account__in=[other.account for other in others])
    play_while_due(is_over=lambda: events.count() >= CACHED_PLANS, clock=TestClock(NOW - MINUTE / 2))
    for other in others:
        services.stop(play=other, now=NOW)


@pytest.mark.django_db
def test_another_time_changes_only_the_times(alice: Account) -> None:
    output = []
    for now in (NOW, NOW + timedelta(days=1, hours=3)):
        Event.objects.all().delete()
        services.start(account=alice, text=EVERYTHING, seed="7", now=now)
        play_all(now=now)
        output.append([_without_moments_and_ids(body) for body in bodies()])
    assert len(output[0]) == 200
    assert output[0] == output[1]


def _without_moments_and_ids(body: str) -> Any:
    """As it is but for moments, and for ids that go on counting or must be new where the same was played before."""
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d)?", "then", body)
    text = re.sub(r'"(id|pnp_setting_id|pnp_message_id|message_id)": \d+', r'"\1": 0', text)
    return re.sub(r'"(svid|points_id|answer_hash)": "[^"]+"', r'"\1": ""', text)


@fresh_database
def test_acts_in_bulk_tell_the_same_bytes_as_one_by_one() -> None:
    start(begin_again())
    play_all()
    in_bulk, rows = bodies(), stored()
    play = start(begin_again())
    one_by_one(play)
    assert [ANSWER_HASH.sub("", body) for body in bodies()] == [ANSWER_HASH.sub("", body) for body in in_bulk]
    assert Counter(json.loads(body)["topic"] for body in in_bulk).keys() == {
        "receipt.receipt_validated", "form.surveycake_submitted", "pnp.status_updated", "pnp.profile_updated",
        "prize.points_added", "message.first_open",
    }  # fmt: skip
    assert stored() == rows


def stored() -> dict[str, Any]:
    """What the modules keep of what happened."""
    left_out = {"answer_hash", "updated_at", "due_at"}
    kept: dict[str, Any] = {}
    tables: tuple[type[Any], ...] = (
        Contact, Upload, Submission, Message, Step, Binding, Grant, Broadcast, DirectMessage, Open,
    )  # fmt: skip
    for model in tables:
        rows = model._default_manager.order_by("pk").values()
        kept[model.__name__] = [{name: row[name] for name in row if name not in left_out} for row in rows]
    # The order in which the last steps of one batch are numbered is the batch's own.
    kept["Step"] = sorted((row["webhook_event_id"], row["status"], row["message_id"]) for row in kept["Step"])
    return kept


def one_by_one(play: Play) -> None:
    """Perform the plan by the services that REST and the console call."""
    timed_actions = plan(read(play.text), seed=play.seed, rate=play.rate, seconds=play.seconds)
    messages: dict[int, Message] = {}
    broadcasts: dict[int | None, Broadcast] = {}
    account, tag = play.account, f"play {play.seed}"
    for timed in timed_actions:
        action, now = timed.action, play.moment(timed.at)
        who = Contact.objects.filter(line_uid=getattr(action, "line_uid", "")).first()
        match action:
            case actions.Follow():
                contact_services.create(
                    account=account,
                    now=now,
                    line_uid=action.line_uid,
                    line_display_name=action.name,
                    display_name=action.name,
                    customer_id=action.customer_id,
                    mobile=action.mobile,
                    email=action.email,
                    gender=action.gender,
                    birthday=datetime.fromisoformat(action.birthday).date(),
                    tags=[tag],
                )
            case actions.Upload():
                uploads.upload(
                    campaign=Campaign.objects.get(),
                    contact=_there(who),
                    number=action.number,
                    random_number=action.random_number,
                    purchased_at=now - timedelta(seconds=action.bought_before),
                    channel=action.channel,
                    items=action.items,
                    now=now,
                )
            case actions.Answer():
                survey = Survey.objects.get()
                answers = generated.answers(
                    survey_selectors.asked(survey=survey),
                    person=submissions.said_by(_there(who), action.seed),
                    brand=brand(play.seed),
                    seed=action.seed,
                )
                submissions.submit(survey=survey, contact=_there(who), answers=answers, now=now)
            case actions.Notify():
                # What the plan says comes from what a message meets.
                off = [action.phone_number] if action.plan["sms"] == machine.PHONE_OFF else []
                notification_services.set_conditions(account=account, numbers_off=off)
                messages[action.number] = notification_services.push(
                    account=account,
                    template=Template.objects.get(),
                    phone_number=action.phone_number,
                    line_push_template_id=action.line_push_template_id,
                    customized_id=f"ORDER-{action.number:06}",
                    now=now,
                )
            case actions.Move():
                advance(message=messages[action.number], now=now)
            case actions.Bind():
                notification_services.bind(
                    account=account,
                    template=Template.objects.get(),
                    contact=_there(who),
                    source=action.source,
                    phone_number=action.phone_number,
                    now=now,
                )
            case actions.Reward():
                granting.grant(
                    prize=Prize.objects.get(), contacts=[_there(who)], points_id=UUID(action.points_id), now=now
                )
            case actions.Broadcast():
                template = MessageTemplate.objects.get()
                broadcasts[action.number] = message_services.send_broadcast(
                    account=account, template=template, name=f"{template} {action.number}", tag=tag, now=now
                )
            case actions.Push():
                message_services.push(
                    account=account,
                    template=MessageTemplate.objects.get(),
                    event=MessageEvent.objects.get(),
                    line_uid=action.line_uid,
                    values={},
                    now=now,
                )
            case actions.Open():
                pushed = DirectMessage.objects.filter(recipients__line_uid=action.line_uid).first()
                message = broadcasts.get(action.broadcast) or pushed
                assert message
                opens.open_message(contact=_there(who), message=message, now=now)


def _there(contact: Contact | None) -> Contact:
    assert contact
    return contact


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


def test_a_play_is_started_followed_and_stopped(api: APIClient) -> None:
    answer = api.post(PLAYS, {"scenario": "quiet-shop", "seed": "7", "rate": 2, "seconds": 30})
    assert answer.status_code == 202, answer.content
    play = answer.json()
    assert (play["scenario"], play["status"], play["planned"], play["events"]) == ("quiet-shop", "running", 60, 0)
    assert refusal(api.post(PLAYS, {"scenario": "quiet-shop"})) == (409, "play_running")
    path = f"{PLAYS}{play['id']}/"
    assert api.get(path).json() == play
    assert api.get(PLAYS).json()["results"] == [play]
    stopped = api.post(f"{path}stop/").json()
    assert (stopped["status"], stopped["ended_at"] is not None) == ("stopped", True)
    assert refusal(api.post(f"{path}stop/")) == (409, "play_ended")
    own = api.post(PLAYS, {"yaml": "rate: 5\nseconds: 2\n"}).json()
    assert (own["scenario"], own["planned"], len(own["seed"])) == ("own", 10, 8)


def test_the_scenarios_are_listed_as_they_are(api: APIClient) -> None:
    output = api.get(SCENARIOS).json()
    assert [each["name"] for each in output] == ["quiet-shop", "campaign-day", "sms-outage", "load-test"]
    assert output[3]["rate"] == 1000
    assert api.post(PLAYS, {"yaml": output[0]["yaml"]}).status_code == 202


@pytest.mark.parametrize(
    ("body", "field", "output"),
    [
        ({}, "scenario", "Give either"),
        ({"scenario": "quiet-shop", "yaml": "rate: 1"}, "scenario", "Give either"),
        ({"scenario": "loud-shop"}, "scenario", "Choose one of quiet-shop, campaign-day"),
        ({"scenario": 7}, "scenario", "Not a valid string"),
        ({"scenario": "../quiet-shop"}, "scenario", "Choose one of"),
        ({"yaml": "rate: 5\nseconds: 2\nmix: {contact: 1}"}, "yaml", "Line 3: a mix needs"),
        ({"yaml": "rate: 5\n\u0000"}, "yaml", ""),
        ({"scenario": "quiet-shop", "rate": 0}, "rate", "from 0.01 to 5000"),
        ({"scenario": "quiet-shop", "rate": -5}, "rate", "from 0.01 to 5000"),
        ({"scenario": "quiet-shop", "rate": "5"}, "rate", "valid number"),
        ({"scenario": "quiet-shop", "seconds": 0.5}, "seconds", "from 1 to 86400"),
        ({"scenario": "quiet-shop", "rate": 5000, "seconds": 86400}, "seconds", "at most 1000000 events"),
        ({"scenario": "quiet-shop", "seed": "x" * 101}, "seed", "at most 100"),
        ({"scenario": "quiet-shop", "seed": "a\nb"}, "seed", "printable"),
        ({"scenario": "quiet-shop", "speed": 5}, "speed", "Unknown field"),
    ],
)
def test_what_is_wrong_is_refused_by_field_and_nothing_is_stored(
    api: APIClient, body: dict[str, Any], field: str, output: str
) -> None:
    answer = api.post(PLAYS, body)
    assert answer.status_code == 400, answer.content
    fields = error_of(answer)["fields"]
    assert list(fields) == [field]
    assert output in fields[field][0]
    assert not Play.objects.exists()
    assert not Campaign.objects.exists()


def test_others_plays_are_not_there(api: APIClient, bob: Account) -> None:
    play = api.post(PLAYS, {"scenario": "quiet-shop"}).json()
    theirs = client_of(bob)
    assert refusal(theirs.get(f"{PLAYS}{play['id']}/")) == (404, "not_found")
    assert refusal(theirs.post(f"{PLAYS}{play['id']}/stop/")) == (404, "not_found")
    assert theirs.get(PLAYS).json()["results"] == []
    assert theirs.post(PLAYS, {"scenario": "quiet-shop"}).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_of_many_that_start_a_play_at_once_one_does(alice: Account) -> None:
    def timed() -> bool:
        try:
            start(alice)
        except Refusal:
            return False
        return True

    assert sorted(race(6, timed)) == [False] * 5 + [True]
    assert Campaign.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_play_that_is_stopped_while_it_is_played_tells_just_what_it_counts(alice: Account) -> None:
    play = start(alice, text=scenarios()["load-test"], rate=500, seconds=4)
    timed_actions: Iterator[Any] = iter([lambda: play_all(0.5), lambda: _stop_soon(play)])
    race(2, lambda: next(timed_actions)())
    play.refresh_from_db()
    assert play.status == "stopped"
    assert 0 < play.events < play.planned
    assert Event.objects.count() == play.events


def _stop_soon(play: Play) -> None:
    while not Event.objects.exists():
        pass
    services.stop(play=play, now=datetime.now(UTC))


# The console


def test_the_page_offers_the_scenarios_and_starts_one(console: Client, alice: Account) -> None:
    page = console.get(PAGE).content.decode()
    assert "No play yet" in page
    assert all(title in page for title in ("Quiet shop", "Campaign day", "SMS outage", "Load test"))
    answer = console.post(PAGE, {"scenario": "campaign-day", "rate": "5", "seconds": "2", "seed": "7"})
    play = Play.objects.get(account=alice)
    assert answer["Location"] == f"{PAGE}{play.pk}/"
    assert (play.scenario, play.rate, play.seconds, play.seed, play.planned) == ("campaign-day", 5, 2, "7", 10)
    page = console.get(PAGE).content.decode()
    assert "A play is running" in page
    assert f'href="{PAGE}{play.pk}/"' in page


def test_the_progress_is_live_while_it_runs_and_then_leads_to_the_log(console: Client, alice: Account) -> None:
    play = services.start(account=alice, text=EVERYTHING, seed="7", now=NOW)
    live = console.get(f"{PAGE}{play.pk}/").content.decode()
    assert f'hx-get="{PAGE}{play.pk}/progress/"' in live
    assert "Nothing yet." in live
    play_all()
    done = console.get(f"{PAGE}{play.pk}/progress/").content.decode()
    assert "hx-get" not in done
    assert "200 of 200 events" in done
    assert "topic=pnp.status_updated" in done
    assert "Own scenario" in console.get(f"{PAGE}{play.pk}/").content.decode()


def test_a_play_is_stopped_by_a_button_once(console: Client, alice: Account) -> None:
    play = start(alice)
    path = f"{PAGE}{play.pk}/stop/"
    assert console.get(path).status_code == 405
    assert "The play was stopped" in console.post(path, follow=True).content.decode()
    assert "This play has ended already" in console.post(path, follow=True).content.decode()


def test_what_is_wrong_stands_in_the_form(console: Client, alice: Account) -> None:
    wrong = {"scenario": "campaign-day", "rate": "5000", "seconds": "86400"}
    assert "at most 1000000 events" in console.post(PAGE, wrong).content.decode()
    assert "greater than or equal to 0.01" in console.post(PAGE, {**wrong, "rate": "0"}).content.decode()
    assert "Select a valid choice" in console.post(PAGE, {"scenario": "loud"}).content.decode()
    assert "Enter a number" in console.post(PAGE, {**wrong, "rate": "nan"}).content.decode()
    assert not Play.objects.exists()
    start(alice)
    right = {"scenario": "campaign-day"}
    assert "A play is running already" in console.post(PAGE, right).content.decode()
    assert Play.objects.count() == 1


def test_others_pages_are_not_there(console: Client, alice: Account, bob: Account) -> None:
    play = start(alice)
    theirs = browser("bob", bob)
    for path in ("", "progress/"):
        assert console.get(f"{PAGE}{play.pk}/{path}").status_code == 200
        assert theirs.get(f"{PAGE}{play.pk}/{path}").status_code == 404
    assert theirs.post(f"{PAGE}{play.pk}/stop/").status_code == 404
    play.refresh_from_db()
    assert play.is_running


def test_the_list_is_read_by_a_few_queries_however_long(
    console: Client, alice: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _time in range(12):
        services.stop(play=start(alice, seconds=1), now=NOW)
    with django_assert_max_num_queries(12):
        assert console.get(PAGE).status_code == 200


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
