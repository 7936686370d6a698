"""Notifications: through REST, through the console, and step by step as time passes."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from modules.contacts import services as contacts
from modules.contacts.models import Contact
from modules.notifications import selectors, services, steps
from modules.notifications.errors import InvalidMessage, TemplateInactive
from modules.notifications.models import Binding, Message, Step, Template
from modules.notifications.services import Request
from tests.brands import NOW, client_of, error_of, race, refusal

PATH = "/api/v1/modules/notifications/"
PAGE = "/console/modules/notifications/"
NUMBER = "+886912345678"
HASH = hashlib.sha256(NUMBER.encode()).hexdigest()
MAGIC_SMS_RECOVERS = "+886900000605"
MAGIC_LINE = "+886900000200"


@pytest.fixture
def template(alice: Account) -> Template:
    return make_template(alice)


def make_template(account: Account, **changes: Any) -> Template:
    fields: dict[str, Any] = {"name": "発送のお知らせ", "line_push_enabled": True, **changes}
    return services.create_template(account=account, now=NOW, **fields)


def send(template: Template, number: str = NUMBER, **changes: Any) -> Message:
    fields: dict[str, Any] = {"line_push_template_id": 7, "now": NOW, **changes}
    return services.push(account=template.account, template=template, phone_number=number, **fields)


def output() -> list[dict[str, Any]]:
    """The data of every event so far, the oldest first."""
    return [json.loads(body)["data"] for body in Event.objects.order_by("id").values_list("body", flat=True)]


def wait_until_ended(message: Message) -> list[str]:
    """Let time pass, a second at a time; the statuses that were published."""
    now = NOW
    while Message.objects.filter(pk=message.pk, due_at__isnull=False).exists():
        now += timedelta(seconds=1)
        steps.advance_due(now=now)
        assert now < NOW + timedelta(minutes=1)
    return [data["status"] for data in output() if data["pnp_message_id"] == message.pk]


# Templates


def test_a_template_is_made_changed_and_listed(api: APIClient) -> None:
    made = api.post(f"{PATH}templates/", {"name": " 通知 ", "parameters": ["NAME"]})
    assert made.status_code == 201
    template = made.json()
    assert (template["name"], template["status"]) == ("通知", "active")
    assert (template["line_push_enabled"], template["pnp_enabled"], template["fallback_enabled"]) == (False, True, True)
    changed = api.patch(f"{PATH}templates/{template['id']}/", {"fallback_period": 30, "status": "inactive"}).json()
    assert (changed["fallback_period"], changed["status"], changed["name"]) == (30, "inactive", "通知")
    assert api.get(f"{PATH}templates/{template['id']}/").json() == changed
    assert [row["id"] for row in api.get(f"{PATH}templates/").json()["results"]] == [template["id"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "status": "gone"}, "status"),
        ({"name": "x", "fallback_period": -1}, "fallback_period"),
        ({"name": "x", "fallback_period": "soon"}, "fallback_period"),
        ({"name": "x", "pnp_enabled": False, "fallback_enabled": False}, "pnp_enabled"),
        ({"name": "x", "parameters": ["1"]}, "parameters"),
        ({"name": "x", "parameters": "NAME"}, "parameters"),
        ({"name": "x", "pnp": True}, "pnp"),
    ],
)
def test_a_template_that_is_not_right_is_refused_by_field(api: APIClient, body: Any, field: str) -> None:
    answer = api.post(f"{PATH}templates/", body)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert not Template.objects.exists()


# Messages on their way


def test_a_message_is_reported_at_once_and_at_each_step(alice: Account, template: Template) -> None:
    message = send(template, MAGIC_SMS_RECOVERS, customized_id="ORDER-1", event_id=12)
    assert [data["status"] for data in output()] == ["line_push_preparing"]
    walked = wait_until_ended(message)
    assert walked == [
        "line_push_preparing", "line_push_undeliverable", "pnp_preparing", "pnp_undeliverable",
        "sms_preparing", "sms_temporary_error", "sms_delivered",
    ]  # fmt: skip
    last = output()[-1]
    assert last["sms_delivered_at"].endswith("+08:00")
    assert last == {
        "pnp_setting_id": template.pk,
        "pnp_setting_name": "発送のお知らせ",
        "pnp_message_id": message.pk,
        "event_id": 12,
        "customized_id": "ORDER-1",
        "phone_number": MAGIC_SMS_RECOVERS,
        "status": "sms_delivered",
        "line_push_template_id": 7,
        "line_push_status": "line_push_undeliverable",
        "line_push_delivered_at": None,
        "line_push_error_category": "member_not_found",
        "pnp_status": "pnp_undeliverable",
        "pnp_delivered_at": None,
        "sms_status": "sms_delivered",
        "sms_delivered_at": last["sms_delivered_at"],
        "sms_error_category": None,
    }
    stored = list(Step.objects.order_by("id").values_list("status", "webhook_event_id"))
    events = list(Event.objects.order_by("id").values_list("pk", flat=True))
    assert stored == list(zip(walked, events, strict=True))


def test_nothing_moves_before_its_time_and_sms_waits_for_the_fallback_period(alice: Account, settings: Any) -> None:
    settings.NOTIFICATION_STEP_SECONDS, settings.NOTIFICATION_FALLBACK_SCALE = 2.0, 1.0
    template = make_template(alice, pnp_enabled=False, fallback_period=5)
    message = send(template, "+886900000404")
    assert steps.advance_due(now=NOW + timedelta(seconds=1.9)) == 0
    assert steps.advance_due(now=NOW + timedelta(seconds=2)) == 1
    failed_at = NOW + timedelta(seconds=2)
    assert steps.advance_due(now=failed_at + timedelta(minutes=4, seconds=59)) == 0
    assert steps.advance_due(now=failed_at + timedelta(minutes=5)) == 1
    message.refresh_from_db()
    assert message.status == "sms_preparing"


def test_line_push_reaches_a_friend_and_no_later_channel_is_tried(alice: Account, template: Template) -> None:
    contacts.create(account=alice, now=NOW, mobile=NUMBER)
    message = send(template)
    assert wait_until_ended(message) == ["line_push_preparing", "line_push_delivered"]
    assert output()[-1]["line_push_delivered_at"]
    assert output()[-1]["pnp_status"] is None


def test_without_a_line_push_template_line_push_is_not_tried(template: Template) -> None:
    message = send(template, line_push_template_id=None)
    assert wait_until_ended(message) == ["pnp_preparing", "pnp_accepted", "pnp_delivered"]
    assert output()[-1]["line_push_template_id"] is None


def test_a_contact_who_blocked_the_account_is_not_found_and_gets_an_sms(alice: Account, template: Template) -> None:
    contacts.create(account=alice, now=NOW, mobile=NUMBER, status="unfollow")
    assert wait_until_ended(send(template))[-1] == "sms_delivered"
    assert output()[-1]["line_push_error_category"] == "member_not_found"


def test_a_contact_of_another_brand_is_not_found(bob: Account, template: Template) -> None:
    contacts.create(account=bob, now=NOW, mobile=NUMBER)
    assert wait_until_ended(send(template))[1] == "line_push_undeliverable"


def test_the_monthly_limit_of_line_push_is_counted_by_the_accounts_month(alice: Account, template: Template) -> None:
    contacts.create(account=alice, now=NOW, mobile=NUMBER)
    services.set_conditions(account=alice, line_push_monthly_limit=1)
    send(template)
    assert send(template).plan["line_push"] == "monthly_limit"
    # March begins in Taipei while it is still February in UTC; NOW is in March, and the last hour of March comes.
    last_hour = datetime(2026, 3, 31, 15, 59, tzinfo=UTC)
    assert send(template, now=last_hour).plan["line_push"] == "monthly_limit"
    assert send(template, now=last_hour + timedelta(minutes=1)).plan["line_push"] == "delivered"


def test_a_batch_delivers_no_more_by_line_push_than_the_month_has_left(alice: Account, template: Template) -> None:
    contacts.create(account=alice, now=NOW, mobile=NUMBER)
    services.set_conditions(account=alice, line_push_monthly_limit=3)
    send(template)
    nobody = Request("+886912000000", line_push_template_id=7)
    requests = [nobody, *[Request(NUMBER, line_push_template_id=7)] * 150]
    sent = services.push_many(account=alice, template=template, requests=requests, now=NOW)
    assert sent[0].plan["line_push"] == "member_not_found"
    assert [message.plan["line_push"] for message in sent[1:]] == ["delivered"] * 2 + ["monthly_limit"] * 148


@pytest.mark.django_db(transaction=True)
def test_who_push_at_the_same_moment_share_what_the_month_has_left(alice: Account) -> None:
    template = make_template(alice)
    contacts.create(account=alice, now=NOW, mobile=NUMBER)
    services.set_conditions(account=alice, line_push_monthly_limit=5)
    requests = [Request(NUMBER, line_push_template_id=7)] * 3
    batches = race(6, lambda: services.push_many(account=alice, template=template, requests=requests, now=NOW))
    plans = [message.plan["line_push"] for batch in batches for message in batch]
    assert plans.count("delivered") == 5


def test_the_conditions_decide_how_sms_ends(api: APIClient, alice: Account) -> None:
    sms_only = make_template(alice, line_push_enabled=False, pnp_enabled=False, sms_parameters=["TEXT"])
    changed = api.patch(
        f"{PATH}conditions/",
        {"sms_vendor": "silent", "sensitive_words": ["賭"], "blocked_numbers": ["+886911111111"]},
    )
    assert changed.status_code == 200
    assert api.patch(f"{PATH}conditions/", {"numbers_off": ["+886922222222"]}).json()["sensitive_words"] == ["賭"]
    ends = {
        NUMBER: ("sms_callback_timeout", None),
        "+886911111111": ("sms_blocked", "target_reception_issue"),
        "+886922222222": ("sms_undeliverable", "target_reception_issue"),
        "+886223456789": ("sms_failed", "invalid_phone_number"),
    }
    for number, (status, error) in ends.items():
        assert wait_until_ended(send(sms_only, number, sms={"TEXT": "ok"}))[-1] == status
        assert output()[-1]["sms_error_category"] == error
    assert wait_until_ended(send(sms_only, sms={"TEXT": "線上賭場"}))[-1] == "sms_failed"
    assert output()[-1]["sms_error_category"] == "sensitive_words"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sms_vendor": "asleep"}, "sms_vendor"),
        ({"numbers_off": ["0912345678"]}, "numbers_off"),
        ({"line_push_monthly_limit": -1}, "line_push_monthly_limit"),
        ({"weather": "rain"}, "weather"),
    ],
)
def test_conditions_that_are_not_right_change_nothing(api: APIClient, body: Any, field: str) -> None:
    before = api.get(f"{PATH}conditions/").json()
    answer = api.patch(f"{PATH}conditions/", {"sms_vendor": "down", **body})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert api.get(f"{PATH}conditions/").json() == before


def test_line_push_finds_one_active_contact_by_its_exact_number(alice: Account) -> None:
    first = contacts.create(account=alice, now=NOW, mobile=NUMBER)
    without_sms = make_template(alice, fallback_enabled=False)

    def line_push(number: str = NUMBER) -> str:
        return str(send(without_sms, number).plan["line_push"])

    assert line_push() == "delivered"
    assert line_push("+886987654321") == "member_not_found"
    second = contacts.create(account=alice, now=NOW, mobile=NUMBER)
    assert line_push() == "member_not_found"
    contacts.edit(contact=second, now=NOW, status="unfollow")
    assert line_push() == "delivered"
    contacts.edit(contact=first, now=NOW, status="unfollow")
    assert line_push() == "member_not_found"


def test_a_hash_never_meets_a_contacts_number_but_line_knows_whose_it_is(alice: Account) -> None:
    contact = contacts.create(account=alice, now=NOW, mobile=NUMBER)
    without_sms = make_template(alice, fallback_enabled=False)
    assert send(without_sms, HASH).plan == {"line_push": "member_not_found", "pnp": "delivered"}
    assert output()[0]["phone_number"] == HASH
    contacts.edit(contact=contact, now=NOW, status="unfollow")
    assert send(without_sms, HASH).plan == {"line_push": "member_not_found", "pnp": "blocked_account"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone_number": "0912345678"}, "phone_number"),
        ({"phone_number": HASH}, "phone_number"),
        ({"phone_number": 886912345678}, "phone_number"),
        ({"pnp": {}}, "pnp.NAME"),
        ({"pnp": {"NAME": 7}}, "pnp.NAME"),
        ({"pnp": "NAME"}, "pnp"),
        ({"pnp": {"NAME": "x", "\0": "y"}}, "pnp.\0"),
        ({"event_id": 0}, "event_id"),
        ({"event_id": 2**63}, "event_id"),
        ({"customized_id": "x" * 101}, "customized_id"),
        ({"customized_id": ""}, "customized_id"),
        ({"template": 0}, "template"),
        ({"template": 2**63}, "template"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_message_that_is_not_right_is_refused_by_field_and_nothing_is_stored(
    api: APIClient, alice: Account, body: Any, field: str
) -> None:
    template = make_template(alice, parameters=["NAME"])
    answer = api.post(
        f"{PATH}messages/", {"template": template.pk, "phone_number": NUMBER, "pnp": {"NAME": "花子"}, **body}
    )
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert not Message.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("values", [r'{"\ud800": "x"}', r'{"\ud800": 7}', r'{"A": "\ud800"}'])
def test_half_a_character_is_refused(api: APIClient, template: Template, values: str) -> None:
    body = f'{{"template": {template.pk}, "phone_number": "{NUMBER}", "pnp": {values}}}'
    answer = api.generic("POST", f"{PATH}messages/", body, content_type="application/json")
    assert answer.status_code == 400
    assert error_of(answer)["fields"]
    assert not Event.objects.exists()


def test_nothing_is_sent_from_a_template_that_is_not_active(api: APIClient, template: Template) -> None:
    services.edit_template(template=template, now=NOW, status="inactive")
    answer = api.post(f"{PATH}messages/", {"template": template.pk, "phone_number": NUMBER})
    assert refusal(answer) == (409, "template_inactive")
    with pytest.raises(TemplateInactive):
        services.push(account=template.account, template=Template.objects.get(), phone_number=NUMBER, now=NOW)


def test_many_are_sent_together_or_none(template: Template) -> None:
    wrong = [Request(NUMBER), Request("x")]
    with pytest.raises(InvalidMessage) as refused:
        services.push_many(account=template.account, template=template, requests=wrong, now=NOW, is_batch=True)
    assert list(refused.value.fields) == ["[1].phone_number"]
    assert not Message.objects.exists()
    made = services.push_many(
        account=template.account, template=template, requests=[Request(NUMBER), Request(MAGIC_LINE)], now=NOW
    )
    assert [message.pk for message in made] == [data["pnp_message_id"] for data in output()]


def test_a_step_can_be_made_by_hand_until_the_message_has_ended(api: APIClient, template: Template) -> None:
    made = api.post(
        f"{PATH}messages/", {"template": template.pk, "phone_number": MAGIC_LINE, "line_push_template_id": 1}
    ).json()
    assert made["status"] == "line_push_preparing"
    assert made["plan"]["line_push"] == "delivered"
    ended = api.post(f"{PATH}messages/{made['id']}/advance/").json()
    assert (ended["status"], ended["due_at"]) == ("line_push_delivered", None)
    assert [step["status"] for step in ended["steps"]] == ["line_push_preparing", "line_push_delivered"]
    assert refusal(api.post(f"{PATH}messages/{made['id']}/advance/")) == (409, "message_ended")
    assert len(output()) == 2


def test_messages_are_listed_and_found(api: APIClient, template: Template) -> None:
    first, second = send(template), send(template, customized_id="ORDER-2")
    rows = api.get(f"{PATH}messages/").json()["results"]
    assert [row["id"] for row in rows] == [second.pk, first.pk]
    queries = ({"customized_id": "ORDER-2"}, {"template": template.pk, "limit": 1}, {"status": "line_push_preparing"})
    for query in queries:
        assert second.pk in [row["id"] for row in api.get(f"{PATH}messages/", query).json()["results"]]
    assert api.get(f"{PATH}messages/", {"status": "sms_failed"}).json()["results"] == []
    for query in ({"template": "x"}, {"template": "9" * 30}, {"colour": "red"}, {"customized_id": "a\0"}):
        assert api.get(f"{PATH}messages/", query).status_code == 400


def test_the_metric_counts_how_messages_ended(alice: Account, template: Template) -> None:
    for number in (MAGIC_LINE, "+886900000404", "+886900000600", "+886900000606"):
        wait_until_ended(send(template, number))
    send(template)
    assert selectors.metric(template=template) == {"all": 5, "fail": 1, "pnp": 2, "sms": 1}


def test_messages_of_the_open_api_come_newest_update_first_within_bounds(alice: Account, template: Template) -> None:
    first, second = send(template), send(template, now=NOW + timedelta(seconds=1))
    steps.advance(message=first, now=NOW + timedelta(seconds=2))
    assert list(selectors.messages(account=alice)) == [first, second]
    moment = NOW + timedelta(seconds=1)
    found = selectors.messages(account=alice, template=template, updated_at_min=moment, updated_at_max=moment)
    assert list(found) == [second]


def test_another_brands_templates_and_messages_do_not_exist(api: APIClient, bob: Account) -> None:
    theirs = make_template(bob)
    message = send(theirs)
    for answer in (
        api.get(f"{PATH}templates/{theirs.pk}/"),
        api.patch(f"{PATH}templates/{theirs.pk}/", {"name": "x"}),
        api.get(f"{PATH}messages/{message.pk}/"),
        api.post(f"{PATH}messages/{message.pk}/advance/"),
    ):
        assert answer.status_code == 404
    assert api.post(f"{PATH}messages/", {"template": theirs.pk, "phone_number": NUMBER}).status_code == 400
    assert api.get(f"{PATH}messages/").json()["results"] == []
    assert client_of(bob).get(f"{PATH}messages/{message.pk}/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_workers_that_advance_at_the_same_moment_make_each_step_once(alice: Account) -> None:
    template = make_template(alice)
    messages = [send(template, MAGIC_LINE) for _number in range(20)]
    moved = race(4, lambda: steps.advance_due(now=NOW + timedelta(seconds=1)))
    # A worker that finds all rows taken leaves them to the one that has them.
    while (more := steps.advance_due(now=NOW + timedelta(seconds=1))) > 0:
        moved.append(more)
    assert sum(moved) == len(messages)
    assert Step.objects.filter(status="line_push_delivered").count() == len(messages)
    assert Event.objects.count() == 2 * len(messages)


@pytest.mark.django_db(transaction=True)
def test_a_step_by_hand_and_one_by_a_worker_at_once_tell_no_status_twice(alice: Account) -> None:
    message = send(make_template(alice), MAGIC_SMS_RECOVERS)
    race(4, lambda: steps.advance(message=message, now=NOW + timedelta(seconds=1)))
    statuses = [data["status"] for data in output()]
    assert len(statuses) == len(set(statuses)) == 5


def test_a_message_that_has_ended_is_not_looked_at_for_ever(template: Template) -> None:
    message = send(template, MAGIC_LINE)
    walked = wait_until_ended(message)
    Message.objects.filter(pk=message.pk).update(due_at=NOW)
    assert steps.advance_due(now=NOW) == 1
    assert steps.advance_due(now=NOW) == 0
    assert [data["status"] for data in output()] == walked


def test_a_run_makes_moves_until_none_is_due_soon(template: Template) -> None:
    message = send(template, MAGIC_SMS_RECOVERS, now=datetime.now(UTC))
    steps.advance_while_due(is_over=lambda: False)
    message.refresh_from_db()
    assert message.status == "sms_delivered"
    steps.advance_while_due(is_over=lambda: True)


def test_looking_for_due_rows_costs_one_query_where_there_is_none(
    db: None, django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(1):
        assert steps.advance_due(now=NOW) == 0


# Bindings


def test_a_binding_is_reported_and_the_number_becomes_the_contacts(
    api: APIClient, alice: Account, template: Template
) -> None:
    contact = contacts.create(account=alice, now=NOW, customer_id="M-1")
    body = {"template": template.pk, "line_uid": contact.line_uid, "phone_number": NUMBER, "source": "sms"}
    made = api.post(f"{PATH}bindings/", body)
    assert made.status_code == 201
    contact.refresh_from_db()
    assert contact.mobile == NUMBER
    assert output() == [
        {
            "pnp_setting_id": template.pk,
            "pnp_setting_name": template.name,
            "source": "sms",
            "phone_number": NUMBER,
            "line_uid": contact.line_uid,
            "customer_id": "M-1",
        }
    ]
    assert [row["id"] for row in api.get(f"{PATH}bindings/").json()["results"]] == [made.json()["id"]]


def test_a_hash_binds_where_sms_is_off_and_tells_no_number(api: APIClient, alice: Account) -> None:
    without_sms = make_template(alice, fallback_enabled=False)
    contact = contacts.create(account=alice, now=NOW)
    body = {"template": without_sms.pk, "contact": contact.pk, "phone_number": HASH, "source": "pnp"}
    assert api.post(f"{PATH}bindings/", body).status_code == 201
    contact.refresh_from_db()
    assert contact.mobile == ""
    assert output()[0]["phone_number"] == HASH


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"line_uid": "U" + "ff" * 16}, "line_uid"),
        ({"phone_number": "x"}, "phone_number"),
        ({"phone_number": HASH}, "phone_number"),
        ({"source": "post"}, "source"),
        ({"source": "pnp"}, "source"),
        ({"template": 0}, "template"),
        ({"contact": 1}, "line_uid"),
    ],
)
def test_a_binding_that_is_not_right_is_refused_by_field_and_nothing_is_stored(
    api: APIClient, alice: Account, body: Any, field: str
) -> None:
    sms_only = make_template(alice, pnp_enabled=False)
    contact = contacts.create(account=alice, now=NOW)
    right = {"template": sms_only.pk, "line_uid": contact.line_uid, "phone_number": NUMBER, "source": "sms"}
    answer = api.post(f"{PATH}bindings/", {**right, **body})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert not Binding.objects.exists()
    assert not Event.objects.exists()
    assert Contact.objects.get().mobile == ""


def test_the_magic_numbers_are_listed(api: APIClient) -> None:
    rows = api.get(f"{PATH}magic-numbers/").json()
    assert {"+886900000404", MAGIC_SMS_RECOVERS} <= {row["phone_number"] for row in rows}


# The console


def test_the_pages_from_empty_to_a_bound_contact(console: Client, alice: Account) -> None:
    assert "No template yet" in console.get(PAGE).content.decode()
    form = {"name": "通知", "status": "active", "pnp_enabled": "on", "fallback_enabled": "on", "fallback_period": "5"}
    answer = console.post(f"{PAGE}templates/new/", {**form, "parameters": "NAME, DAY"}, follow=True)
    template = Template.objects.get()
    assert template.parameters == ["NAME", "DAY"]
    assert "+886900000404" in answer.content.decode()
    page = f"{PAGE}templates/{template.pk}/"
    refused = console.post(page, {"phone_number": "0912", "pnp.NAME": "x", "pnp.DAY": "y"})
    assert "Write a number such as" in refused.content.decode()
    sent = console.post(page, {"phone_number": MAGIC_LINE, "pnp.NAME": "花子", "pnp.DAY": "5/1"}, follow=True)
    message = Message.objects.get()
    assert "pnp_preparing" in sent.content.decode()
    assert message.parameters["pnp"] == {"NAME": "花子", "DAY": "5/1"}
    assert "The next step is due at" in console.get(f"{PAGE}messages/{message.pk}/live/").content.decode()
    for status in ("pnp_accepted", "pnp_delivered"):
        assert status in console.post(f"{PAGE}messages/{message.pk}/advance/", follow=True).content.decode()
    assert "has ended" in console.post(f"{PAGE}messages/{message.pk}/advance/", follow=True).content.decode()
    contact = contacts.create(account=alice, now=NOW)
    bind = f"{PAGE}messages/{message.pk}/bind/"
    nobody = console.post(bind, {"contact": "U" + "ff" * 16, "source": "pnp"})
    assert "no such contact" in nobody.content.decode()
    bound = console.post(bind, {"contact": contact.line_uid, "source": "pnp"}, follow=True)
    assert "is bound to" in bound.content.decode()
    contact.refresh_from_db()
    assert contact.mobile == MAGIC_LINE


def test_a_template_is_changed_by_its_form(console: Client, template: Template) -> None:
    page = f"{PAGE}templates/{template.pk}/edit/"
    assert template.name in console.get(page).content.decode()
    form = {"name": "新しい", "status": "inactive", "fallback_period": "5"}
    assert "Switch on at least one" in console.post(page, form).content.decode()
    console.post(page, {**form, "pnp_enabled": "on"})
    template.refresh_from_db()
    assert (template.name, template.status, template.fallback_enabled) == ("新しい", "inactive", False)
    assert "not active" in console.get(f"{PAGE}templates/{template.pk}/").content.decode()


def test_the_conditions_are_changed_by_their_form(console: Client, alice: Account) -> None:
    page = f"{PAGE}conditions/"
    assert console.get(page).status_code == 200
    form = {"sms_vendor": "down", "sensitive_words": "賭\n\n賭\n酒", "numbers_off": "0912"}
    assert "Write numbers such as" in console.post(page, form).content.decode()
    console.post(page, {**form, "numbers_off": NUMBER})
    found = selectors.conditions(account=alice)
    assert (found.sms_vendor, found.sensitive_words, found.numbers_off) == ("down", ["賭", "酒"], [NUMBER])
    assert NUMBER in console.get(page).content.decode()


def test_the_list_of_messages_is_read_in_few_queries_and_pages(
    console: Client, template: Template, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    services.push_many(
        account=template.account, template=template, requests=[Request(NUMBER) for _number in range(40)], now=NOW
    )
    with django_assert_max_num_queries(12):
        page = console.get(PAGE).content.decode()
    assert "Older" in page
    oldest = Message.objects.order_by("id").first()
    assert oldest
    assert f'messages/{oldest.pk}/"' not in page
    older = console.get(PAGE, {"before": oldest.pk + 10}).content.decode()
    assert f'messages/{oldest.pk}/"' in older
    assert console.get(f"{PAGE}live/").status_code == 200


def test_another_brands_notifications_have_no_page(console: Client, bob: Account) -> None:
    theirs = make_template(bob)
    message = send(theirs)
    paths = ("templates/{0}/", "templates/{0}/edit/", "messages/{1}/", "messages/{1}/live/", "messages/{1}/bind/")
    for path in paths:
        assert console.get(f"{PAGE}{path.format(theirs.pk, message.pk)}").status_code == 404
    assert console.post(f"{PAGE}messages/{message.pk}/advance/").status_code == 404
