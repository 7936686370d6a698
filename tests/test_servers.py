"""The servers that other tests stand on: they start, keep their data over a restart and leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tests import servers
from tests.servers import Missing, Server, find_postgres, find_redis, free_port, start_postgres, start_redis


@pytest.fixture(scope="module")
def redis_server() -> Iterator[Server]:
    require(find_redis)
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("TEST_REDIS_URL", raising=False)
        with start_redis() as server:
            yield server


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[Server]:
    require(find_postgres)
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("TEST_DATABASE_URL", raising=False)
        with start_postgres() as server:
            yield server


def test_redis_answers_and_keeps_its_data_over_a_restart(redis_server: Server) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("greeting", "こんにちは")
    first = redis_server.process
    redis_server.restart()
    assert redis_server.process is not first
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.get("greeting") == "こんにちは".encode()


def test_a_killed_redis_is_gone_and_comes_back_empty(redis_server: Server) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("greeting", "hello")
    redis_server.kill()
    assert refuses(redis_server)
    redis_server.restart()
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.dbsize() == 0


def test_postgres_answers_with_its_own_database_and_keeps_its_data_over_a_restart(postgres_server: Server) -> None:
    execute(postgres_server, "CREATE TABLE kept (text text)", "INSERT INTO kept VALUES ('統一發票')")
    postgres_server.restart()
    assert execute(postgres_server, "SELECT text, current_database() FROM kept") == [("統一發票", "maac_sim")]


def test_what_postgres_committed_outlives_a_kill(postgres_server: Server) -> None:
    execute(postgres_server, "CREATE TABLE committed (number int)")
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        for number in range(20):
            connection.execute("INSERT INTO committed VALUES (%s)", (number,))
        postgres_server.kill()
        assert refuses(postgres_server)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    postgres_server.restart()
    assert execute(postgres_server, "SELECT count(*) FROM committed") == [(20,)]


def test_the_end_of_the_block_ends_the_process_and_removes_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    require(find_redis)
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    with start_redis() as server, redis.Redis.from_url(server.url) as client:
        directory = Path(client.config_get("dir")["dir"])
        assert directory.is_dir()
    assert server.process is not None
    assert server.process.returncode is not None
    assert refuses(server)
    assert not directory.exists()


@pytest.mark.parametrize(
    ("variable", "start"), [("TEST_REDIS_URL", start_redis), ("TEST_DATABASE_URL", start_postgres)]
)
def test_a_server_named_by_the_environment_is_used_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, variable: str, start: Callable[[], contextlib.AbstractContextManager[Server]]
) -> None:
    monkeypatch.setenv(variable, "somewhere://else")
    with start() as server:
        assert server.url == "somewhere://else"
        assert server.process is None
        for disturb in (server.restart, server.kill):
            with pytest.raises(RuntimeError, match="not started by the tests"):
                disturb()


@pytest.mark.parametrize(("find", "package"), [(find_redis, "redis-server"), (find_postgres, "postgresql")])
def test_a_missing_program_is_named_with_its_debian_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, find: Callable[[], Path], package: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(servers, "DEBIAN_POSTGRES", tmp_path)
    with pytest.raises(Missing, match=f"Debian package is {package}$"):
        find()


def test_the_newest_postgres_of_debian_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(servers, "DEBIAN_POSTGRES", tmp_path)
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    assert find_postgres() == tmp_path / "17" / "bin"


def test_a_server_that_cannot_start_says_why_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    require(find_redis)
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(servers, "free_port", lambda: taken.getsockname()[1])
        with pytest.raises(RuntimeError, match="Address already in use"), start_redis():
            pass


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", free_port())):
        pass


def require(find: Callable[[], Path]) -> None:
    try:
        find()
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def refuses(server: Server) -> bool:
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def execute(server: Server, *statements: str) -> list[tuple[object, ...]]:
    """The rows of the last statement, if it has any."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursors = [connection.execute(statement.encode()) for statement in statements]
        return cursors[-1].fetchall() if cursors[-1].description else []
