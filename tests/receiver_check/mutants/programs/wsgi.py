"""A hotel's receiver as a WSGI application with SQLite: key and work are written in one transaction.

It follows what became of notification messages. The table `work` gets a row for each work, and the file EFFECTS a line.
"""

import hashlib
import hmac
import json
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

SECRET = os.environ["SHARE_SECRET"].strip().encode()
EFFECTS = Path(os.environ["EFFECTS"])
DATABASE = os.environ["DATABASE"]
PHONE = re.compile(r"\+[0-9]{8,15}|[0-9a-f]{64}")
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 405: "Method Not Allowed", 500: "Internal Server Error"}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    status, text = answer(environ)
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
    start_response(f"{status} {REASONS.get(status, 'Other')}", headers)
    return [text]


def answer(environ: dict[str, Any]) -> tuple[int, bytes]:
    if environ["REQUEST_METHOD"] != "POST":
        return 405, b""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    signature = environ.get("HTTP_CRESCLAB_SIGNATURE", "")
    if not verified(body, signature):
        return 401, b"wrong signature"
    key = environ.get("HTTP_CRESCLAB_IDEMPOTENCY_KEY", "")
    try:
        event = json.loads(body)
        store(key or "without a key", event)
    except Exception:
        return 500, b"later, please"
    return 200, b"ok"


def verified(body: bytes, signature: str) -> bool:
    digest = hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode("ascii")
    given = signature.encode("latin-1", "replace")
    return hmac.compare_digest(digest, given)


def store(key: str, event: dict[str, Any]) -> None:
    happened = datetime.fromisoformat(event["timestamp"])
    topic = event["topic"]
    data = event["data"]
    note = described(topic, data)
    db = sqlite3.connect(DATABASE, timeout=20, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        if db.execute("INSERT OR IGNORE INTO seen VALUES (?)", [key]).rowcount == 1:
            db.execute("INSERT INTO work VALUES (?, ?, ?)", [key, happened.isoformat(), note])
            effect(key)
        db.execute("COMMIT")
    finally:
        db.close()


def described(topic: str, data: dict[str, Any]) -> str:
    """A line for the guest's file."""
    if topic == "pnp.status_updated":
        phone = data["phone_number"]
        if not PHONE.fullmatch(phone):
            raise ValueError(phone)
        sms = data["sms_delivered_at"] or data["pnp_delivered_at"] or data["line_push_delivered_at"] or "not yet"
        return f"{data['pnp_setting_name']}: {data['status']}, {sms}"
    if topic == "pnp.profile_updated":
        return f"{data['phone_number']} is {data['line_uid']} by {data['source']}"
    if topic == "receipt.receipt_validated":
        return ", ".join(item["description"] for item in data["items"])
    return json.dumps(data)


def effect(key: str) -> None:
    with EFFECTS.open("a") as file:
        file.write(f"{key}\n")


class Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing for each request."""


class Server(ThreadingMixIn, WSGIServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that left is no news."""


def start() -> int:
    """Listen at a free port, and return it."""
    db = sqlite3.connect(DATABASE)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE seen (key TEXT PRIMARY KEY)")
    db.execute("CREATE TABLE work (key TEXT, happened TEXT, note TEXT)")
    db.close()
    server = make_server("127.0.0.1", 0, application, server_class=Server, handler_class=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])
