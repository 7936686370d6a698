"""Rows of the calls about SMS+ (34 to 38)."""

from datetime import timedelta
from functools import partial
from typing import Any

from modules.contacts.services import create
from modules.messages import services as messages
from modules.notifications import services
from modules.notifications.models import Template
from modules.openapi import scripted
from tests.modules.openapi.rows_messages import used_up
from tests.modules.openapi.shapes import MICROSECONDS, NUM, STR, or_null
from tests.modules.openapi.sheet import Ask, Row, World, error, success

NUMBER = "+886900111222"
SETTING = {
    "id": NUM, "name": "Parcel", "status": "enable", "line_push_enabled": True, "pnp_enabled": True,
    "fallback_enabled": True, "fallback_period": 60, "parameters": [STR],
    "sms_parameters": ["order_no"],
}  # fmt: skip
RECORD = {
    "phone_number": NUMBER, "pnp_message_id": NUM, "status": STR, "line_push_template_id": NUM,
    "line_push_status": STR, "line_push_delivered_at": None, "line_push_error_category": None, "pnp_status": None,
    "pnp_delivered_at": None, "sms_status": None, "sms_delivered_at": None, "sms_error_category": None,
    "updated_at": MICROSECONDS, "event_id": or_null(NUM), "customized_id": "order-88",
}  # fmt: skip
PUSH_FIELDS = ("phone_number", "pnp", "sms", "line_push", "line_push_template_id")
TEXTS: dict[str, Any] = {"pnp": {"order_no": "7", "shop": "Ginza"}, "sms": {"order_no": "7"}}


def setting(world: World, **details: Any) -> Template:
    return services.create_template(
        account=world.account,
        now=world.now,
        **{
            "name": "Parcel",
            "line_push_enabled": True,
            "fallback_period": 60,
            "parameters": ["order_no", "shop"],
            "sms_parameters": ["order_no"],
            **details,
        },
    )


def settings(world: World) -> Ask:
    setting(world)
    return Ask()


def push(world: World, *, failure: str = "", without: str = "", event: bool = True, **data: Any) -> Ask:
    create(account=world.account, now=world.now, mobile=NUMBER)
    template = messages.create_template(account=world.account, name="Parcel", now=world.now)
    if failure:
        scripted.add(account=world.account, failure=failure, now=world.now)
    given = {
        "phone_number": NUMBER,
        "line_push_template_id": template.pk,
        "line_push": {"shop": "Ginza"},
        **TEXTS,
        "customized_id": "order-88",
        **data,
    }
    given.pop(without, None)
    named = {"event_id": messages.create_event(account=world.account, name="Parcels", now=world.now).pk}
    return Ask(json={"pnp_setting_id": setting(world).pk, **(named if event else {}), "data": given})


def unknown_setting(world: World) -> Ask:
    return Ask(json={**push(world).json, "pnp_setting_id": 99_999})


def push_past_its_limit(world: World) -> Ask:
    used_up(world.account, "pnp_push")
    return push(world)


def whatsapp(world: World) -> Ask:
    header = {"parameters": [{"type": "document", "media_url": "https://files.example/a.pdf", "filename": "a.pdf"}]}
    parts = {"header": header, "body": {"parameters": ["7"]}}
    return push(world, whatsapp={"template_name": "parcel", "language": "en_US", "template_data": parts})


def hash_beside_sms(world: World) -> Ask:
    return push(world, phone_number="ab" * 32)


def multicast(world: World, *, failure: str = "", without: str = "", **target: Any) -> Ask:
    if failure:
        scripted.add(account=world.account, failure=failure, now=world.now)
    targets = [{"phone_number": f"+88690011122{digit}", **TEXTS, **target} for digit in range(2)]
    targets[1].pop(without, None)
    return Ask(json={"pnp_setting_id": setting(world).pk, "data": targets})


def unknown_setting_of_multicast(world: World) -> Ask:
    return Ask(json={**multicast(world).json, "pnp_setting_id": 99_999})


def multicast_past_its_limit(world: World) -> Ask:
    used_up(world.account, "pnp_multicast")
    return multicast(world)


def period(world: World) -> dict[str, Any]:
    day = timedelta(days=1)
    return {
        "updated_at_min": (world.now - day).isoformat(),
        "updated_at_max": (world.now + day).replace(tzinfo=None).isoformat(),
    }


def records(world: World) -> Ask:
    made = setting(world)
    services.push(
        account=world.account,
        template=made,
        now=world.now,
        phone_number=NUMBER,
        event_id=58,
        line_push_template_id=77,
        customized_id="order-88",
        **TEXTS,
    )
    return Ask(query={"pnp_setting_id": made.pk, **period(world), "customized_id": "order-88"})


