"""Serializers of the calls about SMS+ (pnp). Unknown fields are ignored, as MAAC does."""

from typing import Any

from rest_framework import serializers

from modules.openapi.queries import Id, Moment, Start
from rest.base.fields import Text


class Texts(serializers.DictField):
    """Parameter values by name. Numbers are converted to text."""

    child = serializers.CharField(allow_blank=True, trim_whitespace=False)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        texts: dict[str, str] = super().to_internal_value(data)
        if not all(name.isprintable() for name in texts):
            raise serializers.ValidationError("A name has characters that cannot be printed.")
        return texts


class HeaderParameter(serializers.Serializer[Any]):
    """A parameter of a WhatsApp header: a text, or an object that says in `type` which other fields it needs."""

    REQUIRED = {
        "text": ("text",),
        "image": (("media_id", "media_url"),),
        "video": (("media_id", "media_url"),),
        "document": (("media_id", "media_url"), "filename"),
        "location": ("latitude", "longitude", "name", "address"),
    }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str):
            return data
        if not isinstance(data, dict):
            raise serializers.ValidationError("Give a text or an object.")
        if data.get("type") not in self.REQUIRED:
            raise serializers.ValidationError({"type": [f"Choose one of {', '.join(self.REQUIRED)}."]})
        for each in self.REQUIRED[data["type"]]:
            names = each if isinstance(each, tuple) else (each,)
            if not any(isinstance(data.get(name), str) and data[name] for name in names):
                required = serializers.ErrorDetail("This field is required.", "required")
                raise serializers.ValidationError({names[0]: [required]})
        return data


class WhatsAppHeader(serializers.Serializer[Any]):
    parameters = serializers.ListField(child=HeaderParameter())


class WhatsAppBody(serializers.Serializer[Any]):
    parameters = serializers.ListField(child=serializers.CharField())


class WhatsAppData(serializers.Serializer[Any]):
    header = WhatsAppHeader(required=False)
    body = WhatsAppBody(required=False)


class WhatsApp(serializers.Serializer[Any]):
    """A WhatsApp message is checked as documented, and not sent: no channel of it is simulated."""

    template_name = Text()
    language = Text()
    template_data = WhatsAppData()


class PnpTarget(serializers.Serializer[Any]):
    """A phone number, and the values of each channel's parameters."""

    phone_number = Text()
    pnp = Texts()
    sms = Texts()
    customized_id = Text(required=False, allow_null=True)


class LinePushTarget(PnpTarget):
    """`line_push_template_id` and `line_push` are required where the setting has LINE push on."""

    line_push_template_id = Id(required=False, allow_null=True)
    line_push = Texts(required=False, allow_null=True)
    whatsapp = WhatsApp(required=False, allow_null=True)


class PnpPush(serializers.Serializer[Any]):
    pnp_setting_id = Id()
    event_id = Id(required=False, allow_null=True, default=None)
    data = LinePushTarget()  # type: ignore[assignment]


class PnpMulticast(PnpPush):
    data = serializers.ListField(child=PnpTarget(), allow_empty=False, max_length=150)  # type: ignore[assignment]


class PnpQuery(Start):
    updated_at_min = Moment()
    updated_at_max = Moment()
    pnp_setting_id = Id()
    customized_id = serializers.CharField(required=False)
