"""A client of MAAC's Open API, written from its documents alone: it knows `requests` and no code of the simulator.

maac = Maac("http://127.0.0.1:8622", token)
task = maac.import_members("line_uid", [{"line_uid": "U…", "gender": "female"}], tags=["spring"])
segment = maac.segment("vip", [{"status": "with", "tag_id": maac.tag("vip")["id"]}])
uids = maac.members_of(segment["id"])
"""

import csv
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import requests

READY: Final = 2
DEADLINE_SECONDS: Final = 60
POLL_SECONDS: Final = 0.2

Json = dict[str, Any]


class Maac:
    """The calls of a CRM. Any other status than the documented one raises requests.HTTPError."""

    def __init__(self, url: str, token: str) -> None:
        self._base = f"{url}/openapi/v1/"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = self._session.request(method, self._base + path, timeout=30, **options)
        answer.raise_for_status()
        return answer

    def pages(self, path: str, **query: Any) -> Iterator[Json]:
        """The entries of all pages. `next` is percent-encoded already, so it is pasted into the URL as it is."""
        asked = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
        start = ""
        while True:
            answer = self.call("GET", f"{path}?{asked}{start}").json()
            yield from answer["results"]
            if not answer["next"]:
                return
            start = f"&start={answer['next']}"

    def members(self, **query: Any) -> list[Json]:
        return list(self.pages("member/", **query))

    def change(self, line_uid: str, **fields: Any) -> Json:
        return dict(self.call("PATCH", f"member/{line_uid}/", json=fields).json())

    def import_members(self, import_key: str, data: Sequence[Mapping[str, Any]], tags: Sequence[str] = ()) -> Json:
        """Start an import and give its `result` when the task is done."""
        body = {"import_key": import_key, "data": list(data), "tags": list(tags)}
        task_id = self.call("POST", "member/import/", json=body).json()["id"]
        for _ in _until_deadline():
            task = self.call("GET", f"member/import/{task_id}/").json()
            if task["status"] == "done":
                return dict(task["result"])
        raise AssertionError(f"import {task_id} was not done in {DEADLINE_SECONDS} s")

    def mismatches(self, result: Mapping[str, Any]) -> list[Json]:
        """The lines of the mismatch file, which is fetched without a token."""
        answer = requests.get(result["mismatch_export_link"], timeout=30)
        answer.raise_for_status()
        return list(csv.DictReader(io.StringIO(answer.text)))

    def tag(self, name: str, available_days: int | None = None) -> Json:
        """The tag of this name; it is created if there is none."""
        found = [tag for tag in self.pages("tag/", name=name) if tag["name"] == name]
        return found[0] if found else self.create_tag(name, available_days)

    def create_tag(self, name: str, available_days: int | None = None) -> Json:
        return dict(self.call("POST", "tag/", json={"name": name, "available_days": available_days}).json())

    def put_on(self, tag_id: int, line_uid: str) -> Json:
        return dict(self.call("POST", "taglinemember/", json={"tag_id": tag_id, "line_uid": line_uid}).json())

    def take_off(self, tag_id: int, line_uid: str) -> None:
        self.call("DELETE", "taglinemember/", json={"tag_id": tag_id, "line_uid": line_uid})

    def segment(self, name: str, tags: Sequence[Mapping[str, Any]], operator: str = "AND") -> Json:
        body = {"name": name, "operator": operator, "tags": list(tags)}
        return self._ready(self.call("POST", "segment/", json=body).json())

    def custom_segment(self, name: str, line_uids: Sequence[str]) -> Json:
        files = {"file": ("uids.csv", "\n".join(["line_uid", *line_uids]), "text/csv")}
        return self._ready(self.call("POST", "custom_segment/", data={"name": name}, files=files).json())

    def members_of(self, segment_id: int) -> list[str]:
        """The LINE UIDs of a segment."""
        text = self.call("GET", f"segment/{segment_id}/members/").text
        return [line["line_uid"] for line in csv.DictReader(io.StringIO(text))]

    def delete_segment(self, segment_id: int) -> None:
        self.call("DELETE", f"segment/{segment_id}/")

    def create_event(self, name: str) -> int:
        return int(self.call("POST", "event/", json={"name": name}).json()["id"])

    def push(self, template_id: int, line_uid: str, event_id: int, **parameters: str) -> Json:
        body = {"template_id": template_id, "event_id": event_id, "data": {"line_uid": line_uid, **parameters}}
        return dict(self.call("POST", "direct_message/push/", json=body).json())

    def sending(self, direct_message_id: int) -> Json:
        return dict(self.call("GET", f"direct_message/{direct_message_id}/").json())

    def report(self, event_id: int) -> Json:
        return dict(self.call("GET", f"event/{event_id}/report/").json()["report"])

    def redeem(self, code: str, **given: Any) -> str:
        fields = dict.fromkeys(("customer_id", "mobile", "gender", "store", "revenue")) | given
        return str(self.call("POST", f"prize/{code}/redeem/", json=fields).json()["detail"])

    def notify(self, pnp_setting_id: int, phone_number: str, customized_id: str) -> Json:
        """An SMS+ message without LINE push."""
        data = {"phone_number": phone_number, "pnp": {}, "sms": {}, "customized_id": customized_id}
        body = {"pnp_setting_id": pnp_setting_id, "data": data}
        return dict(self.call("POST", "pnp/message/push/", json=body).json())

    def bind_link(self, bind_link_id: int, customer_id: str) -> Json:
        body = {"bind_link_id": bind_link_id, "customer_id": customer_id}
        return dict(self.call("POST", "binding/bindlink/", json=body).json())

    def _ready(self, segment: Json) -> Json:
        assert (segment["member_count"], segment["status"], segment["last_updated_time"]) == (-1, 1, None)
        for _ in _until_deadline():
            found = dict(self.call("GET", f"segment/{segment['id']}/").json())
            if found["status"] == READY:
                return found
        raise AssertionError(f"segment {segment['id']} was not ready in {DEADLINE_SECONDS} s")


def _until_deadline() -> Iterator[None]:
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        yield
        time.sleep(POLL_SECONDS)
