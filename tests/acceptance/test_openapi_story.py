"""What a CRM does with MAAC's Open API, by a client that was written from MAAC's documents, at a running simulator."""

import hashlib
import hmac
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.acceptance.maac_client import Maac
from tests.acceptance.test_binding_story import HEADER, OK, SOMEBODY, prepare, press
from tests.processes import Api, embedded
from tests.receiver import Receiver

PEOPLE = 700
NEWCOMER = f"U{'c' * 32}"
TOPICS = (
    "receipt.receipt_validated", "form.surveycake_submitted", "pnp.status_updated", "pnp.profile_updated",
    "prize.points_added", "message.first_open",
)  # fmt: skip


def uid(number: int) -> str:
    return f"U{number:032x}"


def test_a_crm_imports_members_tags_them_makes_segments_and_downloads_these(tmp_path: Path) -> None:
    with embedded(tmp_path / "simulator") as simulator:
        maac = Maac(simulator.url, simulator.token)

        # Friends of the account that the CRM knows by its own ids become contacts.
        people = [{"line_uid": uid(n), "customer_id": f"CRM-{n}", "mobile": f"09{n:08}"} for n in range(PEOPLE)]
        created = maac.import_members("customer_id", people, tags=["crm"])
        assert (created["success"], created["created_num"], created["mismatch_num"]) == (True, PEOPLE, 0)
        assert [member["line_uid"] for member in maac.members()] == [uid(n) for n in range(PEOPLE)]
        (third,) = maac.members(customer_id="CRM-3")
        assert (third["mobile"], third["tags"], third["status"]) == ("+886900000003", ["crm"], "auth")
        assert maac.members(mobile="+886900000003") == [third]

        # A second import changes some, and names the one who is no contact.
        changes = [{"line_uid": uid(n), "gender": "female", "tags": ["reader"]} for n in range(0, PEOPLE, 2)]
        updated = maac.import_members("line_uid", [*changes, {"line_uid": NEWCOMER}])
        assert (updated["updated_num"], updated["mismatch_num"]) == (PEOPLE // 2, 1)
        assert maac.mismatches(updated) == [{"line_uid": NEWCOMER, "reason": "unknown"}]
        refused = maac.import_members("line_uid", [{"line_uid": uid(1)}, {"line_uid": uid(1), "mobile": "12"}])
        assert (refused["success"], refused["duplicate_error"], refused["mobile_error"]) == (False, 2, 1)

        # Tags put on one by one, and a contact changed and unbound.
        vip = maac.tag("vip", 30)
        for number in (0, 1, 2, 3):
            tagged = maac.put_on(vip["id"], uid(number))
        assert tagged["expired_at"] > tagged["created_at"]
        maac.take_off(vip["id"], uid(3))
        with pytest.raises(requests.HTTPError, match="404"):
            maac.take_off(vip["id"], uid(3))
        unbound = maac.change(uid(2), customer_id=None, display_name="花子")
        assert (unbound["customer_id"], unbound["display_name"], unbound["status"]) == (None, "花子", "auth")
        assert [detail["name"] for detail in unbound["tags_detail"]] == unbound["tags"] == ["crm", "reader", "vip"]

        # Segments follow from the tags.
        reader = maac.tag("reader")
        both = [{"status": "with", "tag_id": vip["id"]}, {"status": "without", "tag_id": reader["id"]}]
        only_vip = maac.segment("vip, no reader", both)
        assert (only_vip["member_count"], maac.members_of(only_vip["id"])) == (1, [uid(1)])
        either = maac.segment("vip or reader", [{**each, "status": "with"} for each in both], operator="OR")
        assert either["member_count"] == PEOPLE // 2 + 1
        listed = maac.custom_segment("invited", [uid(5), NEWCOMER, uid(6)])
        assert maac.members_of(listed["id"]) == [uid(5), uid(6)]
        maac.delete_segment(listed["id"])
        assert [segment["name"] for segment in maac.pages("segment/", name="vip")] == [
            "vip, no reader", "vip or reader",
        ]  # fmt: skip


def test_a_campaign_ends_with_all_six_webhooks_and_the_callback_verified_at_the_receiver(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.always("/binding", OK)
    with embedded(tmp_path / "simulator", NOTIFICATION_STEP_SECONDS="0.05") as simulator:
        maac, api = Maac(simulator.url, simulator.token), simulator.api
        endpoint = made(api, "/endpoints/", name="CRM", url=receiver.url("/hook"), event_types=list(TOPICS))
        secret = api.get(f"/endpoints/{endpoint['id']}/secret/").json()["share_secret"]
        hana = uid(1)
        maac.import_members("customer_id", [{"line_uid": hana, "customer_id": "CRM-1", "mobile": "0900000001"}])
        vip = maac.tag("vip")
        maac.put_on(vip["id"], hana)
        assert maac.segment("vip", [{"status": "with", "tag_id": vip["id"]}])["member_count"] == 1

        # A message with an event is opened and clicked, and its report counts that.
        template = made(api, "/modules/messages/templates/", name="Spring sale")
        link = made(api, f"/modules/messages/templates/{template['id']}/links/", url="https://shop.example/new")
        event = maac.create_event("Spring sale")
        pushed = maac.push(template["id"], hana, event)
        assert (pushed["event"], pushed["result"]) == ("Spring sale", "success")
        assert maac.sending(pushed["id"])["status"] == "sent"
        made(api, "/modules/messages/opens/", line_uid=hana, direct_message_id=pushed["id"])
        click = {"direct_message_id": pushed["id"], "link_id": link["id"], "transactions": 1}
        made(api, "/modules/messages/clicks/", line_uid=hana, transaction_revenue=590, **click)
        total = maac.report(event)["total"]
        assert (total["opens"], total["clicks"], total["transactions"]) == (1, 1, 1)

        # Points are given and spent, once.
        prize = made(api, "/modules/points/prizes/", name="Welcome", count=100)
        made(api, "/modules/points/grants/", prize=prize["id"], line_uid=hana)
        made(api, "/modules/points/vouchers/", name="Coffee", code="COFFEE1", line_uids=[hana], points=30)
        assert maac.redeem("COFFEE1", customer_id="CRM-1", tags=["coffee"]) == "Success"
        with pytest.raises(requests.HTTPError, match="409"):
            maac.redeem("COFFEE1", customer_id="CRM-1")
        (member,) = maac.members(customer_id="CRM-1")
        assert set(member["tags"]) >= {"vip", "coffee"}

        # A receipt, a survey, an SMS+ message, a binding by it, and one by a link.
        campaign = made(api, "/modules/receipts/campaigns/", name="Spring", minimum_amount=1)
        made(api, "/modules/receipts/uploads/", campaign=campaign["id"], line_uid=hana, generate=True)
        survey = api.post("/modules/surveys/demo/").json()
        made(api, f"/modules/surveys/{survey['id']}/submissions/", line_uid=hana, generate=True)
        setting = made(api, "/modules/notifications/templates/", name="Parcel")
        assert maac.notify(setting["id"], "+886900000200", "order-88")["result"] == "success"
        bound = {"template": setting["id"], "source": "pnp", "phone_number": "+886900000001"}
        made(api, "/modules/notifications/bindings/", line_uid=hana, **bound)
        press(maac.bind_link(prepare(api, receiver.url("/binding")), "CRM-2")["link"], SOMEBODY)

        eventually(lambda: {got.json()["topic"] for got in arrived(receiver, "/hook")} == set(TOPICS))
        eventually(lambda: bool(arrived(receiver, "/binding")))
    for got in arrived(receiver, "/hook"):
        expected = hmac.new(secret.encode(), got.body, hashlib.sha256).hexdigest()
        assert got.header("CrescLab-Signature") == expected
    (callback,) = arrived(receiver, "/binding")
    assert callback.header("x-api-key") == HEADER["x-api-key"]
    assert (callback.json()["customer_id"], callback.json()["line_uid"]) == ("CRM-2", SOMEBODY)


def made(api: Api, path: str, **fields: Any) -> dict[str, Any]:
    """What people do in the simulated MAAC."""
    answer = api.post(path, fields)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def arrived(receiver: Receiver, path: str) -> list[Any]:
    return [got for got in receiver.requests if got.path == path]


def eventually(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)
