"""MAAC's signature and request headers (documented)."""

import hmac
from functools import lru_cache

from maac_contract import contract

Headers = tuple[tuple[str, str], ...]


def signature(secret: str, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 of the raw body, keyed with the share secret as UTF-8: 64 characters."""
    digest = _keyed(secret).copy()
    digest.update(body)
    return digest.hexdigest()


@lru_cache(maxsize=1024)
def _keyed(secret: str) -> hmac.HMAC:
    """The HMAC object after hashing the key; copying it costs half as much as creating it."""
    return hmac.new(secret.encode(), digestmod="sha256")


def signed_headers(body: bytes, *, secret: str, idempotency_key: str, user_agent: str) -> Headers:
    """The documented headers, as (name, value) pairs in the order in which they are sent."""
    return (
        ("User-Agent", user_agent),
        ("Content-Type", contract.CONTENT_TYPE),
        (contract.HEADER_IDEMPOTENCY_KEY, idempotency_key),
        (contract.HEADER_SIGNATURE, signature(secret, body)),
    )
