"""Probes of a receiver of MAAC's binding callback: the answer, the preset header, duplicates, empty values."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from maac_contract import contract
from maac_contract.binding_callback import (
    CALLBACK_ANSWER,
    CALLBACK_CONTENT_TYPE,
    CONTACT_STATUSES,
    callback_body,
    callback_headers,
    callback_sample,
)
from maac_contract.sentences import gettext_noop
from receiver_check.probes import arrivals, topics
from receiver_check.probes.probe import Probe, skipped
from receiver_check.trial import ORDINARY, Trial
from receiver_check.verdicts import Judgement, Message, Sentence, Verdict

AS_DOCUMENTED = gettext_noop("Answered as MAAC documents it.")
OTHER_TYPE = gettext_noop("The answer's content type is %(type)s; MAAC documents application/json.")
OTHER_BODY = gettext_noop("The answer's body is not {}, the one that MAAC documents.")
NO_PRESET_HEADER = gettext_noop("No preset header is set, so there is none to leave out.")


def accepts(trial: Trial) -> Judgement:
    return trial.accepted(trial.send(_callback(trial)))


def answer(trial: Trial) -> Judgement:
    exchange = trial.send(_callback(trial))
    got = exchange.answer
    if got.status != contract.SUCCESS_STATUS:
        return trial.accepted(exchange)
    kind = next((value for name, value in got.headers if name.lower() == "content-type"), "")
    if kind.partition(";")[0].strip().lower() != CALLBACK_CONTENT_TYPE:
        return Judgement(Verdict.WARNING, Sentence(OTHER_TYPE, {"type": kind or "–"}))
    is_empty_object = b"".join(got.body.split()) == CALLBACK_ANSWER
    return Judgement(
        *(Verdict.PASSED, Sentence(AS_DOCUMENTED)) if is_empty_object else (Verdict.WARNING, Sentence(OTHER_BODY))
    )


def without_header(trial: Trial) -> Judgement:
    if not trial.case.extra_headers:
        return skipped(NO_PRESET_HEADER)
    message = replace(_callback(trial), headers=callback_headers(user_agent=trial.case.user_agent))
    return trial.refused(trial.send(message, gettext_noop("without the preset headers")))


def wrong_header(trial: Trial) -> Judgement:
    if not trial.case.extra_headers:
        return skipped(NO_PRESET_HEADER)
    wrong = tuple((name, trial.hex(32)) for name, _ in trial.case.extra_headers)
    message = replace(_callback(trial), headers=(*callback_headers(user_agent=trial.case.user_agent), *wrong))
    return trial.refused(trial.send(message, gettext_noop("with other values of the preset headers")))


def duplicate(trial: Trial) -> Judgement:
    message = _callback(trial)
    return trial.accepted(trial.send(message), trial.send(message, gettext_noop("the same again")))


def empty_values(trial: Trial) -> Judgement:
    label = gettext_noop("without e-mail address and mobile number")
    return trial.accepted(trial.send(_callback(trial, email="", mobile=""), label))


def statuses(trial: Trial) -> Judgement:
    return trial.accepted(*(trial.send(_callback(trial, status=status), ORDINARY) for status in CONTACT_STATUSES))


def _callback(trial: Trial, **changes: Any) -> Message:
    body = callback_body({**callback_sample(trial.hex(16)), **changes}).encode()
    headers = (*callback_headers(user_agent=trial.case.user_agent), *trial.case.extra_headers)
    return Message(contract.METHOD, headers, body)


def _probe(id: str, run: Callable[[Trial], Judgement], *texts: str) -> Probe:
    title, sent, why, fix = texts
    return Probe(id=id, title=title, sent=sent, why=why, fix=fix, run=run, needs_accepted=False)


PROBES = (
    topics.PROBES[0],
    _probe(
        "callback-accepted",
        accepts,
        gettext_noop("A callback is accepted"),
        gettext_noop("A binding callback with the preset headers."),
        gettext_noop("Without 200 the binding does not reach your system."),
        gettext_noop("Take POST requests with this body at the URL, and answer 200."),
    ),
    _probe(
        "callback-answer",
        answer,
        gettext_noop("The answer is the documented one"),
        gettext_noop("A binding callback with the preset headers."),
        gettext_noop("MAAC documents 200, application/json and {}. What it makes of another answer is not documented."),
        gettext_noop("Answer with the body {} and Content-Type: application/json."),
    ),
    _probe(
        "callback-without-header",
        without_header,
        gettext_noop("A callback without the preset header is refused"),
        gettext_noop("A binding callback without the preset headers."),
        gettext_noop(
            "There is no signature: only the preset header keeps others from binding contacts in your system."
        ),
        gettext_noop("Compare the header with the agreed value first, and answer 401 to everything else."),
    ),
    _probe(
        "callback-wrong-header",
        wrong_header,
        gettext_noop("A callback with a wrong preset header is refused"),
        gettext_noop("A binding callback whose preset headers have other values."),
        gettext_noop(
            "There is no signature: only the preset header keeps others from binding contacts in your system."
        ),
        gettext_noop("Compare the header with the agreed value first, and answer 401 to everything else."),
    ),
    _probe(
        "callback-duplicate",
        duplicate,
        gettext_noop("A repeated callback is accepted"),
        gettext_noop("The same callback twice."),
        gettext_noop("After a lost answer it comes again, and there is no idempotency key."),
        gettext_noop("Store the binding by line_uid, so that the same one twice changes nothing, and answer 200."),
    ),
    _probe(
        "callback-empty-values",
        empty_values,
        gettext_noop("Empty e-mail address and mobile number are accepted"),
        gettext_noop("A callback whose email and mobile are empty texts."),
        gettext_noop("A bind link can be made with the customer id alone."),
        gettext_noop("Require only line_uid and customer_id."),
    ),
    _probe(
        "callback-statuses",
        statuses,
        gettext_noop("Every status of a contact is accepted"),
        gettext_noop("Three callbacks with the status follow, auth and unfollow."),
        gettext_noop("All three are documented."),
        gettext_noop("Store the status as text, and refuse none of the three."),
    ),
    arrivals.PROBES[-1],
)
