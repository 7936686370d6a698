"""`maac-sim explain`: finds the mistake that makes a receiver's signature differ."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from maac_sim.commands.signing import read_bytes
from receiver_check.explain import Explanation
from receiver_check.explain import explain as explain_digest
from receiver_check.explain_request import explain_request
from receiver_check.findings import VALID, Finding

EPILOG = """Examples:

maac-sim explain body.json --secret s3cret --digest 6b1f…  (what your receiver computed)

maac-sim explain body.json --secret s3cret --headers headers.txt  (what your receiver got, a line each)

maac-sim explain - --digest 6b1f… < body.json  (the secret is in SHARE_SECRET)

Exit codes: 0 the signature is right, 1 it is not, 2 the command is wrong.
"""
SNIPPETS_SHOWN = 3


def explain(
    body: Annotated[Path, typer.Argument(help="File with the exact body; - for standard input.")],
    secret: Annotated[str, typer.Option(envvar="SHARE_SECRET", help="The share secret as the console shows it.")],
    digest: Annotated[str | None, typer.Option(help="The digest that your receiver computed.")] = None,
    headers: Annotated[Path | None, typer.Option(help="File with the received headers, one per line.")] = None,
    other_secret: Annotated[
        list[str] | None, typer.Option(help="Another secret to try, such as the previous one. May be repeated.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Show the fix in this language, such as PHP.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print only JSON.")] = False,
) -> None:
    """Explain a wrong signature: find the mistake that makes your receiver's digest differ, and show the fix."""
    if (digest is None) == (headers is None):
        raise typer.BadParameter("give either --digest or --headers")
    content, others = read_bytes(str(body)), tuple(other_secret or ())
    if digest is not None:
        explanation = explain_digest(content, secret, digest, other_secrets=others)
    else:
        explanation = explain_request(_parse(read_bytes(str(headers))), content, secret, other_secrets=others)
    if json:
        typer.echo(json_format.dumps(explanation.as_dict(), ensure_ascii=False, indent=2))
    else:
        _print(explanation, language)
    raise typer.Exit(0 if explanation.is_valid else 1)


def _parse(lines: bytes) -> list[tuple[str, str]]:
    """The header lines; other lines, such as the request line, are ignored."""
    pairs = (line.partition(":") for line in lines.decode(errors="replace").splitlines())
    return [(name.strip(), value.strip()) for name, colon, value in pairs if colon]


def _print(explanation: Explanation, language: str | None) -> None:
    console = Console(highlight=False)
    for finding in explanation.findings:
        _print_finding(console, finding, language)
    console.print(Text(f"The right signature is {explanation.expected}", "dim"), soft_wrap=True)


def _print_finding(console: Console, finding: Finding, language: str | None) -> None:
    style = "green" if finding.code == VALID.code else "red"
    lines = [Text(finding.what, f"bold {style}"), *(Text(f"• {detail}") for detail in finding.details)]
    if finding.seen_in:
        lines.append(Text(f"This is how they write: {'; '.join(finding.seen_in)}", "dim"))
    lines += [Text(), Text(finding.why), Text(finding.fix)]
    for name, code in _snippets(finding, language):
        lines += [Text(), Text(name, "bold"), Text(code, "cyan")]
    console.print(Panel(Text("\n").join(lines), title=finding.code, title_align="left", border_style=style))


def _snippets(finding: Finding, language: str | None) -> list[tuple[str, str]]:
    if language is None:
        return list(finding.snippets.items())[:SNIPPETS_SHOWN]
    return [(name, code) for name, code in finding.snippets.items() if language.lower() in name.lower()]
