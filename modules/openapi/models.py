"""Bucket, ScriptedFailure and Call."""

from datetime import datetime

from django.db import models

from accounts.models import Account
from maac_contract.openapi_failures import Failure


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


class ScriptedFailure(models.Model):
    """A failure that an account's next calls meet: `times` of them (null: all), until it expires.

    `path` is how the paths of these calls begin, after `/openapi/v1/`; empty: any that can fail so.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="openapi_failures")
    failure = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Failure])
    path = models.CharField(max_length=100, default="", blank=True)
    times = models.PositiveIntegerField(null=True)
    hits = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.failure} for {self.account}"

    def is_active(self, now: datetime) -> bool:
        return self.expires_at > now and (self.times is None or self.hits < self.times)


class Call(models.Model):
    """A call of the Open API and its answer. `account` is null if the call had no valid token.

    Headers are lines of `Name: value`; tokens are masked everywhere. Bodies are shortened: the sizes are in bytes, of
    the whole. `failure` is the scripted failure that the call met, if any.
    """

    account = models.ForeignKey(
        Account, null=True, on_delete=models.CASCADE, related_name="openapi_calls", db_index=False
    )
    called_at = models.DateTimeField()
    microseconds = models.PositiveIntegerField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=500)
    query = models.TextField(default="", blank=True)
    request_headers = models.TextField()
    request_body = models.TextField(default="", blank=True)
    request_size = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField()
    response_headers = models.TextField()
    response_body = models.TextField(default="", blank=True)
    response_size = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=20, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="openapi_call_newest")]

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status}"
