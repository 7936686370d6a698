"""What examples/ci and the how-to say about CI, acted out: their very commands, with the ports of this test."""

import itertools
import json
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compose import instruction
from tests.conftest import ROOT, needs, skip_or_fail
from tests.processes import Embedded, Process, embedded, environment, start, wait_until_ready
from tests.servers import Missing, free_port

pytestmark = pytest.mark.slow

CI = ROOT / "examples" / "ci"
HOW_TO = ROOT / "docs" / "how-to" / "ci.md"
WORKFLOW = yaml.safe_load((CI / "github-actions.yml").read_text())
COMPOSE = yaml.safe_load((CI / "compose.yaml").read_text())
NODE_TESTS = ["node", "--import", "./globals.mjs", "--test"]


@pytest.fixture
def simulator(brand_simulator: Embedded) -> Embedded:
    return brand_simulator


def run(command: list[str], folder: Path, code: int = 0, **env: object) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(**env), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def where(simulator: Embedded) -> dict[str, Any]:
    return {"MAAC_SIM_URL": simulator.url, "MAAC_SIM_API_TOKEN": simulator.token}


# Jest


def test_the_jest_example_passes_with_nodes_own_runner(simulator: Embedded) -> None:
    needs("node")
    assert "# pass 4" in run([*NODE_TESTS, "--test-reporter", "tap"], CI / "jest", **where(simulator))


def test_the_jest_example_passes_with_maacs_own_waits_within_jests_five_seconds(
    tmp_path: Path,
) -> None:
    needs("node")
    with embedded(tmp_path / "data") as plain:
        run([*NODE_TESTS, "--test-timeout=5000"], CI / "jest", **where(plain))


def test_the_jest_example_passes_with_jest(simulator: Embedded) -> None:
    if not (CI / "jest" / "node_modules" / ".bin" / "jest").exists():
        skip_or_fail(Missing("jest is missing: npm install in examples/ci/jest"))
    run(["npx", "jest"], CI / "jest", **where(simulator))


def test_the_jest_example_fails_for_a_shop_that_is_wrong(simulator: Embedded, tmp_path: Path) -> None:
    needs("node")
    shutil.copytree(CI / "jest", tmp_path / "jest", ignore=shutil.ignore_patterns("node_modules"))
    shop = tmp_path / "jest" / "shop.js"
    shop.write_text(shop.read_text().replace("if (!this.#seen.has(key)) this", "this"))
    printed = run([*NODE_TESTS, "--test-reporter", "tap"], tmp_path / "jest", code=1, **where(simulator))
    assert "not ok 2 - the same event twice gives points once" in printed


# Shell


def test_the_shell_example_passes_a_right_receiver_and_not_a_wrong_one(simulator: Embedded) -> None:
    needs("curl")
    examples = ROOT / "examples"
    right = [sys.executable, "-c", RIGHT_RECEIVER]
    printed = run([str(CI / "shell" / "test_receiver.sh"), *right], examples, PORT=free_port(), **where(simulator))
    assert printed.count("ok  ") == 4
    for mistake, reported in (("verifies-nothing", "a forged event is refused: wanted 401"),
                          ("refuses-duplicates", "once more is taken, too: wanted delivered, got failed")):  # fmt: skip
        port = free_port()
        wrong = (
            f'exec {sys.executable} wrong/wrong_receiver.py --secret "$SHARE_SECRET" --port {port} --wrong {mistake}'
        )
        command = [str(CI / "shell" / "test_receiver.sh"), "sh", "-c", wrong]
        assert reported in run(command, examples, code=1, PORT=port, **where(simulator))
    assert simulator.api.get("/endpoints/").json()["results"] == []


def test_the_shell_example_says_what_it_lacks() -> None:
    script = CI / "shell" / "test_receiver.sh"
    assert run([str(script)], CI, code=1) == ""
    assert run([str(script)], CI, code=2, MAAC_SIM_API_TOKEN="x") == ""
    assert "jq" not in script.read_text()


