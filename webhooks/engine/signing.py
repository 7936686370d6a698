"""How a request is signed: the exact header lines over the exact bytes. And which lines an endpoint may add."""

import hmac
import re
from collections.abc import Mapping

from events import contract
from webhooks.engine.job import Headers, Job

EXTRA_HEADERS = 10
"""How many an endpoint may add."""
HEADER_NAME_LENGTH = 100
HEADER_VALUE_LENGTH = 1000

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
_OF_THE_CONTRACT = ("host", "user-agent", "content-type", "content-length")
_OF_THE_CONNECTION = (
    "connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
)  # fmt: skip


def signature(secret: str, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 of the raw body, keyed with the share secret as UTF-8: 64 characters."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


def signed_headers(job: Job, *, user_agent: str) -> Headers:
    """The headers of the contract, in the order in which they are sent, and then those that the endpoint adds."""
    if job.secret is None:
        raise ValueError("without its share secret a request cannot be signed")
    return (
        ("User-Agent", user_agent),
        ("Content-Type", contract.CONTENT_TYPE),
        (contract.HEADER_IDEMPOTENCY_KEY, job.idempotency_key),
        (contract.HEADER_SIGNATURE, signature(job.secret, job.body)),
        *job.extra_headers,
    )


def header_faults(headers: Mapping[str, str]) -> list[str]:
    """What keeps these from being an endpoint's extra headers, a sentence for each fault."""
    faults = [f"At most {EXTRA_HEADERS} headers; these are {len(headers)}."] if len(headers) > EXTRA_HEADERS else []
    seen: set[str] = set()
    for name, value in [*headers.items()][:EXTRA_HEADERS]:
        fault = _name_fault(name, seen) or _value_fault(name, value)
        faults += [fault] if fault else []
        seen.add(name.lower())
    return faults


def _name_fault(name: str, seen: set[str]) -> str | None:
    if len(name) > HEADER_NAME_LENGTH or not _TOKEN.fullmatch(name):
        shown = ascii(name[:HEADER_NAME_LENGTH])
        return f"{shown} is no header name: write 1 to {HEADER_NAME_LENGTH} letters, digits and hyphens."
    lower = name.lower()
    if lower in _OF_THE_CONTRACT or lower.startswith("cresclab-"):
        return f"{name} is set by the simulator, as MAAC sets it."
    if lower in _OF_THE_CONNECTION:
        return f"{name} belongs to the connection, which the simulator manages."
    return f"{name} is there twice; the case of letters makes no difference." if lower in seen else None


def _value_fault(name: str, value: str) -> str | None:
    if len(value) <= HEADER_VALUE_LENGTH and _VALUE.fullmatch(value):
        return None
    return f"{name}: write 1 to {HEADER_VALUE_LENGTH} printable ASCII characters, no space at either end."
