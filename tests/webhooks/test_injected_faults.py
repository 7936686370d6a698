"""Every injected fault, from its script to the log, at a shop that takes it well and at one that lacks a care."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest
from django.db import connection, connections, transaction

from accounts.models import Account, AuditEntry, Licence
from maac_contract.fault_kinds import RACES, FaultKind
from maac_contract.signature import signature
from tests.brands import YEAR
from tests.shop import Care, Shop
from tests.webhooks.jobs import answered
from tests.webhooks.test_deliver import run_until_quiet
from webhooks import outbox
from webhooks.engine.concurrency_limiter import Capacity
from webhooks.engine.job import Job
from webhooks.engine.lifecycle import judge
from webhooks.models import Attempt, Delivery, Endpoint, InjectedFault, QueueEntry
from webhooks.outbox import Settlement
from webhooks.services import endpoints, faults
from webhooks.services.fault_effects import FaultEffects
from webhooks.services.publish import EventRequest, publish
from webhooks.services.redeliver import redeliver

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MakeEndpoint = Callable[..., Endpoint]

LEASE = timedelta(seconds=15)
TOPIC = "prize.points_added"
POINTS = 20
"""Of an event; its digits are among those that a flipped byte can hit."""
ALONE = {"prize_name": "x", "points_id": "x", "line_uid": "x", "customer_id": "x", "points_expire_date": None}


def now() -> datetime:
    return datetime.now(UTC)


def hand_out(account: Account, *memos: str) -> None:
    """An event for each, a second apart."""
    for second, memo in enumerate(memos):
        moment = now() + timedelta(seconds=second - len(memos))
        data = {"points_count": POINTS, "points_memo": memo}
        publish(
            account=account, event_requests=[EventRequest(TOPIC, data, seed=1, merge=True, timestamp=moment)], now=now()
        )


class Case(NamedTuple):
    """A fault, which care a receiver needs for it, and what the careful one has in the end: points, memo."""

    kind: FaultKind
    care: Care
    right: tuple[int, str]
    memos: tuple[str, ...] = ("first",)
    options: dict[str, Any] = {}
    stumbles: int = 0


LATER = [30.0]
RETRIED_LATER = (FaultKind.ROTATE_SECRET, FaultKind.DROP_MID_BODY)
"""The receiver has to learn something first: of the new secret, or that the connection is gone."""
TAKEN, REFUSED = (POINTS, "first"), (0, "")
CASES = [
    Case(FaultKind.DROP_MID_BODY, Care.KEY_LAST, TAKEN),
    Case(FaultKind.SEND_TWICE, Care.KEY, TAKEN),
    Case(FaultKind.REVERSE, Care.ORDER, (3 * POINTS, "last"), ("first", "second", "last")),
    Case(FaultKind.WRONG_SIGNATURE, Care.SIGNATURE, REFUSED),
    Case(FaultKind.PREVIOUS_SECRET, Care.OLD_SECRET, REFUSED),
    Case(FaultKind.FLIP_BYTE, Care.SIGNATURE, REFUSED),
    Case(FaultKind.DRIP_BODY, Care.WHOLE_BODY, TAKEN, options={"seconds": 0.3}),
    Case(FaultKind.DELAY, Care.ORDER, (2 * POINTS, "last"), ("first", "last"), {"seconds": 0.3}),
    Case(FaultKind.STALE_TIMESTAMP, Care.AGE, REFUSED),
    Case(FaultKind.LOST_ANSWER, Care.KEY, TAKEN),
    Case(FaultKind.ROTATE_SECRET, Care.NEW_SECRET, TAKEN, stumbles=1),
    Case(FaultKind.PAUSE, Care.ROLLBACK, TAKEN, stumbles=1),
    Case(FaultKind.DELETE, Care.TAKE_FIRST, TAKEN, stumbles=1),
    Case(FaultKind.END_LICENCE, Care.ROLLBACK, TAKEN, stumbles=1),
]


def go_through(case: Case, shop: Shop, alice: Account, endpoint: Endpoint) -> None:
    """Script the fault, let the events happen, and do afterwards what people do."""
    shop.secret = endpoint.share_secret
    if case.kind is FaultKind.PREVIOUS_SECRET:
        shop.secret = endpoints.rotate_secret(endpoint=endpoint, now=now()).share_secret
    # Who takes first has nothing left to stumble over while MAAC waits.
    takes_first = case.care is Care.TAKE_FIRST and shop.has(Care.TAKE_FIRST)
    shop.stumbles = 0 if takes_first else case.stumbles
    faults.add(endpoint=endpoint, kind=case.kind, now=now(), **case.options)
    hand_out(alice, *case.memos)
    run_until_quiet()
    if case.kind is FaultKind.ROTATE_SECRET:
        shop.secret = Endpoint.objects.get(pk=endpoint.pk).share_secret
    if case.kind in RETRIED_LATER:
        shop.wait_for(1)
        QueueEntry.objects.update(due_at=now())
    if case.kind is FaultKind.PAUSE:
        endpoints.resume(endpoint=endpoint, now=now())
        redeliver(delivery=Delivery.objects.get(), now=now())
    if case.kind is FaultKind.END_LICENCE:
        Licence.objects.update(valid_until=now() + YEAR)
        redeliver(delivery=Delivery.objects.get(), now=now())
    run_until_quiet()


def waits(case: Case) -> list[float]:
    return LATER if case.kind in RETRIED_LATER else [0.02, 0.02, 0.02]


@pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])
def test_a_careful_receiver_has_everything_right_in_the_end(
    case: Case, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    with Shop() as shop:
        go_through(case, shop, alice, make_endpoint(url=shop.url, retry_waits=waits(case)))
        assert (shop.points, shop.memo) == case.right


@pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])
def test_one_that_lacks_the_care_has_not_and_the_log_says_what_struck_it(
    case: Case, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    with Shop(lacks=case.care) as shop:
        go_through(case, shop, alice, make_endpoint(url=shop.url, retry_waits=waits(case)))
        assert (shop.points, shop.memo) != case.right
    struck = Attempt.objects.exclude(fault="")
    assert {attempt.fault for attempt in struck} == {case.kind}
    assert len(struck) == (3 if case.kind is FaultKind.REVERSE else 1)
    fault = InjectedFault.objects.get()
    assert (fault.hits, fault.is_over, fault.held, fault.leaving) == (1, True, [], [])


def test_every_kind_has_a_case() -> None:
    assert [case.kind for case in CASES] == list(FaultKind)


# What goes over the wire


def one_attempt(shop: Shop, alice: Account, endpoint: Endpoint, kind: FaultKind, **options: Any) -> Attempt:
    """The first attempt of an event that the fault strikes."""
    shop.secret = endpoint.share_secret
    faults.add(endpoint=endpoint, kind=kind, now=now(), **options)
    hand_out(alice, "first")
    run_until_quiet()
    return Attempt.objects.get(number=1)


def header(attempt: Attempt, name: str) -> str:
    return str(next(value for given, value in attempt.request_headers if given == name))


def test_a_dropped_body_is_a_lost_connection_and_half_of_it_is_in_the_log(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    with Shop() as shop:
        attempt = one_attempt(shop, alice, make_endpoint(url=shop.url, retry_waits=LATER), FaultKind.DROP_MID_BODY)
        shop.wait_for(1)
        QueueEntry.objects.update(due_at=now())
        run_until_quiet()
        assert shop.statuses == [None, 200]
    body = attempt.delivery.event.body.encode()
    assert (attempt.reason, attempt.status_code) == ("CONNECTION_LOST", None)
    assert attempt.detail == f"Injected fault: dropped after {len(body) // 2} of {len(body)} bytes."
    assert bytes(attempt.request_body or b"") == body[: len(body) // 2]
    assert header(attempt, "Content-Length") == str(len(body))


def test_two_copies_are_one_attempt_that_tells_of_both(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        attempt = one_attempt(shop, alice, make_endpoint(url=shop.url), FaultKind.SEND_TWICE)
        assert shop.statuses == [200, 200]
    assert attempt.detail == "Injected fault: sent twice; the copy that finished first ended with status 200."
    assert Delivery.objects.get().attempt_count == 1


def test_two_copies_to_nobody_are_one_attempt_as_well(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        pass
    attempt = one_attempt(shop, alice, make_endpoint(url=shop.url, retry_waits=[]), FaultKind.SEND_TWICE)
    assert attempt.reason == "COULD_NOT_CONNECT"
    assert "ended with COULD_NOT_CONNECT" in attempt.detail


def test_a_group_arrives_in_reverse(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url)
        shop.secret = endpoint.share_secret
        faults.add(endpoint=endpoint, kind="reverse", count=5, now=now())
        hand_out(alice, *"abcdefg")
        run_until_quiet()
        assert [memo for memo in shop.orders if memo in "abcde"] == list("edcba")


def test_a_group_that_never_gets_full_leaves_in_reverse_when_its_time_is_over(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url)
        shop.secret = endpoint.share_secret
        faults.add(endpoint=endpoint, kind="reverse", count=3, seconds=0.3, now=now())
        hand_out(alice, "a", "b")
        assert Delivery.objects.filter(status="pending").count() == 2
        run_until_quiet()
        assert shop.orders == ["b", "a"]
    assert set(Attempt.objects.values_list("fault", flat=True)) == {"reverse"}


@pytest.mark.parametrize("kind", [FaultKind.WRONG_SIGNATURE, FaultKind.FLIP_BYTE])
def test_such_a_signature_is_not_that_of_the_bytes(
    kind: FaultKind, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url)
        attempt = one_attempt(shop, alice, endpoint, kind)
        assert shop.statuses == [401]
    sent = bytes(attempt.request_body or attempt.delivery.event.body.encode())
    assert header(attempt, "CrescLab-Signature") != signature(endpoint.share_secret, sent)


def test_a_flipped_byte_is_one_digit_of_the_data_and_the_body_is_still_json(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    with Shop() as shop:
        attempt = one_attempt(shop, alice, make_endpoint(url=shop.url), FaultKind.FLIP_BYTE, seed="a")
    was, sent = attempt.delivery.event.body.encode(), bytes(attempt.request_body or b"")
    (place,) = [place for place in range(len(was)) if was[place] != sent[place]]
    assert place > was.index(b'"data"')
    assert json.loads(sent)["timestamp"] == json.loads(was)["timestamp"]


def test_a_stale_timestamp_is_signed_rightly(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url)
        attempt = one_attempt(shop, alice, endpoint, FaultKind.STALE_TIMESTAMP, seconds=7200)
        assert shop.statuses == [400]
    was, sent = json.loads(attempt.delivery.event.body), bytes(attempt.request_body or b"")
    moments = [datetime.fromisoformat(each["timestamp"]) for each in (was, json.loads(sent))]
    assert moments[0] - moments[1] == timedelta(hours=2)
    assert json.loads(sent)["data"] == was["data"]
    assert header(attempt, "CrescLab-Signature") == signature(endpoint.share_secret, sent)


def test_a_dripping_body_takes_its_time_and_arrives_whole(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        attempt = one_attempt(shop, alice, make_endpoint(url=shop.url), FaultKind.DRIP_BODY, seconds=0.4)
        assert shop.statuses == [200]
    assert 400 <= attempt.duration_ms < 900
    assert attempt.request_body is None


def test_a_lost_answer_is_kept_in_the_log(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        attempt = one_attempt(shop, alice, make_endpoint(url=shop.url, retry_waits=[0]), FaultKind.LOST_ANSWER)
        assert shop.statuses == [200, 200]
    assert attempt.detail == "Injected fault: the receiver answered 200, which was taken for lost."
    assert ["Content-Length", "0"] in attempt.response_headers
    assert Delivery.objects.get().status == "delivered"


def test_answers_that_are_always_lost_end_the_delivery_as_failed(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url, retry_waits=[0.01, 0.01])
        one_attempt(shop, alice, endpoint, FaultKind.LOST_ANSWER, times=None)
    assert Delivery.objects.values_list("status", "reason", "attempt_count").get() == ("failed", "CONNECTION_LOST", 3)


# What a fault waits for


@pytest.mark.parametrize("kind", [FaultKind.LOST_ANSWER, *RACES])
def test_one_that_has_not_come_to_it_strikes_the_next(
    kind: FaultKind, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    """A lost answer needs a success, a race between two attempts a second attempt."""
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url, retry_waits=[0.01] if kind is FaultKind.LOST_ANSWER else [])
        shop.secret = endpoint.share_secret
        shop.stumbles = 1
        faults.add(endpoint=endpoint, kind=kind, attempt=1, now=now())
        hand_out(alice, "first")
        run_until_quiet()
        fault = InjectedFault.objects.get()
        assert (fault.seen, fault.hits, fault.is_over) == (1, 0, False)
        assert not Attempt.objects.exclude(fault="").exists()
        shop.stumbles = 0 if kind is FaultKind.LOST_ANSWER else 1
        endpoints.edit(endpoint=endpoint, retry_waits=[0.01], now=now())
        hand_out(alice, "second")
        run_until_quiet()
    assert InjectedFault.objects.get().hits == 1
    assert Attempt.objects.get(fault=kind).number == 1


def test_a_race_is_in_the_audit_log_under_the_faults_name(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url, retry_waits=[0.01])
        shop.stumbles = 1
        one_attempt(shop, alice, endpoint, FaultKind.PAUSE)
    fault = InjectedFault.objects.get()
    assert AuditEntry.objects.get(action="endpoint.paused").actor == f"injected fault {fault.pk}"
    assert Delivery.objects.values_list("status", "reason").get() == ("skipped", "endpoint_paused")


def test_a_race_that_comes_too_late_changes_nothing(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    faults.add(endpoint=endpoint, kind="rotate_secret", now=now())
    hand_out(alice, "first")
    room = Capacity(total=10, each=10, busy={})
    (job,) = outbox.claim(capacity=room, after=0, now=now(), lease=timedelta(seconds=15)).jobs
    endpoints.delete(endpoint=endpoint, now=now())
    assert job.fault
    fault_effects = FaultEffects()
    judging = partial(judge, tries=job.tries, waits=job.retry_waits)
    settlement = fault_effects.settlement(job, job.fault, answered(500), now(), judging)
    assert fault_effects.before_settling([settlement], now()) == [settlement]
    assert Endpoint.objects.get().share_secret == endpoint.share_secret
    assert outbox.settle([settlement]) == 1


def test_only_what_fits_is_struck_and_each_nth_of_it(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url)
        shop.secret = endpoint.share_secret
        options: dict[str, Any] = {"endpoint": endpoint, "kind": "flip_byte", "times": None, "now": now()}
        for matcher in ({"topic": "message.first_open"}, {"attempt": 2}, {"every": 3}):
            faults.add(**options, **matcher)
        hand_out(alice, *"123456")
        run_until_quiet()
        assert [memo for memo in "123456" if memo not in shop.orders] == ["3", "6"]
    assert list(InjectedFault.objects.order_by("id").values_list("seen", "hits")) == [(0, 0), (0, 0), (6, 2)]


def test_dice_fall_the_same_with_the_same_seed(alice: Account, make_endpoint: MakeEndpoint) -> None:
    struck = []
    for _ in range(2):
        with Shop() as shop:
            endpoint = make_endpoint(url=shop.url)
            shop.secret = endpoint.share_secret
            faults.add(endpoint=endpoint, kind="flip_byte", probability=0.5, seed="rng", times=None, now=now())
            hand_out(alice, *"123456789")
            run_until_quiet()
            struck.append([memo for memo in "123456789" if memo not in shop.orders])
            endpoints.delete(endpoint=endpoint, now=now())
    assert struck[0] == struck[1]
    assert 0 < len(struck[0]) < 9


def test_an_expired_one_strikes_nothing_and_is_over(alice: Account, make_endpoint: MakeEndpoint) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url)
        faults.add(endpoint=endpoint, kind="flip_byte", expires_in=1, now=now() - timedelta(seconds=2))
        shop.secret = endpoint.share_secret
        hand_out(alice, "first")
        run_until_quiet()
        assert shop.statuses == [200]
    assert InjectedFault.objects.get().is_over


def test_a_previous_secret_that_nobody_can_read_fails_the_attempt_unsent(
    alice: Account, make_endpoint: MakeEndpoint, settings: Any
) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url, retry_waits=[])
        settings.ENCRYPTION_KEYS = ["another"]
        shop.secret = endpoints.rotate_secret(endpoint=endpoint, now=now()).share_secret
        attempt = one_attempt(shop, alice, endpoint, FaultKind.PREVIOUS_SECRET)
        assert shop.statuses == []
    assert "MAAC_SIM_ENCRYPTION_KEYS" in attempt.detail


# Taking it back


def claimed(moment: datetime) -> list[Job]:
    """What a worker claims at that moment; it is killed unless something settles the jobs."""
    room = Capacity(total=10, each=10, busy={})
    return outbox.claim(capacity=room, after=0, now=moment, lease=LEASE).jobs


def settle(job: Job, moment: datetime) -> None:
    verdict = judge(answered(500), tries=job.tries, waits=job.retry_waits)
    assert outbox.settle([Settlement(job, answered(500), verdict, moment)]) == 1


def test_faults_strike_as_many_attempts_as_they_should_though_workers_are_killed(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    faults.add(endpoint=make_endpoint(retry_waits=[0.0] * 4), kind="wrong_signature", times=2, now=now())
    hand_out(alice, "first")
    moment, struck = now(), []
    for is_killed in (True, False, True, True, False, False):
        (job,) = claimed(moment)
        moment += 2 * LEASE
        if not is_killed:
            settle(job, moment)
            struck.append(job.fault is not None)
    assert struck == [True, True, False]
    assert Attempt.objects.exclude(fault="").count() == 2
    fault = InjectedFault.objects.get()
    assert (fault.seen, fault.hits, fault.is_over) == (2, 2, True)


def test_a_fault_whose_worker_was_killed_strikes_another_when_the_delivery_is_skipped(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    faults.add(endpoint=endpoint, kind="wrong_signature", now=now())
    hand_out(alice, "first")
    assert claimed(now())[0].fault
    endpoints.pause(endpoint=endpoint, now=now())
    assert not claimed(now() + 2 * LEASE)
    assert (InjectedFault.objects.get().hits, InjectedFault.objects.get().is_over) == (0, False)
    endpoints.resume(endpoint=endpoint, now=now())
    hand_out(alice, "second")
    assert claimed(now())[0].fault


@pytest.mark.parametrize("kind", ["delay", "reverse"])
@pytest.mark.parametrize("ending", ["pause", "delete", "licence"])
def test_a_fault_forgets_what_it_holds_when_that_is_skipped(
    kind: str, ending: str, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    faults.add(endpoint=endpoint, kind=kind, seconds=60, now=now())
    hand_out(alice, "first")
    assert not claimed(now())
    assert InjectedFault.objects.get().held
    if ending == "licence":
        Licence.objects.update(valid_until=now())
    else:
        getattr(endpoints, ending)(endpoint=endpoint, now=now())
    assert not claimed(now() + timedelta(seconds=61))
    assert Delivery.objects.get().status == "skipped"
    fault = InjectedFault.objects.get()
    assert (fault.held, fault.leaving) == ([], [])
    assert not fault.is_active(fault.expires_at)


@pytest.mark.parametrize("kind", ["delay", "reverse"])
def test_what_a_fault_holds_is_sent_at_once_when_it_is_removed(
    kind: str, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    with Shop() as shop:
        endpoint = make_endpoint(url=shop.url)
        shop.secret = endpoint.share_secret
        fault = faults.add(endpoint=endpoint, kind=kind, seconds=3600, now=now())
        hand_out(alice, "first")
        run_until_quiet()
        assert (shop.orders, Delivery.objects.get().status) == ([], "pending")
        faults.remove(fault=fault, now=now())
        run_until_quiet()
        assert shop.orders == ["first"]
    assert Attempt.objects.get().fault == ""
    assert AuditEntry.objects.latest("id").action == "fault.removed"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waits_for_the_faults_does_not_stop_their_removal(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    fault = faults.add(endpoint=endpoint, kind="delay", seconds=60, now=now())
    hand_out(alice, "first")
    held = Delivery.objects.get().pk
    InjectedFault.objects.filter(pk=fault.pk).update(held=[held], hits=1)

    def remove() -> None:
        try:
            faults.remove(fault=fault, now=now())
        finally:
            connections.close_all()

    removal = threading.Thread(target=remove)
    with transaction.atomic():
        QueueEntry.objects.filter(pk=held).update(claim_token="a claim's")
        removal.start()
        removal.join(10)
        is_removed = not removal.is_alive()
    removal.join()
    assert is_removed
    assert not InjectedFault.objects.exists()
