"""Probes of the signature: a body that is not signed byte for byte with the share secret must be refused."""

from dataclasses import replace

from maac_contract.sentences import gettext_noop
from receiver_check.probes.probe import Probe, skipped
from receiver_check.trial import HEADER_SIGNATURE, Trial, signature_of, with_header
from receiver_check.verdicts import Exchange, Judgement, Sentence, Verdict

NO_PREVIOUS = gettext_noop("No previous secret was given (--previous-secret).")
CASE_IGNORED = gettext_noop(
    "Accepted with %(answer)s. That is no hole: the receiver decodes the digits, as is usual in Go and Node."
)
REST_IGNORED = gettext_noop(
    "Accepted where text that is no digit follows. That is no hole: the decoder ignores it, as Node's Buffer.from does."
)
FIX_REST_IGNORED = gettext_noop("Nothing has to be done. To be strict, refuse a header that has not 64 characters.")
STILL_ACCEPTED = gettext_noop("Accepted with %(answer)s, which is right while the secret is being changed.")
WHY = gettext_noop("Anyone who knows the URL could make up events: points, purchases, bookings.")
FIX = gettext_noop(
    "Compute HMAC-SHA256 over the raw body, compare all 64 digits in constant time, and answer 401 unless they agree."
)
FIX_NOT_ASCII = gettext_noop("Compare bytes: encode the header and your digest, and compare those in constant time.")
WRONG = gettext_noop("with 64 digits that have nothing to do with it")
NOT_ASCII = (
    ("\xe6\x98\xa5" * 8, gettext_noop("with a signature in Japanese, as UTF-8")),
    ("\xff" * 64, gettext_noop("with a signature of 64 bytes that are no text")),
)


def missing(trial: Trial) -> Judgement:
    label = gettext_noop("without the signature header")
    return trial.refused(trial.send(with_header(trial.event(), HEADER_SIGNATURE, None), label))


def with_signature(trial: Trial, signature: str, label: str) -> Exchange:
    return trial.send(with_header(trial.event(), HEADER_SIGNATURE, signature), label)


def empty(trial: Trial) -> Judgement:
    return trial.refused(with_signature(trial, "", gettext_noop("with an empty signature")))


def malformed(trial: Trial) -> Judgement:
    return trial.refused(
        with_signature(trial, "not-a-signature", gettext_noop("with a signature that is none")),
        with_signature(trial, "z" * 64, gettext_noop("with 64 letters that are no hexadecimal digits")),
        with_signature(trial, trial.hex(64)[:63], gettext_noop("with an odd number of digits")),
    )


def not_ascii(trial: Trial) -> Judgement:
    judgement = trial.refused(*(with_signature(trial, text, label) for text, label in NOT_ASCII))
    return replace(judgement, fix=FIX_NOT_ASCII)


def other_digits(trial: Trial) -> Judgement:
    """Of each event type, and of one that is unknown: a receiver may verify only some of them."""
    events = [(topic, trial.event(topic)) for topic in trial.accepted_topics()]
    unknown = trial.event("contact.tag_added", {"line_uid": f"U{trial.hex(32)}"})
    events.append((gettext_noop("an event type that does not exist yet"), unknown))
    forged = [(label, with_header(event, HEADER_SIGNATURE, trial.hex(64))) for label, event in events]
    return trial.refused(*(trial.send(event, label) for label, event in forged))


def known_key(trial: Trial) -> Judgement:
    """A receiver that looks for duplicates first answers 200 to whoever repeats a key."""
    event = trial.event()
    trial.send(event)
    forged = with_header(event, HEADER_SIGNATURE, trial.hex(64))
    return trial.refused(trial.send(forged, gettext_noop("the same with a wrong signature, under the known key")))


def truncated(trial: Trial) -> Judgement:
    def cut(length: int, label: str) -> Exchange:
        event = trial.event()
        return trial.send(with_header(event, HEADER_SIGNATURE, signature_of(event)[:length]), label)

    return trial.refused(
        cut(32, gettext_noop("with the first 32 digits of the right signature")),
        cut(63, gettext_noop("with the right signature without its last digit")),
        cut(1, gettext_noop("with the first digit of the right signature")),
    )


def changed_digit(trial: Trial) -> Judgement:
    def changed(at: int, label: str) -> Exchange:
        event = trial.event()
        right = signature_of(event)
        other = "1" if right[at] != "1" else "2"
        return trial.send(with_header(event, HEADER_SIGNATURE, right[:at] + other + right[at + 1 :]), label)

    return trial.refused(
        changed(63, gettext_noop("with the last digit changed")),
        changed(0, gettext_noop("with the first digit changed")),
        changed(32, gettext_noop("with a digit in the middle changed")),
        changed(62, gettext_noop("with the last digit but one changed")),
    )


def followed(trial: Trial) -> Judgement:
    def longer(text: str, label: str) -> Exchange:
        event = trial.event()
        return trial.send(with_header(event, HEADER_SIGNATURE, signature_of(event) + text), label)

    refused = trial.refused(
        longer("00", gettext_noop("with the right signature and two digits more")),
        longer("0" * 64, gettext_noop("with the right signature and 64 digits more")),
    )
    if refused.verdict is not Verdict.PASSED:
        return refused
    unreadable = (
        longer("0", gettext_noop("with the right signature and one digit more")),
        longer(", " + "0" * 64, gettext_noop("with the right signature, a comma and another")),
        longer("zz", gettext_noop("with the right signature and two letters")),
    )
    if any(map(trial.is_accepted, unreadable)):
        return Judgement(Verdict.REMARK, Sentence(REST_IGNORED), FIX_REST_IGNORED)
    return trial.refused(*unreadable)


