"""A scenario's results: the same keys for every scenario, as JSON or as text."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

_STARTED = time.monotonic()


@dataclass(kw_only=True)
class Figures:
    """The result of one run; None where a scenario has no such figure.

    Rates are per second, `latency_ms` in milliseconds, `cpu_us_per_delivery` in microseconds of processor time for
    one delivery by the part that spent it, `memory_mb` the largest resident memory of any one process of a part.
    `failures` are sentences; a run with one is a failed run. `more` holds what only this scenario has.
    """

    scenario: str
    deliveries: int
    seed: int
    workers: int
    receiver: str
    deliveries_per_second: float | None = None
    plain_deliveries_per_second: float | None = None
    limit_per_second: float | None = None
    ratio_to_plain: float | None = None
    ratio_to_limit: float | None = None
    lost: int = 0
    duplicates: int = 0
    bad_signatures: int = 0
    latency_ms: dict[str, float] | None = None
    cpu_us_per_delivery: dict[str, float] | None = None
    memory_mb: dict[str, float] | None = None
    failures: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        return not self.failures

    def compare(self, plain: float | None, limit: float | None, mine: float | None = None) -> None:
        """Note the two comparisons and the ratios of our rate (or of `mine`) to them."""
        rate = self.deliveries_per_second if mine is None else mine
        self.plain_deliveries_per_second, self.limit_per_second = rounded(plain), rounded(limit)
        self.ratio_to_plain, self.ratio_to_limit = ratio(rate, plain), ratio(rate, limit)

    def as_json(self) -> str:
        everything = asdict(self)
        more = everything.pop("more")
        return json.dumps({**everything, **more, "ok": self.is_ok}, ensure_ascii=False)

    def as_text(self) -> str:
        """A table of name and value, None left out."""
        everything = {**asdict(self), **self.more}
        shown = [(name, value) for name, value in everything.items() if value is not None and name not in _HIDDEN]
        width = max(len(name) for name, _ in shown)
        lines = [f"{name.replace('_', ' '):<{width}}  {_shown(value)}" for name, value in shown]
        verdict = ["Everything is as promised."] if self.is_ok else [f"FAILED: {text}" for text in self.failures]
        return "\n".join([*lines, *verdict])


_HIDDEN = ("more", "failures")


def say(text: str) -> None:
    """A line of progress, with the seconds since the start, for whoever watches."""
    print(f"[{time.monotonic() - _STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


def ratio(mine: float | None, other: float | None) -> float | None:
    """How many times the other rate ours is."""
    return None if not mine or not other else round(mine / other, 3)


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """p50, p95, p99 and the largest."""
    if not values:
        return None
    ordered = sorted(values)
    places = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[min(len(ordered) - 1, int(len(ordered) * at))], 2) for name, at in places.items()}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)
