"""Environment variables as settings. An invalid one stops the start with a sentence that names it.

Messages do not contain the values of URLs, which may hold a password.
"""

import math
import os
import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from maac_sim.start_faults import StartFault

HOUR, DAY = 3600.0, 86400.0
BOUNDS: dict[str, tuple[float, float]] = {
    "MAAC_SIM_METRICS_PORT": (0, 65535),
    "WEBHOOK_RETRY_WAITS": (0, HOUR),
    "WEBHOOK_CONNECT_TIMEOUT": (0.001, HOUR),
    "WEBHOOK_ATTEMPT_TIMEOUT": (0.001, HOUR),
    "WEBHOOK_IN_FLIGHT": (1, 100_000),
    "WEBHOOK_IN_FLIGHT_PER_ENDPOINT": (1, 100_000),
    "WEBHOOK_NOTICE_IN_A_ROW": (1, 1_000_000),
    "WEBHOOK_NOTICE_RATE": (0, 1),
    "WEBHOOK_RETENTION_DAYS": (0, 36_500),
    "NOTIFICATION_STEP_SECONDS": (0, DAY),
    "NOTIFICATION_FALLBACK_SCALE": (0, 100),
    "MESSAGE_SEND_SECONDS": (0, DAY),
    "OPENAPI_SEGMENT_SECONDS": (0, DAY),
}
"""Smallest and largest value of a variable."""
OTHER_BOUNDS = (0, 1_000_000_000)
TRUE, FALSE = ("true", "1", "yes", "y", "on", "ok"), ("false", "0", "no", "n", "off")
DATABASES = ("postgres", "postgresql", "psql", "pgsql")
BROKERS = ("redis", "rediss", "redis+socket", "sentinel", "memory")
LOG_LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")


class CheckedEnv(environ.Env):  # type: ignore[misc]
    """An empty variable counts as not set."""

    def get_value(self, var: Any, cast: Any = None, default: Any = environ.Env.NOTSET, **_: Any) -> Any:
        text = os.environ.get(var, "")
        if text.strip():
            return _cast(var, text, cast)
        if default is self.NOTSET:
            raise StartFault(f"{var} is not set, and has no default where DATABASE_URL is set.")
        return default

    def one_of(self, var: Any, choices: Sequence[Any], default: Any) -> Any:
        """Case does not matter."""
        value = os.environ.get(var, "").strip().upper() or default
        if value not in choices:
            raise _wrong(var, value, f"it must be one of {', '.join(choices)}")
        return value

    def database(self, var: Any) -> Any:
        """The database in the form of Django's DATABASES."""
        url = os.environ[var]
        _check_url(var, url, DATABASES)
        config = self.db_url_config(url)
        if not config["NAME"]:
            raise StartFault(f"{var} names no database: write postgres://user:password@host:5432/database.")
        return config

    def broker(self, var: Any, default: Any) -> Any:
        url = os.environ.get(var, "").strip() or default
        _check_url(var, url, BROKERS)
        number = urlsplit(url).path.strip("/")
        if url.startswith(("redis:", "rediss:")) and number and not number.isdecimal():
            raise StartFault(
                f"{var} ends with {number!r}: Redis numbers its databases, such as redis://127.0.0.1:6379/0."
            )
        return url

    def mail(self, var: Any, default: Any) -> Any:
        """Django's settings for mail."""
        url = os.environ.get(var, "").strip() or default
        _check_url(var, url, tuple(self.EMAIL_SCHEMES))
        return self.email_url_config(url)

    def addresses(self, var: Any) -> Any:
        """A list of e-mail addresses."""
        found = self.list(var, default=[])
        for address in found:
            try:
                validate_email(address)
            except ValidationError:
                raise _wrong(var, address, "it takes mail addresses, separated by commas") from None
        return found

    def origins(self, var: Any) -> Any:
        found = self.list(var, default=[])
        for origin in found:
            if not origin.startswith(("http://", "https://")):
                raise _wrong(var, origin, "it takes origins such as https://maac-sim.example.com")
        return found

    def address(self, var: Any) -> Any:
        """The address of a web server, or empty."""
        url = self.str(var, default="")
        if url:
            _check_url(var, url, ("http", "https"))
        return url

    def header(self, var: Any, default: Any) -> Any:
        """Text that is valid as a header value."""
        value = self.str(var, default=default)
        if not (value.isascii() and value.isprintable()):
            raise _wrong(var, value, "a header takes printable ASCII characters only")
        return value

    def certificates(self, var: Any) -> Any:
        """The path of a readable PEM file, or empty."""
        path = self.str(var, default="")
        if path:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
            except ssl.SSLError:
                raise StartFault(
                    f"{var}: {path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)."
                ) from None
            except OSError as error:
                raise StartFault(f"{var}: {path} cannot be read: {os.strerror(error.errno or 0)}.") from None
        return path


def _cast(var: str, text: str, cast: Any) -> Any:
    if cast is bool:
        return _flag(var, text)
    if cast in (int, float):
        return _number(var, text, cast)
    if cast is list or isinstance(cast, list):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return parts if cast is list else [_cast(var, part, cast[0]) for part in parts]
    return text


def _flag(var: str, text: str) -> bool:
    word = text.strip().lower()
    if word not in TRUE + FALSE:
        raise _wrong(var, text, "it takes true or false")
    return word in TRUE


def _number(var: str, text: str, kind: Any) -> Any:
    least, most = BOUNDS.get(var, OTHER_BOUNDS)
    wanted = f"it takes {'whole numbers' if kind is int else 'numbers'} from {least:g} to {most:.10g}"
    try:
        number = kind(text)
    except ValueError:
        raise _wrong(var, text, wanted) from None
    if not (math.isfinite(number) and least <= number <= most):
        raise _wrong(var, text, wanted)
    return number


def _check_url(var: str, url: str, schemes: Sequence[str]) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in schemes and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good:
        known = ", ".join(f"{scheme}://" for scheme in schemes)
        raise StartFault(
            f"{var} is no URL that is known here: it must begin with one of {known}, and a port is a number."
        )


def _wrong(var: str, text: str, wanted: str) -> StartFault:
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    return StartFault(f"{var} is {shown!r}: {wanted}.")
