"""The REST API below /api/v1/modules/traffic/."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from modules.traffic import selectors, services
from modules.traffic.models import Play
from modules.traffic.reading import read
from modules.traffic.shipped import WORDS, scenarios
from rest.base.fields import Number, StrictSerializer, Text
from rest.base.views import AccountAPIView, AccountViewSet


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


class ScenariosView(AccountAPIView):
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


@extend_schema_view(
    list=extend_schema(description="List plays, newest first."),
    retrieve=extend_schema(description="Show a play and its progress."),
)
class PlayViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Play]):
    """Plays: scenarios that are or were played."""

    serializer_class = PlayOut
    lookup_url_kwarg = "play_id"

    def get_queryset(self) -> QuerySet[Play]:
        return selectors.plays(account=self.account)

    @extend_schema(request=PlayIn, responses={202: PlayOut})
    def create(self, _request: Request) -> Response:
        """Start a play, one at a time. Its progress is in `GET /plays/{id}/`."""
        fields = self.given(PlayIn)
        fields["text"] = fields.pop("yaml", "")
        return self.shown(services.start(account=self.account, now=self.now, **fields), status=202)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def stop(self, _request: Request, **_: int) -> Response:
        """Stop a play. Its events stay; notifications that have not ended continue to their end."""
        self.expect_nothing()
        return self.shown(services.stop(play=self.get_object(), now=self.now))
