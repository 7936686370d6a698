"""Rows of the calls about templates, message events, direct messages and reports (20 to 28)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Account
from modules.contacts.models import Contact
from modules.contacts.services import create
from modules.messages import clicks, services
from modules.messages.models import DirectMessage, MessageEvent, Recipient, Template
from modules.messages.opens import open_message
from modules.openapi.models import Bucket
from tests.modules.openapi.shapes import MICROSECONDS, NUM, SECONDS, STR, one_of
from tests.modules.openapi.sheet import Ask, Row, World, error, page, success

UID = "U" + "5f" * 16
STRANGER = "U" + "60" * 16
EVENT = {"id": NUM, "archived": False, "name": STR, "created_at": MICROSECONDS}
SALES = {"adds_to_cart": NUM, "transactions": NUM, "transaction_revenue": NUM}
TOTAL = {"opens": 1, "clicks": 3, "unique_clicks": 1, **SALES}
UTM = {"utm_campaign": "spring", "utm_source": "line", "utm_medium": None, "utm_content": None}
URL = {
    "id": NUM, "link": NUM, "url": "https://shop.example/new", **UTM, "clicks": 2, "unique_clicks": 1,
    "adds_to_cart": 3, "transactions": 1, "transaction_revenue": 590.0, "tags": ["spring"],
}  # fmt: skip
KEYWORD = {"id": NUM, "message": "More please", "clicks": 1, "tags": []}


def template(world: World, **details: Any) -> Template:
    return services.create_template(
        account=world.account, now=world.now, **{"name": "Parcel", "parameters": ["shop"], **details}
    )


def event(world: World) -> MessageEvent:
    return services.create_event(account=world.account, name="Parcels", now=world.now)


def contact(world: World) -> Contact:
    return create(account=world.account, now=world.now, line_uid=UID, customer_id="CRM-7001")


def used_up(account: Account, call: str) -> None:
    """The call's limit is used up for an hour."""
    full_at = datetime.now(UTC) + timedelta(hours=1)
    Bucket.objects.create(account=account, call=call, full_at=int(full_at.timestamp() * 1_000_000))


def events(world: World) -> Ask:
    event(world)
    return Ask()


def one_event(world: World) -> Ask:
    return Ask(path={"event_id": event(world).pk})


def new_event(_world: World) -> Ask:
    return Ask(json={"name": "Spring sale"})


def one_event_too_many(world: World) -> Ask:
    MessageEvent.objects.bulk_create(
        MessageEvent(account=world.account, name=str(number), created_at=world.now) for number in range(1000)
    )
    return Ask(json={"name": "Spring sale"})


def templates(world: World) -> Ask:
    template(world)
    return Ask()


def push(world: World, *, line_answer: str = "success", line_uid: str = UID, **data: Any) -> Ask:
    contact(world)
    made = template(world, line_answer=line_answer)
    return Ask(json={"template_id": made.pk, "event_id": event(world).pk, "data": {"line_uid": line_uid, **data}})


def push_without_event(world: World) -> Ask:
    contact(world)
    return Ask(json={"template_id": template(world).pk, "data": {"line_uid": UID, "shop": "Ginza"}})


def push_past_its_limit(world: World) -> Ask:
    used_up(world.account, "push")
    return push(world)


def multicast(world: World) -> Ask:
    contact(world)
    data = [{"line_uid": UID, "shop": "Ginza"}, {"line_uid": STRANGER}]
    return Ask(json={"template_id": template(world).pk, "event_id": event(world).pk, "data": data})


def multicast_past_its_limit(world: World) -> Ask:
    used_up(world.account, "multicast")
    return multicast(world)


def enhanced(world: World) -> Ask:
    contact(world)
    body = {"template_id": template(world).pk, "line_uids": [UID, STRANGER], "data": {"shop": "Ginza"}}
    return Ask(json=body)


def enhanced_past_its_limit(world: World) -> Ask:
    used_up(world.account, "enhanced_multicast")
    return enhanced(world)


def sent(world: World, *, is_sent: bool = True, has_event: bool = True) -> DirectMessage:
    message = DirectMessage.objects.create(
        account=world.account,
        template=template(world),
        event=event(world) if has_event else None,
        category="multicast",
        total_count=2,
        fail_count=1,
        created_at=world.now - timedelta(seconds=10),
        sent_at=world.now + timedelta(seconds=-5 if is_sent else 3600),
    )
    for line_uid, mark in ((UID, ""), (STRANGER, "not_found")):
        Recipient.objects.create(direct_message=message, line_uid=line_uid, mark=mark)
    return message


