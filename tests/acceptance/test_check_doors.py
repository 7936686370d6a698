"""The receiver check through the doors of a running simulator: REST and the console, with receivers that are real."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from receiver_check.probes import PROBES
from tests.acceptance.test_check_examples import FASTAPI, FLASK, SECRET, running
from tests.acceptance.test_check_faults import receiver as wrong_receiver
from tests.browsing import SUPPORT, SUPPORT_PASSWORD
from tests.processes import Embedded, embedded

pytestmark = pytest.mark.slow

LONGEST = 60.0


def until_over(look: Callable[[], Any]) -> Any:
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError("the check did not end in time")


# By REST


def checked(simulator: Embedded, **body: Any) -> dict[str, Any]:
    return end_of(simulator, simulator.api.post("/checks/", body).json()["id"])


def end_of(simulator: Embedded, check_id: int) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        check: dict[str, Any] = simulator.api.get(f"/checks/{check_id}/").json()
        return check if check["finished_at"] else None

    found: dict[str, Any] = until_over(look)
    return found


@pytest.mark.parametrize("example", [FASTAPI, FLASK], ids=lambda example: example.folder)
def test_an_example_passes_every_probe_by_rest(simulator: Embedded, example: Any, tmp_path: Path) -> None:
    with running(example, tmp_path) as url:
        check = checked(simulator, url=f"{url}/webhook", secret=SECRET, previous_secret="the secret before")
    assert (check["status"], check["passed"]) == ("done", True)
    unseen = sum(name.startswith("effects-") for name in PROBES)
    assert check["counts"] == {
        "passed": len(PROBES) - unseen, "failed": 0, "warning": 0, "remark": 0, "skipped": unseen,
    }  # fmt: skip


def test_a_wrong_receiver_fails_by_rest_and_its_fault_is_named(simulator: Embedded, tmp_path: Path) -> None:
    with wrong_receiver(tmp_path, "--wrong", "ignores-what-follows") as url:
        check = checked(simulator, url=url, secret=SECRET)
    assert (check["status"], check["passed"]) == ("done", False)
    failed = [probe["id"] for probe in check["report"]["probes"] if probe["verdict"] == "failed"]
    assert failed == ["signature-followed"]
    suites = ElementTree.fromstring(simulator.api.get(f"/checks/{check['id']}/junit/").content)
    assert suites.attrib["failures"] == "1"


# In the console


class Browser:
    """Somebody who has logged in, without a script."""

    def __init__(self, simulator: Embedded, session: requests.Session) -> None:
        self._url = simulator.url
        self._session = session
        self.post("/console/login/", {"username": SUPPORT, "password": SUPPORT_PASSWORD, "next": "/console/"})

    def get(self, path: str) -> str:
        answer = self._session.get(f"{self._url}{path}", timeout=20)
        assert answer.status_code == 200, answer
        return answer.text

    def post(self, path: str, form: dict[str, Any]) -> requests.Response:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert token
        given = {**form, "csrfmiddlewaretoken": token[1]}
        answer = self._session.post(f"{self._url}{path}", given, headers={"Referer": self._url}, timeout=20)
        assert answer.status_code == 200, answer
        return answer


@contextmanager
def browsing(simulator: Embedded) -> Iterator[Browser]:
    with requests.Session() as session:
        session.trust_env = False
        yield Browser(simulator, session)


def checked_in_the_console(browser: Browser, url: str) -> str:
    """The page of a check that is over."""
    form = {"url": url, "secret": SECRET, "run": list(PROBES), "timeout": "10", "time_limit": "60"}
    page = browser.post("/console/tools/check/", form)
    path = re.sub(r"^https?://[^/]+", "", page.url)
    assert re.fullmatch(r"/console/tools/check/\d+/", path)
    found: str = until_over(lambda: "report.xml" in (text := browser.get(path)) and text)
    return found


def test_a_good_and_a_wrong_receiver_in_the_console(simulator: Embedded, tmp_path: Path) -> None:
    with browsing(simulator) as browser:
        with wrong_receiver(tmp_path / "good") as url:
            page = checked_in_the_console(browser, url)
        assert "All is well" in page
        assert "To fix" not in page
        with wrong_receiver(tmp_path / "wrong", "--wrong", "reserialises-like-javascript") as url:
            page = checked_in_the_console(browser, url)
        assert "Something needs fixing" in page
        assert '<details id="fractions" open>' in page
        assert "Many languages write 65.0 as 65 after parsing" in page
        assert "2 passed" not in page
        listed = browser.get("/console/tools/check/")
        assert listed.count('<span class="pill bad">Failed</span>') >= 1
        assert listed.count('<span class="pill good">Passed</span>') >= 1


def test_a_check_survives_a_simulator_that_is_killed(tmp_path: Path) -> None:
    with wrong_receiver(tmp_path / "receiver") as url, embedded(tmp_path / "data") as simulator:
        check_id = simulator.api.post("/checks/", {"url": url, "secret": SECRET}).json()["id"]
        until_over(lambda: simulator.api.get(f"/checks/{check_id}/").json()["done"] > 5)
        simulator.kill()
        simulator.start()
        check = end_of(simulator, check_id)
    assert (check["status"], check["passed"]) == ("done", True)
