"""A client for tests: a sandbox with its endpoints, events and deliveries, over REST.

with sandbox("http://127.0.0.1:8622", token, name="test_points") as maac_sim:
    endpoint = maac_sim.endpoint(url, events=["receipt.receipt_validated"])
    maac_sim.trigger("receipt.receipt_validated", {"customer_id": "M-1"}).delivered()

The pytest fixture `maac_sim` is such a sandbox; other test runners call `sandbox` directly. It needs neither Django nor
a database.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from maac_sim.commands.connection import Simulator

RETRY_WAITS = (0.01, 0.02, 0.04)
"""Seconds before each retry in a test: four attempts take a tenth of a second."""
ENDPOINT_LIMIT = 100
WAIT_SECONDS = 10.0
LOOK_EVERY = 0.02
ANSWER_SHOWN = 300

Json = dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """An event's delivery to one endpoint, as of the request that fetched it."""

    id: int
    event: int
    endpoint: int
    topic: str
    status: str
    """pending, delivered, failed or skipped."""
    reason: str
    status_code: int | None
    attempt_count: int
    idempotency_key: str
    is_test: bool
    _api: Simulator = field(repr=False, compare=False)

    @property
    def attempts(self) -> list[Json]:
        """All attempts, oldest first: request, response and duration."""
        story: list[Json] = self._api.get(f"/deliveries/{self.id}/")["attempts"]
        return story

    def redeliver(self, *, new_key: bool = False) -> "Delivery":
        """Send it again: the same body, under the same key or as a new delivery."""
        return _delivery(self._api, self._api.post(f"/deliveries/{self.id}/redeliver/", {"new_key": new_key}))

    def story(self) -> str:
        """A readable summary of its attempts."""
        lines = [f"delivery {self.id} of {self.topic} to endpoint {self.endpoint}: {self.status}, {self.reason}"]
        for attempt in self.attempts:
            answer = (attempt["response"] or {}).get("body", "").strip()[:ANSWER_SHOWN]
            came = attempt["status_code"] or attempt["reason"]
            lines.append(
                f"  attempt {attempt['number']}: {came} in {attempt['duration_ms']:.0f} ms. {attempt['detail']}"
            )
            lines += [f"    {line}" for line in answer.splitlines()]
        return "\n".join(lines)


class Faults:
    """The injected faults of an endpoint."""

    def __init__(self, api: Simulator, endpoint: int) -> None:
        self._api = api
        self._path = f"/endpoints/{endpoint}/faults/"

    def add(self, kind: str, **options: Any) -> Json:
        """Inject a fault: `add("wrong_signature", attempt=2)`; takes any field of POST /endpoints/{id}/faults/."""
        made: Json = self._api.post(self._path, {"kind": kind, **options})
        return made

    def __iter__(self) -> Iterator[Json]:
        return self._api.pages(self._path)

    def clear(self) -> None:
        self._api.delete(self._path)


class Endpoint:
    """A webhook endpoint. `secret` is the current share secret."""

    def __init__(self, api: Simulator, row: Mapping[str, Any]) -> None:
        self._api = api
        self.id: int = row["id"]
        self.name: str = row["name"]
        self.url: str = row["url"]
        self.secret: str = row["share_secret"]
        self.faults = Faults(api, self.id)

    @property
    def deliveries(self) -> list[Delivery]:
        """Its deliveries, oldest first."""
        return _deliveries(self._api, endpoint=self.id)

    def pause(self) -> None:
        self._api.post(f"/endpoints/{self.id}/pause/")

    def resume(self) -> None:
        self._api.post(f"/endpoints/{self.id}/resume/")

    def rotate(self) -> str:
        """Replace its share secret."""
        self.secret = self._api.post(f"/endpoints/{self.id}/secret/rotate/")["share_secret"]
        return self.secret

    def edit(self, **changes: Any) -> None:
        """Change its name, url, event_types or options."""
        row = self._api.patch(f"/endpoints/{self.id}/", changes)
        self.name, self.url = row["name"], row["url"]

    def delete(self) -> None:
        self._api.delete(f"/endpoints/{self.id}/")

    def test(self, topic: str, **fields: Any) -> Json:
        """Send a test event now; returns its result: success, status_code, request, response."""
        answer: Json = self._api.post(f"/endpoints/{self.id}/test/", {"event_type": topic, **fields})
        return answer


