"""The REST API below /api/v1/modules/traffic/."""

from datetime import UTC, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.traffic import selectors, services
from modules.traffic.models import Play
from modules.traffic.reading import read
from modules.traffic.shipped import WORDS, scenarios
from rest.base.fields import Nothing, Number, StrictSerializer, Text
from rest.base.paging import NewestFirst
from rest.base.request import account_of


class PlayIn(StrictSerializer):
    scenario = Text(required=False, help_text="A built-in scenario such as `campaign-day`; or give `yaml`.")
    yaml = Text(required=False, help_text="A scenario of your own; or give `scenario`.")
    seed = Text(required=False, help_text="The same seed gives the same play. Default: random.")
    rate = Number(required=False, help_text="Events per second. Default: the scenario's.")
    seconds = Number(required=False, help_text="Length in seconds. Default: the scenario's.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("scenario" in attrs) == ("yaml" in attrs):
            raise serializers.ValidationError({"scenario": ["Give either scenario or yaml."]})
        return attrs


class Count(serializers.Serializer[Any]):
    actions = serializers.IntegerField()
    events = serializers.IntegerField()


class PlayOut(serializers.ModelSerializer[Play]):
    status = serializers.CharField(help_text=", ".join(Play.Status.values))
    counts = serializers.SerializerMethodField(help_text="Actions and events by kind.")
    planned = serializers.IntegerField(help_text="Events that the whole play publishes.")
    skipped = serializers.IntegerField(
        help_text="Actions that published no event because a row they needed was changed or deleted."
    )
    fault = serializers.CharField(help_text="Why it failed; empty if it did not.")

    class Meta:
        model = Play
        fields = [
            "id", "scenario", "seed", "rate", "seconds", "status", "fault", "planned", "events", "counts", "skipped",
            "started_at", "ended_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.DictField(child=Count()))
    def get_counts(self, play: Play) -> dict[str, Any]:
        return {kind: {"actions": actions, "events": events} for kind, (actions, events) in sorted(play.counts.items())}


class ScenarioOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField()
    rate = serializers.FloatField()
    seconds = serializers.FloatField()
    yaml = serializers.CharField()


class ScenariosView(APIView):
    @extend_schema(responses=ScenarioOut(many=True))
    def get(self, _request: Request) -> Response:
        """List the scenarios that come with the simulator."""
        found = []
        for name, text in scenarios().items():
            title, about = map(str, WORDS[name])
            scenario = read(text)
            each = {"name": name, "title": title, "about": about, "yaml": text}
            found.append({**each, "rate": scenario.rate, "seconds": scenario.seconds})
        return Response(ScenarioOut(found, many=True).data)


class PlaysView(APIView):
    """Plays: scenarios that are or were played."""

    pagination_class = NewestFirst

    @extend_schema(responses=PlayOut(many=True))
    def get(self, request: Request) -> Response:
        """List plays, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.plays(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(PlayOut(page, many=True).data)

    @extend_schema(request=PlayIn, responses={202: PlayOut})
    def post(self, request: Request) -> Response:
        """Start a play, one at a time. Its progress is in `GET /plays/{id}/`."""
        fields = PlayIn(data=request.data)
        fields.is_valid(raise_exception=True)
        given = dict(fields.validated_data)
        given["text"] = given.pop("yaml", "")
        play = services.start(account=account_of(request), now=datetime.now(UTC), **given)
        return Response(PlayOut(play).data, status=status.HTTP_202_ACCEPTED)


class PlayView(APIView):
    """One play."""

    @extend_schema(responses=PlayOut)
    def get(self, request: Request, play_id: int) -> Response:
        """Show a play and its progress."""
        return Response(PlayOut(_found(request, play_id)).data)


class StopView(APIView):
    """End a play."""

    @extend_schema(request=None, responses=PlayOut)
    def post(self, request: Request, play_id: int) -> Response:
        """Stop a play. Its events stay; notifications that have not ended continue to their end."""
        Nothing(data=request.data).is_valid(raise_exception=True)
        return Response(PlayOut(services.stop(play=_found(request, play_id), now=datetime.now(UTC))).data)


def _found(request: Request, play_id: int) -> Play:
    return get_object_or_404(selectors.plays(account=account_of(request)), pk=play_id)
