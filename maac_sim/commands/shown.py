"""How commands print: tables and words for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one document (or one a line, for a stream).")]

out = Console(highlight=False, soft_wrap=True)
COLOURS = {"delivered": "green", "failed": "red", "skipped": "yellow", "pending": "blue", "running": "green"}


def print_json(value: Any) -> None:
    """One line where the output goes to a program, indented for people."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2 if out.is_terminal else None))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    if not rows:
        out.print(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(coloured(str(cell)) for cell in row))
    Console(highlight=False, width=None if out.is_terminal else 200).print(table)


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values under each other."""
    width = max(map(len, facts))
    for name, value in facts.items():
        out.print(f"[bold]{name:<{width}}[/bold]  {coloured(str(value))}")


def coloured(word: str) -> str:
    from rich.markup import escape

    colour = COLOURS.get(word)
    return f"[{colour}]{word}[/{colour}]" if colour else escape(word)
