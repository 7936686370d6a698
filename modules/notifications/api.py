"""The REST API below /api/v1/modules/notifications/ about templates, conditions and bindings."""

from datetime import UTC, datetime

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from maac_contract.payloads import PNP_SOURCES
from modules.contacts.contact_fields import ContactReference, pop_contact
from modules.notifications import rules, selectors, services
from modules.notifications.magic import MAGIC
from modules.notifications.models import Binding, Conditions, Template
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.paging import NewestFirst
from rest.base.request import account_of

Texts = serializers.ListField


class TemplateIn(StrictSerializer):
    name = Text(max_length=rules.NAME_LIMIT)
    status = Text(required=False, help_text=", ".join(rules.TEMPLATE_STATUSES))
    line_push_enabled = TrueOrFalse(required=False, help_text="LINE push is tried first.")
    pnp_enabled = TrueOrFalse(required=False, help_text="LINE's notification message is tried next.")
    fallback_enabled = TrueOrFalse(required=False, help_text="SMS is tried last.")
    fallback_period = serializers.IntegerField(
        required=False, min_value=0, max_value=rules.LONGEST_FALLBACK, help_text="Minutes before SMS is tried."
    )
    parameters = Texts(
        child=Text(), required=False, max_length=rules.PARAMETER_LIMIT, help_text="Names of PNP's parameters."
    )
    sms_parameters = Texts(
        child=Text(), required=False, max_length=rules.PARAMETER_LIMIT, help_text="Names of SMS' parameters."
    )


class TemplateOut(serializers.ModelSerializer[Template]):
    status = serializers.CharField()
    parameters = Texts(child=serializers.CharField())
    sms_parameters = Texts(child=serializers.CharField())

    class Meta:
        model = Template
        fields = ["id", *services.TEMPLATE_FIELDS, "created_at", "updated_at"]


class ConditionsIn(StrictSerializer):
    line_push_monthly_limit = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Messages per month; null: no limit.",
    )
    sms_vendor = Text(required=False, help_text=", ".join(rules.VENDOR_STATES))
    sensitive_words = Texts(child=Text(), required=False, max_length=rules.LIST_LIMIT)
    blocked_numbers = Texts(child=Text(), required=False, max_length=rules.LIST_LIMIT)
    numbers_off = Texts(child=Text(), required=False, max_length=rules.LIST_LIMIT)


class ConditionsOut(serializers.ModelSerializer[Conditions]):
    sensitive_words = Texts(child=serializers.CharField())
    blocked_numbers = Texts(child=serializers.CharField())
    numbers_off = Texts(child=serializers.CharField())

    class Meta:
        model = Conditions
        fields = list(services.CONDITIONS)


class MagicOut(serializers.Serializer[dict[str, str]]):
    phone_number = serializers.CharField()
    line_push = serializers.CharField()
    pnp = serializers.CharField()
    sms = serializers.CharField()
    meaning = serializers.CharField()


class BindingIn(ContactReference):
    template = serializers.IntegerField()
    source = Text(help_text=", ".join(PNP_SOURCES))  # type: ignore[assignment]
    phone_number = Text(help_text="E.164, or its SHA-256 if the template has SMS off.")


class BindingOut(serializers.ModelSerializer[Binding]):
    line_uid = serializers.CharField(source="contact.line_uid")
    event_id = serializers.IntegerField(source="webhook_event_id", help_text="The webhook event.")

    class Meta:
        model = Binding
        fields = ["id", "template", "contact", "line_uid", "source", "phone_number", "created_at", "event_id"]


class TemplatesView(APIView):
    """Notification templates: MAAC calls them pnp settings."""

    pagination_class = NewestFirst

    @extend_schema(responses=TemplateOut(many=True))
    def get(self, request: Request) -> Response:
        """List templates, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.templates(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(TemplateOut(page, many=True).data)

    @extend_schema(request=TemplateIn, responses={201: TemplateOut})
    def post(self, request: Request) -> Response:
        """Make a template. PNP and SMS are on unless you say otherwise."""
        fields = TemplateIn(data=request.data)
        fields.is_valid(raise_exception=True)
        made = services.create_template(account=account_of(request), now=datetime.now(UTC), **fields.validated_data)
        return Response(TemplateOut(made).data, status=status.HTTP_201_CREATED)


class TemplateView(APIView):
    @extend_schema(responses=TemplateOut)
    def get(self, request: Request, template_id: int) -> Response:
        """Show a template."""
        return Response(TemplateOut(_template(request, template_id)).data)

    @extend_schema(request=TemplateIn(partial=True), responses=TemplateOut)
    def patch(self, request: Request, template_id: int) -> Response:
        """Change a template; what is left out stays. Messages that are on their way are not changed."""
        found = _template(request, template_id)
        fields = TemplateIn(data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        edited = services.edit_template(template=found, now=datetime.now(UTC), **fields.validated_data)
        return Response(TemplateOut(edited).data)


class ConditionsView(APIView):
    """What messages meet on their way."""

    @extend_schema(responses=ConditionsOut)
    def get(self, request: Request) -> Response:
        """Show LINE's monthly limit, the SMS vendor's state, and the carriers' lists."""
        return Response(ConditionsOut(selectors.conditions(account=account_of(request))).data)

    @extend_schema(request=ConditionsIn(partial=True), responses=ConditionsOut)
    def patch(self, request: Request) -> Response:
        """Change what messages meet from now on; omitted fields stay."""
        fields = ConditionsIn(data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        changed = services.set_conditions(account=account_of(request), **fields.validated_data)
        return Response(ConditionsOut(changed).data)


class MagicNumbersView(APIView):
    @extend_schema(responses=MagicOut(many=True), operation_id="notifications_magic_numbers")
    def get(self, request: Request) -> Response:
        """List the magic numbers: a message to one ends as the table says, whatever contacts and conditions are."""
        account_of(request)
        return Response([
            {"phone_number": number, **magic.outcomes, "meaning": magic.meaning} for number, magic in MAGIC.items()
        ])  # fmt: skip


class BindingsView(APIView):
    """Contacts whom a notification led to the official account."""

    pagination_class = NewestFirst

    @extend_schema(responses=BindingOut(many=True))
    def get(self, request: Request) -> Response:
        """List bindings, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.bindings(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(BindingOut(page, many=True).data)

    @extend_schema(request=BindingIn, responses={201: BindingOut})
    def post(self, request: Request) -> Response:
        """Bind a contact to a phone number through a notification. `pnp.profile_updated` is sent."""
        account = account_of(request)
        parsed = BindingIn(data=request.data)
        parsed.is_valid(raise_exception=True)
        fields = dict(parsed.validated_data)
        fields["template"] = template_named(request, fields["template"])
        fields["contact"] = pop_contact(account=account, fields=fields)
        made = services.bind(account=account, now=datetime.now(UTC), **fields)
        return Response(BindingOut(made).data, status=status.HTTP_201_CREATED)


def _template(request: Request, template_id: int) -> Template:
    return get_object_or_404(selectors.templates(account=account_of(request)), pk=template_id)


def template_named(request: Request, template_id: int) -> Template:
    """The caller's template that a body names."""
    found = selectors.templates(account=account_of(request)).filter(pk=template_id).first()
    if found is None:
        raise ValidationError({"template": ["The account has no such template."]})
    return found
