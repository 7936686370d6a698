"""The tables of accounts: Account, Membership, Licence, ApiToken and AuditEntry."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

ENDPOINT_LIMIT = 3
"""Running endpoints of an account (documented); customer support can raise the limit."""


_time_zones = cache(available_timezones)
"""Cached, since `available_timezones` opens about six hundred files."""


def validate_time_zone(name: str) -> None:
    if name not in _time_zones():
        raise ValidationError(_("%(name)s is not a time zone such as Asia/Taipei."), params={"name": name})


class Account(models.Model):
    """A brand that uses MAAC. `retry_waits` (seconds before each retry) override those of the settings.

    An account with a `parent` is a sandbox: created for a test, and erased soon after `expires_at`.
    """

    class Plan(models.TextChoices):
        ENTRY = "entry", _("Entry")
        ECOMMERCE = "ecommerce", _("E-commerce")
        MARKETING = "marketing", _("Marketing")

    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=50, default="Asia/Taipei", validators=[validate_time_zone])
    plan = models.CharField(max_length=20, choices=Plan.choices, default=Plan.MARKETING)
    endpoint_limit = models.PositiveSmallIntegerField(default=ENDPOINT_LIMIT)
    retry_waits = models.JSONField(null=True, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="sandboxes")
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(
                name="account_sandbox_expires",
                condition=Q(parent__isnull=True, expires_at__isnull=True)
                | Q(parent__isnull=False, expires_at__isnull=False),
            )
        ]
        permissions = [("operate", "Can work as customer support: every account, its licences and limits")]

    def __str__(self) -> str:
        return self.name

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Membership(models.Model):
    """A user of the console who works for a brand, and sees that brand's account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "account"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} of {self.account}"


class LicenceQuerySet(models.QuerySet["Licence"]):
    def valid(self, now: datetime) -> "LicenceQuerySet":
        return self.filter(valid_from__lte=now, valid_until__gt=now)


class Licence(models.Model):
    """What an account has bought for a period: a webhook zone, or `extra_endpoints` more running endpoints."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="licences")
    zone = models.PositiveSmallIntegerField(null=True, blank=True)
    extra_endpoints = models.PositiveSmallIntegerField(default=0)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()

    objects = LicenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("licence")
        verbose_name_plural = _("licences")
        constraints = [
            models.CheckConstraint(
                name="licence_is_zone_or_endpoint_add_on",
                condition=Q(zone__isnull=False, extra_endpoints=0) | Q(zone__isnull=True, extra_endpoints__gt=0),
            ),
            models.CheckConstraint(
                name="licence_period_is_forward", condition=Q(valid_until__gt=models.F("valid_from"))
            ),
        ]

    def __str__(self) -> str:
        return f"Webhook zone {self.zone}" if self.zone else f"{self.extra_endpoints} more running endpoints"


class ApiToken(models.Model):
    """A bearer token, stored as its SHA-256; `prefix` is its beginning, to distinguish tokens in lists.

    `operates`: made by customer support for customer support, it may change the plan and licences of every account.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8)
    digest = models.CharField(max_length=64, unique=True)
    operates = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class AuditEntry(models.Model):
    """One recorded action. `actor` names a console user, an API token or a client address."""

    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.CASCADE, related_name="audit_entries", db_index=False
    )
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=50)
    target = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["account", "-id"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.target}"
