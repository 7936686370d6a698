"""Prize and Grant."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Account
from modules.contacts.models import Contact


class Prize(models.Model):
    """A reward of points. They expire on a date, some days after the grant, or never."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="prizes")
    name = models.CharField(max_length=100)
    memo = models.CharField(max_length=200, default="", blank=True)
    count = models.PositiveIntegerField(default=1)
    category = models.CharField(max_length=100, default="", blank=True)
    expires_on = models.DateField(null=True, blank=True)
    expires_after_days = models.PositiveIntegerField(null=True, blank=True)
    needs_bound_contact = models.BooleanField(default=True)
    """Whether contacts without a customer id are refused. If not, they get the points, but no event is published."""
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="prize_has_one_expiry", condition=Q(expires_on__isnull=True) | Q(expires_after_days__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """Points granted to a contact, with the prize's values at that time. `points_id` identifies the grant.

    `grant_key` is the caller's own key, with which a request can be repeated without granting twice.
    `webhook_event_id` is its latest webhook event; null: none.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants", db_index=False)
    prize = models.ForeignKey(Prize, on_delete=models.CASCADE, related_name="grants", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="grants")
    points_id = models.UUIDField(default=uuid.uuid4)
    grant_key = models.CharField(max_length=100, null=True)  # noqa: DJ001 - null: the grant has none
    count = models.PositiveIntegerField()
    memo = models.CharField(max_length=200)
    category = models.CharField(max_length=100)
    expire_date = models.DateTimeField(null=True)
    granted_at = models.DateTimeField()
    webhook_event_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "points_id"], name="grant_points_id_once"),
            models.UniqueConstraint(
                fields=["prize", "contact", "grant_key"], name="grant_key_once", condition=Q(grant_key__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="grant_newest"),
            models.Index(fields=["prize", "-id"], name="grant_newest_of_prize"),
        ]

    def __str__(self) -> str:
        return str(self.points_id)
