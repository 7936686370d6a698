"""Records the heartbeats of workers."""

from datetime import datetime, timedelta

from webhooks.models import Worker
from webhooks.services.delivery_run import RunError

FORGOTTEN_AFTER = timedelta(days=1)


def note(*, name: str, now: datetime, error: RunError | None = None) -> None:
    """Store a heartbeat; `error` is the last exception that ended a turn of the worker's delivery run."""
    seen = {"seen_at": now, "error": error.kind if error else "", "error_at": error.at if error else None}
    if not Worker.objects.filter(name=name).update(**seen):
        Worker.objects.update_or_create(name=name, defaults=seen, create_defaults={**seen, "started_at": now})
        Worker.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
