"""From a customer's receipt to the bytes at a receiver: by REST, and by the console as a person uses it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modules.receipts.conditions import CODES
from tests.browsing import Brand
from tests.receiver import Receiver

pytestmark = pytest.mark.slow

TOPIC = "receipt.receipt_validated"
CAMPAIGN = {
    "name": "春季發票登錄活動 🌸",
    "purchase_from": "2019-06-01T00:00:00+08:00",
    "upload_from": "2020-01-01T00:00:00+08:00",
    "shops": ["青嵐茶舖 信義門市"],
    "keywords": ["四季春"],
    "minimum_amount": 80,
    "uploads_per_contact": 4,
}
ITEMS = [{"description": "四季春茶 🍃", "unit_price": 35, "quantity": 2}, {"description": "茶葉蛋", "unit_price": 13}]


def test_only_a_receipt_that_matches_reaches_the_receiver(make_brand: Callable[..., Brand], receiver: Receiver) -> None:
    brand = make_brand("Receipts", time_zone="Asia/Taipei")
    endpoint = {"name": "CRM", "url": receiver.url("/hook"), "event_types": [TOPIC]}
    secret = brand.api.post("/endpoints/", endpoint).json()["share_secret"]
    contact = brand.api.post("/modules/contacts/", {"customer_id": "M-1"}).json()
    campaign = brand.api.post("/modules/receipts/campaigns/", CAMPAIGN).json()

    bought = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    receipt = {
        "campaign": campaign["id"],
        "line_uid": contact["line_uid"],
        "number": "AB12345678",
        "random_number": "0427",
        "datetime": bought.isoformat(),
        "channel": "青嵐茶舖 信義門市",
        "items": ITEMS,
    }
    upload = brand.api.post("/modules/receipts/uploads/", receipt)
    assert upload.status_code == 201, upload.text
    (request,) = receiver.wait_for(1, timeout=10)
    assert request.verifies(secret)
    assert rb'"number": "AB12345678", "datetime": "' in request.body
    assert rb'"unit_price": 35.0, "quantity": 2.0, "amount": 70.0' in request.body
    assert rb"\u6625\u5b63\u767c\u7968" in request.body
    data = request.json()["data"]
    assert (request.json()["topic"], data["line_uid"], data["customer_id"]) == (TOPIC, contact["line_uid"], "M-1")
    assert data["datetime"].endswith("+08:00")
    assert datetime.fromisoformat(data["datetime"]) == bought
    assert re.fullmatch(r".*T\d\d:\d\d:\d\d\.\d{6}\+08:00", data["upload_datetime"])

    for code in CODES:
        if code == "upload_limit":
            assert [generated(brand, receipt) for _ in range(3)] == [[], [], []]
        assert generated(brand, receipt, breaking=code) == [code]

    brand.api.post("/modules/contacts/", {"customer_id": "M-2"})
    page = brand.user.post(
        f"/console/modules/receipts/{campaign['id']}/",
        contact="M-2",
        number="CD-87654321",
        random_number="1234",
        datetime="2026-01-02T03:04:05",
        channel="青嵐茶舖 信義門市",
        items="四季春茶 🍃, 45, 2",
    )
    assert "The receipt matches the campaign" in page.text

    output = receiver.wait_for(5, timeout=10)
    last = output[-1].json()["data"]
    assert all(each.verifies(secret) for each in output)
    assert (last["customer_id"], last["number"]) == ("M-2", "CD87654321")
    assert last["datetime"] == "2026-01-02T03:04:05+08:00"
    log = brand.api.get("/deliveries/").json()["results"]
    assert len(log) == len(receiver.requests) == 5


def generated(brand: Brand, receipt: dict[str, Any], **wish: str) -> list[str]:
    """The codes of what a made-up receipt of the same contact fails."""
    body = {"campaign": receipt["campaign"], "line_uid": receipt["line_uid"], "generate": True, **wish}
    answer = brand.api.post("/modules/receipts/uploads/", body)
    assert answer.status_code == 201, answer.text
    return [each["code"] for each in answer.json()["failed_conditions"]]
