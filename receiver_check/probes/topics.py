"""Probes of the payload: event types, nulls, enum values, characters, numbers and unknown fields."""

from functools import partial
from typing import Any

from maac_contract import contract
from maac_contract.payloads import ANY_TEXT
from maac_contract.sentences import gettext_noop
from receiver_check.probes.probe import Probe, skipped
from receiver_check.trial import RECEIPT, Trial
from receiver_check.verdicts import Judgement, Sentence, Verdict, accepted

PNP_STATUS = "pnp.status_updated"
TEXT_FIELDS = {
    topic.name: [field.name for field in topic.data.fields if field.shape == ANY_TEXT][-1]
    for topic in contract.TOPICS.values()
}
"""A free-text field of each event type."""
ODD_TEXT = (
    '春のレシート祭り 🌸 信義門市/地下1樓 👩\u200d👩\u200d👧 𠮷野家 "大杯" C:\\new\\table \t\n <b>&amp;</b> '
    "é e\u0301 ｶﾅ עברית \u2028 \u200b \x7f = + % '"
)
ODD_NUMBERS = (65.0, 104.5, 0.1, 2.675, 1000000.0, 33.333333333333336, 1.0)

REACHED = gettext_noop("The connection opened.")
NOT_REACHED = gettext_noop("No connection: %(answer)s.")
NO_RECEIPTS = gettext_noop("The receiver takes no receipts, and only they have fractions.")
NO_PNP = gettext_noop("The receiver takes no notification messages.")
FAILED_WORDS = gettext_noop("Not answered with 200: %(words)s")


def reachable(trial: Trial) -> Judgement:
    answer = trial.case.sender.connect()
    if answer.fault:
        return Judgement(Verdict.FAILED, Sentence(NOT_REACHED, {"answer": answer.fault}))
    return Judgement(Verdict.PASSED, Sentence(REACHED))


def of_topic(trial: Trial, *, topic: str) -> Judgement:
    answer = trial.post(topic)
    trial.case.accepts[topic] = answer.status == contract.SUCCESS_STATUS
    return accepted(answer)


def nulls(trial: Trial) -> Judgement:
    topics = [topic for topic in trial.case.topics if trial.case.accepts.get(topic, True)]
    answers = {topic: trial.post(topic, _with_nulls(trial, topic)) for topic in topics}
    return _by_word({topic: answer.status for topic, answer in answers.items()})


def statuses(trial: Trial) -> Judgement:
    if PNP_STATUS not in trial.case.topics or not trial.case.accepts.get(PNP_STATUS, True):
        return skipped(NO_PNP)
    answers: dict[str, int | None] = {}
    while len(answers) < len(contract.PNP_STATUSES):
        data = trial.data(PNP_STATUS)
        if data["status"] not in answers:
            answers[data["status"]] = trial.post(PNP_STATUS, data).status
    return _by_word(answers)


def characters(trial: Trial) -> Judgement:
    data = trial.data(trial.topic)
    return accepted(trial.post(trial.topic, {**data, TEXT_FIELDS[trial.topic]: ODD_TEXT}))


def fractions(trial: Trial) -> Judgement:
    if RECEIPT not in trial.case.topics:
        return skipped(NO_RECEIPTS)
    items = [{"description": "x", "unit_price": n, "quantity": 1.0, "amount": n} for n in ODD_NUMBERS]
    return accepted(trial.post(RECEIPT, {**trial.data(RECEIPT), "items": items}))


def unknown_topic(trial: Trial) -> Judgement:
    data = {"line_uid": f"U{trial.hex(32)}", "customer_id": None, "tag": "VIP"}
    return accepted(trial.post("contact.tag_added", data, gettext_noop("an event type that does not exist yet")))


def extra_fields(trial: Trial) -> Judgement:
    data = {**trial.data(trial.topic), "added_later": {"list": [1, None, "春"]}, "another": 0.5}
    event = trial.event(trial.topic, data, version=2)
    return accepted(trial.send(event, gettext_noop("with fields that do not exist yet")))


def _with_nulls(trial: Trial, topic: str) -> dict[str, Any]:
    data = trial.data(topic)
    for row in contract.provenance(topic):
        if row["nullable"]:
            *way, last = row["path"].split(".")
            place: Any = data
            for step in way:
                place = place[step]
            place[last] = None
    return data


