"""Raises a module's error for faults found by its rules."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from webhooks.errors import InvalidInput


def refuse(faults: Mapping[str, str], error: type[InvalidInput]) -> None:
    """Raise the error with the faults by field, translated into the active language; does nothing without faults."""
    if not faults:
        return
    messages = {field: [_(fault)] for field, fault in faults.items()}
    field, (message,) = next(iter(messages.items()))
    raise error(f"{field}: {message}", messages)
