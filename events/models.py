"""The Event row: something happened, and these are the exact bytes that say so."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account


class Event(models.Model):
    """`body` is what every delivery of the event sends, serialised once, on acceptance.

    `not_reached` says for each endpoint that got no delivery why: `[{"endpoint", "name", "reason", "detail"}]`.
    `retry_waits` are the seconds before each retry of its deliveries, where they are not the endpoint's.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="events", db_index=False)
    topic = models.CharField(max_length=50)
    is_test = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField()
    body = models.TextField()
    not_reached = models.JSONField(default=list)
    retry_waits = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["account", "-id"], name="event_newest")]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"