def upper_case(trial: Trial) -> Judgement:
    event = trial.event()
    upper = with_header(event, HEADER_SIGNATURE, signature_of(event).upper())
    exchange = trial.send(upper, gettext_noop("with the right signature in upper case"))
    if trial.is_accepted(exchange):
        return Judgement(Verdict.REMARK, Sentence(CASE_IGNORED, {"answer": exchange.answer}))
    return trial.refused(exchange)


def other_secret(trial: Trial) -> Judgement:
    event = trial.signed(trial.event().body, secret=trial.hex(32))
    return trial.refused(trial.send(event, gettext_noop("signed with another secret")))


def previous_secret(trial: Trial) -> Judgement:
    if trial.case.previous_secret is None:
        return skipped(NO_PREVIOUS)
    event = trial.signed(trial.event().body, secret=trial.case.previous_secret)
    exchange = trial.send(event, gettext_noop("signed with the previous secret"))
    if trial.case.rotating and trial.is_accepted(exchange):
        return Judgement(Verdict.PASSED, Sentence(STILL_ACCEPTED, {"answer": exchange.answer}))
    return trial.refused(exchange)


PROBES = (
    Probe(
        id="signature-wrong",
        title=gettext_noop("A wrong signature is refused"),
        sent=gettext_noop("An event of each type, and of an unknown one, with 64 digits that are not its signature."),
        why=WHY,
        fix=FIX,
        run=other_digits,
    ),
    Probe(
        id="signature-missing",
        title=gettext_noop("A request without a signature is refused"),
        sent=gettext_noop("A good event without the signature header."),
        why=WHY,
        fix=gettext_noop("Answer 401 where the header is missing, before anything else."),
        run=missing,
    ),
    Probe(
        id="signature-empty",
        title=gettext_noop("An empty signature is refused"),
        sent=gettext_noop("A good event whose signature header is empty."),
        why=WHY,
        fix=FIX,
        run=empty,
    ),
    Probe(
        id="signature-malformed",
        title=gettext_noop("A signature that is no digest is refused, without a crash"),
        sent=gettext_noop("Good events whose signatures are a word, 64 letters, and 63 digits."),
        why=gettext_noop("A crash (5xx) makes the sender try again, and fills your error reports."),
        fix=FIX,
        run=malformed,
    ),
    Probe(
        id="signature-not-ascii",
        title=gettext_noop("A signature that is not ASCII is refused, without a crash"),
        sent=gettext_noop("Good events whose signature header holds Japanese text and bytes that are no text."),
        why=gettext_noop(
            "Whoever finds the URL can send it. Python's `compare_digest`, for one, raises an exception for such text, "
            "and the receiver answers 500."
        ),
        fix=FIX_NOT_ASCII,
        run=not_ascii,
    ),
    Probe(
        id="signature-known-key",
        title=gettext_noop("A wrong signature is refused under a known key, too"),
        sent=gettext_noop("A good event, and the same again with a wrong signature."),
        why=gettext_noop(
            "A receiver that looks for duplicates before it verifies shows strangers which keys it knows, and lets "
            "them note keys of events that have not arrived yet: those are then lost."
        ),
        fix=gettext_noop("Verify first; look up and note the idempotency key only after that."),
        run=known_key,
    ),
    Probe(
        id="signature-truncated",
        title=gettext_noop("A truncated signature is refused"),
        sent=gettext_noop("Good events with the first 32, 63 digits and the first digit of their signatures."),
        why=gettext_noop("A comparison that stops at the shorter text accepts one digit, which is soon guessed."),
        fix=FIX,
        run=truncated,
    ),
    Probe(
        id="signature-changed-digit",
        title=gettext_noop("A signature with one digit changed is refused"),
        sent=gettext_noop(
            "Good events; the first, a middle, the last but one or the last digit of the signature differs."
        ),
        why=gettext_noop(
            "A comparison of only some digits leaves fewer to guess, and shows that the rest is not read."
        ),
        fix=FIX,
        run=changed_digit,
    ),
    Probe(
        id="signature-followed",
        title=gettext_noop("A signature followed by more text is refused"),
        sent=gettext_noop("Good events whose signatures are followed by digits, another signature, or letters."),
        why=gettext_noop(
            "A comparison that stops at the end of its own digest, or searches for it, does not compare what was sent."
        ),
        fix=FIX,
        run=followed,
    ),
    Probe(
        id="signature-upper-case",
        title=gettext_noop("A signature in upper case"),
        sent=gettext_noop("A good event whose signature is written in upper case."),
        why=gettext_noop(
            "MAAC writes lower case. A receiver that decodes the digits accepts both, and is as safe; a remark says so."
        ),
        fix=gettext_noop("Nothing has to be done. To be strict, compare the header as text with your digest."),
        run=upper_case,
    ),
    Probe(
        id="signature-other-secret",
        title=gettext_noop("A signature made with another secret is refused"),
        sent=gettext_noop("A good event, signed with a secret that is not this endpoint's."),
        why=gettext_noop("Only the secret distinguishes MAAC from everybody else."),
        fix=FIX,
        run=other_secret,
    ),
    Probe(
        id="signature-previous-secret",
        title=gettext_noop("The previous secret is refused after rotation"),
        sent=gettext_noop("A good event, signed with the secret from before the last change."),
        why=gettext_noop("A secret is changed because others may know it. MAAC stops using the old one at once."),
        fix=gettext_noop(
            "Once the new secret has arrived, take the old one from the receiver's list, and restart what has read it "
            "at its start. While the change is under way, check with --rotating."
        ),
        run=previous_secret,
    ),
)
