"""What every kind of test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

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


def skip_or_fail(missing: Missing) -> None:
    """A missing server is the developer's choice on a laptop, and a fault in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(missing))
    pytest.skip(str(missing))
