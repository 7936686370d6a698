"""The REST API of tags, below /api/v1/modules/contacts/tags/, and of a contact's tags."""

from datetime import UTC, datetime

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.contacts import rules, selectors, tagging
from modules.contacts.models import Contact, Tag, Tagging
from rest.base.fields import StrictSerializer, Text, WholeNumber
from rest.base.paging import NewestFirst
from rest.base.request import account_of


class TagIn(StrictSerializer):
    name = Text(max_length=rules.TAG_LENGTH)
    available_days = WholeNumber(
        required=False, allow_null=True, help_text="Days that it stays on a contact; null: for ever."
    )


class TagOut(serializers.ModelSerializer[Tag]):
    contact_count = serializers.IntegerField(help_text="Contacts who have the tag now.")

    class Meta:
        model = Tag
        fields = ["id", "name", "available_days", "contact_count", "created_at"]


class TaggingIn(StrictSerializer):
    name = Text(max_length=rules.TAG_LENGTH, help_text="A new name makes a new tag.")


class TaggingOut(serializers.ModelSerializer[Tagging]):
    name = serializers.CharField(source="tag.name")

    class Meta:
        model = Tagging
        fields = ["tag_id", "name", "first_tagged_at", "tagged_at", "expires_at"]


class TagsView(APIView):
    """Tags of contacts."""

    pagination_class = NewestFirst

    @extend_schema(
        responses=TagOut(many=True), parameters=[OpenApiParameter("name", str, description="Text in the name.")]
    )
    def get(self, request: Request) -> Response:
        """List tags, newest first."""
        pages = NewestFirst()
        tags = selectors.tags(account=account_of(request), name=request.query_params.get("name", ""))
        found = selectors.with_contact_counts(tags, now=datetime.now(UTC))
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(TagOut(page, many=True).data)

    @extend_schema(request=TagIn, responses={201: TagOut})
    def post(self, request: Request) -> Response:
        """Create a tag."""
        fields = TagIn(data=request.data)
        fields.is_valid(raise_exception=True)
        made = tagging.create_tag(account=account_of(request), now=datetime.now(UTC), **fields.validated_data)
        return Response(TagOut(_tag(request, made.pk)).data, status=status.HTTP_201_CREATED)


class TagView(APIView):
    """One tag."""

    @extend_schema(responses=TagOut)
    def get(self, request: Request, tag_id: int) -> Response:
        """Show a tag and how many contacts have it."""
        return Response(TagOut(_tag(request, tag_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, tag_id: int) -> Response:
        """Delete a tag, which takes it off its contacts. A tag that a segment is made from cannot be deleted."""
        tagging.delete_tag(tag=_tag(request, tag_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ContactTagsView(APIView):
    """Tags of one contact."""

    pagination_class = None

    @extend_schema(operation_id="v1_modules_contacts_taggings_list", responses=TaggingOut(many=True))
    def get(self, request: Request, contact_id: int) -> Response:
        """List the tags that the contact has now."""
        found = selectors.taggings_of(contact=_contact(request, contact_id), now=datetime.now(UTC))
        return Response(TaggingOut(found, many=True).data)

    @extend_schema(operation_id="v1_modules_contacts_taggings_create", request=TaggingIn, responses={201: TaggingOut})
    def post(self, request: Request, contact_id: int) -> Response:
        """Put a tag on the contact. One that it has starts again, and keeps the time of the first tagging."""
        fields = TaggingIn(data=request.data)
        fields.is_valid(raise_exception=True)
        contact = _contact(request, contact_id)
        made = tagging.tag_by_name(contact=contact, name=fields.validated_data["name"], now=datetime.now(UTC))
        return Response(TaggingOut(made).data, status=status.HTTP_201_CREATED)


class ContactTagView(APIView):
    """One tag of one contact."""

    @extend_schema(operation_id="v1_modules_contacts_taggings_destroy", responses={204: None})
    def delete(self, request: Request, contact_id: int, tag_id: int) -> Response:
        """Take a tag off the contact."""
        contact, tag = _contact(request, contact_id), _tag(request, tag_id)
        tagging.untag_contact(contact=contact, tag=tag, now=datetime.now(UTC))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _tag(request: Request, tag_id: int) -> Tag:
    tags = selectors.with_contact_counts(selectors.tags(account=account_of(request)), now=datetime.now(UTC))
    return get_object_or_404(tags, pk=tag_id)


def _contact(request: Request, contact_id: int) -> Contact:
    return get_object_or_404(selectors.contacts(account=account_of(request)), pk=contact_id)
