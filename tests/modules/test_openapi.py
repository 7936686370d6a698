"""MAAC's Open API: each documented call answers as the contract says, refuses in MAAC's form, and keeps its limits."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import override_settings
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from modules.contacts.models import Contact
from modules.contacts.services import create
from modules.messages import services as messages
from modules.messages.models import DirectMessage, MessageEvent, Recipient, Template
from modules.messages.opens import open_message
from modules.notifications import services as notifications
from modules.notifications.models import Message
from modules.notifications.models import Template as Setting
from modules.openapi.limits import take
from modules.openapi.models import Bucket
from tests.brands import NOW, anyone, client_of, race

V1 = "/openapi/v1/"
UID = "U" + "0f" * 16
NOT_PERMITTED = "You do not have permission to perform this action."

EVENT = ["id", "archived", "name", "created_at"]
TOTAL = ["opens", "clicks", "unique_clicks", "adds_to_cart", "transactions", "transaction_revenue"]
SETTING = [
    "id", "name", "status", "line_push_enabled", "pnp_enabled", "fallback_enabled", "fallback_period", "parameters",
    "sms_parameters",
]  # fmt: skip
PNP_MESSAGE = [
    "pnp_message_id", "phone_number", "status", "line_push_template_id", "line_push_status", "line_push_delivered_at",
    "line_push_error_category", "pnp_status", "pnp_delivered_at", "sms_status", "sms_delivered_at",
    "sms_error_category", "updated_at",
]  # fmt: skip
MEMBER = [
    "line_uid", "line_display_name", "display_name", "email", "mobile", "customer_id", "gender", "birthday", "tags",
    "tags_detail", "status", "updated_at", "created_at", "blocked_at",
]  # fmt: skip


def page(of: list[str]) -> dict[str, Any]:
    return {"results": [of], "next": None}


SHAPES: dict[str, tuple[int, Any]] = {
    "GET event/": (200, page(EVENT)),
    "POST event/": (201, ["id", "name"]),
    "GET event/{event}/": (200, EVENT),
    "GET event/{event}/report/": (200, {"id": None, "report": {"total": TOTAL, "urls": [], "messages": []}}),
    "GET template/": (200, page(["id", "name", "parameters"])),
    "POST direct_message/push/": (200, ["id", "event", "result"]),
    "POST direct_message/multicast/": (200, ["id", "result"]),
    "POST direct_message/enhanced_multicast/": (200, ["id", "result"]),
    "GET direct_message/{message}/": (
        200,
        {
            "id": None,
            "category": None,
            "status": None,
            "event_id": None,
            "result": {
                "sent_time": None,
                "to": {"line_ids": [None]},
                "total_count": None,
                "fail_count": None,
                "fail_info": [["line_uid", "mark", "response"]],
            },
        },
    ),
    "GET pnp/setting/": (200, page(SETTING)),
    "GET pnp/setting/{setting}/": (200, {**dict.fromkeys(SETTING), "metric": ["all", "fail", "pnp", "sms"]}),
    "POST pnp/message/push/": (200, ["id", "result"]),
    "POST pnp/message/multicast/": (200, [["id", "result"]]),
    "GET pnp/message/": (200, page(PNP_MESSAGE)),
    "GET member/": (200, page(MEMBER)),
    "PATCH member/{member}/": (200, MEMBER),
}
"""Of each call its status and the shape of its answer, after the contract's section 5."""


def assert_shape(answer: Any, shape: Any) -> None:
    """A list of names: an object with just these, in this order. A list of something else: a list of such."""
    if isinstance(shape, dict):
        assert list(answer) == list(shape)
        for name, inner in shape.items():
            assert_shape(answer[name], inner)
    elif isinstance(shape, list) and shape and all(isinstance(each, str) for each in shape):
        assert list(answer) == shape
    elif isinstance(shape, list):
        assert isinstance(answer, list)
        assert bool(answer) is bool(shape)
        for each in answer:
            assert_shape(each, shape[0])


@pytest.fixture
def template(alice: Account) -> Template:
    return messages.create_template(account=alice, name="Coupon", parameters=["NAME"], now=NOW)


