"""The REST API below /api/v1/modules/binding/."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.binding import selectors, services
from modules.binding.address import address_of
from modules.binding.models import BindingTemplate, BindLink
from modules.contacts import rules as contact_rules
from modules.contacts.models import Contact
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.paging import NewestFirst
from rest.base.request import account_of, now_utc


class BindingTemplateIn(StrictSerializer):
    name = Text(max_length=services.NAME_LIMIT)


class BindingTemplateOut(serializers.ModelSerializer[BindingTemplate]):
    class Meta:
        model = BindingTemplate
        fields = ["id", "name", "created_at"]


class BindLinkIn(StrictSerializer):
    bind_link_id = serializers.IntegerField(help_text="A binding template of the account.")
    customer_id = Text()
    email = Text(required=False, allow_blank=True)
    mobile = Text(required=False, allow_blank=True)
    bind_once = TrueOrFalse(required=False, help_text="`true`: the link binds one time only.")


class BindLinkOut(serializers.ModelSerializer[BindLink]):
    bind_link_id = serializers.IntegerField(source="template_id")
    link = serializers.SerializerMethodField(help_text="The address to open.")
    contact = serializers.IntegerField(source="contact_id", allow_null=True, help_text="The last contact it bound.")

    class Meta:
        model = BindLink
        fields = [
            "id", "bind_link_id", "link", "customer_id", "email", "mobile", "bind_once", "bindings", "contact",
            "bound_at", "created_at",
        ]  # fmt: skip

    def get_link(self, link: BindLink) -> str:
        return address_of(self.context["request"], link)


class OpenBindLinkIn(StrictSerializer):
    line_uid = Text(required=False, help_text="Who opens it; missing: a new person, with a random LINE UID.")
    name = Text(required=False, help_text="The name of a new person at LINE.")


class BoundContact(serializers.ModelSerializer[Contact]):
    status = serializers.CharField(help_text=", ".join(contact_rules.STATUSES))

    class Meta:
        model = Contact
        fields = ["id", "line_uid", "customer_id", "email", "mobile", "status"]


class BoundOut(serializers.Serializer[Any]):
    contact = BoundContact()
    callback_delivery = serializers.IntegerField(
        allow_null=True, help_text="The callback in the delivery log; null while no address is set."
    )


class BindingTemplatesView(APIView):
    """Bind links."""

    pagination_class = NewestFirst

    @extend_schema(responses=BindingTemplateOut(many=True))
    def get(self, request: Request) -> Response:
        """List binding templates, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.templates(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(BindingTemplateOut(page, many=True).data)

    @extend_schema(request=BindingTemplateIn, responses={201: BindingTemplateOut})
    def post(self, request: Request) -> Response:
        """Create a binding template, for whose id links are made."""
        fields = BindingTemplateIn(data=request.data)
        fields.is_valid(raise_exception=True)
        made = services.create_template(account=account_of(request), now=now_utc(), **fields.validated_data)
        return Response(BindingTemplateOut(made).data, status=status.HTTP_201_CREATED)


class BindingTemplateView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, template_id: int) -> Response:
        """Delete a binding template with its links."""
        found = get_object_or_404(selectors.templates(account=account_of(request)), pk=template_id)
        services.delete_template(template=found)
        return Response(status=status.HTTP_204_NO_CONTENT)


class BindLinksView(APIView):
    pagination_class = NewestFirst

    @extend_schema(responses=BindLinkOut(many=True))
    def get(self, request: Request) -> Response:
        """List bind links, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.links(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(BindLinkOut(page, many=True, context={"request": request}).data)

    @extend_schema(request=BindLinkIn, responses={201: BindLinkOut})
    def post(self, request: Request) -> Response:
        """Make a bind link, as the Open API's `binding/bindlink/` does."""
        fields = BindLinkIn(data=request.data)
        fields.is_valid(raise_exception=True)
        given = dict(fields.validated_data)
        templates = selectors.templates(account=account_of(request))
        template = templates.filter(pk=given.pop("bind_link_id")).first()
        if template is None:
            raise serializers.ValidationError({"bind_link_id": ["The account has no such binding template."]})
        made = services.make_link(template=template, now=now_utc(), **given)
        return Response(BindLinkOut(made, context={"request": request}).data, status=status.HTTP_201_CREATED)


class OpenBindLinkView(APIView):
    @extend_schema(request=OpenBindLinkIn, responses=BoundOut)
    def post(self, request: Request, link_id: int) -> Response:
        """Let a person open the link: the person joins, is bound, and the callback is sent."""
        link = get_object_or_404(selectors.links(account=account_of(request)), pk=link_id)
        fields = OpenBindLinkIn(data=request.data)
        fields.is_valid(raise_exception=True)
        bound = services.open_link(link=link, now=now_utc(), **fields.validated_data)
        callback = bound.delivery.pk if bound.delivery else None
        return Response(BoundOut({"contact": bound.contact, "callback_delivery": callback}).data)
