"""The limiter's caps, over a transport that finishes when the test says so."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.webhooks.jobs import answered, job
from webhooks.engine.concurrency_limiter import Capacity, ConcurrencyLimiter
from webhooks.engine.job import Job, Outcome


class Hand:
    """A transport in the test's hand."""

    def __init__(self) -> None:
        self.flying: list[Job] = []
        self.done: list[tuple[Job, Outcome]] = []

    def start(self, job: Job) -> None:
        self.flying.append(job)

    def poll(self, timeout: float) -> list[tuple[Job, Outcome]]:
        done, self.done = self.done, []
        return done

    def finish(self, *jobs: Job) -> None:
        for one in jobs:
            self.flying.remove(one)
            self.done.append((one, answered(200)))


def test_no_endpoint_gets_more_than_its_cap_and_the_rest_waits_in_order() -> None:
    hand = Hand()
    limiter = ConcurrencyLimiter(hand, in_flight=10, per_endpoint=2)
    jobs = [job(number) for number in range(1, 5)]
    limiter.add(jobs)
    assert hand.flying == jobs[:2]
    hand.finish(jobs[0])
    assert [finished for finished, _ in limiter.collect(0)] == [jobs[0]]
    assert hand.flying == [jobs[1], jobs[2]]


def test_an_endpoint_that_hangs_takes_only_its_own_share() -> None:
    hand = Hand()
    limiter = ConcurrencyLimiter(hand, in_flight=4, per_endpoint=2)
    limiter.add([job(number, endpoint_id=1) for number in (1, 2, 3)])
    quick = [job(number, endpoint_id=2) for number in (4, 5)]
    limiter.add(quick)
    hand.finish(*quick)
    limiter.collect(0)
    assert limiter.capacity() == Capacity(total=1, each=2, busy={1: 0})


def test_room_counts_what_flies_and_what_waits() -> None:
    limiter = ConcurrencyLimiter(Hand(), in_flight=5, per_endpoint=2)
    assert limiter.capacity() == Capacity(total=5, each=2, busy={})
    limiter.add([job(1), job(2), job(3), job(4, endpoint_id=7)])
    assert limiter.in_flight == 3
    assert limiter.capacity() == Capacity(total=1, each=2, busy={1: 0, 7: 1})


def test_what_waits_can_be_handed_back_while_the_rest_goes_on() -> None:
    hand = Hand()
    limiter = ConcurrencyLimiter(hand, in_flight=10, per_endpoint=1)
    first, second = job(1), job(2)
    limiter.add([first, second])
    assert limiter.take_waiting() == [second]
    hand.finish(first)
    limiter.collect(0)
    assert limiter.is_idle
    assert hand.flying == []


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(1, 4), max_size=40), st.integers(1, 6), st.integers(1, 3), st.randoms(use_true_random=False)
)
def test_whatever_order_things_finish_in_caps_hold_and_nothing_is_lost(
    endpoints: list[int], in_flight: int, per_endpoint: int, random: object
) -> None:
    hand = Hand()
    limiter = ConcurrencyLimiter(hand, in_flight=in_flight, per_endpoint=per_endpoint)
    jobs = [job(number, endpoint_id=endpoint) for number, endpoint in enumerate(endpoints, 1)]
    limiter.add(jobs)
    finished: list[Job] = []
    for _ in jobs:
        assert len(hand.flying) <= in_flight
        assert all(count <= per_endpoint for count in Counter(one.endpoint_id for one in hand.flying).values())
        hand.finish(random.choice(hand.flying))  # type: ignore[attr-defined]
        finished += [one for one, _ in limiter.collect(0)]
    assert limiter.is_idle
    assert sorted(one.delivery_id for one in finished) == sorted(one.delivery_id for one in jobs)


def test_a_job_is_claimed_under_its_delivery_and_token() -> None:
    assert job(3, claim_token="t").claim == (3, "t")
