"""Receiver and its requests."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from webhooks.models import Endpoint


def new_token() -> str:
    return secrets.token_urlsafe(18)


class Receiver(models.Model):
    """The built-in receiver of an account. Its URL contains `token`; `answer` is how it answers from now on."""

    class Answer(models.TextChoices):
        VERIFIES = "verifies", _("200 if the signature is right, otherwise 401")
        ERROR = "error", _("500 to everything")
        SLOW = "slow", _("200 after three seconds")
        HANGS = "hangs", _("after the time limit, so that each attempt times out")

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="receiver")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="built_in_receivers")
    token = models.CharField(max_length=40, unique=True, default=new_token)
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.VERIFIES)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Receiver {self.pk}"


class Received(models.Model):
    """A request that arrived at a built-in receiver, and what it answered (`status_code`).

    `is_verified`: the signature is that of the body under the endpoint's secret. `is_repeated`: its idempotency key had
    arrived before and was answered with 200.
    """

    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="received", db_index=False)
    at = models.DateTimeField()
    topic = models.CharField(max_length=50)
    idempotency_key = models.CharField(max_length=64)
    headers = models.JSONField()
    body = models.TextField()
    is_verified = models.BooleanField()
    is_repeated = models.BooleanField()
    status_code = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["receiver", "-id"], name="received_newest")]

    def __str__(self) -> str:
        return f"Received {self.pk}"
