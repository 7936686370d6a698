"""Deletes what happened in the modules when it is as old as events are kept; settings and templates stay.

Uniqueness ends with the deleted row: a receipt's number can be uploaded again, a survey that takes one answer per
contact can be answered again, a grant key and a voucher's code can be reused, and an open can be the first of its
message event again. A bind link opens nothing any more. A grant takes its points with it, spent or not. A message is
deleted with its recipients, opens and clicks, however recent these are; a play with its message event.
"""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, RestrictedError

from modules.binding.models import BindLink
from modules.contacts.models import ContactImport, Tagging
from modules.links import models as links
from modules.messages.models import Broadcast, Click, DirectMessage, MessageEvent, Open
from modules.notifications.models import Binding, Message
from modules.openapi.models import Call, ScriptedFailure
from modules.points.models import Grant, Voucher
from modules.receipts.models import Upload
from modules.surveys.models import Submission
from modules.traffic.bulk import EVENT
from modules.traffic.models import Play
from modules.traffic.scenario import OPEN
from webhooks.services.retention import TimeBudget

AT_A_TIME = 200
PLAYS_WITH_EVENT = 100
"""Number of an account's newest plays that keep their message event, since an account has a limit of these."""


def prune(
    *, now: datetime, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Delete rows older than WEBHOOK_RETENTION_DAYS, oldest first, for a few seconds at most; returns their number."""
    days = settings.WEBHOOK_RETENTION_DAYS
    before = now - timedelta(days=days) if days > 0 else None
    budget = TimeBudget(clock, sleep)
    removed = _prune_message_events(before, budget) + _prune_calls(budget)
    if before is None:
        return removed
    return removed + sum(_prune(rows, moment, before, budget) for rows, moment in _happened(before))


def _happened(before: datetime) -> list[tuple[QuerySet[Any], str]]:
    """Rows that can be deleted, and their time column. Child rows, such as recipients, are deleted with them."""
    return [
        (Message.objects.filter(due_at=None), "created_at"),
        (Binding.objects.all(), "created_at"),
        (BindLink.objects.all(), "created_at"),
        (Submission.objects.all(), "submitted_at"),
        (Upload.objects.all(), "uploaded_at"),
        (Grant.objects.all(), "granted_at"),
        (Voucher.objects.all(), "created_at"),
        (Click.objects.all(), "clicked_at"),
        (Call.objects.all(), "called_at"),
        (ScriptedFailure.objects.all(), "expires_at"),
        (Open.objects.all(), "opened_at"),
        (DirectMessage.objects.all(), "created_at"),
        (links.Click.objects.all(), "clicked_at"),
        (links.AutoReplyAct.objects.all(), "acted_at"),
        (links.BehaviorRow.objects.all(), "ingested_at"),
        (Broadcast.objects.all(), "sent_at"),
        (ContactImport.objects.exclude(status=ContactImport.Status.RUNNING), "started_at"),
        (Play.objects.exclude(status=Play.Status.RUNNING), "started_at"),
        # The end of a tag on a contact does not follow the order of ids.
        (Tagging.objects.filter(expires_at__lt=before), "expires_at"),
    ]


def _prune_message_events(before: datetime | None, budget: TimeBudget) -> int:
    """Remove the message events of plays that are old, or that many have followed, with the messages of the play."""
    newer: Counter[int] = Counter()
    removed = 0
    ended = Play.objects.exclude(status=Play.Status.RUNNING).filter(fixtures__has_key=EVENT).order_by("-id")
    for play in ended.only("account_id", "fixtures", "started_at"):
        newer[play.account_id] += 1
        is_old = before is not None and play.started_at < before
        if is_old or newer[play.account_id] > PLAYS_WITH_EVENT:
            removed += _remove_message_event(play, budget)
    return removed


def _prune_calls(budget: TimeBudget) -> int:
    """Keep the newest calls of the Open API alone: a load test fills the log in hours."""
    newest = Call.objects.order_by("-id").values_list("id", flat=True).first() or 0
    removed = 0
    while budget.next_step():
        old = list(
            Call.objects.filter(id__lte=newest - settings.OPENAPI_LOG_CALLS)
            .order_by("id")
            .values_list("id", flat=True)[:AT_A_TIME]
        )
        if not old:
            break
        removed += Call.objects.filter(pk__in=old)._raw_delete("default") or 0
    return removed


def _remove_message_event(play: Play, budget: TimeBudget) -> int:
    event_id, removed = play.fixtures[EVENT], 0
    messages = DirectMessage.objects.filter(template=play.fixtures[OPEN], event=event_id)
    while budget.next_step():
        if ids := list(messages.values_list("pk", flat=True)[:AT_A_TIME]):
            DirectMessage.objects.filter(pk__in=ids).delete()
            removed += len(ids)
            continue
        # A message event that was also used for other messages stays.
        with suppress(RestrictedError), transaction.atomic():
            removed += MessageEvent.objects.filter(pk=event_id).delete()[0]
        del play.fixtures[EVENT]
        play.save(update_fields=["fixtures"])
        break
    return removed


def _prune(rows: QuerySet[Any], moment: str, before: datetime, budget: TimeBudget) -> int:
    """Remove rows from the start of the table until one is young enough."""
    removed = 0
    while budget.next_step():
        oldest = rows.order_by("id").values_list("id", moment)[:AT_A_TIME]
        old = [row_id for row_id, at in oldest if at < before]
        if not old:
            break
        rows.filter(pk__in=old).delete()
        removed += len(old)
    return removed
