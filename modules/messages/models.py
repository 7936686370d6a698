"""Template, TrackedLink, MessageEvent, Broadcast, DirectMessage, Recipient, Open and Click.

People are named by their LINE UID: what was sent to them stays, whatever becomes of the contact.
"""

from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import Account
from maac_contract.contract import MESSAGE_TYPES
from modules.messages import rules


def words(choices: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(word, word) for word in choices]


class Template(models.Model):
    """The text of messages, with the names of the parameters that are filled in for each recipient."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="message_templates")
    name = models.CharField(max_length=rules.NAME_LIMIT)
    parameters = models.JSONField(default=list)
    line_answer = models.CharField(max_length=10, default=rules.SUCCESS, choices=words(rules.LINE_ANSWERS))
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class TrackedLink(models.Model):
    """A link or a trigger keyword of a template, whose clicks the report of a message event counts.

    Either `url` or `keyword` is filled. The `utm_*` are null where marketing set none.
    """

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="links")
    url = models.CharField(max_length=rules.VALUE_LIMIT, default="", blank=True)
    keyword = models.CharField(max_length=rules.NAME_LIMIT, default="", blank=True)
    utm_campaign = models.CharField(max_length=rules.NAME_LIMIT, null=True)  # noqa: DJ001 - null: not set
    utm_source = models.CharField(max_length=rules.NAME_LIMIT, null=True)  # noqa: DJ001
    utm_medium = models.CharField(max_length=rules.NAME_LIMIT, null=True)  # noqa: DJ001
    utm_content = models.CharField(max_length=rules.NAME_LIMIT, null=True)  # noqa: DJ001
    tags = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.url or self.keyword


class MessageEvent(models.Model):
    """A purpose of messages. Its id is the `event_id` of the Open API, by which MAAC counts opens."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="message_events")
    name = models.CharField(max_length=rules.NAME_LIMIT)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Broadcast(models.Model):
    """A message sent from the console to all contacts, or to those with a tag."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="broadcasts")
    template = models.ForeignKey(Template, on_delete=models.RESTRICT, related_name="broadcasts")
    name = models.CharField(max_length=rules.NAME_LIMIT)
    tag = models.CharField(max_length=50, default="", blank=True)
    total_count = models.PositiveIntegerField()
    fail_count = models.PositiveIntegerField()
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class DirectMessage(models.Model):
    """A message sent through the Open API, to one contact or to a list of them."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="direct_messages", db_index=False)
    template = models.ForeignKey(Template, on_delete=models.RESTRICT, related_name="direct_messages")
    event = models.ForeignKey(MessageEvent, null=True, on_delete=models.RESTRICT, related_name="direct_messages")
    category = models.CharField(max_length=20, choices=words(rules.CATEGORIES))
    total_count = models.PositiveIntegerField()
    fail_count = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="direct_message_newest")]

    def __str__(self) -> str:
        return f"{self.category} {self.pk}"

    def status_at(self, moment: datetime) -> str:
        return rules.status_at(moment, created_at=self.created_at, sent_at=self.sent_at)


class Recipient(models.Model):
    """A recipient of a message, and the outcome of sending it."""

    broadcast = models.ForeignKey(
        Broadcast, null=True, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    direct_message = models.ForeignKey(
        DirectMessage, null=True, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    line_uid = models.CharField(max_length=33)
    values = models.JSONField(default=dict)
    mark = models.CharField(max_length=20, default=rules.DELIVERED, blank=True, choices=words(rules.MARKS))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="recipient_of_one_message",
                condition=Q(broadcast__isnull=True, direct_message__isnull=False)
                | Q(broadcast__isnull=False, direct_message__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["broadcast", "line_uid"], name="recipient_of_broadcast"),
            models.Index(fields=["direct_message", "line_uid"], name="recipient_of_direct_message"),
        ]

    def __str__(self) -> str:
        return self.line_uid


class Open(models.Model):
    """A contact's open of a message. `message_type` and `message_id` are those of the event; empty if untracked."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="message_opens", db_index=False)
    broadcast = models.ForeignKey(Broadcast, null=True, on_delete=models.CASCADE, related_name="opens")
    direct_message = models.ForeignKey(DirectMessage, null=True, on_delete=models.CASCADE, related_name="opens")
    line_uid = models.CharField(max_length=33)
    message_type = models.CharField(max_length=10, default="", blank=True, choices=words(MESSAGE_TYPES))
    message_id = models.BigIntegerField(null=True)
    is_first = models.BooleanField(default=False)
    outcome = models.CharField(max_length=20, choices=words(rules.OUTCOMES))
    opened_at = models.DateTimeField()
    webhook_event_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message_type", "message_id", "line_uid", "account"],
                name="first_open_once",
                condition=Q(is_first=True),
            )
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="open_newest"),
            models.Index(fields=["message_type", "message_id", "opened_at"], name="open_of_message"),
        ]

    def __str__(self) -> str:
        return f"{self.line_uid} opened {self.broadcast or self.direct_message}"


class Click(models.Model):
    """A contact's click on a link or keyword of a message. `event` is null where MAAC does not track the message.

    What the contact then did at the shop stands on it: products put into the cart, purchases, and their sum.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="message_clicks", db_index=False)
    direct_message = models.ForeignKey(DirectMessage, on_delete=models.CASCADE, related_name="clicks")
    event = models.ForeignKey(MessageEvent, null=True, on_delete=models.CASCADE, related_name="clicks", db_index=False)
    link = models.ForeignKey(TrackedLink, on_delete=models.CASCADE, related_name="clicks")
    line_uid = models.CharField(max_length=33)
    adds_to_cart = models.PositiveIntegerField(default=0)
    transactions = models.PositiveIntegerField(default=0)
    transaction_revenue = models.FloatField(default=0.0)
    clicked_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="click_newest"),
            models.Index(fields=["event", "clicked_at"], name="click_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.line_uid} clicked {self.link}"
