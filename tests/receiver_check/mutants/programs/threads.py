"""A shop's receiver with http.server: a thread for each connection, the keys in memory under a lock.

It adds up receipts and reads surveys by their aliases. Each work adds a line with the key to the file EFFECTS.
"""

import hashlib
import hmac
import json
import os
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SECRET = os.environ["SHARE_SECRET"].strip()
EFFECTS = Path(os.environ["EFFECTS"])
LARGEST = 5 * 1024 * 1024
KNOWN: set[str] = set()
LOCK = threading.Lock()
LOG = threading.Lock()


def is_signed(body: bytes, signature: str) -> bool:
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def take(key: str, event: dict[str, Any]) -> None:
    """Note the key together with the work."""
    with LOCK:
        if key in KNOWN:
            return
        work(key, understood(event))
        KNOWN.add(key)


def understood(event: dict[str, Any]) -> dict[str, Any]:
    """What the shop keeps of an event."""
    topic, data = event["topic"], event["data"]
    kept: dict[str, Any] = {"topic": topic, "happened": datetime.fromisoformat(event["timestamp"])}
    kept["contact"] = data.get("customer_id") or data.get("line_uid") or ""
    if topic == "receipt.receipt_validated":
        items = data["items"]
        kept["spent"] = sum(item["amount"] for item in items)
        kept["pieces"] = sum(float(item["quantity"]) for item in items)
        kept["shop"] = data["channel"]
        kept["campaign"] = data["campaign_name"]
        kept["bought"] = datetime.fromisoformat(data["datetime"])
    elif topic == "form.surveycake_submitted":
        alias = data["answer"]["alias"]
        kept["name"] = "".join(alias.get("maac_member_name", [])[:1])
        kept["answers"] = {each["sn"]: each["answer"] for each in data["answer"]["result"]}
        kept["survey"] = data["survey_name"] or ""
    return kept


def work(key: str, kept: dict[str, Any]) -> None:
    line = f"{key} {json.dumps(kept, default=str)}\n"
    with LOG, EFFECTS.open("a") as file:
        file.write(line)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > LARGEST:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(size)
        if not is_signed(body, self.headers.get("CrescLab-Signature", "")):
            return self.answer(401)
        key = self.headers.get("CrescLab-Idempotency-Key", "")
        if not key:
            return self.answer(400)
        try:
            take(key, json.loads(body))
        except Exception:
            return self.answer(500)
        return self.answer(200)

    def do_GET(self) -> None:
        self.answer(405)

    def answer(self, status: int, text: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing for each request."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that left is no news."""


def start() -> int:
    """Listen at a free port, and return it."""
    server = Server(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])
