"""Accounts and licences in the console. What is changed here is in the audit log, too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts import audit
from accounts.models import Account, Licence


class LicenceInline(admin.TabularInline[Licence, Account]):
    model = Licence
    extra = 0


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin[Account]):
    list_display = ["name", "plan", "time_zone", "endpoint_limit", "created_at"]
    readonly_fields = ["created_at"]
    inlines = [LicenceInline]

    def has_add_permission(self, _request: object) -> bool:
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        actor = f"user {request.user.get_username()}"
        for action, target in _changes(form, formsets):
            audit.record(account=form.instance, actor=actor, action=action, target=target, now=datetime.now(UTC))


def _changes(form: Any, formsets: Any) -> Iterator[tuple[str, str]]:
    """Actions and targets of a form that was saved."""
    account, changed = form.instance, form.changed_data
    if "plan" in changed:
        yield "plan.changed", f"{form.initial['plan']} to {account.plan}"
    if others := [name for name in changed if name != "plan"]:
        yield "account.edited", f"{account.name}: {', '.join(others)}"
    for formset in formsets:
        yield from (("licence.granted", str(licence)) for licence in formset.new_objects)
        yield from (("licence.changed", f"{licence}: {', '.join(names)}") for licence, names in formset.changed_objects)
        yield from (("licence.ended", str(licence)) for licence in formset.deleted_objects)
