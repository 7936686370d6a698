"""A report as JSON, JUnit XML and HTML: whole, well formed, and safe whatever the receiver answered."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from receiver_check.as_html import as_html
from receiver_check.as_json import as_json
from receiver_check.as_junit import as_junit
from receiver_check.verdicts import Answer, Exchange, Message, Reason, Report, Result, Sentence, Verdict

NASTY = b"<script>alert(1)</script> \x00\x1b[31m & ]]> \xff \xe6\x98\xa5 \xef\xbf\xbe \xe2\x80\xae"
MESSAGE = Message("POST", (("CrescLab-Signature", "ab" * 32),), b'{"timestamp": "x"}')
ANSWER = Answer(500, 0.25, None, (("Server", "<b>"),), NASTY)
PASSED = Result(
    id="duplicate",
    title=Sentence("A %(what)s is accepted", {"what": "duplicate"}),
    sent="The same twice.",
    why="It happens.",
    fix="Answer 200.",
    verdict=Verdict.PASSED,
    seen=Sentence("Answered with 200."),
)
FAILED = replace(
    PASSED,
    id="burst",
    verdict=Verdict.FAILED,
    seen=Sentence("Got %(answer)s", {"answer": NASTY.decode(errors="replace")}),
    requests=12,
    exchanges=(Exchange("one of many", MESSAGE, ANSWER),),
)
RESULTS = (
    PASSED,
    FAILED,
    replace(FAILED, id="large", allowed=True),
    replace(PASSED, id="late", verdict=Verdict.SKIPPED),
    replace(FAILED, id="answer-time", verdict=Verdict.WARNING),
)
REPORT = Report("http://127.0.0.1:9000/?a=<&>", "seed", datetime(2026, 3, 4, tzinfo=UTC), 1.5, RESULTS)


class Page(HTMLParser):
    """Collects the tags that are opened and checks that all are closed."""

    VOID = ("meta",)

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_one_closed_page_without_script_or_other_files() -> None:
    text = as_html(REPORT)
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.tags.count("details") == len(RESULTS)
    assert not {"script", "link", "img", "iframe", "b" * 2} & set(page.tags)
    assert not re.search(r"(?:src|href)=|@import|url\(", text)
    assert "prefers-color-scheme: dark" in text
    assert "&lt;script&gt;" in text
    assert "\x00" not in text
    assert "\x1b" not in text


def test_junit_tells_each_probe_and_counts_what_fails() -> None:
    root = ElementTree.fromstring(as_junit(REPORT))
    (suite,) = root
    assert {**suite.attrib} | {"tests": "5", "failures": "1", "errors": "0", "skipped": "2"} == {**suite.attrib}
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert [*cases] == [result.id for result in RESULTS]
    failure = cases["burst"].find("failure")
    assert failure is not None
    assert "Fix: Answer 200." in (failure.text or "")
    allowed = cases["large"].find("skipped")
    assert allowed is not None
    assert "Allowed" in allowed.get("message", "")
    assert cases["answer-time"].find("system-out") is not None
    assert [*cases["duplicate"]] == []


def test_json_holds_everything() -> None:
    report = json.loads(as_json(REPORT))
    assert report["counts"] == {"passed": 1, "failed": 2, "warning": 1, "remark": 0, "skipped": 1}
    assert report["passed"] is False
    assert report["requests"] == 36
    burst = report["probes"][1]
    assert burst["exchanges"][0]["answer"]["status"] == 500
    assert burst["title"] == "A duplicate is accepted"
    assert burst["exchanges"][0]["request"]["headers"] == [["CrescLab-Signature", "ab" * 32]]


@pytest.mark.parametrize(
    ("results", "passed"),
    [
        ((PASSED,), True),
        ((PASSED, RESULTS[2], RESULTS[3], RESULTS[4]), True),
        ((PASSED, FAILED), False),
        ((PASSED, replace(RESULTS[4], strict=True)), False),
        ((PASSED, replace(PASSED, verdict=Verdict.REMARK)), True),
        ((PASSED, replace(PASSED, verdict=Verdict.REMARK, strict=True)), False),
        ((PASSED, replace(PASSED, verdict=Verdict.REMARK, strict=True, allowed=True)), True),
        ((PASSED, replace(RESULTS[3], reason=Reason.TIME_OVER)), False),
        ((RESULTS[3],), False),
        ((), False),
    ],
)
def test_a_run_passes_when_something_was_tried_and_nothing_failed(results: tuple[Result, ...], passed: bool) -> None:
    assert replace(REPORT, results=results).passed is passed
