"""The results of a run: the exchanges, verdict and observation of each probe, and the whole report."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from maac_contract.sentences import gettext_noop


class Verdict(StrEnum):
    """The verdict of a probe."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"


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

    @property
    def fails(self) -> bool:
        return self.verdict is Verdict.FAILED and not self.allowed


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
        """Whether no probe failed except allowed ones, and at least one was run."""
        tried = any(result.verdict is not Verdict.SKIPPED for result in self.results)
        return tried and not any(result.fails for result in self.results)

    @property
    def counts(self) -> dict[str, int]:
        """The number of results by verdict."""
        counted = Counter(result.verdict for result in self.results)
        return {verdict.value: counted[verdict] for verdict in Verdict}

    @property
    def requests(self) -> int:
        return sum(result.requests for result in self.results)


# --- Judging answers -------------------------------------------------------------------------------------------------

ALL_200 = gettext_noop("Answered with 200.")
NOT_200 = gettext_noop("Answered with %(answer)s in place of 200.")
NOT_ALL_200 = gettext_noop("%(failed)s of %(total)s were not answered with 200; the first of them got: %(answer)s")
REDIRECTED = gettext_noop("Answered with the redirect %(answer)s, which MAAC never follows. Only 200 is success.")
OTHER_SUCCESS = gettext_noop("Answered with %(answer)s. Only 200 is success for MAAC.")
NO_ANSWER = gettext_noop("There was no answer: %(answer)s")
REFUSED = gettext_noop("Refused with %(answer)s.")
TAKEN = gettext_noop("Accepted with %(answer)s, although it must be refused.")
REFUSED_BADLY = gettext_noop(
    "Not accepted, but %(answer)s is no clear refusal: MAAC would send it again, or call it broken."
)


def accepted(*answers: Answer) -> Judgement:
    """Passed if every response is 200."""
    bad = [answer for answer in answers if answer.status != 200]
    if not bad:
        return Judgement(Verdict.PASSED, Sentence(ALL_200))
    if len(answers) > 1:
        values = {"failed": len(bad), "total": len(answers), "answer": bad[0]}
        return Judgement(Verdict.FAILED, Sentence(NOT_ALL_200, values))
    return Judgement(Verdict.FAILED, Sentence(_why_not_200(bad[0]), {"answer": bad[0]}))


def refused(answer: Answer) -> Judgement:
    """Passed if the response is a client error status."""
    status = answer.status or 0
    values = {"answer": answer}
    if 200 <= status < 300:
        return Judgement(Verdict.FAILED, Sentence(TAKEN, values))
    if 400 <= status < 500 and status not in (408, 429):
        return Judgement(Verdict.PASSED, Sentence(REFUSED, values))
    return Judgement(Verdict.WARNING, Sentence(REFUSED_BADLY, values))


def _why_not_200(answer: Answer) -> str:
    match answer.status:
        case None:
            return NO_ANSWER
        case status if 200 <= status < 300:
            return OTHER_SUCCESS
        case status if 300 <= status < 400:
            return REDIRECTED
    return NOT_200
