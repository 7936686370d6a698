"""The table of accepted events."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account


class Event(models.Model):
    """An accepted event. `body` is the JSON text that every delivery sends, serialised once, on acceptance.

    `not_reached` lists the endpoints that got no delivery: `[{"endpoint", "name", "reason", "detail"}]`.
    `retry_waits` (seconds before each retry of its deliveries) override those of the endpoints.
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
