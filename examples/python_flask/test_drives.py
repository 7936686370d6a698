"""A car dealer with Flask and SQLite: a survey with the right aliases books a test drive.

SHARE_SECRET=... flask --app test_drives run --port 9000

Marketing gives the survey's questions these aliases: test_drive_car, test_drive_date, preferred_store.
"""

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, abort, jsonify, request

SECRET = os.environ["SHARE_SECRET"].strip().encode()
DATABASE = os.environ.get("BOOKINGS_DATABASE", "bookings.sqlite3")

app = Flask(__name__)


@app.post("/webhook")
def webhook() -> str:
    body = request.get_data()  # The raw bytes: what was signed.
    if not is_signed(body, request.headers.get("CrescLab-Signature", "")):
        abort(401)
    take(request.headers.get("CrescLab-Idempotency-Key", ""), request.get_json())
    return "ok"


@app.get("/bookings")
def bookings() -> Response:
    with database() as db:
        db.row_factory = sqlite3.Row
        return jsonify([dict(row) for row in db.execute("SELECT * FROM bookings ORDER BY day, name")])


def is_signed(body: bytes, signature: str) -> bool:
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def take(key: str, event: dict[str, Any]) -> None:
    """Note the key and do the work in one transaction: a duplicate does nothing, a crash leaves nothing half done."""
    with database() as db:
        is_new = db.execute("INSERT OR IGNORE INTO seen (key) VALUES (?)", [key]).rowcount == 1
        if is_new and event["topic"] == "form.surveycake_submitted":
            book(db, event["data"])


def book(db: sqlite3.Connection, survey: dict[str, Any]) -> None:
    """Only aliases tell questions apart; without the car's this is another survey."""
    answers = {alias: texts[0] for alias, texts in survey["answer"]["alias"].items() if texts}
    if "test_drive_car" not in answers:
        return
    row = {
        "answer_hash": survey["answer_hash"],
        "line_uid": survey["line_uid"],
        "name": answers.get("maac_member_name", ""),
        "car": answers["test_drive_car"],
        "day": answers.get("test_drive_date", ""),
        "store": answers.get("preferred_store", ""),
    }
    db.execute("INSERT OR IGNORE INTO bookings VALUES (:answer_hash, :line_uid, :name, :car, :day, :store)", row)


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
    setup.execute(
        "CREATE TABLE IF NOT EXISTS bookings"
        " (answer_hash TEXT PRIMARY KEY, line_uid TEXT, name TEXT, car TEXT, day TEXT, store TEXT)"
    )
