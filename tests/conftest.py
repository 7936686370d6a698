"""What every kind of test may ask for."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.brands import (  # noqa: F401 - fixtures
    _locks_are_taken_in_one_order,
    alice,
    api,
    bob,
    carol,
    console,
    lock_order,
    make_endpoint,
    operator,
)
from tests.receiver import Receiver
from tests.servers import Missing, Server, start_postgres, start_redis

ROOT = Path(__file__).resolve().parent.parent
VECTORS = Path(__file__).resolve().parent / "vectors"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What commits for real races with other connections, which each database settles in its own way."""
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark and mark.kwargs.get("transaction"):
            item.add_marker("both_databases")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="session")
def redis() -> Iterator[Server]:
    try:
        with start_redis() as server:
            yield server
    except Missing as missing:
        skip_or_fail(missing)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    try:
        with start_postgres() as server:
            yield server
    except Missing as missing:
        skip_or_fail(missing)


def needs(program: str) -> None:
    """A test of this program goes on only where it is installed."""
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    if shutil.which(program, path=here) is None:
        skip_or_fail(Missing(f"{program} is not installed"))


def skip_or_fail(missing: Missing) -> NoReturn:
    """A missing program is the developer's choice on a laptop, and a fault in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(missing))
    pytest.skip(str(missing))
