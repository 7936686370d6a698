"""What comes in and what goes out, call by call."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Account, AuditEntry, Licence
from events.models import Event
from maac_contract.fault_kinds import FaultKind
from rest.base.fields import SeedField, StrictSerializer, Text, TrueOrFalse
from webhooks.datetimes import read_datetime
from webhooks.engine.extra_headers import EXTRA_HEADERS, MASK
from webhooks.models import Attempt, Delivery, Endpoint, QueueEntry
from webhooks.retry_waits import LONGEST, MOST, are_waits, waits_fault


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "number", "minimum": 0, "maximum": LONGEST},
        "maxItems": MOST,
        "nullable": True,
    }
)
class WaitsField(serializers.Field):  # type: ignore[type-arg]
    """Seconds before each retry, or null."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def to_internal_value(self, data: Any) -> list[float]:
        if not are_waits(data):
            raise serializers.ValidationError(waits_fault())
        return list(data)

    def to_representation(self, value: Any) -> Any:
        return value


class LicenceOut(serializers.ModelSerializer[Licence]):
    valid = serializers.SerializerMethodField()

    class Meta:
        model = Licence
        fields = ["zone", "extra_endpoints", "valid_from", "valid_until", "valid"]

    def get_valid(self, licence: Licence) -> bool:
        return bool(licence.valid_from <= self.context["now"] < licence.valid_until)


class AccountOut(serializers.ModelSerializer[Account]):
    endpoint_limit = serializers.SerializerMethodField()
    running_endpoints = serializers.SerializerMethodField()
    licences = serializers.SerializerMethodField()
    retry_waits = WaitsField(help_text="Seconds before each retry; null: those of the simulator, which are MAAC's.")

    class Meta:
        model = Account
        fields = ["id", "name", "time_zone", "plan", "endpoint_limit", "running_endpoints", "licences", "retry_waits"]

    @extend_schema_field(LicenceOut(many=True))
    def get_licences(self, account: Account) -> Any:
        return LicenceOut(account.licences.order_by("id"), many=True, context=self.context).data

    def get_endpoint_limit(self, _account: Account) -> int:
        return int(self.context["endpoint_limit"])

    def get_running_endpoints(self, _account: Account) -> int:
        return int(self.context["running_endpoints"])


class AccountIn(StrictSerializer):
    retry_waits = WaitsField(help_text="Seconds before each retry; null: those of the simulator, which are MAAC's.")


class FieldOut(serializers.Serializer[Any]):
    path = serializers.CharField()
    type = serializers.CharField()
    nullable = serializers.BooleanField()
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="documented by MAAC, or chosen by this simulator"
    )
    description = serializers.CharField()


