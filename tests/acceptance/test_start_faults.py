"""What keeps a process from starting, seen from outside: one sentence, exit code 2, no traceback."""

import os
import resource
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.processes import ROOT, embedded, environment, migrated_database, start
from tests.servers import Server, free_port

RUN = ["maac-sim", "run"]
MIGRATE = [sys.executable, str(ROOT / "manage.py"), "migrate"]
CELERY = [sys.executable, "-m", "celery", "-A", "maac_sim.celery", "worker"]
SCALED = {"MAAC_SIM_SECRET_KEY": "for tests", "MAAC_SIM_ENCRYPTION_KEYS": "for tests"}
PASSWORD = "hunter2-and-more"
CLOSED = "127.0.0.1:9"
NO_FILE_GROWS = ["bash", "-o", "pipefail", "-c", "prlimit --fsize=0 maac-sim run 2>&1 | cat"]


@dataclass
class Case:
    """A command with its settings, and words of the sentence that it ends with."""

    words: tuple[str, ...]
    env: Mapping[str, object] = field(default_factory=dict)
    command: list[str] = field(default_factory=lambda: RUN)
    prepare: Callable[[Path], None] = lambda folder: None


def garbage(folder: Path) -> None:
    database(folder).write_bytes(os.urandom(8192))


def zeros(folder: Path) -> None:
    database(folder).write_bytes(bytes(8192))


def truncated(folder: Path) -> None:
    os.truncate(database(folder), 50_000)


def newer(folder: Path) -> None:
    with closing(sqlite3.connect(database(folder))) as connection, connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('webhooks', '9999_later', '2026-01-01')"
        )


def with_an_endpoint(folder: Path) -> None:
    """A table with a row; nobody reads more of it."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "maac-sim.sqlite3")) as connection, connection:
        connection.execute("CREATE TABLE webhooks_endpoint (id INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO webhooks_endpoint VALUES (1)")


def database(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    shutil.copy(migrated_database(), folder)
    return folder / "maac-sim.sqlite3"


def secrets(text: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        with_an_endpoint(folder)
        (folder / "secrets.env").write_bytes(text)

    return write


def secrets_unreadable(folder: Path) -> None:
    secrets(b"")(folder)
    (folder / "secrets.env").chmod(0)


def forbidden(folder: Path) -> None:
    folder.mkdir(mode=0o500)


def read_only(folder: Path) -> None:
    database(folder).chmod(0o400)
    folder.chmod(0o500)


def bound_by_permissions() -> list[str]:
    """Root, too, obeys a file's permissions without these capabilities."""
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *RUN] if os.getuid() == 0 else RUN


def postgres(rest: str) -> dict[str, object]:
    return {**SCALED, "DATABASE_URL": f"postgres://somebody:{PASSWORD}@{rest}"}


UNREACHABLE = postgres(f"{CLOSED}/none")
NO_REDIS = {"REDIS_URL": f"redis://:{PASSWORD}@{CLOSED}/0"}

