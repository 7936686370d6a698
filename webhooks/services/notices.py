"""Creates failure notices, shown on the console and in the API and sent by e-mail, for endpoints that keep failing.

An endpoint keeps failing if its last WEBHOOK_NOTICE_IN_A_ROW deliveries failed, or the share WEBHOOK_NOTICE_RATE of
those that ended within the last hour did. Test events do not count. An endpoint gets at most one notice an hour.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from accounts.models import Account
from webhooks import metrics
from webhooks.engine.job import Reason
from webhooks.engine.lifecycle import Status
from webhooks.errors import EndpointNotRunning, PausedEndpointLimit
from webhooks.models import Attempt, Delivery, Endpoint, Notice, QueueEntry
from webhooks.services import endpoints

IN_A_ROW = "failed_in_a_row"
RATE = "failure_rate"
AUTO_PAUSE = "automatic pause"
"""The actor in the audit log when a notice pauses an endpoint."""
LOOK_BACK = timedelta(seconds=90)
"""Longer than the minute between two runs, so that no failure is missed."""
WINDOW = timedelta(hours=1)
QUIET_FOR = timedelta(hours=1)
FEWEST_FOR_A_RATE = 20
ROWS_LOOKED_AT = 200
ATTEMPTS_LOOKED_AT = 100_000
FAILURES_LOOKED_AT = 20_000
IDS_AT_A_TIME = 500
RUN_SECONDS = 5.0

log = logging.getLogger(__name__)


class Finished(NamedTuple):
    """A delivery that was delivered or failed."""

    finished_at: datetime
    status: str
    reason: str
    status_code: int | None

    @property
    def has_failed(self) -> bool:
        return self.status == Status.FAILED


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an endpoint gets a notice: `failed` of `finished` deliveries failed; `last` is the newest failure."""

    reason: str
    failed: int
    finished: int
    since: datetime
    last: Finished


def give_notices(*, now: datetime, clock: Callable[[], float] = time.monotonic) -> list[Notice]:
    """Create and mail notices for endpoints that keep failing, among those with recent failures; return the notices."""
    end = clock() + RUN_SECONDS
    given = []
    for endpoint in _suspects(now):
        if clock() > end:
            break
        finding = find(_finished(endpoint.pk, now))
        notice = _give(endpoint, finding, now) if finding else None
        if notice:
            given.append(notice)
            if endpoint.account.parent_id is None:  # Tests in sandboxes make deliveries fail on purpose.
                _mail(notice)
    return given


def find(finished: Sequence[Finished]) -> Finding | None:
    """The reason for a notice in these deliveries, newest first; None if there is none."""
    in_a_row = list(takewhile(lambda delivery: delivery.has_failed, finished))
    if in_a_row and len(in_a_row) >= settings.WEBHOOK_NOTICE_IN_A_ROW:
        return _finding(IN_A_ROW, in_a_row, len(in_a_row))
    failed = [delivery for delivery in finished if delivery.has_failed]
    if len(finished) >= FEWEST_FOR_A_RATE and failed and len(failed) >= settings.WEBHOOK_NOTICE_RATE * len(finished):
        return _finding(RATE, failed, len(finished))
    return None


def mark_read(*, notice: Notice, now: datetime) -> Notice:
    """Set `read_at`, unless it is set already."""
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=now)
    notice.refresh_from_db(fields=["read_at"])
    return notice


def mark_all_read(*, account: Account, now: datetime) -> int:
    """Mark the account's unread notices as read; return how many there were."""
    return Notice.objects.filter(account=account, read_at=None).update(read_at=now)


def _finding(reason: str, failed: Sequence[Finished], finished: int) -> Finding:
    return Finding(reason, len(failed), finished, since=failed[-1].finished_at, last=failed[0])


def _suspects(now: datetime) -> Iterable[Endpoint]:
    """Running endpoints with a failed delivery within `LOOK_BACK`, except those with a notice within `QUIET_FOR`."""
    ids = _endpoints_of_failures(now)
    notified = Notice.objects.filter(endpoint_id__in=ids, created_at__gt=now - QUIET_FOR).values_list("endpoint_id")
    running = Endpoint.objects.filter(pk__in=ids, status=Endpoint.Status.RUNNING).exclude(pk__in=notified)
    return running.select_related("account").order_by("id")


def _endpoints_of_failures(now: datetime) -> set[int]:
    """Ids of endpoints with failures. Attempts and deliveries are read separately: SQLite would scan for a join."""
    attempts = Attempt.objects.filter(pk__gt=_attempt_before(now - LOOK_BACK)).exclude(reason=Reason.OK)
    delivery_ids = list(attempts.order_by("-id").values_list("delivery_id", flat=True)[:FAILURES_LOOKED_AT])
    ids: set[int] = set()
    for start in range(0, len(delivery_ids), IDS_AT_A_TIME):
        some = Delivery.objects.filter(pk__in=delivery_ids[start : start + IDS_AT_A_TIME], is_test=False)
        ids |= set(some.filter(status=Status.FAILED).values_list("endpoint_id", flat=True))
    return ids


