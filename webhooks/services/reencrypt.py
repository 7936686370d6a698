"""Re-encrypts share secrets and preset headers with the first encryption key, so that the others can be removed."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from webhooks.models import Endpoint
from webhooks.secrets import SecretUnreadable, reencrypted

BATCH = 500
NEEDED = ("share_secret", "preset_headers")
"""The columns without which nothing can be sent."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Totals after a batch: rows read, rows rewritten, and ids of endpoints whose secrets no key decrypts."""

    seen: int = 0
    rewritten: int = 0
    unreadable: tuple[int, ...] = ()


def reencrypt(*, batch: int = BATCH) -> Iterator[Progress]:
    """Re-encrypt all endpoints' secrets, deleted ones included, a transaction a batch; can be interrupted and rerun."""
    progress, last = Progress(), 0
    while True:
        last, step = _rewrite(after=last, batch=batch)
        if not step.seen:
            return
        progress = Progress(
            progress.seen + step.seen, progress.rewritten + step.rewritten, progress.unreadable + step.unreadable
        )
        yield progress


@transaction.atomic
def _rewrite(*, after: int, batch: int) -> tuple[int, Progress]:
    """Re-encrypt a batch; return its last id and counts. Row locks keep a concurrent rotation from being undone."""
    endpoints = Endpoint.of_any_kind.select_for_update(no_key=True, of=("self",))
    texts = {f"stored_{name}": Cast(name, TextField()) for name in (*NEEDED, "previous_secret")}
    stored = list(endpoints.filter(pk__gt=after).order_by("pk").annotate(**texts).values_list("pk", *texts)[:batch])
    rewritten = 0
    unreadable = []
    for pk, *values, previous in stored:
        try:
            fresh = {name: reencrypted(value) for name, value in zip(NEEDED, values, strict=True) if value}
        except SecretUnreadable:
            unreadable.append(pk)
            continue
        changed = {name: value for name, value in fresh.items() if value}
        rewritten += Endpoint.of_any_kind.filter(pk=pk).update(**changed) if changed else 0
        _rewrite_previous(pk, previous)
    return stored[-1][0] if stored else after, Progress(len(stored), rewritten, tuple(unreadable))


def _rewrite_previous(pk: int, value: str | None) -> None:
    """Re-encrypt a previous secret. One that cannot be decrypted is not reported, since no delivery needs it."""
    with suppress(SecretUnreadable):
        if value and (fresh := reencrypted(value)):
            Endpoint.objects.filter(pk=pk).update(previous_secret=fresh)
