"""compose.yaml and the Dockerfile, read and acted out: their very commands as local processes, with real servers."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.compose import (
    ANSWERS,
    COMPOSE,
    DOCKERFILE,
    OURS,
    VARIABLE,
    Stack,
    command_of,
    instruction,
    new_endpoint,
    substituted,
)
from tests.conftest import ROOT
from tests.processes import Api, environment, wait_until_ready
from tests.receiver import Receiver
from tests.servers import Server

READERS = ("settings.py", "server_commands.py")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, postgres: Server, redis: Server) -> Iterator[Stack]:
    """The running stack. Its .env allows receivers on this machine as well."""
    answers = ANSWERS | {"WEBHOOK_ALLOW_PRIVATE_NETWORKS": "true"}
    made = Stack(tmp_path_factory.mktemp("stack"), postgres, redis, answers)
    with ExitStack() as running:
        made.up(running)
        yield made


def test_the_stack_delivers_each_event_once_and_signed(stack: Stack, receiver: Receiver) -> None:
    with Api(stack.url, ANSWERS["MAAC_SIM_API_TOKEN"]) as api:
        created = api.post("/endpoints/", new_endpoint(receiver.url("/hook")))
        assert created.status_code == 201, created.text
        for seed in range(20):
            published = api.post("/events/", {"topic": "receipt.receipt_validated", "seed": seed})
            assert published.status_code == 201, published.text

        receiver.wait_for(20, timeout=15)
        last = api.get(f"/events/{published.json()['id']}/wait/").json()
    assert last["done"]
    requests = receiver.requests
    assert len(requests) == len({request.key for request in requests}) == 20
    assert all(request.verifies(created.json()["share_secret"]) for request in requests)


@pytest.mark.slow
def test_web_as_it_comes_refuses_private_networks_and_passes_its_health_check(stack: Stack, tmp_path: Path) -> None:
    as_it_comes = Stack(tmp_path, stack.postgres, stack.redis, ANSWERS)
    with as_it_comes.start("web") as web, Api(as_it_comes.url, ANSWERS["MAAC_SIM_API_TOKEN"]) as api:
        wait_until_ready(f"{as_it_comes.url}/readyz", process=web)
        refused = api.post("/endpoints/", new_endpoint("http://127.0.0.1:9000/"))

        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_url")
        assert health_check(as_it_comes.port) == 0
    assert health_check(as_it_comes.port) != 0


def health_check(port: int) -> int:
    python, *arguments = instruction("HEALTHCHECK")
    assert python == "python"
    check = [sys.executable, *arguments]
    return subprocess.run(
        check, env=environment(MAAC_SIM_PORT=port), capture_output=True, timeout=20, check=False
    ).returncode


def test_every_service_and_the_image_start_with_a_command_that_exists() -> None:
    commands = [command_of(service) for service in OURS] + [instruction("ENTRYPOINT") + instruction("CMD")]
    for command in commands:
        done = subprocess.run([*command, "--help"], env=environment(), capture_output=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr.decode()


def test_the_containers_set_only_what_the_simulator_reads() -> None:
    read = set(re.findall(r'"([A-Z][A-Z_]+)"', "".join((ROOT / "maac_sim" / name).read_text() for name in READERS)))
    set_by_compose = {name for service in OURS.values() for name in service["environment"]}
    set_by_image = set(re.findall(r"\b(MAAC_SIM_\w+)=", DOCKERFILE))

    assert set_by_compose
    assert set_by_image
    assert set_by_compose | set_by_image <= read


def test_no_secret_has_a_default() -> None:
    kinds: dict[str, set[str]] = {}
    for name, kind, _ in VARIABLE.findall((ROOT / "compose.yaml").read_text()):
        kinds.setdefault(name, set()).add(kind)

    assert {name for name, kind in kinds.items() if kind == {"?"}} == set(ANSWERS)


def test_the_example_names_what_compose_asks_for_and_nothing_else() -> None:
    asked = {name for name, _, _ in VARIABLE.findall((ROOT / "compose.yaml").read_text())}
    lines = (ROOT / ".env.example").read_text()

    assert set(re.findall(r"^#?([A-Z_]+)=", lines, re.MULTILINE)) == asked
    assert set(re.findall(r"^([A-Z_]+)=", lines, re.MULTILINE)) == set(ANSWERS)
    recipe = re.search(r"for name in ([A-Z_ ]+)", lines)
    assert recipe
    assert set(recipe[1].split()) == set(ANSWERS)


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_a_container_may_do_only_what_it_must(service: str) -> None:
    made = COMPOSE["services"][service]

    assert made["read_only"] is True
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert service == "web" or "ports" not in made
    assert made.get("user", "our own image's user") != "root"


def test_the_image_runs_as_somebody_and_listens_for_others() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    users = re.findall(r"^USER (\S+)", final, re.MULTILINE)

    assert users
    assert users[-1] not in ("root", "0")
    assert "MAAC_SIM_HOST=0.0.0.0" in final
    assert substituted(OURS["web"]["ports"][0], {}) == "127.0.0.1:8622:8622"
