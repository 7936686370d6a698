"""The result of an attempt, its cause and what to try, in the viewer's language."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from console.deliveries.explained_answers import explain_answer, took
from console.deliveries.explained_errors import explain_error
from maac_contract import contract
from maac_contract.fault_kinds import FaultKind
from webhooks.engine.job import Reason
from webhooks.models import Attempt, Endpoint

BROKEN_OFF = (FaultKind.DROP_MID_BODY, FaultKind.LOST_ANSWER)
"""Injected faults that prevent an answer; the receiver is not the cause."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, why, and what to try. `detail` is the engine's error text, in English."""

    tone: str
    headline: str
    why: str
    advice: tuple[str, ...] = ()
    detail: str = ""


def explain_attempt(attempt: Attempt, endpoint: Endpoint) -> Explanation:
    if attempt.reason == Reason.OK:
        return _accepted(attempt)
    if attempt.fault in BROKEN_OFF and attempt.reason == Reason.CONNECTION_LOST:
        return Explanation(
            "warn", _("Broken off by an injected fault"), _("It says nothing about the receiver."), (), attempt.detail
        )
    if attempt.reason == Reason.ERROR_STATUS_CODE:
        headline, why, advice = explain_answer(attempt, endpoint)
    else:
        headline, why, advice = explain_error(attempt, endpoint)
    return Explanation("bad", headline, why, advice, attempt.detail)


def _accepted(attempt: Attempt) -> Explanation:
    headline = took(attempt)
    if attempt.status_code == contract.SUCCESS_STATUS:
        return Explanation("good", headline, _("The receiver took the event."), (), attempt.detail)
    why = _("The receiver took the event, but MAAC asks for %(status)s.") % {"status": contract.SUCCESS_STATUS}
    advice = _("Answer with %(status)s, so that nothing depends on how other statuses are read.")
    return Explanation("warn", headline, why, (advice % {"status": contract.SUCCESS_STATUS},), attempt.detail)