class EventTypeOut(serializers.Serializer[Any]):
    topic = serializers.CharField()
    zone = serializers.IntegerField()
    title = serializers.CharField()
    description = serializers.CharField()
    licensed = serializers.BooleanField()
    schema = serializers.DictField(help_text="JSON Schema 2020-12 of `data`")
    example = serializers.DictField(help_text="the whole body, as it is sent")
    fields = FieldOut(many=True)  # type: ignore[assignment]


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": EXTRA_HEADERS})
class HeadersField(serializers.Field):  # type: ignore[type-arg]
    """Header names and values; which of them may be added is for the service to say."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError('Write an object of names and values, such as {"X-Shop": "tokyo"}.')
        if not all(isinstance(value, str) for value in data.values()):
            raise serializers.ValidationError("Every value must be text.")
        return dict(data)

    def to_representation(self, value: dict[str, str]) -> dict[str, str]:
        return dict(sorted(value.items()))


class EndpointIn(StrictSerializer):
    name = Text(max_length=100)
    url = Text(allow_blank=True, trim_whitespace=False)
    event_types = serializers.ListField(child=Text(max_length=100), max_length=50)
    verify_tls = TrueOrFalse(required=False, help_text="`false` takes any certificate; missing: `true`.")
    host_override = Text(
        required=False, allow_blank=True, trim_whitespace=False, help_text="`host` or `host:port` for the Host header."
    )
    extra_headers = HeadersField(required=False, help_text="Static headers, sent after those of MAAC, by name.")
    retry_waits = WaitsField(required=False, help_text="Seconds before each retry; null: those of the account.")


@extend_schema_field({"type": "string", "enum": ["running", "paused"]}, component_name="EndpointStatus")
class EndpointStatus(serializers.CharField):
    """A name of its own in the schema: a delivery has a status, too."""


class EndpointOut(serializers.ModelSerializer[Endpoint]):
    """`share_secret` is masked, except in the answers that exist to show it."""

    status = EndpointStatus()
    share_secret = serializers.SerializerMethodField()
    verify_tls = serializers.BooleanField()
    host_override = serializers.CharField()
    extra_headers = HeadersField()
    retry_waits = WaitsField()

    class Meta:
        model = Endpoint
        fields = [
            "id", "name", "url", "event_types", "status", "share_secret", "verify_tls", "host_override",
            "extra_headers", "retry_waits", "created_at", "updated_at",
        ]  # fmt: skip

    def get_share_secret(self, endpoint: Endpoint) -> str:
        return endpoint.share_secret if self.context.get("reveal") else MASK


class AuditEntryOut(serializers.ModelSerializer[AuditEntry]):
    class Meta:
        model = AuditEntry
        fields = ["id", "actor", "action", "target", "at"]


class SecretOut(serializers.Serializer[Any]):
    share_secret = serializers.CharField()


class MomentField(Text):
    """ISO 8601; without an offset it is in the account's time zone."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            return read_datetime(text, self.context["zone"])
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class EventIn(StrictSerializer):
    topic = Text(max_length=100)
    data = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text="Missing: a sample is made."
    )
    seed = SeedField(required=False, help_text="The same seed makes the same sample.")
    timestamp = MomentField(required=False, help_text="When it happened; missing: now.")
    merge = TrueOrFalse(default=False, help_text="Lay `data` over a sample.")
    retry_waits = WaitsField(required=False, help_text="Seconds before each retry; null: those of the endpoint.")


class TestIn(StrictSerializer):
    event_type = Text(max_length=100)
    data = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text="Missing: a sample is made."
    )
    seed = SeedField(required=False)
    retry_waits = WaitsField(required=False, help_text="Seconds before each retry; missing: it is tried once.")


class RequestOut(serializers.Serializer[Any]):
    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.CharField()


class ResponseOut(serializers.Serializer[Any]):
    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.CharField()
    truncated = serializers.BooleanField(help_text="The answer was longer than the 16 KiB that are kept.")


