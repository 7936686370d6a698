"""Modules > Messages in the console: templates, broadcasts, pushes, and the button by which a contact opens."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account
from events.models import Event
from modules.contacts.models import Contact
from modules.contacts.services import create, seed_demo
from modules.messages import services
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Open, Template
from modules.messages.opens import open_message
from tests.brands import NOW

PAGE = "/console/modules/messages/"
QUERIES = 25


@pytest.fixture
def template(alice: Account) -> Template:
    return services.create_template(account=alice, name="Coupon", parameters=["NAME"], now=NOW)


@pytest.fixture
def event(alice: Account) -> MessageEvent:
    return services.create_event(account=alice, name="Spring", now=NOW)


@pytest.fixture
def hanako(alice: Account) -> Contact:
    return create(account=alice, now=NOW, display_name="花子", customer_id="M-1")


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_from_the_empty_page_to_a_first_open_that_is_reported(console: Client, alice: Account, hanako: Contact) -> None:
    assert "Make one first" in shown(console.get(PAGE))
    form = {"name": "Coupon", "parameters": "NAME, CODE", "line_answer": "success"}
    assert "The template Coupon is created." in shown(console.post(f"{PAGE}templates/new/", form, follow=True))
    template = alice.message_templates.get()
    assert template.parameters == ["NAME", "CODE"]
    assert "No broadcast yet" in shown(console.get(PAGE))
    form = {"name": "Hello", "template": str(template.pk)}
    page = shown(console.post(f"{PAGE}broadcasts/new/", form, follow=True))
    assert "The broadcast Hello is sent." in page
    assert "花子" in page
    sent = Broadcast.objects.get()
    output = []
    for _ in range(2):
        path = f"{PAGE}broadcasts/{sent.pk}/"
        opened = {"line_uid": hanako.line_uid}
        output.append(shown(console.post(f"{path}open/", opened, follow=True, HTTP_REFERER=f"http://testserver{path}")))
    assert "Published as message.first_open." in output[0]
    assert "Only the first open of a message publishes an event." in output[1]
    data = json.loads(Event.objects.get().body)["data"]
    assert (data["message_type"], data["message_id"], data["customer_id"]) == ("broadcast", sent.pk, "M-1")
    assert f"/console/deliveries/?event={Event.objects.get().pk}" in shown(console.get(f"{PAGE}opens/"))


def test_a_push_from_the_templates_page_is_opened_under_its_event(
    console: Client, template: Template, event: MessageEvent, hanako: Contact
) -> None:
    form = {"contact": "M-1", "event": str(event.pk), "data.NAME": "花子"}
    page = shown(console.post(f"{PAGE}templates/{template.pk}/", form, follow=True))
    assert "Received" in page
    message = DirectMessage.objects.get()
    console.post(f"{PAGE}direct/{message.pk}/open/", {"line_uid": hanako.line_uid})
    data = json.loads(Event.objects.get().body)["data"]
    assert (data["message_type"], data["message_id"]) == ("openapi", event.pk)
    assert "Spring" in shown(console.get(f"{PAGE}direct/"))
    assert re.search(r'data-label="Opens">1<', shown(console.get(f"{PAGE}events/")))


def test_why_an_open_is_not_told_is_said(console: Client, template: Template, hanako: Contact) -> None:
    console.post(f"{PAGE}templates/{template.pk}/", {"contact": hanako.line_uid, "data.NAME": "x"})
    message = DirectMessage.objects.get()
    path = f"{PAGE}direct/{message.pk}/"
    assert "sent without an event_id" in shown(console.get(path))
    console.post(f"{path}open/", {"line_uid": hanako.line_uid})
    assert "Opens of a message without an event_id publish no event." in shown(console.get(f"{PAGE}opens/"))
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("path", "form", "fault"),
    [
        ("templates/new/", {"name": "x", "parameters": "1st", "line_answer": "success"}, "Give at most 20 different"),
        ("templates/new/", {"name": "", "line_answer": "success"}, "This field is required."),
        ("templates/new/", {"name": "x", "line_answer": "perhaps"}, "Select a valid choice"),
        ("broadcasts/new/", {"name": "x", "template": "99"}, "Select a valid choice"),
        ("events/", {"name": " "}, "This field is required."),
    ],
)
def test_a_form_says_what_is_wrong_and_stores_nothing(
    console: Client, alice: Account, hanako: Contact, path: str, form: dict[str, str], fault: str
) -> None:
    assert fault in shown(console.post(PAGE + path, form))
    assert not Template.objects.exists()
    assert not Broadcast.objects.exists()
    assert not MessageEvent.objects.exists()


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"contact": "nobody", "data.NAME": "x"}, "No contact has the LINE UID or customer ID nobody."),
        ({"contact": "", "data.NAME": "x"}, "This field is required."),
        ({"contact": "M-1", "data.NAME": "x", "event": "99"}, "Select a valid choice"),
    ],
)
def test_a_push_that_cannot_be_says_why(
    console: Client, template: Template, hanako: Contact, form: dict[str, str], fault: str
) -> None:
    assert fault in shown(console.post(f"{PAGE}templates/{template.pk}/", form))
    assert not DirectMessage.objects.exists()


def test_a_broadcast_to_nobody_is_reported_in_the_form(console: Client, template: Template) -> None:
    page = shown(console.post(f"{PAGE}broadcasts/new/", {"name": "x", "template": str(template.pk)}))
    assert "Nobody would get it" in page


def test_a_template_is_edited_and_an_event_archived(console: Client, template: Template, event: MessageEvent) -> None:
    form = {"name": "Coupon 2", "parameters": "", "line_answer": "timeout"}
    assert "LINE does not answer in time" in shown(
        console.post(f"{PAGE}templates/{template.pk}/edit/", form, follow=True)
    )
    for is_archived in (True, False):
        console.post(f"{PAGE}events/{event.pk}/archive/")
        assert ("Archived" in shown(console.get(f"{PAGE}events/"))) is is_archived
    form = {"name": "Coupon 3", "parameters": "bad name", "line_answer": "timeout"}
    assert "Give at most 20" in shown(console.post(f"{PAGE}templates/{template.pk}/edit/", form))
    template.refresh_from_db()
    assert template.name == "Coupon 2"


def test_another_brands_messages_have_no_page(console: Client, bob: Account) -> None:
    theirs = services.create_template(account=bob, name="Bob's", now=NOW)
    friend = create(account=bob, now=NOW)
    sent = services.send_broadcast(account=bob, template=theirs, name="Bob's", now=NOW)
    pushed = services.push(account=bob, template=theirs, line_uid=friend.line_uid, values={}, now=NOW).message
    event = services.create_event(account=bob, name="Bob's", now=NOW)
    for path in (
        f"templates/{theirs.pk}/",
        f"templates/{theirs.pk}/edit/",
        f"broadcasts/{sent.pk}/",
        f"direct/{pushed.pk}/",
    ):
        assert console.get(PAGE + path).status_code == 404
    opened = {"line_uid": friend.line_uid}
    for path in (f"broadcasts/{sent.pk}/open/", f"direct/{pushed.pk}/open/", f"events/{event.pk}/archive/"):
        assert console.post(PAGE + path, opened).status_code == 404
    for path in ("", "direct/", "opens/", "templates/", "events/"):
        assert "Bob&#x27;s" not in shown(console.get(PAGE + path))
    assert not Open.objects.exists()


def test_the_pages_ask_as_much_for_many_rows_as_for_few(
    console: Client,
    alice: Account,
    template: Template,
    event: MessageEvent,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    seed_demo(account=alice, now=NOW)
    for number in range(40):
        services.create_event(account=alice, name=str(number), now=NOW)
        services.create_template(account=alice, name=str(number), now=NOW)
        sent = services.send_broadcast(account=alice, template=template, name=str(number), now=NOW)
    for contact in alice.contacts.all():
        pushed = services.push(
            account=alice, template=template, line_uid=contact.line_uid, values={"NAME": "x"}, event=event, now=NOW
        ).message
        open_message(contact=contact, message=pushed, now=NOW)
        open_message(contact=contact, message=sent, now=NOW)
    pages = ("", f"broadcasts/{sent.pk}/", "direct/", f"direct/{pushed.pk}/", "opens/", "templates/", "events/")
    for path in (*pages, f"templates/{template.pk}/"):
        with django_assert_max_num_queries(QUERIES):
            shown(console.get(PAGE + path))
    assert "Older" in shown(console.get(PAGE))
