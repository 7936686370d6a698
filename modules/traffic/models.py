"""Play."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from accounts.models import Account


class Play(models.Model):
    """A scenario that is played on an account. While it runs the row is its queue: `due_at`, and a claim with a lease.

    `text` is the scenario as it was then, `edition` tells plays with the same seed on an account apart.
    `position` is how many acts of the plan are done. `counts` holds for each kind of act `[acts, events]`. `props` are
    the rows that the play made for itself, such as its campaign.
    """

    class Status(models.TextChoices):
        RUNNING = "running"
        FINISHED = "finished"
        STOPPED = "stopped"
        INTERRUPTED = "interrupted"
        FAILED = "failed"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="plays", db_index=False)
    scenario = models.CharField(max_length=100)
    text = models.TextField()
    seed = models.CharField(max_length=100)
    edition = models.PositiveIntegerField(default=0)
    rate = models.FloatField()
    seconds = models.FloatField()
    planned = models.PositiveIntegerField()
    status = models.CharField(max_length=20, default=Status.RUNNING, choices=Status.choices)
    fault = models.TextField(default="", blank=True)
    props = models.JSONField(default=dict)
    position = models.PositiveIntegerField(default=0)
    events = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    claim_token = models.CharField(max_length=32, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account"], name="play_one_at_a_time", condition=Q(status="running")),
            models.CheckConstraint(
                name="play_is_due_while_it_runs",
                condition=Q(status="running", due_at__isnull=False) | (~Q(status="running") & Q(due_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="play_newest"),
            models.Index(fields=["due_at"], name="play_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.scenario}, seed {self.seed}"

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.RUNNING

    def moment(self, at: float) -> datetime:
        """The moment so many seconds after the start."""
        return self.started_at + timedelta(seconds=at)

    def elapsed(self, now: datetime) -> float:
        """Seconds that it has run."""
        return max(0.0, ((self.ended_at or now) - self.started_at).total_seconds())
