"""The pytest plugin: the fixture `maac_sim` gives each test a sandbox of a simulator that is started if needed.

def test_a_receipt_gives_points(maac_sim, shop):
    endpoint = maac_sim.endpoint(shop.url, events=["receipt.receipt_validated"])
    shop.secret = endpoint.secret
    maac_sim.trigger("receipt.receipt_validated", {"customer_id": "M-1"}).delivered()
    assert shop.points("M-1") == 2

It is loaded into every run of pytest where maac-sim is installed, so it imports the rest only when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from maac_sim.local_simulator import Address
    from maac_sim.testing import Sandbox

MARKER = (
    "maac_sim(retry_waits=[0.01, 0.02], endpoint_limit=3, time_zone='Asia/Tokyo'): what the test's sandbox is like; "
    "everything that POST /api/v1/accounts/ takes."
)
NAME_LENGTH = 100
FIXTURE = "maac_sim"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("maac-sim", "maac-sim, the simulated MAAC")
    group.addoption(
        "--maac-sim-url",
        help="A running simulator to use (or MAAC_SIM_URL). Missing: one is started (by MAAC_SIM_COMMAND).",
    )
    group.addoption("--maac-sim-token", help="Its API token (or MAAC_SIM_API_TOKEN).")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


@pytest.fixture(scope="session")
def maac_sim_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Where the simulator is: `url` and `token`. One for the whole run, however many processes of xdist share it."""
    from maac_sim.local_simulator import Address, NotStarted, Simulator, start_once

    option = request.config.getoption
    url = option("--maac-sim-url") or os.environ.get("MAAC_SIM_URL")
    token = option("--maac-sim-token") or os.environ.get("MAAC_SIM_API_TOKEN", "")
    base = tmp_path_factory.getbasetemp()
    if url:
        yield Address(url, token)
        return
    try:
        if hasattr(request.config, "workerinput"):
            yield start_once(base.parent / "maac-sim", end_with=os.getppid())
            return
        simulator = Simulator(base / "maac-sim", end_with=os.getpid())
    except NotStarted as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    yield simulator.address
    simulator.stop()


@pytest.fixture
def maac_sim(request: pytest.FixtureRequest, maac_sim_server: Address) -> Iterator[Sandbox]:
    """A sandbox of this test's own, licensed for every event type, with retries after milliseconds."""
    from maac_sim.testing import sandbox

    marker = request.node.get_closest_marker(FIXTURE)
    fields: dict[str, Any] = {"name": _name(request), **(marker.kwargs if marker else {})}
    with sandbox(maac_sim_server.url, maac_sim_server.token, **fields) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the test's deliveries and their outcomes to the report of a failed test."""
    report = yield
    if report.when == "call" and report.failed:
        used: Any = getattr(item, "funcargs", {}).get(FIXTURE)
        if hasattr(used, "story"):
            report.sections.append(("maac-sim", _story(used)))
    return report


def _story(used: Sandbox) -> str:
    from maac_sim.commands.connection import Unsuccessful

    try:
        return used.story()
    except Unsuccessful as error:
        return str(error)


def _name(request: pytest.FixtureRequest) -> str:
    name = "".join(char if char.isprintable() else "?" for char in request.node.name)
    return name.strip()[:NAME_LENGTH].strip() or "Sandbox"
