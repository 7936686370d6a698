"""Keep note of the workers that live."""

from datetime import datetime, timedelta

from webhooks.models import Worker
from webhooks.services.deliver import RunError

FORGOTTEN_AFTER = timedelta(days=1)


def note(*, name: str, now: datetime, error: RunError | None = None) -> None:
    """This worker was alive at `now`; `error` is the last one that ended a turn of its delivery run."""
    seen = {"seen_at": now, "error": error.kind if error else "", "error_at": error.at if error else None}
    if not Worker.objects.filter(name=name).update(**seen):
        Worker.objects.update_or_create(name=name, defaults=seen, create_defaults={**seen, "started_at": now})
        Worker.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
