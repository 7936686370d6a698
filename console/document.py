"""The technical document, generated from `maac_contract.contract`."""

import json
import shlex
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, page, render_page
from maac_contract import contract
from maac_contract.contract import Row, Topic
from maac_contract.samples import default_moment, sample
from maac_contract.signature import signature

EXAMPLE_SEED = 1
WORKED_TOPIC = "prize.points_added"
EXAMPLE_SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - an example, not a secret


class Example(NamedTuple):
    """A body: the exact bytes that are sent, and indented."""

    exact: str
    readable: str


class Entry(NamedTuple):
    """A topic with its field sources, schema and example."""

    topic: Topic
    rows: list[Row]
    schema: str
    example: Example


class Worked(NamedTuple):
    """A signature with everything that is needed to reproduce it."""

    secret: str
    body: str
    signature: str
    command: str


@page
def document(request: ConsoleRequest) -> HttpResponse:
    context = {
        "chapters": contract.CHAPTERS,
        "zones": [(zone, [entry(topic.name) for topic in contract.topics_of_zone(zone)]) for zone in contract.ZONES],
        "worked": worked_signature(),
        "header": contract.HEADER_SIGNATURE,
        "sources": {source.value: word for source, word in _sources()},
    }
    return render_page(request, "console/document/document.html", context)


@page
def schema(_request: ConsoleRequest, topic: str) -> HttpResponse:
    """A topic's JSON Schema as a file."""
    if topic not in contract.TOPICS:
        raise Http404
    answer = HttpResponse(entry(topic).schema, content_type="application/schema+json")
    answer["Content-Disposition"] = f'attachment; filename="{topic}.schema.json"'
    return answer


def _sources() -> list[tuple[contract.Source, str]]:
    return [(contract.Source.DOCUMENTED, _("documented")), (contract.Source.CHOSEN, _("chosen"))]


@cache
def entry(topic: str) -> Entry:
    schema = json.dumps(contract.json_schema(topic), indent=2, ensure_ascii=False)
    return Entry(contract.TOPICS[topic], contract.provenance(topic), schema, example(topic))


@cache
def example(topic: str) -> Example:
    moment: datetime = default_moment(EXAMPLE_SEED)
    timestamp = contract.format_timestamp(moment, moment.tzinfo or UTC)
    data: dict[str, Any] = sample(topic, seed=EXAMPLE_SEED)
    exact = contract.serialise(timestamp=timestamp, topic=topic, data=data)
    return Example(exact, json.dumps(json.loads(exact), indent=2, ensure_ascii=False))


@cache
def worked_signature() -> Worked:
    body = example(WORKED_TOPIC).exact
    command = f"printf %s {shlex.quote(body)} | openssl dgst -sha256 -hmac {EXAMPLE_SECRET}"
    return Worked(EXAMPLE_SECRET, body, signature(EXAMPLE_SECRET, body.encode()), command)
