"""Rows of the behaviour files, deeplinks, tracelinks and auto replies (5 to 7, 29, 30, 33)."""

from typing import Any

from modules.contacts.models import Contact
from modules.contacts.services import create
from modules.links import services
from modules.links.models import AutoReply, Link
from tests.modules.openapi.shapes import MICROSECONDS, NUM, SECONDS, matching
from tests.modules.openapi.sheet import Ask, Row, World, error, success

UID = "U5f0c2a9be17d4483a6c1e09d7f3b8241"
UTM = {"utm_campaign": "expo", "utm_source": "LINE", "utm_medium": "print", "utm_content": "hall_2"}
SALES: dict[str, Any] = {"adds_to_cart": 2, "transactions": 1, "transaction_revenue": 590.0}
HEAD = {"id": NUM, "name": "poster", "description": "at the till", "shorten_url": matching(r"https://\S+"),
        "created_at": MICROSECONDS}  # fmt: skip
COUNTS = {"click_count": 1, "auth_count": 1, "new_friend_count": 1, "existing_friend_count": 0, "unique_auth_count": 1,
          "unique_new_friend_count": 1, "unique_existing_friend_count": 0}  # fmt: skip
NO_CLICKS = {"clicks": 0, "unique_clicks": None, "adds_to_cart": 0, "transactions": 0, "transaction_revenue": 0}
CLICKS = {"clicks": 1, "unique_clicks": 1, **SALES}
TRACELINK: dict[str, Any] = {**HEAD, "tag": ["shop"], "report": CLICKS, "utm": UTM}

TOTAL = {"triggers": 1, "replies": 1, "opens": 1, "unique_opens": 1, "clicks": 2, "unique_clicks": 1, "click_rate": 2.0,
         "adds_to_cart": 2, "orders": 1, "revenue": 590.0}  # fmt: skip
ZERO = {name: 0.0 if isinstance(value, float) else 0 for name, value in TOTAL.items()}
NOBODY = {"total": ZERO, "urls": [], "messages": []}
URL = {"id": NUM, **UTM, "clicks": 1, **SALES, "link": NUM, "tags": ["new"]}
MESSAGE = {"id": NUM, "message": "Opening hours", "tags": ["info"], "clicks": 1}
REPORT: dict[str, Any] = {
    "id": NUM, "name": "Hello", "created_at": SECONDS, "start_date": "2016-01-01",
    "end_date": matching(r"\d{4}-\d\d-\d\d"),
    "total": TOTAL,
    "channel_setting_reports": [{
        "id": NUM, "channel_id": NUM, "channel_type": "line", "channel_name": matching(".+"), "total": TOTAL,
        "new_friend": {"total": TOTAL, "urls": [URL], "messages": [MESSAGE]},
        "original_friend": NOBODY, "bound_friend": NOBODY,
    }],
}  # fmt: skip
QUIET = {
    **REPORT, "total": ZERO, "start_date": "2020-01-01", "end_date": "2020-01-31",
    "channel_setting_reports": [
        {**REPORT["channel_setting_reports"][0], "total": ZERO, "new_friend": NOBODY}
    ],
}  # fmt: skip


def hana(world: World) -> Contact:
    return create(account=world.account, now=world.now, line_uid=UID)


def link(world: World, kind: str, **details: Any) -> Link:
    details = {"description": "at the till", "tags": ["shop"], **UTM, **details}
    return services.create_link(
        account=world.account, kind=kind, name="poster", url="https://shop.example/", now=world.now, **details
    )


def clicked_deeplink(world: World) -> Ask:
    services.click(link=link(world, "deeplink"), contact=hana(world), now=world.now, is_new_friend=True)
    return Ask()


def clicked_tracelink(world: World) -> Ask:
    services.click(link=link(world, "tracelink"), contact=hana(world), now=world.now, **SALES)
    return Ask()


def tracelink_of_another_year(world: World) -> Ask:
    clicked_tracelink(world)
    return Ask(query={"start_date": "2020-01-01", "end_date": "2020-12-31"})


