"""What browser tests share: one simulator that has been in use, and a browser."""

import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browsing import Brand, Visitor, chromium, new_brand
from tests.conftest import ROOT, skip_or_fail
from tests.processes import Embedded, embedded, environment, start
from tests.servers import Missing

SUPPORT_PASSWORD = "a password that only tests know"
FURNISH = [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c", "from tests.demo import main; main()"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole run: while it lives, nothing else in the thread may use asyncio."""
    try:
        with chromium() as running:
            yield running
    except Missing as missing:
        skip_or_fail(missing)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A simulator with a week of history (`tests.demo`). What a test changes, it changes in a brand of its own."""
    folder = tmp_path_factory.mktemp("furnished") / "data"
    settings = {"MAAC_SIM_ADMIN_PASSWORD": SUPPORT_PASSWORD, "WEBHOOK_RETRY_WAITS": "0.1,0.1,0.1"}
    with start(FURNISH, environment(MAAC_SIM_DATA=folder, **settings), folder.with_name("furnish.log")) as process:
        assert process.wait(60) == 0, process.describe()
    with embedded(folder, **settings) as running:
        yield running


@pytest.fixture(scope="session")
def support(furnished: Embedded) -> Visitor:
    """Customer support, logged in."""
    return Visitor(furnished.url, "admin", SUPPORT_PASSWORD)


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
