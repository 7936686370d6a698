"""A play publishes the same bytes when it is repeated, interrupted, cut into batches, or performed one by one."""

import json
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Account
from events.models import Event
from maac_contract.samples import brand
from modules.contacts import services as contact_services
from modules.contacts.models import Contact
from modules.messages import opens
from modules.messages import services as message_services
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Open
from modules.messages.models import Template as MessageTemplate
from modules.notifications import machine
from modules.notifications import services as notification_services
from modules.notifications.models import Binding, Message, Step, Template
from modules.notifications.steps import advance
from modules.points import granting
from modules.points.models import Grant, Prize
from modules.receipts import uploads
from modules.receipts.models import Campaign, Upload
from modules.surveys import generated, submissions
from modules.surveys import selectors as survey_selectors
from modules.surveys.models import Submission, Survey
from modules.traffic import actions, services
from modules.traffic.models import Play
from modules.traffic.plan import plan
from modules.traffic.player import CACHED_PLANS, play_while_due
from modules.traffic.reading import read
from modules.traffic.shipped import scenarios
from tests.brands import NOW, licensed_account
from tests.modules.plays import (
    ANSWER_HASH,
    EVERYTHING,
    MINUTE,
    ONLY_POINTS,
    TestClock,
    begin_again,
    bodies,
    fresh_database,
    play_all,
    play_until,
    start,
)


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
