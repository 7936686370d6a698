"""Results that are stored, read back, and shown in another language."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from receiver_check.as_html import as_html
from receiver_check.as_json import as_json
from receiver_check.as_junit import as_junit
from receiver_check.explain import Explanation
from receiver_check.findings import FINDINGS
from receiver_check.report_codec import as_text, from_text
from receiver_check.sender import CLOSED
from receiver_check.translated import explanation_in, report_in
from receiver_check.verdicts import Answer, Exchange, Message, Report, Result, Sentence, Verdict

NASTY = b"<script>alert(1)</script> \x00\x1b & ]]> \xff \xe6\x98\xa5"
LOST = Answer(None, 0.5, Sentence("nothing complete within %(seconds)g s", {"seconds": 2.0}))
RESULT = Result(
    id="large",
    title=Sentence("A valid event is accepted: %(topic)s", {"topic": "prize.points_added"}),
    sent="An event.",
    why="It matters.",
    fix="Fix it.",
    verdict=Verdict.FAILED,
    seen=Sentence("There was no answer: %(answer)s", {"answer": LOST}),
    seconds=1.25,
    requests=2,
    exchanges=(
        Exchange("as MAAC sends it", Message("POST", (("CrescLab-Signature", "ab"),), NASTY * 9000), LOST),
        Exchange("once more", Message("GET", (), b""), Answer(500, 0.25, None, (("Server", "\x00<b>"),), NASTY)),
    ),
    allowed=True,
)
REPORT = Report("http://127.0.0.1:9000/", "seed", datetime(2026, 3, 4, tzinfo=UTC), 1.5, (RESULT,))


def kept(report: Report) -> Report:
    return replace(report, results=from_text(as_text(report.results)))


def test_every_form_of_a_report_is_the_same_after_it_was_kept() -> None:
    back = kept(REPORT)
    assert as_json(back) == as_json(REPORT)
    assert as_junit(back) == as_junit(REPORT)
    assert as_html(back) == as_html(REPORT)
    assert back.passed == REPORT.passed
    assert [each.message for each in back.results[0].exchanges] == [each.message for each in RESULT.exchanges]


def test_what_is_kept_is_plain_text_that_any_database_takes() -> None:
    text = as_text(REPORT.results)
    assert text.isascii()
    assert text.isprintable()
    assert isinstance(json.loads(text), list)


def test_of_a_long_answer_only_what_is_shown_is_kept() -> None:
    long = replace(RESULT.exchanges[1], answer=Answer(200, 0.1, None, (), b"x" * 60_000))
    report = replace(REPORT, results=(replace(RESULT, exchanges=(long,)),))
    assert len(as_text(report.results)) < 10_000
    assert as_json(kept(report)) == as_json(report)


def test_a_report_is_reported_in_another_language_down_to_the_values_in_its_sentences() -> None:
    words = {
        "There was no answer: %(answer)s": "応答がありません: %(answer)s",
        "nothing complete within %(seconds)g s": "%(seconds)g 秒以内に完了しませんでした",
        "It matters.": "大切です。",
        "Sent": "送信",
        "failed": "失敗",
        "once more": "もう一度",
    }

    def translate(text: str) -> str:
        return words.get(text, text)

    for report in (REPORT, kept(REPORT)):
        (output,) = report_in(report, translate).results
        assert str(output.seen) == "応答がありません: 2 秒以内に完了しませんでした"
        assert output.why == "大切です。"
        assert [each.label for each in output.exchanges] == ["as MAAC sends it", "もう一度"]
        assert str(output.exchanges[0].answer) == "2 秒以内に完了しませんでした"
        page = as_html(report, translate=translate, language="ja")
        assert '<html lang="ja">' in page
        for word in ("応答がありません", "<dt>送信</dt>", "失敗", "もう一度"):
            assert word in page


def test_an_explanation_is_reported_in_another_language() -> None:
    finding = replace(FINDINGS["reserialised_json"], details=("The keys were put in alphabetical order.",))
    output = explanation_in(Explanation((finding,), "ab"), str.upper)
    assert output.findings[0].what == "THE BODY WAS PARSED AND WRITTEN AS JSON AGAIN."
    assert output.findings[0].details == ("THE KEYS WERE PUT IN ALPHABETICAL ORDER.",)
    assert output.code == "reserialised_json"


def test_a_broken_connection_reads_the_same_after_it_was_kept() -> None:
    seen = replace(RESULT, seen=Sentence("%(answer)s", {"answer": Answer(None, 0.1, Sentence(CLOSED))}))
    assert str(from_text(as_text([seen]))[0].seen) == CLOSED
