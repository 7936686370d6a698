"""Output of commands: tables and text for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON: one document, or one per line for a stream.")]

out = Console(highlight=False, soft_wrap=True)
PIPED = 200
"""Line width when the output is not a terminal."""
GAP = 2
"""Characters between two columns of a table."""
COLOURS = {"delivered": "green", "failed": "red", "skipped": "yellow", "pending": "blue", "running": "green"}


def print_json(value: Any) -> None:
    """Print JSON, indented on a terminal, else on one line."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2 if out.is_terminal else None))


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str, wraps: str = "", spare: Sequence[str] = ()
) -> None:
    """Print a table. Column `wraps` may wrap; columns in `spare` are dropped in that order if it is too wide."""
    from rich.table import Table

    if not rows:
        out.print(empty)
        return
    console = Console(highlight=False, width=None if out.is_terminal else PIPED)
    texts = {name: [str(row[place]) for row in rows] for place, name in enumerate(columns)}
    left_out = iter(spare)
    while _least(texts, wraps) > console.width and (name := next(left_out, None)):
        del texts[name]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in texts:
        table.add_column(name, no_wrap=name != wraps, overflow="ellipsis")
    for cells in zip(*texts.values(), strict=True):
        table.add_row(*map(coloured, cells))
    console.print(table)


def _least(texts: Mapping[str, Sequence[str]], wraps: str) -> int:
    """The least width of a line; the column that wraps needs that of its longest word."""
    needs = [
        max(cell_len(part) for text in (name, *cells) for part in (text.split() if name == wraps else [text]) or [""])
        for name, cells in texts.items()
    ]
    return sum(needs) + GAP * (len(needs) - 1)


def print_facts(facts: Mapping[str, object]) -> None:
    """Print names and values, one pair per line."""
    width = max(map(len, facts))
    for name, value in facts.items():
        out.print(f"[bold]{name:<{width}}[/bold]  {coloured(str(value))}")


def coloured(word: str) -> str:
    from rich.markup import escape

    colour = COLOURS.get(word)
    return f"[{colour}]{word}[/{colour}]" if colour else escape(word)
