"""A report as one HTML page that needs nothing else: no script, no other file, readable in light and dark."""

import html
from collections.abc import Iterator

from receiver_check.as_json import printable, shown
from receiver_check.report_style import STYLE
from receiver_check.verdicts import Exchange, Report, Result, Verdict

MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✕", Verdict.WARNING: "!", Verdict.SKIPPED: "–"}
BODY_SHOWN = 1200


def as_html(report: Report) -> str:
    """The whole page."""
    headline = "All is well" if report.passed else "Something is to be mended"
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{headline}: {escape(report.url)}</title>
<style>{STYLE}</style>
<main>
<header class="{"passed" if report.passed else "failed"}">
<p class="kind">Receiver check</p>
<h1>{headline}</h1>
<p class="url">{escape(report.url)}</p>
<ul class="counts">{"".join(_count(verdict, report.counts[verdict.value]) for verdict in Verdict)}</ul>
<p class="facts">{report.requests} requests in {report.seconds:.1f} s
 · <time>{report.started:%Y-%m-%d %H:%M:%S %Z}</time> · seed <code>{escape(report.seed)}</code></p>
</header>
<section>
{"".join(_result(result) for result in report.results)}
</section>
</main>
</html>
"""


def _count(verdict: Verdict, number: int) -> str:
    return f'<li class="{verdict.value}{"" if number else " none"}"><b>{number}</b> {verdict.value}</li>'


def _result(result: Result) -> str:
    opened = " open" if result.fails else ""
    allowed = ' <span class="tag">allowed</span>' if result.allowed and result.verdict is Verdict.FAILED else ""
    seconds = f"{result.seconds:.2f} s" if result.requests else ""
    return f"""<details class="{result.verdict.value}" id="{escape(result.id)}"{opened}>
<summary><span class="mark" title="{result.verdict.value}">{MARKS[result.verdict]}</span>
<span class="title">{escape(str(result.title))}{allowed}<small>{escape(str(result.seen))}</small></span>
<code>{escape(result.id)}</code><span class="time">{seconds}</span></summary>
<dl>
<dt>Sent</dt><dd>{escape(result.sent)}</dd>
<dt>Came</dt><dd>{escape(str(result.seen))}</dd>
<dt>Why</dt><dd>{escape(result.why)}</dd>
<dt>Fix</dt><dd>{escape(result.fix)}</dd>
</dl>
{"".join(_exchanges(result))}
</details>
"""


def _exchanges(result: Result) -> Iterator[str]:
    hidden = result.requests - len(result.exchanges)
    for exchange in result.exchanges:
        yield _exchange(exchange)
    if hidden:
        yield f'<p class="more">and {hidden} more requests</p>'


def _exchange(exchange: Exchange) -> str:
    answer = exchange.answer
    return f"""<figure>
<figcaption>{escape(exchange.label)} → <b>{escape(str(answer))}</b>
<span>{answer.seconds * 1000:.0f} ms</span></figcaption>
<pre>{escape(_request_text(exchange))}</pre>
<pre class="answer">{escape(_answer_text(exchange))}</pre>
</figure>
"""


def _request_text(exchange: Exchange) -> str:
    message = exchange.message
    head = "".join(f"{name}: {value}\n" for name, value in message.headers)
    return f"{message.method}\n{head}\n{shown(message.body, BODY_SHOWN)}"


def _answer_text(exchange: Exchange) -> str:
    answer = exchange.answer
    if answer.status is None:
        return str(answer)
    head = "".join(f"{name}: {value}\n" for name, value in answer.headers)
    return f"{answer.status}\n{head}\n{shown(answer.body, BODY_SHOWN)}"


def escape(text: str) -> str:
    return html.escape(printable(text))
