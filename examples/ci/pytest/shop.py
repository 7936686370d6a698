"""The receiver under test: a shop that gives points for receipts, each receipt once. Standard library alone."""

import hashlib
import hmac
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Shop:
    """What it knows. `secret` is the endpoint's share secret."""

    def __init__(self) -> None:
        self.url = ""
        self.secret = ""
        self.points: Counter[str] = Counter()
        self.seen: set[str] = set()
        self.is_broken = False
        self._lock = threading.Lock()

    def take(self, key: str, signature: str, body: bytes) -> int:
        """Do the work of an event, and give the status to answer with."""
        expected = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            return 401
        if self.is_broken:
            return 503
        with self._lock:
            if key not in self.seen:
                self.seen.add(key)
                self._work(json.loads(body))
        return 200

    def _work(self, event: dict[str, Any]) -> None:
        if event["topic"] == "receipt.receipt_validated":
            self.points[event["data"]["customer_id"]] += (
                int(sum(item["amount"] for item in event["data"]["items"])) // 100
            )


@contextmanager
def running_shop() -> Iterator[Shop]:
    """A shop that answers at its `url` for the length of the block."""
    shop = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))  # The raw bytes: what was signed.
            status = shop.take(self.headers["CrescLab-Idempotency-Key"], self.headers["CrescLab-Signature"], body)
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        shop.url = f"http://127.0.0.1:{server.server_address[1]}/webhook"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield shop
        server.shutdown()
