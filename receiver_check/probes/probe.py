"""What a probe is."""

from collections.abc import Callable
from dataclasses import dataclass

from receiver_check.trial import Trial
from receiver_check.verdicts import Judgement, Sentence, Verdict


@dataclass(frozen=True)
class Probe:
    """One thing to find out about a receiver: what is sent, why it matters, how to mend it."""

    id: str
    title: str
    sent: str
    why: str
    fix: str
    run: Callable[[Trial], Judgement]
    topic: str | None = None
    """The only event type it is about; its title is put into the texts."""
    needs_accepted: bool = True
    """Whether it tells something only of a receiver that accepts an ordinary event."""


def skipped(reason: str) -> Judgement:
    return Judgement(Verdict.SKIPPED, Sentence(reason))
