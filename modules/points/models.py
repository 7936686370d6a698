"""Prize, Grant and Voucher."""

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

    `spent` of its `count` points have left the contact for vouchers; the rest counts until `expire_date`.

    `grant_key` is the caller's own key, with which a request can be repeated without granting twice.
    `webhook_event_id` is its latest webhook event; null: none.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants", db_index=False)
    prize = models.ForeignKey(Prize, on_delete=models.CASCADE, related_name="grants", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="grants")
    points_id = models.UUIDField(default=uuid.uuid4)
    grant_key = models.CharField(max_length=100, null=True)  # noqa: DJ001 - null: the grant has none
    count = models.PositiveIntegerField()
    spent = models.PositiveIntegerField(default=0)
    memo = models.CharField(max_length=200)
    category = models.CharField(max_length=100)
    expire_date = models.DateTimeField(null=True)
    granted_at = models.DateTimeField()
    webhook_event_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "points_id"], name="grant_points_id_once"),
            models.CheckConstraint(name="grant_spends_what_it_has", condition=Q(spent__lte=models.F("count"))),
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


class Voucher(models.Model):
    """A prize with a code of its own, which the Open API redeems. Redeeming it costs its `points`.

    `contact` is who has received it; null: nobody yet. `is_blocked`: the prize is being edited, so it cannot be
    redeemed now. `customer_id`, `mobile`, `gender`, `store` and `revenue` are those of the redemption.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="vouchers", db_index=False)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="vouchers")
    name = models.CharField(max_length=100)
    code = models.CharField(max_length=32)
    points = models.PositiveIntegerField(default=0)
    valid_until = models.DateTimeField(null=True)
    is_blocked = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)
    customer_id = models.CharField(max_length=1024, null=True)  # noqa: DJ001 - null: the redemption named none
    mobile = models.CharField(max_length=16, null=True)  # noqa: DJ001
    gender = models.CharField(max_length=10, null=True)  # noqa: DJ001
    store = models.CharField(max_length=1024, null=True)  # noqa: DJ001
    revenue = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "code"], name="voucher_code_once")]
        indexes = [models.Index(fields=["account", "-id"], name="voucher_newest")]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"
