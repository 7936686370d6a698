"""An exception about one row, wherever it comes up between claim and settle, fails that delivery and no other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from tests.receiver import Answer, Receiver
from tests.webhooks.test_hostile_answers import happen, run_until_quiet
from webhooks import outbox
from webhooks.engine.concurrency_limiter import Capacity
from webhooks.engine.exchange import Exchange
from webhooks.engine.job import Reason
from webhooks.engine.lifecycle import CLAIMS_AT_MOST
from webhooks.engine.network import Network
from webhooks.models import Attempt, Delivery, Endpoint, InjectedFault, QueueEntry
from webhooks.outbox import fault_store, jobs, postgresql, rows, sqlite
from webhooks.services import delivery_run, fault_effects, faults, workers
from webhooks.services.redeliver import redeliver

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MakeEndpoint = Callable[..., Endpoint]
TOPIC = "prize.points_added"
LEASE = timedelta(seconds=15)
Backend = postgresql.Backend if connection.vendor == "postgresql" else sqlite.Backend


class Planted(Exception):
    """What nobody foresaw."""


def is_about(what: Any, endpoint_id: int) -> bool:
    """Whether an argument is this endpoint, a row or a job of it, or has one in it."""
    if isinstance(what, int):
        return what == endpoint_id
    if isinstance(what, list):
        return any(is_about(each, endpoint_id) for each in what)
    if isinstance(what, Exchange) and not hasattr(what, "job"):
        return False
    if isinstance(what, Exchange | outbox.Settlement):
        return what.job.endpoint_id == endpoint_id
    if isinstance(what, rows.Row):
        return Delivery.objects.get(pk=what.delivery_id).endpoint_id == endpoint_id
    return bool(getattr(what, "endpoint_id", None) == endpoint_id)


SEAMS: dict[str, tuple[Any, str]] = {
    "reading the endpoint": (jobs, "_address"),
    "checking the row": (jobs, "_skip_reason"),
    "building the job": (jobs, "_job"),
    "reading a fault": (fault_store, "_rule"),
    "applying a fault": (fault_store, "_with_fault"),
    "counting a fault": (fault_store, "_save"),
    "handing over to the network": (Network, "_begin"),
    "making the request": (Exchange, "begin"),
    "opening a socket": (Network, "_open_socket"),
    "reading a header": (Exchange, "_on_header"),
    "reading the body": (Exchange, "_on_body"),
    "reading the outcome": (Exchange, "outcome"),
    "judging": (delivery_run.Run, "_verdict"),
    "what a fault made of it": (fault_effects.FaultEffects, "settlement"),
    "a race": (fault_effects, "_race"),
    "making the row to store": (outbox, "row"),
    "moving": (Backend, "move"),
    "storing the attempt": (Backend, "store_attempts"),
    "counting": (Backend, "store_stats"),
}


@pytest.mark.parametrize("seam", SEAMS)
def test_an_exception_at_any_step_fails_its_delivery_and_leaves_all_others_alone(
    seam: str, alice: Account, bob: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings,
    monkeypatch: pytest.MonkeyPatch, console: Client,
) -> None:  # fmt: skip
    settings.WEBHOOK_RETRY_WAITS = (0.0, 0.0, 0.0)
    receiver.always("/bad", Answer(500 if seam == "a race" else 200, b"answer"))
    bad = make_endpoint(url=receiver.url("/bad").replace("127.0.0.1", "localhost"))
    make_endpoint(url=receiver.url("/good"))
    make_endpoint(account=bob, url=receiver.url("/bobs"), event_types=[TOPIC])
    if "fault" in seam or seam == "a race":
        kind = "rotate_secret" if seam == "a race" else "flip_byte"
        faults.add(endpoint=bad, kind=kind, times=None, now=datetime.now(UTC))
    plant(monkeypatch, seam, bad.pk)
    happen(alice)
    happen(bob)
    run_until_quiet()
    others = Delivery.objects.exclude(endpoint=bad)
    assert set(others.values_list("status", "attempt_count")) == {("delivered", 1)}
    assert len([got for got in receiver.requests if got.path != "/bad"]) == 2
    delivery = Delivery.objects.get(endpoint=bad)
    assert (delivery.status, delivery.reason) == ("failed", Reason.INTERNAL_ERROR)
    assert not QueueEntry.objects.exists()
    page = console.get(f"/console/deliveries/{delivery.pk}/").content.decode()
    assert "Set aside after an error in the simulator" in page
    monkeypatch.undo()
    settings.WEBHOOK_RETRY_WAITS = ()
    receiver.always("/bad", 200)
    redeliver(delivery=delivery, now=datetime.now(UTC))
    run_until_quiet()
    assert Delivery.objects.get(endpoint=bad).status == "delivered"


def plant(monkeypatch: pytest.MonkeyPatch, seam: str, endpoint_id: int) -> None:
    """Have this step raise whenever it is about the endpoint."""
    owner, name = SEAMS[seam]
    original = getattr(owner, name)

    def planted(*arguments: Any, **named: Any) -> Any:
        if any(is_about(each, endpoint_id) for each in arguments[:2]):
            raise Planted("planted")
        return original(*arguments, **named)

    monkeypatch.setattr(owner, name, planted)


def test_a_row_of_an_unknown_event_type_is_set_aside_and_every_page_shows_it(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings, console: Client, api: APIClient
) -> None:
    settings.WEBHOOK_RETRY_WAITS = (0.0, 0.0, 0.0)
    endpoint = make_endpoint(url=receiver.url("/hook"), event_types=[TOPIC])
    happen(alice)
    happen(alice)
    first = Delivery.objects.order_by("pk")[0]
    Delivery.objects.filter(pk=first.pk).update(topic="future.event")
    Event.objects.filter(pk=first.event_id).update(topic="future.event")
    Endpoint.objects.filter(pk=endpoint.pk).update(event_types=[TOPIC, "future.event"])
    run_until_quiet()
    found = dict(Delivery.objects.values_list("topic", "status"))
    assert found == {TOPIC: "delivered", "future.event": "failed"}
    details = list(Attempt.objects.filter(delivery=first).values_list("detail", flat=True))
    assert details == ["This version does not know the event type future.event."] * 3
    for path in (f"deliveries/{first.pk}/", "deliveries/?reason=INTERNAL_ERROR", f"webhooks/{endpoint.pk}/", ""):
        assert console.get(f"/console/{path}", follow=True).status_code == 200, path
    shown = api.get("/api/v1/deliveries/", {"reason": "INTERNAL_ERROR"}).json()["results"]
    assert [each["id"] for each in shown] == [first.pk]
    assert api.get(f"/api/v1/deliveries/{first.pk}/").status_code == 200
    assert api.post(f"/api/v1/deliveries/{first.pk}/redeliver/").status_code < 300


def test_a_stored_fault_of_an_unknown_kind_fails_what_it_would_strike_until_it_is_removed(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings, console: Client, api: APIClient
) -> None:
    settings.WEBHOOK_RETRY_WAITS = ()
    struck, other = (make_endpoint(url=receiver.url(path)) for path in ("/struck", "/other"))
    faults.add(endpoint=struck, kind="flip_byte", times=None, now=datetime.now(UTC))
    InjectedFault.objects.update(kind="of_the_future")
    happen(alice)
    run_until_quiet()
    assert set(Delivery.objects.values_list("endpoint", "reason")) == {(struck.pk, "INTERNAL_ERROR"), (other.pk, "OK")}
    assert "of_the_future" in Attempt.objects.get(delivery__endpoint=struck).detail
    assert console.get(f"/console/webhooks/{struck.pk}/").status_code == 200
    assert api.get(f"/api/v1/endpoints/{struck.pk}/faults/").status_code == 200
    InjectedFault.objects.all().delete()
    redeliver(delivery=Delivery.objects.get(endpoint=struck), now=datetime.now(UTC))
    run_until_quiet()
    assert Delivery.objects.get(endpoint=struck).reason == "OK"


def test_what_was_claimed_three_times_without_being_settled_is_set_aside_and_readyz_says_so_before(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, client: Client
) -> None:
    make_endpoint(url=receiver.url("/hook"))
    happen(alice)
    QueueEntry.objects.update(claims=3)
    assert "claimed 3 times" in client.get("/readyz").json()["delivering"]["detail"]
    run_until_quiet()
    assert (receiver.requests, Delivery.objects.get().reason) == ([], "INTERNAL_ERROR")
    assert "claimed 3 times" in Attempt.objects.get().detail
    assert client.get("/readyz").json()["delivering"]["ok"]


def test_an_exception_about_the_whole_run_is_counted_and_readyz_tells_it(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_endpoint(url=receiver.url("/hook"))
    happen(alice)
    claim, errors = outbox.claim, [Planted("once")]

    def claim_later(**named: Any) -> Any:
        if errors:
            raise errors.pop()
        return claim(**named)

    monkeypatch.setattr(delivery_run, "PAUSE_AFTER_ERROR", 0.01)
    monkeypatch.setattr(outbox, "claim", claim_later)
    run_until_quiet()
    assert Delivery.objects.get().status == "delivered"
    workers.note(name="one", now=datetime.now(UTC), error=delivery_run.last_error())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["delivering"]["ok"]) == (503, False)
    assert "Planted" in answer.json()["delivering"]["detail"]


REFUSED = {
    "postgresql": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.claim_token <> '' AND NEW.delivery_id = {delivery}"
        " THEN RAISE EXCEPTION 'damaged' USING ERRCODE = 'data_corrupted'; END IF; RETURN NEW; END $$;"
        " CREATE TRIGGER refuse BEFORE UPDATE ON webhooks_queueentry FOR EACH ROW EXECUTE FUNCTION refuse()"
    ),
    "sqlite": (
        "CREATE TRIGGER refuse BEFORE UPDATE ON webhooks_queueentry"
        " WHEN NEW.claim_token <> '' AND NEW.delivery_id = {delivery} BEGIN SELECT RAISE(ABORT, 'damaged'); END"
    ),
}
DAMAGES = {"an entry that cannot be claimed": REFUSED[connection.vendor]} | (
    {}
    if connection.vendor == "postgresql"  # Its types admit nothing of this.
    else {
        "a body that is no text": "UPDATE events_event SET body = CAST(x'ff' AS TEXT) WHERE id = {event}",
        "a time that is none": "UPDATE webhooks_delivery SET created_at = 'noon' WHERE id = {delivery}",
        "a URL that is no text": "UPDATE webhooks_endpoint SET url = CAST(x'ff' AS TEXT) WHERE id = {endpoint}",
    }
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_row_that_fails_the_claim_of_all_is_claimed_alone_and_set_aside_after_three_claims(
    damage: str, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    damaged, sound = make_endpoint(), make_endpoint()
    happen(alice)
    place = Delivery.objects.get(endpoint=damaged)
    statement = DAMAGES[damage].format(delivery=place.pk, event=place.event_id, endpoint=damaged.pk)
    Delivery.objects.filter(endpoint=sound).update(event=copy_of(place.event))
    with connection.cursor() as cursor:
        cursor.execute(statement)
    claimed: list[int] = []
    now = datetime.now(UTC)
    for number in range(CLAIMS_AT_MOST):
        assert QueueEntry.objects.filter(delivery_id=place.pk).values_list("claims", flat=True).first() == number
        room = Capacity(100, 100, {})
        claimed += [job.endpoint_id for job in outbox.claim(capacity=room, after=0, now=now, lease=LEASE).jobs]
        assert outbox.claim(capacity=room, after=0, now=now, lease=LEASE).jobs == []
        now += LEASE
        QueueEntry.objects.filter(endpoint_id=sound.pk).delete()
    assert claimed == [sound.pk]
    ended = Delivery.objects.filter(endpoint=damaged).values_list("status", "reason")
    assert list(ended) == [("failed", Reason.INTERNAL_ERROR)]
    assert not QueueEntry.objects.exists()


def copy_of(event: Event) -> Event:
    event.pk = None
    event.save(force_insert=True)
    return event
