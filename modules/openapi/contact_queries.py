"""Serializers of the queries and bodies about imports, tags and segments."""

from typing import Any

from rest_framework import serializers

from modules.contacts import member_import, rules
from modules.openapi.queries import Id, Start
from rest.base.fields import Text, WholeNumber


class NameQuery(Start):
    name = serializers.CharField(required=False, default="", allow_blank=True)


class NewTag(serializers.Serializer[Any]):
    name = Text()
    available_days = WholeNumber(required=False, allow_null=True, default=None)


class TagOfContact(serializers.Serializer[Any]):
    tag_id = Id()
    line_uid = Text()


class Names(serializers.ListField):
    child = Text()


class Entry(serializers.DictField):
    """A contact of an import. Known fields are text or null, `tags` a list of texts; others are counted later."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        entry: dict[str, Any] = super().to_internal_value(data)
        for name in ("line_uid", *member_import.TEXTS):
            if not isinstance(entry.get(name), str | None):
                raise serializers.ValidationError({name: ["Write a text, or null."]})
        tags = entry.get("tags")
        if tags is None:
            entry.pop("tags", None)
        elif not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise serializers.ValidationError({"tags": ["Write a list of texts."]})
        return entry


class NewImport(serializers.Serializer[Any]):
    import_key = serializers.ChoiceField(choices=member_import.KEYS)
    data = serializers.ListField(  # type: ignore[assignment]
        child=Entry(), allow_empty=False, max_length=member_import.ENTRY_LIMIT
    )
    tags = Names(required=False, default=list)


class Filter(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=(rules.WITH, rules.WITHOUT))
    tag_id = Id()


class SegmentTexts(serializers.Serializer[Any]):
    name = Text()
    description = Text(required=False, allow_blank=True, default="")


class NewSegment(SegmentTexts):
    operator = Text(required=False, default=rules.AND)
    tags = serializers.ListField(child=Filter(), allow_empty=False, max_length=rules.FILTER_LIMIT)


class NewListSegment(SegmentTexts):
    file = serializers.FileField(allow_empty_file=True)


class SegmentPatch(serializers.Serializer[Any]):
    """At least one of the fields."""

    name = Text(required=False)
    description = Text(required=False, allow_blank=True)
    file = serializers.FileField(required=False, allow_empty_file=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"detail": "Give at least one of name, description and file."})
        return attrs