RIGHT_RECEIVER = """
import hashlib, hmac, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = hmac.new(os.environ["SHARE_SECRET"].encode(), body, hashlib.sha256).hexdigest()
        given = self.headers.get("CrescLab-Signature", "")
        self.send_response(200 if hmac.compare_digest(expected.encode(), given.encode()) else 401)
        self.end_headers()

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
"""


# Containers


def image(environment_of: dict[str, Any], folder: Path, port: int) -> Process:
    """The image's own command with this environment, as a process of this machine."""
    own = {"MAAC_SIM_DATA": folder / "data", "MAAC_SIM_HOST": "127.0.0.1", "MAAC_SIM_PORT": port}
    command = [*instruction("ENTRYPOINT"), *instruction("CMD")]
    return start(command, environment(**{**environment_of, **own}), folder / "simulator.log")


def test_the_containers_of_compose_find_each_other_and_the_tests_pass(tmp_path: Path) -> None:
    needs("node")
    simulator, tests = COMPOSE["services"]["maac-sim"], COMPOSE["services"]["tests"]
    assert (CI / simulator["build"] / "Dockerfile").resolve() == ROOT / "Dockerfile"
    assert tests["environment"]["MAAC_SIM_URL"] == "http://maac-sim:8622"
    assert tests["environment"]["RECEIVER_HOST"] in COMPOSE["services"]
    assert simulator["environment"]["MAAC_SIM_ALLOWED_HOSTS"] in COMPOSE["services"]
    folder = CI / tests["volumes"][0].split(":")[0]
    port = free_port()
    with image(simulator["environment"], tmp_path, port) as running:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process=running)
        named = ["curl", "--silent", "--fail", "--header", "Host: maac-sim:8622", f"http://127.0.0.1:{port}/livez"]
        assert json.loads(run(named, tmp_path)) == {"status": "ok"}
        here = {"MAAC_SIM_URL": f"http://127.0.0.1:{port}", "RECEIVER_HOST": "127.0.0.1"}
        run(tests["command"], folder, **{**tests["environment"], **here})


# GitHub Actions


def steps(job: str) -> list[str]:
    """The commands of a job, but for those that fetch from elsewhere: what they bring is there in a test."""
    commands = [str(step["run"]) for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]
    return [each for each in commands if not re.match(r"(pip install|npm ci|docker build)\b", each)]


def test_every_job_checks_out_the_simulator_where_it_is_installed_from() -> None:
    for job in WORKFLOW["jobs"].values():
        checkouts = [step.get("with", {}) for step in job["steps"] if "checkout" in step.get("uses", "")]
        paths = [each["path"] for each in checkouts if "path" in each]
        fetched = [step["run"] for step in job["steps"] if re.match(r"(pip install|docker build)", step.get("run", ""))]
        assert paths == ["maac-sim"]
        assert all("maac-sim" in command for command in fetched)


def test_the_job_with_pytest_passes_and_collects_no_tests_of_the_simulator(tmp_path: Path) -> None:
    shutil.copytree(CI / "pytest", tmp_path / "receiver", ignore=shutil.ignore_patterns("__pycache__"))
    installed = [
        str(step["run"]) for step in WORKFLOW["jobs"]["pytest"]["steps"] if "pip install" in step.get("run", "")
    ]
    (tmp_path / "receiver" / "maac-sim").mkdir()
    (tmp_path / "receiver" / "maac-sim" / "test_own.py").write_text("def test_own():\n    assert False\n")
    run(["bash", "-euc", installed[0].split("&&")[1]], tmp_path / "receiver")
    (command,) = steps("pytest")
    arguments = command.replace("-n auto", "-n 2").split()
    assert arguments.pop(0) == "pytest"
    printed = run([sys.executable, "-m", "pytest", *arguments, "--basetemp", "temporary"], tmp_path / "receiver")
    assert "19 passed" in printed


