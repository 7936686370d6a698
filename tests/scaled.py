"""The scaled simulator as local processes, over a database of its own that has its tables already."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.processes import Api, Process, environment, start, wait_until_ready
from tests.servers import Server, free_port

TOKEN = "maac_stack_token"


class Stack:
    """Web, beat and workers over PostgreSQL and Redis, for tests that start and end each by itself."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, programs: ExitStack) -> None:
        self.folder = folder
        self.programs = programs
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = TOKEN
        self.env = environment(
            DATABASE_URL=database_url,
            REDIS_URL=redis_url,
            MAAC_SIM_PORT=self.port,
            MAAC_SIM_API_TOKEN=self.token,
            MAAC_SIM_ADMIN_PASSWORD="a password for tests",
            MAAC_SIM_SECRET_KEY="a secret key for tests",
            MAAC_SIM_ENCRYPTION_KEYS="an encryption key for tests",
            WEBHOOK_ALLOW_PRIVATE_NETWORKS="true",
            WEBHOOK_ATTEMPT_TIMEOUT=2,
        )
        self.api = Api(self.url, self.token)
        programs.callback(self.api.close)

    def start(self, *command: str) -> Process:
        log = self.folder / f"{'-'.join(command).replace('@%h', '')}.log"
        return self.programs.enter_context(start(["maac-sim", *command], self.env, log))

    def worker(self, name: str) -> Process:
        """A worker that has come as far as listening to its queue."""
        process = self.start("worker", "--name", f"{name}@%h")
        deadline = time.monotonic() + 20
        while "[queues]" not in process.output() and time.monotonic() < deadline:
            time.sleep(0.05)
        return process

    def web(self, path: str = "/livez") -> Process:
        """Web, which has answered at this path."""
        process = self.start("web")
        wait_until_ready(self.url + path, process=process)
        return process

    @contextmanager
    def passing(self) -> Iterator[None]:
        """What is started in this block ends with it, and so do the changes of the environment."""
        before, env = self.programs, dict(self.env)
        with ExitStack() as self.programs:
            try:
                yield
            finally:
                self.env = env
        self.programs = before


@pytest.fixture(scope="session")
def set_up_database(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database that `maac-sim setup` has prepared. Copies of it spare each test the migrations."""
    name = new_database(postgres)
    with ExitStack() as programs:
        stack = Stack(tmp_path_factory.mktemp("setup"), beside(postgres, name), "redis://127.0.0.1:9/0", programs)
        assert stack.start("setup").wait() == 0
    return name


@pytest.fixture(scope="module")
def database_url(postgres: Server, set_up_database: str) -> str:
    """A database of this module's own."""
    return beside(postgres, new_database(postgres, set_up_database))


def new_database(postgres: Server, template: str = "template1") -> str:
    name = f"maac_sim_{uuid4().hex}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(statement)
    return name


def beside(postgres: Server, name: str) -> str:
    return f"{postgres.url.rpartition('/')[0]}/{name}"