def records_of_an_unknown_setting(world: World) -> Ask:
    return Ask(query={"pnp_setting_id": 99_999, **period(world)})


def records_without_setting_and_with_a_raw_plus(_world: World) -> Ask:
    """A `+` that is not sent as `%2B` arrives as a space."""
    return Ask(query={"updated_at_min": "2025-03-04T10:20:30 08:00", "updated_at_max": "2025-03-05T10:20:30Z"})


PUSHED = success(36, {"id": NUM, "result": "success"})

ROWS: list[Row] = [
    Row(34, "settings", settings, success(34, {"results": [SETTING], "next": None})),
    Row(
        35,
        "one setting",
        lambda world: Ask(path={"pnp_setting_id": setting(world).pk}),
        success(35, {**SETTING, "metric": {"all": 0, "fail": 0, "pnp": 0, "sms": 0}}),
    ),
    Row(36, "a push", push, PUSHED),
    Row(36, "a push without event", lambda world: push(world, event=False), PUSHED),
    Row(36, "a push with WhatsApp", whatsapp, PUSHED),
    Row(36, "a setting that is not there", unknown_setting, error(36, "pnp setting not found")),
    *(Row(36, f"a push without {name}", partial(push, without=name), error(36, "field")) for name in PUSH_FIELDS),
    Row(
        36,
        "a push without the file name of a document",
        lambda world: push(
            world,
            whatsapp={
                "template_name": "parcel",
                "language": "en_US",
                "template_data": {"header": {"parameters": [{"type": "document", "media_id": "1"}]}},
            },
        ),
        error(36, "field"),
    ),
    Row(36, "a number in national form", lambda world: push(world, phone_number="0900111222"), error(36, "number")),
    Row(36, "a hash beside SMS", hash_beside_sms, error(36, "number")),
    Row(36, "points used up", lambda world: push(world, failure="no_points"), error(36, "points")),
    Row(
        36,
        "points used up by a magic number",
        lambda world: push(world, phone_number="+886900000402"),
        error(36, "points"),
    ),
    Row(36, "without a token", lambda world: Ask(json=push(world).json, token=""), error(36, "token")),
    Row(
        36,
        "the fault that passes",
        lambda world: push(world, failure="failed_to_emit"),
        error(36, "maintenance of the service"),
    ),
    Row(36, "a number of nobody", lambda world: push(world, phone_number="+886900111333"), error(36, "nobody matched")),
    Row(36, "no answer of LINE", lambda world: push(world, failure="timeout"), error(36, "timeout")),
    Row(36, "an expired LINE token", lambda world: push(world, failure="token_expired"), error(36, "access token")),
    Row(36, "maintenance of LINE", lambda world: push(world, failure="maintenance"), error(36, "maintenance of LINE")),
    Row(
        36,
        "maintenance by a magic number",
        lambda world: push(world, phone_number="+886900000502"),
        error(36, "maintenance of LINE"),
    ),
    Row(36, "a push past its limit", push_past_its_limit, error(36, "rate limit")),
    Row(36, "a push at peak", lambda world: push(world, failure="peak"), error(36, "rate limit")),
    Row(37, "a multicast", multicast, success(37, [{"id": NUM, "result": "pending"}])),
    Row(37, "a setting that is not there", unknown_setting_of_multicast, error(37, "pnp setting not found")),
    *(
        Row(37, f"a multicast without {name}", partial(multicast, without=name), error(37, "field"))
        for name in ("phone_number", "pnp", "sms")
    ),
    Row(
        37, "a number in national form", lambda world: multicast(world, phone_number="0900111222"), error(37, "number")
    ),
    Row(37, "points used up", lambda world: multicast(world, failure="no_points"), error(37, "points")),
    Row(37, "without a token", lambda world: Ask(json=multicast(world).json, token=""), error(37, "token")),
    Row(37, "a multicast past its limit", multicast_past_its_limit, error(37, "rate limit")),
    Row(38, "records", records, success(38, {"next": None, "results": [RECORD]})),
    Row(
        38,
        "records without setting and with a raw plus",
        records_without_setting_and_with_a_raw_plus,
        error(38, "fields"),
    ),
    Row(38, "records without a token", lambda world: Ask(query=records(world).query, token=""), error(38, "token")),
    Row(38, "records of an unknown setting", records_of_an_unknown_setting, error(38, "no such setting")),
]
