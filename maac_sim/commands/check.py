"""`maac-sim check`: conformance probes against a receiver, with a report in the terminal and as files."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from maac_contract import contract
from maac_sim import __version__
from receiver_check.verdicts import Reason, Report, Result, Verdict

if TYPE_CHECKING:
    from receiver_check.effects import Effects

EPILOG = """Examples:

maac-sim check http://127.0.0.1:9000/webhook --secret s3cret

SHARE_SECRET=s3cret maac-sim check URL --junit check.xml --html check.html --allow signature-upper-case

maac-sim check URL --secret s3cret --only 'signature-*' --previous-secret the-old-one

maac-sim check URL --secret s3cret --effects effects.log

maac-sim check URL --secret s3cret --effects 'http://127.0.0.1:9000/effects/{key}' --effects-header 'X-Token: abc'

Exit codes: 0 no probe failed except allowed ones, 1 a probe failed, 2 invalid usage, 3 the time limit ended the run and
nothing had failed, 4 only warnings or remarks (with --strict).
"""
LOOKS = {
    Verdict.PASSED: ("✓", "green"),
    Verdict.FAILED: ("✕", "bold red"),
    Verdict.WARNING: ("!", "yellow"),
    Verdict.REMARK: ("i", "cyan"),
    Verdict.SKIPPED: ("–", "dim"),
}
NO_EFFECTS = "This check cannot see whether the work was done twice."
HOW_TO_COUNT = " Say how to count it with --effects."
Probes = list[str] | None


def check(
    url: Annotated[str, typer.Argument(help="The receiver's webhook URL.", show_default=False)],
    secret: Annotated[str, typer.Option(envvar="SHARE_SECRET", help="The share secret of the receiver.")],
    previous_secret: Annotated[
        str | None, typer.Option(help="The secret before the last rotation, which the receiver must refuse.")
    ] = None,
    rotating: Annotated[
        bool,
        typer.Option(
            "--rotating",
            help="The secret is being changed: accept that the previous one still works, and 503 to a wrong signature.",
        ),
    ] = False,
    effects: Annotated[
        str | None,
        typer.Option(
            metavar="URL|COMMAND|FILE",
            help="How often the work of an idempotency key was done: a URL or a command, with {key} in it, that gives "
            "the number, or a file that gets a line with the key for each work.",
        ),
    ] = None,
    effects_header: Annotated[
        Probes, typer.Option(metavar="'NAME: VALUE'", help="Request header for the effects URL. May be repeated.")
    ] = None,
    other_keys: Annotated[
        int, typer.Option(help="Events to send before an idempotency key is repeated (with --effects).")
    ] = 1050,
    only: Annotated[
        Probes, typer.Option(metavar="PROBE", help="Run only these probes; * matches any text. May be repeated.")
    ] = None,
    skip: Annotated[Probes, typer.Option(metavar="PROBE", help="Do not run these probes. May be repeated.")] = None,
    allow: Annotated[
        Probes,
        typer.Option(metavar="PROBE", help="Do not let these probes' failures change the exit code. May be repeated."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Let warnings and remarks fail the run: exit code 4.")
    ] = False,
    header: Annotated[
        Probes, typer.Option(metavar="'NAME: VALUE'", help="Additional request header. May be repeated.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for each response.")] = contract.ATTEMPT_TIMEOUT,
    time_limit: Annotated[
        float | None,
        typer.Option(help="Seconds for the whole run.", show_default="120, and the time that the answers took"),
    ] = None,
    seed: Annotated[str, typer.Option(help="Seed of the events' data; another one sends other data.")] = "0",
    insecure: Annotated[bool, typer.Option("--insecure", help="Accept any TLS certificate.")] = False,
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM file of certificate authorities to trust instead of the default ones.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print only the report, as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML for CI.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as an HTML page.")] = None,
) -> None:
    """Check a receiver with about fifty probes. Each failure is reported with its effect and its fix."""
    from receiver_check import run
    from receiver_check.as_html import as_html
    from receiver_check.as_json import as_json
    from receiver_check.as_junit import as_junit

    options = run.Options(
        seed=seed,
        previous_secret=previous_secret,
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        allow=tuple(allow or ()),
        timeout=timeout,
        time_limit=time_limit,
        headers=tuple(_header(line, "--header") for line in header or ()),
        verify_tls=not insecure,
        ca_file=str(ca_file) if ca_file else None,
        user_agent=f"maac-sim/{__version__}",
        strict=strict,
        rotating=rotating,
        effects=_effects(effects, effects_header, verify_tls=not insecure),
        other_keys=other_keys,
    )
    console = Console(highlight=False)
    progress = None if json else partial(_print_result, console)
    try:
        report = run.check(url, secret, now=datetime.now(UTC), options=options, progress=progress)
    except run.BadCheck as error:
        raise typer.BadParameter(str(error)) from error
    _write(junit, as_junit, report)
    _write(html, as_html, report)
    if json:
        typer.echo(as_json(report))
    else:
        _print_end(console, report, NO_EFFECTS + ("" if effects else HOW_TO_COUNT))
    raise typer.Exit(_exit_code(report))


def probes() -> None:
    """List the probes of `maac-sim check`: what each sends, why it matters and how to fix a failure."""
    from receiver_check.probes import PROBES

    table = Table("probe", "what is sent", "why it matters", "how to fix it", show_lines=True)
    for probe in PROBES.values():
        table.add_row(Text(probe.id, "bold"), probe.sent, probe.why, probe.fix)
    Console(highlight=False).print(table)


def _header(line: str, option: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise typer.BadParameter(f"{option} {line}: write it as 'Name: value'.")
    return name.strip(), value.strip()


def _effects(source: str | None, header_lines: Probes, *, verify_tls: bool) -> "Effects | None":
    from receiver_check.effects import effects, is_url
    from receiver_check.run import BadCheck, check_headers
    from receiver_check.sender import BadTarget

    if header_lines and not is_url(source or ""):
        raise typer.BadParameter("--effects-header is for a URL: give it with --effects http://…")
    if source is None:
        return None
    headers = [_header(line, "--effects-header") for line in header_lines or ()]
    try:
        check_headers(headers)
        return effects(source, headers=headers, verify_tls=verify_tls)
    except (BadTarget, BadCheck, ValueError) as error:
        raise typer.BadParameter(f"--effects: {error}") from error


def _exit_code(report: Report) -> int:
    if report.passed:
        return 0
    if any(result.verdict is Verdict.FAILED and not result.allowed for result in report.results):
        return 1
    return 3 if not report.is_complete else 4 if any(result.fails for result in report.results) else 1


def _write(path: Path | None, form: Callable[[Report], str], report: Report) -> None:
    if path is None:
        return
    try:
        path.write_text(form(report), encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}.") from error


def _print_result(console: Console, result: Result, _done: int, _total: int) -> None:
    """Print a probe's row as soon as it has run."""
    mark, style = LOOKS[result.verdict]
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(width=1)
    row.add_column(width=32, overflow="fold")
    row.add_column(ratio=1, overflow="fold")
    row.add_column(width=8, justify="right", style="dim")
    seconds = f"{result.seconds:.2f} s" if result.requests else ""
    allowed = " (allowed)" if result.allowed and result.verdict is Verdict.FAILED else ""
    row.add_row(Text(mark, style), Text(result.id, style), Text(f"{result.seen}{allowed}"), seconds)
    console.print(row)


def _print_end(console: Console, report: Report, no_effects: str) -> None:
    for result in report.results:
        if (result.fails or result.is_notable) and result.reason is not Reason.SAME_CAUSE:
            _print_details(console, result)
    counts = ", ".join(f"{number} {verdict}" for verdict, number in report.counts.items() if number)
    console.print()
    console.print(Text(counts, "bold green" if report.passed else "bold red"), end="")
    console.print(Text(f" · {report.requests} requests in {report.seconds:.1f} s · --seed {report.seed}", "dim"))
    if not report.sees_effects:
        console.print(no_effects, style="yellow")


def _print_details(console: Console, result: Result) -> None:
    mark, style = LOOKS[result.verdict]
    console.print()
    console.print(Text(f"{mark} {result.title}", style))
    details = Table.grid(padding=(0, 2))
    for name, text in (("sent", result.sent), ("got", result.seen), ("why", result.why), ("fix", result.fix)):
        details.add_row(Text(f"  {name}", "dim"), Text(str(text)))
    console.print(details)