def _by_word(answers: dict[str, int | None]) -> Judgement:
    """The value that was not accepted."""
    bad = [word for word, status in answers.items() if status != contract.SUCCESS_STATUS]
    if bad:
        return Judgement(Verdict.FAILED, Sentence(FAILED_WORDS, {"words": ", ".join(bad)}))
    return Judgement(Verdict.PASSED, Sentence(gettext_noop("Each was answered with 200.")))


def _topic_probe(topic: contract.Topic) -> Probe:
    return Probe(
        id=f"topic-{topic.name}",
        title=gettext_noop("A valid event is accepted: %(topic)s"),
        sent=gettext_noop("An event of this type, signed, exactly as MAAC sends it."),
        why=gettext_noop(
            "Everything but 200 is a failed delivery: 408, 429 and 5xx are tried three times more, all else is lost."
        ),
        fix=gettext_noop(
            "Compute the signature over the raw bytes of the body, answer 200 at once, and do slow work afterwards. "
            "`maac-sim explain` names the mistake when the signature does not match."
        ),
        run=partial(of_topic, topic=topic.name),
        topic=topic.name,
        needs_accepted=False,
    )


PROBES = (
    Probe(
        id="reachable",
        title=gettext_noop("The receiver can be reached"),
        sent=gettext_noop("A connection, with TLS where the URL says https, and nothing over it."),
        why=gettext_noop(
            "Without a connection nothing arrives; MAAC tries four times within seven seconds and gives up."
        ),
        fix=gettext_noop("Start the receiver, check host and port, the firewall, and the certificate of the host."),
        run=reachable,
        needs_accepted=False,
    ),
    *map(_topic_probe, contract.TOPICS.values()),
    Probe(
        id="nulls",
        title=gettext_noop("Fields that may be null are null"),
        sent=gettext_noop("An event of each type with null in every field that may be null."),
        why=gettext_noop("A contact without a customer id is the usual case, not an exception."),
        fix=gettext_noop("Treat every nullable field as missing; the event types' page lists them."),
        run=nulls,
    ),
    Probe(
        id="pnp-statuses",
        title=gettext_noop("Every status of a notification message is accepted"),
        sent=gettext_noop("A pnp.status_updated event for each of its statuses."),
        why=gettext_noop("Rare statuses such as sms_callback_timeout come in production first."),
        fix=gettext_noop("Store the status as text and act on those that you know."),
        run=statuses,
    ),
    Probe(
        id="characters",
        title=gettext_noop("Japanese, Chinese, emoji and escapes survive"),
        sent=gettext_noop(
            "A text with CJK, emoji, quotes, backslashes, slashes, HTML and line breaks, escaped as MAAC does."
        ),
        why=gettext_noop(
            "MAAC writes every such character as an escape. A body that is parsed and written again differs here."
        ),
        fix=gettext_noop("Verify the raw bytes, and store text in a column that takes four-byte UTF-8."),
        run=characters,
    ),
    Probe(
        id="fractions",
        title=gettext_noop("Prices keep their form"),
        sent=gettext_noop("A receipt with prices such as 65.0, 0.1 and 1000000.0."),
        why=gettext_noop("Many languages write 65.0 as 65 after parsing; the signature is then another."),
        fix=gettext_noop("Verify the raw bytes; read prices as decimals."),
        run=fractions,
    ),
    Probe(
        id="unknown-topic",
        title=gettext_noop("An unknown event type is tolerated"),
        sent=gettext_noop("A signed event of a type that does not exist yet."),
        why=gettext_noop("MAAC adds event types. An error for one that you do not know shows up as failed deliveries."),
        fix=gettext_noop("Answer 200 and ignore event types that you do not handle."),
        run=unknown_topic,
    ),
    Probe(
        id="extra-fields",
        title=gettext_noop("Unknown fields are tolerated"),
        sent=gettext_noop("A signed event with more fields than documented, in data and beside it."),
        why=gettext_noop("Fields are added to an API without notice; a strict parser loses all events on that day."),
        fix=gettext_noop("Ignore fields that you do not know."),
        run=extra_fields,
    ),
)
