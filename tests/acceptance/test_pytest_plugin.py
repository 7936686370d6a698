"""The pytest plugin as people use it: pytest itself in a process of its own, over suites in a folder of their own."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.processes import Api, Embedded, embedded, environment, start

EXAMPLE = ROOT / "examples" / "ci" / "pytest"
SIMULATOR = "maac_sim run --end-with"


class Suite:
    """A folder with tests, and pytest over it. Warnings are errors, as in a strict project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = environment(PYTHONDONTWRITEBYTECODE=1)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def run(self, *arguments: str, code: int = 0) -> str:
        """What pytest printed; an AssertionError if it ended with another exit code."""
        own = (
            "--basetemp",
            str(self.folder / "temporary"),
            "-p",
            "no:cacheprovider",
            "-p",
            "no:schemathesis",
            "--strict-markers",
            "-W",
            "error",
        )
        command = [sys.executable, "-m", "pytest", *own, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=300)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def simulators(self) -> list[str]:
        """Command lines of simulators that this suite started and that still run."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                started_here = f"MAAC_SIM_DATA={self.folder}".encode() in path.read_bytes()
                command = path.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if started_here and SIMULATOR in command:
                found.append(command)
        return found

    def wait_for_the_end(self) -> None:
        end = time.monotonic() + 15
        while self.simulators():
            assert time.monotonic() < end, self.simulators()
            time.sleep(0.1)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


@pytest.fixture
def example(suite: Suite) -> Suite:
    """The suite of examples/ci/pytest."""
    for name in ("shop.py", "test_shop.py"):
        shutil.copy(EXAMPLE / name, suite.folder)
    return suite


@pytest.fixture
def simulator(brand_simulator: Embedded) -> Embedded:
    return brand_simulator


@pytest.fixture
def served(suite: Suite, simulator: Embedded) -> Suite:
    """A suite that uses the running simulator: how one is started is not what its tests are about."""
    suite.env |= {"MAAC_SIM_URL": simulator.url, "MAAC_SIM_API_TOKEN": simulator.token}
    return suite


def test_the_example_passes_and_leaves_no_simulator_behind(example: Suite) -> None:
    assert "19 passed" in example.run()
    assert example.simulators() == []
    assert (example.folder / "temporary" / "maac-sim" / "maac-sim.log").exists()


@pytest.mark.slow
def test_in_parallel_one_simulator_serves_all_and_ends_with_the_run(example: Suite) -> None:
    assert "19 passed" in example.run("-n", "3")
    logs = list((example.folder / "temporary").rglob("maac-sim.log"))
    assert len(logs) == 1
    example.wait_for_the_end()


@pytest.mark.slow
def test_a_running_simulator_is_used_and_nothing_is_left_in_its_account(example: Suite, simulator: Embedded) -> None:
    arguments = ("--maac-sim-url", simulator.url, "--maac-sim-token", simulator.token)
    assert "19 passed" in example.run("-n", "2", *arguments)
    assert not list((example.folder / "temporary").rglob("maac-sim.log"))
    assert simulator.api.get("/endpoints/").json()["results"] == []
    assert simulator.api.get("/deliveries/").json()["results"] == []

    example.env |= {"MAAC_SIM_URL": simulator.url, "MAAC_SIM_API_TOKEN": simulator.token}
    assert "1 passed" in example.run("-k", "gives_points_once")
    assert not list((example.folder / "temporary").rglob("maac-sim.log"))


@pytest.mark.slow
def test_every_test_has_an_account_of_its_own(served: Suite) -> None:
    served.write(
        "test_apart.py",
        "import pytest\n"
        "SEEN = set()\n"
        "@pytest.mark.parametrize('number', range(5))\n"
        "def test_apart(maac_sim, number):\n"
        "    assert maac_sim.api.get('/account/')['name'] == f'test_apart[{number}]'\n"
        "    assert maac_sim.id not in SEEN and maac_sim.deliveries == []\n"
        "    SEEN.add(maac_sim.id)\n"
        "    maac_sim.endpoint('http://127.0.0.1:9/')\n"
        "    maac_sim.trigger('prize.points_added').wait()\n",
    )
    served.run()


def test_a_failed_test_shows_what_became_of_its_deliveries(served: Suite) -> None:
    served.write(
        "test_down.py",
        "def test_down(maac_sim):\n"
        "    maac_sim.endpoint('http://127.0.0.1:9/')\n"
        "    maac_sim.trigger('prize.points_added').delivered()\n"
        "def test_counts(maac_sim):\n"
        "    maac_sim.endpoint('http://127.0.0.1:9/')\n"
        "    maac_sim.trigger('prize.points_added')\n"
        "    maac_sim.wait(delivered=1, timeout=3)\n"
        "def test_nobody(maac_sim):\n"
        "    maac_sim.trigger('prize.points_added').delivered()\n"
        "def test_other(maac_sim):\n"
        "    maac_sim.endpoint('http://127.0.0.1:9/')\n"
        "    maac_sim.trigger('prize.points_added').wait()\n"
        "    assert 1 == 2\n",
    )
    printed = served.run(code=1)
    assert "4 failed" in printed
    assert "did not arrive everywhere" in printed
    assert "waited for 1 delivered; it came to {'failed': 1}" in printed
    assert "went to nobody. There is no endpoint." in printed
    assert printed.count("attempt 4: COULD_NOT_CONNECT") >= 4
    assert re.search(r"-+ maac-sim -+", printed)


@pytest.mark.slow
def test_what_is_marked_on_a_test_shapes_its_sandbox_and_a_wrong_mark_is_reported(served: Suite) -> None:
    served.write(
        "test_mark.py",
        "import pytest\n"
        "@pytest.mark.maac_sim(time_zone='Asia/Tokyo', endpoint_limit=1, name='a name')\n"
        "def test_mark(maac_sim):\n"
        "    account = maac_sim.api.get('/account/')\n"
        "    assert (account['name'], account['time_zone'], account['endpoint_limit']) == ('a name', 'Asia/Tokyo', 1)\n"
        "@pytest.mark.maac_sim(colour='red')\n"
        "def test_wrong(maac_sim):\n"
        "    pass\n",
    )
    printed = served.run(code=1)
    assert "1 passed, 1 error" in printed
    assert "colour: Unknown field" in printed


@pytest.mark.slow
def test_a_simulator_that_does_not_answer_or_allows_no_sandboxes_is_reported(suite: Suite, tmp_path: Path) -> None:
    suite.write("test_it.py", "def test_it(maac_sim):\n    pass\n")
    assert "Nothing answers at http://127.0.0.1:9" in suite.run("--maac-sim-url", "http://127.0.0.1:9", code=1)
    with embedded(tmp_path / "strict", MAAC_SIM_SANDBOXES="false") as strict:
        arguments = ("--maac-sim-url", strict.url, "--maac-sim-token", strict.token)
        assert "MAAC_SIM_SANDBOXES=true" in suite.run(*arguments, code=1)


@pytest.mark.slow
def test_a_project_that_does_not_use_it_pays_nothing_and_starts_nothing(suite: Suite) -> None:
    suite.write(
        "test_cheap.py",
        "import sys\n"
        "def test_cheap():\n"
        "    assert 'maac_sim.pytest_plugin' in sys.modules\n"
        "    for module in ('django', 'requests', 'typer', 'maac_sim.testing', 'maac_sim.settings', 'events'):\n"
        "        assert module not in sys.modules, module\n",
    )
    suite.run("-p", "no:django", "-p", "no:hypothesispytest")
    assert not (suite.folder / "temporary" / "maac-sim").exists()
    suite.write("test_cheap.py", "def test_it(maac_sim):\n    pass\n")
    assert "fixture 'maac_sim' not found" in suite.run("-p", "no:maac_sim", code=1)


@pytest.mark.slow
def test_a_project_with_django_settings_a_database_and_an_events_package_of_its_own_is_no_hindrance(
    example: Suite,
) -> None:
    (example.folder / "events").mkdir()
    example.write("events/__init__.py", "OURS = True\n")
    example.write("test_ours.py", "import events\n\ndef test_ours(maac_sim):\n    assert events.OURS\n")
    example.env |= {
        "DJANGO_SETTINGS_MODULE": "of.the.project",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "MAAC_SIM_PORT": "1",
        "PYTHONPATH": str(example.folder),
    }
    assert "2 passed" in example.run("-p", "no:django", "-k", "ours or gives_points_once")


@pytest.mark.slow
@pytest.mark.parametrize("parallel", [(), ("-n", "2")], ids=["alone", "in parallel"])
def test_a_run_that_is_killed_takes_its_simulator_along(suite: Suite, parallel: tuple[str, ...]) -> None:
    suite.write("test_long.py", "import time\ndef test_long(maac_sim):\n    time.sleep(60)\n")
    command = [sys.executable, "-m", "pytest", "--basetemp", str(suite.folder / "temporary"), *parallel]
    with start(command, suite.env, suite.folder / "pytest.log") as running:
        end = time.monotonic() + 40
        while not suite.simulators():
            assert time.monotonic() < end, running.describe()
            time.sleep(0.1)
        running.kill()
    suite.wait_for_the_end()


@pytest.mark.slow
def test_a_sandbox_takes_less_than_fifty_milliseconds(simulator: Embedded) -> None:
    took = []
    for _ in range(20):
        began = time.monotonic()
        made = simulator.api.post("/accounts/")
        took.append(time.monotonic() - began)
        assert made.status_code == 201
        with Api(simulator.url, made.json()["token"]) as sandbox:
            assert sandbox.delete(f"/accounts/{made.json()['id']}/").status_code == 204
    assert sorted(took)[len(took) // 2] < 0.05, took
