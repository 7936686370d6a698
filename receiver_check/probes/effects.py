"""Probes of the work itself: it is done once for each event, however often, broken or falsely the event arrives.

They need to know how often the receiver has done the work of an idempotency key (`receiver_check.effects`).
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from maac_contract import contract
from maac_contract.sentences import gettext_noop
from receiver_check.effects import Effects, NoEffects
from receiver_check.probes.probe import Probe
from receiver_check.probes.topics import ODD_TEXT
from receiver_check.probes.variants import with_texts
from receiver_check.trial import HEADER_KEY, HEADER_SIGNATURE, Trial, Work, key_of, with_header
from receiver_check.verdicts import Exchange, Judgement, Message, Reason, Sentence, Verdict

PATIENCE = 5.0
"""Seconds in which the work of an event must be counted, for receivers that do it in a queue."""
LOOK_AGAIN = 0.05
AFTERWARDS = 0.15
"""Seconds after which a second work of the same event must have been counted; more if the first took longer."""
ROUNDS = 10
COPIES = 10
OTHERS_AT_ONCE = 8
OTHERS_SECONDS = 15.0
RETRIES_END = sum(contract.RETRY_WAITS) + 1
"""Seconds after which the last retry of an event has arrived."""

NOT_GIVEN = gettext_noop("Cannot see whether the work was done twice: nothing was given that counts it (--effects).")
NEVER_COUNTED = gettext_noop(
    "Events were accepted, but no work was counted within %(seconds)g s: it is not done, or it is not what is counted."
)
NOT_COUNTED = gettext_noop("The work of no event is counted, so this would show nothing.")
ONCE = gettext_noop("Done once each time.")
NOT_ONCE = gettext_noop("The work was done %(count)s times in place of once: %(label)s.")
NOT_DONE = gettext_noop("Accepted, but the work was not done: %(label)s.")
DONE_UNSIGNED = gettext_noop("The work was done, although the signature is wrong: %(label)s.")
AGAIN = gettext_noop("the same again, under the same idempotency key")
RETRIED = gettext_noop("sent again by MAAC's rule")
FORGED = gettext_noop("with a wrong signature")
UNSIGNED = gettext_noop("without the signature header")
AFTER_FORGED = gettext_noop("rightly signed, after a wrongly signed request with the same key")
SAME_BODY = gettext_noop("the same body under another key")
AFTER_MANY = gettext_noop("the first event again, after many others and MAAC's last retry")
REPEATED = gettext_noop("Done once; it was repeated after %(count)s others.")
FIX_NEVER_COUNTED = gettext_noop(
    "Let --effects count where the work is done (docs: Check a receiver), and do the work of every accepted event."
)
FIX_UNSIGNED = gettext_noop("Verify the signature before anything else is done, and end the request when it is wrong.")
FIX_ONCE = gettext_noop(
    "Write the idempotency key into a table with a unique key, in the transaction that does the work; do the work only "
    "if the key is new."
)

Run = Callable[[Trial, Effects], Judgement]
Delivered = tuple[str, str]
"""A label, and the idempotency key of an event that was delivered."""


def with_effects(run: Run) -> Callable[[Trial], Judgement]:
    """Skipped without effects, or if they cannot be counted, or count nothing."""

    def judged(trial: Trial) -> Judgement:
        case = trial.case
        if case.effects is None:
            return _no_effects(Sentence(NOT_GIVEN))
        try:
            if case.effects_fault is None and (works_of(trial, case.effects) or run is once):
                return run(trial, case.effects)
        except NoEffects as none:
            case.effects_fault = none.sentence
        return _no_effects(case.effects_fault or Sentence(NOT_COUNTED))

    return judged


def _no_effects(sentence: Sentence) -> Judgement:
    return Judgement(Verdict.SKIPPED, sentence, reason=Reason.NO_EFFECTS)


def works_of(trial: Trial, count: Effects) -> dict[str, Work]:
    """The event types whose work is counted, each with an event whose work was done; found out once for a run."""
    works = trial.case.works
    if works:
        return works
    waiting = {topic: (trial.event(topic), time.monotonic()) for topic in trial.accepted_topics()}
    for topic, (event, _) in waiting.items():
        _delivered(trial, event, topic)
    began = time.monotonic()
    while waiting and time.monotonic() - began < _patience(works):
        for topic, (event, sent_at) in list(waiting.items()):
            if count(key_of(event)):
                works[topic] = Work(event, sent_at, time.monotonic() - began)
                del waiting[topic]
        time.sleep(LOOK_AGAIN if waiting else 0)
    return works


def _patience(works: dict[str, Work]) -> float:
    """Event types that are only accepted have no work: after the first count the others have ten times as long."""
    return max(0.5, *(10 * work.seconds for work in works.values())) if works else PATIENCE


def _delivered(trial: Trial, event: Message, label: str) -> Exchange:
    """Send it, and again as MAAC does, until it is accepted or refused for good."""
    exchange = trial.send(event, label)
    for wait in contract.RETRY_WAITS:
        status = exchange.answer.status
        is_final = status is not None and not contract.is_retried_status(status)
        if is_final or trial.case.sender.run_time.left < wait:
            break
        time.sleep(wait)
        exchange = trial.send(event, RETRIED)
    return exchange


def _each_once(trial: Trial, count: Effects, delivered: Sequence[Delivered], fix: str = "") -> Judgement:
    """Whether the work of each was done once, and no second time within a moment."""
    lag = max(work.seconds for work in trial.case.works.values())
    time.sleep(max(AFTERWARDS, 2 * lag))
    for label, key in delivered:
        number = count(key) or _waited_for(count, key)
        if number != 1:
            seen = Sentence(NOT_ONCE if number else NOT_DONE, {"count": number, "label": Sentence(label)})
            return Judgement(Verdict.FAILED, seen, fix)
    return Judgement(Verdict.PASSED, Sentence(ONCE))


def _waited_for(count: Effects, key: str) -> int:
    ends = time.monotonic() + PATIENCE
    while not (number := count(key)) and time.monotonic() < ends:
        time.sleep(LOOK_AGAIN)
    return number


def _all_once(trial: Trial, count: Effects, labelled: Sequence[tuple[str, Message]]) -> Judgement:
    """Deliver each; all must be accepted, and the work of each be done once."""
    exchanges = [_delivered(trial, event, label) for label, event in labelled]
    judgement = trial.accepted(*exchanges)
    if judgement.verdict is Verdict.FAILED:
        return judgement
    return _each_once(trial, count, [(label, key_of(event)) for label, event in labelled])


def once(trial: Trial, count: Effects) -> Judgement:
    works = works_of(trial, count)
    if not works:
        trial.case.effects_fault = Sentence(NOT_COUNTED)
        return Judgement(Verdict.FAILED, Sentence(NEVER_COUNTED, {"seconds": PATIENCE}), FIX_NEVER_COUNTED)
    return _all_once(trial, count, [(AGAIN, work.event) for work in works.values()])


def at_once(trial: Trial, count: Effects) -> Judgement:
    delivered = []
    for _ in range(ROUNDS):
        event = trial.event(_topic(trial))
        exchanges = trial.send_at_once([event] * COPIES, gettext_noop("one of ten at the same moment"))
        if any(map(trial.is_accepted, exchanges)):
            delivered.append((exchanges[0].label, key_of(event)))
    return _each_once(trial, count, delivered)


def _topic(trial: Trial) -> str:
    """An event type whose work is counted."""
    return next(iter(trial.case.works))


def retry(trial: Trial, count: Effects) -> Judgement:
    labelled = []
    for share, after, label in (
        (0.5, 0.05, gettext_noop("again, after the sender left in the middle of the body")),
        (1.0, 0.0, gettext_noop("again, after the sender left at the end of the body")),
        (1.0, 0.2, gettext_noop("again, after the sender waited a moment and left")),
    ):
        event = trial.event(_topic(trial))
        trial.abandon(event, after, gettext_noop("the sender leaves before the answer"), share=share)
        labelled.append((label, event))
    time.sleep(contract.RETRY_WAITS[0])
    return _all_once(trial, count, labelled)


def forged_first(trial: Trial, count: Effects) -> Judgement:
    labelled = []
    for signature, label in ((trial.hex(64), FORGED), (None, UNSIGNED)):
        event = trial.event(_topic(trial))
        trial.send(with_header(event, HEADER_SIGNATURE, signature), label)
        labelled.append((label, event))
    time.sleep(max(AFTERWARDS, 2 * max(work.seconds for work in trial.case.works.values())))
    for label, event in labelled:
        if count(key_of(event)):
            return Judgement(Verdict.FAILED, Sentence(DONE_UNSIGNED, {"label": Sentence(label)}), FIX_UNSIGNED)
    return _all_once(trial, count, [(AFTER_FORGED, event) for _, event in labelled])


def equal_bodies(trial: Trial, count: Effects) -> Judgement:
    event = trial.event(_topic(trial))
    other = with_header(event, HEADER_KEY, trial.key())
    return _all_once(trial, count, [(gettext_noop("the first of two equal bodies"), event), (SAME_BODY, other)])


def different_keys(trial: Trial, count: Effects) -> Judgement:
    labelled = []
    for topic in trial.case.works:
        labelled += [(topic, trial.event(topic)) for _ in range(2)]
    topic = _topic(trial)
    data = trial.data(topic)
    contact = "line_uid" if "line_uid" in data else "phone_number"
    of_one_contact = trial.event(topic, {**trial.data(topic), contact: data[contact]})
    label = gettext_noop("two events of the same contact")
    labelled += [(label, trial.event(topic, data)), (label, of_one_contact)]
    key = trial.key()
    digits = "".join(str(int(char, 16) % 10) for char in key)
    for one, other, label in (
        (f"{key[:-1]}1", f"{key[:-1]}2", gettext_noop("two keys that differ in the last digit")),
        (f"1{key[1:-1]}3", f"2{key[1:-1]}3", gettext_noop("two keys that differ in the first digit")),
        (f"0e{digits[2:]}", f"0e{digits[:1:-1]}", gettext_noop("two keys that both read as the number zero")),
    ):
        labelled += [(label, with_header(trial.event(topic), HEADER_KEY, key)) for key in (one, other)]
    return _all_once(trial, count, labelled)


def odd_events(trial: Trial, count: Effects) -> Judgement:
    """Those that a receiver may accept and then fail to work on."""
    labelled = []
    for topic in trial.case.works:
        for text, label in (
            (ODD_TEXT, gettext_noop("an event with emoji, quotes and line breaks in its texts")),
            ("春" * 5000, gettext_noop("an event with texts of 5,000 characters")),
        ):
            data = with_texts(topic, trial.data(topic), text)
            labelled.append((label, trial.event(topic, data)))
    return _all_once(trial, count, labelled)


def after_many(trial: Trial, count: Effects) -> Judgement:
    """The first events of the run again, later than MAAC's last retry."""
    works, others = trial.case.works, [trial.event(_topic(trial)) for _ in range(trial.case.other_keys)]
    ends = time.monotonic() + OTHERS_SECONDS
    piles = [others[start::OTHERS_AT_ONCE] for start in range(OTHERS_AT_ONCE)]
    with ThreadPoolExecutor(OTHERS_AT_ONCE) as senders:
        number = sum(senders.map(lambda pile: len(trial.send_until(ends, pile)), piles))
    earliest = max(work.sent_at for work in works.values()) + RETRIES_END
    time.sleep(max(0.0, earliest - time.monotonic()))
    exchanges = [trial.send(work.event, AFTER_MANY) for work in works.values()]
    judgement = trial.accepted(*exchanges)
    if judgement.verdict is Verdict.FAILED:
        return judgement
    judgement = _each_once(trial, count, [(AFTER_MANY, key_of(work.event)) for work in works.values()])
    return (
        judgement
        if judgement.verdict is Verdict.FAILED
        else replace(judgement, seen=Sentence(REPEATED, {"count": number}))
    )


