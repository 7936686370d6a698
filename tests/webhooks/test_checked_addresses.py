"""A name's addresses are checked where the socket opens, and again for each connection that is kept."""

from pathlib import Path

import pytest

from tests.receiver import (
    Answer,
    CloseSilently,
    Receiver,
)
from tests.webhooks.jobs import job
from tests.webhooks.sending import CLOSED, Names, answer, fault, network, send, send_one
from webhooks.engine.addresses import AddressPolicy
from webhooks.engine.job import Reason
from webhooks.engine.lifecycle import Move, judge


class OnlyLoopbackOne(AddressPolicy):
    """Takes 127.0.0.1, where the receiver listens, for a public address, and judges every other as always."""

    def refusal(self, address: str) -> str | None:
        return None if address == "127.0.0.1" else super().refusal(address)


ALMOST_CLOSED = OnlyLoopbackOne(allow_private_networks=False)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"]
)
def test_a_public_name_with_a_private_address_is_refused_where_the_socket_opens(
    address: str, receiver: Receiver
) -> None:
    with network(Names, policy=CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, address)
        CLOSED.check_url(url)
        reason, detail = fault(send(opened, job(url=url))[1])
    assert (reason, "not a public address" in detail) == (Reason.REFUSED_ADDRESS, True)
    assert receiver.connections == 0


def test_a_name_that_changes_its_address_after_the_check_is_refused(receiver: Receiver) -> None:
    receiver.always("/hook", Answer(200, headers=(("Connection", "close"),)))
    with network(Names, policy=ALMOST_CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, "127.0.0.1")
        assert answer(send(opened, job(1, url=url))[1]).status_code == 200
        opened.point(receiver, "127.0.0.2")
        reason, detail = fault(send(opened, job(2, url=url))[2])
        assert (reason, "127.0.0.2 is not a public address" in detail) == (Reason.REFUSED_ADDRESS, True)
        opened.point(receiver, "127.0.0.1")
        assert answer(send(opened, job(3, url=url))[3]).status_code == 200
    assert [got.key for got in receiver.requests] == [f"{number:032x}" for number in (1, 3)]


def test_a_kept_connection_leads_only_where_it_was_checked_to_lead(receiver: Receiver) -> None:
    with network(Names, policy=ALMOST_CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, "127.0.0.1")
        send(opened, job(1, url=url))
        opened.point(receiver, "127.0.0.2")
        kept = answer(send(opened, job(2, url=url))[2])
        assert kept.address == f"127.0.0.1:{receiver.port}"
        by_address = job(3, url=f"http://127.0.0.2:{receiver.port}/hook")
        assert fault(send(opened, by_address)[3])[0] is Reason.REFUSED_ADDRESS
        receiver.script("/hook", CloseSilently())
        send(opened, job(4, url=url))
        assert fault(send(opened, job(5, url=url))[5])[0] is Reason.REFUSED_ADDRESS
    assert receiver.connections == 1


@pytest.mark.parametrize("addresses", [("10.0.0.1", "127.0.0.1"), ("127.0.0.1", "10.0.0.1"), ("[::1]", "127.0.0.1")])
def test_of_several_addresses_one_that_is_allowed_is_reached(addresses: tuple[str, ...], receiver: Receiver) -> None:
    with network(Names, policy=ALMOST_CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, *addresses)
        outcome = answer(send(opened, job(url=url))[1])
    assert (outcome.status_code, outcome.address) == (200, f"127.0.0.1:{receiver.port}")


def test_a_fault_of_the_address_that_is_allowed_is_not_called_a_refusal(receiver: Receiver) -> None:
    receiver.close()
    with network(Names, policy=ALMOST_CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, "127.0.0.1", "10.0.0.1")
        assert fault(send(opened, job(url=url))[1])[0] is Reason.COULD_NOT_CONNECT


def test_sockets_that_were_checked_are_closed_like_all_others(receiver: Receiver) -> None:
    receiver.always("/hook", Answer(200, headers=(("Connection", "close"),)))
    before = len(list(Path("/dev/fd").iterdir()))
    with network(policy=ALMOST_CLOSED) as opened:
        for number in range(20):
            send(opened, job(number, url=receiver.url("/hook")))
    assert len(list(Path("/dev/fd").iterdir())) < before + 10


def test_a_refused_address_ends_the_delivery_at_once(receiver: Receiver) -> None:
    outcome = send_one(job(url=receiver.url("/hook")), policy=CLOSED)
    verdict = judge(outcome, tries=1, waits=(1.0, 2.0, 4.0))
    assert (verdict.move, verdict.retry_in) == (Move.FAIL, None)
