"""How MAAC signs a request: the exact header lines over the exact bytes of the body."""

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
    """To be copied: a copy costs half of what hashing the key anew does."""
    return hmac.new(secret.encode(), digestmod="sha256")


def signed_headers(body: bytes, *, secret: str, idempotency_key: str, user_agent: str) -> Headers:
    """The documented headers, in the order in which they are sent."""
    return (
        ("User-Agent", user_agent),
        ("Content-Type", contract.CONTENT_TYPE),
        (contract.HEADER_IDEMPOTENCY_KEY, idempotency_key),
        (contract.HEADER_SIGNATURE, signature(secret, body)),
    )
