"""Keep note of the workers that live."""

from datetime import datetime, timedelta

from webhooks.models import Worker

FORGOTTEN_AFTER = timedelta(days=1)


def note(*, name: str, now: datetime) -> None:
    """This worker was alive at `now`."""
    if not Worker.objects.filter(name=name).update(seen_at=now):
        Worker.objects.update_or_create(
            name=name, defaults={"seen_at": now}, create_defaults={"seen_at": now, "started_at": now}
        )
        Worker.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
