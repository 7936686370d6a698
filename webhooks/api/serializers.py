"""What comes in and what goes out, call by call."""

from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Account, Licence
from events.models import Event
from webhooks.api.parsing import StrictSerializer, Text, TrueOrFalse, read_moment
from webhooks.models import Attempt, Delivery, Endpoint

MASK = "•" * 8


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

    class Meta:
        model = Account
        fields = ["id", "name", "time_zone", "plan", "endpoint_limit", "running_endpoints", "licences"]

    @extend_schema_field(LicenceOut(many=True))
    def get_licences(self, account: Account) -> Any:
        return LicenceOut(account.licences.order_by("id"), many=True, context=self.context).data

    def get_endpoint_limit(self, _account: Account) -> int:
        return int(self.context["endpoint_limit"])

    def get_running_endpoints(self, _account: Account) -> int:
        return int(self.context["running_endpoints"])


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


class EndpointIn(StrictSerializer):
    name = Text(max_length=100)
    url = Text(allow_blank=True, trim_whitespace=False)
    event_types = serializers.ListField(child=Text(max_length=100), max_length=50)


@extend_schema_field({"type": "string", "enum": ["running", "paused"]}, component_name="EndpointStatus")
class EndpointStatus(serializers.CharField):
    """A name of its own in the schema: a delivery has a status, too."""


class EndpointOut(serializers.ModelSerializer[Endpoint]):
    """`share_secret` is masked, except in the answers that exist to show it."""

    status = EndpointStatus()
    share_secret = serializers.SerializerMethodField()

    class Meta:
        model = Endpoint
        fields = ["id", "name", "url", "event_types", "status", "share_secret", "created_at", "updated_at"]

    def get_share_secret(self, endpoint: Endpoint) -> str:
        return endpoint.share_secret if self.context.get("reveal") else MASK


class SecretOut(serializers.Serializer[Any]):
    share_secret = serializers.CharField()


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "minLength": 1, "maxLength": 100}]})
class SeedField(serializers.Field):  # type: ignore[type-arg]
    """A whole number or a short text."""

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, int) and not isinstance(data, bool) and abs(data) < 2**63:
            return data
        if isinstance(data, str) and 0 < len(data) <= 100 and data.isprintable():
            return data
        raise serializers.ValidationError("Write a whole number or a text of 1 to 100 characters.")

    def to_representation(self, value: Any) -> Any:
        return value


class MomentField(Text):
    """ISO 8601; without an offset it is in the account's time zone."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            return read_moment(text, self.context["zone"])
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


class TestIn(StrictSerializer):
    event_type = Text(max_length=100)
    data = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text="Missing: a sample is made."
    )
    seed = SeedField(required=False)


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


class NotReachedOut(serializers.Serializer[Any]):
    endpoint = serializers.IntegerField()
    name = serializers.CharField()
    reason = serializers.CharField()
    detail = serializers.CharField()


class EventOut(serializers.ModelSerializer[Event]):
    deliveries = serializers.SerializerMethodField()
    not_reached = NotReachedOut(many=True)

    class Meta:
        model = Event
        fields = ["id", "topic", "is_test", "occurred_at", "created_at", "body", "deliveries", "not_reached"]

    @extend_schema_field(EventDeliveryOut(many=True))
    def get_deliveries(self, event: Event) -> list[dict[str, Any]]:
        known: dict[int, list[Delivery]] = self.context.get("deliveries", {})
        deliveries = known[event.pk] if event.pk in known else event.deliveries.all()
        return [self._delivery_out.to_representation(delivery) for delivery in deliveries]

    @cached_property
    def _delivery_out(self) -> EventDeliveryOut:
        # A serializer finds out its fields anew each time it is made, which a batch would pay for a thousand times.
        return EventDeliveryOut()


class WaitOut(EventOut):
    done = serializers.SerializerMethodField()
    timed_out = serializers.SerializerMethodField()

    class Meta(EventOut.Meta):
        fields = [*EventOut.Meta.fields, "done", "timed_out"]

    def get_done(self, _event: Event) -> bool:
        return bool(self.context["done"])

    def get_timed_out(self, _event: Event) -> bool:
        return not self.context["done"]


class DeliveryOut(serializers.ModelSerializer[Delivery]):
    """A delivery without its attempts."""

    event = serializers.IntegerField(source="event_id")
    endpoint = serializers.IntegerField(source="endpoint_id")
    endpoint_name = serializers.CharField(source="endpoint.name")
    redelivery_of = serializers.IntegerField(source="redelivery_of_id", allow_null=True)

    class Meta:
        model = Delivery
        fields = [
            "id", "event", "endpoint", "endpoint_name", "topic", "is_test", "idempotency_key", "status", "reason",
            "status_code", "attempt_count", "due_at", "created_at", "finished_at", "redelivery_of",
        ]  # fmt: skip


class AttemptOut(serializers.ModelSerializer[Attempt]):
    request = serializers.SerializerMethodField()
    response = serializers.SerializerMethodField()

    class Meta:
        model = Attempt
        fields = [
            "number", "started_at", "duration_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "address",
            "reason", "detail", "status_code", "request", "response",
        ]  # fmt: skip

    @extend_schema_field(RequestOut)
    def get_request(self, attempt: Attempt) -> dict[str, Any]:
        return sent(attempt)

    @extend_schema_field(ResponseOut(allow_null=True))
    def get_response(self, attempt: Attempt) -> dict[str, Any] | None:
        return received(attempt)


def sent(attempt: Attempt) -> dict[str, Any]:
    """The request of an attempt, as it went out."""
    return {"headers": _by_name(attempt.request_headers), "body": attempt.delivery.event.body}


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