CASES = {
    "data path is a file": Case(("{folder} is a file", "MAAC_SIM_DATA"), prepare=lambda folder: folder.touch()),
    "data path leads through a file": Case(("is a file",), {"MAAC_SIM_DATA": "/etc/hostname/data"}),
    "folder forbidden": Case(
        ("{folder}", "Permission denied", "MAAC_SIM_DATA"), command=bound_by_permissions(), prepare=forbidden
    ),
    "database read-only": Case(
        ("{folder}/maac-sim.sqlite3", "only be read"), command=bound_by_permissions(), prepare=read_only
    ),
    "disk full": Case(("{folder}", "disk is full", "Free some space"), command=NO_FILE_GROWS),
    "disk full while the tables are made": Case(
        ("{folder}/maac-sim.sqlite3", "cannot grow", "Free some space"), command=["prlimit", "--fsize=100000", *RUN]
    ),
    "database of garbage": Case(("{folder}/maac-sim.sqlite3", "damaged", "backup"), prepare=garbage),
    "database of zeros": Case(("{folder}/maac-sim.sqlite3", "damaged", "backup"), prepare=zeros),
    "database truncated": Case(("{folder}/maac-sim.sqlite3", "damaged", "backup"), prepare=truncated),
    "database truncated, manage.py": Case(("maac-sim.sqlite3", "damaged"), command=MIGRATE, prepare=truncated),
    "database newer": Case(("{folder}/maac-sim.sqlite3", "webhooks.9999_later", "newer"), prepare=newer),
    "tables missing": Case(
        ("{folder}/maac-sim.sqlite3", "migrations", "maac-sim setup"), command=["maac-sim", "worker"]
    ),
    "secrets lost": Case(("{folder}/secrets.env is gone", "MAAC_SIM_ENCRYPTION_KEYS"), prepare=with_an_endpoint),
    "secrets lost, manage.py": Case(("secrets.env is gone",), command=MIGRATE, prepare=with_an_endpoint),
    "secrets lost, celery": Case(("secrets.env is gone",), command=CELERY, prepare=with_an_endpoint),
    "secrets no text": Case(("{folder}/secrets.env is not text", "backup"), prepare=secrets(b"\xff\xfe\x00\x80")),
    "secrets lack a name": Case(
        ("{folder}/secrets.env lacks MAAC_SIM_ENCRYPTION_KEYS",),
        prepare=secrets(b"MAAC_SIM_SECRET_KEY=a\nMAAC_SIM_API_TOKEN=b\nMAAC_SIM_ADMIN_PASSWORD=c\n"),
    ),
    "secrets forbidden": Case(
        ("{folder}/secrets.env", "Permission denied"), command=bound_by_permissions(), prepare=secrets_unreadable
    ),
    "host unknown": Case(("nowhere.invalid", "MAAC_SIM_HOST"), {"MAAC_SIM_HOST": "nowhere.invalid"}),
    "host of another machine": Case(("192.0.2.1", "MAAC_SIM_HOST"), {"MAAC_SIM_HOST": "192.0.2.1"}),
    "number wrong": Case(("WEBHOOK_RETRY_WAITS is 'soon'",), {"WEBHOOK_RETRY_WAITS": "1,soon"}),
    "CA file missing": Case(("WEBHOOK_CA_FILE: /nowhere.pem",), {"WEBHOOK_CA_FILE": "/nowhere.pem"}),
    "DATABASE_URL of another kind": Case(
        ("DATABASE_URL", "postgres://"), {**SCALED, "DATABASE_URL": f"mysql://me:{PASSWORD}@127.0.0.1/x"}
    ),
    "DATABASE_URL without secrets": Case(
        ("MAAC_SIM_SECRET_KEY is not set",), {**UNREACHABLE, **dict.fromkeys(SCALED, "")}
    ),
    "PostgreSQL refuses, web": Case((CLOSED, "DATABASE_URL"), UNREACHABLE, ["maac-sim", "web"]),
    "PostgreSQL refuses, worker": Case((CLOSED, "DATABASE_URL"), UNREACHABLE, ["maac-sim", "worker"]),
    "PostgreSQL refuses, setup": Case((CLOSED, "DATABASE_URL"), UNREACHABLE, ["maac-sim", "setup"]),
    "PostgreSQL refuses, manage.py": Case((CLOSED, "DATABASE_URL"), UNREACHABLE, MIGRATE),
    "PostgreSQL's host unknown": Case(("nowhere.invalid",), postgres("nowhere.invalid/x"), ["maac-sim", "setup"]),
    "run with DATABASE_URL": Case(("maac-sim web, worker and beat",), UNREACHABLE),
    "Redis refuses, beat": Case((CLOSED, "REDIS_URL"), NO_REDIS, ["maac-sim", "beat"]),
}
QUICK = (next(iter(CASES)), "PostgreSQL refuses, setup", "Redis refuses, beat")
"""Those that ./test tries, the others being left to ./test --all."""
Outcome = tuple[int, str, Path]


