"""Users of the console, for superusers: Django's own pages without the fields that have no use here.

The brand that a user works for is set on the account's page.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import Group, Permission, User
from django.utils.translation import gettext_lazy as _

from accounts.selectors import OPERATE
from console.admin.base import SafeParameters

admin.site.unregister(Group)
admin.site.unregister(User)


class UserForm(forms.ModelForm[User]):
    operates = forms.BooleanField(
        label=_("Customer support"),
        required=False,
        help_text=_("Sees every account, and changes licences, limits and people."),
    )

    class Meta:
        model = User
        fields = ("username", "email", "is_active", "is_superuser")
        help_texts = {
            "is_active": _(
                "Switch it off to keep somebody out, rather than deleting the user. API tokens belong to the account: "
                "those that this user made go on working until they are revoked under API > API token."
            ),
            "is_superuser": _("May do everything, users included."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["operates"] = self.instance.user_permissions.filter(codename=_codename()).exists()


@admin.register(User)
class ConsoleUserAdmin(SafeParameters[User], UserAdmin[User]):
    form = UserForm
    add_form = BaseUserCreationForm
    fieldsets = ((None, {"fields": ("username", "email", "is_active", "operates", "is_superuser")}),)
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2")}),)
    list_display = ("username", "email", "is_active", "is_superuser", "last_login")
    list_filter = ()
    search_fields = ("username", "email")
    filter_horizontal = ()
    actions = None

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "operates" in form.cleaned_data:
            permission = Permission.objects.get(codename=_codename(), content_type__app_label="accounts")
            held = form.instance.user_permissions
            held.add(permission) if form.cleaned_data["operates"] else held.remove(permission)


def _codename() -> str:
    return OPERATE.partition(".")[2]
