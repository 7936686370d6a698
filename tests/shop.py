"""A shop that takes `prize.points_added` by real HTTP and keeps score; careful, or lacking one care on purpose.

with Shop(lacks=Care.KEY) as shop:
    shop.secret = endpoint.share_secret
    ...
    assert shop.points == 2  # the same event was counted twice
"""

import hashlib
import hmac
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

TOO_OLD = timedelta(hours=1)


class Care(Enum):
    """What a careful receiver does."""

    SIGNATURE = auto()  # refuses what is not signed with the share secret
    OLD_SECRET = auto()  # forgets a share secret that was changed
    NEW_SECRET = auto()  # learns the share secret that it was changed to
    KEY = auto()  # counts what comes under the same key once
    KEY_LAST = auto()  # notes a key when the work is done, not before
    AGE = auto()  # refuses what is too old
    ORDER = auto()  # goes by the events' timestamps, not by their arrival
    WHOLE_BODY = auto()  # reads until the body is whole
    ROLLBACK = auto()  # keeps nothing of what has failed
    TAKE_FIRST = auto()  # takes an event before it does the work, so that nothing hangs on being asked again


class Shop:
    """`stumbles` is how many of the next events it fails at. `orders` is what arrived, by memo."""

    def __init__(self, lacks: Care | None = None) -> None:
        self._lacks = lacks
        self._secrets: list[str] = []
        self._handled: set[str] = set()
        self._newest = ""
        self._lock = threading.Lock()
        self.points = 0
        self.memo = ""
        self.orders: list[str] = []
        self.statuses: list[int | None] = []
        self.stumbles = 0

    def __enter__(self) -> Self:
        shop = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length) if shop.has(Care.WHOLE_BODY) else self.rfile.read1(length)
                status = shop.take(self.headers, body, is_whole=len(body) == length)
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def has(self, care: Care) -> bool:
        return self._lacks is not care

    @property
    def secret(self) -> str:
        return self._secrets[-1]

    @secret.setter
    def secret(self, secret: str) -> None:
        """Somebody gives it the share secret, for the first time or after a change."""
        if not self._secrets:
            self._secrets = [secret]
        elif self.has(Care.NEW_SECRET):
            self._secrets = [secret] if self.has(Care.OLD_SECRET) else [*self._secrets, secret]

    def wait_for(self, count: int, timeout: float = 5) -> None:
        """Return when it has handled so many requests: of one that breaks off, it learns later than the sender."""
        end = time.monotonic() + timeout
        while len(self.statuses) < count:
            assert time.monotonic() < end, f"{self.statuses} after {timeout:g} s"
            time.sleep(0.005)

    def take(self, headers: Any, body: bytes, *, is_whole: bool) -> int | None:
        """The status to answer with; None drops the connection."""
        with self._lock:
            status = self._take(headers, body, is_whole)
            self.statuses.append(status)
            return status

    def _take(self, headers: Any, body: bytes, is_whole: bool) -> int | None:
        key = headers["CrescLab-Idempotency-Key"]
        if key in self._handled and self.has(Care.KEY):
            return 200
        if not self.has(Care.KEY_LAST):
            self._handled.add(key)
        if not is_whole and self.has(Care.WHOLE_BODY):
            return None
        if self.has(Care.SIGNATURE) and not self._is_signed(headers["CrescLab-Signature"], body):
            return 401
        event = json.loads(body)
        age = datetime.now(UTC) - datetime.fromisoformat(event["timestamp"])
        if age > TOO_OLD and self.has(Care.AGE):
            return 400
        if self.stumbles and self._is_stumbling(event):
            return 500
        self._count(event)
        self._handled.add(key)
        return 200

    def _is_signed(self, signature: str, body: bytes) -> bool:
        right = [hmac.new(each.encode(), body, hashlib.sha256).hexdigest() for each in self._secrets]
        return signature in right

    def _is_stumbling(self, event: dict[str, Any]) -> bool:
        self.stumbles -= 1
        if not self.has(Care.ROLLBACK):
            self._count(event)
        return True

    def _count(self, event: dict[str, Any]) -> None:
        data = event["data"]
        self.points += data["points_count"]
        self.orders.append(data["points_memo"])
        if event["timestamp"] > self._newest or not self.has(Care.ORDER):
            self._newest, self.memo = event["timestamp"], data["points_memo"]