@pytest.fixture
def event(alice: Account) -> MessageEvent:
    return messages.create_event(account=alice, name="Spring", now=NOW)


@pytest.fixture
def setting(alice: Account) -> Setting:
    return notifications.create_template(
        account=alice, name="Shipped", parameters=["ORDER"], sms_parameters=["ORDER"], now=NOW
    )


@pytest.fixture
def hanako(alice: Account) -> Contact:
    return create(
        account=alice,
        now=NOW,
        line_uid=UID,
        customer_id="M-1",
        tags=["VIP"],
        mobile="0912345678",
        email="h@example.com",
    )


@pytest.fixture
def push_body(template: Template, hanako: Contact) -> dict[str, Any]:
    return {"template_id": template.pk, "data": {"line_uid": UID, "NAME": "Hanako"}}


@pytest.fixture
def pnp_body(setting: Setting) -> dict[str, Any]:
    texts = {"pnp": {"ORDER": "A-1"}, "sms": {"ORDER": "A-1"}}
    return {"pnp_setting_id": setting.pk, "data": {"phone_number": "+886912345678", **texts}}


def posted(api: APIClient, path: str, body: Any) -> Any:
    """As a client that writes ASCII only, so that it can send what has no UTF-8 form."""
    return api.generic("POST", V1 + path, json.dumps(body), "application/json")


# Answers


@pytest.mark.parametrize("call", SHAPES)
def test_each_documented_call_answers_in_the_contracts_shape(
    call: str,
    api: APIClient,
    alice: Account,
    template: Template,
    event: MessageEvent,
    setting: Setting,
    hanako: Contact,
    push_body: dict[str, Any],
    pnp_body: dict[str, Any],
) -> None:
    stranger = "U" + "ab" * 16
    message = messages.push(account=alice, template=template, line_uid=stranger, values={"NAME": "x"}, now=NOW).message
    notifications.push(account=alice, template=setting, now=NOW, **pnp_body["data"])
    bodies: dict[str, Any] = {
        "POST event/": {"name": "Summer"},
        "POST direct_message/push/": {**push_body, "event_id": event.pk},
        "POST direct_message/multicast/": {**push_body, "data": [push_body["data"]]},
        "POST direct_message/enhanced_multicast/": {**push_body, "line_uids": [UID]},
        "POST pnp/message/push/": pnp_body,
        "POST pnp/message/multicast/": {**pnp_body, "data": [pnp_body["data"]]},
        "PATCH member/{member}/": {"display_name": "花子"},
    }
    method, path = call.split()
    ids = {"event": event.pk, "message": message.pk, "setting": setting.pk, "member": UID}
    answer = api.generic(method, V1 + path.format(**ids), json.dumps(bodies.get(call, {})), "application/json")
    status, shape = SHAPES[call]
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/json"
    assert_shape(answer.json(), shape)


