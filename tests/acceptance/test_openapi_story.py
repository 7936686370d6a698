"""What a CRM does with MAAC's Open API, by a client that was written from MAAC's documents, at a running simulator."""

from pathlib import Path

import pytest
import requests

from tests.acceptance.maac_client import Maac
from tests.processes import embedded

PEOPLE = 700
NEWCOMER = f"U{'c' * 32}"


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
