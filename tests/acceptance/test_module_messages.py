"""A client that was written for MAAC pushes, a contact opens, and `message.first_open` reaches a receiver."""

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.browsing import Visitor
from tests.processes import TOKEN, embedded
from tests.receiver import Receiver

pytestmark = pytest.mark.slow

PASSWORD = "admin-pass-1"


class MaacClient:
    """As a brand's program talks to MAAC: all that it knows of this simulator is its host."""

    def __init__(self, host: str, token: str) -> None:
        self._base = f"{host}/openapi/v1"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Any:
        return self._read(self._session.get(self._base + path, params=query, timeout=10))

    def post(self, path: str, **fields: Any) -> Any:
        return self._read(self._session.post(self._base + path, json=fields, timeout=10))

    def patch(self, path: str, **fields: Any) -> Any:
        return self._read(self._session.patch(self._base + path, json=fields, timeout=10))

    def every(self, path: str) -> list[Any]:
        """The rows of all pages."""
        rows: list[Any] = []
        page = self.get(path)
        while page["next"]:
            rows += page["results"]
            page = self.get(path, start=page["next"])
        return [*rows, *page["results"]]

    @staticmethod
    def _read(answer: requests.Response) -> Any:
        answer.raise_for_status()
        return answer.json()


def test_what_is_pushed_through_the_open_api_is_reported_when_it_is_first_opened(
    tmp_path: Path, receiver: Receiver
) -> None:
    with embedded(tmp_path / "data", MAAC_SIM_ADMIN_PASSWORD=PASSWORD) as simulator:
        api, maac = simulator.api, MaacClient(simulator.url, TOKEN)
        endpoint = {"name": "CRM", "url": receiver.url("/hook"), "event_types": ["message.first_open"]}
        secret = api.post("/endpoints/", endpoint).json()["share_secret"]
        api.post("/modules/messages/templates/", {"name": "クーポン", "parameters": ["NAME"]})
        uid = api.post("/modules/contacts/", {"display_name": "花子"}).json()["line_uid"]

        (template,) = maac.every("/template/")
        event = maac.post("/event/", name="春のキャンペーン")
        maac.patch(f"/member/{uid}/", customer_id="会員-1")
        data = {"line_uid": uid, "NAME": "花子"}
        pushed = maac.post("/direct_message/push/", template_id=template["id"], event_id=event["id"], data=data)
        assert (pushed["event"], pushed["result"]) == ("春のキャンペーン", "success")
        assert maac.get(f"/direct_message/{pushed['id']}/")["result"]["to"] == {"line_ids": [uid]}

        opening = {"line_uid": uid, "direct_message_id": pushed["id"]}
        outcomes = [api.post("/modules/messages/opens/", opening).json()["outcome"] for _ in range(3)]
        assert outcomes == ["published", "opened_before", "opened_before"]
        (received,) = receiver.wait_for(1, timeout=10)
        assert received.verifies(secret)
        assert received.body.endswith(
            f'"topic": "message.first_open", "data": {{"message_type": "openapi", "message_id": {event["id"]}, '
            f'"line_uid": "{uid}", "customer_id": "\\u4f1a\\u54e1-1"}}}}'.encode()
        )
        assert maac.get(f"/event/{event['id']}/report/")["report"]["total"]["opens"] == 3

        listed = [data] * 150
        sent = maac.post("/direct_message/multicast/", template_id=template["id"], event_id=event["id"], data=listed)
        enhanced = maac.post(
            "/direct_message/enhanced_multicast/",
            template_id=template["id"],
            event_id=event["id"],
            line_uids=[uid],
            data={"NAME": "x"},
        )
        for message in (sent, enhanced):
            deadline = time.monotonic() + 10
            while maac.get(f"/direct_message/{message['id']}/")["status"] != "sent" and time.monotonic() < deadline:
                time.sleep(0.05)
            api.post("/modules/messages/opens/", {"line_uid": uid, "direct_message_id": message["id"]})
        assert maac.get(f"/event/{event['id']}/report/")["report"]["total"]["opens"] == 4

        person = Visitor(simulator.url, "admin", PASSWORD)
        form = {"name": "Hello", "template": str(template["id"])}
        page = person.post("/console/modules/messages/broadcasts/new/", **form)
        assert "The broadcast Hello is sent." in page.text
        broadcast = api.get("/modules/messages/broadcasts/").json()["results"][0]["id"]
        person.post(f"/console/modules/messages/broadcasts/{broadcast}/open/", line_uid=uid)
        second = receiver.wait_for(2, timeout=10)[1]
        assert second.verifies(secret)
        assert second.json()["data"]["message_type"] == "broadcast"
        assert second.json()["data"]["message_id"] == broadcast

        time.sleep(0.5)
        assert len(receiver.requests) == 2
        assert len(api.get("/deliveries/").json()["results"]) == 2


def test_a_notification_through_the_open_api_is_reported_and_listed_to_its_end(
    tmp_path: Path, receiver: Receiver
) -> None:
    with embedded(tmp_path / "data", NOTIFICATION_STEP_SECONDS=0.05) as simulator:
        api, maac = simulator.api, MaacClient(simulator.url, TOKEN)
        endpoint = {"name": "CRM", "url": receiver.url("/hook"), "event_types": ["pnp.status_updated"]}
        secret = api.post("/endpoints/", endpoint).json()["share_secret"]
        api.post(
            "/modules/notifications/templates/",
            {"name": "出荷のお知らせ", "parameters": ["ORDER"], "sms_parameters": ["ORDER"], "fallback_period": 0},
        )
        (setting,) = maac.every("/pnp/setting/")
        texts = {"pnp": {"ORDER": "A-1"}, "sms": {"ORDER": "A-1"}}
        data = {"phone_number": "+886900000600", "customized_id": "A-1", **texts}
        pushed = maac.post("/pnp/message/push/", pnp_setting_id=setting["id"], data=data)
        assert pushed["result"] == "failed to send messages"
        received = receiver.wait_for(5, timeout=15)
        assert all(each.verifies(secret) for each in received)
        statuses = {each.json()["data"]["status"] for each in received}
        assert statuses == {
            "pnp_preparing", "pnp_undeliverable", "sms_preparing", "sms_accepted", "sms_delivered",
        }  # fmt: skip
        assert {each.json()["data"]["pnp_message_id"] for each in received} == {pushed["id"]}
        always = {"updated_at_min": "2000-01-01T00:00:00", "updated_at_max": "2100-01-01T00:00:00"}
        (row,) = maac.get("/pnp/message/", pnp_setting_id=setting["id"], customized_id="A-1", **always)["results"]
        assert (row["pnp_message_id"], row["status"]) == (pushed["id"], "sms_delivered")
        assert maac.get(f"/pnp/setting/{setting['id']}/")["metric"] == {"all": 1, "fail": 0, "pnp": 0, "sms": 1}
