"""Forget what happened in the modules as long ago as the events that came of it; what was set up stays.

What goes takes its memory along: a receipt's number can then be uploaded once more, a survey that each contact answers
once be answered again, the key of a grant be used for another, and the first open of a message event be told anew. A
message takes its recipients and opens along, however young these are.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from modules.contacts.models import ContactImport
from modules.messages.models import Broadcast, DirectMessage, Open
from modules.notifications.models import Binding, Message
from modules.points.models import Grant
from modules.receipts.models import Upload
from modules.surveys.models import Submission
from modules.traffic.models import Play
from webhooks.services.retention import Patience

AT_A_TIME = 200


def prune(
    *, now: datetime, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Remove what is older than WEBHOOK_RETENTION_DAYS, from the oldest, for some seconds at most; how many rows."""
    if settings.WEBHOOK_RETENTION_DAYS <= 0:
        return 0
    before = now - timedelta(days=settings.WEBHOOK_RETENTION_DAYS)
    patience = Patience(clock, sleep)
    return sum(_prune(rows, moment, before, patience) for rows, moment in _happened())


def _happened() -> list[tuple[QuerySet[Any], str]]:
    """What happened and is over, and when it did. Their parts, such as recipients, go with them."""
    return [
        (Message.objects.filter(due_at=None), "created_at"),
        (Binding.objects.all(), "created_at"),
        (Submission.objects.all(), "submitted_at"),
        (Upload.objects.all(), "uploaded_at"),
        (Grant.objects.all(), "granted_at"),
        (Open.objects.all(), "opened_at"),
        (DirectMessage.objects.all(), "created_at"),
        (Broadcast.objects.all(), "sent_at"),
        (ContactImport.objects.exclude(status=ContactImport.Status.RUNNING), "started_at"),
        (Play.objects.exclude(status=Play.Status.RUNNING), "started_at"),
    ]


def _prune(rows: QuerySet[Any], moment: str, before: datetime, patience: Patience) -> int:
    """Remove rows from the start of the table until one is young enough."""
    removed = 0
    while patience.goes_on():
        oldest = rows.order_by("id").values_list("id", moment)[:AT_A_TIME]
        old = [row_id for row_id, at in oldest if at < before]
        if not old:
            break
        rows.filter(pk__in=old).delete()
        removed += len(old)
    return removed
