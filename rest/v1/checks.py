"""The calls of /api/v1/ that check a receiver and explain a wrong signature."""

import base64
import binascii
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from receiver_check.as_html import as_html
from receiver_check.as_json import as_dict
from receiver_check.as_junit import as_junit
from receiver_check.run import Options
from rest.base.fields import SeedField, StrictSerializer, Text, TrueOrFalse
from rest.base.views import AccountAPIView, AccountViewSet
from rest.v1.endpoints import endpoint_of
from rest.v1.fields import HeadersField
from webhooks import selectors
from webhooks.check_report import report_of
from webhooks.models import Check
from webhooks.services import checks
from webhooks.services.explain import explain_signature, secrets_of

MOST_SECONDS = 3600


class Secret(Text):
    """Every character of it counts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, required=False, **options)


class Seconds(serializers.FloatField):
    """A number, not a text that reads as one."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float) or abs(data) > MOST_SECONDS:
            self.fail("invalid")
        return float(data)


class Patterns(serializers.ListField):
    child = Text(max_length=100)

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=100, **options)


class CheckIn(StrictSerializer):
    endpoint = serializers.IntegerField(required=False, help_text="One of yours, in place of `url` and `secret`.")
    url = Text(required=False, max_length=2000, help_text="Where the receiver takes webhooks.")
    secret = Secret(help_text="The share secret that it verifies with. It is forgotten when the check is over.")
    previous_secret = Secret(help_text="The secret before the last change; to be refused.")
    effects_url = Text(
        required=False,
        max_length=2000,
        help_text="Answers how often the work of an idempotency key was done; `{key}` in it stands for the key. "
        'A number, `{"count": 1}` or a list, as JSON. Without it the check cannot see whether the work was done twice.',
    )
    only = Patterns(help_text="Run only these probes; `*` stands for any text.")
    skip = Patterns(help_text="Leave these probes out.")
    allow = Patterns(help_text="Let these probes fail.")
    headers = HeadersField(required=False, help_text="Sent with every request.")
    verify_tls = TrueOrFalse(required=False, help_text="`false` takes any certificate; missing: `true`.")
    timeout = Seconds(required=False, help_text="Seconds for each answer; missing: 10.")
    time_limit = Seconds(
        required=False, help_text=f"Seconds for the whole check, at most {checks.LONGEST}, which is the default."
    )
    seed = SeedField(required=False, help_text="The same seed makes events with the same data; missing: 0.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("endpoint" in attrs) == ("url" in attrs or "secret" in attrs):
            raise serializers.ValidationError({"endpoint": ["Give either an endpoint, or a URL and its secret."]})
        if "endpoint" in attrs and "verify_tls" in attrs:
            raise serializers.ValidationError({"verify_tls": ["The endpoint says whether certificates are verified."]})
        missing = [name for name in ("url", "secret") if "endpoint" not in attrs and name not in attrs]
        if missing:
            raise serializers.ValidationError({name: ["This field is required."] for name in missing})
        return attrs


@extend_schema_field({"type": "string", "enum": Check.Status.values}, component_name="CheckStatus")
class CheckStatus(serializers.CharField):
    """A name of its own in the schema."""


class CheckOut(serializers.ModelSerializer[Check]):
    status = CheckStatus()
    endpoint = serializers.IntegerField(source="endpoint_id", allow_null=True)
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many probes have each verdict so far.",
    )
    passed = serializers.BooleanField(allow_null=True, help_text="Whether nothing failed but what may; null before.")
    fault = serializers.CharField(help_text="Why a broken check came to no end.")

    class Meta:
        model = Check
        fields = [
            "id", "endpoint", "url", "status", "done", "total", "counts", "passed", "fault", "created_at", "created_by",
            "started_at", "finished_at",
        ]  # fmt: skip


class CheckDetailOut(CheckOut):
    report = serializers.SerializerMethodField(help_text="Every probe with what was sent and came; null until then.")

    class Meta(CheckOut.Meta):
        fields = [*CheckOut.Meta.fields, "report"]

    @extend_schema_field({"type": "object", "additionalProperties": True, "nullable": True})
    def get_report(self, check: Check) -> dict[str, Any] | None:
        return as_dict(report_of(check)) if check.status == Check.Status.DONE else None


class _OneForm(BaseContentNegotiation):
    """A report has the one form that its address says, whatever the client would take; an error is JSON."""

    def select_parser(self, _request: object, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, _request: object, renderers: Any, _suffix: object = None) -> Any:
        return renderers[0], renderers[0].media_type


