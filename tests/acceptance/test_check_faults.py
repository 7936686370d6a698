"""Every probe against a receiver that passes it, and against one that is wrong in just the way it looks for."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maac_contract.contract import TOPICS
from receiver_check.probes import PROBES
from receiver_check.run import Options, check
from receiver_check.verdicts import Report, Result, Verdict
from tests.conftest import ROOT
from tests.processes import Process, environment, start
from tests.servers import free_port

pytestmark = pytest.mark.slow

WRONG_RECEIVER = ROOT / "examples/wrong/wrong_receiver.py"
SECRET, PREVIOUS = "s3cret", "the secret before"
QUICK = Options(seed="tests", previous_secret=PREVIOUS, timeout=5)

FOUND_BY = {
    **{f"refuses-{topic}": f"topic-{topic}" for topic in TOPICS},
    "answers-204": "topic-receipt.receipt_validated",
    "redirects": "topic-receipt.receipt_validated",
    "answers-too-late": "answer-time",
    "verifies-nothing": "signature-wrong",
    "accepts-missing-signature": "signature-missing",
    "accepts-empty-signature": "signature-empty",
    "compares-the-beginning": "signature-truncated",
    "ignores-case": "signature-upper-case",
    "checks-the-form-only": "signature-other-secret",
    "keeps-the-previous-secret": "signature-previous-secret",
    "remembers-signatures": "body-changed",
    "reserialises-like-python": "body-rewritten",
    "reserialises-unescaped": "characters",
    "reserialises-like-javascript": "fractions",
    "reads-headers-by-case": "header-case",
    "needs-every-field": "nulls",
    "knows-few-statuses": "pnp-statuses",
    "refuses-unknown-topics": "unknown-topic",
    "refuses-unknown-fields": "extra-fields",
    "refuses-duplicates": "duplicate",
    "refuses-duplicates-at-once": "duplicate-at-once",
    "leaves-keys-locked": "retry-after-timeout",
    "refuses-older-events": "out-of-order",
    "refuses-old-events": "late",
    "takes-little": "large",
    "one-at-a-time": "burst",
    "leaves-the-body-unread": "kept-connection",
    "crashes-on-get": "get",
}
"""For each fault the probe that is there to find it."""


@contextmanager
def receiver(folder: Path, *arguments: str) -> Iterator[str]:
    """The URL of a wrong receiver, or of a right one."""
    command = [sys.executable, str(WRONG_RECEIVER), "--port", "0", "--secret", SECRET, "--previous-secret", PREVIOUS]
    with start([*command, *arguments], environment(), folder / "receiver.log") as process:
        yield f"{address(process)}webhook"


def address(process: Process) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.is_running:
        if found := re.search(r"http://\S+", process.output()):
            return found[0]
        time.sleep(0.01)
    raise AssertionError(process.describe())


def run(url: str, options: Options = QUICK) -> Report:
    return check(url, SECRET, now=datetime.now(UTC), options=options)


def only(probe: str, **options: float) -> Options:
    return Options(**{**vars(QUICK), "only": (probe,), **options})


def result(report: Report, probe: str) -> Result:
    return next(result for result in report.results if result.id == probe)


def test_a_right_receiver_passes_every_probe_in_a_few_seconds(tmp_path: Path) -> None:
    with receiver(tmp_path) as url:
        report = run(url)
    assert [(r.id, str(r.seen)) for r in report.results if r.verdict is not Verdict.PASSED] == []
    assert report.passed
    assert report.seconds < 20


@pytest.mark.parametrize("fault", FOUND_BY)
def test_the_fault_is_found_by_its_probe(fault: str, tmp_path: Path) -> None:
    probe = FOUND_BY[fault]
    late = fault == "answers-too-late"
    with receiver(tmp_path, "--wrong", fault, "--work", "1.5" if late else "0.5") as url:
        report = run(url, only(probe, timeout=1) if late else only(probe))
    found = result(report, probe)
    assert found.verdict is Verdict.FAILED, str(found.seen)
    assert not report.passed
    assert found.why
    assert found.fix


def test_every_probe_has_a_fault_that_it_finds_or_a_test_of_its_own() -> None:
    with_a_test_of_their_own = {"reachable", "signature-malformed"}
    assert {*FOUND_BY.values(), *with_a_test_of_their_own} == set(PROBES)


def test_a_crash_in_place_of_a_refusal_is_a_warning(tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", "crashes-on-odd-signature") as url:
        report = run(url, only("signature-malformed"))
    assert result(report, "signature-malformed").verdict is Verdict.WARNING
    assert report.passed


def test_slow_answers_within_the_limit_are_a_warning(tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", "answers-too-late", "--work", "0.4") as url:
        report = run(url, only("answer-time", timeout=1.5))
    assert result(report, "answer-time").verdict is Verdict.WARNING


def test_a_receiver_that_is_not_there_fails_once_and_the_rest_is_skipped() -> None:
    report = run(f"http://127.0.0.1:{free_port()}/")
    assert [r.id for r in report.results if r.verdict is Verdict.FAILED] == ["reachable"]
    assert "refused" in str(report.results[0].seen)
    assert {r.verdict for r in report.results[1:]} == {Verdict.SKIPPED}
    assert not report.passed


def test_with_the_wrong_secret_refusals_count_for_nothing(tmp_path: Path) -> None:
    with receiver(tmp_path) as url:
        report = check(url, "another secret", now=datetime.now(UTC), options=QUICK)
        alone = check(url, "another secret", now=datetime.now(UTC), options=only("signature-wrong"))
    verdicts = {r.id: r.verdict for r in report.results}
    assert {verdicts[f"topic-{topic}"] for topic in TOPICS} == {Verdict.FAILED}
    assert verdicts["signature-wrong"] is Verdict.SKIPPED
    assert result(alone, "signature-wrong").verdict is Verdict.FAILED
    assert not alone.passed


def test_a_receiver_of_some_event_types_is_checked_by_those(tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", "refuses-receipt.receipt_validated") as url:
        report = run(url, Options(**{**vars(QUICK), "skip": ("topic-receipt.*",)}))
    assert report.passed, [(r.id, str(r.seen)) for r in report.results if r.fails]
    assert result(report, "fractions").verdict is Verdict.SKIPPED


def test_what_may_fail_does_not_fail_the_run(tmp_path: Path) -> None:
    with receiver(tmp_path, "--wrong", "ignores-case") as url:
        report = run(url, Options(**{**vars(QUICK), "allow": ("signature-upper-case",), "only": ("signature-*",)}))
    assert result(report, "signature-upper-case").verdict is Verdict.FAILED
    assert report.passed
