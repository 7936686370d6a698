"""The tables of webhooks: endpoints, deliveries and their queue, attempts, injected faults, checks.

The table of statistics is in webhooks/delivery_stats.py.
"""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from events.models import Event
from webhooks.delivery_stats import DURATION_BOUNDS_MS as DURATION_BOUNDS_MS
from webhooks.delivery_stats import DeliveryStats as DeliveryStats
from webhooks.engine.lifecycle import DONE, Status
from webhooks.secrets import EncryptedField


def new_idempotency_key() -> str:
    return uuid.uuid4().hex


class WebhookEndpoints(models.Manager["Endpoint"]):
    """The webhook endpoints: what people see, count and subscribe. The rows of binding callbacks are left out."""

    def get_queryset(self) -> "models.QuerySet[Endpoint]":
        return super().get_queryset().filter(kind=Endpoint.Kind.WEBHOOK)


class Endpoint(models.Model):
    """A receiver's URL and the event types it subscribes to. A deleted endpoint's row stays, for its deliveries' log.

    A row of the kind *callback* is the address of an account's binding callback, at most one that is not deleted. Its
    deliveries are not signed; they carry the preset headers, a JSON object from name to value. `objects` leaves these
    rows out, `of_any_kind` does not.

    Options beyond MAAC, for receivers under development: `verify_tls` false accepts self-signed certificates,
    `host_override` is sent as the Host header, `extra_headers` are up to ten static headers, name to value,
    `retry_waits` (seconds before each retry) override the account's. The `previous_secret` is kept for injected
    faults and for the tools that explain signatures and check receivers.
    """

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        DELETED = "deleted", "Deleted"

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        CALLBACK = "callback", "Binding callback"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="endpoints")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.WEBHOOK, db_default=Kind.WEBHOOK)
    name = models.CharField(max_length=100)
    url = models.CharField(max_length=2000)
    event_types = models.JSONField(default=list)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    share_secret = EncryptedField()
    previous_secret = EncryptedField(null=True, blank=True)
    preset_headers = EncryptedField(null=True, blank=True)
    verify_tls = models.BooleanField(default=True)
    host_override = models.CharField(max_length=255, default="", blank=True)
    extra_headers = models.JSONField(default=dict, blank=True)
    retry_waits = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookEndpoints()
    of_any_kind: "models.Manager[Endpoint]" = models.Manager()

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        constraints = [
            models.UniqueConstraint(
                name="endpoint_one_callback",
                fields=["account"],
                condition=Q(kind="callback") & ~Q(status="deleted"),
            ),
            models.CheckConstraint(
                name="endpoint_deleted_has_its_time",
                condition=Q(status="deleted", deleted_at__isnull=False)
                | (~Q(status="deleted") & Q(deleted_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One event to be sent to one endpoint. While it is pending, it has a `QueueEntry` row with its due time.

    `series_start` is the number of attempts made before the current series (a redelivery begins a new one).
    Columns that change when an attempt is settled have no index, so PostgreSQL can do heap-only (HOT) updates.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    topic = models.CharField(max_length=50)
    is_test = models.BooleanField(default=False)
    idempotency_key = models.CharField(max_length=32, unique=True, default=new_idempotency_key)
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in Status], default=Status.PENDING)
    reason = models.CharField(max_length=30, default="", blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    attempt_count = models.PositiveIntegerField(default=0)
    series_start = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    redelivery_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["account", "-id"], name="delivery_newest"),
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
            models.Index(fields=["redelivery_of"], name="delivery_copies", condition=Q(redelivery_of__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="delivery_done_has_its_time",
                condition=Q(status=Status.PENDING.value, finished_at__isnull=True)
                | Q(status__in=[s.value for s in DONE], finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.idempotency_key


class QueueEntry(models.Model):
    """The queue: a pending delivery, and the time from which a worker may claim it.

    A claimed entry has a `claim_token`, and its `due_at` is when the lease ends and another worker may claim it. A
    worker that settles after its lease was taken over is refused by the token. The table is separate from the
    deliveries so that it stays small, however long the log grows. `claims` counts claims since the last settlement.
    """

    delivery = models.OneToOneField(
        Delivery, primary_key=True, on_delete=models.CASCADE, related_name="queue_entry", db_constraint=False
    )
    endpoint_id = models.BigIntegerField()
    due_at = models.DateTimeField()
    claim_token = models.CharField(max_length=32, default="", blank=True)
    claims = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["endpoint_id", "due_at"], name="entry_of_endpoint"),
            models.Index(fields=["claims"], name="entry_claimed_again", condition=Q(claims__gt=1)),
        ]

    def __str__(self) -> str:
        return f"Due at {self.due_at}"


class Attempt(models.Model):
    """One HTTP request for a delivery, and its outcome. Times in milliseconds.

    `fault` is the kind of the injected fault that was applied; `request_body` is what was sent, null if that was the
    event's body.
    """

    # No constraint: the statement that stores an attempt has just updated its delivery, so it exists.
    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="attempts", db_index=False, db_constraint=False
    )
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.FloatField()
    dns_ms = models.FloatField(null=True, blank=True)
    connect_ms = models.FloatField(null=True, blank=True)
    tls_ms = models.FloatField(null=True, blank=True)
    first_byte_ms = models.FloatField(null=True, blank=True)
    address = models.CharField(max_length=60, default="", blank=True)
    request_headers = models.JSONField()
    reason = models.CharField(max_length=30)
    detail = models.TextField(default="", blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    response_headers = models.JSONField(default=list)
    response_body = models.BinaryField(default=b"")
    response_truncated = models.BooleanField(default=False)
    fault = models.CharField(max_length=30, default="", db_default="", blank=True)
    request_body = models.BinaryField(null=True, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")]

    def __str__(self) -> str:
        return f"Attempt {self.number}"


class InjectedFault(models.Model):
    """A fault to inject into an endpoint's attempts; webhooks.engine.fault_rules defines its behaviour.

    It is applied to at most `times` attempts (null: no limit) until it expires. `seen` counts the attempts that match
    its topic and attempt number, `hits` those it was applied to. `held`, `leaving` and `in_flight` are the ids of
    deliveries that it still controls. `is_over` is set when it can have no further effect.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="faults")
    kind = models.CharField(max_length=30)
    topic = models.CharField(max_length=50, default="", blank=True)
    attempt = models.PositiveSmallIntegerField(null=True, blank=True)
    every = models.PositiveIntegerField(default=1)
    probability = models.FloatField(default=1.0)
    seed = models.CharField(max_length=100)
    times = models.PositiveIntegerField(null=True, blank=True, default=1)
    seconds = models.FloatField(default=0.0)
    count = models.PositiveSmallIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    hits = models.PositiveIntegerField(default=0)
    held = models.JSONField(default=list)
    leaving = models.JSONField(default=list)
    in_flight = models.JSONField(default=list, db_default=[])
    is_over = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def left(self) -> int | None:
        """How many more attempts it can be applied to; None for no limit."""
        return None if self.times is None else self.times - self.hits

    def is_active(self, now: datetime) -> bool:
        return not self.is_over and (self.expires_at > now or bool(self.held or self.leaving))


class Check(models.Model):
    """A check of a receiver: its options, progress and results (encoded by receiver_check.report_codec).

    Unfinished rows are the queue of checks. The secrets are erased when it ends. `started_at` also identifies the run:
    a worker that lost its lease cannot write to the row. `broken` means that it could not be completed; `fault` is the
    reason.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        BROKEN = "broken", "Broken"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="checks", db_index=False)
    endpoint = models.ForeignKey(Endpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="checks")
    url = models.CharField(max_length=2000)
    secret = EncryptedField(null=True, blank=True)
    previous_secret = EncryptedField(null=True, blank=True)
    options = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    fault = models.TextField(default="", blank=True)
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField()
    counts = models.JSONField(default=dict)
    requests = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)
    results = models.TextField(default="[]")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="check_newest"),
            models.Index(fields=["id"], name="check_open", condition=Q(finished_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="check_over_has_its_time",
                condition=Q(status__in=["queued", "running"], finished_at__isnull=True)
                | Q(status__in=["done", "broken"], finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Check of {self.url}"

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None


class AcceptedRequest(models.Model):
    """An API request with an `Idempotency-Key`, and its response, which a repeated request gets again."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="accepted_request_once")]

    def __str__(self) -> str:
        return self.key


class Notice(models.Model):
    """A message to an account that an endpoint keeps failing, as MAAC's customer support would send it.

    `message` is the English text that is mailed; from the other columns the console makes a translated one.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notices")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="notices")
    reason = models.CharField(max_length=30)
    message = models.TextField()
    failed = models.PositiveIntegerField(default=0)
    finished = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(null=True, blank=True)
    last_reason = models.CharField(max_length=30, default="", blank=True)
    last_status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    has_paused = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["endpoint", "-created_at"], name="notice_newest_of_endpoint")]

    def __str__(self) -> str:
        return self.message


class Worker(models.Model):
    """A Celery worker, the time of its last heartbeat, and the last exception that ended a turn of its delivery run."""

    name = models.CharField(max_length=200, primary_key=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    error = models.CharField(max_length=100, default="", db_default="", blank=True)
    error_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
