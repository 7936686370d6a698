"""Judges answers: what must be accepted, what must be refused, and the advice that fits the answer that was seen."""

from collections.abc import Sequence

from maac_contract import contract
from maac_contract.sentences import gettext_noop
from receiver_check.sender import CLOSED, NOT_HTTP, REFUSED, TLS_FAILED, TOO_LATE
from receiver_check.verdicts import Answer, Exchange, Judgement, Sentence, Verdict

ALL_200 = gettext_noop("Answered with 200.")
NOT_200 = gettext_noop("Answered with %(answer)s in place of 200.")
ONE_OF = gettext_noop("%(failed)s of %(total)s failed. The first, %(label)s: %(seen)s")
REDIRECTED = gettext_noop("Answered with the redirect %(answer)s to %(location)s, which MAAC never follows.")
OTHER_SUCCESS = gettext_noop("Answered with %(answer)s. MAAC asks for 200.")
NO_ANSWER = gettext_noop("There was no answer: %(answer)s.")

REFUSED_WELL = gettext_noop("Refused with %(answer)s.")
REFUSED_FOR_NOW = gettext_noop("Answered with 503, so that it is sent again: right while the secret is changed.")
TAKEN = gettext_noop("Accepted with %(answer)s, although it must be refused.")
CRASHED = gettext_noop("Answered with %(answer)s in place of 401: the receiver failed instead of refusing it.")
ASKED_AGAIN = gettext_noop("Answered with %(answer)s in place of 401, which makes MAAC send it three times more.")
SENT_ELSEWHERE = gettext_noop("Answered with the redirect %(answer)s in place of 401.")
NOT_ANSWERED = gettext_noop("Not refused with 401; there was no answer: %(answer)s.")

FIX_CRASH = gettext_noop(
    "Find the exception in the receiver's log. Refuse first, with 401, and parse, look up and store only afterwards; "
    "a missing, empty or odd header is no reason to fail."
)
FIX_ASKED_AGAIN = gettext_noop(
    "Answer 401. Only while a share secret is being changed is 503 right for a wrong signature; check that with "
    "--rotating."
)
FIX_SENT_ELSEWHERE = gettext_noop(
    "Take the webhook's path out of the login, language or HTTPS redirect, and answer 401."
)
FIX_NO_REFUSAL = gettext_noop(
    "Answer 401 in place of closing the connection or waiting: without an answer MAAC sends the event three times more."
)

FIX_BY_STATUS = {
    400: gettext_noop(
        "The receiver refuses a valid event as invalid. Find the field in its log; fields may be null, empty or "
        "unknown."
    ),
    401: gettext_noop(
        "Compute the signature over the raw bytes of the body, with exactly this secret. "
        "`maac-sim explain` names the mistake when the signature does not match."
    ),
    403: gettext_noop(
        "Something in front of the handler forbids the request: often the framework's CSRF protection (exempt the "
        "webhook's path), a firewall or an IP filter. If it is the handler itself, the secret or signature is wrong."
    ),
    404: gettext_noop(
        "Nothing is served at this path. Compare it with the receiver's route, the final slash included."
    ),
    405: gettext_noop("This path does not take POST. Register the handler for POST, or correct the path."),
    411: gettext_noop("The server or proxy wants another form of request body; MAAC sends Content-Length."),
    413: gettext_noop("Raise the body limit of the framework and of the proxy in front to 1 MB or more."),
    415: gettext_noop(
        "The receiver does not take the media type `application/json; charset=utf-8`. Accept it with its charset, and "
        "read the raw body."
    ),
    422: gettext_noop(
        "The framework validates the body against a model and refuses it. Read the raw body first, verify it, and "
        "accept null, unknown and empty values."
    ),
    429: gettext_noop(
        "Take the webhook's path out of the rate limit: a campaign sends thousands of events in a minute."
    ),
}
FIX_REDIRECT = gettext_noop(
    "Give MAAC the final URL: the one in the Location header. The usual causes are a missing final slash, HTTP in "
    "place of HTTPS, and a login page in front of the handler."
)
FIX_2XX = gettext_noop("Answer exactly 200: it is the only status that MAAC documents as success.")
FIX_GATEWAY = gettext_noop("The proxy in front did not get an answer from the application: see whether it runs.")
FIX_SERVER_ERROR = gettext_noop("The receiver failed at an ordinary event: find the exception in its log.")
FIX_OTHER = gettext_noop("Answer 200 to every rightly signed event at once, and do slow work afterwards.")
FIX_BY_FAULT = {
    TOO_LATE: gettext_noop("Store the event, answer 200 at once, and do the work in a queue: MAAC waits 10 seconds."),
    CLOSED: gettext_noop(
        "The connection ended before the answer was complete: the process or its thread died, or Content-Length is "
        "larger than the body. Look into the receiver's log."
    ),
    NOT_HTTP: gettext_noop("The port speaks no HTTP. Compare port and scheme (http, https) with the receiver's."),
    REFUSED: gettext_noop("Nothing listens any more: the receiver's process ended. Its log has the reason."),
    TLS_FAILED: gettext_noop("Install a certificate that covers this host name, with its whole chain."),
}
NOT_REFUSED = "not refused"
"""The beginning of the cause of what was not refused; it is one for all probes only if every wrong signature has it."""
GATEWAY = (502, 504)
OF_THE_WHOLE_RECEIVER = (401, 403, 404, 405, 411, 415)
"""Statuses of a rightly signed event which have one cause, whichever event it was."""


