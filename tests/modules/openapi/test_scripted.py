"""Scripted failures: each is what the documents say, at the calls that can fail so, as often and as long as asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Account, AuditEntry
from maac_contract.openapi_failures import FAILURES, MAGIC, Failure
from modules.contacts.services import create
from modules.messages import rules as message_rules
from modules.messages import services as messages
from modules.messages.models import DirectMessage
from modules.notifications import services as notifications
from modules.notifications.models import Message
from modules.openapi import scripted
from modules.openapi.models import Call, ScriptedFailure
from modules.points import vouchers
from modules.points.models import Voucher
from tests.brands import NOW, client_of, error_of, race

V1 = "/openapi/v1/"
REST = "/api/v1/modules/openapi/failures/"
NUMBER = "+886900111222"


class Client:
    """Makes one call of each name, with an account in which all of them succeed."""

    def __init__(self, account: Account, api: APIClient) -> None:
        self.api = api
        contact = create(account=account, now=NOW, mobile=NUMBER)
        self.line_uid = contact.line_uid
        self.template = messages.create_template(account=account, name="Parcel", now=NOW)
        self.setting = notifications.create_template(account=account, name="Parcel", line_push_enabled=True, now=NOW)
        self.vouchers = vouchers.issue(account=account, name="Coffee", contacts=[contact] * 50, now=NOW)

    def call(self, name: str, value: str = "") -> Any:
        line_uid, number = value or self.line_uid, value or NUMBER
        target = {"phone_number": number, "pnp": {}, "sms": {}}
        setting = {"pnp_setting_id": self.setting.pk}
        template = {"template_id": self.template.pk}
        paths: dict[str, tuple[str, Any]] = {
            "push": ("direct_message/push/", {**template, "data": {"line_uid": line_uid}}),
            "multicast": ("direct_message/multicast/", {**template, "data": [{"line_uid": line_uid}]}),
            "enhanced_multicast": (
                "direct_message/enhanced_multicast/",
                {**template, "line_uids": [line_uid], "data": {}},
            ),
            "pnp_push": (
                "pnp/message/push/",
                {**setting, "data": {**target, "line_push_template_id": 1, "line_push": {}}},
            ),
            "pnp_multicast": ("pnp/message/multicast/", {**setting, "data": [target]}),
            "redeem": (
                f"prize/{value or self.vouchers.pop().code}/redeem/",
                dict.fromkeys(("customer_id", "mobile", "gender", "store", "revenue")),
            ),
        }
        path, body = paths[name]
        return self.api.post(V1 + path, body)

    def seen(self, name: str, value: str = "") -> tuple[int, Any]:
        """What a client sees: the status, and the result, the response to a recipient, or the error."""
        answer = self.call(name, value)
        if answer.headers["Content-Type"].startswith("text/plain"):
            return answer.status_code, answer.content.decode()
        body = answer.json()
        if name in ("multicast", "enhanced_multicast") and answer.status_code == 200:
            DirectMessage.objects.update(sent_at=datetime.now(UTC) - timedelta(seconds=1))
            info = self.api.get(f"{V1}direct_message/{body['id']}/").json()["result"]["fail_info"]
            return 200, info[0]["response"] if info else "success"
        if isinstance(body, list):
            return answer.status_code, body[0]["result"]
        return answer.status_code, body.get("result", body.get("detail"))


@pytest.fixture
def client(alice: Account, api: APIClient) -> Client:
    return Client(alice, api)


def script(account: Account, failure: str, **details: Any) -> ScriptedFailure:
    return scripted.add(account=account, failure=failure, now=datetime.now(UTC), **details)


REFUSED = {
    "message": "The request body has 1 error(s)",
    "details": [{"message": "May not be empty", "property": "messages[0].text"}],
}
LINE_SERVER_ERROR = "500 Internal Server Error"
SEEN: dict[Failure, dict[str, tuple[int, Any]]] = {
    Failure.TIMEOUT: dict.fromkeys(("push", "multicast", "enhanced_multicast", "pnp_push"), (200, "timeout")),
    Failure.ERROR: {
        "push": (200, "error"),
        "multicast": (200, LINE_SERVER_ERROR),
        "enhanced_multicast": (200, LINE_SERVER_ERROR),
    },
    Failure.REFUSED: {
        "push": (200, REFUSED),
        "multicast": (200, '{"message": "The request body has 1 error(s)"}'),
        "enhanced_multicast": (200, '{"message": "The request body has 1 error(s)"}'),
    },
    Failure.LINE_RATE_LIMIT: dict.fromkeys(("multicast", "enhanced_multicast"), (200, "429 Too Many Requests")),
    Failure.FAILED_TO_SEND: {"pnp_push": (200, "failed to send messages")},
    Failure.TOKEN_EXPIRED: {"pnp_push": (200, "access token expired")},
    Failure.MAINTENANCE: {"pnp_push": (200, "we're under maintenance")},
    Failure.NO_POINTS: dict.fromkeys(
        ("pnp_push", "pnp_multicast"), (400, "your SMS points are insufficient, please recharge before sending")
    ),
    Failure.FAILED_TO_EMIT: {"pnp_push": (503, "failed to emit messages")},
    Failure.REDEEM_RETRY: {"redeem": (408, "Prize Redemption Need Retry")},
    Failure.REDEEM_ERROR: {"redeem": (500, "Other errors")},
    Failure.PEAK: {
        name: (429, "Request was throttled" + ("" if name.startswith("pnp") else "."))
        for name in ("push", "multicast", "enhanced_multicast", "pnp_push", "pnp_multicast", "redeem")
    },
}  # fmt: skip
FINE = {
    "push": (200, "success"),
    "multicast": (200, "success"),
    "enhanced_multicast": (200, "success"),
    "pnp_push": (200, "success"),
    "pnp_multicast": (200, "pending"),
    "redeem": (201, "Success"),
}


def test_every_failure_and_every_call_that_can_fail_so_is_in_this_table() -> None:
    assert {failure: set(calls) for failure, calls in SEEN.items()} == {
        failure: set(about.calls or FINE) for failure, about in FAILURES.items()
    }


@pytest.mark.parametrize(("failure", "name"), [(failure, name) for failure in Failure for name in SEEN[failure]])
def test_a_scripted_failure_meets_the_next_call_only_and_shows_in_the_log(
    client: Client, alice: Account, failure: Failure, name: str
) -> None:
    row = script(alice, failure)
    others = [other for other in FINE if other not in SEEN[failure]]
    for other in others:
        assert client.seen(other) == FINE[other]
    assert client.seen(name) == SEEN[failure][name]
    assert client.seen(name) == FINE[name]
    row.refresh_from_db()
    assert row.hits == 1
    assert [call.failure for call in Call.objects.exclude(failure="")] == [failure.value]


@pytest.mark.parametrize(
    ("failure", "name"), [(failure, name) for failure in scripted.ANSWERS for name in SEEN[failure]]
)
def test_a_failure_that_is_the_answer_stores_nothing(
    client: Client, alice: Account, failure: Failure, name: str
) -> None:
    script(alice, failure)
    assert client.call(name).status_code >= 400
    assert not Message.objects.exists()
    assert not DirectMessage.objects.exists()
    assert not Voucher.objects.exclude(redeemed_at=None).exists()


@pytest.mark.parametrize(("value", "failure"), MAGIC.items())
def test_a_magic_value_fails_so_at_each_call_it_fits(client: Client, value: str, failure: Failure) -> None:
    kinds = {"U": ("push", "multicast", "enhanced_multicast"), "+": ("pnp_push", "pnp_multicast"), "S": ("redeem",)}
    names = [name for name in kinds[value[0]] if name in SEEN[failure]]
    assert names
    for name in names:
        assert client.seen(name, value) == SEEN[failure][name]


@pytest.mark.parametrize(
    ("uid", "result", "response"),
    [
        ("400", REFUSED, '{"message": "The request body has 1 error(s)"}'),
        ("404", None, '{"message": "Invalid user"}'),
        ("408", "timeout", "timeout"),
        ("429", "error", "429 Too Many Requests"),
        ("500", "error", LINE_SERVER_ERROR),
    ],
)
def test_a_magic_line_uid_fails_alone(client: Client, uid: str, result: Any, response: str) -> None:
    (magic,) = (each for each in message_rules.MAGIC if each.endswith(uid))
    status, seen = client.seen("push", magic)
    assert (status, seen) == (200, result) if result else isinstance(seen, dict)
    assert client.seen("multicast", magic) == (200, response)


@pytest.mark.parametrize("path", ["member/", "event/", "pnp/setting/", "template/"])
def test_at_peak_any_call_is_refused_where_the_path_fits(api: APIClient, alice: Account, path: str) -> None:
    script(alice, "peak", path=path, times=None)
    for each in ("member/", "event/", "pnp/setting/", "template/"):
        assert api.get(V1 + each).status_code == (429 if each == path else 200)


def test_it_expires_by_itself_and_belongs_to_its_account(api: APIClient, alice: Account, bob: Account) -> None:
    row = script(alice, "peak", times=None)
    assert client_of(bob).get(f"{V1}event/").status_code == 200
    assert [api.get(f"{V1}event/").status_code for _ in range(3)] == [429] * 3
    ScriptedFailure.objects.update(expires_at=datetime.now(UTC))
    assert api.get(f"{V1}event/").status_code == 200
    row.refresh_from_db()
    assert row.hits == 3


@pytest.mark.django_db(transaction=True)
def test_of_calls_at_once_only_as_many_fail_as_asked(alice: Account) -> None:
    script(alice, "peak", times=3)
    now = datetime.now(UTC)
    met = race(12, lambda: scripted.take(account=alice, call="", path="event/", now=now))
    assert met.count(Failure.PEAK) == 3
    assert ScriptedFailure.objects.get().hits == 3


def test_failures_are_scripted_listed_and_removed_over_rest(api: APIClient, alice: Account, bob: Account) -> None:
    made = api.post(REST, {"failure": "timeout", "path": "/openapi/v1/direct_message/", "times": 2, "expires_in": 60})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["failure"], body["path"], body["times"], body["hits"]) == ("timeout", "direct_message/", 2, 0)
    assert body["is_active"]
    assert client_of(bob).get(REST).json()["results"] == []
    assert client_of(bob).delete(f"{REST}{body['id']}/").status_code == 404
    assert api.post(REST, {"failure": "peak", "times": None}).json()["times"] is None
    assert [each["failure"] for each in api.get(REST).json()["results"]] == ["peak", "timeout"]
    assert api.delete(f"{REST}{body['id']}/").status_code == 204
    assert api.delete(REST).status_code == 204
    assert api.get(REST).json()["results"] == []
    actions = AuditEntry.objects.filter(action__startswith="openapi_failure").values_list("action", flat=True)
    assert sorted(actions) == ["openapi_failure.added"] * 2 + ["openapi_failure.removed"] * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "failure"),
        ({"failure": "earthquake"}, "failure"),
        ({"failure": "peak", "times": 0}, "times"),
        ({"failure": "peak", "times": 1.5}, "times"),
        ({"failure": "peak", "expires_in": 0}, "expires_in"),
        ({"failure": "peak", "expires_in": 1e9}, "expires_in"),
        ({"failure": "peak", "path": "x" * 101}, "path"),
        ({"failure": "peak", "path": "a\nb"}, "path"),
        ({"failure": "peak", "weather": "rain"}, "weather"),
    ],
)
def test_a_failure_that_cannot_be_is_refused_by_field(api: APIClient, body: Any, field: str) -> None:
    answer = api.post(REST, body)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert not ScriptedFailure.objects.exists()


def test_there_can_be_only_so_many_at_once(api: APIClient, alice: Account) -> None:
    for _ in range(scripted.MOST_FAILURES):
        script(alice, "peak", path="nowhere/")
    assert api.post(REST, {"failure": "peak"}).status_code == 400
    ScriptedFailure.objects.update(expires_at=NOW)
    assert api.post(REST, {"failure": "peak"}).status_code == 201
