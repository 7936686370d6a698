"""Notifications from the request to the receiver: every step arrives, signed, in time, with nobody's help."""

from pathlib import Path

import pytest

from tests.processes import Embedded, embedded
from tests.receiver import Receiver

pytestmark = pytest.mark.slow

TOPICS = ["pnp.status_updated", "pnp.profile_updated"]
MODULE = "/modules/notifications"


def test_a_message_walks_to_its_end_and_its_reader_is_bound(simulator: Embedded, receiver: Receiver) -> None:
    api = simulator.api
    endpoint = {"name": "Receiver", "url": receiver.url("/hook"), "event_types": TOPICS}
    secret = api.post("/endpoints/", endpoint).json()["share_secret"]
    template = api.post(f"{MODULE}/templates/", {"name": "発送のお知らせ", "line_push_enabled": True}).json()
    request = {"template": template["id"], "phone_number": "+886900000605", "line_push_template_id": 3}
    message = api.post(f"{MODULE}/messages/", request).json()
    came = receiver.wait_for(7, timeout=15)

    data = [each.json()["data"] for each in sorted(came, key=lambda each: each.json()["timestamp"])]
    assert [each["status"] for each in data] == [
        "line_push_preparing", "line_push_undeliverable", "pnp_preparing", "pnp_undeliverable",
        "sms_preparing", "sms_temporary_error", "sms_delivered",
    ]  # fmt: skip
    assert {each["pnp_message_id"] for each in data} == {message["id"]}
    assert data[-1]["line_push_error_category"] == "member_not_found"

    contact = api.post("/modules/contacts/", {"display_name": "花子", "customer_id": "M-1"}).json()
    binding = {"template": template["id"], "line_uid": contact["line_uid"], "source": "sms"}
    assert api.post(f"{MODULE}/bindings/", {**binding, "phone_number": "+886912345678"}).status_code == 201
    bound = receiver.wait_for(8, timeout=15)[-1]
    assert bound.json()["topic"] == "pnp.profile_updated"
    assert bound.json()["data"]["customer_id"] == "M-1"
    assert api.get(f"/modules/contacts/{contact['id']}/").json()["mobile"] == "+886912345678"
    assert all(each.verifies(secret) for each in receiver.requests)


def test_steps_that_were_due_while_the_simulator_was_down_are_made_when_it_is_back(
    tmp_path: Path, receiver: Receiver
) -> None:
    slow = {"NOTIFICATION_STEP_SECONDS": "2"}
    with embedded(tmp_path / "simulator", **slow) as simulator:
        endpoint = {"name": "Receiver", "url": receiver.url("/hook"), "event_types": TOPICS}
        simulator.api.post("/endpoints/", endpoint)
        template = simulator.api.post(f"{MODULE}/templates/", {"name": "通知", "fallback_enabled": False}).json()
        request = {"template": template["id"], "phone_number": "+886900000200"}
        message = simulator.api.post(f"{MODULE}/messages/", request).json()
        first = message["steps"][0]["webhook_event_id"]
        assert simulator.api.get(f"/events/{first}/wait/").json()["done"]
        simulator.kill()
        simulator.start()
        came = receiver.wait_for(3, timeout=20)
        assert [each.json()["data"]["status"] for each in came] == ["pnp_preparing", "pnp_accepted", "pnp_delivered"]
