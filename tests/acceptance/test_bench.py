"""The bench runs, finds nothing lost, and would say so if anything was. How fast anything was is no matter here."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from bench.arrivals import Arrival
from bench.chaos import Disruption
from bench.ledger import Ledger, Owed, Target
from bench.scenarios import SCENARIOS
from bench.verification import Tried, Verification, look_at_ends, look_at_extras, look_at_retries
from maac_contract.signature import signature
from tests.conftest import ROOT, skip_or_fail
from tests.servers import Missing, find_postgres, find_redis

KEYS = {
    "scenario", "deliveries", "deliveries_per_second", "plain_deliveries_per_second", "limit_per_second",
    "ratio_to_plain", "ratio_to_limit", "lost", "duplicates", "bad_signatures", "latency_ms", "cpu_us_per_delivery",
}  # fmt: skip


def bench(*arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL runs as a user of its own where the tests are root's.
        env = {**os.environ, "TMPDIR": folder}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout, check=False)
        assert list(Path(folder).iterdir()) == [], "It leaves nothing behind."
    return done


def figures(*arguments: str) -> dict[str, Any]:
    """What a good run prints as JSON."""
    done = bench(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["failures"] == []
    return found


@pytest.fixture
def _servers() -> None:
    try:
        find_redis()
        find_postgres()
    except Missing as missing:
        skip_or_fail(missing)


def test_its_help_names_every_scenario_and_shows_examples() -> None:
    done = bench("--help")
    assert done.returncode == 0
    assert "python -m bench backlog --deliveries 30000" in done.stdout
    assert all(f"\n  {name} " in done.stdout for name in SCENARIOS)


def test_a_scenario_that_does_not_exist_is_refused_with_the_known_ones() -> None:
    done = bench("backlogs")
    assert done.returncode == 2
    assert "backlog" in done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("_servers")
def test_a_backlog_arrives_whole_and_is_set_beside_the_plain_way_and_the_limit() -> None:
    found = figures("backlog", "--deliveries", "2000")
    assert set(found) >= KEYS
    assert found["deliveries"] == 2000
    assert (found["lost"], found["duplicates"], found["bad_signatures"]) == (0, 0, 0)
    assert min(found["deliveries_per_second"], found["plain_deliveries_per_second"], found["limit_per_second"]) > 0
    assert found["ratio_to_plain"] > 0
    assert set(found["cpu_us_per_delivery"]) == {"worker", "beat", "postgres", "redis", "receiver"}


@pytest.mark.slow
@pytest.mark.usefixtures("_servers")
def test_a_soak_with_every_kind_of_fault_finds_nothing_lost_doubled_or_stuck() -> None:
    # Chaos goes on until each kind of fault has been there. The receiver is the one that there is without nginx.
    found = figures("soak", "--seconds", "5", "--seed", "1", "--receiver", "own")
    assert set(found) >= KEYS
    assert found["receiver"] == "own"
    assert sum(found["faults"].values()) >= 6
    assert found["lost"] == 0
    assert found["retries"] > 0


TARGET = Target(1, "http://127.0.0.1:9/hook", "secret")
BODY = b'{"topic":"x"}'
GOOD = Arrival(10.0, "key", signature("secret", BODY), "/hook", BODY)


def ledger_after(*arrivals: Arrival) -> Ledger:
    ledger = Ledger({1: TARGET}, {"key": Owed(1, 7, "delivered")}, {7: BODY})
    ledger.take(arrivals)
    return ledger


def test_the_ledger_is_content_with_every_key_once() -> None:
    assert ledger_after(GOOD).failures() == []


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param([], id="nothing came"),
        pytest.param([GOOD, GOOD], id="it came twice"),
        pytest.param([GOOD._replace(signature="0" * 64)], id="another signature"),
        pytest.param([GOOD._replace(body=BODY + b" ")], id="another body"),
        pytest.param([GOOD._replace(path="/other")], id="another endpoint"),
        pytest.param([GOOD, GOOD._replace(key="unknown")], id="a key that nobody owes"),
    ],
)
def test_the_ledger_finds_what_is_wrong(wrong: list[Arrival]) -> None:
    assert ledger_after(*wrong).failures() != []


def test_an_inquest_wants_a_crash_near_every_request_without_an_attempt() -> None:
    came, attempts = {"key": [10.0, 20.0]}, {"key": [Tried(1, 20.0, 20.1, "OK")]}
    explained, unexplained = Verification(), Verification()
    look_at_extras(explained, attempts, came, [Disruption("worker killed", 10.2, 12.0)])
    look_at_extras(
        unexplained, attempts, came, [Disruption("web killed", 10.2, 12.0), Disruption("worker killed", 30.0, 31.0)]
    )
    assert (explained.extra, explained.violations) == (1, [])
    assert len(unexplained.violations) == 1


def test_an_inquest_finds_what_is_stuck_lost_or_without_a_reason() -> None:
    verification = Verification()
    ends = {"a": ("pending", ""), "b": ("delivered", ""), "c": ("failed", ""), "d": ("failed", "ERROR_STATUS_CODE")}
    look_at_ends(verification, ends, {"c": [1.0], "d": [1.0]})
    assert len(verification.violations) == 3


@pytest.mark.parametrize(("began", "violations"), [(11.1, 0), (10.9, 1), (17.0, 1)], ids=["in time", "early", "late"])
def test_an_inquest_holds_retries_to_their_time(began: float, violations: int) -> None:
    verification = Verification()
    series = [Tried(1, 9.9, 10.0, "ERROR_STATUS_CODE"), Tried(2, began, began, "OK")]
    look_at_retries(verification, {"key": series}, [])
    assert len(verification.violations) == violations
