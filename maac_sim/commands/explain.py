"""`maac-sim explain`: finds the mistake that makes a receiver's signature differ."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from maac_sim.commands.explain_log import Explained, explained
from maac_sim.commands.output import AsJson, print_json
from maac_sim.commands.signing import read_bytes
from receiver_check.explain import Explanation
from receiver_check.explain import explain as explain_digest
from receiver_check.explain_request import explain_request
from receiver_check.findings import FINDINGS, VALID, Finding

EPILOG = """Examples:

maac-sim explain body.json --secret s3cret --digest 6b1f…  (what your receiver computed)

maac-sim explain body.json --secret s3cret --headers headers.txt  (what your receiver got, a line each)

maac-sim explain - --digest 6b1f… < body.json  (the secret is in SHARE_SECRET)

maac-sim explain --log refused.jsonl --secret s3cret  (a line each: {"body": "…", "digest": "…"})

Exit codes: 0 the signature is right, 1 it is not, 2 the command is wrong.
"""
SNIPPETS_SHOWN = 3
LINES_SHOWN = 10


def languages() -> list[str]:
    """The languages and frameworks that fixes are shown in."""
    names = dict.fromkeys(name for finding in FINDINGS.values() for name in finding.snippets)
    return list(dict.fromkeys(part for name in names for part in _parts(name)))


def _parts(name: str) -> list[str]:
    """`Python (Flask)` is both."""
    return name.removesuffix(")").split(" (")


def _known(language: str | None) -> str | None:
    if language is not None and language.lower() not in map(str.lower, languages()):
        raise typer.BadParameter(f"There are no fixes in {language}. Known are {', '.join(languages())}.")
    return language


def explain(
    body: Annotated[
        Path | None, typer.Argument(help="File with the exact body; - for standard input.", show_default=False)
    ] = None,
    secret: Annotated[str, typer.Option(envvar="SHARE_SECRET", help="The share secret as the console shows it.")] = "",
    digest: Annotated[str | None, typer.Option(help="The digest that your receiver computed.")] = None,
    headers: Annotated[Path | None, typer.Option(help="File with the received headers, one per line.")] = None,
    log: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Many at once: a file of your receiver with a JSON object per line; body or "
                     "body_base64, and digest or headers; key and url help. - for standard input."),
    ] = None,
    key: Annotated[str, typer.Option(help="The request's idempotency key, which may have been signed too.")] = "",
    receiver_url: Annotated[
        str, typer.Option(metavar="URL", help="The address the request was sent to, which may have been signed too.")
    ] = "",
    other_secret: Annotated[
        list[str] | None, typer.Option(help="Another secret to try, such as the previous one. May be repeated.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="Show the fix in this language, such as PHP.", callback=_known, autocompletion=languages),
    ] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Explain a wrong signature: find the mistake that makes your receiver's digest differ, and show the fix."""
    if not secret:
        raise typer.BadParameter("Give it, or set SHARE_SECRET.", param_hint="--secret")
    others = tuple(other_secret or ())
    if log is not None:
        if body or digest is not None or headers:
            raise typer.BadParameter("A log holds bodies and digests itself.", param_hint="--log")
        raise typer.Exit(_explain_log(read_bytes(str(log)), secret, others, language, as_json=as_json))
    if body is None:
        raise typer.BadParameter("Give the file with the body, or --log.", param_hint="BODY")
    if (digest is None) == (headers is None):
        raise typer.BadParameter("give either --digest or --headers")
    content = read_bytes(str(body))
    if digest is not None:
        explanation = explain_digest(
            content, secret, digest, other_secrets=others, idempotency_key=key or None, url=receiver_url
        )
    else:
        explanation = explain_request(_parse(read_bytes(str(headers))), content, secret, other_secrets=others)
    print_json(explanation.as_dict()) if as_json else _print(explanation, language)
    raise typer.Exit(0 if explanation.is_valid else 1)


def _explain_log(log: bytes, secret: str, others: tuple[str, ...], language: str | None, *, as_json: bool) -> int:
    """Explain each line, and then each cause once; returns the exit code."""
    console = Console(highlight=False)
    by_cause: dict[str, list[Explained]] = {}
    for row in explained(log, secret, others):
        by_cause.setdefault(row.explanation.code, []).append(row)
        if as_json:
            print_json(row.as_dict())
    if not as_json:
        for code, rows in sorted(by_cause.items(), key=lambda item: -len(item[1])):
            lines = ", ".join(str(row.line) for row in rows[:LINES_SHOWN]) + (", …" if len(rows) > LINES_SHOWN else "")
            console.print(Text(f"{len(rows)} × {code} (line {lines})", "bold"))
            if code != VALID.code:
                for finding in rows[0].explanation.findings:
                    _print_finding(console, finding, language)
    return 0 if set(by_cause) <= {VALID.code} else 1


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
    wanted = language.lower()
    return [(name, code) for name, code in finding.snippets.items() if wanted in map(str.lower, _parts(name))]
