"""The page of the docs that lists all mutants: what is wrong with each, the probe that found it, and its advice."""

import re
from collections.abc import Iterable, Sequence

from docs.made.markdown import code, prose, table
from tests.receiver_check.mutants.elsewhere import GO, NODE
from tests.receiver_check.mutants.measure import Outcome
from tests.receiver_check.mutants.missed import WHY_MISSED
from tests.receiver_check.mutants.planted import ROOT, Mutant

PAGE = ROOT / "docs" / "reference" / "mutants.md"
LANGUAGES = {
    "threads": "Python, http.server",
    "wsgi": "Python, WSGI",
    "loop": "Python, asyncio",
    NODE: "Node",
    GO: "Go",
}
ROW = re.compile(r"^\| `([\w-]+)` \| ([^|]+) \| [^|]* \| `([\w.-]+)`", re.MULTILINE)

HEAD = """# What the receiver check finds

How good is a check? It is measured with *mutants*: receivers that are right but for one planted bug. Of these {total} mutants,
[`maac-sim check`](../how-to/check-a-receiver.md) with `--effects` finds {found}: {failed} fail it, and {warned} get a warning.
{missed} are not found, for the reasons below. Of the {good} good receivers of the suite, in seven languages, the test demands that
they pass with each of ten seeds, without a failure and without a warning.

A test checks them all and compares this page (`tests/receiver_check/test_mutants.py`); `python -m tests.receiver_check.mutants`
writes it. The bugs come from MAAC's contract and from what integrators do wrong. *Found by* is the first probe in the order of the
[probes](probes.md) that fails; most bugs are found by several.
"""
MISSED = """## Not found

A check that sends requests and counts works cannot see everything. These pass; review the code for them.
"""


def page(outcomes: Sequence[Outcome], good: int) -> str:
    found = [each for each in outcomes if each.by]
    missed = [each.mutant for each in outcomes if not each.by]
    failed = sum(each.failed is not None for each in found)
    numbers = {"total": len(outcomes), "found": len(found), "failed": failed, "warned": len(found) - failed}
    head = HEAD.format(**numbers, missed=len(missed), good=good)
    rows = [[*_cells(each.mutant), *_finding(each)] for each in found]
    parts = [head, "## Found", table(["mutant", "written in", "its bug", "found by", "advice"], rows)]
    if missed:
        lines = [[*_cells(each), prose(WHY_MISSED.get(each.name, "The reason is not known yet."))] for each in missed]
        parts += [MISSED.rstrip(), table(["mutant", "written in", "its bug", "why it is not found"], lines)]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def probes_of(text: str) -> dict[tuple[str, str], str]:
    """By mutant and language, the probe that the page names."""
    return {(name, language): probe for name, language, probe in ROW.findall(text)}


def place(mutant: Mutant) -> tuple[str, str]:
    """The mutant's name and language, as the page has them."""
    return mutant.name, LANGUAGES.get(mutant.program, "Node, a process that ends")


def rows_without_findings(outcomes: Iterable[Outcome]) -> list[str]:
    """What of the page follows from the mutants alone: the beginnings of its rows."""
    return [" | ".join(_cells(each.mutant)) for each in outcomes]


def _cells(mutant: Mutant) -> list[str]:
    name, language = place(mutant)
    return [code(name), language, prose(mutant.bug)]


def _finding(outcome: Outcome) -> list[str]:
    result = outcome.by
    assert result
    remark = "" if outcome.failed else " (a warning)"
    return [f"{code(result.id)}{remark}", prose(result.fix)]
