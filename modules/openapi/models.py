"""Bucket."""

from django.db import models

from accounts.models import Account


class Bucket(models.Model):
    """An account's token bucket for one call; its capacity is the limit of its window, mostly one second.

    `full_at` (microseconds since 1970) is when it will be full again, which says all: each call puts it off by its
    share of the window, and none may put it off further than a window from now.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    call = models.CharField(max_length=50)
    full_at = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "call"], name="bucket_once")]

    def __str__(self) -> str:
        return f"{self.call} of {self.account}"
