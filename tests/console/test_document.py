"""The technical document: every fact of the contract is in it, and its worked signature can be made again."""

import json
import subprocess
from html import unescape

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from console.document import example, worked_signature
from maac_contract.contract import RULES, TOPICS, json_schema, provenance
from maac_contract.signature import signature
from tests.conftest import VECTORS

DOCS = "/console/docs/"


def shown(client: Client, **headers: str) -> str:
    answer = client.get(DOCS, headers=headers)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_it_tells_every_rule_and_where_it_is_known_from(console: Client) -> None:
    page = shown(console)
    for rule in RULES:
        assert rule.name in page
        assert rule.value in page
        assert rule.note in page
    assert page.count('class="source chosen"') > sum(rule.source.value == "chosen" for rule in RULES)


@pytest.mark.parametrize("topic", TOPICS)
def test_it_tells_every_field_of_every_topic_under_an_anchor_of_its_own(topic: str, console: Client) -> None:
    page = shown(console)
    assert f'id="{topic}"' in page
    assert f'href="#{topic}"' in page
    part = page.partition(f'id="{topic}"')[2].partition("</section>")[0]
    for row in provenance(topic):
        assert f"<code>{row['path']}</code>" in part
        assert row["description"] in part
    assert example(topic).exact in part


@pytest.mark.parametrize("topic", TOPICS)
def test_its_example_is_an_event_as_it_is_sent(topic: str) -> None:
    output = example(topic)
    body = json.loads(output.exact)
    assert list(body) == ["timestamp", "topic", "data"]
    assert json.loads(output.readable) == body
    assert output.exact.isascii()
    Draft202012Validator(json_schema(topic)).validate(body["data"])


@pytest.mark.parametrize("topic", TOPICS)
def test_a_schema_can_be_downloaded(topic: str, console: Client) -> None:
    answer = console.get(f"{DOCS}{topic}.schema.json")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{topic}.schema.json"'
    assert json.loads(answer.content) == json_schema(topic)


def test_there_is_no_schema_of_an_unknown_topic(console: Client) -> None:
    assert console.get(f"{DOCS}nothing.happened.schema.json").status_code == 404


def test_openssl_makes_the_worked_signature_again() -> None:
    worked = worked_signature()
    made = subprocess.run(["sh", "-c", worked.command], capture_output=True, text=True, check=True)
    assert made.stdout.split()[-1] == worked.signature


def test_the_worked_signature_is_made_as_those_of_other_tools() -> None:
    for topic in TOPICS:
        body, secret, expected = (
            (VECTORS / f"{topic}.{part}").read_bytes() for part in ("body", "secret", "signature")
        )
        assert signature(secret.decode().strip(), body) == expected.decode().strip()


def test_it_is_reported_in_the_viewers_language_and_leaves_facts_as_they_are(console: Client) -> None:
    page = shown(console, **{"accept-language": "ja"})
    assert 'lang="ja"' in page
    assert "CrescLab-Signature" in page
    assert "%(" not in page
    assert "Project-Id-Version" not in page


def test_it_asks_the_database_for_nothing_but_the_frame(console: Client, django_assert_max_num_queries: object) -> None:
    shown(console)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        shown(console)
