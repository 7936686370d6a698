"""The work of the wrong receiver: done once for each event, unless it is wrong on purpose."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

SLOW = ("answers-too-late", "refuses-duplicates-at-once", "leaves-keys-locked", "one-at-a-time")
HasLeft = Callable[[], bool]
"""Whether the sender has closed the connection."""


class Work:
    """What has been done, under the key by which a repeat is recognised. `effects` gets a line for each work."""

    def __init__(self, fault: str, *, seconds: float, effects: Path | None) -> None:
        self.fault = fault
        self.seconds = seconds
        self.effects = effects
        self.lock = threading.Lock()
        self.busy = threading.Lock()
        self.done: dict[str, float] = {}
        self.at_work: set[str] = set()
        self.unverified: set[str] = set()
        self.failed: set[str] = set()

    def is_known_unverified(self, key: str) -> bool:
        """Note the key of a request whose signature was not looked at yet."""
        is_known = key in self.unverified
        self.unverified.add(key)
        return is_known

    def handle(self, key: str, event: Mapping[str, Any], body: bytes, has_left: HasLeft) -> int:
        """Do the work unless it was done; the status to answer."""
        if refusal := self._begin(key):
            return refusal
        time.sleep(self.seconds if self.fault in SLOW else 0)
        if self.fault == "leaves-keys-locked" and has_left():
            return 500
        status = self._once(self._mark_of(key, event, body), key, event, has_left)
        with self.lock:
            self.at_work.discard(key)
            self._forget()
        if self.fault == "one-at-a-time":
            self.busy.release()
        return 204 if self.fault == "answers-204" else status

    def _begin(self, key: str) -> int | None:
        if self.fault == "one-at-a-time" and not self.busy.acquire(blocking=False):
            return 503
        with self.lock:
            if self.fault == "refuses-duplicates" and key in self.done:
                return 409
            if self.fault in ("refuses-duplicates-at-once", "leaves-keys-locked") and key in self.at_work:
                return 409
            self.at_work.add(key)
        return None

    def _mark_of(self, key: str, event: Mapping[str, Any], body: bytes) -> str:
        match self.fault:
            case "dedupes-by-body":
                return hashlib.sha256(body).hexdigest()
            case "dedupes-by-topic":
                return str(event["topic"])
            case "dedupes-by-contact":
                return str(event["data"].get("line_uid", key))
            case "compares-part-of-the-key":
                return key[:31]
        return key

    def _once(self, mark: str, key: str, event: Mapping[str, Any], has_left: HasLeft) -> int:
        if self.fault == "works-each-time":
            self._work(key)
            return 200
        if self.fault == "asks-before-it-notes":
            if mark not in self.done:
                time.sleep(0.02)
                self._work(key)
                self.done[mark] = time.monotonic()
            return 200
        with self.lock:
            return 200 if mark in self.done else self._first(mark, key, event, has_left)

    def _first(self, mark: str, key: str, event: Mapping[str, Any], has_left: HasLeft) -> int:
        is_done, is_noted, status = True, True, 200
        match self.fault:
            case "works-never":
                is_done = False
            case "swallows-errors":
                is_done = "🌸" not in "".join(texts(event["data"]))
            case "loses-work-of-leavers":
                is_done = not has_left()
            case "notes-no-key-of-leavers":
                is_noted = not has_left()
            case "fails-after-its-work" if key not in self.failed:
                self.failed.add(key)
                is_noted, status = False, 500
        if is_done:
            self._work(key)
        if is_noted:
            self.done[mark] = time.monotonic()
        return status

    def _work(self, key: str) -> None:
        if self.effects:
            with self.effects.open("a") as effects:
                effects.write(f"{key}\n")

    def _forget(self) -> None:
        if self.fault == "keeps-a-hundred-keys":
            while len(self.done) > 100:
                del self.done[next(iter(self.done))]
        if self.fault == "keeps-keys-for-5-seconds":
            now = time.monotonic()
            self.done = {mark: noted for mark, noted in self.done.items() if now - noted < 5}


def texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)
