"""Tags, and putting them on contacts and taking them off."""

from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from modules.contacts import selectors, tagging
from modules.contacts.errors import TagNotThere, TagTaken
from modules.contacts.models import Contact, Tag
from modules.openapi import contact_answers, contact_queries, queries
from modules.openapi.base import OpenApiView


class TagsView(OpenApiView):
    def get(self, request: Request) -> Response:
        asked = queries.query(contact_queries.NameQuery, request)
        found = selectors.tags(account=self.account, name=asked["name"])
        return self.list_of(found, contact_answers.tag, start=asked["start"])

    def post(self, request: Request) -> Response:
        fields = queries.body(contact_queries.NewTag, request)
        try:
            made = tagging.create_tag(account=self.account, now=self.now, **fields)
        except TagTaken as refusal:
            raise ValidationError({"name": [refusal.message]}) from refusal
        return Response(contact_answers.tag(made), status=status.HTTP_201_CREATED)


class TagView(OpenApiView):
    def get(self, _request: Request, tag_id: int) -> Response:
        return Response(contact_answers.tag(get_object_or_404(selectors.tags(account=self.account), pk=tag_id)))


class TaggingView(OpenApiView):
    def post(self, request: Request) -> Response:
        contact, tag = self._named(request)
        made = tagging.tag_contact(contact=contact, tag=tag, now=self.now)
        answer = contact_answers.tagging(made, contact.line_uid, self.zone)
        return Response(answer, status=status.HTTP_201_CREATED)

    def delete(self, request: Request) -> Response:
        contact, tag = self._named(request)
        try:
            tagging.untag_contact(contact=contact, tag=tag, now=self.now)
        except TagNotThere as refusal:
            raise NotFound(refusal.message) from refusal
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _named(self, request: Request) -> tuple[Contact, Tag]:
        """The contact and the tag of the request body."""
        fields = queries.body(contact_queries.TagOfContact, request)
        contact = selectors.contacts(account=self.account).filter(line_uid=fields["line_uid"]).first()
        tag = selectors.tags(account=self.account).filter(pk=fields["tag_id"]).first()
        faults = {"tag_id": ["Tag not found."]} if tag is None else {}
        if contact is None:
            faults["line_uid"] = ["Contact not found."]
        if contact is None or tag is None:
            raise ValidationError(faults)
        return contact, tag
