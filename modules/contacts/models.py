"""Contact and ContactImport."""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from modules.contacts import rules


class Contact(models.Model):
    """A friend of the brand's LINE official account. `customer_id` is their id in the brand's own system."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contacts")
    line_uid = models.CharField(max_length=33)
    line_display_name = models.CharField(max_length=100, default="", blank=True)
    display_name = models.CharField(max_length=100, default="", blank=True)
    customer_id = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001 - null: not bound
    mobile = models.CharField(max_length=16, default="", blank=True)
    email = models.CharField(max_length=100, default="", blank=True)
    gender = models.CharField(max_length=10, default="unknown", choices=[(word, word) for word in rules.GENDERS])
    birthday = models.DateField(null=True, blank=True)
    tags = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=10, default=rules.FOLLOW, choices=[(word, word) for word in rules.STATUSES])
    blocked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "line_uid"], name="contact_once"),
            models.UniqueConstraint(
                fields=["account", "customer_id"], name="contact_of_customer", condition=Q(customer_id__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-updated_at", "-id"], name="contact_newest_update"),
            models.Index(fields=["account", "mobile"], name="contact_of_mobile", condition=~Q(mobile="")),
        ]

    def __str__(self) -> str:
        return self.display_name or self.line_display_name or self.line_uid

    @property
    def is_bound(self) -> bool:
        return self.customer_id is not None


class ContactImport(models.Model):
    """A CSV import that a worker stores in chunks. While it is running, the row is its own queue entry.

    `rows` holds the cells of each line and is emptied at the end; `done` is the number of lines stored.
    """

    class Status(models.TextChoices):
        RUNNING = "running"
        FINISHED = "finished"
        FAILED = "failed"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contact_imports", db_index=False)
    status = models.CharField(max_length=10, default=Status.RUNNING, choices=Status.choices)
    fault = models.TextField(default="", blank=True)
    rows = models.JSONField(default=list)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], name="contact_import_one_at_a_time", condition=Q(status="running")
            )
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="contact_import_newest"),
            models.Index(fields=["id"], name="contact_import_running", condition=Q(status="running")),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.RUNNING
