"""Campaign and Upload."""

from decimal import Decimal

from django.db import models

from accounts.models import Account
from modules.contacts.models import Contact
from modules.receipts.conditions import Conditions, Period, total


class Campaign(models.Model):
    """A receipt campaign and its conditions. `…_until` is exclusive."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="receipt_campaigns")
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    purchase_from = models.DateTimeField(null=True, blank=True)
    purchase_until = models.DateTimeField(null=True, blank=True)
    upload_from = models.DateTimeField(null=True, blank=True)
    upload_until = models.DateTimeField(null=True, blank=True)
    shops = models.JSONField(default=list, blank=True)
    keywords = models.JSONField(default=list, blank=True)
    minimum_amount = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    number_once = models.BooleanField(default=True)
    uploads_per_contact = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    def conditions(self) -> Conditions:
        """The conditions as the rules' type."""
        return Conditions(
            purchase=Period(self.purchase_from, self.purchase_until),
            upload=Period(self.upload_from, self.upload_until),
            shops=tuple(self.shops),
            keywords=tuple(self.keywords),
            minimum_amount=self.minimum_amount,
            number_once=self.number_once,
            uploads_per_contact=self.uploads_per_contact,
        )


class Upload(models.Model):
    """A receipt that a contact uploaded, and the conditions that it failed.

    `items` is a list of `{"description", "unit_price", "quantity", "amount"}`, `failed_conditions` one of codes.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="receipt_uploads", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="uploads", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="receipt_uploads")
    number = models.CharField(max_length=10)
    random_number = models.CharField(max_length=4)
    purchased_at = models.DateTimeField()
    uploaded_at = models.DateTimeField()
    channel = models.CharField(max_length=100)
    items = models.JSONField()
    matched = models.BooleanField()
    failed_conditions = models.JSONField(default=list)
    webhook_event_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="upload_newest"),
            models.Index(fields=["campaign", "-id"], name="upload_newest_of_campaign"),
            models.Index(fields=["campaign", "number"], name="upload_number", condition=models.Q(matched=True)),
            models.Index(fields=["campaign", "contact"], name="upload_of_contact", condition=models.Q(matched=True)),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Decimal:
        return total(item["amount"] for item in self.items)
