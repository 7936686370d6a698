"""Checks receivers of the suite, several at a time, and says which probe found what."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from receiver_check.run import Options, Progress, check
from receiver_check.verdicts import Report, Result, Verdict
from tests.receiver_check.mutants.planted import Mutant
from tests.receiver_check.mutants.running import PREVIOUS, SECRET, Receiver

AT_ONCE = 8
OPTIONS = Options(previous_secret=PREVIOUS, timeout=5, other_keys=1050)


class Found(Exception):
    """A probe failed, which suffices."""


@dataclass(frozen=True)
class Outcome:
    """The first probe that failed, or else the first that warned, if any."""

    mutant: Mutant
    failed: Result | None
    warned: Result | None

    @property
    def by(self) -> Result | None:
        return self.failed or self.warned


def measured(receivers: Iterable[Receiver], options: Options = OPTIONS) -> list[Outcome]:
    """Each receiver's outcome; a check ends with the first probe that fails."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda each: outcome(each, options), receivers))


def outcome(receiver: Receiver, options: Options = OPTIONS) -> Outcome:
    results: list[Result] = []

    def progress(result: Result, done: int, total: int) -> None:
        results.append(result)
        if result.verdict is Verdict.FAILED:
            raise Found

    with suppress(Found):
        check_whole(receiver, options, progress)
    first = {verdict: next((each for each in results if each.verdict is verdict), None) for verdict in Verdict}
    return Outcome(receiver.mutant, first[Verdict.FAILED], first[Verdict.WARNING])


def check_whole(receiver: Receiver, options: Options = OPTIONS, progress: Progress | None = None) -> Report:
    counted = replace(options, effects=receiver.effects)
    return check(receiver.url, SECRET, now=datetime.now(UTC), options=counted, progress=progress)


def finds(receiver: Receiver, probe: str) -> bool:
    """Whether this probe alone fails or warns."""
    report = check_whole(receiver, replace(OPTIONS, only=(probe,)))
    return any(each.id == probe and each.verdict in (Verdict.FAILED, Verdict.WARNING) for each in report.results)
