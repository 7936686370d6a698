# ruff: noqa: ARG002 - Django passes the arguments by name
"""Endpoints: made and changed with name, URL and event types; paused, resumed, deleted and tested by actions."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from console.admin.base import ServiceForm, SupportAdmin, column, for_each, who
from maac_contract.contract import TOPICS
from webhooks.engine.addresses import URL_LENGTH
from webhooks.models import Endpoint
from webhooks.services import endpoints
from webhooks.services.send_test import send_test

STATUSES = {
    Endpoint.Status.RUNNING: _("Running"),
    Endpoint.Status.PAUSED: _("Paused"),
    Endpoint.Status.DELETED: _("Deleted"),
}


class EndpointForm(ServiceForm[Endpoint]):
    url = forms.CharField(
        label=_("Webhook endpoint URL"), widget=forms.TextInput(attrs={"class": "vLargeTextField", "inputmode": "url"}),
        max_length=URL_LENGTH,
    )  # fmt: skip
    event_types = forms.MultipleChoiceField(
        label=_("Event types"),
        choices=[(topic, topic) for topic in TOPICS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one event type.")},
    )

    class Meta:
        model = Endpoint
        fields = ("account", "name", "url", "event_types")
        labels = {"account": _("Account"), "name": _("Webhook endpoint name")}


class EndpointActionForm(ActionForm):
    event_type = forms.ChoiceField(
        label=_("Event type of the test"), choices=[(topic, topic) for topic in TOPICS], required=False
    )


class StatusFilter(admin.SimpleListFilter):
    title = _("Status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return list(STATUSES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> QuerySet[Endpoint]:
        return queryset.filter(status=self.value()) if self.value() in STATUSES else queryset


@admin.display(description=_("Status"))
def status(endpoint: Endpoint) -> str:
    return str(STATUSES[Endpoint.Status(endpoint.status)])


@admin.display(description=_("Event types"))
def event_types(endpoint: Endpoint) -> str:
    return ", ".join(endpoint.event_types)


NAME, ACCOUNT, URL = column("name", _("Name")), column("account", _("Account")), column("url", _("URL"))
CREATED = column("created_at", _("Created"))


@admin.register(Endpoint)
class EndpointAdmin(SupportAdmin[Endpoint]):
    form = EndpointForm
    action_form = EndpointActionForm
    actions = ("pause", "resume", "rotate_secret", "send_test")
    list_display = ("id", NAME, ACCOUNT, URL, event_types, status)
    list_display_links = ("id", NAME)
    list_filter = (StatusFilter,)
    list_select_related = ("account",)
    lookups = ("status", "account__id__exact")
    search_fields = ("name", "url", "account__name")
    autocomplete_fields = ("account",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Endpoint | None = None) -> bool:
        return self.has_view_permission(request) and (obj is None or obj.status != Endpoint.Status.DELETED)

    has_delete_permission = has_change_permission

    def get_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        shown = self.get_readonly_fields(request, obj)
        if not self.has_change_permission(request, obj):
            return shown
        return (*shown, "name", "url", "event_types") if obj else EndpointForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        if obj is None:
            return ()
        facts = (ACCOUNT, status, CREATED)
        return facts if self.has_change_permission(request, obj) else (*facts, NAME, URL, event_types)

    def console_name(self, row: Endpoint) -> str:
        return "" if row.status == Endpoint.Status.DELETED else "webhook"

    def store(self, form: Any, row: Endpoint, **who: Any) -> Endpoint:
        given = form.cleaned_data
        fields = {name: given[name] for name in ("name", "url", "event_types")}
        if row.pk:
            return endpoints.edit(endpoint=row, **fields, **who)
        account: Account = given["account"]
        return endpoints.create(account=account, **fields, **who)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[Any], dict[Any, Any], set[Any], Any]:
        """Only the endpoints: their deliveries stay."""
        return [str(each) for each in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        endpoints.delete(endpoint=obj, **who(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        for endpoint in queryset:
            self.delete_model(request, endpoint)

    @admin.action(description=_("Pause"), permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        done = gettext("%(name)s is paused. Events that happen until it is resumed will not be sent to it.")
        for_each(
            request, queryset, lambda row: endpoints.pause(endpoint=row, **who(request)), lambda row: done % _name(row)
        )

    @admin.action(description=_("Resume"), permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        done = gettext("%(name)s is running again.")
        for_each(
            request, queryset, lambda row: endpoints.resume(endpoint=row, **who(request)), lambda row: done % _name(row)
        )

    @admin.action(description=_("Give a new share secret"), permissions=["change"])
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        done = gettext("%(name)s has a new share secret. The console shows it.")
        for_each(
            request,
            queryset,
            lambda row: endpoints.rotate_secret(endpoint=row, **who(request)),
            lambda row: done % _name(row),
        )

    @admin.action(description=_("Send test"), permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Of the event type that was chosen beside the action."""
        event_type = request.POST.get("event_type") or next(iter(TOPICS))
        now = who(request)["now"]
        for_each(
            request,
            queryset.select_related("account"),
            lambda row: send_test(endpoint=row, event_type=event_type, now=now),
            lambda row: gettext("A test of %(topic)s is on its way to %(name)s.") % {**_name(row), "topic": event_type},
        )


def _name(endpoint: Endpoint) -> dict[str, str]:
    return {"name": endpoint.name}
