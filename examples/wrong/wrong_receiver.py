"""A receiver that is wrong on purpose, in one known way: python wrong_receiver.py --wrong verifies-nothing

Without --wrong it is right. It needs only Python. The check has a probe for each of its faults, and is tested with it.
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import select
import socket
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from faults import FAULTS, TOPICS
from work import Work, texts

# fmt: off
FIELDS_OF_DATA = {
    "line_uid", "customer_id", "campaign_name", "number", "datetime", "upload_datetime", "random_number",
    "channel", "items", "survey_name", "answer_hash", "answer", "pnp_setting_id", "pnp_setting_name",
    "pnp_message_id", "event_id", "customized_id", "phone_number", "status", "line_push_template_id",
    "line_push_status", "line_push_delivered_at", "line_push_error_category", "pnp_status", "pnp_delivered_at",
    "sms_status", "sms_delivered_at", "sms_error_category", "source", "prize_name", "points_id", "points_memo",
    "points_count", "points_expire_date", "points_category", "message_type", "message_id",
}
# fmt: on


class Memory:
    """What the receiver knows from earlier requests besides its work."""

    def __init__(self) -> None:
        self.signatures: set[str] = set()
        self.newest = ""


class WrongReceiver(BaseHTTPRequestHandler):
    """One request. `fault` is what it does wrong; empty for nothing."""

    protocol_version = "HTTP/1.1"
    fault = ""
    secret = ""
    previous_secret = ""
    memory = Memory()
    work: Work

    def do_GET(self) -> None:
        self.answer(500 if self.fault == "crashes-on-get" else 405)

    def do_POST(self) -> None:
        if self.fault == "leaves-the-body-unread" and not self.headers["CrescLab-Signature"]:
            self.answer(401)
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status = self.status_for(body)
        except Exception as error:
            self.answer(500, repr(error))
            return
        if status == 401:
            self.refuse(body)
        else:
            self.answer(status)

    def refuse(self, body: bytes) -> None:
        """Answer a wrong signature."""
        if self.fault == "refuses-by-closing":
            self.close_connection = True
            return
        texts = {
            "gives-the-digest-away": f"expected {digest(self.secret, body)}",
            "gives-the-secret-away": f"wrong signature for the secret {self.secret}",
        }
        other = re.fullmatch("refuses-with-([0-9]+)", self.fault)
        self.answer(int(other[1]) if other else 401, texts.get(self.fault, ""))

    def status_for(self, body: bytes) -> int:
        if self.fault == "redirects":
            return 302
        if self.fault == "answers-415":
            return 415
        if self.fault == "takes-little" and len(body) > 100_000:
            return 413
        key = self.headers["CrescLab-Idempotency-Key"] or ""
        if early := self.before_verifying(key, body):
            return early
        if not self.verifies(body):
            return 401
        event = json.loads(body)
        if self.fault == "crashes-without-a-key":
            key = self.headers["CrescLab-Idempotency-Key"].lower()
        return self.verdict_on(event) or self.work.handle(key, event, body, self.has_left)

    def before_verifying(self, key: str, body: bytes) -> int | None:
        match self.fault:
            case "parses-first":
                _ = json.loads(body)["topic"]
            case "validates-first" if not is_event(body):
                return 400
            case "looks-for-duplicates-first" if key in self.work.done:
                return 200
            case "works-before-verifying":
                self.work.handle(key, json.loads(body), body, self.has_left)
            case "notes-before-verifying" if self.work.is_known_unverified(key):
                return None if self.verifies(body) is False else 200
        return None

    # --- The signature ----------------------------------------------------------------------------------------------

    def verifies(self, body: bytes) -> bool:
        given = self.signature_header()
        if self.fault == "verifies-nothing":
            return True
        if self.fault == "leaves-one-topic-unverified" and b'"message.first_open"' in body:
            return True
        if self.fault == "accepts-missing-signature" and given is None:
            return True
        if given is None or (self.fault != "accepts-empty-signature" and not given):
            return False
        return not given or self.matches(given, body)

    def signature_header(self) -> str | None:
        if self.fault != "reads-headers-by-case":
            return self.headers.get("CrescLab-Signature")
        return next((value for name, value in self.headers.items() if name == "CrescLab-Signature"), None)

    def matches(self, given: str, body: bytes) -> bool:
        right = digest(self.secret, self.signed_bytes(body))
        match self.fault:
            case "crashes-on-odd-signature":
                return hmac.compare_digest(bytes.fromhex(given), bytes.fromhex(right)) and given.islower()
            case "compares-the-beginning":
                return right.startswith(given)
            case "crashes-on-non-ascii":
                return hmac.compare_digest(given, right)
            case "compares-62-digits":
                return len(given) == 64 and given[:62] == right[:62]
            case "decodes-like-node":
                pairs = re.match("(?:[0-9A-Fa-f]{2})*", given)
                return pairs is not None and hmac.compare_digest(bytes.fromhex(pairs[0]), bytes.fromhex(right))
            case "ignores-what-follows":
                return given.startswith(right)
            case "ignores-case":
                return given.lower() == right
            case "checks-the-form-only":
                return re.fullmatch("[0-9a-f]{64}", given) is not None
            case "keeps-the-previous-secret":
                return given in (right, digest(self.previous_secret, body))
            case "remembers-signatures":
                return self.remembered(given, given == right)
        return hmac.compare_digest(given.encode(), right.encode())

    def remembered(self, given: str, right: bool) -> bool:
        if right:
            self.memory.signatures.add(given)
        return given in self.memory.signatures

    def signed_bytes(self, body: bytes) -> bytes:
        match self.fault:
            case "trims-the-body":
                return body.strip()
            case "reserialises-like-python":
                return json.dumps(json.loads(body)).encode()
            case "reserialises-unescaped":
                return json.dumps(json.loads(body), ensure_ascii=False).encode()
            case "reserialises-like-javascript":
                return json.dumps(json.loads(body, parse_float=shortest)).encode()
        return body

    # --- The event --------------------------------------------------------------------------------------------------

    def verdict_on(self, event: dict[str, Any]) -> int | None:
        """A status to refuse it with."""
        topic, data = event["topic"], event["data"]
        match self.fault:
            case fault if fault == f"refuses-{topic}":
                return 400
            case "needs-every-field":
                return 500 if None in data.values() else None
            case "knows-few-statuses":
                return 400 if data.get("status") in ("sms_callback_timeout", "sms_blocked") else None
            case "refuses-unknown-topics":
                return None if topic in TOPICS else 400
            case "refuses-unknown-fields":
                return None if set(data) <= FIELDS_OF_DATA and len(event) == 3 else 400
            case "refuses-older-events":
                self.memory.newest, newest = max(self.memory.newest, event["timestamp"]), self.memory.newest
                return 409 if event["timestamp"] < newest else None
            case "refuses-old-events":
                age = datetime.now(UTC) - datetime.fromisoformat(event["timestamp"])
                return 400 if abs(age.total_seconds()) > 300 else None
            case "knows-one-offset":
                return None if event["timestamp"].endswith("+08:00") else 400
            case "needs-a-fraction":
                datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
            case fault if limit := re.fullmatch("takes-([0-9]+)-characters", fault):
                return 500 if any(len(text) > int(limit[1]) for text in texts(data)) else None
            case "refuses-unknown-fields-of-items":
                known = {"description", "unit_price", "quantity", "amount"}
                return None if all(set(item) <= known for item in data.get("items", ())) else 400
            case "needs-items" if topic == "receipt.receipt_validated":
                _ = data["items"][0]["amount"]
            case "needs-answers" if topic == "form.surveycake_submitted":
                _ = [question["answer"][0] for question in data["answer"]["result"] if question["type"] == "TXTSHORT"]
            case "needs-aliases" if topic == "form.surveycake_submitted":
                _ = next(iter(data["answer"]["alias"].values()))
            case "stops-at-an-emoji" if "🌸" in "".join(texts(data)):
                os._exit(1)
        return None

    def has_left(self) -> bool:
        """Whether the sender has closed the connection, or does so in a moment."""
        readable, _, _ = select.select([self.connection], [], [], 0.02)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""

    # --- The answer -------------------------------------------------------------------------------------------------

    def answer(self, status: int, text: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body) + (10 if self.fault == "answers-too-short" else 0)))
        self.end_headers()
        self.wfile.write(body)
        if self.fault == "answers-too-short":
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def digest(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def shortest(number: str) -> float | int:
    return int(float(number)) if float(number).is_integer() else float(number)


def is_event(body: bytes) -> bool:
    try:
        return set(json.loads(body)) == {"timestamp", "topic", "data"}
    except (ValueError, TypeError):
        return False


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: senders leave early on purpose."""


def main() -> None:
    faults = "\n".join(f"  {name:<32}{what}" for name, what in FAULTS.items())
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"faults:\n{faults}", formatter_class=as_written)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--previous-secret", default="")
    parser.add_argument("--work", type=float, default=0.5, help="seconds that an event takes a receiver that is slow")
    parser.add_argument("--effects", type=Path, help="a file that gets the key of each work, for check --effects")
    parser.add_argument("--wrong", default="", choices=["", *FAULTS], metavar="FAULT", help="what it does wrong")
    options = parser.parse_args()
    WrongReceiver.fault, WrongReceiver.secret = options.wrong, options.secret
    WrongReceiver.previous_secret = options.previous_secret
    WrongReceiver.work = Work(options.wrong, seconds=options.work, effects=options.effects)
    if options.effects:
        options.effects.touch()
    with Server(("127.0.0.1", options.port), WrongReceiver) as server:
        print(f"listening at http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
