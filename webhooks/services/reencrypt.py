"""Bring every share secret under the first encryption key, so that the others can be taken out of the settings."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from webhooks.models import Endpoint
from webhooks.secrets import SecretUnreadable, reencrypted

BATCH = 500
SECRETS = ("share_secret", "previous_secret")
"""Columns of an endpoint. One that cannot be read leaves both as they are."""


@dataclass(frozen=True, slots=True)
class Progress:
    """After a batch: how many rows were looked at and rewritten so far, and which cannot be decrypted by any key."""

    seen: int = 0
    rewritten: int = 0
    unreadable: tuple[int, ...] = ()


def reencrypt(*, batch: int = BATCH) -> Iterator[Progress]:
    """Go through the endpoints, deleted ones included, a transaction a batch; may be stopped and run again."""
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
    """The rows stay locked meanwhile: a secret that is being rotated must not be put back."""
    rows = Endpoint.objects.select_for_update(of=("self",)).filter(pk__gt=after).order_by("pk")[:batch]
    texts = {f"stored_{name}": Cast(name, TextField()) for name in SECRETS}
    stored = list(rows.annotate(**texts).values_list("pk", *texts))
    rewritten = 0
    unreadable = []
    for pk, *values in stored:
        try:
            fresh = {name: reencrypted(value) for name, value in zip(SECRETS, values, strict=True) if value is not None}
        except SecretUnreadable:
            unreadable.append(pk)
            continue
        changes = {name: value for name, value in fresh.items() if value is not None}
        rewritten += Endpoint.objects.filter(pk=pk).update(**changes) if changes else 0
    return stored[-1][0] if stored else after, Progress(len(stored), rewritten, tuple(unreadable))