def test_a_push_is_sent_at_once_and_says_how_line_took_it(
    api: APIClient, event: MessageEvent, push_body: dict[str, Any]
) -> None:
    made = api.post(f"{V1}direct_message/push/", {**push_body, "event_id": event.pk}).json()
    assert (made["event"], made["result"]) == ("Spring", "success")
    shown = api.get(f"{V1}direct_message/{made['id']}/").json()
    assert (shown["category"], shown["status"], shown["event_id"]) == ("push", "sent", event.pk)
    result = shown["result"]
    assert (result["to"], result["total_count"], result["fail_count"]) == ({"line_ids": [UID]}, 1, 0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+08:00", result["sent_time"])


@pytest.mark.parametrize("line_answer", ["timeout", "error"])
def test_a_template_can_make_line_fail(
    api: APIClient, template: Template, push_body: dict[str, Any], line_answer: str
) -> None:
    messages.edit_template(template=template, line_answer=line_answer, now=NOW)
    assert api.post(f"{V1}direct_message/push/", push_body).json()["result"] == line_answer


def test_a_push_to_somebody_who_left_says_why_in_an_object(
    api: APIClient, alice: Account, push_body: dict[str, Any]
) -> None:
    gone = create(account=alice, now=NOW, status="unfollow")
    made = api.post(f"{V1}direct_message/push/", {**push_body, "data": {"line_uid": gone.line_uid, "NAME": "x"}}).json()
    assert_shape(made["result"], {"message": None, "details": [["message", "property"]]})
    info = api.get(f"{V1}direct_message/{made['id']}/").json()["result"]["fail_info"]
    assert [(each["line_uid"], each["mark"]) for each in info] == [(gone.line_uid, "blocked")]


def test_a_multicast_goes_from_pending_through_sending_to_sent(
    api: APIClient, push_body: dict[str, Any], event: MessageEvent
) -> None:
    body = {**push_body, "data": [push_body["data"]], "event_id": event.pk}
    with override_settings(MESSAGE_SEND_SECONDS=3600):
        made = api.post(f"{V1}direct_message/multicast/", body).json()
    assert made["result"] == "pending"
    path = f"{V1}direct_message/{made['id']}/"
    assert api.get(path).json() == {
        "id": made["id"], "category": "multicast", "status": "pending", "event_id": event.pk,
    }  # fmt: skip
    for hours, status in ((0.75, "sending"), (1.25, "sent")):
        row = DirectMessage.objects.get(pk=made["id"])
        now = datetime.now(NOW.tzinfo)
        row.created_at, row.sent_at = now - timedelta(hours=hours), now - timedelta(hours=hours - 1)
        row.save()
        answer = api.get(path).json()
        assert answer["status"] == status
        assert ("result" in answer) is (status == "sent")


def test_the_report_counts_every_open_of_messages_sent_under_the_event(
    api: APIClient, alice: Account, template: Template, event: MessageEvent, hanako: Contact
) -> None:
    values = {"NAME": "x"}
    pushed = [
        messages.push(account=alice, template=template, line_uid=UID, values=values, event=event, now=NOW).message
        for _ in range(2)
    ]
    for message in (*pushed, pushed[0]):
        open_message(contact=hanako, message=message, now=NOW)
    path = f"{V1}event/{event.pk}/report/"
    assert api.get(path).json()["report"]["total"] == {**dict.fromkeys(TOTAL, 0), "opens": 3}
    day = NOW.astimezone(alice.zone_info).date()
    queries: list[tuple[dict[str, Any], int]] = [
        ({"start_date": day, "end_date": day}, 3),
        ({"start_date": day + timedelta(days=1)}, 0),
        ({"end_date": day - timedelta(days=1)}, 0),
    ]
    for query, opens in queries:
        assert api.get(path, query).json()["report"]["total"]["opens"] == opens
    assert Event.objects.filter(topic="message.first_open").count() == 1


def test_events_are_found_by_name(api: APIClient, alice: Account, event: MessageEvent) -> None:
    messages.create_event(account=alice, name="Summer", now=NOW)
    assert [row["name"] for row in api.get(f"{V1}event/", {"name": "spri"}).json()["results"]] == ["Spring"]


def test_the_1001st_event_is_refused_in_maacs_words(api: APIClient, alice: Account) -> None:
    MessageEvent.objects.bulk_create(MessageEvent(account=alice, name=str(n), created_at=NOW) for n in range(1000))
    answer = api.post(f"{V1}event/", {"name": "one more"})
    assert answer.status_code == 400
    assert answer.json() == {"detail": "The number of events has reached the limit"}


def test_a_pnp_push_is_reported_and_listed(api: APIClient, pnp_body: dict[str, Any], event: MessageEvent) -> None:
    pnp_body["data"]["customized_id"] = "A-1"
    made = api.post(f"{V1}pnp/message/push/", {**pnp_body, "event_id": event.pk}).json()
    assert made["result"] == "success"
    output = json.loads(Event.objects.get(topic="pnp.status_updated").body)["data"]
    assert (output["pnp_message_id"], output["event_id"], output["customized_id"]) == (made["id"], event.pk, "A-1")
    (row,) = api.get(f"{V1}pnp/message/", {"customized_id": "A-1"}).json()["results"]
    assert {name: row[name] for name in PNP_MESSAGE[:-1]} == {name: output[name] for name in PNP_MESSAGE[:-1]}
    assert api.get(f"{V1}pnp/message/", {"customized_id": "A-2"}).json()["results"] == []


def test_a_pnp_push_that_line_does_not_take_says_so(api: APIClient, pnp_body: dict[str, Any]) -> None:
    pnp_body["data"]["phone_number"] = "+886900000503"
    made = api.post(f"{V1}pnp/message/push/", pnp_body).json()
    assert made["result"] == "failed to send messages"


def test_a_pnp_multicast_has_a_result_for_each_number(api: APIClient, pnp_body: dict[str, Any]) -> None:
    numbers = [f"+88691234567{digit}" for digit in range(3)]
    body = {**pnp_body, "data": [{**pnp_body["data"], "phone_number": number} for number in numbers]}
    answer = api.post(f"{V1}pnp/message/multicast/", body).json()
    assert {each["result"] for each in answer} == {"pending"}
    assert [Message.objects.get(pk=each["id"]).phone_number for each in answer] == numbers


def test_pnp_messages_are_found_by_setting_and_time(
    api: APIClient, alice: Account, setting: Setting, pnp_body: dict[str, Any]
) -> None:
    notifications.push(account=alice, template=setting, now=NOW, **pnp_body["data"])
    # NOW is 09:00 at Taipei, which is meant where no offset is given.
    for query, count in (
        ({"pnp_setting_id": setting.pk}, 1),
        ({"updated_at_min": "2026-03-05T09:00:00"}, 1),
        ({"updated_at_min": "2026-03-05T09:00:01"}, 0),
        ({"updated_at_max": "2026-03-05T09:00:00"}, 1),
        ({"updated_at_max": "2026-03-05T00:59:59Z"}, 0),
        ({"updated_at_min": "2026-03-05T10:00:00+09:00", "updated_at_max": "2026-03-05T10:00:00+09:00"}, 1),
    ):
        assert len(api.get(f"{V1}pnp/message/", query).json()["results"]) == count, query


@pytest.mark.parametrize(
    "query",
    [
        {"line_uid": UID},
        {"email": "h@example.com"},
        {"mobile": "+886912345678"},
        {"mobile": "0912345678"},
        {"customer_id": "M-1"},
        {"status": "auth"},
        {"status": "auth", "email": "", "updated_at_min": "", "start": ""},
        {"updated_at_min": "2026-03-05", "updated_at_max": "2026-03-05"},
    ],
)
def test_members_are_found_by_what_is_known_of_them(
    api: APIClient, alice: Account, hanako: Contact, query: dict[str, str]
) -> None:
    create(account=alice, now=NOW + timedelta(days=1))
    assert [row["line_uid"] for row in api.get(f"{V1}member/", query).json()["results"]] == [UID]


def test_a_member_is_changed_bound_and_unbound(api: APIClient, hanako: Contact) -> None:
    path = f"{V1}member/{UID}/"
    member = api.patch(path, {"mobile": "0987654321", "birthday": "1990-04-12", "gender": "female"}).json()
    assert (member["mobile"], member["birthday"], member["gender"]) == ("+886987654321", "1990-04-12", "female")
    assert (member["customer_id"], member["status"]) == ("M-1", "auth")
    freed = api.patch(path, {"customer_id": None}).json()
    assert (freed["customer_id"], freed["status"]) == (None, "auth")


# Refusals

EVERY_PATH = [(*call.split(), shape) for call, shape in SHAPES.items()]


@pytest.mark.parametrize("token", [None, "wrong", ""])
@pytest.mark.parametrize(("method", "path", "shape"), EVERY_PATH)
def test_without_a_good_token_nothing_is_permitted(
    db: None, method: str, path: str, shape: Any, token: str | None
) -> None:
    client = anyone()
    if token is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    answer = client.generic(method, V1 + path.format(event=1, message=1, setting=1, member=UID))
    assert answer.status_code == 403
    if method == "POST" and path.startswith("pnp/message/"):
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.content.decode() == NOT_PERMITTED.rstrip(".")
    else:
        assert answer.json() == {"detail": NOT_PERMITTED}


@pytest.mark.parametrize(
    "path",
    ["event", "event/99/", "event/99/report/", f"event/{10**30}/", "direct_message/99/", "pnp/setting/99/", "x", ""],
)
def test_what_is_not_there_is_not_found(api: APIClient, path: str) -> None:
    answer = api.get(V1 + path)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not found."}


def test_an_unknown_member_or_setting_of_messages_is_not_found(api: APIClient) -> None:
    assert api.patch(f"{V1}member/{UID}/", {"email": ""}).json() == {"detail": "Not found."}
    answer = api.get(f"{V1}pnp/message/", {"pnp_setting_id": 99})
    assert (answer.status_code, answer.json()) == (404, {"detail": "pnp_setting_id not found"})


def test_what_is_another_brands_is_not_there(
    api: APIClient, bob: Account, event: MessageEvent, setting: Setting, push_body: Any, pnp_body: Any
) -> None:
    made = api.post(f"{V1}direct_message/push/", push_body).json()
    theirs = client_of(bob)
    for path in (f"event/{event.pk}/", f"direct_message/{made['id']}/", f"pnp/setting/{setting.pk}/"):
        assert api.get(V1 + path).status_code == 200
        assert theirs.get(V1 + path).status_code == 404
    for path in ("event/", "template/", "pnp/setting/", "pnp/message/", "member/"):
        assert theirs.get(V1 + path).json()["results"] == []
    assert theirs.post(f"{V1}direct_message/push/", push_body).json() == {"template_id": ["Template not found."]}
    assert theirs.post(f"{V1}pnp/message/push/", pnp_body).content == b"pnp setting not found"
    assert theirs.patch(f"{V1}member/{UID}/", {"email": ""}).status_code == 404


@pytest.mark.parametrize(
    ("path", "changes", "field"),
    [
        ("push", {"template_id": None}, "template_id"),
        ("push", {"template_id": 99}, "template_id"),
        ("push", {"template_id": 10**30}, "template_id"),
        ("push", {"event_id": 99}, "event_id"),
        ("push", {"data": None}, "data"),
        ("push", {"data": []}, "data"),
        ("push", {"data": {"NAME": "x"}}, "data.line_uid"),
        ("push", {"data": {"line_uid": 7, "NAME": "x"}}, "data.line_uid"),
        ("push", {"data": {"line_uid": UID}}, "data.NAME"),
        ("push", {"data": {"line_uid": UID, "NAME": ["x"]}}, "data.NAME"),
        ("push", {"data": {"line_uid": UID, "NAME": "\u0000"}}, "data.NAME"),
        ("push", {"data": {"line_uid": UID, "NAME": "\ud800"}}, "data.NAME"),
        ("multicast", {"data": {}}, "data"),
        ("multicast", {"data": []}, "data"),
        ("multicast", {"data": [{"line_uid": UID, "NAME": "x"}] * 151}, "data"),
        ("multicast", {"data": [{"line_uid": UID, "NAME": "x"}, {"line_uid": UID}]}, "data.1.NAME"),
        ("multicast", {"data": [{"line_uid": UID, "NAME": "x"}, {"NAME": "x"}]}, "data.1.line_uid"),
        ("multicast", {"data": [7]}, "data.0"),
        ("enhanced_multicast", {"line_uids": []}, "line_uids"),
        ("enhanced_multicast", {"line_uids": UID}, "line_uids"),
        ("enhanced_multicast", {"line_uids": [UID] * 501}, "line_uids"),
        ("enhanced_multicast", {"line_uids": [UID, "U1"]}, "line_uids.1"),
        ("enhanced_multicast", {"line_uids": [{}]}, "line_uids.0"),
        ("enhanced_multicast", {"data": {}}, "data.NAME"),
    ],
)
def test_a_bad_message_is_refused_by_field_and_nothing_is_stored(
    api: APIClient, push_body: dict[str, Any], path: str, changes: dict[str, Any], field: str
) -> None:
    body = {
        **push_body,
        "line_uids": [UID],
        **({"data": [push_body["data"]]} if path == "multicast" else {}),
        **changes,
    }
    answer = posted(api, f"direct_message/{path}/", body)
    assert answer.status_code == 400
    found = answer.json()
    assert len(found) == 1
    for step in field.split("."):
        found = found[step]
    assert isinstance(found, list)
    assert found[0]
    assert not DirectMessage.objects.exists()
    assert not Recipient.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pnp_setting_id": None}, "pnp_setting_id field is required"),
        ({"pnp_setting_id": 99}, "pnp setting not found"),
        ({"event_id": 99}, "message event not found"),
        ({"data": {}}, "phone_number field is required"),
        ({"data": {"phone_number": ""}}, "phone_number field is required"),
        ({"data": {"phone_number": "0912345678", "pnp": {"ORDER": "1"}, "sms": {"ORDER": "1"}}}, "pattern"),
        ({"data": {"phone_number": "a" * 64, "pnp": {"ORDER": "1"}, "sms": {"ORDER": "1"}}}, "pattern"),
        ({"data": {"phone_number": "+886912345678", "sms": {"ORDER": "1"}}}, "ORDER field is required"),
        ({"data": {"phone_number": "+886912345678", "pnp": {"ORDER": "1"}}}, "ORDER field is required"),
        ({"data": {"phone_number": "+886912345678", "pnp": {"ORDER": None}, "sms": {}}}, "ORDER field is required"),
    ],
)
def test_a_bad_pnp_push_is_refused_by_one_line_of_text(
    api: APIClient, pnp_body: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    wanted = "this value does not match the required pattern" if sentence == "pattern" else sentence
    bodies = {"push": {**pnp_body, **changes}}
    bodies["multicast"] = {**bodies["push"], "data": [bodies["push"]["data"]]}
    for path, body in bodies.items():
        answer = api.post(f"{V1}pnp/message/{path}/", body)
        assert (answer.status_code, answer.content.decode()) == (400, wanted)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert not Message.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"data": []},
        {"data": "x"},
        {"data": [7]},
        {"data": {"phone_number": 7}},
        {"data": {"phone_number": "+886912345678", "pnp": {"ORDER": "\ud800"}, "sms": {"ORDER": "1"}}},
        {"data": {"phone_number": "+886912345678", "pnp": {"ORDER": "1", "\u0000": "1"}, "sms": {"ORDER": "1"}}},
        {"data": {"phone_number": "+886912345678", "pnp": {"ORDER": [1]}, "sms": {"ORDER": "1"}}},
        {"data": {"phone_number": "+886912345678", "pnp": {"ORDER": "x" * 2000}, "sms": {"ORDER": "1"}}},
        {
            "data": {
                "phone_number": "+886912345678",
                "pnp": {"ORDER": "1"},
                "sms": {"ORDER": "1"},
                "customized_id": "\n",
            }
        },
    ],
)
def test_no_nonsense_gets_through_a_pnp_call(api: APIClient, pnp_body: dict[str, Any], changes: Any) -> None:
    body = {**pnp_body, **changes}
    lists = [body["data"] if isinstance(body["data"], list) else [body["data"]]]
    for path, data in (("push", body["data"]), ("multicast", lists[0])):
        answer = posted(api, f"pnp/message/{path}/", {**body, "data": data})
        assert answer.status_code == 400
        assert "\n" not in answer.content.decode()
        assert answer.content
    assert not Message.objects.exists()


