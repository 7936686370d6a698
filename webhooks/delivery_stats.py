"""The table of delivery statistics, from which the charts are drawn."""

from django.db import models

from accounts.models import Account

DURATION_BOUNDS_MS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Upper bounds, in milliseconds, of the buckets of `DeliveryStats.duration_counts`; one more bucket has no bound."""


class DeliveryStats(models.Model):
    """Counts of finished deliveries and attempts for charts, written in the transaction that settles them.

    Read it by summing the rows whose `minute` is in the range: each settled batch adds rows of its own, so there are
    several for one minute. They are rolled up to one row a minute, and after two days to one an hour, which changes no
    sum; a range that begins more than two days ago must therefore begin at a full hour.

    `delivered`, `failed` and `skipped` count deliveries that ended, again after a redelivery; `retried` counts
    attempts after which a retry follows. `duration_counts` is a histogram of attempts that got an answer: one count
    for each bound of `DURATION_BOUNDS_MS` (greater than the previous bound, at most this one), and one above the last.
    Test events have rows of their own (`is_test`).
    """

    class Grain(models.IntegerChoices):
        BATCH = 0, "one batch"
        MINUTE = 1, "one minute"
        HOUR = 2, "one hour"

    # No constraints: the rows are written only by the transaction that settles deliveries of these endpoints.
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="stats", db_index=False, db_constraint=False
    )
    endpoint = models.ForeignKey(
        "webhooks.Endpoint", on_delete=models.CASCADE, related_name="stats", db_index=False, db_constraint=False
    )
    topic = models.CharField(max_length=50)
    is_test = models.BooleanField()
    minute = models.DateTimeField()
    grain = models.PositiveSmallIntegerField(choices=Grain.choices, default=Grain.BATCH)
    delivered = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    retried = models.PositiveIntegerField(default=0)
    duration_counts = models.JSONField()

    class Meta:
        verbose_name_plural = "stats"
        indexes = [
            models.Index(fields=["account", "minute"], name="stats_of_account"),
            models.Index(fields=["endpoint", "minute"], name="stats_of_endpoint"),
            models.Index(fields=["grain", "minute"], name="stats_to_roll_up"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} at {self.minute}"
