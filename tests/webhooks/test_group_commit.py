"""Group commit: who comes while a round is under way goes with the next one, and nobody suffers for another."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction

from accounts.models import Account
from events.models import Event
from tests.brands import NOW, client_of, race
from webhooks.models import Delivery, Endpoint, QueueEntry
from webhooks.services.group_commit import MOST_AT_ONCE, GroupCommit
from webhooks.services.publish import EventRequest, publish

pytestmark = pytest.mark.both_databases

POINTS = "prize.points_added"
PUBLISHERS = 20

MakeEndpoint = Callable[..., Endpoint]


class Rounds:
    """Doubles numbers, and remembers what was asked together. The first round waits until it is told to go on."""

    def __init__(self, spoilt_by: int | None = None, fault: type[Exception] = IntegrityError) -> None:
        self.seen: list[list[int]] = []
        self.go_on = threading.Event()
        self.combined = GroupCommit(self._act)
        self._spoilt_by = spoilt_by
        self._fault = fault

    def _act(self, asked: Sequence[int]) -> Sequence[int]:
        self.seen.append(list(asked))
        if len(self.seen) == 1:
            assert self.go_on.wait(10)
        if self._spoilt_by in asked:
            raise self._fault
        return [2 * number for number in asked]

    def ask(self, first: int, others: Sequence[int]) -> list[Future[int]]:
        """What each got; the others came while the first was being answered."""
        with ThreadPoolExecutor(1 + len(others)) as pool:
            futures = [pool.submit(self._ask, first)]
            until(lambda: bool(self.seen))
            futures += [pool.submit(self._ask, number) for number in others]
            until(lambda: len(self.combined._waiting) == len(others))
            self.go_on.set()
        return futures

    def _ask(self, number: int) -> int:
        try:
            return self.combined.submit(number)
        finally:
            connections.close_all()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_who_comes_meanwhile_is_answered_by_one_more_round(transactional_db: None) -> None:
    rounds = Rounds()
    futures = rounds.ask(1, range(2, 8))
    assert [future.result() for future in futures] == [2 * number for number in range(1, 8)]
    assert rounds.seen[0] == [1]
    assert sorted(rounds.seen[1]) == [2, 3, 4, 5, 6, 7]
    assert len(rounds.seen) == 2


def test_a_round_has_a_bound(transactional_db: None) -> None:
    rounds = Rounds()
    futures = rounds.ask(0, range(1, MOST_AT_ONCE + 21))
    assert [future.result() for future in futures] == [2 * number for number in range(MOST_AT_ONCE + 21)]
    assert [len(seen) for seen in rounds.seen] == [1, MOST_AT_ONCE, 20]


def test_one_that_the_database_refuses_fails_alone(transactional_db: None) -> None:
    futures = Rounds(spoilt_by=3).ask(1, [2, 3, 4])
    assert [type(future.exception()) for future in futures] == [type(None), type(None), IntegrityError, type(None)]
    assert [futures[place].result() for place in (0, 1, 3)] == [2, 4, 8]


def test_after_a_fault_that_leaves_the_outcome_open_nothing_is_done_again(transactional_db: None) -> None:
    rounds = Rounds(spoilt_by=3, fault=OperationalError)
    futures = rounds.ask(1, [2, 3])
    assert [type(future.exception()) for future in futures] == [type(None), OperationalError, OperationalError]
    assert len(rounds.seen) == 2


def test_in_a_transaction_everybody_acts_alone(db: None) -> None:
    rounds = Rounds()
    rounds.go_on.set()
    with transaction.atomic():
        assert rounds.combined.submit(1) == 2
    assert not rounds.combined._waiting


@pytest.mark.django_db(transaction=True)
def test_many_who_publish_at_once_each_get_their_own_events(alice: Account, make_endpoint: MakeEndpoint) -> None:
    output = {make_endpoint().pk for _ in range(3)}
    clients, number = iter([client_of(alice) for _ in range(PUBLISHERS)]), count()

    def post() -> tuple[str, Any]:
        mark = f"来店 {next(number)}"
        body = {"topic": POINTS, "data": {"points_memo": mark}, "merge": True}
        return mark, next(clients).post("/api/v1/events/", body).json()

    answers = race(PUBLISHERS, post)
    assert len({answer["id"] for _, answer in answers}) == Event.objects.count() == PUBLISHERS
    assert Delivery.objects.count() == QueueEntry.objects.count() == 3 * PUBLISHERS
    for mark, answer in answers:
        event = Event.objects.get(pk=answer["id"])
        assert event.body == answer["body"]
        assert mark.encode("unicode-escape").decode() in event.body
        kept = event.deliveries.order_by("id").values_list("id", "endpoint_id", "idempotency_key")
        assert [tuple(row.values())[:3] for row in answer["deliveries"]] == list(kept)
        assert {endpoint for _, endpoint, _ in kept} == output


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_gone_costs_no_other_its_event(alice: Account) -> None:
    gone = Account(pk=alice.pk + 1000, name="gone", created_at=NOW)
    publishers = iter([gone, *[alice] * 9])

    def accept() -> bool:
        try:
            publish(account=next(publishers), event_requests=[EventRequest(POINTS)], now=NOW)
        except IntegrityError:
            return False
        return True

    assert sorted(race(10, accept)) == [False] + [True] * 9
    assert Event.objects.count() == 9
