"""The image: the Dockerfile is built without a Docker engine, and what runs from it is used from outside."""

import dataclasses
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.compose import ANSWERS, OURS, Stack, command_of, new_endpoint
from tests.conftest import ROOT, skip_or_fail
from tests.image import Image, built_image
from tests.processes import TOKEN, Api, Process, wait_until_ready
from tests.receiver import Receiver
from tests.servers import Missing, Server, free_port

pytestmark = pytest.mark.slow

LEFT_OUT = ("tests", "docs", "bench", "examples", ".ci")
INSTALLED = """
import json
from importlib.metadata import distributions
from packaging.markers import default_environment
print(json.dumps([default_environment(), {each.name: each.requires or [] for each in distributions()}]))
"""
TOOLS_OF_VENV = {"pip", "setuptools"}


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with ExitStack() as stack:
        try:
            built = stack.enter_context(built_image())
        except Missing as missing:
            skip_or_fail(missing)
        yield built


def test_the_embedded_simulator_answers_from_the_image_and_is_healthy(
    image: Image, receiver: Receiver, tmp_path: Path
) -> None:
    port = free_port()
    settings = {"MAAC_SIM_PORT": str(port), "MAAC_SIM_API_TOKEN": TOKEN, "WEBHOOK_ALLOW_PRIVATE_NETWORKS": "true"}
    with image.start(image.command, settings, tmp_path / "run.log") as running:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(f"{url}/readyz", 120, running)
        assert users_of(running) == {"root", "10001"}  # buildah itself, and all that runs in the container
        serves_pages_with_styles(url)
        with Api(url, TOKEN) as api:
            delivers_signed(api, receiver)
        image.run(image.container(), health_check(image, port))
    with pytest.raises(RuntimeError, match="Connection refused"):
        image.run(image.container(), health_check(image, port))


def test_the_services_of_compose_run_from_the_image(
    image: Image, postgres: Server, redis: Server, receiver: Receiver, tmp_path: Path
) -> None:
    stack = StackOfContainers(
        tmp_path, postgres, redis, ANSWERS | {"WEBHOOK_ALLOW_PRIVATE_NETWORKS": "true"}, image=image
    )
    with ExitStack() as running:
        stack.up(running)
        ready = requests.get(f"{stack.url}/readyz").json()
        assert ready.pop("status") == "ok"
        assert {name for name, part in ready.items() if part["ok"]} == set(ready) >= {"database", "broker", "worker"}
        serves_pages_with_styles(stack.url)
        with Api(stack.url, ANSWERS["MAAC_SIM_API_TOKEN"]) as api:
            delivers_signed(api, receiver)


def test_the_image_has_what_the_wheel_needs_and_nothing_of_the_checkout(image: Image) -> None:
    markers, installed = json.loads(image.run(image.container(), ["python", "-c", INSTALLED]))
    assert set(map(canonicalize_name, installed)) - TOOLS_OF_VENV == closure("maac-sim[server]", installed, markers)
    image.run(image.container(), ["python", "-m", "pip", "check"])

    listed = subprocess.run(["git", "ls-files", *LEFT_OUT], cwd=ROOT, capture_output=True, text=True, check=True)
    ours = {name for name in listed.stdout.splitlines() if not name.endswith("__init__.py")}
    assert len(ours) > 100
    with image.mounted() as root:
        files = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    assert any(name.endswith("/maac_sim/_server/webhooks/models.py") for name in files)
    ends = {"/".join(name.split("/")[-depth:]) for name in files for depth in range(1, 9)}
    assert ours & ends == set()
    assert [name for name in files if name.endswith(("secrets.env", "/.env", "maac-sim.sqlite3"))] == []


@dataclasses.dataclass
class StackOfContainers(Stack):
    """The services of compose.yaml, each in a container that was made of the image."""

    image: Image = dataclasses.field(kw_only=True)

    def start(self, service: str, number: int = 1) -> Process:
        assert OURS[service]["cap_drop"] == ["ALL"]  # as Image.start does
        return self.image.start(command_of(service), self.settings_of(service), self.log_of(service, number))


def serves_pages_with_styles(url: str) -> None:
    page = requests.get(f"{url}/console/login/", headers={"Accept-Language": "ja"})
    assert page.status_code == 200
    assert "ログイン" in page.text
    styles = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    assert styles
    for style in styles:
        answer = requests.get(url + style)
        assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/css")
        assert answer.text
    assert requests.get(f"{url}/api/docs/").status_code == 200


def delivers_signed(api: Api, receiver: Receiver) -> None:
    created = api.post("/endpoints/", new_endpoint(receiver.url("/hook")))
    assert created.status_code == 201, created.text
    published = api.post("/events/", {"topic": "receipt.receipt_validated"})
    assert published.status_code == 201, published.text
    (request,) = receiver.wait_for(1, timeout=30)
    assert request.verifies(created.json()["share_secret"])


def health_check(image: Image, port: int) -> list[str]:
    """HEALTHCHECK as the image has it, for the simulator at this port."""
    kind, *command = image.config["Healthcheck"]["Test"]
    assert kind == "CMD"
    return ["env", f"MAAC_SIM_PORT={port}", *command]


def users_of(running: Process) -> set[str]:
    """Whom the processes of its group belong to."""
    listed = subprocess.run(["ps", "-eo", "pgid=,user="], capture_output=True, text=True, check=True)
    return {user for group, user in map(str.split, listed.stdout.splitlines()) if group == str(running.pid)}


def closure(wanted: str, installed: dict[str, list[str]], markers: dict[str, str]) -> set[str]:
    """The names of all distributions that this one needs, by the metadata of what is installed."""
    requires = {canonicalize_name(name): [*map(Requirement, needed)] for name, needed in installed.items()}
    seen: set[str] = set()
    waiting = [Requirement(wanted)]
    while waiting:
        one = waiting.pop()
        if (key := str(one)) not in seen:
            seen.add(key)
            waiting += [
                each
                for each in requires[canonicalize_name(one.name)]
                if each.marker is None
                or any(each.marker.evaluate({**markers, "extra": extra}) for extra in one.extras or {""})
            ]
    return {canonicalize_name(Requirement(key).name) for key in seen}
