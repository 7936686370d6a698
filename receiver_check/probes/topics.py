"""Probes of the payload: event types, nulls, enum values, characters, numbers, times and unknown fields."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from maac_contract import contract
from maac_contract.payloads import ANY_TEXT
from maac_contract.sentences import gettext_noop
from receiver_check.probes.probe import Probe, skipped
from receiver_check.probes.variants import with_more_fields, with_nulls, with_texts
from receiver_check.trial import RECEIPT, ZONE, Trial
from receiver_check.verdicts import Exchange, Judgement, Sentence, Verdict

Change = Callable[[str, dict[str, Any]], dict[str, Any]]
PNP_STATUS = "pnp.status_updated"
SURVEY = "form.surveycake_submitted"
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
LENGTHS = (101, 256, 5000)
"""One more than what columns of 100 and 255 characters take, and a long answer to a survey."""
LONG = {
    101: gettext_noop("with texts of 101 characters"),
    256: gettext_noop("with texts of 256 characters"),
    5000: gettext_noop("with texts of 5,000 characters"),
}
ZONES = (
    ("Asia/Tokyo", gettext_noop("with a timestamp that ends in +09:00")),
    ("UTC", gettext_noop("with a timestamp that ends in +00:00")),
    ("America/St_Johns", gettext_noop("with a timestamp that has a negative offset with half an hour")),
)

REACHED = gettext_noop("The connection opened.")
NOT_REACHED = gettext_noop("No connection: %(answer)s.")
NO_RECEIPTS = gettext_noop("The receiver takes no receipts, and only they have fractions.")
NOT_THERE = gettext_noop("No event type of this receiver has such a field.")
NO_PNP = gettext_noop("The receiver takes no notification messages.")


def reachable(trial: Trial) -> Judgement:
    answer = trial.case.sender.connect()
    if answer.fault:
        return Judgement(Verdict.FAILED, Sentence(NOT_REACHED, {"answer": answer.fault}))
    return Judgement(Verdict.PASSED, Sentence(REACHED))


def of_topic(trial: Trial, *, topic: str) -> Judgement:
    exchange = trial.post(topic)
    trial.case.accepts[topic] = trial.is_accepted(exchange)
    return trial.accepted(exchange, ordinary=True)


def nulls(trial: Trial) -> Judgement:
    return _all_accepted(trial, _sent(trial, with_nulls))


def _sent(trial: Trial, changed: Change, label: str = "") -> list[Exchange]:
    """An event of each type with changed data; not of those that the change leaves as they are."""
    exchanges = []
    for topic in trial.accepted_topics():
        data = trial.data(topic)
        if (other := changed(topic, data)) != data:
            exchanges.append(trial.post(topic, other, label or topic))
    return exchanges


def _all_accepted(trial: Trial, exchanges: Sequence[Exchange]) -> Judgement:
    return trial.accepted(*exchanges) if exchanges else skipped(NOT_THERE)


def statuses(trial: Trial) -> Judgement:
    if PNP_STATUS not in trial.accepted_topics():
        return skipped(NO_PNP)
    exchanges: dict[str, Exchange] = {}
    while len(exchanges) < len(contract.PNP_STATUSES):
        data = trial.data(PNP_STATUS)
        if data["status"] not in exchanges:
            exchanges[data["status"]] = trial.post(PNP_STATUS, data, data["status"])
    return trial.accepted(*exchanges.values())


def characters(trial: Trial) -> Judgement:
    exchanges = _sent(trial, partial(with_texts, text=ODD_TEXT))
    if exchanges:
        return trial.accepted(*exchanges)
    data = trial.data(trial.topic)
    return trial.accepted(trial.post(trial.topic, {**data, TEXT_FIELDS[trial.topic]: ODD_TEXT}))


def long_texts(trial: Trial) -> Judgement:
    exchanges = []
    for length in LENGTHS:
        exchanges += _sent(trial, partial(with_texts, text="春" * length), LONG[length])
    return _all_accepted(trial, exchanges)


def fractions(trial: Trial) -> Judgement:
    if RECEIPT not in trial.case.topics:
        return skipped(NO_RECEIPTS)
    items = [{"description": "x", "unit_price": n, "quantity": 1.0, "amount": n} for n in ODD_NUMBERS]
    return trial.accepted(trial.post(RECEIPT, {**trial.data(RECEIPT), "items": items}))


def times(trial: Trial) -> Judgement:
    exchanges = []
    for zone, label in ZONES:
        stamp = contract.format_timestamp(trial.moment(), ZoneInfo(zone))
        exchanges.append(trial.send(trial.event(stamp=stamp), label))
    whole = trial.moment().astimezone(ZONE).replace(microsecond=0).isoformat()
    exchanges.append(trial.send(trial.event(stamp=whole), gettext_noop("with a timestamp without a fraction")))
    return trial.accepted(*exchanges)


def empty_lists(trial: Trial) -> Judgement:
    topics, exchanges = trial.accepted_topics(), []
    if RECEIPT in topics:
        data = {**trial.data(RECEIPT), "items": []}
        exchanges.append(trial.post(RECEIPT, data, gettext_noop("a receipt without items")))
    if SURVEY in topics:
        answer = trial.data(SURVEY)["answer"]
        no_answers = [
            {**question, "answer": [], "otherAnswer": [], "answerLabel": [], "answerAlias": []}
            for question in answer["result"]
        ]
        for result, label in (
            ([], gettext_noop("a survey without questions")),
            (no_answers, gettext_noop("a survey whose questions were left empty")),
        ):
            data = {**trial.data(SURVEY), "answer": {**answer, "result": result, "alias": {}}}
            exchanges.append(trial.post(SURVEY, data, label))
    return _all_accepted(trial, exchanges)


def no_alias(trial: Trial) -> Judgement:
    if SURVEY not in trial.accepted_topics():
        return skipped(NOT_THERE)
    data = trial.data(SURVEY)
    answer = data["answer"]
    result = [{**question, "alias": "", "answerAlias": []} for question in answer["result"]]
    bare = {**data, "answer": {**answer, "alias": {}, "result": result}}
    return trial.accepted(trial.post(SURVEY, bare, gettext_noop("a survey without any alias")))


def unknown_topic(trial: Trial) -> Judgement:
    data = {"line_uid": f"U{trial.hex(32)}", "customer_id": None, "tag": "VIP"}
    return trial.accepted(trial.post("contact.tag_added", data, gettext_noop("an event type that does not exist yet")))


def extra_fields(trial: Trial) -> Judgement:
    beside = trial.send(trial.event(version=2), gettext_noop("with a field beside data that does not exist yet"))
    return trial.accepted(beside, *_sent(trial, with_more_fields))


def _topic_probe(topic: contract.Topic) -> Probe:
    return Probe(
        id=f"topic-{topic.name}",
        title=gettext_noop("A valid event is accepted: %(topic)s"),
        sent=gettext_noop("An event of this type, signed, exactly as MAAC sends it."),
        why=gettext_noop(
            "Only 200 is documented as success. After 408, 429 and 5xx MAAC tries three times more; all else is lost."
        ),
        fix=gettext_noop("Answer 200 to every rightly signed event at once, and do slow work afterwards."),
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
            "Texts with CJK, emoji, quotes, backslashes, slashes, HTML and line breaks, escaped as MAAC does."
        ),
        why=gettext_noop(
            "MAAC writes every such character as an escape. A body that is parsed and written again differs here."
        ),
        fix=gettext_noop("Verify the raw bytes, and store text in a column that takes four-byte UTF-8."),
        run=characters,
    ),
    Probe(
        id="long-texts",
        title=gettext_noop("Long texts are accepted"),
        sent=gettext_noop("Events whose texts have 101, 256 and 5,000 characters, of three bytes each."),
        why=gettext_noop(
            "Contacts write long answers. A column that is too short makes every attempt of the event fail."
        ),
        fix=gettext_noop("Store texts in columns without a limit (TEXT), or cut them before you store them."),
        run=long_texts,
    ),
    Probe(
        id="empty-lists",
        title=gettext_noop("Empty lists are accepted"),
        sent=gettext_noop("A receipt without items, a survey without questions, and one with no answers."),
        why=gettext_noop(
            "Code that reads the first item of an empty list fails, and the event is lost after four attempts."
        ),
        fix=gettext_noop("Treat every list as possibly empty."),
        run=empty_lists,
    ),
    Probe(
        id="survey-alias",
        title=gettext_noop("A survey without aliases is accepted"),
        sent=gettext_noop("A survey for whose questions marketing has set no alias."),
        why=gettext_noop("Aliases are set by hand, form by form. A new form often has none of those you read."),
        fix=gettext_noop("Read aliases with a default, answer 200, and report a survey that you cannot use."),
        run=no_alias,
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
        id="times",
        title=gettext_noop("Timestamps of any zone are accepted, with or without a fraction"),
        sent=gettext_noop("Events with the offsets +09:00, +00:00 and a negative one, and one of a whole second."),
        why=gettext_noop(
            "The offset is the account's, and one event in a million has no fraction: a fixed format fails on them."
        ),
        fix=gettext_noop("Parse timestamps as ISO 8601 with the language's own parser, not by a pattern or position."),
        run=times,
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
        sent=gettext_noop(
            "Signed events with more fields than documented: beside data, in it, and in each item of its lists."
        ),
        why=gettext_noop("Fields are added to an API without notice; a strict parser loses all events on that day."),
        fix=gettext_noop("Ignore fields that you do not know."),
        run=extra_fields,
    ),
)
