"""Messages by REST: templates, message events, broadcasts, and who opens what."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from modules.contacts.models import Contact
from modules.contacts.services import create
from modules.messages import rules, selectors, services
from modules.messages.errors import EventLimit, InvalidMessage, MessageNotReceived
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Open, Recipient, Template
from modules.messages.opens import open_message
from tests.brands import NOW, client_of, error_of, race, refusal
from webhooks.errors import InvalidPayload

PATH = "/api/v1/modules/messages/"
FIRST_OPEN = "message.first_open"


@pytest.fixture
def template(alice: Account) -> Template:
    return services.create_template(account=alice, name="Coupon", parameters=["NAME"], now=NOW)


@pytest.fixture
def event(alice: Account) -> MessageEvent:
    return services.create_event(account=alice, name="Spring", now=NOW)


@pytest.fixture
def hanako(alice: Account) -> Contact:
    """A bound contact."""
    return create(account=alice, now=NOW, display_name="Hanako", customer_id="M-1", tags=["VIP"])


@pytest.fixture
def push(alice: Account, template: Template, hanako: Contact) -> Callable[..., DirectMessage]:
    def make(**changes: Any) -> DirectMessage:
        fields = {
            "line_uid": hanako.line_uid,
            "values": {"NAME": "Hanako"},
            "template": template,
            "now": NOW,
            **changes,
        }
        return services.push(account=alice, **fields).message

    return make


def output() -> list[dict[str, Any]]:
    """The data of the events that were published."""
    return [json.loads(event.body)["data"] for event in Event.objects.filter(topic=FIRST_OPEN).order_by("id")]


# Templates and message events


def test_a_template_is_made_listed_and_changed(api: APIClient) -> None:
    made = api.post(f"{PATH}templates/", {"name": " Coupon ", "parameters": ["NAME", "CODE"]}).json()
    assert (made["name"], made["parameters"], made["line_answer"]) == ("Coupon", ["NAME", "CODE"], "success")
    changed = api.patch(f"{PATH}templates/{made['id']}/", {"line_answer": "timeout"}).json()
    assert (changed["name"], changed["line_answer"]) == ("Coupon", "timeout")
    assert api.get(f"{PATH}templates/").json()["results"] == [changed]
    assert api.get(f"{PATH}templates/{made['id']}/").json() == changed


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": 7}, "name"),
        ({"name": "a\u0000"}, "name"),
        ({"name": "x", "parameters": "NAME"}, "parameters"),
        ({"name": "x", "parameters": ["line_uid"]}, "parameters"),
        ({"name": "x", "line_answer": "perhaps"}, "line_answer"),
        ({"name": "x", "text": "Hello"}, "text"),
    ],
)
def test_a_bad_template_is_refused_by_field_and_not_stored(api: APIClient, body: Any, field: str) -> None:
    answer = api.post(f"{PATH}templates/", body)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert not Template.objects.exists()


def test_message_events_are_made_renamed_archived_and_found_by_name(api: APIClient) -> None:
    spring = api.post(f"{PATH}events/", {"name": "Spring"}).json()
    api.post(f"{PATH}events/", {"name": "Summer"})
    changed = api.patch(f"{PATH}events/{spring['id']}/", {"archived": True, "name": "Spring 2026"}).json()
    assert (changed["archived"], changed["name"]) == (True, "Spring 2026")
    assert api.get(f"{PATH}events/", {"name": "spring"}).json()["results"] == [changed]
    assert [row["name"] for row in api.get(f"{PATH}events/").json()["results"]] == ["Summer", "Spring 2026"]
    assert api.get(f"{PATH}events/", {"name": "\x00"}).status_code == 400


def test_an_account_has_1000_message_events_at_most(alice: Account, bob: Account, api: APIClient) -> None:
    MessageEvent.objects.bulk_create(
        MessageEvent(account=alice, name=str(number), created_at=NOW) for number in range(999)
    )
    assert api.post(f"{PATH}events/", {"name": "the last"}).status_code == 201
    assert refusal(api.post(f"{PATH}events/", {"name": "one more"})) == (409, "event_limit")
    assert client_of(bob).post(f"{PATH}events/", {"name": "Bob's first"}).status_code == 201
    assert alice.message_events.count() == 1000


@pytest.mark.django_db(transaction=True)
def test_the_limit_of_message_events_holds_for_two_at_once(alice: Account) -> None:
    MessageEvent.objects.bulk_create(
        MessageEvent(account=alice, name=str(number), created_at=NOW) for number in range(999)
    )

    def make() -> bool:
        try:
            services.create_event(account=alice, name="x", now=NOW)
        except EventLimit:
            return False
        return True

    assert sum(race(4, make)) == 1


# Broadcasts


def test_a_broadcast_goes_to_everybody_who_has_not_blocked_the_account(
    api: APIClient, alice: Account, template: Template, hanako: Contact
) -> None:
    create(account=alice, now=NOW, status="unfollow")
    friend = create(account=alice, now=NOW)
    sent = api.post(f"{PATH}broadcasts/", {"name": "Hello", "template_id": template.pk}).json()
    assert (sent["total_count"], sent["fail_count"]) == (2, 0)
    rows = Recipient.objects.filter(broadcast_id=sent["id"])
    assert {row.line_uid for row in rows} == {hanako.line_uid, friend.line_uid}
    assert api.get(f"{PATH}broadcasts/").json()["results"] == [sent]
    assert api.get(f"{PATH}broadcasts/{sent['id']}/").json() == sent


def test_a_broadcast_can_go_to_those_with_a_tag(
    api: APIClient, alice: Account, template: Template, hanako: Contact
) -> None:
    create(account=alice, now=NOW, tags=["VIPs"])
    body = {"name": "For you", "template_id": template.pk, "tag": "VIP"}
    sent = api.post(f"{PATH}broadcasts/", body).json()
    assert [row.line_uid for row in Recipient.objects.filter(broadcast_id=sent["id"])] == [hanako.line_uid]


def test_a_broadcast_that_line_does_not_take_reaches_nobody(
    alice: Account, template: Template, hanako: Contact
) -> None:
    failing = services.edit_template(template=template, line_answer="error", now=NOW)
    sent = services.send_broadcast(account=alice, template=failing, name="Hello", now=NOW)
    assert (sent.total_count, sent.fail_count) == (1, 1)
    with pytest.raises(MessageNotReceived):
        open_message(contact=hanako, message=sent, now=NOW)


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"name": "\u0000"}, {"template_id": 99}, {"template_id": "x"}, {"tag": 7}, {"to": "all"}]
)
def test_a_bad_broadcast_is_refused_and_not_stored(
    api: APIClient, template: Template, hanako: Contact, changes: Any
) -> None:
    answer = api.post(f"{PATH}broadcasts/", {"name": "Hello", "template_id": template.pk, **changes})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == list(changes)
    assert not Broadcast.objects.exists()


def test_a_broadcast_to_nobody_is_refused(alice: Account, template: Template) -> None:
    with pytest.raises(InvalidMessage, match="Nobody would get it"):
        services.send_broadcast(account=alice, template=template, name="Hello", now=NOW)


# Opens


def test_the_first_open_of_a_broadcast_is_reported_and_the_second_counted(
    api: APIClient, alice: Account, template: Template, hanako: Contact
) -> None:
    sent = services.send_broadcast(account=alice, template=template, name="Hello", now=NOW)
    body = {"line_uid": hanako.line_uid, "broadcast_id": sent.pk}
    first, second = (api.post(f"{PATH}opens/", body).json() for _ in range(2))
    assert (first["is_first"], first["outcome"]) == (True, "published")
    assert (second["is_first"], second["outcome"], second["event_id"]) == (False, "opened_before", None)
    assert output() == [
        {"message_type": "broadcast", "message_id": sent.pk, "line_uid": hanako.line_uid, "customer_id": "M-1"}
    ]
    assert Event.objects.get().pk == first["event_id"]
    assert api.get(f"{PATH}opens/").json()["results"] == [second, first]


def test_the_first_open_of_a_push_is_reported_by_the_event_id(
    api: APIClient, push: Callable[..., DirectMessage], event: MessageEvent, hanako: Contact
) -> None:
    message = push(event=event)
    api.post(f"{PATH}opens/", {"contact": hanako.pk, "direct_message_id": message.pk})
    assert output() == [
        {"message_type": "openapi", "message_id": event.pk, "line_uid": hanako.line_uid, "customer_id": "M-1"}
    ]


def test_two_pushes_under_one_event_are_one_message_to_the_receiver(
    push: Callable[..., DirectMessage], event: MessageEvent, hanako: Contact
) -> None:
    opens = [open_message(contact=hanako, message=push(event=event), now=NOW) for _ in range(2)]
    assert [each.outcome for each in opens] == ["published", "opened_before"]
    assert len(output()) == 1
    assert selectors.report_opens(event=event, zone=event.account.zone_info) == 2


def test_a_push_without_an_event_is_never_told(push: Callable[..., DirectMessage], hanako: Contact) -> None:
    message = push()
    outcomes = [open_message(contact=hanako, message=message, now=NOW).outcome for _ in range(2)]
    assert outcomes == ["without_event", "without_event"]
    assert output() == []


def test_an_enhanced_multicast_is_never_told_nor_counted(
    alice: Account, template: Template, event: MessageEvent, hanako: Contact
) -> None:
    sent = services.enhanced_multicast(
        account=alice, template=template, line_uids=[hanako.line_uid], values={"NAME": "x"}, event=event, now=NOW
    )
    later = sent.message.sent_at
    assert open_message(contact=hanako, message=sent.message, now=later).outcome == "not_tracked"
    assert output() == []
    assert selectors.report_opens(event=event, zone=alice.zone_info) == 0


def test_an_unbound_contacts_open_is_counted_but_not_told(
    alice: Account, push: Callable[..., DirectMessage], event: MessageEvent
) -> None:
    friend = create(account=alice, now=NOW)
    message = push(event=event, line_uid=friend.line_uid)
    opened = open_message(contact=friend, message=message, now=NOW)
    assert (opened.outcome, opened.is_first, opened.webhook_event_id) == ("not_bound", True, None)
    assert output() == []
    assert selectors.report_opens(event=event, zone=alice.zone_info) == 1


def test_what_a_contact_did_not_receive_they_cannot_open(
    api: APIClient, alice: Account, push: Callable[..., DirectMessage], event: MessageEvent, hanako: Contact
) -> None:
    stranger = create(account=alice, now=NOW)
    message = push(event=event)
    answer = api.post(f"{PATH}opens/", {"line_uid": stranger.line_uid, "direct_message_id": message.pk})
    assert refusal(answer) == (409, "message_not_received")
    blocked = create(account=alice, now=NOW, status="unfollow", customer_id="M-2")
    with pytest.raises(MessageNotReceived):
        open_message(contact=blocked, message=push(event=event, line_uid=blocked.line_uid), now=NOW)
    assert not Open.objects.exists()


def test_a_multicast_can_be_opened_once_it_is_sent(
    alice: Account, template: Template, event: MessageEvent, hanako: Contact
) -> None:
    addressees = [services.Addressee(hanako.line_uid, {"NAME": "Hanako"})]
    message = services.multicast(account=alice, template=template, addressees=addressees, event=event, now=NOW).message
    assert message.status_at(NOW) == rules.PENDING
    with pytest.raises(MessageNotReceived, match="not been sent yet"):
        open_message(contact=hanako, message=message, now=NOW)
    assert open_message(contact=hanako, message=message, now=message.sent_at).outcome == "published"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "direct_message_id"),
        ({"direct_message_id": 1, "broadcast_id": 1}, "direct_message_id"),
        ({"direct_message_id": 10**30}, "direct_message_id"),
        ({"direct_message_id": 99}, "direct_message_id"),
        ({"broadcast_id": 99}, "broadcast_id"),
        ({"broadcast_id": "x"}, "broadcast_id"),
        ({"broadcast_id": 99, "line_uid": "U1"}, "line_uid"),
        ({"broadcast_id": 99, "line_uid": "a\u0000"}, "line_uid"),
        ({"broadcast_id": 99, "twice": True}, "twice"),
    ],
)
def test_a_bad_open_is_refused_by_field(api: APIClient, hanako: Contact, body: Any, field: str) -> None:
    answer = api.post(f"{PATH}opens/", {"line_uid": hanako.line_uid, **body})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert not Open.objects.exists()


def test_an_open_that_cannot_be_told_is_not_stored_either(
    push: Callable[..., DirectMessage], event: MessageEvent, hanako: Contact
) -> None:
    message = push(event=event)
    hanako.customer_id = 7  # no such thing as the contract has
    with pytest.raises(InvalidPayload):
        open_message(contact=hanako, message=message, now=NOW)
    assert not Open.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_opens_at_once_one_is_reported(
    alice: Account, push: Callable[..., DirectMessage], event: MessageEvent, hanako: Contact
) -> None:
    message = push(event=event)
    opens = race(8, lambda: open_message(contact=hanako, message=message, now=NOW))
    assert sorted(each.outcome for each in opens) == ["opened_before"] * 7 + ["published"]
    assert len(output()) == 1
    assert Open.objects.filter(is_first=True).count() == 1
    assert selectors.report_opens(event=event, zone=alice.zone_info) == 8


def test_the_report_counts_days_of_the_accounts_zone(
    alice: Account, push: Callable[..., DirectMessage], event: MessageEvent, hanako: Contact
) -> None:
    message = push(event=event)
    midnight = NOW.astimezone(alice.zone_info).replace(hour=0, minute=0)
    for moment in (midnight - timedelta(seconds=1), midnight, midnight + timedelta(hours=23, minutes=59)):
        Open.objects.create(
            account=alice,
            direct_message=message,
            line_uid=hanako.line_uid,
            message_type="openapi",
            message_id=event.pk,
            outcome=rules.OPENED_BEFORE,
            opened_at=moment,
        )
    day = midnight.date()
    zone = alice.zone_info
    assert selectors.report_opens(event=event, zone=zone, start=day) == 2
    assert selectors.report_opens(event=event, zone=zone, end=day) == 3
    assert selectors.report_opens(event=event, zone=zone, start=day, end=day) == 2
    assert selectors.report_opens(event=event, zone=zone, end=day - timedelta(days=1)) == 1


# Accounts


def test_what_is_another_brands_does_not_exist(
    api: APIClient, bob: Account, template: Template, event: MessageEvent, hanako: Contact
) -> None:
    theirs = client_of(bob)
    sent = services.send_broadcast(account=template.account, template=template, name="Hello", now=NOW)
    for path in (f"templates/{template.pk}/", f"events/{event.pk}/", f"broadcasts/{sent.pk}/"):
        assert api.get(PATH + path).status_code == 200
        assert theirs.get(PATH + path).status_code == 404
    assert theirs.patch(f"{PATH}templates/{template.pk}/", {"name": "x"}).status_code == 404
    assert theirs.patch(f"{PATH}events/{event.pk}/", {"name": "x"}).status_code == 404
    assert theirs.post(f"{PATH}broadcasts/", {"name": "x", "template_id": template.pk}).status_code == 400
    friend = create(account=bob, now=NOW)
    answer = theirs.post(f"{PATH}opens/", {"line_uid": friend.line_uid, "broadcast_id": sent.pk})
    assert list(error_of(answer)["fields"]) == ["broadcast_id"]
    for path in ("templates/", "events/", "broadcasts/", "direct-messages/", "opens/"):
        assert theirs.get(PATH + path).json()["results"] == []


def test_direct_messages_are_listed_with_their_status(api: APIClient, push: Callable[..., DirectMessage]) -> None:
    message = push()
    (row,) = api.get(f"{PATH}direct-messages/").json()["results"]
    assert (row["id"], row["category"], row["status"], row["total_count"]) == (message.pk, "push", "sent", 1)


def test_a_recipient_belongs_to_one_message(db: None) -> None:
    with pytest.raises(IntegrityError):
        Recipient.objects.create(line_uid="U" + "0f" * 16)