def _probe(run: Run, id: str, title: str, sent: str, why: str, fix: str = FIX_ONCE) -> Probe:
    return Probe(id=id, title=title, sent=sent, why=why, fix=fix, run=with_effects(run))


PROBES = (
    _probe(
        once,
        id="effects-once",
        title=gettext_noop("The work of an event that arrives twice is done once"),
        sent=gettext_noop("An event of each type, and the same again under its idempotency key."),
        why=gettext_noop(
            "Points are given and bookings made a second time after each lost answer, and nobody sees it."
        ),
    ),
    _probe(
        at_once,
        id="effects-at-once",
        title=gettext_noop("The work of ten copies at the same moment is done once"),
        sent=gettext_noop("Ten events, each ten times at the same moment."),
        why=gettext_noop(
            "Two requests that both ask whether the key is known, before either notes it, both do the work."
        ),
        fix=gettext_noop("Let the database decide by a unique key (INSERT … ON CONFLICT DO NOTHING) before the work."),
    ),
    _probe(
        retry,
        id="effects-retry",
        title=gettext_noop("The work of an attempt that broke off is done once in the end"),
        sent=gettext_noop("Events whose sender leaves in the body, after it or a moment later, and their retries."),
        why=gettext_noop("A key that is noted without its work loses the event; work without its key is done again."),
        fix=gettext_noop("Do the work and note the key in one transaction, so that either both are there or neither."),
    ),
    _probe(
        forged_first,
        id="effects-forged",
        title=gettext_noop("A wrongly signed request does nothing, and notes no key"),
        sent=gettext_noop(
            "Requests with a wrong and without a signature, and then the right ones under the same keys."
        ),
        why=gettext_noop(
            "A key that is noted before the signature is verified lets strangers suppress events; work that is done "
            "before lets them make up events, whatever the answer says."
        ),
        fix=gettext_noop("Verify first; look up and note the idempotency key only after that."),
    ),
    _probe(
        different_keys,
        id="effects-different-keys",
        title=gettext_noop("The work of different events is done for each"),
        sent=gettext_noop("Two events of each type, two of one contact, and pairs whose keys are almost alike."),
        why=gettext_noop("A receiver that recognises repeats by type, contact or part of the key loses real events."),
        fix=gettext_noop("Recognise a repeat by the whole idempotency key, compared as text, and by nothing else."),
    ),
    _probe(
        equal_bodies,
        id="effects-equal-bodies",
        title=gettext_noop("The work of equal bodies under two keys is done for each"),
        sent=gettext_noop("Two requests with the same bytes and different idempotency keys."),
        why=gettext_noop(
            "Only the key marks a repeat. A receiver that compares bodies loses an event that happens twice."
        ),
        fix=gettext_noop(
            "Recognise a repeat by its idempotency key. If equal content is meant to count once, allow it: "
            "--allow effects-equal-bodies."
        ),
    ),
    _probe(
        odd_events,
        id="effects-odd-events",
        title=gettext_noop("The work of odd events is done, not only accepted"),
        sent=gettext_noop("Events with emoji, quotes, line breaks and 5,000 characters in their texts."),
        why=gettext_noop("An error that is caught and answered with 200 loses the event: MAAC does not send it again."),
        fix=gettext_noop(
            "Answer 500 where the work fails and can be repeated, or store the event before you answer 200."
        ),
    ),
    _probe(
        after_many,
        id="effects-after-many",
        title=gettext_noop("A key is remembered over many others and after the last retry"),
        sent=gettext_noop("Many other events, and then the first ones of the check again, at least 8 s after them."),
        why=gettext_noop("A cache that keeps the last hundred keys, or some seconds, forgets them in a busy minute."),
        fix=gettext_noop("Keep the keys in a table, for days; delete them by age and not by number."),
    ),
)
