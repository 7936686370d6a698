"""A steady stream of events by REST that does not give up: each is sent until accepted, under one Idempotency-Key."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from maac_contract.contract import TOPICS
from tests.processes import TOKEN, Api

THREADS = 32
AGAIN_AFTER = 0.2
GIVE_UP_AFTER = 120.0
CALL_TIMEOUT = 10.0


class Callers:
    """Start it in a `with`; `finish` waits for every event that was begun."""

    def __init__(self, url: str, rate: float, name: str) -> None:
        self.accepted: dict[str, float] = {}
        """When each delivery's event was answered with 201, by the delivery's idempotency key."""
        self.events = 0
        self.repeats = 0
        self.violations: list[str] = []
        self._url = url
        self._rate = rate
        self._name = name
        self._lock = threading.Lock()
        self._local = threading.local()
        self._ending = threading.Event()
        self._pool = ThreadPoolExecutor(THREADS)
        self._clock = threading.Thread(target=self._tick, name="callers", daemon=True)

    def start(self) -> None:
        self._clock.start()

    def finish(self) -> None:
        """Begin no more events, and wait until all begun are accepted."""
        self._ending.set()
        self._clock.join()
        self._pool.shutdown()

    def _tick(self) -> None:
        began, topics = time.monotonic(), itertools.cycle(TOPICS)
        for number in itertools.count():
            if self._ending.wait(max(0.0, began + number / self._rate - time.monotonic())):
                return
            self._pool.submit(self._publish, number, next(topics))

    def _publish(self, number: int, topic: str) -> None:
        end = time.monotonic() + GIVE_UP_AFTER
        while time.monotonic() < end:
            if self._try(f"{self._name}-{number}", topic):
                return
            with self._lock:
                self.repeats += 1
            time.sleep(AGAIN_AFTER)
        with self._lock:
            self.violations.append(f"Event {number} was not accepted within {GIVE_UP_AFTER:g} s.")

    def _try(self, key: str, topic: str) -> bool:
        """Whether the event needs no other try."""
        try:
            answer = self._api().post("/events/", {"topic": topic}, headers={"Idempotency-Key": key})
        except requests.RequestException:
            return False
        if answer.status_code >= 500:
            return False
        with self._lock:
            self._note(key, answer)
        return True

    def _note(self, key: str, answer: requests.Response) -> None:
        if answer.status_code != 201:
            self.violations.append(f"{key} was answered with {answer.status_code}: {answer.text[:200]}")
            return
        self.events += 1
        now = time.time()
        self.accepted.update((delivery["idempotency_key"], now) for delivery in answer.json()["deliveries"])

    def _api(self) -> Api:
        """A session for each thread."""
        if not hasattr(self._local, "api"):
            self._local.api = Api(self._url, TOKEN, CALL_TIMEOUT)
        api: Api = self._local.api
        return api
