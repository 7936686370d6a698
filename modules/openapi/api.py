"""The REST API below /api/v1/modules/openapi/: the call log and the scripted failures."""

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from maac_contract.openapi_failures import FAILURES, Failure
from modules.openapi import scripted
from modules.openapi.logged_calls import METHODS, Criteria, calls, is_status
from modules.openapi.models import Call, ScriptedFailure
from rest.base.fields import Number, StrictSerializer, Text, WholeNumber
from rest.base.paging import NewestFirst
from rest.base.request import account_of, actor_of, now_utc
from webhooks.ids import is_id

_KINDS = "; ".join(f"`{failure}`: {about.description}" for failure, about in FAILURES.items())
_TRUTHS = {"true": True, "false": False}
CALL_FILTERS = [
    OpenApiParameter("status", str, description="A status such as `404`, or a class such as `4xx`."),
    OpenApiParameter("method", str, description=", ".join(METHODS)),
    OpenApiParameter("path", str, description="Text in the path."),
    OpenApiParameter("failure", bool, description="Whether the call met a scripted failure."),
    OpenApiParameter("after", int, description="Only calls after the one with this id."),
]


class CallOut(serializers.ModelSerializer[Call]):
    milliseconds = serializers.SerializerMethodField(help_text="How long the answer took.")

    class Meta:
        model = Call
        fields = ["id", "called_at", "method", "path", "query", "status", "milliseconds", "failure"]

    def get_milliseconds(self, call: Call) -> float:
        return call.microseconds / 1000


class HeaderOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField()


class CallDetailOut(CallOut):
    request_headers = serializers.SerializerMethodField(help_text="Tokens are masked.")
    response_headers = serializers.SerializerMethodField()
    request_size = serializers.IntegerField(help_text="Bytes of the whole body; `request_body` may be shortened.")
    response_size = serializers.IntegerField(help_text="Bytes of the whole body; `response_body` may be shortened.")

    class Meta(CallOut.Meta):
        fields = [
            *CallOut.Meta.fields, "request_headers", "request_body", "request_size", "response_headers",
            "response_body", "response_size",
        ]  # fmt: skip

    @extend_schema_field(HeaderOut(many=True))
    def get_request_headers(self, call: Call) -> list[dict[str, str]]:
        return _headers(call.request_headers)

    @extend_schema_field(HeaderOut(many=True))
    def get_response_headers(self, call: Call) -> list[dict[str, str]]:
        return _headers(call.response_headers)


@extend_schema_field({"type": "string", "enum": [each.value for each in Failure]}, component_name="OpenApiFailure")
class FailureField(Text):
    """One of the kinds; which of them there are is for the service to say."""


class FailureIn(StrictSerializer):
    failure = FailureField(max_length=100, help_text=_KINDS)
    path = Text(
        max_length=scripted.PATH_LIMIT,
        required=False,
        allow_blank=True,
        help_text="How the path begins after /openapi/v1/, such as `member/`; missing: every call that can fail so.",
    )
    times = WholeNumber(required=False, allow_null=True, help_text="How many calls; missing: one, null: all.")
    expires_in = Number(required=False, help_text="Seconds until it expires; missing: an hour.")


class FailureOut(serializers.ModelSerializer[ScriptedFailure]):
    failure = FailureField()
    description = serializers.SerializerMethodField(help_text="What happens to the call.")
    hits = serializers.IntegerField(help_text="Calls that have met it.")
    is_active = serializers.SerializerMethodField(help_text="Whether further calls will meet it.")

    class Meta:
        model = ScriptedFailure
        fields = [
            "id", "failure", "description", "path", "times", "hits", "is_active", "created_at", "created_by",
            "expires_at",
        ]  # fmt: skip

    def get_description(self, row: ScriptedFailure) -> str:
        return FAILURES[Failure(row.failure)].description

    def get_is_active(self, row: ScriptedFailure) -> bool:
        now: datetime = self.context["now"]
        return row.is_active(now)


class CallsView(APIView):
    """What clients called."""

    pagination_class = NewestFirst

    @extend_schema(responses=CallOut(many=True), parameters=CALL_FILTERS, operation_id="openapi_calls_list")
    def get(self, request: Request) -> Response:
        """List the calls of MAAC's Open API, newest first, those that were refused among them."""
        rows = calls(account=account_of(request), criteria=_criteria(request))
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(CallOut(page, many=True).data)


class CallView(APIView):
    @extend_schema(responses=CallDetailOut, operation_id="openapi_calls_retrieve")
    def get(self, request: Request, call_id: int) -> Response:
        """Show a call and its answer with headers and bodies."""
        return Response(CallDetailOut(get_object_or_404(calls(account=account_of(request)), pk=call_id)).data)


class FailuresView(APIView):
    """Scripted failures of the account."""

    pagination_class = NewestFirst

    @extend_schema(responses=FailureOut(many=True))
    def get(self, request: Request) -> Response:
        """List the scripted failures, newest first, with how many calls have met each."""
        pages = NewestFirst()
        page = pages.paginate_queryset(scripted.failures(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(FailureOut(page, many=True, context={"now": now_utc()}).data)

    @extend_schema(request=FailureIn, responses={201: FailureOut})
    def post(self, request: Request) -> Response:
        """Let the account's next calls of the Open API fail: one, unless you say how many."""
        fields = FailureIn(data=request.data)
        fields.is_valid(raise_exception=True)
        now = now_utc()
        made = scripted.add(account=account_of(request), now=now, actor=actor_of(request), **fields.validated_data)
        return Response(FailureOut(made, context={"now": now}).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None}, operation_id="openapi_failures_clear")
    def delete(self, request: Request) -> Response:
        """Remove all scripted failures."""
        account = account_of(request)
        rows = scripted.failures(account=account)
        scripted.remove(rows=rows, account=account, now=now_utc(), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class FailureView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, failure_id: int) -> Response:
        """Remove a scripted failure."""
        account = account_of(request)
        found = get_object_or_404(scripted.failures(account=account), pk=failure_id)
        rows = scripted.failures(account=account).filter(pk=found.pk)
        scripted.remove(rows=rows, account=account, now=now_utc(), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _criteria(request: Request) -> Criteria:
    """The filters of the query; any that cannot be read is refused."""
    asked = {name: request.query_params.get(name, "") for name in ("status", "method", "path", "failure", "after")}
    wrong = {
        "status": asked["status"] and not is_status(asked["status"]),
        "method": asked["method"] and asked["method"] not in METHODS,
        "path": not asked["path"].isprintable(),
        "failure": asked["failure"] and asked["failure"] not in _TRUTHS,
        "after": asked["after"] and not is_id(asked["after"]),
    }
    sentences = {
        "status": "Write a status such as 404, or a class such as 4xx.",
        "method": f"Choose one of {', '.join(METHODS)}.",
        "path": "Write printable characters.",
        "failure": "Write true or false.",
        "after": "Write the id of a call.",
    }
    if faults := {name: [sentences[name]] for name, is_wrong in wrong.items() if is_wrong}:
        raise ValidationError(faults)
    return Criteria(
        status=asked["status"],
        method=asked["method"],
        path=asked["path"],
        after=int(asked["after"]) if asked["after"] else None,
        is_failure=_TRUTHS.get(asked["failure"]),
    )


def _headers(lines: str) -> list[dict[str, str]]:
    pairs = (line.partition(": ") for line in lines.splitlines())
    return [{"name": name, "value": value} for name, _colon, value in pairs]
