"""Probes of the signature: a body that is not signed byte for byte with the share secret must be refused."""

from dataclasses import replace

from maac_contract.sentences import gettext_noop
from receiver_check import json_forms
from receiver_check.probes.probe import Probe, skipped
from receiver_check.trial import HEADER_SIGNATURE, Trial, signature_of, with_header
from receiver_check.verdicts import Answer, Judgement, refused

NO_PREVIOUS = gettext_noop("No previous secret was given (--previous-secret).")
WHY = gettext_noop("Anyone who knows the URL could make up events: points, purchases, bookings.")
FIX = gettext_noop(
    "Compute HMAC-SHA256 over the raw body, compare all 64 digits in constant time, and answer 401 unless they agree."
)


def missing(trial: Trial) -> Judgement:
    label = gettext_noop("without the signature header")
    return refused(trial.send(with_header(trial.event(), HEADER_SIGNATURE, None), label))


def _with_signature(trial: Trial, signature: str, label: str) -> Answer:
    return trial.send(with_header(trial.event(), HEADER_SIGNATURE, signature), label)


def empty(trial: Trial) -> Judgement:
    return refused(_with_signature(trial, "", gettext_noop("with an empty signature")))


def wrong(trial: Trial) -> Judgement:
    return refused(_with_signature(trial, "not-a-signature", gettext_noop("with a signature that is none")))


def other_digits(trial: Trial) -> Judgement:
    return refused(
        _with_signature(trial, trial.hex(64), gettext_noop("with 64 digits that have nothing to do with it"))
    )


def truncated(trial: Trial) -> Judgement:
    event = trial.event()
    short = with_header(event, HEADER_SIGNATURE, signature_of(event)[:32])
    return refused(trial.send(short, gettext_noop("with the first 32 digits of the right signature")))


def upper_case(trial: Trial) -> Judgement:
    event = trial.event()
    upper = with_header(event, HEADER_SIGNATURE, signature_of(event).upper())
    return refused(trial.send(upper, gettext_noop("with the right signature in upper case")))


def other_secret(trial: Trial) -> Judgement:
    event = trial.signed(trial.event().body, secret=trial.hex(32))
    return refused(trial.send(event, gettext_noop("signed with another secret")))


def previous_secret(trial: Trial) -> Judgement:
    if trial.case.previous_secret is None:
        return skipped(NO_PREVIOUS)
    event = trial.signed(trial.event().body, secret=trial.case.previous_secret)
    return refused(trial.send(event, gettext_noop("signed with the previous secret")))


def changed_byte(trial: Trial) -> Judgement:
    """The valid request is sent first, to detect receivers that cache signatures without their bodies."""
    event = trial.event()
    trial.send(event)
    at = event.body.index(b".") + 1  # a digit of the time stamp
    changed = event.body[:at] + (b"1" if event.body[at : at + 1] != b"1" else b"2") + event.body[at + 1 :]
    return refused(_under_another_key(trial, event.headers, changed, gettext_noop("with one byte of the body changed")))


def other_writing(trial: Trial) -> Judgement:
    event = trial.event()
    compact = json_forms.write(json_forms.parse(event.body), json_forms.COMPACT).encode()
    label = gettext_noop("the same JSON without its spaces, under the signature of the original")
    return refused(_under_another_key(trial, event.headers, compact, label))


def _under_another_key(trial: Trial, headers: tuple[tuple[str, str], ...], body: bytes, label: str) -> Answer:
    fresh = trial.signed(body)
    signature = dict(headers)[HEADER_SIGNATURE]
    return trial.send(replace(with_header(fresh, HEADER_SIGNATURE, signature), body=body), label)


PROBES = (
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
        sent=gettext_noop("A good event with the signature: not-a-signature"),
        why=gettext_noop("A crash (5xx) makes the sender try again, and fills your error reports."),
        fix=gettext_noop("Compare the header as text with your digest; do not decode it."),
        run=wrong,
    ),
    Probe(
        id="signature-wrong",
        title=gettext_noop("A wrong signature is refused"),
        sent=gettext_noop("A good event with 64 hexadecimal digits that are not its signature."),
        why=WHY,
        fix=FIX,
        run=other_digits,
    ),
    Probe(
        id="signature-truncated",
        title=gettext_noop("A truncated signature is refused"),
        sent=gettext_noop("A good event with the first half of its signature."),
        why=gettext_noop("A comparison that stops at the shorter text accepts one digit, which is soon guessed."),
        fix=FIX,
        run=truncated,
    ),
    Probe(
        id="signature-upper-case",
        title=gettext_noop("A signature in upper case is refused"),
        sent=gettext_noop("A good event whose signature is written in upper case."),
        why=gettext_noop(
            "MAAC writes lower case. To accept more is no hole by itself, but it tells that something other than "
            "the header is compared; allow it if that is on purpose (--allow signature-upper-case)."
        ),
        fix=gettext_noop("Compare the header as it came with your digest in lower case."),
        run=upper_case,
    ),
    Probe(
        id="signature-other-secret",
        title=gettext_noop("A signature made with another secret is refused"),
        sent=gettext_noop("A good event, signed with a secret that is not this endpoint's."),
        why=gettext_noop("The secret is what tells MAAC from everybody else."),
        fix=FIX,
        run=other_secret,
    ),
    Probe(
        id="signature-previous-secret",
        title=gettext_noop("The previous secret is refused after rotation"),
        sent=gettext_noop("A good event, signed with the secret from before the last change."),
        why=gettext_noop("A secret is changed because others may know it. MAAC stops using the old one at once."),
        fix=gettext_noop("Keep one secret, replace it, and restart what has read it at its start."),
        run=previous_secret,
    ),
    Probe(
        id="body-changed",
        title=gettext_noop("A body with one byte changed is refused"),
        sent=gettext_noop("A good event, and then the same with one byte changed and the same signature."),
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
)
