"""Contacts, which MAAC's Open API calls members."""

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from modules.contacts import rules, selectors, services
from modules.openapi import answers, queries
from modules.openapi.base import OpenApiView

LOOKUPS = {"updated_at_min": "updated_at__gte", "updated_at_max": "updated_at__lte"}


class MembersView(OpenApiView):
    def get(self, request: Request) -> Response:
        asked = rules.normalised(queries.query(queries.MemberQuery, request))
        start = asked.pop("start")
        wanted = {LOOKUPS.get(name, name): value for name, value in asked.items()}
        found = selectors.contacts(account=self.account).filter(**wanted)
        return self.list_of(found, lambda row: answers.member(row, self.zone), start=start)


class MemberView(OpenApiView):
    def patch(self, request: Request, line_uid: str) -> Response:
        member = get_object_or_404(selectors.contacts(account=self.account), line_uid=line_uid)
        fields = queries.body(queries.MemberPatch, request)
        edited = services.edit(contact=member, now=self.now, **fields)
        return Response(answers.member(edited, self.zone))
