"""Share secrets: generation, encryption in the database, and what error reports hide."""

import base64
import hashlib
import re
import secrets
from functools import lru_cache
from types import FrameType
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.http import HttpRequest, QueryDict
from django.views.debug import SafeExceptionReporterFilter


class SecretUnreadable(Exception):
    """A share secret cannot be decrypted: MAAC_SIM_ENCRYPTION_KEYS must list the key that it was stored with."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def new_share_secret() -> str:
    """32 lower-case hex characters. *Chosen*: MAAC does not document the form of its secrets."""
    return secrets.token_hex(16)


class Encrypted(str):
    """The encrypted value as stored in the database."""

    __slots__ = ()


class _DecryptedWhenRead(DeferredAttribute):
    """Decrypts on first access, so a row whose key is lost can still be listed, paused, and given a new secret."""

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is not None and isinstance(value, Encrypted):
            value = decrypt(value)
            self.__set__(instance, value)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.TextField):  # type: ignore[type-arg]
    """A text column that is encrypted in the database.

    The first of `settings.ENCRYPTION_KEYS` encrypts; all of them decrypt, so that a key can be replaced.
    """

    descriptor_class = _DecryptedWhenRead

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Encrypted):
            return value
        return _fernet(_keys()).encrypt(value.encode()).decode()

    def from_db_value(self, value: str | None, _expression: object, _connection: object) -> str | None:
        return None if value is None else Encrypted(value)


def decrypt(stored: str) -> str:
    """The plaintext of an encrypted column's value; raises SecretUnreadable."""
    return _decrypted(stored, _keys())


def reencrypted(stored: str) -> Encrypted | None:
    """The value encrypted with the first key; None if it already is. Raises SecretUnreadable."""
    first, *_ = keys = _keys()
    try:
        _fernet((first,)).decrypt(stored)
    except InvalidToken:
        pass
    else:
        return None
    try:
        return Encrypted(_fernet(keys).rotate(stored.encode()).decode())
    except InvalidToken:
        raise SecretUnreadable from None


class ReportFilter(SafeExceptionReporterFilter):
    """Removes secrets from Django's error reports, which are mailed to the administrators."""

    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|SESSION|CSRF|DATABASE|BROKER|EMAIL_HOST_USER|_URL$", re.I
    )

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        if request is None:
            return {}
        return {name: self.cleanse_setting(name, value) for name, value in QueryDict.items(request.POST)}

    def get_traceback_frame_variables(self, _request: HttpRequest | None, _frame: FrameType) -> Any:
        """No variables: tokens, secrets and whole requests occur in too many frames to list them."""
        return ()


@lru_cache(maxsize=16384)
def _decrypted(stored: str, keys: tuple[str, ...]) -> str:
    try:
        return _fernet(keys).decrypt(stored).decode()
    except InvalidToken:
        raise SecretUnreadable from None


def _keys() -> tuple[str, ...]:
    return tuple(settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_key(text)) for text in keys])


def _key(text: str) -> bytes:
    """A Fernet key derived from any text; the text must be random enough."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