@extend_schema_view(
    list=extend_schema(description="List your checks, newest first."),
    retrieve=extend_schema(description="Show how far a check is; once it is done, its report."),
)
class CheckViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Check]):
    """Checks of receivers."""

    lookup_url_kwarg = "check_id"

    def get_queryset(self) -> QuerySet[Check]:
        return selectors.checks(account=self.account)

    def get_serializer_class(self) -> type[CheckOut]:
        return CheckDetailOut if self.action == "retrieve" else CheckOut

    @extend_schema(request=CheckIn, responses={202: CheckOut})
    def create(self, _request: Request) -> Response:
        """Check a receiver in the background: some fifty probes, each a request or more to it."""
        fields = self.given(CheckIn)
        start: dict[str, Any] = {
            "options": _options(fields),
            "effects_url": fields.get("effects_url", ""),
            "now": self.now,
            "actor": self.actor,
        }
        if "endpoint" in fields:
            check = checks.start_for_endpoint(endpoint=endpoint_of(self.account, fields["endpoint"]), **start)
        else:
            check = checks.start(account=self.account, url=fields["url"], secret=fields["secret"], **start)
        return self.shown(check, status=202)

    @extend_schema(responses={(200, "application/xml"): OpenApiTypes.STR})
    @action(detail=True, content_negotiation_class=_OneForm)
    def junit(self, _request: Request, **_: int) -> HttpResponse:
        """Give the report as JUnit XML, which every CI shows."""
        report = report_of(self.get_object())
        return HttpResponse(as_junit(report), content_type="application/xml; charset=utf-8")

    @extend_schema(responses={(200, "text/html"): OpenApiTypes.STR})
    @action(detail=True, content_negotiation_class=_OneForm)
    def html(self, _request: Request, **_: int) -> HttpResponse:
        """Give the report as one HTML page to keep and to send around."""
        return HttpResponse(as_html(report_of(self.get_object())), content_type="text/html; charset=utf-8")


def _options(given: dict[str, Any]) -> Options:
    named = ("previous_secret", "verify_tls", "timeout", "time_limit")
    return Options(
        seed=str(given.get("seed", "")),
        only=tuple(given.get("only", ())),
        skip=tuple(given.get("skip", ())),
        allow=tuple(given.get("allow", ())),
        headers=tuple(given.get("headers", {}).items()),
        **{name: given[name] for name in named if name in given},
    )


class ExplainIn(StrictSerializer):
    body = Text(
        required=False, allow_blank=True, trim_whitespace=False, help_text="The body as text; it is taken as UTF-8."
    )
    body_base64 = Text(required=False, allow_blank=True, help_text="The body's bytes in base64, in place of `body`.")
    endpoint = serializers.IntegerField(
        required=False, help_text="One of yours, in place of `secret`; its previous secret is tried, too."
    )
    secret = Secret(help_text="The share secret.")
    other_secrets = serializers.ListField(
        child=Secret(allow_blank=False), required=False, help_text="Secrets to try besides, such as the previous."
    )
    computed = Text(
        required=False, allow_blank=True, trim_whitespace=False, help_text="The digest that the receiver computed."
    )
    headers = HeadersField(required=False, help_text="Or the headers that it got.")
    idempotency_key = Text(required=False, max_length=255)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for one, other in (("body", "body_base64"), ("secret", "endpoint"), ("computed", "headers")):
            if (one in attrs) == (other in attrs):
                raise serializers.ValidationError({one: [f"Give either {one} or {other}."]})
        return {**attrs, "bytes": self._bytes(attrs)}

    def _bytes(self, attrs: dict[str, Any]) -> bytes:
        try:
            if "body" in attrs:
                return str(attrs["body"]).encode()
            return base64.b64decode(attrs["body_base64"], validate=True)
        except UnicodeEncodeError as error:
            raise serializers.ValidationError({"body": ["This text has no UTF-8 form: send body_base64."]}) from error
        except (binascii.Error, ValueError) as error:
            raise serializers.ValidationError({"body_base64": ["This is no base64."]}) from error


class FindingOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    what = serializers.CharField()
    why = serializers.CharField()
    fix = serializers.CharField()
    snippets = serializers.DictField(child=serializers.CharField(), help_text="Code that does it right, by language.")
    details = serializers.ListField(child=serializers.CharField())
    seen_in = serializers.ListField(child=serializers.CharField(), help_text="Who writes a body like this.")


class ExplainOut(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    code = serializers.CharField(help_text="`valid`, `unknown`, or the codes of the findings joined by `+`.")
    expected = serializers.CharField(help_text="The right digest for this body and secret.")
    findings = FindingOut(many=True)


class ExplainView(AccountAPIView):
    @extend_schema(request=ExplainIn, responses=ExplainOut)
    def post(self, _request: Request) -> Response:
        """Explain a wrong signature: which mistake makes the digest that your receiver computed, and how to fix it."""
        given = self.given(ExplainIn)
        secret, others = _secrets(self.account, given)
        explanation = explain_signature(
            body=given["bytes"],
            secret=secret,
            other_secrets=(*others, *given.get("other_secrets", ())),
            **_evidence(given),
        )
        return Response({"valid": explanation.is_valid, **explanation.as_dict()})


def _secrets(account: Account, given: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    if "endpoint" in given:
        return secrets_of(endpoint_of(account, given["endpoint"]))
    return given["secret"], ()


def _evidence(given: dict[str, Any]) -> dict[str, Any]:
    headers = given.get("headers")
    return {
        "computed": given.get("computed"),
        "headers": None if headers is None else tuple(headers.items()),
        "idempotency_key": given.get("idempotency_key"),
    }
