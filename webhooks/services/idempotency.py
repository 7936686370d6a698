"""Answer a repeated API request as it was answered first."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Account
from webhooks.errors import IdempotencyKeyReused, InvalidInput
from webhooks.models import AcceptedRequest

KEY_LENGTH = 255


def answer_once(
    *, account: Account, key: str, request: bytes, now: datetime, make: Callable[[], Any]
) -> tuple[Any, bool]:
    """The answer to a request, made by `make` the first time its key is seen; and whether it was seen before.

    The answer is stored in the transaction that makes it: a request that failed can be repeated, too.
    """
    if not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
        raise InvalidInput(f"Idempotency-Key must have 1 to {KEY_LENGTH} printable characters.")
    fingerprint = hashlib.sha256(request).hexdigest()
    with transaction.atomic():
        row, is_first = AcceptedRequest.objects.get_or_create(
            account=account, key=key, defaults={"fingerprint": fingerprint, "created_at": now}
        )
        if row.fingerprint != fingerprint:
            raise IdempotencyKeyReused("This Idempotency-Key came before with another request. Use a new key.")
        if is_first:
            row.answer = make()
            row.save(update_fields=["answer"])
        return row.answer, not is_first
