"""Play."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from accounts.models import Account


class Play(models.Model):
    """A run of a scenario on an account. While it runs, the row is its own queue entry: `due_at`, and a claim token.

    `text` is the scenario's YAML at the start. `edition` counts earlier plays with the same seed on the account.
    `position` is the number of actions performed. `counts` holds `[actions, events]` by kind. `fixtures` holds the ids
    of rows that the play created for itself, such as its campaign.
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
    fixtures = models.JSONField(default=dict)
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
        """The time `at` seconds after the start."""
        return self.started_at + timedelta(seconds=at)

    def elapsed(self, now: datetime) -> float:
        """Seconds that it has run."""
        return max(0.0, ((self.ended_at or now) - self.started_at).total_seconds())