def test_the_job_with_jest_starts_the_image_waits_for_it_and_passes(tmp_path: Path) -> None:
    needs("node")
    docker, wait, jest = steps("jest")
    job = {name: str(value) for name, value in WORKFLOW["jobs"]["jest"]["env"].items()}
    given = shlex.split(docker)
    assert given[:5] == ["docker", "run", "--detach", "--network", "host"]
    assert given[-1] == "maac-sim"
    options = [value for flag, value in itertools.pairwise(given) if flag == "--env"]
    env = {name: value if equals else job[name] for name, equals, value in (each.partition("=") for each in options)}
    assert jest == "npx jest"
    port = free_port()
    with image(env, tmp_path, port):
        here: dict[str, Any] = {**job, "MAAC_SIM_URL": f"http://127.0.0.1:{port}"}
        run(["bash", "-euc", wait], tmp_path, **here)
        run(NODE_TESTS, CI / "jest", **here)


def test_the_job_that_checks_writes_its_report(tmp_path: Path) -> None:
    needs("node")
    shutil.copy(ROOT / "examples" / "node_http" / "receiver.js", tmp_path)
    serve, _wait, check = steps("check")
    port = free_port()
    secret = WORKFLOW["jobs"]["check"]["env"]["SHARE_SECRET"]
    with start(
        shlex.split(serve.removesuffix("&")), environment(SHARE_SECRET=secret, PORT=port), tmp_path / "log"
    ) as node:
        end = time.monotonic() + 20
        while "listening" not in node.output():
            assert time.monotonic() < end, node.describe()
            time.sleep(0.05)
        run(["bash", "-euc", check.replace(":9000", f":{port}")], tmp_path, SHARE_SECRET=secret)
    assert "<testsuite" in (tmp_path / "check.xml").read_text()
    (uploaded,) = [step for step in WORKFLOW["jobs"]["check"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert uploaded["if"] == "always()"
    assert {path.name for path in tmp_path.glob(uploaded["with"]["path"])} == {"check.xml", "check.html"}


# What the pages say


def blocks(path: Path, heading: str, language: str) -> list[str]:
    """The code blocks of a section, in order."""
    section = path.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", section, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(body) for _, body in found]


def test_the_test_file_of_the_how_to_passes_and_asks_its_receiver(simulator: Embedded, tmp_path: Path) -> None:
    (suite,) = blocks(HOW_TO, "In pytest", "python")
    (command,) = blocks(HOW_TO, "In pytest", "bash")
    assert command.splitlines()[-1].split("#")[0].split() == ["pytest", "-n", "auto"]
    (tmp_path / "test_receiver.py").write_text(suite)
    pytest_here = [sys.executable, "-m", "pytest", "-n", "2", "--basetemp", "temporary"]
    assert "2 passed" in run(pytest_here, tmp_path)
    (tmp_path / "test_receiver.py").write_text(suite.replace("sha256", "sha512"))
    assert "2 failed" in run(pytest_here, tmp_path, code=1, **where(simulator))


def test_the_lines_that_start_a_simulator_do_so_and_it_ends_with_its_shell(tmp_path: Path) -> None:
    text = (CI / "README.md").read_text()
    lines = re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[0]
    port = free_port()
    script = f"export MAAC_SIM_PORT={port}\n{lines.replace(':8622', f':{port}')}"
    ready = run(["bash", "-euc", f"{{ {script}\n}} 2>&1"], tmp_path, MAAC_SIM_DATA=tmp_path / "data")
    assert '"status": "ok"' in ready
    end = time.monotonic() + 10
    while subprocess.run(["curl", "-s", f"http://127.0.0.1:{port}/livez"], capture_output=True).returncode == 0:
        assert time.monotonic() < end, "it went on without its shell"
        time.sleep(0.1)