class Event:
    """A published event."""

    def __init__(self, api: Simulator, row: Mapping[str, Any]) -> None:
        self._api = api
        self.id: int = row["id"]
        self.topic: str = row["topic"]
        self.body: bytes = row["body"].encode()
        """The exact body of every delivery."""
        self.not_reached: list[Json] = row["not_reached"]

    @property
    def deliveries(self) -> list[Delivery]:
        return _deliveries(self._api, event=self.id)

    def wait(self, timeout: float = WAIT_SECONDS) -> list[Delivery]:
        """Its deliveries once all have ended. AssertionError after the timeout."""
        ended = self._api.wait_for_event(self.id, timeout)
        found = self.deliveries
        if not ended["done"]:
            raise _unlike(f"event {self.id} was still on its way after {timeout:g} s", found)
        return found

    def delivered(self, timeout: float = WAIT_SECONDS) -> list[Delivery]:
        """Its deliveries; AssertionError unless there are any and all were delivered."""
        found = self.wait(timeout)
        if not found:
            why = "; ".join(f"{row['name']}: {row['detail']}" for row in self.not_reached)
            raise AssertionError(f"{self.topic} went to nobody. {why or 'There is no endpoint.'}")
        if any(each.status != "delivered" for each in found):
            raise _unlike(f"event {self.id} did not arrive everywhere", found)
        return found


class Sandbox:
    """An account isolated from all others."""

    def __init__(self, url: str, row: Mapping[str, Any]) -> None:
        self.id: int = row["id"]
        self.url = url
        self.token: str = row["token"]
        self.api = Simulator(url, self.token)
        """Any request to the REST API: `api.post("/modules/contacts/", {...})`."""

    def endpoint(
        self, url: str, events: Sequence[str] | None = None, name: str = "Receiver", **options: Any
    ) -> Endpoint:
        """Create a running endpoint for these event types; by default all. Options are those of POST /endpoints/."""
        topics = events or [row["topic"] for row in self.api.get("/event-types/")]
        fields = {"name": name, "url": url, "event_types": list(topics), **options}
        return Endpoint(self.api, self.api.post("/endpoints/", fields))

    def trigger(
        self, topic: str, data: Mapping[str, Any] | None = None, *, seed: int | str | None = None, **fields: Any
    ) -> Event:
        """Publish an event: a sample merged with `data`, or with `merge=False` only `data`."""
        body: Json = {"topic": topic, **fields}
        if data is not None:
            body |= {"data": dict(data), "merge": fields.get("merge", True)}
        if seed is not None:
            body["seed"] = seed
        return Event(self.api, self.api.post("/events/", body))

    @property
    def deliveries(self) -> list[Delivery]:
        """All deliveries, oldest first."""
        return _deliveries(self.api)

    def wait(self, timeout: float = WAIT_SECONDS, **expected: int) -> list[Delivery]:
        """Wait until nothing is under way and so many ended so: `wait(delivered=2, failed=1)`.

        AssertionError with what became of each delivery when it does not come to that.
        """
        end = time.monotonic() + timeout
        while True:
            found = self.deliveries
            counts = Counter(each.status for each in found)
            if not counts["pending"] and all(counts[status] == number for status, number in expected.items()):
                return found
            if time.monotonic() > end or any(counts[status] > number for status, number in expected.items()):
                wanted = ", ".join(f"{number} {status}" for status, number in expected.items()) or "all to end"
                raise _unlike(f"waited for {wanted}; it came to {dict(counts) or 'nothing'}", found)
            time.sleep(LOOK_EVERY)

    def story(self) -> str:
        """A readable summary of all deliveries."""
        return "\n".join(each.story() for each in self.deliveries) or "nothing was sent"

    def close(self) -> None:
        """Delete it with everything in it."""
        self.api.delete(f"/accounts/{self.id}/")
        self.api.close()


@contextmanager
def sandbox(url: str, token: str = "", **fields: Any) -> Iterator[Sandbox]:
    """A sandbox of the simulator at this URL within the block. Fields are those of POST /accounts/."""
    parent = Simulator(url, token)
    wanted = {"endpoint_limit": ENDPOINT_LIMIT, "retry_waits": list(RETRY_WAITS), **fields}
    try:
        made = Sandbox(url, parent.post("/accounts/", wanted))
    finally:
        parent.close()
    try:
        yield made
    finally:
        made.close()


def _deliveries(api: Simulator, **filters: Any) -> list[Delivery]:
    return [_delivery(api, row) for row in api.pages("/deliveries/", limit=500, **filters)][::-1]


def _delivery(api: Simulator, row: Mapping[str, Any]) -> Delivery:
    names = (
        "id", "event", "endpoint", "topic", "status", "reason", "status_code", "attempt_count", "idempotency_key",
        "is_test",
    )  # fmt: skip
    return Delivery(**{name: row[name] for name in names}, _api=api)


def _unlike(what: str, found: Sequence[Delivery]) -> AssertionError:
    return AssertionError("\n".join([what, *(each.story() for each in found)]))
