"""A report as JUnit XML for CI."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from receiver_check.as_json import printable, shown
from receiver_check.verdicts import Exchange, Report, Result, Verdict

SUITE = "maac-sim check"
ANSWER_SHOWN = 300


def as_junit(report: Report) -> str:
    """One suite with a test case per probe. Allowed failures are skipped; warnings and remarks pass with their text,
    unless the run was strict.
    """
    failures = sum(result.fails for result in report.results)
    skipped = sum(not result.fails and result.verdict in (Verdict.FAILED, Verdict.SKIPPED) for result in report.results)
    numbers = {
        "tests": str(len(report.results)),
        "failures": str(failures),
        "errors": "0",
        "skipped": str(skipped),
        "time": f"{report.seconds:.3f}",
    }
    root = Element("testsuites", {"name": SUITE, **numbers})
    started = report.started.isoformat(timespec="seconds")
    suite = SubElement(root, "testsuite", {"name": SUITE, "timestamp": started, **numbers})
    properties = SubElement(suite, "properties")
    for name, value in {"url": report.url, "seed": report.seed}.items():
        SubElement(properties, "property", name=name, value=printable(value))
    for result in report.results:
        _case(suite, result)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _case(suite: Element, result: Result) -> None:
    case = SubElement(suite, "testcase", classname="receiver", name=result.id, time=f"{result.seconds:.3f}")
    seen = printable(str(result.seen))
    if result.fails:
        failure = SubElement(case, "failure", message=seen, type=result.verdict.value)
        failure.text = printable(_story(result))
    elif result.verdict is Verdict.FAILED:
        SubElement(case, "skipped", message=f"Allowed to fail: {seen}")
    elif result.verdict is Verdict.SKIPPED:
        SubElement(case, "skipped", message=seen)
    elif result.is_notable:
        SubElement(case, "system-out").text = printable(f"{result.verdict.value.capitalize()}: {_story(result)}")


def _story(result: Result) -> str:
    parts = (f"{result.title}: {result.seen}", f"Sent: {result.sent}", f"Why: {result.why}", f"Fix: {result.fix}")
    return "\n".join((*parts, *map(_line, result.exchanges)))


def _line(exchange: Exchange) -> str:
    answer = exchange.answer
    text = shown(answer.body, ANSWER_SHOWN).strip()
    return f"- {exchange.label}: {answer}, {answer.seconds:.3f} s{f': {text}' if text else ''}"
