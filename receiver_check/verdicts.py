"""What a run reports: the exchanges of each probe, its verdict and what was seen, and all of them together."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from maac_contract.sentences import gettext_noop


class Verdict(StrEnum):
    """How a probe ended."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Sentence:
    """A sentence for people: a text that can be translated, and the values to put in afterwards."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values


@dataclass(frozen=True)
class Message:
    """A request to the byte: its header lines in order, but for Host and Content-Length."""

    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or the fault that kept it from coming."""

    status: int | None
    seconds: float
    fault: Sentence | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __str__(self) -> str:
        return str(self.fault) if self.fault else str(self.status)


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. `label` tells how the request differs from an ordinary one."""

    label: str
    message: Message
    answer: Answer


@dataclass(frozen=True)
class Judgement:
    """A probe's verdict, and what was seen."""

    verdict: Verdict
    seen: Sentence


@dataclass(frozen=True)
class Result:
    """A probe that was run, or why it was not."""

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
    """Of many requests only some, the bad ones first."""
    allowed: bool = False
    """Its failure does not fail the run."""

    @property
    def fails(self) -> bool:
        return self.verdict is Verdict.FAILED and not self.allowed


@dataclass(frozen=True)
class Report:
    """A whole run."""

    url: str
    seed: str
    started: datetime
    seconds: float
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed but what may fail, and something was tried at all."""
        tried = any(result.verdict is not Verdict.SKIPPED for result in self.results)
        return tried and not any(result.fails for result in self.results)

    @property
    def counts(self) -> dict[str, int]:
        """How many ended how."""
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
    """Passed if every one was answered with 200."""
    bad = [answer for answer in answers if answer.status != 200]
    if not bad:
        return Judgement(Verdict.PASSED, Sentence(ALL_200))
    if len(answers) > 1:
        values = {"failed": len(bad), "total": len(answers), "answer": bad[0]}
        return Judgement(Verdict.FAILED, Sentence(NOT_ALL_200, values))
    return Judgement(Verdict.FAILED, Sentence(_why_not_200(bad[0]), {"answer": bad[0]}))


def refused(answer: Answer) -> Judgement:
    """Passed if it was answered with a status that says the sender is at fault."""
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
