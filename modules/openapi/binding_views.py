"""Bind links of the Open API."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from modules.binding import selectors, services
from modules.binding.address import address_of
from modules.openapi import queries
from modules.openapi.base import OpenApiView
from rest.base.fields import Text, TrueOrFalse


class NewBindLink(serializers.Serializer[Any]):
    bind_link_id = queries.Id()
    customer_id = Text()
    email = Text(required=False, allow_blank=True)
    mobile = Text(required=False, allow_blank=True)
    bind_once = TrueOrFalse(required=False)


class BindLinkView(OpenApiView):
    """Chosen, since MAAC documents no error: an unknown `bind_link_id` gets 400."""

    def post(self, request: Request) -> Response:
        fields = queries.body(NewBindLink, request)
        template = selectors.templates(account=self.account).filter(pk=fields.pop("bind_link_id")).first()
        if template is None:
            raise ValidationError({"bind_link_id": ["Bind link not found."]})
        link = services.make_link(template=template, now=self.now, **fields)
        holder = services.holder_of(account=self.account, customer_id=link.customer_id)
        answer: dict[str, Any] = {"link": address_of(request, link), "is_login": holder is not None}
        if holder is not None:
            answer["line_display_name"] = holder.line_display_name
        return Response(answer, status=status.HTTP_201_CREATED)
