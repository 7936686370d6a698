"""The results of a check in the viewer's language, the most severe first."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from receiver_check.as_json import shown
from receiver_check.translated import result_in
from receiver_check.verdicts import Exchange, Result, Verdict
from webhooks.models import Check

Words = str | Promise
EXCHANGES_SHOWN = 2
"""Requests shown for a probe that did not pass, on the page of the check."""

VERDICTS: dict[Verdict, tuple[Words, str]] = {
    Verdict.PASSED: (_("Passed"), "good"),
    Verdict.FAILED: (_("Failed"), "bad"),
    Verdict.WARNING: (_("Warning"), "warn"),
    Verdict.REMARK: (_("Remark"), "idle"),
    Verdict.SKIPPED: (_("Not run"), "idle"),
}
"""Each with the colour of its pill."""

STATES: dict[str, tuple[Words, str]] = {
    Check.Status.QUEUED: (_("Waiting"), "idle"),
    Check.Status.RUNNING: (_("Under way"), "warn"),
    Check.Status.BROKEN: (_("Broken off"), "bad"),
}


class Shown(NamedTuple):
    """A probe's result as a page shows it."""

    result: Result
    word: Words
    tone: str
    exchanges: list["ShownExchange"]
    more: int
    """Stored requests that are not shown here."""


class ShownExchange(NamedTuple):
    exchange: Exchange
    sent: str
    came: str

    @property
    def milliseconds(self) -> float:
        return self.exchange.answer.seconds * 1000


class Section(NamedTuple):
    """Results of a kind; `is_grave` ones are shown in full."""

    title: Words
    is_grave: bool
    results: list[Shown]


class State(NamedTuple):
    word: Words
    tone: str


SECTIONS: tuple[tuple[Words, bool, Callable[[Result], bool]], ...] = (
    (_("To fix"), True, lambda result: result.fails),
    (_("To look at"), True, lambda result: result.verdict is Verdict.WARNING),
    (_("Good to know"), False, lambda result: result.verdict is Verdict.REMARK),
    (_("Allowed to fail"), False, lambda result: result.verdict is Verdict.FAILED and result.allowed),
    (_("Passed"), False, lambda result: result.verdict is Verdict.PASSED),
    (_("Not run"), False, lambda result: result.verdict is Verdict.SKIPPED),
)


def sections(results: Sequence[Result]) -> list[Section]:
    """The results by kind, failures first, without empty kinds."""
    found = [
        Section(title, is_grave, [show(each, EXCHANGES_SHOWN if is_grave else 0) for each in results if belongs(each)])
        for title, is_grave, belongs in SECTIONS
    ]
    return [section for section in found if section.results]


def show(result: Result, exchanges: int | None = None) -> Shown:
    """A translated result with at most `exchanges` of its requests."""
    translated = result_in(result, gettext)
    word, tone = VERDICTS[translated.verdict]
    kept = translated.exchanges if exchanges is None else translated.exchanges[:exchanges]
    return Shown(translated, word, tone, [_exchange(each) for each in kept], len(translated.exchanges) - len(kept))


def state_of(check: Check) -> State:
    """The state of a check as a label and a colour."""
    if check.status == Check.Status.DONE:
        return State(_("Passed"), "good") if check.passed else State(_("Failed"), "bad")
    return State(*STATES[check.status])


def _exchange(exchange: Exchange) -> ShownExchange:
    message, answer = exchange.message, exchange.answer
    return ShownExchange(
        exchange,
        _text(message.headers, shown(message.body)),
        _text(answer.headers, shown(answer.body)) if answer.status is not None else "",
    )


def _text(headers: Sequence[tuple[str, str]], body: str) -> str:
    lines = "\n".join(f"{name}: {value}" for name, value in headers)
    return f"{lines}\n\n{body}".strip()
