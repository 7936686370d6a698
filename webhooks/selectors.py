"""Queries for the REST API, the console, the commands and the health checks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.models import Account, AuditEntry
from events.models import Event
from webhooks.engine.lifecycle import CLAIMS_AT_MOST, Status
from webhooks.models import Attempt, Check, Delivery, Endpoint, InjectedFault, Notice, QueueEntry, Worker

WORKER_IS_LATE_AFTER = timedelta(seconds=10)


def sandboxes(*, account: Account, now: datetime) -> QuerySet[Account]:
    """The unexpired sandboxes that the account created; for a sandbox, itself."""
    return Account.objects.filter(Q(parent=account) | Q(pk=account.pk), expires_at__gt=now)


def endpoints(*, account: Account) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(account=account).exclude(status=Endpoint.Status.DELETED).order_by("-id")


def running_endpoints(*, account: Account) -> int:
    return account.endpoints.filter(status=Endpoint.Status.RUNNING).count()


def running_by_account(accounts: Iterable[Account]) -> dict[int, int]:
    """Number of running endpoints by account id; accounts without one are missing."""
    running = Endpoint.objects.filter(account__in=list(accounts), status=Endpoint.Status.RUNNING)
    return dict(running.values_list("account_id").annotate(count=Count("id")))


def deliveries(*, account: Account) -> QuerySet[Delivery]:
    return Delivery.objects.filter(account=account).select_related("event", "endpoint", "queue_entry").order_by("-id")


def deliveries_with_attempts(*, account: Account) -> QuerySet[Delivery]:
    attempts = Prefetch("attempts", Attempt.objects.order_by("number"))
    return deliveries(account=account).prefetch_related(attempts)


def events(*, account: Account) -> QuerySet[Event]:
    in_order = Prefetch("deliveries", Delivery.objects.order_by("id"))
    return Event.objects.filter(account=account).prefetch_related(in_order).order_by("-id")


def checks(*, account: Account) -> QuerySet[Check]:
    """Checks of receivers, newest first, without the column `results`, which is large."""
    return Check.objects.filter(account=account).defer("results").select_related("endpoint").order_by("-id")


def notices(*, account: Account) -> QuerySet[Notice]:
    return Notice.objects.filter(account=account).select_related("endpoint").order_by("-id")


def faults(*, account: Account) -> QuerySet[InjectedFault]:
    """The account's injected faults, newest first, except those of deleted endpoints."""
    kept = InjectedFault.objects.filter(endpoint__account=account).exclude(endpoint__status=Endpoint.Status.DELETED)
    return kept.select_related("endpoint__account").order_by("-id")


FEW = 3
"""How many of an endpoint's newest deliveries `RecentDeliveries` looks at."""


@dataclass(frozen=True, slots=True)
class Recent:
    """An endpoint's newest `FEW` deliveries, newest first, and whether it has an unread failure notice."""

    deliveries: list[Delivery]
    has_unread_notice: bool

    @property
    def is_failing(self) -> bool:
        """Whether all of them that ended failed (and at least one did), or there is an unread notice."""
        ended = self._ended()
        return self.has_unread_notice or (bool(ended) and all(each.status == Status.FAILED for each in ended))

    @property
    def last_ended(self) -> Delivery | None:
        return next(iter(self._ended()), None)

    def _ended(self) -> list[Delivery]:
        return [each for each in self.deliveries if each.status in (Status.DELIVERED, Status.FAILED)]


def recent(*, endpoints: Sequence[Endpoint]) -> dict[int, Recent]:
    """The recent deliveries of each of these endpoints, by endpoint id."""
    of_endpoint = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by("-id").values("id")
    newest = {f"newest_{place}": Subquery(of_endpoint[place : place + 1]) for place in range(FEW)}
    ids = [each.pk for each in endpoints]
    rows = {
        pk: found for pk, *found in Endpoint.objects.filter(pk__in=ids).annotate(**newest).values_list("pk", *newest)
    }
    found = Delivery.objects.in_bulk([each for row in rows.values() for each in row if each])
    unread = set(Notice.objects.filter(endpoint__in=ids, read_at=None).values_list("endpoint_id", flat=True))
    return {pk: Recent([found[each] for each in rows.get(pk, []) if each in found], pk in unread) for pk in ids}


def audit_entries(*, endpoint: Endpoint) -> QuerySet[AuditEntry]:
    """The endpoint's audit entries, newest first, also those made under an earlier name."""
    named = AuditEntry.objects.filter(account_id=endpoint.account_id, target__startswith=f"endpoint {endpoint.pk} (")
    return named.order_by("-id")


def last_deliveries(*, endpoint: Endpoint, count: int) -> list[Delivery]:
    """The newest of one endpoint. Not filtered by account: the planner might then scan the account's whole log."""
    return list(Delivery.objects.filter(endpoint=endpoint).order_by("-id")[:count])