def test_a_pnp_multicast_stores_all_or_nothing(api: APIClient, pnp_body: dict[str, Any]) -> None:
    good = pnp_body["data"]
    for data in ([good, {**good, "phone_number": "x"}], [good] * 151):
        assert api.post(f"{V1}pnp/message/multicast/", {**pnp_body, "data": data}).status_code == 400
        assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("path", "query", "fields"),
    [
        ("event/", {"start": "x"}, ["start"]),
        ("event/", {"name": "\x00"}, ["name"]),
        ("pnp/message/", {"updated_at_min": "x", "updated_at_max": "2026-13-01"}, ["updated_at_min", "updated_at_max"]),
        ("pnp/message/", {"pnp_setting_id": "x"}, ["pnp_setting_id"]),
        ("pnp/message/", {"updated_at_min": "0001-01-01T00:00:00"}, ["updated_at_min"]),
        ("pnp/message/", {"updated_at_max": "9999-12-31T23:59:59"}, ["updated_at_max"]),
        ("member/", {"status": "gone"}, ["status"]),
        ("member/", {"updated_at_min": "yesterday"}, ["updated_at_min"]),
        ("member/", {"email": "\x00"}, ["email"]),
        ("event/{event}/report/", {"start_date": "05/03/2026"}, ["start_date"]),
        ("event/{event}/report/", {"end_date": "9999-12-31"}, ["end_date"]),
        ("event/{event}/report/", {"start_date": "2026-03-05", "end_date": "2026-03-04"}, ["end_date"]),
    ],
)
def test_a_bad_query_is_refused_by_field(
    api: APIClient, event: MessageEvent, path: str, query: dict[str, str], fields: list[str]
) -> None:
    answer = api.get(V1 + path.format(event=event.pk), query)
    assert answer.status_code == 400
    assert list(answer.json()) == fields


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "hanako"}, "email"),
        ({"mobile": "12"}, "mobile"),
        ({"gender": "other"}, "gender"),
        ({"birthday": "yesterday"}, "birthday"),
        ({"birthday": "3000-01-01"}, "birthday"),
        ({"display_name": None}, "display_name"),
        ({"customer_id": "M-2"}, "detail"),
    ],
)
def test_a_member_is_not_changed_to_something_wrong(
    api: APIClient, alice: Account, hanako: Contact, body: dict[str, Any], field: str
) -> None:
    create(account=alice, now=NOW, customer_id="M-2")
    answer = api.patch(f"{V1}member/{UID}/", {"mobile": "0987654321", **body})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    hanako.refresh_from_db()
    assert hanako.mobile == "+886912345678"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"null", b'"x"', b"\xff", b"[" * 5000])
