"""The shop under test with the pytest plugin of maac-sim. Every test has an account of its own: pytest -n auto"""

import time
from collections.abc import Iterator

import pytest
from shop import Shop, running_shop

RECEIPT = "receipt.receipt_validated"
BREAD = {
    "customer_id": "M-10086",
    "items": [{"description": "パン", "unit_price": 65.0, "quantity": 4.0, "amount": 260.0}],
}


@pytest.fixture
def shop(maac_sim) -> Iterator[Shop]:
    """The receiver, and an endpoint of the simulator that leads to it."""
    with running_shop() as running:
        running.secret = maac_sim.endpoint(running.url, events=[RECEIPT]).secret
        yield running


def test_a_receipt_gives_points(maac_sim, shop: Shop) -> None:
    maac_sim.trigger(RECEIPT, BREAD).delivered()
    assert shop.points == {"M-10086": 2}


def test_the_same_event_twice_gives_points_once(maac_sim, shop: Shop) -> None:
    (delivery,) = maac_sim.trigger(RECEIPT, BREAD).delivered()
    delivery.redeliver()
    maac_sim.wait(delivered=1)
    assert maac_sim.deliveries[0].attempt_count == 2
    assert shop.points == {"M-10086": 2}


def test_a_shop_that_comes_back_in_time_loses_nothing(maac_sim, shop: Shop) -> None:
    shop.is_broken = True
    event = maac_sim.trigger(RECEIPT, BREAD)
    while not event.deliveries[0].attempt_count:
        time.sleep(0.005)
    shop.is_broken = False
    event.delivered()
    assert shop.points == {"M-10086": 2}


def test_a_shop_that_stays_away_loses_the_event_after_four_attempts(maac_sim, shop: Shop) -> None:
    shop.is_broken = True
    (lost,) = maac_sim.trigger(RECEIPT, BREAD).wait()
    assert (lost.status, lost.status_code, lost.attempt_count) == ("failed", 503, 4)
    shop.is_broken = False
    lost.redeliver()
    maac_sim.wait(delivered=1)
    assert shop.points == {"M-10086": 2}


def test_a_secret_that_was_rotated_is_no_longer_good(maac_sim) -> None:
    with running_shop() as shop:
        endpoint = maac_sim.endpoint(shop.url)
        shop.secret = endpoint.secret
        endpoint.rotate()
        (refused,) = maac_sim.trigger(RECEIPT, BREAD).wait()
        assert refused.status_code == 401
        shop.secret = endpoint.secret
        refused.redeliver()
        maac_sim.wait(delivered=1)


@pytest.mark.parametrize("kind", ["wrong_signature", "flip_byte", "previous_secret"])
def test_what_is_not_signed_right_is_refused(maac_sim, kind: str) -> None:
    with running_shop() as shop:
        endpoint = maac_sim.endpoint(shop.url)
        shop.secret = endpoint.rotate()
        endpoint.faults.add(kind)
        (refused,) = maac_sim.trigger(RECEIPT, BREAD).wait()
        assert (refused.status_code, refused.attempts[0]["fault"]) == (401, kind)
        assert shop.points == {}


def test_an_answer_that_gets_lost_does_no_harm(maac_sim) -> None:
    with running_shop() as shop:
        endpoint = maac_sim.endpoint(shop.url)
        shop.secret = endpoint.secret
        endpoint.faults.add("lost_answer")
        (delivery,) = maac_sim.trigger(RECEIPT, BREAD).delivered()
        assert delivery.attempt_count == 2
        assert shop.points == {"M-10086": 2}


def test_while_it_is_paused_nothing_comes(maac_sim, shop: Shop) -> None:
    (endpoint,) = maac_sim.api.get("/endpoints/")["results"]
    maac_sim.api.post(f"/endpoints/{endpoint['id']}/pause/")
    event = maac_sim.trigger(RECEIPT, BREAD)
    assert event.wait() == []
    assert [row["reason"] for row in event.not_reached] == ["endpoint_paused"]
    assert shop.points == {}


@pytest.mark.parametrize("seed", range(8))
def test_any_receipt_is_taken(maac_sim, shop: Shop, seed: int) -> None:
    event = maac_sim.trigger(RECEIPT, seed=seed)
    event.delivered()
    assert len(shop.seen) == 1


@pytest.mark.maac_sim(time_zone="Asia/Tokyo", endpoint_limit=1)
def test_a_brand_in_japan_has_its_own_time(maac_sim, shop: Shop) -> None:
    event = maac_sim.trigger(RECEIPT, BREAD)
    event.delivered()
    assert b"+09:00" in event.body
    assert shop.points == {"M-10086": 2}