def accepted(*exchanges: Exchange, any_2xx: bool = True, ordinary: bool = False) -> Judgement:
    """Passed if every answer is 200; another 2xx is a warning where the delivery engine accepts it, too.

    `ordinary`: the events have nothing special, so that the advice follows from the answer alone.
    """
    return _worst([(each, _accepted(each.answer, any_2xx, ordinary)) for each in exchanges])


def refused(*exchanges: Exchange, rotating: bool = False) -> Judgement:
    """Passed if every answer is a client error that MAAC does not retry. `rotating`: 503 is right as well."""
    return _worst([(each, _refused(each.answer, rotating)) for each in exchanges])


def is_accepted(answer: Answer, any_2xx: bool = True) -> bool:
    return answer.status is not None and contract.is_accepted_status(answer.status, any_2xx=any_2xx)


def _worst(judged: Sequence[tuple[Exchange, Judgement]]) -> Judgement:
    """The most severe, with how many were not passed and which was the first."""
    for verdict in (Verdict.FAILED, Verdict.WARNING, Verdict.REMARK):
        found = [(exchange, judgement) for exchange, judgement in judged if judgement.verdict is verdict]
        if found and len(judged) > 1:
            exchange, first = found[0]
            values = {"failed": len(found), "total": len(judged), "label": Sentence(exchange.label), "seen": first.seen}
            return Judgement(verdict, Sentence(ONE_OF, values), first.fix, cause=first.cause)
        if found:
            return found[0][1]
    return judged[0][1]


def _accepted(answer: Answer, any_2xx: bool, ordinary: bool) -> Judgement:
    status, values = answer.status, {"answer": answer}
    if status == contract.SUCCESS_STATUS:
        return Judgement(Verdict.PASSED, Sentence(ALL_200))
    if status is None:
        fault = answer.fault.text if answer.fault else ""
        cause = "" if fault == CLOSED and not ordinary else fault
        return Judgement(Verdict.FAILED, Sentence(NO_ANSWER, values), FIX_BY_FAULT.get(fault, ""), cause=cause)
    if 200 <= status < 300:
        verdict = Verdict.WARNING if contract.is_accepted_status(status, any_2xx=any_2xx) else Verdict.FAILED
        return Judgement(verdict, Sentence(OTHER_SUCCESS, values), FIX_2XX, cause="2xx")
    if 300 <= status < 400:
        location = next((value for name, value in answer.headers if name.lower() == "location"), "–")
        seen = Sentence(REDIRECTED, {**values, "location": location})
        return Judgement(Verdict.FAILED, seen, FIX_REDIRECT, cause="redirect")
    fix = _fix_of(status) if ordinary else ""
    cause = f"status {status}" if ordinary or status in OF_THE_WHOLE_RECEIVER else ""
    return Judgement(Verdict.FAILED, Sentence(NOT_200, values), fix, cause=cause)


def _fix_of(status: int) -> str:
    if status in FIX_BY_STATUS:
        return FIX_BY_STATUS[status]
    if status in GATEWAY:
        return FIX_GATEWAY
    return FIX_SERVER_ERROR if status >= 500 else FIX_OTHER


def _refused(answer: Answer, rotating: bool) -> Judgement:
    status = answer.status
    if status == 503 and rotating:
        return Judgement(Verdict.PASSED, Sentence(REFUSED_FOR_NOW))
    text, fix = _not_refused(status)
    if not text:
        return Judgement(Verdict.PASSED, Sentence(REFUSED_WELL, {"answer": answer}))
    return Judgement(Verdict.FAILED, Sentence(text, {"answer": answer}), fix, cause=f"{NOT_REFUSED} {status}")


def _not_refused(status: int | None) -> tuple[str, str]:
    """What is wrong with this answer to a request that must be refused, and how to fix it; empty if nothing."""
    if status is None:
        return NOT_ANSWERED, FIX_NO_REFUSAL
    if 200 <= status < 300:
        return TAKEN, ""
    if 300 <= status < 400:
        return SENT_ELSEWHERE, FIX_SENT_ELSEWHERE
    if status in (408, 429, 503):
        return ASKED_AGAIN, FIX_ASKED_AGAIN
    return (CRASHED, FIX_CRASH) if status >= 500 else ("", "")