def last_attempts(*, delivery: Delivery, count: int) -> list[Attempt]:
    """The newest attempts of a delivery, in the order in which they were made."""
    return list(delivery.attempts.order_by("-number")[:count])[::-1]


def deliveries_of_event(*, event: Event) -> QuerySet[Delivery]:
    """An event's deliveries to every endpoint, redeliveries under a new key included."""
    return Delivery.objects.filter(event=event).select_related("endpoint").order_by("id")


def is_event_done(*, event_id: int) -> bool:
    """Whether every delivery of the event has ended."""
    return not Delivery.objects.filter(event_id=event_id, status=Status.PENDING).exists()


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a component that the simulator needs, and a sentence about it."""

    is_good: bool
    detail: str


def worker_health(*, now: datetime) -> Health:
    seen = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    if seen is None:
        return Health(False, "No worker has started yet. Start one with: maac-sim worker")
    age = now - seen
    return Health(age <= WORKER_IS_LATE_AFTER, f"last heartbeat {max(0.0, age.total_seconds()):.1f} s ago")


RUN_ERROR_MATTERS_FOR = timedelta(minutes=1)


def delivering_health(*, now: datetime) -> Health:
    """Whether no delivery run raised within the last minute, and every claimed delivery is settled in the end."""
    failing = Worker.objects.filter(error_at__gt=now - RUN_ERROR_MATTERS_FOR).order_by("-error_at").first()
    if failing:
        detail = f"An exception ({failing.error}) interrupted the delivery run of worker {failing.name}; see its log."
        return Health(False, detail)
    unsettled = QueueEntry.objects.filter(claims__gte=CLAIMS_AT_MOST).count()
    if unsettled:
        detail = (
            f"{unsettled} deliveries were claimed {CLAIMS_AT_MOST} times without being settled; see the workers' log."
        )
        return Health(False, detail)
    return Health(True, "deliveries are settled")


OVERDUE_AFTER = timedelta(seconds=5)
"""A delivery that has been due for longer means that workers are missing or overloaded."""
COUNTED_AT_MOST = 100_000
CLAIM_LASTS_AT_MOST = timedelta(seconds=30)

_COUNTED = """
SELECT coalesce(sum(CASE WHEN due_at <= %s THEN 1 ELSE 0 END), 0),
       coalesce(sum(CASE WHEN due_at <= %s THEN 1 ELSE 0 END), 0)
FROM (SELECT due_at FROM webhooks_queueentry LIMIT %s) AS waiting
"""
_BY_ENDPOINT = """
WITH RECURSIVE visit(endpoint_id) AS (
    SELECT min(endpoint_id) FROM webhooks_queueentry
    UNION ALL
    SELECT (SELECT min(endpoint_id) FROM webhooks_queueentry WHERE endpoint_id > visit.endpoint_id)
    FROM visit WHERE visit.endpoint_id IS NOT NULL
)
SELECT min((SELECT min(due_at) FROM webhooks_queueentry WHERE endpoint_id = visit.endpoint_id)),
       coalesce(sum((SELECT count(*) FROM webhooks_queueentry
            WHERE endpoint_id = visit.endpoint_id AND due_at > %s AND due_at <= %s AND claim_token <> '')), 0)
FROM visit WHERE endpoint_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Queue:
    """The state of the queue. `due` and `overdue` are counted among at most `COUNTED_AT_MOST` rows."""

    due: int
    overdue: int
    oldest_due_age: float
    """Seconds; 0 when nothing is due."""
    in_flight: int
    claimed_again: int
    """Entries that were claimed more than once since they were last settled."""


def queue(*, now: datetime) -> Queue:
    """The queue's state. The cost grows with the number of endpoints in the queue, not with its length."""
    lease_end = now + timedelta(seconds=settings.WEBHOOK_ATTEMPT_TIMEOUT) + CLAIM_LASTS_AT_MOST
    as_stored = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [as_stored(now), as_stored(now - OVERDUE_AFTER), COUNTED_AT_MOST])
        due, overdue = cursor.fetchone()
        cursor.execute(_BY_ENDPOINT, [as_stored(now), as_stored(lease_end)])
        first, in_flight = cursor.fetchone()
    if isinstance(first, str):
        first = datetime.fromisoformat(first).replace(tzinfo=UTC)
    age = max(0.0, (now - first).total_seconds()) if first else 0.0
    return Queue(int(due), int(overdue), age, int(in_flight), QueueEntry.objects.filter(claims__gt=1).count())


def worker_ages(*, now: datetime) -> dict[str, float]:
    """Seconds since each worker's last heartbeat, by worker name."""
    seen = Worker.objects.order_by("name").values_list("name", "seen_at")
    return {name: max(0.0, (now - seen_at).total_seconds()) for name, seen_at in seen}
