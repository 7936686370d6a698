"""What MAAC sends and how we know it, from the contract that the simulator runs by."""

from collections.abc import Iterator

from docs.made.markdown import block, code, heading, page, prose, table
from maac_contract import contract
from maac_contract.contract import Source, Topic


def event_types() -> str:
    return page(part for topic in contract.TOPICS.values() for part in _topic(topic))


def rules() -> str:
    """The rules of behaviour, chapter by chapter, each with where it is known from."""
    return page(part for chapter in contract.CHAPTERS for part in _chapter(chapter))


def chosen_fields() -> str:
    """The fields of payloads of which MAAC's documents do not say enough."""
    rows = [
        [code(topic), code(row["path"]), prose(row["description"])]
        for topic in contract.TOPICS
        for row in contract.provenance(topic)
        if row["source"] == Source.CHOSEN
    ]
    return table(["event type", "field", "what was chosen"], rows) if rows else "None: all fields are documented."


def worked_signature() -> str:
    """A signature that the reader can make again."""
    from console.document import worked_signature as make

    worked = make()
    facts = table(
        ["what", "value"],
        [["share secret", code(worked.secret)], [code(contract.HEADER_SIGNATURE), code(worked.signature)]],
    )
    return page(
        [facts, "The body:", block(worked.body, "text"), "The same with openssl:", block(worked.command, "bash")]
    )


def _chapter(chapter: contract.Chapter) -> Iterator[str]:
    yield heading(2, chapter.title, chapter.name)
    yield table(
        ["rule", "what applies", "known from"],
        (
            [prose(rule.name), f"{prose(rule.value)}<br>{prose(rule.note)}".removesuffix("<br>"), _source(rule.source)]
            for rule in chapter.rules
        ),
    )


def _source(source: str) -> str:
    return "**chosen**" if source == Source.CHOSEN else "documented"


def _topic(topic: Topic) -> Iterator[str]:
    from console.document import entry

    described = entry(topic.name)
    yield heading(2, topic.title, topic.name)
    yield f"{code(topic.name)} · zone {topic.zone} · {prose(topic.description)}"
    yield table(
        ["field of `data`", "type", "meaning", "known from"],
        (
            [
                code(row["path"]),
                row["type"] + (" or null" if row["nullable"] else ""),
                prose(row["description"]),
                _source(row["source"]),
            ]
            for row in described.rows
        ),
    )
    yield _folded("Example, readable", described.example.readable, "json")
    yield _folded("Example, the exact bytes", described.example.exact, "text")
    yield _folded("JSON Schema of `data`", described.schema, "json")


def _folded(title: str, text: str, language: str) -> str:
    lines = block(text, language).splitlines()
    return "\n".join([f'??? note "{title}"', "", *(f"    {line}" for line in lines)])
