"""Filters of the delivery log that people keep under a name."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account


class SavedFilter(models.Model):
    """A query of the delivery log under a name, for everybody who works in the account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="saved_filter_name_once")]

    def __str__(self) -> str:
        return self.name
