"""The REST API below /api/v1/modules/notifications/ about templates, conditions and bindings."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from maac_contract.payloads import PNP_SOURCES
from modules.contacts.contact_fields import ContactReference, pop_contact
from modules.notifications import rules, selectors, services
from modules.notifications.magic import MAGIC
from modules.notifications.models import Binding, Conditions, Template
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.views import AccountAPIView, AccountViewSet

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


@extend_schema_view(
    list=extend_schema(description="List templates, newest first."),
    retrieve=extend_schema(description="Show a template."),
)
class TemplateViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Template]):
    """Notification templates: MAAC calls them pnp settings."""

    serializer_class = TemplateOut
    lookup_url_kwarg = "template_id"

    def get_queryset(self) -> QuerySet[Template]:
        return selectors.templates(account=self.account)

    @extend_schema(request=TemplateIn, responses={201: TemplateOut})
    def create(self, _request: Request) -> Response:
        """Make a template. PNP and SMS are on unless you say otherwise."""
        made = services.create_template(account=self.account, now=self.now, **self.given(TemplateIn))
        return self.shown(made, status=201)

    @extend_schema(request=TemplateIn(partial=True))
    def partial_update(self, _request: Request, **_: int) -> Response:
        """Change a template; what is left out stays. Messages that are on their way are not changed."""
        template, fields = self.get_object(), self.given(TemplateIn, partial=True)
        return self.shown(services.edit_template(template=template, now=self.now, **fields))


class ConditionsView(AccountAPIView):
    """What messages meet on their way."""

    @extend_schema(responses=ConditionsOut)
    def get(self, _request: Request) -> Response:
        """Show LINE's monthly limit, the SMS vendor's state, and the carriers' lists."""
        return Response(ConditionsOut(selectors.conditions(account=self.account)).data)

    @extend_schema(request=ConditionsIn(partial=True), responses=ConditionsOut)
    def patch(self, _request: Request) -> Response:
        """Change what messages meet from now on; omitted fields stay."""
        changed = services.set_conditions(account=self.account, **self.given(ConditionsIn, partial=True))
        return Response(ConditionsOut(changed).data)


class MagicNumbersView(AccountAPIView):
    @extend_schema(responses=MagicOut(many=True), operation_id="notifications_magic_numbers")
    def get(self, _request: Request) -> Response:
        """List the magic numbers: a message to one ends as the table says, whatever contacts and conditions are."""
        return Response([
            {"phone_number": number, **magic.outcomes, "meaning": magic.meaning} for number, magic in MAGIC.items()
        ])  # fmt: skip


@extend_schema_view(list=extend_schema(description="List bindings, newest first."))
class BindingViewSet(ListModelMixin, AccountViewSet[Binding]):
    """Contacts whom a notification led to the official account."""

    serializer_class = BindingOut

    def get_queryset(self) -> QuerySet[Binding]:
        return selectors.bindings(account=self.account)

    @extend_schema(request=BindingIn, responses={201: BindingOut})
    def create(self, _request: Request) -> Response:
        """Bind a contact to a phone number through a notification. `pnp.profile_updated` is sent."""
        fields = self.given(BindingIn)
        fields["template"] = template_named(self.account, fields["template"])
        fields["contact"] = pop_contact(account=self.account, fields=fields)
        return self.shown(services.bind(account=self.account, now=self.now, **fields), status=201)


def template_named(account: Account, template_id: int) -> Template:
    """The account's template that a body names."""
    found = selectors.templates(account=account).filter(pk=template_id).first()
    if found is None:
        raise ValidationError({"template": ["The account has no such template."]})
    return found
