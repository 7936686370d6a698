"""The REST API below /api/v1/modules/contacts/."""

from datetime import UTC, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.contacts import imports, rules, selectors, services
from modules.contacts.models import Contact, ContactImport
from rest.base.fields import Nothing, StrictSerializer, Text
from rest.base.paging import NewestFirst
from rest.base.request import account_of


class ContactIn(StrictSerializer):
    line_uid = Text(required=False, help_text="Default: random.")
    line_display_name = Text(required=False, allow_blank=True)
    display_name = Text(required=False, allow_blank=True)
    customer_id = Text(required=False, allow_null=True, help_text="null: not bound to a customer.")
    mobile = Text(required=False, allow_blank=True, help_text="`09…` becomes E.164.")
    email = Text(required=False, allow_blank=True)
    gender = Text(required=False, help_text=", ".join(rules.GENDERS))
    birthday = serializers.DateField(required=False, allow_null=True)
    tags = serializers.ListField(child=Text(max_length=rules.TAG_LENGTH), required=False, max_length=rules.TAG_LIMIT)
    status = Text(required=False, help_text=", ".join(rules.STATUSES))


class ContactEdit(ContactIn):
    line_uid = None  # type: ignore[assignment]


class ContactOut(serializers.ModelSerializer[Contact]):
    gender = serializers.CharField(help_text=", ".join(rules.GENDERS))
    status = serializers.CharField(help_text=", ".join(rules.STATUSES))
    tags = serializers.ListField(child=serializers.CharField(), help_text="Names of the tags that are valid now.")

    class Meta:
        model = Contact
        fields = ["id", "line_uid", *services.EDITABLE, "blocked_at", "created_at", "updated_at"]


class ContactsView(APIView):
    """Contacts, friends of the official account."""

    pagination_class = NewestFirst

    @extend_schema(
        responses=ContactOut(many=True),
        parameters=[OpenApiParameter("q", str, description="Text in a name, an id, the number or the address.")],
    )
    def get(self, request: Request) -> Response:
        """List contacts, newest first."""
        pages = NewestFirst()
        found = selectors.search(account=account_of(request), text=request.query_params.get("q", ""))
        found = selectors.with_tags(found, now=datetime.now(UTC))
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(ContactOut(page, many=True).data)

    @extend_schema(request=ContactIn, responses={201: ContactOut})
    def post(self, request: Request) -> Response:
        """Create a contact, who adds the official account as a friend."""
        fields = ContactIn(data=request.data)
        fields.is_valid(raise_exception=True)
        made = services.create(account=account_of(request), now=datetime.now(UTC), **fields.validated_data)
        return Response(ContactOut(made).data, status=status.HTTP_201_CREATED)


class ContactView(APIView):
    """One contact."""

    @extend_schema(responses=ContactOut)
    def get(self, request: Request, contact_id: int) -> Response:
        """Show a contact."""
        return Response(ContactOut(_found(request, contact_id)).data)

    @extend_schema(request=ContactEdit, responses=ContactOut)
    def patch(self, request: Request, contact_id: int) -> Response:
        """Change a contact; omitted fields stay. `"customer_id": null` unbinds."""
        found = _found(request, contact_id)
        fields = ContactEdit(data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        edited = services.edit(contact=found, now=datetime.now(UTC), **fields.validated_data)
        return Response(ContactOut(edited).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, contact_id: int) -> Response:
        """Delete a contact."""
        services.delete(contact=_found(request, contact_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class DemoContactsView(APIView):
    @extend_schema(request=None, responses={201: ContactOut(many=True)})
    def post(self, request: Request) -> Response:
        """Create realistic demo contacts; existing ones are not changed."""
        Nothing(data=request.data).is_valid(raise_exception=True)
        made = services.seed_demo(account=account_of(request), now=datetime.now(UTC))
        answer: Any = ContactOut(made, many=True).data
        return Response(answer, status=status.HTTP_201_CREATED)


class ImportIn(StrictSerializer):
    csv = Text(
        trim_whitespace=False, help_text="The file's text. Its first line names the columns, as the export does."
    )


class ImportOut(serializers.ModelSerializer[ContactImport]):
    status = serializers.CharField(help_text=", ".join(ContactImport.Status.values))
    total = serializers.IntegerField(help_text="Lines of the file, without the header.")
    done = serializers.IntegerField(help_text="Lines that are stored.")
    mismatched = serializers.IntegerField(help_text="Entries of the Open API that changed nothing.")
    import_key = serializers.CharField(help_text="The field that found the contacts; empty for a CSV file.")
    fault = serializers.CharField(help_text="Why it failed, at which line; empty if it did not.")
    problems = serializers.JSONField(help_text="Counts of faults in an import that the Open API refused.")

    class Meta:
        model = ContactImport
        fields = [
            "id", "status", "total", "done", "created", "updated", "mismatched", "import_key", "fault",
            "problems", "started_at", "ended_at",
        ]  # fmt: skip


class ImportsView(APIView):
    """Imports of contacts from CSV."""

    pagination_class = NewestFirst

    @extend_schema(responses=ImportOut(many=True))
    def get(self, request: Request) -> Response:
        """List imports, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.imports(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(ImportOut(page, many=True).data)

    @extend_schema(request=ImportIn, responses={202: ImportOut})
    def post(self, request: Request) -> Response:
        """Import contacts. All lines are validated first; with any fault nothing is stored. A worker stores them."""
        fields = ImportIn(data=request.data)
        fields.is_valid(raise_exception=True)
        text = fields.validated_data["csv"]
        started = imports.start(account=account_of(request), text=text, now=datetime.now(UTC))
        return Response(ImportOut(started).data, status=status.HTTP_202_ACCEPTED)


class ImportView(APIView):
    """One import."""

    @extend_schema(responses=ImportOut)
    def get(self, request: Request, import_id: int) -> Response:
        """Show an import and its progress."""
        found = get_object_or_404(selectors.imports(account=account_of(request)), pk=import_id)
        return Response(ImportOut(found).data)


def _found(request: Request, contact_id: int) -> Contact:
    contacts = selectors.with_tags(selectors.contacts(account=account_of(request)), now=datetime.now(UTC))
    return get_object_or_404(contacts, pk=contact_id)
