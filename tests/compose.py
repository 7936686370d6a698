"""compose.yaml and the Dockerfile as data, and the services of compose.yaml as a stack of running processes."""

import json
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.processes import ROOT, Process, environment, start, wait_until_ready
from tests.servers import Server, free_port

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "maac-sim"}
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")
ANSWERS = {
    "MAAC_SIM_SECRET_KEY": "a secret key for this test",
    "MAAC_SIM_ENCRYPTION_KEYS": "newer-key,older-key",
    "MAAC_SIM_API_TOKEN": "maac_token_from_env_file",
    "MAAC_SIM_ADMIN_PASSWORD": "correct horse battery",
    "POSTGRES_PASSWORD": "0123456789abcdef",
}
"""What somebody would write into .env."""


def substituted(text: str, answers: dict[str, str]) -> str:
    """Compose's `${NAME}`, `${NAME:-default}` and `${NAME:?complaint}`."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if answers.get(name):
            return answers[name]
        assert kind == "-", f"{name} is required: {rest}"
        return str(rest)

    return VARIABLE.sub(value, text)


def instruction(name: str) -> list[str]:
    """The last exec-form ENTRYPOINT, CMD or HEALTHCHECK CMD of the Dockerfile."""
    found = re.findall(rf"^\s*{name} .*?(\[.*\])$", DOCKERFILE, re.MULTILINE)
    return list(map(str, json.loads(found[-1])))


def command_of(service: str) -> list[str]:
    return [*instruction("ENTRYPOINT"), *OURS[service]["command"]]


@dataclass
class Stack:
    """The services of compose.yaml as processes of this machine."""

    folder: Path
    postgres: Server
    redis: Server
    answers: dict[str, str]
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings_of(self, service: str) -> dict[str, str]:
        """What compose.yaml sets, with the test's own database, Redis and port in place of the containers'."""
        written = {name: substituted(str(value), self.answers) for name, value in OURS[service]["environment"].items()}
        assert urlsplit(written["DATABASE_URL"]).hostname in COMPOSE["services"]
        assert urlsplit(written["REDIS_URL"]).hostname in COMPOSE["services"]
        return (
            written
            | {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url}
            | {"MAAC_SIM_HOST": "127.0.0.1", "MAAC_SIM_PORT": str(self.port)}
        )

    def start(self, service: str, number: int = 1) -> Process:
        """Start one container's process, here as a process of this machine."""
        return start(command_of(service), environment(**self.settings_of(service)), self.log_of(service, number))

    def log_of(self, service: str, number: int) -> Path:
        return self.folder / f"{service}-{number}.log"

    def up(self, running: ExitStack) -> None:
        """Everything in the order that `depends_on` asks for."""
        setup = running.enter_context(self.start("setup"))
        assert setup.wait() == 0, setup.describe()
        web = running.enter_context(self.start("web"))
        for number in range(OURS["worker"]["deploy"]["replicas"]):
            running.enter_context(self.start("worker", number + 1))
        running.enter_context(self.start("beat"))
        wait_until_ready(f"{self.url}/readyz", process=web)


def new_endpoint(url: str) -> dict[str, Any]:
    return {"name": "Receiver", "url": url, "event_types": ["receipt.receipt_validated"]}
