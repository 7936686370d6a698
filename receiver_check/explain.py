"""Explains why a receiver's digest differs, by reproducing known mistakes until one yields exactly that digest.

A match of 64 bits and more proves the mistake; without one the answer is `unknown`.
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from receiver_check import bodies, digests, keys, rare_bodies
from receiver_check.findings import FINDINGS, UNKNOWN, VALID, Finding

Reading = tuple[bytes, tuple[Finding, ...]]
LARGE_FOR_PAIRS = 64 * 1024
"""Larger bodies are searched for single mistakes only."""
EVERY_CUT = 64 * 1024


@dataclass(frozen=True)
class Explanation:
    """The findings, the cause first; several if mistakes are combined."""

    findings: tuple[Finding, ...]
    expected: str
    """The correct digest of the given body and secret."""

    @property
    def code(self) -> str:
        """`valid`, `unknown`, or the mistakes' codes joined by `+`."""
        return "+".join(finding.code for finding in self.findings)

    @property
    def is_valid(self) -> bool:
        return self.code == VALID.code

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "code": self.code,
            "expected": self.expected,
            "findings": [{**asdict(finding), "snippets": dict(finding.snippets)} for finding in self.findings],
        }


def explain(
    body: bytes,
    secret: str,
    computed: str,
    *,
    other_secrets: Sequence[str] = (),
    idempotency_key: str | None = None,
    url: str = "",
) -> Explanation:
    """Find the mistake that yields `computed` from the body and the secret. `url`: where the request was sent to."""
    expected = digests.sign(secret.encode(), body)
    if computed == expected.hex():
        return Explanation((VALID,), expected.hex())
    found = (
        _no_digest(computed, secret, idempotency_key)
        or _right_digest_written_oddly(computed, expected)
        or _search(_Wanted(computed), body, secret, other_secrets, idempotency_key, url)
    )
    return Explanation(found or (UNKNOWN,), expected.hex())


class _Wanted:
    """The digest to find, in every possible decoding."""

    def __init__(self, computed: str) -> None:
        self._readings: list[Reading] = [
            (raw, wrong) for raw, wrong in digests.readings(computed) if len(raw) >= digests.SHORTEST
        ]
        self._whole = dict(reversed(self._readings))
        self._lengths = tuple({len(raw) for raw, _ in self._readings})

    def __bool__(self) -> bool:
        return bool(self._readings)

    def match(self, digest: bytes) -> tuple[Finding, ...] | None:
        """The mistakes of its encoding if it is this digest, else None."""
        for length in self._lengths:
            wrong = self._whole.get(digest[:length])
            if wrong is not None:
                return wrong if length >= len(digest) else (*wrong, FINDINGS["digest_cut"])
        return None


def _no_digest(computed: str, secret: str, idempotency_key: str | None) -> tuple[Finding, ...]:
    bare = computed.strip()
    if not bare:
        return (FINDINGS["empty_digest"],)
    if bare == secret.strip():
        return (FINDINGS["secret_as_digest"],)
    return (FINDINGS["key_as_digest"],) if bare == idempotency_key else ()


def _right_digest_written_oddly(computed: str, expected: bytes) -> tuple[Finding, ...]:
    bare = computed.strip().lower()
    if bare == expected.hex():
        return ()
    return next(((finding,) for written, finding in digests.odd_writings(expected) if written == bare), ())


def _search(
    wanted: _Wanted, body: bytes, secret: str, other_secrets: Iterable[str], idempotency_key: str | None, url: str
) -> tuple[Finding, ...]:
    if not wanted:
        return ()
    right_key = secret.encode()
    other_keys = _unique(keys.variations(secret, other_secrets))
    for attempt in (
        _tries(wanted, [(right_key, None)], [(body, None)]),
        _tries(wanted, other_keys, [(body, None)]),
        _tries(wanted, [*keys.rare_variations(secret)], [(body, None)]),
        _by_algorithm(wanted, [(right_key, None), *other_keys], [(body, None)]),
        _tries(wanted, [(right_key, None)], bodies.variations(body, idempotency_key)),
        _tries(wanted, [(right_key, None)], rare_bodies.variations(body, idempotency_key, url)),
        _cut(wanted, right_key, body),
    ):
        if (found := next(attempt, None)) is not None:
            return found
    if len(body) > LARGE_FOR_PAIRS:
        return ()
    other_bodies = _unique(bodies.variations(body, idempotency_key))
    for attempt in (
        _by_algorithm(wanted, [(right_key, None)], other_bodies),
        _tries(wanted, other_keys, other_bodies),
    ):
        if (found := next(attempt, None)) is not None:
            return found
    return ()


Tried = Iterable[tuple[bytes, Finding | None]]


def _unique(variations: Iterable[tuple[bytes, Finding]]) -> list[tuple[bytes, Finding]]:
    """Skip results that an earlier, more likely mistake has already yielded."""
    first: dict[bytes, Finding] = {}
    for made, finding in variations:
        first.setdefault(made, finding)
    return list(first.items())


def _tries(wanted: _Wanted, some_keys: Tried, some_bodies: Tried) -> Iterator[tuple[Finding, ...]]:
    some_keys = list(some_keys)
    for body, body_mistake in some_bodies:
        for key, key_mistake in some_keys:
            wrong = wanted.match(digests.sign(key, body))
            if wrong is not None:
                yield _together(key_mistake, body_mistake, *wrong)


def _by_algorithm(wanted: _Wanted, some_keys: Tried, some_bodies: Tried) -> Iterator[tuple[Finding, ...]]:
    some_keys, algorithms = list(some_keys), list(digests.algorithms())
    for body, body_mistake in some_bodies:
        for compute, mistake in algorithms:
            for key, key_mistake in some_keys:
                wrong = wanted.match(compute(key, body))
                if wrong is not None:
                    yield _together(mistake, key_mistake, body_mistake, *wrong)


def _cut(wanted: _Wanted, key: bytes, body: bytes) -> Iterator[tuple[Finding, ...]]:
    """Truncated bodies: any length up to 64 KiB, then whole KiB. One HMAC object is updated incrementally."""
    growing, end = hmac.new(key, digestmod="sha256"), 0
    while end < len(body) - 1:
        step = 1 if end < EVERY_CUT else 1024
        growing.update(body[end : end + step])
        end += step
        wrong = wanted.match(growing.copy().digest())
        if wrong is not None:
            yield _together(FINDINGS["body_cut"], *wrong)


def _together(*found: Finding | None) -> tuple[Finding, ...]:
    return tuple(finding for finding in found if finding is not None)