@pytest.mark.parametrize("path", ["event/", "direct_message/push/", "pnp/message/push/"])
def test_a_body_that_is_no_object_is_refused(api: APIClient, path: str, content: Any) -> None:
    answer = api.generic("POST", V1 + path, content, "application/json")
    assert answer.status_code == 400
    assert answer.content


def test_a_wrong_method_or_media_type_is_reported(api: APIClient) -> None:
    assert api.delete(f"{V1}event/").status_code == 405
    assert api.generic("POST", f"{V1}event/", "name=x", "application/x-www-form-urlencoded").status_code == 415
    answer = api.get(f"{V1}pnp/message/push/")
    assert (answer.status_code, answer.content) == (405, b'Method "GET" not allowed')


def test_errors_are_in_english_whatever_the_client_prefers(api: APIClient) -> None:
    answer = api.post(f"{V1}event/", {}, HTTP_ACCEPT_LANGUAGE="ja")
    assert answer.json() == {"name": ["This field is required."]}


# Pages


def pages(api: APIClient, path: str) -> list[list[Any]]:
    found: list[list[Any]] = []
    start: str | None = ""
    while start is not None:
        answer = api.get(V1 + path, {"start": start} if start else {}).json()
        found.append(answer["results"])
        start = answer["next"]
    return found


