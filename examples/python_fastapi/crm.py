"""A small CRM with FastAPI and SQLite: a validated receipt gives its contact a point for every 100 spent.

SHARE_SECRET=... uvicorn crm:app --port 9000
"""

import hashlib
import hmac
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

SECRET = os.environ["SHARE_SECRET"].strip().encode()
DATABASE = os.environ.get("CRM_DATABASE", "crm.sqlite3")

app = FastAPI(title="A small CRM")


@app.post("/webhook")
async def webhook(request: Request) -> Response:
    body = await request.body()  # The raw bytes: what was signed.
    if not is_signed(body, request.headers.get("CrescLab-Signature", "")):
        return Response(status_code=401)
    key = request.headers.get("CrescLab-Idempotency-Key", "")
    await run_in_threadpool(take, key, json.loads(body))
    return Response(status_code=200)


@app.get("/members/{line_uid}")
def member(line_uid: str) -> dict[str, Any]:
    with database() as db:
        (points,) = db.execute("SELECT total(points) FROM receipts WHERE line_uid = ?", [line_uid]).fetchone()
    return {"line_uid": line_uid, "points": int(points)}


def is_signed(body: bytes, signature: str) -> bool:
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def take(key: str, event: dict[str, Any]) -> None:
    """Note the key and do the work in one transaction: a duplicate does nothing, a crash leaves nothing half done."""
    with database() as db:
        is_new = db.execute("INSERT OR IGNORE INTO seen (key) VALUES (?)", [key]).rowcount == 1
        if is_new and event["topic"] == "receipt.receipt_validated":
            add_points(db, event["data"])


def add_points(db: sqlite3.Connection, receipt: dict[str, Any]) -> None:
    """A receipt counts once, even if its event is sent again under a new key."""
    spent = sum(item["amount"] for item in receipt["items"])
    row = [receipt["number"], receipt["line_uid"], int(spent // 100)]
    db.execute("INSERT OR IGNORE INTO receipts (number, line_uid, points) VALUES (?, ?, ?)", row)


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """A transaction that is committed at the end of the block, and rolled back if that fails."""
    connection = sqlite3.connect(DATABASE, timeout=10, isolation_level="IMMEDIATE")
    try:
        with connection:
            yield connection
    finally:
        connection.close()


with database() as setup:
    setup.execute("PRAGMA journal_mode = WAL")
    setup.execute("CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY)")
    setup.execute("CREATE TABLE IF NOT EXISTS receipts (number TEXT PRIMARY KEY, line_uid TEXT, points INTEGER)")
