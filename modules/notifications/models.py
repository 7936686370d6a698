"""Template, Conditions, Message, Step and Binding."""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from maac_contract.payloads import LINE_PUSH_STATUSES, PNP_CHANNEL_STATUSES, PNP_SOURCES, PNP_STATUSES, SMS_STATUSES
from modules.contacts.models import Contact
from modules.notifications import rules


def words(choices: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(word, word) for word in choices]


class Template(models.Model):
    """MAAC's pnp setting: the channels of a message and the parameters that it requires."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notification_templates")
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=10, default=rules.ACTIVE, choices=words(rules.TEMPLATE_STATUSES))
    line_push_enabled = models.BooleanField(default=False)
    pnp_enabled = models.BooleanField(default=True)
    fallback_enabled = models.BooleanField(default=True)
    """Whether SMS is tried if LINE could not deliver."""
    fallback_period = models.PositiveIntegerField(default=rules.FALLBACK_PERIOD)
    """Minutes before SMS is tried."""
    parameters = models.JSONField(default=list)
    sms_parameters = models.JSONField(default=list)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Conditions(models.Model):
    """Conditions of the account's messages: LINE's limit, the carriers' lists, the SMS vendor."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="notification_conditions")
    line_push_monthly_limit = models.PositiveIntegerField(null=True, blank=True)
    sms_vendor = models.CharField(max_length=20, default=rules.UP, choices=words(rules.VENDOR_STATES))
    sensitive_words = models.JSONField(default=list)
    blocked_numbers = models.JSONField(default=list)
    numbers_off = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"conditions of {self.account}"


class Message(models.Model):
    """A notification message to a phone number. While `due_at` is set, the row is the queue entry of its next move.

    Its id is MAAC's `pnp_message_id`. `event_id` is the message event in the request.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="messages")
    event_id = models.BigIntegerField(null=True)
    customized_id = models.CharField(max_length=100, null=True)  # noqa: DJ001 - null: the request had none
    phone_number = models.CharField(max_length=64)
    line_push_template_id = models.BigIntegerField(null=True)
    parameters = models.JSONField(default=dict)
    plan = models.JSONField()
    status = models.CharField(max_length=30, choices=words(PNP_STATUSES))
    line_push_status = models.CharField(max_length=30, default="", blank=True, choices=words(LINE_PUSH_STATUSES))
    line_push_delivered_at = models.DateTimeField(null=True)
    line_push_error_category = models.CharField(max_length=30, default="", blank=True)
    pnp_status = models.CharField(max_length=30, default="", blank=True, choices=words(PNP_CHANNEL_STATUSES))
    pnp_delivered_at = models.DateTimeField(null=True)
    sms_status = models.CharField(max_length=30, default="", blank=True, choices=words(SMS_STATUSES))
    sms_delivered_at = models.DateTimeField(null=True)
    sms_error_category = models.CharField(max_length=30, default="", blank=True)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-updated_at", "-id"], name="notification_newest_update"),
            models.Index(fields=["account", "-id"], name="notification_newest"),
            models.Index(fields=["due_at"], name="notification_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"notification {self.pk} to {self.phone_number}"


class Step(models.Model):
    """A status that a message reached, and its webhook event."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField(max_length=30)
    at = models.DateTimeField()
    webhook_event_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.status} of notification {self.message_id}"


class Binding(models.Model):
    """A contact who added the official account because of a notification, with the phone number."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notification_bindings")
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="bindings")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="notification_bindings")
    source = models.CharField(max_length=10, choices=words(PNP_SOURCES))
    phone_number = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    webhook_event_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.contact} by {self.source}"
