"""The REST API below /api/v1/modules/contacts/."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from modules.contacts import imports, rules, selectors, services
from modules.contacts.models import Contact, ContactImport
from rest.base.fields import StrictSerializer, Text
from rest.base.views import AccountViewSet


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


@extend_schema_view(
    list=extend_schema(
        description="List contacts, newest first.",
        parameters=[OpenApiParameter("q", str, description="Text in a name, an id, the number or the address.")],
    ),
    retrieve=extend_schema(description="Show a contact."),
)
class ContactViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Contact]):
    """Contacts, friends of the official account."""

    serializer_class = ContactOut
    lookup_url_kwarg = "contact_id"

    def get_queryset(self) -> QuerySet[Contact]:
        text = self.request.query_params.get("q", "") if self.action == "list" else ""
        return selectors.with_tags(selectors.search(account=self.account, text=text), now=self.now)

    @extend_schema(request=ContactIn, responses={201: ContactOut})
    def create(self, _request: Request) -> Response:
        """Create a contact, who adds the official account as a friend."""
        made = services.create(account=self.account, now=self.now, **self.given(ContactIn))
        return self.shown(made, status=201)

    @extend_schema(request=ContactEdit)
    def partial_update(self, _request: Request, **_: int) -> Response:
        """Change a contact; omitted fields stay. `"customer_id": null` unbinds."""
        contact, fields = self.get_object(), self.given(ContactEdit, partial=True)
        return self.shown(services.edit(contact=contact, now=self.now, **fields))

    def destroy(self, _request: Request, **_: int) -> Response:
        """Delete a contact."""
        services.delete(contact=self.get_object())
        return Response(status=204)

    @extend_schema(request=None, responses={201: ContactOut(many=True)})
    @action(detail=False, methods=["post"], pagination_class=None)
    def demo(self, _request: Request) -> Response:
        """Create realistic demo contacts; existing ones are not changed."""
        self.expect_nothing()
        made = services.seed_demo(account=self.account, now=self.now)
        return Response(self.get_serializer(made, many=True).data, status=201)


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


@extend_schema_view(
    list=extend_schema(description="List imports, newest first."),
    retrieve=extend_schema(description="Show an import and its progress."),
)
class ImportViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[ContactImport]):
    """Imports of contacts from CSV."""

    serializer_class = ImportOut
    lookup_url_kwarg = "import_id"

    def get_queryset(self) -> QuerySet[ContactImport]:
        return selectors.imports(account=self.account)

    @extend_schema(request=ImportIn, responses={202: ImportOut})
    def create(self, _request: Request) -> Response:
        """Import contacts. All lines are validated first; with any fault nothing is stored. A worker stores them."""
        started = imports.start(account=self.account, text=self.given(ImportIn)["csv"], now=self.now)
        return self.shown(started, status=202)
