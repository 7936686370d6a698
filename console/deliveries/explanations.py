"""The result of an attempt, its cause and what to try, in the viewer's language."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from console.deliveries.explained_answers import Explained, explain_answer, quoted, took
from console.deliveries.explained_errors import explain_error
from maac_contract import contract
from maac_contract.fault_kinds import FaultKind
from webhooks.engine.job import Reason
from webhooks.models import Attempt, Endpoint

BROKEN_OFF = (FaultKind.DROP_MID_BODY, FaultKind.LOST_ANSWER)
"""Injected faults that prevent an answer; the receiver is not the cause."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, why, what it may mean (`guess`, empty without one) and what to try.

    `quote` is the beginning of the answer's body. `detail` is the engine's error text, in English.
    """

    tone: str
    headline: str
    why: str
    advice: tuple[str, ...] = ()
    guess: str = ""
    quote: str = ""
    detail: str = ""


def explain_attempt(attempt: Attempt, endpoint: Endpoint) -> Explanation:
    if attempt.reason == Reason.OK:
        tone, found = _accepted(attempt)
    elif attempt.fault in BROKEN_OFF and attempt.reason == Reason.CONNECTION_LOST:
        why = _("It says nothing about the receiver.")
        tone, found = "warn", Explained(_("Broken off by an injected fault"), why)
    elif attempt.reason == Reason.ERROR_STATUS_CODE:
        tone, found = "bad", explain_answer(attempt, endpoint)
    else:
        tone, found = "bad", explain_error(attempt, endpoint)
    quote = quoted(attempt) if tone == "bad" else ""
    return Explanation(tone, found.headline, found.why, found.advice, found.guess, quote, attempt.detail)


def _accepted(attempt: Attempt) -> tuple[str, Explained]:
    headline = took(attempt)
    if attempt.status_code == contract.SUCCESS_STATUS:
        return "good", Explained(headline, _("The receiver took the event."))
    why = _("The receiver took the event, but MAAC asks for %(status)s.") % {"status": contract.SUCCESS_STATUS}
    advice = _("Answer with %(status)s, so that nothing depends on how other statuses are read.")
    return "warn", Explained(headline, why, (advice % {"status": contract.SUCCESS_STATUS},))
