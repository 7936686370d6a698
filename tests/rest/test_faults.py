"""Injected faults by REST: adding, listing, removing, and how struck attempts are marked."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from accounts.models import Account, AuditEntry
from maac_contract.contract import TOPICS
from maac_contract.fault_kinds import FaultKind
from tests.brands import NOW, client_of, error_of, refusal
from tests.receiver import Receiver
from tests.webhooks.test_deliver import happen, run_until_quiet
from webhooks.models import Delivery, Endpoint, InjectedFault
from webhooks.services import endpoints, faults
from webhooks.services.faults import MOST_FAULTS
from webhooks.services.retention import prune

MakeEndpoint = Callable[..., Endpoint]
V1 = "/api/v1"


def of(endpoint: Endpoint) -> str:
    return f"{V1}/endpoints/{endpoint.pk}/faults/"


def test_a_fault_says_all_about_itself(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    answer = api.post(of(endpoint), {"kind": "drip_body", "topic": "prize.points_added", "attempt": 2, "seed": "a"})
    assert answer.status_code == 201
    body = answer.json()
    created, expires = (datetime.fromisoformat(body.pop(name)) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(hours=1)
    assert body.pop("created_by").startswith("token test")
    assert body == {
        "id": InjectedFault.objects.get().pk,
        "endpoint": endpoint.pk,
        "kind": "drip_body",
        "description": "The body arrives in small pieces, spread over so many seconds.",
        "topic": "prize.points_added",
        "attempt": 2,
        "every": 1,
        "probability": 1.0,
        "seed": "a",
        "times": 1,
        "left": 1,
        "seconds": 2.0,
        "count": None,
        "seen": 0,
        "hits": 0,
        "is_active": True,
    }
    assert AuditEntry.objects.latest("id").action == "fault.added"


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_can_be_added_by_its_name_alone(
    kind: FaultKind, api: APIClient, make_endpoint: MakeEndpoint
) -> None:
    endpoint = endpoints.rotate_secret(endpoint=make_endpoint(), now=NOW)
    body = api.post(of(endpoint), {"kind": kind}).json()
    assert (body["kind"], body["is_active"]) == (kind, True)


def test_they_are_listed_newest_first_and_used_up_ones_say_so(
    api: APIClient, make_endpoint: MakeEndpoint, alice: Account, receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    for kind in ("wrong_signature", "flip_byte"):
        api.post(of(endpoint), {"kind": kind})
    happen(alice)
    run_until_quiet()
    listed = api.get(of(endpoint)).json()
    assert listed["next"] is None
    assert [(row["kind"], row["hits"], row["left"], row["is_active"]) for row in listed["results"]] == [
        ("flip_byte", 0, 1, True),
        ("wrong_signature", 1, 0, False),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "explode"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"kind": "previous_secret"}, "kind"),
        ({"kind": 5}, "kind"),
        ({"topic": "no.topic"}, "topic"),
        ({"attempt": 0}, "attempt"),
        ({"attempt": 1.5}, "attempt"),
        ({"attempt": True}, "attempt"),
        ({"every": 0}, "every"),
        ({"every": 10**30}, "every"),
        ({"every": 10**400}, "every"),
        ({"attempt": -(10**400)}, "attempt"),
        ({"probability": 1.1}, "probability"),
        ({"probability": "0.5"}, "probability"),
        ({"probability": True}, "probability"),
        ({"seed": ""}, "seed"),
        ({"seed": "x" * 101}, "seed"),
        ({"seed": "a\u200bb"}, "seed"),
        ({"times": 0}, "times"),
        ({"times": -1}, "times"),
        ({"seconds": 1}, "seconds"),
        ({"count": 3}, "count"),
        ({"kind": "delay", "seconds": -1}, "seconds"),
        ({"kind": "delay", "seconds": 3601}, "seconds"),
        ({"kind": "drip_body", "seconds": 10}, "seconds"),
        ({"kind": "reverse", "count": 1}, "count"),
        ({"kind": "reverse", "count": 51}, "count"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": 86_401}, "expires_in"),
        ({"expires": 60}, "expires"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    changes: dict[str, Any], field: str, api: APIClient, make_endpoint: MakeEndpoint
) -> None:
    answer = api.post(of(make_endpoint()), {"kind": "flip_byte", **changes})
    assert refusal(answer) == (400, "invalid_request")
    assert list(error_of(answer)["fields"]) == [field]
    assert not InjectedFault.objects.exists()


def test_an_endpoint_has_a_limit_of_faults_that_wait(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    for _ in range(MOST_FAULTS):
        faults.add(endpoint=endpoint, kind="delay", now=datetime.now(UTC))
    assert refusal(api.post(of(endpoint), {"kind": "delay"})) == (409, "too_many_faults")
    InjectedFault.objects.filter(pk=InjectedFault.objects.latest("id").pk).update(is_over=True)
    assert api.post(of(endpoint), {"kind": "delay"}).status_code == 201


def test_one_is_removed_or_all(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint, other = make_endpoint(), make_endpoint()
    ids = [api.post(of(each), {"kind": "delay"}).json()["id"] for each in (endpoint, endpoint, endpoint, other)]
    assert api.delete(f"{V1}/faults/{ids[0]}/").status_code == 204
    assert refusal(api.delete(f"{V1}/faults/{ids[0]}/")) == (404, "not_found")
    assert api.delete(of(endpoint)).status_code == 204
    assert api.delete(of(endpoint)).status_code == 204
    assert list(InjectedFault.objects.values_list("pk", flat=True)) == [ids[3]]
    assert list(AuditEntry.objects.filter(action="fault.removed").order_by("id").values_list("target", flat=True)) == [
        f"endpoint {endpoint.pk} (CRM): delay",
        f"endpoint {endpoint.pk} (CRM): delay, delay",
    ]


def test_what_is_removed_twice_at_once_is_removed_once(make_endpoint: MakeEndpoint) -> None:
    fault = faults.add(endpoint=make_endpoint(), kind="delay", now=NOW)
    faults.remove(fault=fault, now=NOW)
    faults.remove(fault=fault, now=NOW)
    assert AuditEntry.objects.filter(action="fault.removed").count() == 1


def test_those_of_a_deleted_endpoint_are_gone_and_it_gets_no_new_one(
    api: APIClient, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    made = api.post(of(endpoint), {"kind": "delay"}).json()["id"]
    endpoints.delete(endpoint=endpoint, now=NOW)
    assert refusal(api.get(of(endpoint))) == refusal(api.delete(f"{V1}/faults/{made}/")) == (404, "not_found")
    with pytest.raises(Exception, match="is deleted"):
        faults.add(endpoint=endpoint, kind="delay", now=NOW)


def test_nobody_elses_can_be_seen_or_touched(bob: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    fault = faults.add(endpoint=endpoint, kind="delay", now=NOW)
    client = client_of(bob)
    answers = [client.get(of(endpoint)), client.post(of(endpoint), {"kind": "delay"}), client.delete(of(endpoint))]
    assert {refusal(each) for each in [*answers, client.delete(f"{V1}/faults/{fault.pk}/")]} == {(404, "not_found")}
    assert InjectedFault.objects.count() == 1


def test_an_attempt_that_was_struck_is_marked_and_shows_the_bytes_that_were_sent(
    api: APIClient, alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("flip_byte")
    endpoint = make_endpoint(url=receiver.url("/hook"))
    api.post(of(endpoint), {"kind": "flip_byte"})
    with caplog.at_level(logging.INFO, "webhooks.attempt"):
        happen(alice, 2)
        run_until_quiet()
    struck, plain = (
        api.get(f"{V1}/deliveries/{pk}/").json()["attempts"][0]
        for pk in Delivery.objects.order_by("id").values_list("pk", flat=True)
    )
    assert (struck["fault"], plain["fault"]) == ("flip_byte", None)
    assert {got.body.decode() for got in receiver.requests} == {each["request"]["body"] for each in (struck, plain)}
    assert struck["request"]["body"] not in [delivery.event.body for delivery in Delivery.objects.all()]
    lines = [json.loads(record.message) for record in caplog.records if record.name == "webhooks.attempt"]
    assert sorted(line.get("fault", "") for line in lines) == ["", "flip_byte"]
    assert counted("flip_byte") == before + 1


def counted(kind: str) -> float:
    return REGISTRY.get_sample_value("maac_sim_injected_faults_total", {"kind": kind}) or 0.0


def test_expired_ones_are_forgotten_after_a_day(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    for hours in (26, 24):
        faults.add(endpoint=endpoint, kind="delay", now=NOW - timedelta(hours=hours))
    prune(now=NOW + timedelta(minutes=1))
    assert InjectedFault.objects.count() == 1


def test_a_topic_of_each_kind_can_be_meant(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    for topic in ("", *TOPICS):
        assert api.post(of(endpoint), {"kind": "delay", "topic": topic, "times": None}).status_code == 201
