"""`maac-sim callback`, `bind-link` and `licence` against a running simulator."""

from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.processes import Embedded
from tests.receiver import Answer, Receiver


@pytest.fixture
def maac_sim(simulator: Embedded, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, simulator)


def test_a_callback_is_set_tested_and_removed_and_a_link_opened(maac_sim: CommandLine, receiver: Receiver) -> None:
    receiver.always("/binding", Answer(200, b"{}", (("Content-Type", "application/json"),)))
    printed = maac_sim("callback", "set", receiver.url("/binding"), "-H", "x-api-key: the-agreed-value")
    assert "the-agreed-value" not in printed
    assert maac_sim.json("callback", "show")["headers"] == {"x-api-key": "••••••••"}
    assert maac_sim.json("callback", "test")["success"] is True
    made = maac_sim.json("bind-link", "make", "CRM-9100", "--once", "--mobile", "0900111222")
    bound = maac_sim.json("bind-link", "open", made["id"], "--name", "Hana")
    assert bound["contact"]["customer_id"] == "CRM-9100"
    (got,) = [each for each in receiver.wait_for(2) if each.json()["customer_id"] == "CRM-9100"]
    assert (got.header("x-api-key"), got.json()["mobile"]) == ("the-agreed-value", "0900111222")
    assert "bind_link_used" in maac_sim("bind-link", "open", made["id"], code=1)
    assert maac_sim.json("bind-link", "list")[0]["bindings"] == 1
    maac_sim("callback", "check", code=1)
    assert "removed" in maac_sim("callback", "remove")
    assert "not_found" in maac_sim("callback", "show", code=1)


def test_the_receiver_of_a_callback_is_checked_without_a_simulator(maac_sim: CommandLine, receiver: Receiver) -> None:
    receiver.always("/binding", 500)
    address = receiver.url("/binding")
    report = maac_sim.json("check", address, "--callback", "--header", "x-api-key: k", code=1)
    assert "callback-accepted" in {probe["id"] for probe in report["probes"] if probe["verdict"] == "failed"}


def test_licences_of_the_own_account_are_for_customer_support(maac_sim: CommandLine, simulator: Embedded) -> None:
    own = simulator.api.get("/account/").json()["id"]
    refused = maac_sim("licence", "grant", "--account", own, "--extra-endpoints", "5", code=1)
    assert "Only customer support" in refused
    assert "permission_denied" in maac_sim("licence", "list", "--account", own, code=1)


def test_licences_of_an_own_sandbox_are_granted_renewed_and_ended(tmp_path: Path, brand_simulator: Embedded) -> None:
    maac_sim = CommandLine(tmp_path, brand_simulator)
    sandbox = brand_simulator.api.post("/accounts/", {}).json()["id"]
    account = ("--account", sandbox)
    add_on = maac_sim.json("licence", "grant", "--extra-endpoints", "2", *account)
    renewed = maac_sim.json("licence", "renew", add_on["id"], "--until", "2031-01-01T00:00:00Z", *account)
    assert renewed["valid_until"] == "2031-01-01T00:00:00Z"
    for licence in maac_sim.json("licence", "list", *account)["licences"]:
        assert "has ended" in maac_sim("licence", "end", licence["id"], *account)
    assert "entry" in maac_sim("licence", "plan", "entry", *account)
    assert "plan_holds_no_webhook" in maac_sim("licence", "grant", "--zone", "1", *account, code=1)