def bare_tracelink(world: World) -> Ask:
    link(world, "tracelink", description="", tags=[], **dict.fromkeys(UTM, ""))
    return Ask()


def today(world: World) -> Ask:
    clicked_tracelink(world)
    return Ask(path={"date": world.now.astimezone(world.account.zone_info).date()})


def a_day_without(world: World) -> Ask:
    clicked_tracelink(world)
    return Ask(path={"date": "2020-02-29"})


def replied(world: World) -> AutoReply:
    urls = [{"url": "https://shop.example/", "tags": ["new"], **UTM}]
    messages = [{"message": "Opening hours", "tags": ["info"]}]
    reply = services.create_auto_reply(account=world.account, name="Hello", urls=urls, messages=messages, now=world.now)
    url, message = reply.parts.order_by("id")
    contact = hana(world)
    services.act(auto_reply=reply, contact=contact, kind="trigger", now=world.now)
    services.act(auto_reply=reply, contact=contact, kind="open", now=world.now)
    services.act(auto_reply=reply, contact=contact, kind="click", part=url, now=world.now, **SALES)
    services.act(auto_reply=reply, contact=contact, kind="click", part=message, now=world.now)
    return reply


def search(**fields: Any) -> Any:
    def ask(world: World) -> Ask:
        replied(world)
        return Ask(json=fields)

    return ask


TIME = r"\d{4}-\d\d-\d\dT[\d:.]+\+08:00"
LEAD, START = r"line_uid,utm_campaign,utm_source,utm_medium,utm_content,time", rf"{UID},expo,LINE,print,hall_2,{TIME}"
FILES = {
    5: ("pageview", r"page_path,page_title,page_views,views_per_session,entrances,avg_time_on_page,exits",
        r"/products/[^,]+,[^,]+,1,\d+,[01],\d+,[01]"),
    6: ("product", "product_name,product_sku,adds_to_cart,removes_from_cart,item_revenue,item_quantity,checkouts,"
        "list_clicks,list_views", r"[^,]+,SKU-\d{5},2,0,590\.0,2,1,1,\d+"),
    7: ("transaction", "transactions,revenue", r"1,590\.0"),
}  # fmt: skip


def file_rows(call: int) -> list[Row]:
    name, columns, line = FILES[call]
    header = rf"{LEAD},{columns},ingestion_timestamp\r\n"
    disposition = {"Content-Disposition": matching(rf"attachment; filename=\d{{4}}-\d\d-\d\d_{name}\.csv")}
    full = success(call, matching(rf"{header}({START},{line},{TIME}\r\n)+"), disposition)
    return [
        Row(call, "the rows of a day", today, full),
        Row(call, "a day without rows", a_day_without, success(call, matching(header), disposition)),
    ]


ROWS = [
    *(row for call in FILES for row in file_rows(call)),
    Row(29, "a deeplink by which somebody joined", clicked_deeplink,
        success(29, {**HEAD, "tags": ["shop"], "report": COUNTS})),
    Row(30, "a tracelink that was clicked", clicked_tracelink, success(30, TRACELINK)),
    Row(30, "a tracelink in a period without clicks", tracelink_of_another_year,
        success(30, {**TRACELINK, "report": NO_CLICKS})),
    Row(30, "a tracelink without settings", bare_tracelink,
        success(30, {**TRACELINK, "description": None, "tag": [], "report": NO_CLICKS, "utm": {}})),
    Row(33, "an auto reply that was used", search(), success(33, {"count": 1, "reports": [REPORT]})),
    Row(33, "a period without traffic",
        search(start_date="2020-01-01", end_date="2020-01-31", channel_type="line", offset=0, limit=1),
        success(33, {"count": 1, "reports": [QUIET]})),
    Row(33, "past the end", search(offset=1), success(33, {"count": 1, "reports": []})),
    Row(33, "a start date that is none", search(start_date="2025/01/01"), error(33, "start_date")),
    Row(33, "without a token", lambda _world: Ask(json={}, token=""), error(33, "token")),
    Row(33, "a channel without bot", search(channel_type="whatsapp"), error(33, "no such bot")),
]  # fmt: skip
