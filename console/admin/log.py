# ruff: noqa: ARG002 - Django passes the arguments by name
"""Events, deliveries and their attempts, to read. The console's log of deliveries has the filters and redelivery."""

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.admin.base import EMPTY, SupportAdmin, column
from console.deliveries.labels import reason_sentence, status_word
from events.models import Event
from webhooks.models import Attempt, Delivery

ACCOUNT = column("account", _("Account"))
TOPIC = column("topic", _("Event type"))
IS_TEST = column("is_test", _("Test"), boolean=True)
CREATED = column("created_at", _("Created"))
STATUS_CODE = column("status_code", _("Status code"))


def link(name: str, label: Any) -> Any:
    """The row that another refers to, with the way to it."""

    @admin.display(description=label)
    def show(row: Model) -> str:
        pk = getattr(row, f"{name}_id")
        if pk is None:
            return EMPTY
        model = row._meta.get_field(name).related_model
        options = model._meta  # type: ignore[union-attr]
        url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[pk])
        return format_html('<a href="{}">{}</a>', url, getattr(row, name) if name == "endpoint" else pk)

    show.__name__ = name
    return show


def preformatted(name: str, label: Any) -> Any:
    """Headers or a body, line by line; bytes that are no text are replaced."""

    @admin.display(description=label)
    def show(row: Model) -> SafeString:
        value = getattr(row, name)
        if isinstance(value, bytes | memoryview):
            text = bytes(value).decode(errors="replace")
        else:
            text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text)

    show.__name__ = name
    return show


@admin.display(description=_("Status"))
def status(delivery: Delivery) -> str:
    return status_word(delivery.status)


@admin.display(description=_("Reason"))
def reason(row: Delivery | Attempt) -> str:
    return reason_sentence(row.reason) or EMPTY


@admin.display(description=_("Duration"))
def duration(attempt: Attempt) -> str:
    return f"{attempt.duration_ms:.0f} ms"


EVENT, ENDPOINT, DELIVERY = link("event", _("Event")), link("endpoint", _("Endpoint")), link("delivery", _("Delivery"))
NUMBER, STARTED = column("number", _("Attempt")), column("started_at", _("Started"))
LARGE = ("request_headers", "request_body", "response_headers", "response_body")


class AttemptInline(admin.TabularInline[Attempt, Delivery]):
    model = Attempt
    readonly_fields: ClassVar[Any] = (NUMBER, STARTED, duration, STATUS_CODE, reason)
    fields: ClassVar[Any] = readonly_fields
    ordering = ("number",)
    show_change_link = True
    extra = max_num = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        return (
            super().get_queryset(request).defer("request_headers", "request_body", "response_headers", "response_body")
        )


@admin.register(Delivery)
class DeliveryAdmin(SupportAdmin[Delivery]):
    list_display: Any = (
        "id",
        column("idempotency_key", _("Idempotency key")),
        ACCOUNT,
        ENDPOINT,
        TOPIC,
        IS_TEST,
        status,
    )
    list_display += (STATUS_CODE, column("attempt_count", _("Attempts")), CREATED)
    list_display_links = ("id", list_display[1])
    list_select_related = ("account", "endpoint")
    lookups = ("account__id__exact", "endpoint__id__exact", "event__id__exact")
    search_fields = exact_fields = ("idempotency_key",)
    search_help_text = _("An id or an idempotency key, whole.")
    readonly_fields: ClassVar[Any] = (
        *list_display[1:5], EVENT, *list_display[5:7], reason, *list_display[7:], column("finished_at", _("Finished")),
        link("redelivery_of", _("Redelivery of")),
    )  # fmt: skip
    inlines = (AttemptInline,)

    def console_name(self, _row: Delivery) -> str:
        return "delivery"


@admin.register(Attempt)
class AttemptAdmin(SupportAdmin[Attempt]):
    list_display: Any = ("id", DELIVERY, NUMBER, STARTED, duration, STATUS_CODE, reason)
    lookups = ("delivery__id__exact",)
    search_fields = exact_fields = ("delivery__idempotency_key",)
    search_help_text = _("An id, or the idempotency key of a delivery, whole.")
    readonly_fields: ClassVar[Any] = (
        *list_display[1:],
        column("detail", _("Details")),
        column("address", _("Address")),
        preformatted("request_headers", _("Request headers")),
        preformatted("response_headers", _("Response headers")),
        preformatted("response_body", _("Response body")),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        """Lists read none of the bodies."""
        return super().get_queryset(request).defer(*LARGE)


@admin.register(Event)
class EventAdmin(SupportAdmin[Event]):
    list_display: Any = ("id", ACCOUNT, TOPIC, IS_TEST, column("occurred_at", _("Occurred")), CREATED)
    list_select_related = ("account",)
    lookups = ("account__id__exact",)
    search_fields = exact_fields = ("deliveries__idempotency_key",)
    search_help_text = _("An id, or the idempotency key of a delivery, whole.")

    @admin.display(description=_("Deliveries"))
    def deliveries(self, event: Event) -> str:
        url = f"{reverse('admin:webhooks_delivery_changelist')}?event__id__exact={event.pk}"
        return format_html('<a href="{}">{}</a>', url, _("Show"))

    readonly_fields: ClassVar[Any] = (
        *list_display[1:],
        "deliveries",
        preformatted("body", _("Body")),
        preformatted("not_reached", _("Not reached")),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).defer("body", "not_reached")
