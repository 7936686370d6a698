"""Contacts, which MAAC's Open API calls members."""

from datetime import datetime, time, timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from modules.contacts import rules, selectors, services
from modules.openapi import contact_answers, queries
from modules.openapi.base import OpenApiView
from modules.openapi.contact_answers import Period
from modules.openapi.paging import page_of


class MembersView(OpenApiView):
    """Days are whole days of the account's time zone, both ends included."""

    def get(self, request: Request) -> Response:
        asked = rules.normalised(queries.query(queries.MemberQuery, request), time_zone=self.account.time_zone)
        start, shows_all = asked.pop("start"), asked.pop("all_tag") == 1
        since, before = self._period(asked)
        found = selectors.contacts(account=self.account)
        if "member_id" in asked:
            asked["pk"] = asked.pop("member_id")
        if since:
            asked["updated_at__gte"] = since
        if before:
            asked["updated_at__lt"] = before
        shown, following = page_of(found.filter(**asked).only("pk"), start=start)
        tagged = (None, None) if shows_all else (since, before)
        results = contact_answers.members([row.pk for row in shown], zone=self.zone, now=self.now, tagged=tagged)
        return Response({"results": results, "next": following})

    def _period(self, asked: dict[str, Any]) -> Period:
        first, last = asked.pop("updated_at_min", None), asked.pop("updated_at_max", None)
        since = datetime.combine(first, time.min, self.zone) if first else None
        before = datetime.combine(last + timedelta(days=1), time.min, self.zone) if last else None
        return since, before


class MemberView(OpenApiView):
    def patch(self, request: Request, line_uid: str) -> Response:
        member = get_object_or_404(selectors.contacts(account=self.account), line_uid=line_uid)
        fields = queries.body(queries.MemberPatch, request)
        edited = services.edit(contact=member, now=self.now, **fields)
        (answer,) = contact_answers.members([edited.pk], zone=self.zone, now=self.now)
        return Response(answer)
