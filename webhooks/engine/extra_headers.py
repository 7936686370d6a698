"""Which headers an endpoint may add to its requests, beyond those that MAAC sends."""

import re
from collections.abc import Mapping

from maac_contract.protocol import HEADER_SIGNATURE
from maac_contract.sentences import Sentence, gettext_noop

EXTRA_HEADERS = 10
"""How many an endpoint may add."""
HEADER_NAME_LENGTH = 100
HEADER_VALUE_LENGTH = 1000
MASK = "••••••••"
"""Shown in place of a secret value. It is not ASCII, so it is never a value itself."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
_PREFIX_OF_MAAC = HEADER_SIGNATURE.partition("-")[0].lower() + "-"
_OF_THE_CONTRACT = ("host", "user-agent", "content-type", "content-length")
_OF_THE_CONNECTION = (
    "connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
)  # fmt: skip


def header_faults(headers: Mapping[str, str]) -> list[Sentence]:
    """The errors in an endpoint's extra headers, one sentence each; empty if they are valid."""
    faults = [_too_many(len(headers))] if len(headers) > EXTRA_HEADERS else []
    seen: set[str] = set()
    for name, value in [*headers.items()][:EXTRA_HEADERS]:
        fault = _name_fault(name, seen) or _value_fault(name, value)
        faults += [fault] if fault else []
        seen.add(name.lower())
    return faults


def _too_many(count: int) -> Sentence:
    return Sentence(gettext_noop("At most %(limit)d headers; these are %(count)d."), limit=EXTRA_HEADERS, count=count)


def _name_fault(name: str, seen: set[str]) -> Sentence | None:
    if len(name) > HEADER_NAME_LENGTH or not _TOKEN.fullmatch(name):
        return Sentence(
            gettext_noop("%(name)s is no header name: write 1 to %(limit)d letters, digits and hyphens."),
            name=ascii(name[:HEADER_NAME_LENGTH]),
            limit=HEADER_NAME_LENGTH,
        )
    lower = name.lower()
    if lower in _OF_THE_CONTRACT or lower.startswith(_PREFIX_OF_MAAC):
        return Sentence(gettext_noop("%(name)s is set by the simulator, as MAAC sets it."), name=name)
    if lower in _OF_THE_CONNECTION:
        return Sentence(gettext_noop("%(name)s belongs to the connection, which the simulator manages."), name=name)
    if lower in seen:
        return Sentence(gettext_noop("%(name)s is there twice; the case of letters makes no difference."), name=name)
    return None


def _value_fault(name: str, value: str) -> Sentence | None:
    if len(value) <= HEADER_VALUE_LENGTH and _VALUE.fullmatch(value):
        return None
    return Sentence(
        gettext_noop("%(name)s: write 1 to %(limit)d printable ASCII characters, no space at either end."),
        name=name,
        limit=HEADER_VALUE_LENGTH,
    )
