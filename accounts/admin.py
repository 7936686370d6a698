"""Accounts and licences in the console."""

from django.contrib import admin

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
