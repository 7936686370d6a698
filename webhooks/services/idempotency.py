"""Idempotency-Key: a repeated API request gets the stored response of the first."""

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
    """The response to a request, from `make` the first time its key is used, and whether it is a stored one.

    The response is stored in the transaction of `make`, so after an error the request can be repeated with its key.
    Raises IdempotencyKeyReused if the key was used for a request with other bytes.
    """
    if not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
        raise InvalidInput(f"The Idempotency-Key must have 1 to {KEY_LENGTH} printable characters.")
    fingerprint = hashlib.sha256(request).hexdigest()
    with transaction.atomic():
        row, is_first = AcceptedRequest.objects.get_or_create(
            account=account, key=key, defaults={"fingerprint": fingerprint, "created_at": now}
        )
        if row.fingerprint != fingerprint:
            raise IdempotencyKeyReused("This Idempotency-Key was used for another request. Use a new key.")
        if is_first:
            row.answer = make()
            row.save(update_fields=["answer"])
        return row.answer, not is_first
