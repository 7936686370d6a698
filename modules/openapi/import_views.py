"""Imports of contacts: the start, the task, and the file of entries that found nobody.

The file has a signed address without a token, as a link to a file store has. Chosen: the columns `line_uid`, `reason`.
"""

import csv
import io
from typing import IO, Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.exceptions import Throttled
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from modules.contacts import member_import, selectors
from modules.contacts.errors import ImportRunning
from modules.contacts.models import ContactImport
from modules.openapi import contact_answers, contact_queries, queries
from modules.openapi.base import OpenApiView
from rest.base.fields import BodyTooLarge, read_json

SIGNER = signing.Signer(salt=__name__)


class ImportParser(BaseParser):
    """JSON of an import. A subclass of JSONParser would be given a body of at most API_BODY_LIMIT."""

    media_type = "application/json"

    def parse(self, stream: IO[Any], _media_type: str | None = None, parser_context: Any = None) -> Any:
        if int(parser_context["request"].META.get("CONTENT_LENGTH") or 0) > member_import.SIZE_LIMIT:
            raise BodyTooLarge.of(member_import.SIZE_LIMIT)
        return read_json(stream.read())


class ImportsView(OpenApiView):
    limited_as = "import"
    parser_classes = (ImportParser,)

    def post(self, request: Request) -> Response:
        fields = queries.body(contact_queries.NewImport, request)
        try:
            started = member_import.start(
                account=self.account,
                import_key=fields["import_key"],
                entries=fields["data"],
                tags=fields["tags"],
                now=self.now,
            )
        except ImportRunning as refusal:
            raise Throttled(detail=refusal.message) from refusal
        return Response({"id": started.pk, "result": "start importing"})


class ImportView(OpenApiView):
    def get(self, request: Request, task_id: int) -> Response:
        found = selectors.imports(account=self.account).exclude(import_key="")
        task = get_object_or_404(found, pk=task_id)
        link = ""
        if task.mismatched and task.import_key == "line_uid":
            link = request.build_absolute_uri(reverse("mismatches", args=[SIGNER.sign(str(task.pk))]))
        return Response(contact_answers.import_task(task, self.zone, link))


def mismatches(_request: HttpRequest, signed: str) -> HttpResponse:
    """The CSV file of an import's entries that changed nothing."""
    try:
        task_id = int(SIGNER.unsign(signed))
    except signing.BadSignature as error:
        raise Http404 from error
    task = get_object_or_404(ContactImport, pk=task_id)
    text = io.StringIO()
    csv.writer(text).writerows([["line_uid", "reason"], *task.mismatches])
    headers = {"Content-Disposition": f"attachment; filename=mismatch-{task.pk}.csv"}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
