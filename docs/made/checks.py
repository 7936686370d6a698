"""What the receiver check sends and what an explanation can find, from the check itself."""

from collections.abc import Iterator

from docs.made.markdown import block, code, heading, page, prose, table
from receiver_check.findings import FINDINGS, Finding
from receiver_check.probes import GROUPS, Probe


def probes() -> str:
    return page(part for title, group in GROUPS.items() for part in _group(title, group))


def explanations() -> str:
    rows = (
        [code(finding.code), prose(finding.what), prose(finding.why), prose(finding.fix)]
        for finding in FINDINGS.values()
    )
    return table(["code", "what happened", "why it matters", "how to mend it"], rows)


def fixes() -> str:
    """The lines that explanations give to copy, each set of them once."""
    seen: dict[int, Finding] = {}
    for finding in FINDINGS.values():
        if finding.snippets:
            seen.setdefault(id(finding.snippets), finding)
    return page(part for finding in seen.values() for part in _fix(finding))


def _group(title: str, group: tuple[Probe, ...]) -> Iterator[str]:
    yield heading(2, title, title)
    yield table(["probe", "what is sent", "why it matters", "how to mend it"], map(_row, group))


def _row(probe: Probe) -> list[str]:
    return [code(probe.id), prose(probe.sent), prose(probe.why), prose(probe.fix)]


def _fix(finding: Finding) -> Iterator[str]:
    yield prose(finding.fix)
    for language, lines in finding.snippets.items():
        yield "\n".join([f'=== "{language}"', "", *(f"    {line}" for line in block(lines, "text").splitlines())])
