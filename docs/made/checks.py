"""What the receiver check sends and what an explanation can find, from the check itself."""

from collections.abc import Iterator

from docs.made.markdown import block, code, heading, page, prose, table
from receiver_check.findings import FINDINGS, UNKNOWN, VALID, WHY_HEADER, WHY_HEX, WHY_HMAC, WHY_KEY, WHY_RAW
from receiver_check.probes import CALLBACK_PROBES, GROUPS, Probe

PLACES = {
    "The body": WHY_RAW,
    "The secret": WHY_KEY,
    "The algorithm": WHY_HMAC,
    "The writing of the digest": WHY_HEX,
    "The header": WHY_HEADER,
}


def probes() -> str:
    of_callbacks = {"The binding callback": tuple(CALLBACK_PROBES.values())}
    return page(part for title, group in {**GROUPS, **of_callbacks}.items() for part in _group(title, group))


def explanations() -> str:
    """What was found wrong, by where the mistake is; each place with why it matters and how to fix it."""
    outcomes = ([code(each.code), prose(f"{each.what} {each.fix}")] for each in (VALID, UNKNOWN))
    return page([table(["code", "what it means"], outcomes), *(part for title in PLACES for part in _place(title))])


def _group(title: str, group: tuple[Probe, ...]) -> Iterator[str]:
    yield heading(2, title, title)
    yield table(["probe", "what is sent", "why it matters", "how to fix it"], map(_row, group))


def _row(probe: Probe) -> list[str]:
    return [code(probe.id), prose(probe.sent), prose(probe.why), prose(probe.fix)]


def _place(title: str) -> Iterator[str]:
    found = [each for each in FINDINGS.values() if each not in (VALID, UNKNOWN) and PLACES[title] == each.why]
    yield heading(2, title, title)
    yield prose(f"{found[0].why} {found[0].fix}")
    yield table(["code", "what happened"], ([code(each.code), prose(each.what)] for each in found))
    for language, lines in found[0].snippets.items():
        yield "\n".join([f'=== "{language}"', "", *(f"    {line}" for line in block(lines, "text").splitlines())])