class TestOut(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    status_code = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    detail = serializers.CharField()
    duration_ms = serializers.FloatField(allow_null=True)
    request = RequestOut(allow_null=True, help_text="As it went out; null if nothing was sent.")
    response = ResponseOut(allow_null=True, help_text="As far as it came; null if nothing did.")
    delivery_id = serializers.IntegerField()


class EventDeliveryOut(serializers.ModelSerializer[Delivery]):
    endpoint = serializers.IntegerField(source="endpoint_id")

    class Meta:
        model = Delivery
        fields = ["id", "endpoint", "idempotency_key", "status", "reason", "status_code", "attempt_count"]

    def to_representation(self, delivery: Delivery) -> dict[str, Any]:
        return delivery_answer(delivery)


class NotReachedOut(serializers.Serializer[Any]):
    endpoint = serializers.IntegerField()
    name = serializers.CharField()
    reason = serializers.CharField()
    detail = serializers.CharField()


class EventOut(serializers.ModelSerializer[Event]):
    """An event and its deliveries.

    It is serialised by hand: the framework resolves its fields anew for every request, which took longer than accepting
    the event. The declared fields only describe the schema; a test compares the two.
    """

    deliveries = EventDeliveryOut(many=True)
    not_reached = NotReachedOut(many=True)
    retry_waits = WaitsField()

    class Meta:
        model = Event
        fields = [
            "id", "topic", "is_test", "occurred_at", "created_at", "body", "deliveries", "not_reached", "retry_waits",
        ]  # fmt: skip

    def to_representation(self, event: Event) -> dict[str, Any]:
        return event_answer(event, event.deliveries.all())


def event_answer(event: Event, deliveries: Iterable[Delivery]) -> dict[str, Any]:
    return {
        "id": event.pk,
        "topic": event.topic,
        "is_test": event.is_test,
        "occurred_at": _moment(event.occurred_at),
        "created_at": _moment(event.created_at),
        "body": event.body,
        "deliveries": [delivery_answer(delivery) for delivery in deliveries],
        "not_reached": event.not_reached,
        "retry_waits": event.retry_waits,
    }


def delivery_answer(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "endpoint": delivery.endpoint_id,
        "idempotency_key": delivery.idempotency_key,
        "status": str(delivery.status),
        "reason": delivery.reason,
        "status_code": delivery.status_code,
        "attempt_count": delivery.attempt_count,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class WaitOut(EventOut):
    done = serializers.BooleanField()
    timed_out = serializers.BooleanField()

    class Meta(EventOut.Meta):
        fields = [*EventOut.Meta.fields, "done", "timed_out"]

    def to_representation(self, event: Event) -> dict[str, Any]:
        done = bool(self.context["done"])
        return {**super().to_representation(event), "done": done, "timed_out": not done}


class DeliveryOut(serializers.ModelSerializer[Delivery]):
    """A delivery without its attempts."""

    event = serializers.IntegerField(source="event_id")
    endpoint = serializers.IntegerField(source="endpoint_id")
    endpoint_name = serializers.CharField(source="endpoint.name")
    redelivery_of = serializers.IntegerField(source="redelivery_of_id", allow_null=True)
    due_at = serializers.SerializerMethodField(help_text="When it is to be sent; null once it is done.")

    class Meta:
        model = Delivery
        fields = [
            "id", "event", "endpoint", "endpoint_name", "topic", "is_test", "idempotency_key", "status", "reason",
            "status_code", "attempt_count", "due_at", "created_at", "finished_at", "redelivery_of",
        ]  # fmt: skip

    def get_due_at(self, delivery: Delivery) -> datetime | None:
        due: QueueEntry | None = getattr(delivery, "queue_entry", None)
        return due.due_at if due else None


class AttemptOut(serializers.ModelSerializer[Attempt]):
    retry_after = serializers.SerializerMethodField(
        help_text="What the receiver asked for; noted, while the waits stay MAAC's."
    )
    request = serializers.SerializerMethodField()
    response = serializers.SerializerMethodField()
    fault = serializers.SerializerMethodField(help_text="The injected fault that struck it, on purpose; or null.")

    class Meta:
        model = Attempt
        fields = [
            "number", "started_at", "duration_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "address",
            "reason", "detail", "status_code", "fault", "retry_after", "request", "response",
        ]  # fmt: skip

    def get_retry_after(self, attempt: Attempt) -> str | None:
        return next((value for name, value in attempt.response_headers if name.lower() == "retry-after"), None)

    @extend_schema_field({"type": "string", "enum": [kind.value for kind in FaultKind], "nullable": True})
    def get_fault(self, attempt: Attempt) -> str | None:
        return attempt.fault or None

    @extend_schema_field(RequestOut)
    def get_request(self, attempt: Attempt) -> dict[str, Any]:
        return sent(attempt)

    @extend_schema_field(ResponseOut(allow_null=True))
    def get_response(self, attempt: Attempt) -> dict[str, Any] | None:
        return received(attempt)


def sent(attempt: Attempt) -> dict[str, Any]:
    """The request of an attempt, as it went out."""
    altered = attempt.request_body
    body = attempt.delivery.event.body if altered is None else bytes(altered).decode("utf-8", "replace")
    return {"headers": _by_name(attempt.request_headers), "body": body}


def received(attempt: Attempt) -> dict[str, Any] | None:
    """The answer to an attempt as far as it came, or None."""
    body = bytes(attempt.response_body)
    if not (attempt.response_headers or body):
        return None
    return {
        "headers": _by_name(attempt.response_headers),
        "body": body.decode("utf-8", "replace"),
        "truncated": attempt.response_truncated,
    }


def _by_name(headers: list[list[str]]) -> dict[str, str]:
    """Headers that came more than once are joined with a comma, as HTTP allows."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


class DeliveryDetailOut(DeliveryOut):
    body = serializers.CharField(source="event.body")
    url = serializers.CharField(source="endpoint.url")
    attempts = AttemptOut(many=True)

    class Meta(DeliveryOut.Meta):
        fields = [*DeliveryOut.Meta.fields, "url", "body", "attempts"]


class RedeliverIn(StrictSerializer):
    new_key = TrueOrFalse(default=False, help_text="Send it as a new delivery, under a new key.")
