"""What can be made to go wrong on purpose, from the list of kinds."""

from collections.abc import Iterator

from docs.made.markdown import code, prose, table
from maac_contract.fault_kinds import KINDS, About
from maac_contract.openapi_failures import FAILURES, MAGIC


def faults() -> str:
    return table(
        ["kind", "what it does", "what it takes"],
        (
            [code(kind.value), f"**{prose(about.title)}.** {prose(about.description)}", ", ".join(_takes(about))]
            for kind, about in KINDS.items()
        ),
    )


def openapi_failures() -> str:
    """Failures of the Open API on demand: the calls that can fail so, and the values with which they do."""
    values = {failure: [code(value) for value, made in MAGIC.items() if made == failure] for failure in FAILURES}
    return table(
        ["failure", "what happens", "calls", "magic values"],
        (
            [
                code(failure.value),
                f"**{prose(about.title)}.** {prose(about.description)}",
                ", ".join(about.calls) or "all",
                " ".join(values[failure]),
            ]
            for failure, about in FAILURES.items()
        ),
    )


def _takes(about: About) -> Iterator[str]:
    if about.count is not None:
        yield f"how many (default {about.count})"
    if about.seconds is not None:
        yield f"seconds (default {about.seconds:g}, at most {about.longest:g})"
