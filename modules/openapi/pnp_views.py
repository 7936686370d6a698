"""Notification messages (SMS+, "PNP") of the Open API."""

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from modules.messages import selectors as message_selectors
from modules.notifications import machine, selectors, services
from modules.notifications.errors import InvalidMessage
from modules.notifications.models import Message, Template
from modules.notifications.rules import REQUIRED
from modules.openapi import answers, pnp_queries, queries
from modules.openapi.base import OpenApiView, PlainTextErrors
from modules.openapi.errors import PATTERN_NOT_MATCHED, by_field, plain
from modules.openapi.paging import NEWEST_UPDATE
from modules.openapi.scripted import OUTCOMES

PENDING, SUCCESS, FAILED = "pending", "success", "failed to send messages"
RESULTS = {
    machine.DELIVERED: SUCCESS,
    machine.BLOCKED_ACCOUNT: SUCCESS,
    machine.LINE_TIMEOUT: "timeout",
    machine.TOKEN_EXPIRED: "access token expired",
    machine.MAINTENANCE: "we're under maintenance",
}
"""The result by the outcome of the first channel; all other outcomes of LINE's channels mean that it matched nobody."""


class SettingsView(OpenApiView):
    def get(self, request: Request) -> Response:
        asked = queries.query(queries.Start, request)
        return self.list_of(selectors.templates(account=self.account), answers.setting, start=asked["start"])


class SettingView(OpenApiView):
    def get(self, _request: Request, setting_id: int) -> Response:
        setting = get_object_or_404(selectors.templates(account=self.account), pk=setting_id)
        return Response({**answers.setting(setting), "metric": selectors.metric(template=setting)})


class PnpSendView(PlainTextErrors):
    """Base of the two views that send messages."""

    def send(self, fields: dict[str, Any], targets: list[dict[str, Any]]) -> list[Any]:
        setting, event_id = self._setting(fields), self._event_id(fields)
        failure = self.scripted(*(target["phone_number"] for target in targets))
        self.check(setting, targets)
        requests = [services.Request(**_without_none(target)) for target in targets]
        try:
            return services.push_many(
                account=self.account, template=setting, requests=requests, event_id=event_id, now=self.now,
                forced=OUTCOMES.get(failure) if failure else None,
            )  # fmt: skip
        except InvalidMessage as refusal:
            raise ValidationError(_in_maacs_words(refusal)) from refusal

    def check(self, setting: Template, targets: list[dict[str, Any]]) -> None:
        """Refuse what the call itself requires of its targets."""

    def _setting(self, fields: dict[str, Any]) -> Template:
        setting = selectors.templates(account=self.account).filter(pk=fields["pnp_setting_id"]).first()
        if setting is None:
            raise plain("pnp setting not found")
        return setting

    def _event_id(self, fields: dict[str, Any]) -> int | None:
        event_id: int | None = fields["event_id"]
        if event_id and not message_selectors.events(account=self.account).filter(pk=event_id).exists():
            raise plain("message event not found")
        return event_id


class PnpPushView(PnpSendView):
    limited_as = call = "pnp_push"

    def check(self, setting: Template, targets: list[dict[str, Any]]) -> None:
        for name in ("line_push_template_id", "line_push") if setting.line_push_enabled else ():
            if targets[0].get(name) is None:
                raise ValidationError({"data": {name: [ErrorDetail(REQUIRED, "required")]}})

    def post(self, request: Request) -> Response:
        fields = queries.body(pnp_queries.PnpPush, request)
        (message,) = self.send(fields, [fields["data"]])
        return Response({"id": message.pk, "result": _result(message)})


class PnpMulticastView(PnpSendView):
    limited_as = call = "pnp_multicast"
    names_missing_fields = False

    def post(self, request: Request) -> Response:
        fields = queries.body(pnp_queries.PnpMulticast, request)
        messages = self.send(fields, fields["data"])
        return Response([{"id": message.pk, "result": PENDING} for message in messages])


class PnpMessagesView(OpenApiView):
    def get(self, request: Request) -> Response:
        asked = queries.query(pnp_queries.PnpQuery, request)
        start, setting_id = asked.pop("start"), asked.pop("pnp_setting_id")
        setting = selectors.templates(account=self.account).filter(pk=setting_id).first()
        if setting is None:
            raise NotFound("pnp_setting_id not found")
        found = selectors.messages(account=self.account, template=setting, **asked)
        page = self.list_of(
            found, lambda row: answers.pnp_message(row, self.zone), start=start, order=NEWEST_UPDATE
        )  # fmt: skip
        return Response({name: page.data[name] for name in ("next", "results")})


def _result(message: Message) -> str:
    """A message that goes to SMS at once does not ask LINE."""
    if list(message.plan) == [machine.SMS]:
        return SUCCESS
    return RESULTS.get(machine.first_outcome(message.plan), FAILED)


def _without_none(target: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in target.items() if value is not None and name != "whatsapp"}


def _in_maacs_words(refusal: InvalidMessage) -> dict[str, Any]:
    """Phone number faults become pattern errors; missing parameters are named."""
    faults: dict[str, Any] = {}
    for path, sentences in refusal.fields.items():
        if path.endswith("phone_number"):
            sentences = [PATTERN_NOT_MATCHED]
        faults[path] = [ErrorDetail(each, "required" if each == REQUIRED else "invalid") for each in sentences]
    return by_field(faults)