def test_lists_come_300_a_page_and_each_row_once(api: APIClient, alice: Account, setting: Setting) -> None:
    count = 601
    make: dict[str, Callable[[int], Model]] = {
        "event/": lambda n: MessageEvent(account=alice, name=str(n), created_at=NOW),
        "template/": lambda n: Template(account=alice, name=str(n), created_at=NOW, updated_at=NOW),
        "member/": lambda n: Contact(account=alice, line_uid=f"U{n:032x}", created_at=NOW, updated_at=NOW),
        "pnp/message/": lambda n: Message(
            account=alice,
            template=setting,
            phone_number=f"+8869{n:08}",
            plan={},
            status="pnp_delivered",
            created_at=NOW,
            updated_at=NOW + timedelta(seconds=n // 2),
        ),
    }
    for path, row in make.items():
        rows = [row(number) for number in range(count)]
        type(rows[0])._default_manager.bulk_create(rows)
        found = pages(api, path)
        assert [len(each) for each in found] == [300, 300, 1], path
        keys = [json.dumps(each) for page in found for each in page]
        assert len(set(keys)) == count, path
    changes = [each["updated_at"] for page in pages(api, "pnp/message/") for each in page]
    assert changes == sorted(changes, reverse=True)


def test_a_token_of_another_list_is_none_of_this(api: APIClient, alice: Account) -> None:
    MessageEvent.objects.bulk_create(MessageEvent(account=alice, name=str(n), created_at=NOW) for n in range(301))
    token = api.get(f"{V1}event/").json()["next"]
    assert len(api.get(f"{V1}event/", {"start": token}).json()["results"]) == 1
    for path in ("pnp/message/", "template/", "member/"):
        assert list(api.get(V1 + path, {"start": token}).json()) == ["start"]


# Rate limits


@pytest.mark.parametrize(("call", "limit"), [("push", 170), ("multicast", 10), ("pnp_push", 170)])
def test_a_second_allows_as_many_calls_as_maac_and_the_next_second_as_many_again(
    alice: Account, call: str, limit: int
) -> None:
    now = NOW
    for _ in range(2):
        waits = [take(account=alice, call=call, now=now) for _ in range(limit + 5)]
        assert waits[:limit] == [None] * limit
        assert all(wait and 0 < wait <= 1.01 / limit for wait in waits[limit:])
        now += timedelta(seconds=1)


def test_after_the_wait_that_was_told_there_is_room_for_one(alice: Account) -> None:
    while (wait := take(account=alice, call="multicast", now=NOW)) is None:
        pass
    later = NOW + timedelta(seconds=wait)
    assert take(account=alice, call="multicast", now=later) is None
    assert take(account=alice, call="multicast", now=later) is not None


def test_each_account_and_each_call_has_a_limit_of_its_own(alice: Account, bob: Account) -> None:
    while take(account=alice, call="multicast", now=NOW) is None:
        pass
    assert take(account=alice, call="pnp_multicast", now=NOW) is None
    assert take(account=bob, call="multicast", now=NOW) is None


def test_a_limit_of_nought_is_none(alice: Account) -> None:
    with override_settings(OPENAPI_RATE_LIMITS={"push": 0}):
        assert [take(account=alice, call="push", now=NOW) for _ in range(500)] == [None] * 500


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_calls_at_once(alice: Account) -> None:
    waits = race(16, lambda: take(account=alice, call="multicast", now=NOW))
    assert waits.count(None) == 10


LIMITED = {
    "direct_message/push/": "push",
    "direct_message/multicast/": "multicast",
    "direct_message/enhanced_multicast/": "enhanced_multicast",
    "pnp/message/push/": "pnp_push",
    "pnp/message/multicast/": "pnp_multicast",
}


@pytest.mark.parametrize(("path", "call"), LIMITED.items())
def test_a_call_past_its_limit_is_refused_until_time_has_passed(
    api: APIClient, alice: Account, path: str, call: str
) -> None:
    an_hour_on = int((datetime.now(NOW.tzinfo) + timedelta(hours=1)).timestamp() * 1_000_000)
    bucket = Bucket.objects.create(account=alice, call=call, full_at=an_hour_on)
    answer = api.post(V1 + path, {})
    assert answer.status_code == 429
    assert 3590 <= int(answer.headers["Retry-After"]) <= 3600
    if path.startswith("pnp"):
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    else:
        assert list(answer.json()) == ["detail"]
    Bucket.objects.filter(pk=bucket.pk).update(full_at=an_hour_on - 3601 * 1_000_000)
    assert api.post(V1 + path, {}).status_code == 400


def test_reading_and_a_call_that_is_not_permitted_use_nothing_up(api: APIClient, event: MessageEvent) -> None:
    api.get(f"{V1}event/")
    anyone().post(f"{V1}direct_message/push/", {})
    assert not Bucket.objects.exists()
