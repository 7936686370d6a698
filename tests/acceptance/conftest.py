"""What acceptance tests share: one simulator that has been in use, and a browser."""

import copy
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import browsing
from tests.browsing import SUPPORT, SUPPORT_PASSWORD, Brand, Visitor, chromium, new_brand
from tests.conftest import skip_or_fail
from tests.processes import Api, Embedded
from tests.scaled import database_url, set_up_database  # noqa: F401 - fixtures
from tests.servers import Missing


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole run: while it lives, nothing else in the thread may use asyncio."""
    expect.set_options(timeout=browsing.PATIENCE)
    try:
        with chromium() as running:
            yield running
    except Missing as missing:
        skip_or_fail(missing)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A simulator with a week of history (`tests.demo`). What a test changes, it changes in a brand of its own."""
    folder = tmp_path_factory.mktemp("furnished") / "data"
    with browsing.furnished(folder, WEBHOOK_RETRY_WAITS="0.1,0.1,0.1") as running:
        yield running


@pytest.fixture
def simulator(furnished: Embedded) -> Iterator[Embedded]:
    """The shared simulator, called with the token of a sandbox that only this test has."""
    answer = furnished.api.post("/accounts/", {"retry_waits": [0.05, 0.05, 0.05]})
    with Api(furnished.url, answer.json()["token"]) as api:
        yield called_by(api, furnished)


@pytest.fixture
def brand_simulator(furnished: Embedded, make_brand: Callable[..., Brand]) -> Embedded:
    """The same with a brand's token, for what makes sandboxes: a sandbox may have none."""
    return called_by(make_brand("Makes sandboxes").api, furnished)


def called_by(api: Api, simulator: Embedded) -> Embedded:
    other = copy.copy(simulator)
    other.api, other.token = api, api.token
    return other


@pytest.fixture(scope="session")
def support(furnished: Embedded) -> Visitor:
    """Customer support, logged in."""
    return Visitor(furnished.url, SUPPORT, SUPPORT_PASSWORD)


@pytest.fixture
def make_brand(support: Visitor) -> Iterator[Callable[..., Brand]]:
    """Makes a new brand with a user who has logged in."""
    made: list[Brand] = []

    def make(name: str, *, zones: tuple[int, ...] = (1, 2), time_zone: str = "Asia/Tokyo") -> Brand:
        made.append(new_brand(support, name, zones=zones, time_zone=time_zone))
        return made[-1]

    yield make
    for brand in made:
        brand.api.close()
