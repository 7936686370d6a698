"""Message events, message templates and messages of the Open API."""

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from modules.messages import clicks, rules, selectors, services
from modules.messages.models import MessageEvent, Template
from modules.openapi import answers, queries
from modules.openapi.base import OpenApiView
from modules.openapi.paging import NEWEST
from modules.openapi.scripted import line_answer_of


class EventsView(OpenApiView):
    def get(self, request: Request) -> Response:
        asked = queries.query(queries.EventQuery, request)
        found = selectors.events(account=self.account, name=asked["name"])
        return self.list_of(
            found, lambda row: answers.event(row, self.zone), start=asked["start"], order=NEWEST
        )  # fmt: skip

    def post(self, request: Request) -> Response:
        fields = queries.body(queries.NewEvent, request)
        made = services.create_event(account=self.account, name=fields["name"], now=self.now)
        return Response({"id": made.pk, "name": made.name}, status=status.HTTP_201_CREATED)


class EventView(OpenApiView):
    def get(self, _request: Request, event_id: int) -> Response:
        return Response(
            answers.event(get_object_or_404(selectors.events(account=self.account), pk=event_id), self.zone)
        )


class EventReportView(OpenApiView):
    def get(self, request: Request, event_id: int) -> Response:
        event = get_object_or_404(selectors.events(account=self.account), pk=event_id)
        asked = queries.query(queries.Period, request)
        days: dict[str, Any] = {
            "event": event, "zone": self.zone, "start": asked["start_date"], "end": asked["end_date"],
        }  # fmt: skip
        report = answers.report(
            event,
            selectors.report_opens(**days),
            list(clicks.links_of_event(event=event)),
            clicks.counts_of_links(**days),
            clicks.unique_clicks(**days),
        )
        return Response(report)


class TemplatesView(OpenApiView):
    def get(self, request: Request) -> Response:
        asked = queries.query(queries.Start, request)
        return self.list_of(selectors.templates(account=self.account), answers.message_template, start=asked["start"])


class MessageView(OpenApiView):
    """Base of the views that send messages."""

    def named(self, fields: dict[str, Any]) -> tuple[Template, MessageEvent | None]:
        """The template and the message event of the request body."""
        template = selectors.templates(account=self.account).filter(pk=fields["template_id"]).first()
        if template is None:
            raise ValidationError({"template_id": ["Template not found."]})
        if fields["event_id"] is None:
            return template, None
        event = selectors.events(account=self.account).filter(pk=fields["event_id"]).first()
        if event is None:
            raise ValidationError({"event_id": ["Message event not found."]})
        return template, event


class PushView(MessageView):
    limited_as = call = "push"

    def post(self, request: Request) -> Response:
        fields = queries.body(queries.Push, request)
        template, event = self.named(fields)
        line_uid = fields["data"].get(rules.LINE_UID_PARAMETER)
        sent = services.push(
            account=self.account,
            template=template,
            event=event,
            line_uid=line_uid,
            values=fields["data"],
            now=self.now,
            line_answer=line_answer_of(self.scripted(line_uid)),
        )
        (recipient,) = sent.recipients
        result = rules.result_of_push(recipient.mark)
        return Response({"id": sent.message.pk, "event": event.name if event else None, "result": result})


class MulticastView(MessageView):
    limited_as = call = "multicast"

    def post(self, request: Request) -> Response:
        fields = queries.body(queries.Multicast, request)
        template, event = self.named(fields)
        addressees = [services.Addressee(each.get(rules.LINE_UID_PARAMETER), each) for each in fields["data"]]
        sent = services.multicast(
            account=self.account,
            template=template,
            event=event,
            addressees=addressees,
            now=self.now,
            line_answer=line_answer_of(self.scripted(*(each.line_uid for each in addressees))),
        )
        return Response({"id": sent.message.pk, "result": rules.PENDING})


class EnhancedMulticastView(MessageView):
    limited_as = call = "enhanced_multicast"

    def post(self, request: Request) -> Response:
        fields = queries.body(queries.EnhancedMulticast, request)
        template, event = self.named(fields)
        sent = services.enhanced_multicast(
            account=self.account,
            template=template,
            event=event,
            line_uids=fields["line_uids"],
            values=fields["data"],
            now=self.now,
            line_answer=line_answer_of(self.scripted(*fields["line_uids"])),
        )
        return Response({"id": sent.message.pk, "result": rules.PENDING})


class DirectMessageView(OpenApiView):
    def get(self, _request: Request, message_id: int) -> Response:
        message = get_object_or_404(selectors.direct_messages(account=self.account), pk=message_id)
        recipients = list(selectors.recipients(message=message))
        return Response(answers.direct_message(message, recipients, self.zone, self.now))
