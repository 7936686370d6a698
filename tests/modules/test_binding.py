"""Bind links: made by the Open API, REST and the console, opened by contacts, and what the callback says."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from modules.binding import services
from modules.binding.errors import BindLinkUsed, InvalidBindLink
from modules.binding.models import BindingTemplate, BindLink
from modules.contacts import services as contacts
from modules.contacts.errors import ContactTaken
from modules.contacts.models import Contact
from modules.retention import prune
from modules.traffic import services as traffic
from tests.brands import NOW, client_of, error_of, race
from tests.modules.plays import play_all
from webhooks.services.callback import set_callback

OPENAPI = "/openapi/v1/binding/bindlink/"
REST = "/api/v1/modules/binding/"
PAGE = "/console/modules/binding/"
CUSTOMER = "CRM-7001"
SOMEBODY = f"U{'5' * 32}"

pytestmark = pytest.mark.django_db


@pytest.fixture
def template(alice: Account) -> BindingTemplate:
    set_callback(account=alice, url="http://127.0.0.1:9/binding", headers={"x-api-key": "k"}, now=NOW)
    return services.create_template(account=alice, name="会員連携", now=NOW)


def link_of(template: BindingTemplate, **fields: Any) -> BindLink:
    return services.make_link(template=template, now=NOW, **{"customer_id": CUSTOMER, **fields})


def bodies() -> list[dict[str, Any]]:
    return [json.loads(body) for body in Event.objects.order_by("id").values_list("body", flat=True)]


def path_of(link: BindLink) -> str:
    return f"/b/{link.code}/"


# Binding


def test_a_new_person_joins_and_is_bound(template: BindingTemplate) -> None:
    link = link_of(template, email="hana@shop.example", mobile="0900111222")
    bound = services.open_link(link=link, line_uid=SOMEBODY, name="Hana", now=NOW)
    contact = Contact.objects.get(line_uid=SOMEBODY)
    assert (contact.customer_id, contact.email, contact.mobile) == (CUSTOMER, "hana@shop.example", "+886900111222")
    assert (contact.line_display_name, contact.status, bound.contact) == ("Hana", "follow", contact)
    fields = {"line_uid": SOMEBODY, "customer_id": CUSTOMER, "email": "hana@shop.example", "mobile": "0900111222"}
    assert bodies() == [{**fields, "status": "follow"}]


def test_a_contact_is_bound_and_keeps_what_the_link_does_not_say(alice: Account, template: BindingTemplate) -> None:
    contact = contacts.create(account=alice, now=NOW, email="old@shop.example", status="auth", display_name="Mio")
    services.open_link(link=link_of(template, mobile="+819012345678"), line_uid=contact.line_uid, now=NOW)
    contact.refresh_from_db()
    assert (contact.customer_id, contact.email, contact.display_name) == (CUSTOMER, "old@shop.example", "Mio")
    assert (bodies()[0]["mobile"], bodies()[0]["status"]) == ("09012345678", "auth")


def test_who_had_blocked_the_account_is_a_friend_again(alice: Account, template: BindingTemplate) -> None:
    contact = contacts.create(account=alice, now=NOW, status="unfollow")
    services.open_link(link=link_of(template), line_uid=contact.line_uid, now=NOW)
    contact.refresh_from_db()
    assert (contact.status, bodies()[0]["status"]) == ("follow", "follow")


def test_without_e_mail_and_mobile_the_callback_has_empty_texts(template: BindingTemplate) -> None:
    services.open_link(link=link_of(template), now=NOW)
    assert (bodies()[0]["email"], bodies()[0]["mobile"]) == ("", "")


def test_a_link_binds_any_number_of_times_and_calls_back_each_time(template: BindingTemplate) -> None:
    link = link_of(template)
    for _ in range(3):
        services.open_link(link=link, line_uid=SOMEBODY, now=NOW)
    link.refresh_from_db()
    assert (link.bindings, len(bodies()), Contact.objects.count()) == (3, 3, 1)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_link_that_binds_once_binds_one_of_many_who_open_it_at_once(template: BindingTemplate) -> None:
    link = link_of(template, bind_once=True)

    def act() -> str:
        try:
            services.open_link(link=link, now=NOW)
        except BindLinkUsed:
            return "used"
        return "bound"

    assert sorted(race(4, act)) == ["bound", "used", "used", "used"]
    assert Contact.objects.count() == Event.objects.count() == 1


def test_a_customer_of_another_contact_is_refused_and_nothing_is_left_behind(
    alice: Account, template: BindingTemplate
) -> None:
    contacts.create(account=alice, now=NOW, customer_id=CUSTOMER)
    link = link_of(template)
    with pytest.raises(ContactTaken):
        services.open_link(link=link, line_uid=SOMEBODY, now=NOW)
    link.refresh_from_db()
    assert (link.bindings, Contact.objects.count(), Event.objects.count()) == (0, 1, 0)


def test_without_an_address_the_contact_is_bound_and_nothing_is_sent(bob: Account) -> None:
    template = services.create_template(account=bob, name="Binding", now=NOW)
    bound = services.open_link(link=link_of(template), now=NOW)
    assert (bound.delivery, bound.contact.customer_id, Event.objects.count()) == (None, CUSTOMER, 0)


@pytest.mark.parametrize(
    "fields",
    [{"customer_id": " "}, {"customer_id": "x" * 2000}, {"email": "no"}, {"mobile": "12"}, {"customer_id": "\n"}],
)
def test_a_bad_link_is_refused(template: BindingTemplate, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidBindLink):
        link_of(template, **fields)


def test_old_links_are_removed_by_the_retention_rule(template: BindingTemplate) -> None:
    link_of(template)
    assert prune(now=NOW + timedelta(days=1)) == 0
    assert prune(now=NOW + timedelta(days=400)) >= 1
    assert not BindLink.objects.exists()


# The Open API


def test_the_link_of_the_open_api_opens_without_a_login(api: APIClient, template: BindingTemplate) -> None:
    made = api.post(OPENAPI, {"bind_link_id": template.pk, "customer_id": CUSTOMER, "bind_once": True})
    path = made.json()["link"].removeprefix("http://testserver")
    browser = Client()
    page = browser.get(path)
    assert (page.status_code, CUSTOMER in page.content.decode()) == (200, False)
    assert browser.post(path, {"line_uid": SOMEBODY, "name": "Hana"}).status_code == 200
    assert Contact.objects.get().customer_id == CUSTOMER
    assert browser.get(path).status_code == 410
    assert browser.post(path, {"line_uid": "", "name": ""}).status_code == 410
    assert Contact.objects.count() == 1


def test_the_page_of_a_link_refuses_bad_input_and_unknown_codes(template: BindingTemplate) -> None:
    link = link_of(template)
    page = Client().post(path_of(link), {"line_uid": "nonsense", "name": ""})
    assert page.status_code == 200
    assert "U and 32 lower-case hex digits" in page.content.decode()
    assert not Contact.objects.exists()
    assert Client().get("/b/unknown/").status_code == 404
    assert Client(enforce_csrf_checks=True).post(path_of(link), {}).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "bind_link_id"),
        ({"bind_link_id": 0, "customer_id": "1"}, "bind_link_id"),
        ({"bind_link_id": 99_999, "customer_id": "1"}, "bind_link_id"),
        ({"bind_link_id": "OWN"}, "customer_id"),
        ({"bind_link_id": "OWN", "customer_id": ""}, "customer_id"),
        ({"bind_link_id": "OWN", "customer_id": "1", "bind_once": "maybe"}, "bind_once"),
        ({"bind_link_id": "OWN", "customer_id": "1", "mobile": "12"}, "mobile"),
    ],
)
def test_a_bad_request_names_its_field(
    api: APIClient, template: BindingTemplate, body: dict[str, Any], field: str
) -> None:
    own = {name: template.pk if value == "OWN" else value for name, value in body.items()}
    refused = api.post(OPENAPI, own)
    assert refused.status_code == 400
    assert field in refused.json()
    assert not BindLink.objects.exists()


def test_another_accounts_template_is_unknown(bob: Account, template: BindingTemplate) -> None:
    refused = client_of(bob).post(OPENAPI, {"bind_link_id": template.pk, "customer_id": "1"})
    assert refused.json() == {"bind_link_id": ["Bind link not found."]}


# REST


def test_links_are_made_listed_and_opened_by_rest(api: APIClient, alice: Account, template: BindingTemplate) -> None:
    own = api.post(f"{REST}templates/", {"name": "Binding"}).json()
    made = api.post(f"{REST}links/", {"bind_link_id": own["id"], "customer_id": CUSTOMER}).json()
    assert (made["bindings"], made["contact"], made["link"].startswith("http://testserver/b/")) == (0, None, True)
    opened = api.post(f"{REST}links/{made['id']}/open/", {"line_uid": SOMEBODY})
    assert (opened.status_code, opened.json()["contact"]["customer_id"]) == (200, CUSTOMER)
    delivery = api.get(f"/api/v1/deliveries/{opened.json()['callback_delivery']}/").json()
    assert delivery["topic"] == "binding.callback"
    (listed,) = api.get(f"{REST}links/").json()["results"]
    assert (listed["bindings"], listed["contact"]) == (1, opened.json()["contact"]["id"])
    assert [row["id"] for row in api.get(f"{REST}templates/").json()["results"]] == [own["id"], template.pk]
    assert api.delete(f"{REST}templates/{own['id']}/").status_code == 204
    assert api.get(f"{REST}links/").json()["results"] == []


def test_an_unknown_template_and_a_used_link_are_errors_of_rest(api: APIClient, template: BindingTemplate) -> None:
    refused = api.post(f"{REST}links/", {"bind_link_id": 99_999, "customer_id": "1"})
    assert "bind_link_id" in error_of(refused)["fields"]
    link = link_of(template, bind_once=True)
    assert api.post(f"{REST}links/{link.pk}/open/").status_code == 200
    assert error_of(api.post(f"{REST}links/{link.pk}/open/"))["code"] == "bind_link_used"


def test_links_of_another_account_are_out_of_reach(bob: Account, template: BindingTemplate) -> None:
    link = link_of(template)
    stranger = client_of(bob)
    assert stranger.post(f"{REST}links/{link.pk}/open/").status_code == 404
    assert stranger.delete(f"{REST}templates/{template.pk}/").status_code == 404
    assert stranger.get(f"{REST}links/").json()["results"] == []


# The console


def test_a_template_a_link_and_a_binding_are_made_in_the_console(alice: Account, console: Client) -> None:
    set_callback(account=alice, url="http://127.0.0.1:9/b", headers={}, now=NOW)
    contact = contacts.create(account=alice, now=NOW, display_name="Mio")
    console.post(f"{PAGE}templates/new/", {"name": "Binding"})
    template = BindingTemplate.objects.get()
    console.post(PAGE, {"template": template.pk, "customer_id": CUSTOMER, "email": "", "mobile": ""})
    link = BindLink.objects.get()
    assert CUSTOMER in console.get(PAGE).content.decode()
    answer = console.post(f"{PAGE}{link.pk}/open/", {"contact": contact.line_uid}, follow=True)
    assert "binding.callback" in answer.content.decode()
    contact.refresh_from_db()
    assert contact.customer_id == CUSTOMER
    console.post(f"{PAGE}templates/{template.pk}/delete/")
    assert not BindLink.objects.exists()


def test_a_bad_link_in_the_console_shows_its_error(console: Client, template: BindingTemplate) -> None:
    page = console.post(PAGE, {"template": template.pk, "customer_id": CUSTOMER, "mobile": "12"})
    assert "Write a number such as" in page.content.decode()
    assert not BindLink.objects.exists()


# Traffic


@pytest.mark.any_lock_order  # The links are rows of the play's own transaction, so nobody can wait for them.
def test_a_play_opens_bind_links_and_the_callbacks_are_on_their_way(alice: Account) -> None:
    set_callback(account=alice, url="http://127.0.0.1:9/b", headers={}, now=NOW)
    text = "rate: 2\nseconds: 10\ncontacts: {at_start: 2, bound: 0}\nmix: {points: 1, bind_link: 2}\n"
    play = traffic.start(account=alice, text=text, seed="7", now=NOW)
    play_all()
    play.refresh_from_db()
    opened = play.counts["bind_link"][0]
    assert (play.status, play.counts["points"][1]) == ("finished", 20)
    callbacks = Event.objects.filter(topic="binding.callback").count()
    assert opened == callbacks == BindLink.objects.filter(bindings=1).count() > 5
    customers = set(Contact.objects.exclude(customer_id=None).values_list("customer_id", flat=True))
    assert set(BindLink.objects.values_list("customer_id", flat=True)) <= customers
