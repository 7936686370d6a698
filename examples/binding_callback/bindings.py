"""A receiver of MAAC's binding callback with Flask and SQLite: it stores which customer is which LINE contact.

API_KEY=... flask --app bindings run --port 9000

There is no signature: the preset header is the only proof that a request comes from MAAC.
"""

import hmac
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, abort, jsonify, request

API_KEY = os.environ["API_KEY"].strip().encode()
DATABASE = os.environ.get("BINDINGS_DATABASE", "bindings.sqlite3")
FIELDS = ("line_uid", "customer_id", "email", "mobile", "status")

app = Flask(__name__)


@app.post("/binding")
def binding() -> Response:
    if not hmac.compare_digest(request.headers.get("x-api-key", "").encode(), API_KEY):
        abort(401)
    given = request.get_json()
    row = {name: str(given.get(name) or "") for name in FIELDS}
    if not row["line_uid"] or not row["customer_id"]:
        abort(400)
    with database() as db:
        # There is no idempotency key, so the row itself decides: the same binding twice changes nothing.
        db.execute("REPLACE INTO bindings VALUES (:line_uid, :customer_id, :email, :mobile, :status)", row)
    return jsonify({})


@app.get("/bindings")
def bindings() -> Response:
    with database() as db:
        db.row_factory = sqlite3.Row
        return jsonify([dict(row) for row in db.execute("SELECT * FROM bindings ORDER BY customer_id")])


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
    setup.execute(
        "CREATE TABLE IF NOT EXISTS bindings"
        " (line_uid TEXT PRIMARY KEY, customer_id TEXT UNIQUE, email TEXT, mobile TEXT, status TEXT)"
    )
