"""Link, Click, AutoReply, AutoReplyPart, AutoReplyAct and BehaviorRow."""

from django.db import models

from accounts.models import Account


class Utm(models.Model):
    """UTM parameters; empty: not set."""

    utm_campaign = models.CharField(max_length=100, default="", blank=True)
    utm_source = models.CharField(max_length=100, default="", blank=True)
    utm_medium = models.CharField(max_length=100, default="", blank=True)
    utm_content = models.CharField(max_length=100, default="", blank=True)

    class Meta:
        abstract = True


class Sales(models.Model):
    """What a contact did at the shop after a click."""

    adds_to_cart = models.PositiveIntegerField(default=0)
    transactions = models.PositiveIntegerField(default=0)
    transaction_revenue = models.FloatField(default=0.0)

    class Meta:
        abstract = True


class Link(Utm):
    """A deeplink (which also adds the official account as a friend) or a tracelink. `tags`: names, for who clicks."""

    class Kind(models.TextChoices):
        DEEPLINK = "deeplink"
        TRACELINK = "tracelink"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="links", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, default="", blank=True)
    url = models.CharField(max_length=1000)
    code = models.CharField(max_length=12)
    tags = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "kind", "-id"], name="link_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def shorten_url(self) -> str:
        return f"https://s.example/{self.code}"


class Click(Sales):
    """A contact's click. `authorized`: the contact let the account read its data; `is_new_friend`: joined by it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="link_clicks", db_index=False)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="clicks", db_index=False)
    line_uid = models.CharField(max_length=33)
    authorized = models.BooleanField(default=False)
    is_new_friend = models.BooleanField(default=False)
    clicked_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="link_click_newest"),
            models.Index(fields=["link", "clicked_at"], name="click_of_link"),
        ]

    def __str__(self) -> str:
        return f"{self.line_uid} clicked {self.link}"


class AutoReply(models.Model):
    """An automatic answer to what contacts write. The simulated account has one channel, its LINE bot."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="auto_replies", db_index=False)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="auto_reply_newest")]

    def __str__(self) -> str:
        return self.name


class AutoReplyPart(Utm):
    """What can be tapped in the answer: an outgoing link (`url`), or a quick reply or postback (`message`)."""

    auto_reply = models.ForeignKey(AutoReply, on_delete=models.CASCADE, related_name="parts")
    url = models.CharField(max_length=1000, default="", blank=True)
    message = models.CharField(max_length=300, default="", blank=True)
    tags = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.url or self.message


class AutoReplyAct(Sales):
    """A contact triggers, opens or clicks an auto reply. `group` is the contact's at that time."""

    class Kind(models.TextChoices):
        TRIGGER = "trigger"
        OPEN = "open"
        CLICK = "click"

    class Group(models.TextChoices):
        NEW = "new_friend"
        ORIGINAL = "original_friend"
        BOUND = "bound_friend"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="auto_reply_acts", db_index=False)
    auto_reply = models.ForeignKey(AutoReply, on_delete=models.CASCADE, related_name="acts", db_index=False)
    part = models.ForeignKey(AutoReplyPart, null=True, on_delete=models.CASCADE, related_name="acts")
    kind = models.CharField(max_length=10, choices=Kind)
    group = models.CharField(max_length=20, choices=Group)
    line_uid = models.CharField(max_length=33)
    acted_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="auto_reply_act_newest"),
            models.Index(fields=["auto_reply", "acted_at"], name="act_of_auto_reply"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.line_uid}"


class BehaviorRow(Utm):
    """A row of a behaviour file. `values` holds the columns between `time` and `ingestion_timestamp`, by name."""

    class Kind(models.TextChoices):
        PAGEVIEW = "pageview"
        PRODUCT = "product"
        TRANSACTION = "transaction"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="behavior", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    line_uid = models.CharField(max_length=33)
    values = models.JSONField()
    time = models.DateTimeField()
    ingested_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "kind", "time"], name="behavior_of_day")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.line_uid}"