def outcome(folder: Path, case: Case) -> Outcome:
    case.prepare(folder)
    env = environment(**{"MAAC_SIM_DATA": folder, "MAAC_SIM_PORT": free_port(), **case.env})
    with start(case.command, env, folder.with_name(f"{folder.name}.start.log")) as process:
        return process.wait(60), process.output(), folder


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in CASES]
)
def test_a_fault_at_the_start_is_one_sentence(tmp_path: Path, name: str) -> None:
    code, output, folder = outcome(tmp_path / "data", CASES[name])
    lines = [line for line in output.splitlines() if line.startswith("maac-sim cannot start. ")]
    assert (code, len(lines)) == (2, 1), output
    assert len(output.splitlines()) <= 5, output
    assert all(word.format(folder=folder) in lines[0] for word in CASES[name].words), output
    assert PASSWORD not in output


@pytest.mark.slow
def test_a_database_that_another_process_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    path = database(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        code, output, _ = outcome(tmp_path, Case(()))
    assert code == 2
    assert f"{path}: Another process holds the database's write lock." in output
    assert "Traceback" not in output


def test_a_database_that_postgresql_does_not_have_is_named(postgres: Server, tmp_path: Path) -> None:
    url = f"{postgres.url}_which_is_missing"
    code, output, _ = outcome(tmp_path / "x", Case((), {**SCALED, "DATABASE_URL": url}, ["maac-sim", "setup"]))
    assert (code, len(output.splitlines())) == (2, 1), output
    assert "maac_sim_which_is_missing" in output


@pytest.mark.slow
def test_a_password_that_redis_refuses_is_said_and_not_shown(redis: Server, tmp_path: Path) -> None:
    url = redis.url.replace("redis://", f"redis://somebody:{PASSWORD}@")
    code, output, _ = outcome(tmp_path / "x", Case((), {"REDIS_URL": url}, ["maac-sim", "beat"]))
    assert (code, len(output.splitlines())) == (2, 1), output
    assert "REDIS_URL" in output
    assert PASSWORD not in output


@pytest.mark.slow
def test_a_second_simulator_on_a_folder_is_refused_until_the_first_has_died(tmp_path: Path) -> None:
    with embedded(tmp_path / "data") as first:
        modes = {path.name: path.stat().st_mode & 0o777 for path in first.folder.iterdir()}
        assert set(modes) >= {"maac-sim.sqlite3", "maac-sim.sqlite3-wal", "maac-sim.sqlite3-shm", "secrets.env"}
        assert set(modes.values()) == {0o600}
        code, output, _ = outcome(first.folder, Case(()))
        assert (code, len(output.splitlines())) == (2, 1), output
        assert f"process {first.process.pid}, {first.url}" in output
        first.kill()
        first.start()


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output, _ = outcome(tmp_path / "data", Case((), {"MAAC_SIM_PORT": port}))
    assert (code, len(output.splitlines())) == (2, 1), output
    assert f"Cannot listen on 127.0.0.1:{port}" in output


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")
def test_a_disk_that_is_full_for_a_while_refuses_calls_and_loses_none(tmp_path: Path) -> None:
    event = {"topic": "receipt.receipt_validated"}
    with embedded(tmp_path / "data") as simulator:
        pid = simulator.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
        refused = [simulator.api.post("/events/", event, headers={"Idempotency-Key": key}) for key in "ab"]
        assert [answer.status_code for answer in refused] == [507, 507]
        assert refused[0].json()["error"]["code"] == "disk_full"
        assert "disk" in ready(simulator.url)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        answers = [simulator.api.post("/events/", event, headers={"Idempotency-Key": key}) for key in "ab"]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert [answer.json()["id"] for answer in answers] == [1, 2]
        assert '"status": "ok"' in ready(simulator.url)
        assert "Traceback" not in simulator.process.output()


def ready(url: str) -> str:
    with requests.Session() as session:
        session.trust_env = False
        return str(session.get(f"{url}/readyz", timeout=5).text)
