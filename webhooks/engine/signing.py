"""How a request is signed: the exact header lines over the exact bytes."""

import hmac

from events import contract
from webhooks.engine.job import Headers, Job


def signature(secret: str, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 of the raw body, keyed with the share secret as UTF-8: 64 characters."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


def signed_headers(job: Job, *, user_agent: str) -> Headers:
    """The headers of the contract, in the order in which they are sent."""
    return (
        ("User-Agent", user_agent),
        ("Content-Type", contract.CONTENT_TYPE),
        (contract.HEADER_IDEMPOTENCY_KEY, job.idempotency_key),
        (contract.HEADER_SIGNATURE, signature(job.secret, job.body)),
    )
