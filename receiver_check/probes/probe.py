"""The Probe type."""

from collections.abc import Callable
from dataclasses import dataclass

from receiver_check.trial import Trial
from receiver_check.verdicts import Judgement, Reason, Sentence, Verdict


@dataclass(frozen=True)
class Probe:
    """A check of a receiver: what is sent, why it matters and how to fix a failure."""

    id: str
    title: str
    sent: str
    why: str
    fix: str
    run: Callable[[Trial], Judgement]
    topic: str | None = None
    """The event type that it concerns, if only one; its title is inserted into the texts."""
    needs_accepted: bool = True
    """Whether it is meaningful only for a receiver that accepts an ordinary event."""


def skipped(reason: str) -> Judgement:
    return Judgement(Verdict.SKIPPED, Sentence(reason), reason=Reason.NOT_APPLICABLE)
