"""What a whole run makes of a receiver with one mistake: one cause is explained once, and nothing is claimed unseen."""

from dataclasses import replace
from pathlib import Path

import pytest

from receiver_check.effects import effects
from receiver_check.run import Options
from receiver_check.verdicts import Reason, Report, Result, Verdict
from tests.acceptance.test_check_faults import QUICK, counting, only, receiver, run
from tests.receiver import Answer, CloseSilently, Delay, Hang, Receiver

pytestmark = pytest.mark.slow


def explained(report: Report) -> list[Result]:
    """The findings that are not said to follow from another."""
    return [each for each in report.results if each.fails and each.reason is not Reason.SAME_CAUSE]


def test_a_receiver_that_stops_at_an_emoji_gets_one_finding(tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", "stops-at-an-emoji") as url:
        report = run(url)
    (found,) = explained(report)
    assert found.id == "characters"
    assert "process ended" in found.fix
    after = report.results[report.results.index(found) + 1 :]
    assert {(each.verdict, each.reason) for each in after} == {(Verdict.SKIPPED, Reason.STOPPED)}


@pytest.mark.parametrize(
    ("fault", "first", "words"),
    [
        ("answers-415", "topic-receipt.receipt_validated", "media type"),
        ("redirects", "topic-receipt.receipt_validated", "final URL"),
        ("verifies-nothing", "signature-wrong", "HMAC-SHA256"),
        ("refuses-with-503", "signature-wrong", "--rotating"),
    ],
)
def test_one_mistake_is_explained_once(fault: str, first: str, words: str, tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", fault) as url:
        report = run(url)
    found = explained(report)
    assert found[0].id == first
    assert words in found[0].fix
    assert len(found) <= 2, [each.id for each in found]


def test_204_is_one_warning_and_the_run_passes_unless_it_is_strict(tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", "answers-204") as url:
        report = run(url, counting(tmp_path, replace(QUICK, other_keys=10)))
        strict = run(url, replace(only("topic-*"), strict=True))
    assert [each.id for each in report.results if each.verdict is Verdict.WARNING] == [
        "topic-receipt.receipt_validated"
    ]
    assert (report.passed, strict.passed) == (True, False)


def test_a_receiver_that_decodes_the_digits_is_right_with_two_remarks(tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", "decodes-like-node") as url:
        report = run(url, counting(tmp_path, replace(QUICK, other_keys=10)))
    assert report.passed
    assert [each.id for each in report.results if each.verdict is not Verdict.PASSED] == [
        "signature-followed", "signature-upper-case",
    ]  # fmt: skip


def test_without_effects_the_report_says_that_it_cannot_see_them(tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", "works-each-time") as url:
        report = run(url)
    assert report.passed
    assert not report.sees_effects
    unseen = [each for each in report.results if each.id.startswith("effects-")]
    assert {each.verdict for each in unseen} == {Verdict.SKIPPED}
    assert all(str(each.seen).startswith("Cannot see whether the work was done twice") for each in unseen)


def test_effects_that_cannot_be_counted_are_skipped_with_the_reason(tmp_path: Path) -> None:
    with receiver(tmp_path) as url:
        report = run(url, replace(only("effects-*"), effects=effects(str(tmp_path / "nowhere.log"))))
    found = [each for each in report.results if each.id.startswith("effects-")]
    assert {each.verdict for each in found} == {Verdict.SKIPPED}
    assert all("nowhere.log does not exist" in str(each.seen) for each in found)


def test_during_a_rotation_the_previous_secret_may_work_and_503_refuse(tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", "keeps-the-previous-secret") as url:
        options = only("signature-previous-secret")
        during, after = (run(url, replace(options, rotating=rotating)) for rotating in (True, False))
    assert (during.passed, after.passed) == (True, False)
    with receiver(tmp_path / "503", "--wrong", "refuses-with-503") as url:
        assert run(url, replace(only("signature-*"), rotating=True)).passed


def test_a_receiver_that_takes_longer_than_the_limit_in_all_is_legal(receiver_of_seconds: Receiver) -> None:
    """Each answer takes longer than a fixed limit would leave for it."""
    options = Options(only=("topic-*",), timeout=5)
    slow = run(receiver_of_seconds.url("/"), options)
    cut = run(receiver_of_seconds.url("/"), replace(options, time_limit=1.0))
    assert slow.passed
    assert (cut.passed, cut.is_complete, cut.counts["failed"]) == (False, False, 0)
    assert Reason.TIME_OVER in {each.reason for each in cut.results}


@pytest.fixture
def receiver_of_seconds(receiver: Receiver) -> Receiver:
    receiver.always("/", Delay(0.4))
    return receiver


def test_a_run_gives_the_same_verdicts_again_at_a_receiver_that_remembers(tmp_path: Path) -> None:
    with receiver(tmp_path) as url:
        options = counting(tmp_path, replace(QUICK, other_keys=10))
        runs = [[(each.id, each.verdict) for each in run(url, options).results] for _ in range(3)]
    assert runs[0] == runs[1] == runs[2]


def test_a_receiver_that_answers_no_event_gets_the_advice_of_its_silence(receiver: Receiver) -> None:
    for action, words in ((CloseSilently(), "thread died"), (Hang(), "queue"), (Answer(404), "this path")):
        receiver.always("/", action)
        report = run(receiver.url("/"), Options(only=("topic-*", "answer-time"), timeout=0.3))
        (found,) = explained(report)
        assert words in found.fix
