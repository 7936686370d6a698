"""Probes of what is signed: other bytes under a signature, bodies that are no event, and answers that say too much."""

from dataclasses import replace

from maac_contract.sentences import gettext_noop
from receiver_check import json_forms
from receiver_check.probes.probe import Probe
from receiver_check.probes.signatures import FIX, NOT_ASCII, WRONG, with_signature
from receiver_check.trial import HEADER_SIGNATURE, Trial, signature_of, with_header
from receiver_check.verdicts import Exchange, Judgement, Message, Sentence, Verdict

REFUSED_LATER = gettext_noop("Refused with %(answer)s, but a wrong signature of a valid event with %(usual)s.")
LEAKED = gettext_noop("%(label)s: the answer holds the right signature or the share secret.")
NOT_LEAKED = gettext_noop("No answer holds the right signature or the share secret.")
RAW_BYTES = "raw bytes"
SHORTEST_SECRET = 6
"""Shorter ones occur in an answer by chance."""
FIX_PARSED = gettext_noop(
    "Verify the raw bytes before anything parses them: in Express `express.raw` in place of `express.json`, in Flask "
    "`request.get_data()`, in FastAPI `await request.body()`."
)
NO_EVENT = (
    (b"{", gettext_noop("a body that breaks off")),
    (b"null", gettext_noop("a body that is JSON, and no object")),
    (b"\xff\xfe\x00", gettext_noop("a body that is no text")),
    (b"", gettext_noop("an empty body")),
)


def changed_byte(trial: Trial) -> Judgement:
    """The valid request is sent first, to detect receivers that cache signatures without their bodies."""

    def changed(at: int, event: Message, label: str) -> Exchange:
        digit = b"1" if event.body[at : at + 1] != b"1" else b"2"
        return _under_another_key(trial, event, event.body[:at] + digit + event.body[at + 1 :], label)

    event = trial.event()
    trial.send(event)
    return trial.refused(
        changed(event.body.index(b".") + 1, event, gettext_noop("with one digit of its timestamp changed")),
        changed(event.body.index(b'"U') + 9, event, gettext_noop("with one digit of its contact changed")),
    )


def trimmed(trial: Trial) -> Judgement:
    exchanges = []
    for before, after, label in (
        (b"", b"\n", gettext_noop("with a line break after the body")),
        (b" ", b"", gettext_noop("with a space before the body")),
    ):
        event = trial.event()
        exchanges.append(_under_another_key(trial, event, before + event.body + after, label))
    return _of_raw_bytes(trial.refused(*exchanges))


def other_writing(trial: Trial) -> Judgement:
    event = trial.event()
    compact = json_forms.write(json_forms.parse(event.body), json_forms.COMPACT).encode()
    label = gettext_noop("the same JSON without its spaces, under the signature of the original")
    return _of_raw_bytes(trial.refused(_under_another_key(trial, event, compact, label)))


def _of_raw_bytes(judgement: Judgement) -> Judgement:
    """A receiver that does not verify the raw bytes fails several of these probes."""
    return replace(judgement, cause=judgement.cause and RAW_BYTES)


def _under_another_key(trial: Trial, event: Message, body: bytes, label: str) -> Exchange:
    """Another body under the signature of this event."""
    return trial.send(replace(with_header(trial.signed(body), HEADER_SIGNATURE, signature_of(event)), body=body), label)


def no_event(trial: Trial) -> Judgement:
    """Bodies that cannot be parsed, wrongly signed: answered as every wrong signature, unless parsed before."""
    usual = with_signature(trial, trial.hex(64), WRONG)
    forged = [(with_header(trial.signed(body), HEADER_SIGNATURE, trial.hex(64)), label) for body, label in NO_EVENT]
    exchanges = [trial.send(message, label) for message, label in forged]
    judgement = trial.refused(*exchanges)
    if judgement.verdict is Verdict.FAILED:
        return _of_raw_bytes(replace(judgement, fix=FIX_PARSED))
    for exchange in exchanges:
        if exchange.answer.status != usual.answer.status and trial.refused(usual).verdict is Verdict.PASSED:
            values = {"answer": exchange.answer, "usual": usual.answer}
            return Judgement(Verdict.WARNING, Sentence(REFUSED_LATER, values), FIX_PARSED)
    return judgement


def leaks(trial: Trial) -> Judgement:
    event = trial.event()
    forged = (
        (with_header(event, HEADER_SIGNATURE, trial.hex(64)), WRONG),
        (with_header(event, HEADER_SIGNATURE, None), gettext_noop("without the signature header")),
        (with_header(event, HEADER_SIGNATURE, "not-a-signature"), gettext_noop("with a signature that is none")),
        (with_header(event, HEADER_SIGNATURE, NOT_ASCII[0][0]), NOT_ASCII[0][1]),
        (replace(event, method="GET", headers=event.headers[:1], body=b""), gettext_noop("a GET")),
    )
    secrets = [signature_of(event).encode()]
    if len(trial.case.secret) >= SHORTEST_SECRET:
        secrets.append(trial.case.secret.encode())
    for message, label in forged:
        answer = trial.send(message, label).answer
        text = answer.body + "\n".join(f"{name}: {value}" for name, value in answer.headers).encode(errors="replace")
        if any(secret in text for secret in secrets):
            return Judgement(Verdict.FAILED, Sentence(LEAKED, {"label": Sentence(label)}))
    return Judgement(Verdict.PASSED, Sentence(NOT_LEAKED))


PROBES = (
    Probe(
        id="body-changed",
        title=gettext_noop("A body with one byte changed is refused"),
        sent=gettext_noop("A good event, and then with a digit of its timestamp or its contact changed."),
        why=gettext_noop("Otherwise whoever sees one event can change the amount in it."),
        fix=FIX,
        run=changed_byte,
    ),
    Probe(
        id="body-rewritten",
        title=gettext_noop("The same JSON in other bytes is refused"),
        sent=gettext_noop("An event without the spaces between its parts, under the signature of the original."),
        why=gettext_noop(
            "A receiver that accepts it verifies what it has written itself, not what was sent; "
            "it breaks with the next library version or the next odd number."
        ),
        fix=gettext_noop("Take the raw bytes of the request before anything parses them."),
        run=other_writing,
    ),
    Probe(
        id="body-trimmed",
        title=gettext_noop("A body with a space or line break added is refused"),
        sent=gettext_noop(
            "Events with a line break after or a space before the body, under the signatures without them."
        ),
        why=gettext_noop(
            "A receiver that accepts it trims the body before it verifies, and does not verify what was sent."
        ),
        fix=gettext_noop("Take the raw bytes of the request as they are, without strip, trim or a text mode."),
        run=trimmed,
    ),
    Probe(
        id="unsigned-nonsense",
        title=gettext_noop("An unsigned body that is no event is refused as any other"),
        sent=gettext_noop("Wrongly signed bodies: half an object, null, bytes that are no text, and none."),
        why=gettext_noop(
            "A receiver that parses before it verifies exposes its parser to strangers, who can crash it."
        ),
        fix=FIX_PARSED,
        run=no_event,
    ),
    Probe(
        id="answer-leaks",
        title=gettext_noop("No answer gives the signature or the secret away"),
        sent=gettext_noop("Four events with wrong signatures and a GET, whose answers are searched."),
        why=gettext_noop(
            "An answer such as “expected 3f…” gives strangers a valid signature for any body. Debug pages show "
            "settings."
        ),
        fix=gettext_noop("Answer 401 with an empty body, log the digest instead, and turn debug pages off."),
        run=leaks,
    ),
)
