"""Share secrets: how they are made, and how they rest encrypted in the database."""

import base64
import hashlib
import secrets
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def new_share_secret() -> str:
    """32 lower-case hex characters. *Chosen*: MAAC does not document the form of its secrets."""
    return secrets.token_hex(16)


class EncryptedField(models.TextField):  # type: ignore[type-arg]
    """Text that is readable in Python and encrypted in the database.

    The first of `settings.ENCRYPTION_KEYS` encrypts; all of them decrypt, so that a key can be replaced.
    """

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(value.encode()).decode()

    def from_db_value(self, value: str | None, _expression: object, _connection: object) -> str | None:
        return None if value is None else decrypt(value)


def decrypt(stored: str) -> str:
    """The clear text of an encrypted column's value."""
    return _decrypted(stored, tuple(settings.ENCRYPTION_KEYS))


@lru_cache(maxsize=16384)
def _decrypted(stored: str, keys: tuple[str, ...]) -> str:
    try:
        return _fernet(keys).decrypt(stored).decode()
    except InvalidToken:
        raise ImproperlyConfigured(
            "A share secret cannot be decrypted: MAAC_SIM_ENCRYPTION_KEYS must still list the key it was stored with."
        ) from None


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_key(text)) for text in keys])


def _key(text: str) -> bytes:
    """Any text of good randomness can serve as a key."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
