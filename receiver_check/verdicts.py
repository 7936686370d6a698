"""The results of a run: the exchanges, verdict and observation of each probe, and the whole report."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

EFFECTS = "effects-"
"""The beginning of the ids of the probes that count the work."""


class Verdict(StrEnum):
    """The verdict of a probe.

    A warning works today and causes trouble later; a remark is legal and worth knowing. Both fail only a strict run.
    """

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    REMARK = "remark"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """Why a probe was skipped, or its finding is not a new one."""

    NONE = ""
    LEFT_OUT = "left_out"
    NOT_REACHABLE = "not_reachable"
    STOPPED = "receiver_stopped"
    NOTHING_ACCEPTED = "nothing_accepted"
    TIME_OVER = "time_over"
    NO_EFFECTS = "no_effects"
    NOT_APPLICABLE = "not_applicable"
    SAME_CAUSE = "same_cause"


@dataclass(frozen=True)
class Sentence:
    """A translatable template and the values to insert into it."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values


@dataclass(frozen=True)
class Message:
    """The exact bytes of a request: header lines in order, without Host and Content-Length."""

    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """A response: a status, or the fault that prevented one."""

    status: int | None
    seconds: float
    fault: Sentence | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __str__(self) -> str:
        return str(self.fault) if self.fault else str(self.status)


@dataclass(frozen=True)
class Exchange:
    """A request and its response. `label` describes how the request differs from an ordinary one."""

    label: str
    message: Message
    answer: Answer


@dataclass(frozen=True)
class Judgement:
    """A probe's verdict and observation."""

    verdict: Verdict
    seen: Sentence
    fix: str = ""
    """Advice for what was seen, in place of the probe's own."""
    reason: Reason = Reason.NONE
    cause: str = ""
    """Findings with the same cause are one mistake, which is explained once."""


@dataclass(frozen=True)
class Result:
    """A probe's result, or the reason why it did not run."""

    id: str
    title: Sentence
    sent: str
    why: str
    fix: str
    verdict: Verdict
    seen: Sentence
    seconds: float = 0.0
    requests: int = 0
    exchanges: tuple[Exchange, ...] = ()
    """At most a few requests, failed ones first."""
    allowed: bool = False
    """Whether its failure is tolerated by the run."""
    reason: Reason = Reason.NONE
    strict: bool = False
    """Whether a warning or a remark fails the run, too."""

    @property
    def fails(self) -> bool:
        bad = self.verdict is Verdict.FAILED or (self.strict and self.is_notable)
        return bad and not self.allowed

    @property
    def is_notable(self) -> bool:
        return self.verdict in (Verdict.WARNING, Verdict.REMARK)


def sees_effects(results: Iterable[Result]) -> bool:
    """Whether a probe that counts the work was run."""
    return any(result.id.startswith(EFFECTS) and result.verdict is not Verdict.SKIPPED for result in results)


@dataclass(frozen=True)
class Report:
    """The report of a run."""

    url: str
    seed: str
    started: datetime
    seconds: float
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether no probe failed except allowed ones, at least one was run, and the time sufficed for all."""
        tried = any(result.verdict is not Verdict.SKIPPED for result in self.results)
        return tried and self.is_complete and not any(result.fails for result in self.results)

    @property
    def is_complete(self) -> bool:
        """Whether no probe was skipped because the time limit was over."""
        return not any(result.reason is Reason.TIME_OVER for result in self.results)

    @property
    def sees_effects(self) -> bool:
        """Whether it was counted how often the work of an event was done."""
        return sees_effects(self.results)

    @property
    def counts(self) -> dict[str, int]:
        """The number of results by verdict."""
        counted = Counter(result.verdict for result in self.results)
        return {verdict.value: counted[verdict] for verdict in Verdict}

    @property
    def requests(self) -> int:
        return sum(result.requests for result in self.results)