def state(message: DirectMessage) -> Ask:
    return Ask(path={"direct_message_id": message.pk})


def report(world: World) -> Ask:
    who, message = contact(world), sent(world)
    link = clicks.add_link(
        template=message.template,
        url="https://shop.example/new",
        utm_campaign="spring",
        utm_source="line",
        tags=["spring"],
    )
    keyword = clicks.add_link(template=message.template, keyword="More please")
    open_message(contact=who, message=message, now=world.now)
    clicks.click(contact=who, message=message, link=link, now=world.now, adds_to_cart=3)
    clicks.click(contact=who, message=message, link=link, now=world.now, transactions=1, transaction_revenue=590.0)
    clicks.click(contact=who, message=message, link=keyword, now=world.now)
    day = world.now.astimezone(world.account.zone_info).date().isoformat()
    return Ask(path={"event_id": message.event_id}, query={"start_date": day, "end_date": day})


def empty_report(world: World) -> Ask:
    message = sent(world)
    clicks.add_link(template=message.template, url="https://shop.example/new")
    return Ask(path={"event_id": message.event_id})


RESULT = {
    "sent_time": SECONDS,
    "to": {"line_ids": [STR]},
    "total_count": 2,
    "fail_count": 1,
    "fail_info": [{"line_uid": STRANGER, "mark": 1, "response": '{"message": "Invalid user"}'}],
}
STATE = {"id": NUM, "category": "multicast", "status": "sent", "event_id": NUM, "result": RESULT}
PENDING = {"id": NUM, "result": "pending"}
NO_CLICKS = {"clicks": 0, "unique_clicks": None, "adds_to_cart": 0, "transactions": 0, "transaction_revenue": 0}

ROWS: list[Row] = [
    Row(20, "message templates", templates, success(20, page({"id": NUM, "name": STR, "parameters": ["shop"]}))),
    Row(21, "message events", events, success(21, page(EVENT))),
    Row(22, "one message event", one_event, success(22, EVENT)),
    Row(23, "a new message event", new_event, success(23, {"id": NUM, "name": "Spring sale"})),
    Row(23, "the 1001st message event", one_event_too_many, error(23, "limit")),
    Row(
        24,
        "a push without its parameter",
        push,
        success(24, {"id": NUM, "event": "Parcels", "result": "success"}),
    ),
    Row(24, "a push without event", push_without_event, success(24, {"id": NUM, "event": None, "result": "success"})),
    Row(24, "a push to a stranger", lambda world: push(world, line_uid=STRANGER), error(24, "LINE's refusal")),
    Row(24, "a push without LINE's answer", lambda world: push(world, line_answer="timeout"), error(24, "timeout")),
    Row(24, "a push that LINE fails at", lambda world: push(world, line_answer="error"), error(24, "error")),
    Row(24, "a push past its limit", push_past_its_limit, error(24, "rate limit")),
    Row(25, "a multicast", multicast, success(25, PENDING)),
    Row(25, "a multicast past its limit", multicast_past_its_limit, error(25, "rate limit")),
    Row(26, "an enhanced multicast", enhanced, success(26, PENDING)),
    Row(26, "an enhanced multicast past its limit", enhanced_past_its_limit, error(26, "rate limit")),
    Row(27, "a message that has been sent", lambda world: state(sent(world)), success(27, STATE)),
    Row(
        27,
        "a message without event",
        lambda world: state(sent(world, has_event=False)),
        success(27, {**STATE, "event_id": None}),
    ),
    Row(
        27,
        "a message that is being sent",
        lambda world: state(sent(world, is_sent=False)),
        success(27, {"id": NUM, "category": "multicast", "status": one_of("pending", "sending"), "event_id": NUM}),
    ),
    Row(
        28,
        "the report of an event",
        report,
        success(28, {"id": NUM, "report": {"total": TOTAL, "urls": [URL], "messages": [KEYWORD]}}),
    ),
    Row(
        28,
        "the report of an event without opens and clicks",
        empty_report,
        success(
            28,
            {
                "id": NUM,
                "report": {
                    "total": {"opens": 0, **NO_CLICKS},
                    "urls": [
                        {
                            "id": NUM,
                            "link": NUM,
                            "url": STR,
                            **dict.fromkeys(UTM, None),
                            **NO_CLICKS,
                            "tags": [],
                        }
                    ],
                    "messages": [],
                },
            },
        ),
    ),
]
