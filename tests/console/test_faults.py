"""Injected faults in the console: the card on an endpoint's page, the form, the mark on an attempt, retry waits."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from maac_contract.fault_kinds import GROUPS, KINDS, FaultKind
from tests.brands import NOW, browser
from tests.console.test_webhooks import at, filled, output, shown
from tests.receiver import Receiver
from tests.webhooks.test_deliver import happen, run_until_quiet
from webhooks.models import Delivery, Endpoint, InjectedFault
from webhooks.services import faults
from webhooks.services.send_test import send_test

MakeEndpoint = Callable[..., Endpoint]
TOPIC = "prize.points_added"


def form(**changes: Any) -> dict[str, Any]:
    """What a browser sends for the form as it comes."""
    fields = {"topic": "", "attempt": "", "every": "", "probability": "", "seed": "", "seconds": "", "count": ""}
    return {"kind": "flip_byte", "times": "1", "expires_in": "3600.0", **fields, **changes}


def test_an_endpoint_without_faults_says_what_they_are_for(console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    page = shown(console, at(endpoint))
    assert "There are no injected faults." in page
    assert f'href="{at(endpoint, "faults", "new")}"' in page


def test_the_form_offers_every_kind_with_what_it_does(console: Client, make_endpoint: MakeEndpoint) -> None:
    page = shown(console, at(make_endpoint(), "faults", "new"))
    for kind in FaultKind:
        assert f'value="{kind}"' in page
        assert KINDS[kind].description in page
    assert sorted(kind for kinds in GROUPS.values() for kind in kinds) == sorted(FaultKind)


def test_a_fault_is_added_listed_removed_and_all_are_removed(console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    given = form(kind="drip_body", topic=TOPIC, attempt="2", every="3", probability="0.5", seed="a", seconds="1.5")
    page = output(console, at(endpoint, "faults", "new"), given)
    fault = InjectedFault.objects.get()
    assert (fault.kind, fault.topic, fault.attempt, fault.every) == ("drip_body", TOPIC, 2, 3)
    assert (fault.probability, fault.seed, fault.times, fault.seconds) == (0.5, "a", 1, 1.5)
    assert fault.created_by == "user alice"
    for words in ("Drip the body", "attempt 2", "one in 3", "seed a", "1.5 seconds", "0 of 1", "Waiting"):
        assert words in page
    assert "The injected fault is removed." in output(console, f"/console/faults/{fault.pk}/remove/")
    for kind in ("reverse", "delay"):
        output(console, at(endpoint, "faults", "new"), form(kind=kind, times=""))
    assert set(InjectedFault.objects.values_list("times", flat=True)) == {None}
    assert "in groups of 3" in shown(console, at(endpoint))
    assert "2 injected faults are removed." in output(console, at(endpoint, "faults", "clear"))
    assert not InjectedFault.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": ""}, "Choose a kind of fault."),
        ({"kind": "previous_secret"}, "The share secret was never changed"),
        ({"attempt": "0"}, "Write a number from 1 to 1,000."),
        ({"attempt": "x"}, "Enter a whole number."),
        ({"count": "3"}, "A fault of the kind flip_byte does not take it."),
        ({"expires_in": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_is_reported_and_nothing_is_set(
    changes: dict[str, str], words: str, console: Client, make_endpoint: MakeEndpoint
) -> None:
    assert words in output(console, at(make_endpoint(), "faults", "new"), form(**changes))
    assert not InjectedFault.objects.exists()


def test_what_is_over_says_so(console: Client, make_endpoint: MakeEndpoint, alice: Account, receiver: Receiver) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    output(console, at(endpoint, "faults", "new"), form())
    faults.add(endpoint=endpoint, kind="delay", now=NOW)
    happen(alice)
    run_until_quiet()
    page = shown(console, at(endpoint))
    assert "1 of 1" in page
    assert ">Done<" in page
    assert ">Expired<" in page


def test_what_is_anothers_is_not_there(bob: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    fault = faults.add(endpoint=endpoint, kind="delay", now=NOW)
    client = browser("bob", bob)
    answers = [
        client.get(at(endpoint, "faults", "new")),
        client.post(at(endpoint, "faults", "new"), form()),
        client.post(at(endpoint, "faults", "clear")),
        client.post(f"/console/faults/{fault.pk}/remove/"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert InjectedFault.objects.count() == 1


def test_an_attempt_that_was_struck_is_plainly_marked(
    console: Client, make_endpoint: MakeEndpoint, alice: Account, receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"), retry_waits=[0.01])
    receiver.script("/hook", 401)
    faults.add(endpoint=endpoint, kind="flip_byte", now=NOW, expires_in=86_400)
    InjectedFault.objects.update(expires_at="2100-01-01T00:00:00Z")
    happen(alice)
    run_until_quiet()
    page = shown(console, f"/console/deliveries/{Delivery.objects.get().pk}/")
    assert "injected fault: Flip one byte" in page
    assert "One byte of the body was changed after it was signed. It was injected on request; it is not a bug." in page
    assert "An injected fault sent these bytes in place of the event's own." in page
    assert receiver.requests[0].body.decode() in page


@pytest.mark.parametrize("kind", ["drop_mid_body", "lost_answer"])
def test_an_answer_that_was_lost_on_purpose_is_not_blamed_on_the_receiver(
    kind: str, console: Client, make_endpoint: MakeEndpoint, alice: Account, receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"), retry_waits=[0.01])
    output(console, at(endpoint, "faults", "new"), form(kind=kind))
    happen(alice)
    run_until_quiet()
    page = shown(console, f"/console/deliveries/{Delivery.objects.get().pk}/")
    assert KINDS[FaultKind(kind)].done in page
    assert "Did it crash" not in page


def test_the_result_of_a_test_is_marked_as_well(
    console: Client, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    output(console, at(endpoint, "faults", "new"), form(kind="wrong_signature"))
    delivery = send_test(endpoint=endpoint, event_type=TOPIC, now=NOW)
    run_until_quiet()
    page = shown(console, f"{at(endpoint, 'test')}?delivery={delivery.pk}")
    assert "injected fault: Wrong signature" in page


# Retry waits


@pytest.mark.parametrize(
    ("typed", "stored", "again"),
    [
        ("0.01, 0.02,0.04", [0.01, 0.02, 0.04], "0.01, 0.02, 0.04"),
        ("None", [], "none"),
        ("", None, None),
        ("5", [5.0], "5"),
    ],
)
def test_waits_are_typed_as_a_list_and_come_back(
    typed: str, stored: list[float] | None, again: str | None, console: Client, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint(retry_waits=[9])
    output(console, at(endpoint, "edit"), filled(retry_waits=typed))
    assert Endpoint.objects.get().retry_waits == stored
    page = shown(console, at(endpoint, "edit"))
    assert (f'value="{again}"' in page) == (again is not None)
    assert ("Retry waits" in shown(console, at(endpoint))) == (stored is not None)


@pytest.mark.parametrize("typed", ["x", "1;2", "-1", "3601", ",", "1," * 11 + "1", "nan"])
def test_what_are_no_waits_is_reported_beside_the_field(
    typed: str, console: Client, make_endpoint: MakeEndpoint
) -> None:
    answer = console.post(at(make_endpoint(), "edit"), filled(retry_waits=typed))
    assert "Write at most 10 numbers of seconds, each from 0 to 3600." in unescape(answer.content.decode())
    assert Endpoint.objects.get().retry_waits is None


def test_the_page_of_a_delivery_counts_its_own_attempts(
    console: Client, make_endpoint: MakeEndpoint, alice: Account, receiver: Receiver
) -> None:
    receiver.always("/hook", 503)
    make_endpoint(url=receiver.url("/hook"), retry_waits=[0.01])
    happen(alice)
    run_until_quiet()
    assert "All 2 attempts are used." in shown(console, f"/console/deliveries/{Delivery.objects.get().pk}/")
