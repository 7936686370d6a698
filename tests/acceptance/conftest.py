"""What browser tests share: one simulator that has been in use, and a browser."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import browsing
from tests.browsing import SUPPORT, SUPPORT_PASSWORD, Brand, Visitor, chromium, new_brand
from tests.conftest import skip_or_fail
from tests.processes import Embedded
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


@pytest.fixture(scope="session")
def support(furnished: Embedded) -> Visitor:
    """Customer support, logged in."""
    return Visitor(furnished.url, SUPPORT, SUPPORT_PASSWORD)


@pytest.fixture
def make_brand(support: Visitor) -> Iterator[Callable[..., Brand]]:
    """Makes a new brand with a user who has logged in."""
    made: list[Brand] = []

    def make(name: str, *, zones: tuple[int, ...] = (1, 2)) -> Brand:
        made.append(new_brand(support, name, zones=zones))
        return made[-1]

    yield make
    for brand in made:
        brand.api.close()
