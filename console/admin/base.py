# ruff: noqa: ARG002 - Django passes the arguments by name
"""What customer support's admin pages share: who may see them, lists of large tables, and refusals as messages."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import localtime

from accounts.errors import Refusal
from accounts.selectors import is_operator
from console.base import add_refusal
from webhooks.ids import is_id

MOST_ROWS = 1000
"""That a list leads to. Counting every row of a large table would take longer than the page is worth."""

EMPTY = "-"

Row = TypeVar("Row", bound=Model)


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    @cached_property
    def count(self) -> int:
        rows: QuerySet[Model] = self.object_list  # type: ignore[assignment]
        return rows[:MOST_ROWS].count()


class SafeParameters(admin.ModelAdmin[Row]):
    """Takes from the address only filters that are meant. Django takes a lookup by any field, patterns included."""

    lookups: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in self.lookups

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row | None:
        """Django takes an empty `?_to_field=` for a field's name."""
        return super().get_object(request, object_id, from_field or None)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Row], *location: Any) -> HttpResponse | None:
        if not all(map(is_id, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise SuspiciousOperation("A row that was chosen is no id.")
        return super().response_action(request, queryset, *location)


class ServiceForm(forms.ModelForm[Row]):
    """Shows what a service refused beside its field. What is allowed is for the services to say."""

    refusal: Refusal | None = None

    def clean(self) -> dict[str, Any] | None:
        if self.refusal:
            add_refusal(self, self.refusal)
        return super().clean()

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the model's constraints out: the services refuse the same with a reason that helps."""
        return {field.name for field in self._meta.model._meta.fields}


class SupportAdmin(SafeParameters[Row]):
    """A table that customer support reads; a subclass with a `form` and `store` lets rows be made or changed."""

    form: Any = ServiceForm
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-id",)
    sortable_by = ("id",)
    exact_fields: tuple[str, ...] = ()
    """Found by their whole value, beside the id. They have an index."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return is_operator(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        text = search_term.strip()
        if not text or not self.exact_fields:
            return super().get_search_results(request, queryset, text)
        wanted = Q(pk=int(text)) if is_id(text) else Q()
        for field in self.exact_fields:
            wanted |= Q(**{field: text})
        return queryset.filter(wanted), False

    def get_fields(self, request: HttpRequest, obj: Row | None = None) -> Any:
        return self.readonly_fields or super().get_fields(request, obj)

    def store(self, form: Any, row: Row, **who: Any) -> Model:
        """Make or change the row by a service. A table without one is read only."""
        raise PermissionDenied

    def save_model(self, request: HttpRequest, obj: Row, form: Any, _change: bool) -> None:
        obj.pk = self.store(form, obj, **who(request)).pk

    def get_form(self, request: HttpRequest, obj: Row | None = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change=change, **options)
        form.refusal = getattr(request, "refusal", None)  # type: ignore[attr-defined]
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Where a service refuses, its transaction is over; the form is shown again with the reason."""
        try:
            return super().changeform_view(request, *args, **options)
        except Refusal as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **options)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        row = options.get("obj")
        return super().render_change_form(
            request, {**context, **(self.console_page(row) if row else {})}, *args, **options
        )

    def console_page(self, row: Row) -> dict[str, Any]:
        """The same row's page in the console, and the account that it is shown in."""
        name, account_id = self.console_name(row), getattr(row, "account_id", row.pk)
        return (
            {"console_page": reverse(f"console:{name}", args=[row.pk]), "console_account": account_id} if name else {}
        )

    def console_name(self, _row: Row) -> str:
        return ""

    def log_addition(self, *_args: Any) -> None:  # type: ignore[override]
        """The audit log has it."""

    log_change = log_deletions = log_addition  # type: ignore[assignment]


def who(request: HttpRequest) -> dict[str, Any]:
    """What each service wants to know beside its subject."""
    return {"now": datetime.now(UTC), "actor": f"user {request.user.get_username()}"}


def for_each(
    request: HttpRequest, rows: Iterable[Row], service: Callable[[Row], object], done: Callable[[Row], str]
) -> None:
    """Call the service for each row, with a message on what became of it."""
    for row in rows:
        try:
            service(row)
        except Refusal as refusal:
            messages.error(request, f"{row}: {refusal.message}")
        else:
            messages.success(request, done(row))


def column(name: str, label: Any, *, boolean: bool = False) -> Any:
    """A field of the row under a translated label."""

    @admin.display(description=label, boolean=boolean)
    def show(row: Model) -> Any:
        display: Callable[[], Any] | None = getattr(row, f"get_{name}_display", None)
        value = display() if display else getattr(row, name)
        if isinstance(value, datetime):
            return f"{localtime(value):%Y-%m-%d %H:%M:%S}"
        return EMPTY if value in (None, "") else value

    show.__name__ = name
    return show
