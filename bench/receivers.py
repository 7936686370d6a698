"""The receivers that deliveries are sent to: nginx where it is installed, else (and to be slow) a small one of ours.

Both log each request with its whole body, so nothing is sampled: afterwards every signature is checked over the body
that arrived, and that body is compared with the one in the database. nginx is fast enough for that (about a
microsecond more a request): the `mirror` has it read the body before it answers, as every honest receiver does.
"""

import contextlib
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.arrivals import Arrivals
from tests.processes import Process, environment, start
from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
DEBIAN_NGINX = Path("/usr/sbin/nginx")
PATIENCE = 10.0

_NGINX = """
daemon off; master_process off; pid {home}/pid; error_log {home}/errors error; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; multi_accept on; }}
http {{
    log_format arrival escape=none
        '$msec $http_cresclab_idempotency_key $http_cresclab_signature $request_uri\\t$request_body';
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    client_body_buffer_size 256k; client_body_in_single_buffer on;
    keepalive_requests 1000000000; keepalive_timeout 60; server_tokens off; default_type text/plain;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ mirror /_read; empty_gif; error_page 405 =200 @answer; }}
        location = /_read {{ internal; return 204; }}
        location @answer {{ access_log {log} arrival buffer=256k flush=50ms; return 200; }}
    }}
}}
"""


class Receiver:
    """A running receiver: where it listens, what it is, and its log."""

    def __init__(self, kind: str, port: int, log: Path, process: Process) -> None:
        self.kind = kind
        self.port = port
        self.log = log
        self.process = process

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def watch(self) -> Arrivals:
        """The requests that come from now on."""
        return Arrivals(self.log)

    def watch_all(self) -> Arrivals:
        """The requests that came since the start, and those still to come."""
        return Arrivals(self.log, from_the_start=True)


def find_nginx() -> Path | None:
    found = shutil.which("nginx")
    return Path(found) if found else DEBIAN_NGINX if DEBIAN_NGINX.exists() else None


@contextlib.contextmanager
def fast_receiver(folder: Path, kind: str = "auto") -> Iterator[Receiver]:
    """One that answers at once. `kind` is nginx, own, or auto: nginx if it is there."""
    nginx = None if kind == "own" else find_nginx()
    if nginx is None and kind == "nginx":
        raise FileNotFoundError("nginx is not installed: the Debian package is nginx-light")
    with _nginx(nginx, folder / "nginx") if nginx else own_receiver(folder / "receiver") as receiver:
        yield receiver


@contextlib.contextmanager
def own_receiver(home: Path, *, delay: float = 0.0, hangs: bool = False, is_flaky: bool = False) -> Iterator[Receiver]:
    """One of ours, in a process of its own: answers after `delay` seconds, or never, or some with 503 first."""
    home.mkdir(parents=True)
    port, log = free_port(), home / "arrivals"
    options = ["--port", str(port), "--log", str(log), "--delay", str(delay)]
    options += [*(["--hang"] if hangs else []), *(["--flaky"] if is_flaky else [])]
    command = [sys.executable, "-m", "bench.own_receiver", *options]
    with start(command, environment(PYTHONPATH=ROOT), home / "output") as process:
        _wait_until_listening(port, process)
        yield Receiver("own", port, log, process)


@contextlib.contextmanager
def _nginx(program: Path, home: Path) -> Iterator[Receiver]:
    home.mkdir(parents=True)
    port, log, config = free_port(), home / "arrivals", home / "nginx.conf"
    config.write_text(_NGINX.format(home=home, port=port, log=log))
    with start([str(program), "-p", str(home), "-c", str(config)], environment(), home / "output") as process:
        _wait_until_listening(port, process)
        yield Receiver("nginx", port, log, process)


def _wait_until_listening(port: int, process: Process) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.is_running:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"the receiver did not start: {process.describe()}")
