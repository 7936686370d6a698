"""Probes of delivery: header case, duplicates, retries, delays, reordering and reused connections."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from time import sleep

from maac_contract import contract
from maac_contract.sentences import gettext_noop
from receiver_check.probes.probe import Probe
from receiver_check.trial import HEADER_KEY, HEADER_SIGNATURE, Trial, with_header
from receiver_check.verdicts import Judgement, Message, Sentence, Verdict

SHORT = 0.2
"""Seconds after which the probe disconnects, instead of MAAC's ten."""
COPIES = 10
AGAIN = gettext_noop("the same again, under the same idempotency key")
ANSWERED = gettext_noop("Answered with %(answer)s.")
NO_KEY_BROKEN = gettext_noop("Without an idempotency key it was answered with %(answer)s.")
GET_BROKEN = gettext_noop("A GET was answered with %(answer)s.")


def header_case(trial: Trial) -> Judgement:
    lower, upper = trial.event(), trial.event()
    return trial.accepted(
        trial.send(_renamed(lower, str.lower), gettext_noop("with header names in lower case")),
        trial.send(_renamed(upper, str.upper), gettext_noop("with header names in upper case")),
    )


def _renamed(message: Message, rename: Callable[[str], str]) -> Message:
    return replace(message, headers=tuple((rename(name), value) for name, value in message.headers))


def duplicate(trial: Trial) -> Judgement:
    event = trial.event()
    return trial.accepted(trial.send(event), trial.send(event, AGAIN))


def duplicate_at_once(trial: Trial) -> Judgement:
    return trial.accepted(*trial.send_at_once([trial.event()] * COPIES, gettext_noop("one of ten at the same moment")))


def retry(trial: Trial) -> Judgement:
    event = trial.event()
    trial.abandon(event, SHORT, gettext_noop("the sender leaves before the answer"))
    sleep(contract.RETRY_WAITS[0])
    return trial.accepted(trial.send(event, AGAIN))


def out_of_order(trial: Trial) -> Judgement:
    newer, older = trial.event(), trial.event(ago=timedelta(minutes=2))
    return trial.accepted(trial.send(newer), trial.send(older, gettext_noop("an event from two minutes before")))


def late(trial: Trial) -> Judgement:
    return trial.accepted(trial.send(trial.event(ago=timedelta(days=3)), gettext_noop("an event from three days ago")))


def kept_connection(trial: Trial) -> Judgement:
    good = []
    for signature, label in (
        (trial.hex(64), gettext_noop("with a wrong signature, over the same connection")),
        (None, gettext_noop("without the signature header, over the same connection")),
    ):
        before, _, after = trial.send_over_one_connection(
            [
                (gettext_noop("first over the connection"), trial.event()),
                (label, with_header(trial.event(), HEADER_SIGNATURE, signature)),
                (gettext_noop("after that, over the same connection"), trial.event()),
            ]
        )
        good += [before, after]
    return trial.accepted(*good)


def missing_key(trial: Trial) -> Judgement:
    event = with_header(trial.event(), HEADER_KEY, None)
    answer = trial.send(event, gettext_noop("without the idempotency key")).answer
    is_broken = answer.status is None or answer.status >= 500
    seen = Sentence(NO_KEY_BROKEN if is_broken else ANSWERED, {"answer": answer})
    return Judgement(Verdict.FAILED if is_broken else Verdict.PASSED, seen)


def get(trial: Trial) -> Judgement:
    message = replace(trial.event(), method="GET", headers=(("User-Agent", trial.case.user_agent),), body=b"")
    answer = trial.send(message, gettext_noop("a GET, as a browser or a health check sends it")).answer
    is_broken = answer.status is None or answer.status >= 500
    seen = Sentence(GET_BROKEN if is_broken else ANSWERED, {"answer": answer})
    return Judgement(Verdict.FAILED if is_broken else Verdict.PASSED, seen)


PROBES = (
    Probe(
        id="header-case",
        title=gettext_noop("Header names in any case are accepted"),
        sent=gettext_noop("Two events, their header names in lower and in upper case."),
        why=gettext_noop("Proxies and HTTP/2 rewrite header names in lower case. Their case means nothing."),
        fix=gettext_noop("Read headers with your framework's own function, not from a list of spellings."),
        run=header_case,
    ),
    Probe(
        id="duplicate",
        title=gettext_noop("A duplicate is accepted"),
        sent=gettext_noop("The same event twice, under one idempotency key."),
        why=gettext_noop(
            "After a lost answer the event comes again. Anything but 200 makes it come once more, or fail."
        ),
        fix=gettext_noop(
            "Note the idempotency key with the work in one transaction; for a known key answer 200 at once."
        ),
        run=duplicate,
    ),
    Probe(
        id="duplicate-at-once",
        title=gettext_noop("Duplicates at the same moment are accepted"),
        sent=gettext_noop("The same event ten times at the same moment, under one idempotency key."),
        why=gettext_noop("A slow first attempt and its retry overlap. A conflict answered with 409 ends the delivery."),
        fix=gettext_noop("Let the database decide by a unique key (INSERT … ON CONFLICT DO NOTHING); both answer 200."),
        run=duplicate_at_once,
    ),
    Probe(
        id="retry-after-timeout",
        title=gettext_noop("A retry is accepted after the sender gave up"),
        sent=gettext_noop("An event whose sender leaves before the answer, and the same again after a second."),
        why=gettext_noop("This is how a timeout looks to you. A key that stays locked makes every retry fail."),
        fix=gettext_noop("Finish or roll back when the sender is gone, and never leave a key half done."),
        run=retry,
    ),
    Probe(
        id="out-of-order",
        title=gettext_noop("An older event after a newer one is accepted"),
        sent=gettext_noop("An event, and then one with an earlier time stamp."),
        why=gettext_noop("Retries arrive seconds after newer events. Order is not promised."),
        fix=gettext_noop("Answer 200, and compare time stamps where the order matters to your data."),
        run=out_of_order,
    ),
    Probe(
        id="late",
        title=gettext_noop("An event from days ago is accepted"),
        sent=gettext_noop("A signed event whose time stamp is three days old."),
        why=gettext_noop("Redelivered events keep their time stamp and bytes. MAAC does not sign the time of sending."),
        fix=gettext_noop("Do not refuse by age; the idempotency key protects you from repetition."),
        run=late,
    ),
    Probe(
        id="kept-connection",
        title=gettext_noop("A refusal leaves the connection in order"),
        sent=gettext_noop("Twice three requests over one connection; the second has a wrong signature, or none."),
        why=gettext_noop("Senders keep connections. A body that was not read is taken for the next request."),
        fix=gettext_noop("Read the whole body before you answer, or close the connection with the refusal."),
        run=kept_connection,
    ),
    Probe(
        id="key-missing",
        title=gettext_noop("A missing idempotency key does no harm"),
        sent=gettext_noop("A rightly signed event without the header CrescLab-Idempotency-Key."),
        why=gettext_noop(
            "MAAC always sends the key; a proxy that drops it makes a careless receiver fail at each event."
        ),
        fix=gettext_noop("Answer 400 where the key is missing, so that the log shows the cause at once."),
        run=missing_key,
    ),
    Probe(
        id="get",
        title=gettext_noop("A GET gets a sane answer"),
        sent=gettext_noop("A GET for the URL."),
        why=gettext_noop("Someone will open the URL in a browser. A crash shows strangers more than it should."),
        fix=gettext_noop("Answer 405 to every method but POST."),
        run=get,
        needs_accepted=False,
    ),
)
