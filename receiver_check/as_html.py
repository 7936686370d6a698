"""A report as one HTML page that needs nothing else: no script, no other file, readable in light and dark."""

import html
from collections.abc import Iterator
from functools import partial

from maac_contract.sentences import gettext_noop
from receiver_check.as_json import printable, shown
from receiver_check.report_style import STYLE
from receiver_check.translated import Translate, report_in
from receiver_check.verdicts import Exchange, Report, Result, Verdict

MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✕", Verdict.WARNING: "!", Verdict.REMARK: "i", Verdict.SKIPPED: "–"}
WORDS = {
    Verdict.PASSED: gettext_noop("passed"),
    Verdict.FAILED: gettext_noop("failed"),
    Verdict.WARNING: gettext_noop("warning"),
    Verdict.REMARK: gettext_noop("remark"),
    Verdict.SKIPPED: gettext_noop("skipped"),
}
FACTS = gettext_noop("%(requests)s requests in %(seconds)s s")
MORE = gettext_noop("and %(count)s more requests")
KIND = gettext_noop("Receiver check")
ALLOWED = gettext_noop("allowed")
SEED = gettext_noop("Seed")
SENT, CAME, WHY, FIX = gettext_noop("Sent"), gettext_noop("Came"), gettext_noop("Why"), gettext_noop("Fix")
NO_EFFECTS = gettext_noop("This check cannot see whether the work was done twice.")
NOT_COMPLETE = gettext_noop("The time of the whole run was over before every probe was run.")
BODY_SHOWN = 1200


def as_html(report: Report, *, translate: Translate = gettext_noop, language: str = "en") -> str:
    """The whole page, in the language that `translate` gives."""
    report = report_in(report, translate)
    headline = translate(gettext_noop("All is well") if report.passed else gettext_noop("Something needs fixing"))
    facts = translate(FACTS) % {"requests": report.requests, "seconds": f"{report.seconds:.1f}"}
    return f"""<!doctype html>
<html lang="{escape(language)}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{headline}: {escape(report.url)}</title>
<style>{STYLE}</style>
<main>
<header class="{"passed" if report.passed else "failed"}">
<p class="kind">{translate(KIND)}</p>
<h1>{headline}</h1>
<p class="url">{escape(report.url)}</p>
<ul class="counts">{"".join(_count(verdict, report.counts[verdict.value], translate) for verdict in Verdict)}</ul>
<p class="facts">{facts}
 · <time>{report.started:%Y-%m-%d %H:%M:%S %Z}</time> · {translate(SEED)} <code>{escape(report.seed)}</code></p>
{"".join(f'<p class="facts">{translate(note)}</p>' for note in _notes(report))}
</header>
<section>
{"".join(map(partial(_result, translate), report.results))}
</section>
</main>
</html>
"""


def _notes(report: Report) -> Iterator[str]:
    """What the verdict does not cover."""
    if not report.is_complete:
        yield NOT_COMPLETE
    if not report.sees_effects:
        yield NO_EFFECTS


def _count(verdict: Verdict, number: int, translate: Translate) -> str:
    word = translate(WORDS[verdict])
    return f'<li class="{verdict.value}{"" if number else " none"}"><b>{number}</b> {word}</li>'


def _result(translate: Translate, result: Result) -> str:
    opened = " open" if result.fails else ""
    is_allowed = result.allowed and result.verdict is Verdict.FAILED
    allowed = f' <span class="tag">{translate(ALLOWED)}</span>' if is_allowed else ""
    seconds = f"{result.seconds:.2f} s" if result.requests else ""
    return f"""<details class="{result.verdict.value}" id="{escape(result.id)}"{opened}>
<summary><span class="mark" title="{translate(WORDS[result.verdict])}">{MARKS[result.verdict]}</span>
<span class="title">{escape(str(result.title))}{allowed}<small>{escape(str(result.seen))}</small></span>
<code>{escape(result.id)}</code><span class="time">{seconds}</span></summary>
<dl>
<dt>{translate(SENT)}</dt><dd>{escape(result.sent)}</dd>
<dt>{translate(CAME)}</dt><dd>{escape(str(result.seen))}</dd>
<dt>{translate(WHY)}</dt><dd>{escape(result.why)}</dd>
<dt>{translate(FIX)}</dt><dd>{escape(result.fix)}</dd>
</dl>
{"".join(_exchanges(translate, result))}
</details>
"""


def _exchanges(translate: Translate, result: Result) -> Iterator[str]:
    hidden = result.requests - len(result.exchanges)
    for exchange in result.exchanges:
        yield _exchange(exchange)
    if hidden:
        yield f'<p class="more">{translate(MORE) % {"count": hidden}}</p>'


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