def _attempt_before(time: datetime) -> int:
    """The id of an attempt that started before `time`, found by growing steps back from the newest.

    If there are more than `ATTEMPTS_LOOKED_AT` since then, the id of a later attempt.
    """
    attempts = Attempt.objects.order_by("-id").values_list("id", "started_at")
    newest = attempts.first()
    back = 100
    while newest and back < ATTEMPTS_LOOKED_AT:
        earlier = attempts.filter(pk__lte=newest[0] - back).first()
        if earlier is None or earlier[1] < time:
            return earlier[0] if earlier else 0
        back *= 4
    return max(0, newest[0] - ATTEMPTS_LOOKED_AT) if newest else 0


def _finished(endpoint_id: int, now: datetime) -> list[Finished]:
    """The endpoint's deliveries that ended within the last hour, newest first, among the `ROWS_LOOKED_AT` rows below.

    Rows are sent in the order of their due times, so those that ended last have ids just below the oldest pending
    delivery, however long the queue is; without a backlog they have the highest ids.
    """
    rows = Delivery.objects.filter(endpoint_id=endpoint_id).order_by("-id")
    waiting = QueueEntry.objects.filter(endpoint_id=endpoint_id).order_by("due_at")
    first = waiting.values_list("delivery_id", flat=True).first()
    columns = ("id", "is_test", *Finished._fields)
    seen = set(rows.values_list(*columns)[:ROWS_LOOKED_AT])
    if first is not None:
        seen |= set(rows.filter(pk__lt=first).values_list(*columns)[:ROWS_LOOKED_AT])
    ended = [
        Finished(*row)
        for _, is_test, *row in seen
        if not is_test and row[0] and row[0] > now - WINDOW and row[1] in (Status.DELIVERED, Status.FAILED)
    ]
    return sorted(ended, key=lambda delivery: delivery.finished_at, reverse=True)


@transaction.atomic
def _give(endpoint: Endpoint, finding: Finding, now: datetime) -> Notice | None:
    """Store the notice, unless another worker has stored one. Pauses the endpoint if WEBHOOK_AUTO_PAUSE is on."""
    locked = endpoints.lock_endpoint(endpoint)
    if locked.notices.filter(created_at__gt=now - QUIET_FOR).exists():
        return None
    is_paused = settings.WEBHOOK_AUTO_PAUSE and _is_paused(endpoint, now)
    notice = Notice.objects.create(
        account=endpoint.account,
        endpoint=endpoint,
        reason=finding.reason,
        message=_message(endpoint, finding, is_paused=is_paused),
        failed=finding.failed,
        finished=finding.finished,
        since=finding.since,
        last_reason=finding.last.reason,
        last_status_code=finding.last.status_code,
        has_paused=is_paused,
        created_at=now,
    )
    metrics.NOTICES.labels(finding.reason).inc()
    return notice


def _is_paused(endpoint: Endpoint, now: datetime) -> bool:
    try:
        endpoints.pause(endpoint=endpoint, now=now, actor=AUTO_PAUSE)
    except (EndpointNotRunning, PausedEndpointLimit):
        return False
    return True


def _message(endpoint: Endpoint, finding: Finding, *, is_paused: bool) -> str:
    account = endpoint.account
    since = finding.since.astimezone(account.zone_info)
    if finding.reason == IN_A_ROW:
        failed = f"the last {finding.failed} deliveries in a row"
    else:
        failed = f"{finding.failed} of the last {finding.finished} deliveries"
    status = f" (HTTP {finding.last.status_code})" if finding.last.status_code else ""
    if is_paused:
        outcome = "The endpoint has been paused. Events that happen until it is resumed will not be sent to it."
    else:
        outcome = "The endpoint stays running, and new events are still sent to it."
    return "\n".join(
        [
            f"A webhook endpoint of {account.name} keeps failing.",
            "",
            f"Account:  {account.name}",
            f"Endpoint: {endpoint.name} (id {endpoint.pk})",
            f"URL:      {endpoint.url}",
            f"Reason:   {finding.last.reason}{status}",
            f"Failed:   {failed}, since {since:%Y-%m-%d %H:%M:%S} ({account.time_zone})",
            "",
            outcome,
            "",
            "What to do: see the failed deliveries and their attempts in the log. Check that the receiver runs, can be",
            "reached at this URL and answers 200 within ten seconds. Send a test event. Then redeliver what failed.",
        ]
    )


def _mail(notice: Notice) -> None:
    """Mail the notice to the recipients in the settings. If the mail server fails, the notice still stands."""
    recipients: list[str] = settings.WEBHOOK_NOTICE_EMAIL
    if not recipients:
        return
    subject = " ".join(f"[MAAC] Webhook endpoint keeps failing: {notice.endpoint.name}".split())
    try:
        send_mail(subject, notice.message, None, recipients)
    except Exception as error:
        log.warning("The notice about endpoint %d could not be mailed: %s", notice.endpoint_id, error)
