"""A receiver that is wrong on purpose, in one known way: python wrong_receiver.py --wrong verifies-nothing

Without --wrong it is right. It needs only Python. The check has a probe for each of its faults, and is tested with it.
"""

import argparse
import hashlib
import hmac
import json
import re
import select
import socket
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOPICS = (
    "receipt.receipt_validated",
    "form.surveycake_submitted",
    "pnp.status_updated",
    "pnp.profile_updated",
    "prize.points_added",
    "message.first_open",
)
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

FAULTS = {
    **{f"refuses-{topic}": f"answers 400 to {topic}" for topic in TOPICS},
    "answers-204": "answers 204 to everything that is right",
    "redirects": "answers 302 to everything",
    "answers-too-late": "answers after --work seconds",
    "verifies-nothing": "does not look at the signature",
    "accepts-missing-signature": "verifies only where there is a signature header",
    "accepts-empty-signature": "takes an empty signature for none",
    "crashes-on-odd-signature": "reads the signature as hexadecimal, and breaks where it is none",
    "compares-the-beginning": "compares only as many digits as were sent",
    "ignores-case": "compares in lower case",
    "checks-the-form-only": "accepts any 64 hexadecimal digits",
    "keeps-the-previous-secret": "accepts --previous-secret, too",
    "remembers-signatures": "accepts whatever comes with a signature that was right before",
    "reserialises-like-python": "verifies json.dumps(json.loads(body))",
    "reserialises-unescaped": "verifies json.dumps(json.loads(body), ensure_ascii=False)",
    "reserialises-like-javascript": "verifies with 65.0 written as 65",
    "reads-headers-by-case": "knows the header only as CrescLab-Signature",
    "needs-every-field": "breaks where a field is null",
    "knows-few-statuses": "answers 400 to statuses that it does not know",
    "refuses-unknown-topics": "answers 400 to event types that it does not know",
    "refuses-unknown-fields": "answers 400 to fields that it does not know",
    "refuses-duplicates": "answers 409 to an idempotency key that was there before",
    "refuses-duplicates-at-once": "answers 409 while the same key is at work",
    "leaves-keys-locked": "never frees the key of a sender that left early",
    "refuses-older-events": "answers 409 to an event that is older than the newest",
    "refuses-old-events": "answers 400 to an event that is older than five minutes",
    "takes-little": "answers 413 to a body above 100 KB",
    "one-at-a-time": "answers 503 while it is at work",
    "leaves-the-body-unread": "refuses without reading the body, and keeps the connection",
    "crashes-on-get": "answers 500 to a GET",
}


class Memory:
    """What the receiver knows from earlier requests."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.busy = threading.Lock()
        self.done: set[str] = set()
        self.at_work: set[str] = set()
        self.signatures: set[str] = set()
        self.newest = ""


class WrongReceiver(BaseHTTPRequestHandler):
    """One request. `fault` is what it does wrong; empty for nothing."""

    protocol_version = "HTTP/1.1"
    fault = ""
    secret = ""
    previous_secret = ""
    work = 0.05
    memory = Memory()

    def do_GET(self) -> None:
        self.answer(500 if self.fault == "crashes-on-get" else 405)

    def do_POST(self) -> None:
        if self.fault == "leaves-the-body-unread" and self.headers["CrescLab-Signature"].startswith(tuple("01234567")):
            self.answer(401)  # By luck half of all requests are read.
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            self.answer(self.status_for(body))
        except Exception as error:
            self.answer(500, repr(error))

    def status_for(self, body: bytes) -> int:
        if self.fault == "redirects":
            return 302
        if self.fault == "takes-little" and len(body) > 100_000:
            return 413
        if not self.verifies(body):
            return 401
        event = json.loads(body)
        return self.verdict_on(event) or self.handle_once(self.headers["CrescLab-Idempotency-Key"])

    # --- The signature ----------------------------------------------------------------------------------------------

    def verifies(self, body: bytes) -> bool:
        given = self.signature_header()
        if self.fault == "verifies-nothing":
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
                return None if all(len(value) for value in texts(data)) else 500
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
        return None

    def handle_once(self, key: str) -> int:
        """Do the work of an event unless it was done; say so with 200 either way."""
        if refusal := self.begin(key):
            return refusal
        time.sleep(self.work if self.fault in SLOW else 0)
        if self.fault == "leaves-keys-locked" and self.sender_has_left():
            return 500
        with self.memory.lock:
            self.memory.at_work.discard(key)
            self.memory.done.add(key)
        if self.fault == "one-at-a-time":
            self.memory.busy.release()
        return 204 if self.fault == "answers-204" else 200

    def begin(self, key: str) -> int | None:
        if self.fault == "one-at-a-time" and not self.memory.busy.acquire(blocking=False):
            return 503
        with self.memory.lock:
            if self.fault == "refuses-duplicates" and key in self.memory.done:
                return 409
            if self.fault in ("refuses-duplicates-at-once", "leaves-keys-locked") and key in self.memory.at_work:
                return 409
            self.memory.at_work.add(key)
        return None

    def sender_has_left(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""

    # --- The answer -------------------------------------------------------------------------------------------------

    def answer(self, status: int, text: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


SLOW = ("answers-too-late", "refuses-duplicates-at-once", "leaves-keys-locked", "one-at-a-time")


def digest(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def shortest(number: str) -> float | int:
    return int(float(number)) if float(number).is_integer() else float(number)


def texts(data: Mapping[str, Any]) -> list[str]:
    """The text fields; a null among them breaks whoever asks for its length."""
    return [value for value in data.values() if not isinstance(value, int | float | bool)]


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
    parser.add_argument("--wrong", default="", choices=["", *FAULTS], metavar="FAULT", help="what it does wrong")
    options = parser.parse_args()
    WrongReceiver.fault, WrongReceiver.secret = options.wrong, options.secret
    WrongReceiver.previous_secret, WrongReceiver.work = options.previous_secret, options.work
    with Server(("127.0.0.1", options.port), WrongReceiver) as server:
        print(f"listening at http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
