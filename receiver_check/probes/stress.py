"""Probes of load: a large event, response times, and many events at once."""

from typing import Any

from maac_contract.sentences import gettext_noop
from receiver_check.probes.probe import Probe
from receiver_check.probes.topics import TEXT_FIELDS
from receiver_check.trial import RECEIPT, Trial
from receiver_check.verdicts import Judgement, Sentence, Verdict

LARGE = 200_000
BURST = 50
TIMED = 5
SLOW_PART = 0.2

QUICK = gettext_noop("The slowest of %(count)s answers took %(seconds).2f s; MAAC waits %(limit)g s.")
NOT_ANSWERED = gettext_noop("An event got no answer in time: %(answer)s")


def large(trial: Trial) -> Judgement:
    return trial.accepted(trial.post(trial.topic, _large_data(trial), gettext_noop("an event of 200 KB")))


def _large_data(trial: Trial) -> dict[str, Any]:
    data = trial.data(trial.topic)
    if trial.topic == RECEIPT:
        item = data["items"][0]
        return {**data, "items": [item] * (LARGE // len(str(item)))}
    return {**data, TEXT_FIELDS[trial.topic]: "x" * LARGE}


def quick(trial: Trial) -> Judgement:
    answers = [trial.post().answer for _ in range(TIMED)]
    late = [answer for answer in answers if answer.fault]
    if late:
        cause = late[0].fault.text if late[0].fault else ""
        return Judgement(Verdict.FAILED, Sentence(NOT_ANSWERED, {"answer": late[0]}), cause=cause)
    slowest, limit = max(answer.seconds for answer in answers), trial.case.sender.timeout
    values = {"count": TIMED, "seconds": slowest, "limit": limit}
    return Judgement(Verdict.WARNING if slowest > limit * SLOW_PART else Verdict.PASSED, Sentence(QUICK, values))


def burst(trial: Trial) -> Judgement:
    return trial.accepted(*trial.send_at_once([trial.event() for _ in range(BURST)], gettext_noop("one of 50 at once")))


PROBES = (
    Probe(
        id="large",
        title=gettext_noop("A large event is accepted"),
        sent=gettext_noop("An event of about 200 KB."),
        why=gettext_noop(
            "A refusal with 413 is final. Express, for example, takes 100 KB unless it is configured otherwise."
        ),
        fix=gettext_noop("Raise the body limit of the framework and of the proxy in front to 1 MB or more."),
        run=large,
    ),
    Probe(
        id="answer-time",
        title=gettext_noop("Answers come quickly"),
        sent=gettext_noop("Five events, one after the other."),
        why=gettext_noop("After ten seconds the attempt counts as failed, and your work is done again with the retry."),
        fix=gettext_noop("Store the event, answer 200, and do the work in a queue."),
        run=quick,
    ),
    Probe(
        id="burst",
        title=gettext_noop("Fifty events at once are accepted"),
        sent=gettext_noop("Fifty different events at the same moment, each over a connection of its own."),
        why=gettext_noop("A campaign makes thousands of events in a minute. 503 and timeouts use up the few retries."),
        fix=gettext_noop("Do little work for each request, and run enough processes or threads."),
        run=burst,
    ),
)
