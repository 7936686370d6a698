"""Endpoints and the delivery log in the console, to read."""

from django.contrib import admin
from django.http import HttpRequest

from webhooks.models import Attempt, Delivery, Endpoint


class ReadOnly:
    """Changes are made by the services, never by writing a row."""

    def has_add_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False


@admin.register(Endpoint)
class EndpointAdmin(ReadOnly, admin.ModelAdmin[Endpoint]):
    list_display = ["name", "account", "url", "status", "created_at"]
    exclude = ["share_secret"]


class AttemptInline(ReadOnly, admin.StackedInline[Attempt, Delivery]):
    model = Attempt
    extra = 0
    exclude = ["response_body"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin[Delivery]):
    list_display = ["id", "topic", "endpoint", "status", "status_code", "attempt_count", "created_at"]
    list_select_related = ["endpoint"]
    show_full_result_count = False
    inlines = [AttemptInline]
