# ruff: noqa: ARG002 - Django passes the arguments by name
"""Accounts, licences and API tokens."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import Account, ApiToken, Licence
from console.accounts.forms import LocalDateTimeField, time_zones
from console.admin.base import ServiceForm, SupportAdmin, column, for_each, who
from console.base import page_context
from maac_contract.contract import ZONES

NAME = column("name", _("Name"))
ACCOUNT = column("account", _("Account"))
DIGEST = column("digest", _("SHA-256 of the token"))
CREATED = column("created_at", _("Created"))


class AccountForm(ServiceForm[Account]):
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones, initial="Asia/Taipei")

    class Meta:
        model = Account
        fields = ("name", "time_zone", "plan", "endpoint_limit")
        labels = {"name": _("Name"), "plan": _("Plan"), "endpoint_limit": _("Running endpoints")}


@admin.register(Account)
class AccountAdmin(SupportAdmin[Account]):
    form = AccountForm
    list_display: Any = ("id", NAME, column("plan", _("Plan")), column("time_zone", _("Time zone")))
    list_display += (column("endpoint_limit", _("Running endpoints")), column("parent", _("Sandbox of")), CREATED)
    list_display_links = ("id", NAME)
    list_select_related = ("parent",)
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return self.has_view_permission(request)

    def console_name(self, _row: Account) -> str:
        return "account"

    def store(self, form: Any, row: Account, **who: Any) -> Account:
        if row.pk:
            return services.edit_account(account=row, **form.cleaned_data, **who)
        return services.create_account(**form.cleaned_data, **who)


class LicenceForm(ServiceForm[Licence]):
    zone = forms.TypedChoiceField(
        label=_("Zone"),
        choices=[("", _("More running endpoints")), *((zone, zone) for zone in ZONES)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    valid_from = LocalDateTimeField(label=_("Valid from"))
    valid_until = LocalDateTimeField(label=_("Valid until"))

    class Meta:
        model = Licence
        fields = ("account", "zone", "extra_endpoints", "valid_from", "valid_until")
        labels = {"account": _("Account"), "extra_endpoints": _("More running endpoints")}


@admin.register(Licence)
class LicenceAdmin(SupportAdmin[Licence]):
    form = LicenceForm
    actions = ("end",)
    list_display: Any = (
        "id",
        ACCOUNT,
        column("zone", _("Zone")),
        column("extra_endpoints", _("More running endpoints")),
    )
    list_display += (column("valid_from", _("Valid from")), column("valid_until", _("Valid until")))
    list_select_related = ("account",)
    lookups = ("account__id__exact",)
    search_fields = ("account__name",)
    autocomplete_fields = ("account",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Licence | None = None) -> bool:
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Licence | None = None) -> Any:
        return (*self.list_display[1:4], "valid_from", "valid_until") if obj else LicenceForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Licence | None = None) -> Any:
        return self.list_display[1:4] if obj else ()

    def store(self, form: Any, row: Licence, **who: Any) -> Licence:
        given = {name: value for name, value in form.cleaned_data.items() if name not in ("zone", "extra_endpoints")}
        if row.pk:
            return services.change_period(licence=row, **given, **who)
        if zone := form.cleaned_data["zone"]:
            return services.grant_zone(**given, zone=zone, **who)
        return services.grant_endpoint_add_on(**given, extra_endpoints=row.extra_endpoints, **who)

    @admin.action(description=_("End now"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Licence]) -> None:
        done = gettext("The licence has ended.")
        for_each(
            request,
            queryset,
            lambda row: services.end_licence(licence=row, **who(request)),
            lambda row: f"{row}: {done}",
        )


class TokenForm(ServiceForm[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ("account", "name")
        labels = {"account": _("Account"), "name": _("Name")}


@admin.register(ApiToken)
class TokenAdmin(SupportAdmin[ApiToken]):
    form = TokenForm
    actions = ("revoke",)
    list_display: Any = ("id", NAME, column("prefix", _("Begins with")), ACCOUNT, CREATED)
    list_display += (column("last_used_at", _("Last used")), column("revoked_at", _("Revoked")))
    list_display_links = ("id", NAME)
    list_select_related = ("account",)
    lookups = ("account__id__exact",)
    search_fields = ("name", "account__name")
    autocomplete_fields = ("account",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return self.get_readonly_fields(request, obj) or TokenForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return (*self.list_display[1:], DIGEST) if obj else ()

    def store(self, form: Any, row: ApiToken, **who: Any) -> ApiToken:
        made, row.clear = services.issue_token(**form.cleaned_data, **who)  # type: ignore[attr-defined]
        row.prefix = made.prefix
        return made

    def response_add(self, request: HttpRequest, obj: ApiToken, _post_url_continue: str | None = None) -> HttpResponse:
        """The answer shows the token: nothing keeps it, and no page leads to it again."""
        context = {"token": obj, "clear": obj.clear, "base": request.build_absolute_uri("/api/v1/")}  # type: ignore[attr-defined]
        return render(request, "console/tokens/made.html", {**page_context(request), **context})

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for_each(
            request,
            queryset.select_related("account"),
            lambda row: services.revoke_token(token=row, **who(request)),
            lambda row: gettext("The token %(name)s is revoked.") % {"name": row.name},
        )
