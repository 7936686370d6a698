"""BindingTemplate and BindLink."""

import secrets

from django.db import models

from accounts.models import Account
from modules.contacts.models import Contact


def new_code() -> str:
    return secrets.token_urlsafe(12)


class BindingTemplate(models.Model):
    """A binding message template, whose id the Open API calls `bind_link_id`."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="binding_templates")
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class BindLink(models.Model):
    """A link for one customer. `bindings` counts how often it bound; `contact` is the last one it bound.

    `email` and `mobile` are stored on the contact, if they are not empty.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="bind_links", db_index=False)
    template = models.ForeignKey(BindingTemplate, on_delete=models.CASCADE, related_name="links")
    code = models.CharField(max_length=20, unique=True, default=new_code)
    customer_id = models.CharField(max_length=1024)
    email = models.CharField(max_length=255, default="", blank=True)
    mobile = models.CharField(max_length=16, default="", blank=True)
    bind_once = models.BooleanField(default=False)
    bindings = models.PositiveIntegerField(default=0)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    bound_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="bind_link_newest")]

    def __str__(self) -> str:
        return self.code

    @property
    def is_used_up(self) -> bool:
        return self.bind_once and self.bindings > 0
