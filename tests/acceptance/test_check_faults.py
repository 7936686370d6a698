"""Every probe against a receiver that passes it, and against one that is wrong in just the way it looks for."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maac_contract.contract import TOPICS
from receiver_check.effects import from_file
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
    "crashes-without-a-key": "key-missing",
    "crashes-on-non-ascii": "signature-not-ascii",
    "crashes-on-odd-signature": "signature-malformed",
    "compares-62-digits": "signature-changed-digit",
    "ignores-what-follows": "signature-followed",
    "decodes-like-node": "signature-followed",
    "leaves-one-topic-unverified": "signature-wrong",
    "trims-the-body": "body-trimmed",
    "parses-first": "unsigned-nonsense",
    "validates-first": "unsigned-nonsense",
    "gives-the-digest-away": "answer-leaks",
    "gives-the-secret-away": "answer-leaks",
    "looks-for-duplicates-first": "signature-known-key",
    "refuses-with-500": "signature-wrong",
    "refuses-with-503": "signature-wrong",
    "refuses-with-302": "signature-wrong",
    "refuses-by-closing": "signature-wrong",
    "knows-one-offset": "times",
    "needs-a-fraction": "times",
    "takes-100-characters": "long-texts",
    "takes-255-characters": "long-texts",
    "takes-1000-characters": "long-texts",
    "refuses-unknown-fields-of-items": "extra-fields",
    "needs-items": "empty-lists",
    "needs-answers": "empty-lists",
    "needs-aliases": "survey-alias",
    "answers-too-short": "topic-receipt.receipt_validated",
    "answers-415": "topic-receipt.receipt_validated",
    "stops-at-an-emoji": "characters",
    "works-each-time": "effects-once",
    "asks-before-it-notes": "effects-at-once",
    "fails-after-its-work": "effects-once",
    "notes-no-key-of-leavers": "effects-retry",
    "loses-work-of-leavers": "effects-retry",
    "notes-before-verifying": "effects-forged",
    "works-before-verifying": "effects-forged",
    "dedupes-by-body": "effects-equal-bodies",
    "dedupes-by-topic": "effects-different-keys",
    "dedupes-by-contact": "effects-different-keys",
    "compares-part-of-the-key": "effects-different-keys",
    "keeps-a-hundred-keys": "effects-after-many",
    "keeps-keys-for-5-seconds": "effects-after-many",
    "swallows-errors": "effects-odd-events",
    "works-never": "effects-once",
}
"""For each fault the probe that is there to find it."""

MILDER = {
    "answers-204": Verdict.WARNING,
    "validates-first": Verdict.WARNING,
    "ignores-case": Verdict.REMARK,
    "decodes-like-node": Verdict.REMARK,
}
"""What is legal, or works today, fails only a strict run."""


@contextmanager
def receiver(folder: Path, *arguments: str) -> Iterator[str]:
    """The URL of a wrong receiver, or of a right one."""
    command = [sys.executable, str(WRONG_RECEIVER), "--port", "0", "--secret", SECRET, "--previous-secret", PREVIOUS]
    command += ["--effects", str(folder / "effects.log")]
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


def counting(folder: Path, options: Options = QUICK) -> Options:
    return replace(options, effects=from_file(folder / "effects.log"))


def test_a_right_receiver_passes_every_probe_in_a_few_seconds(tmp_path: Path) -> None:
    with receiver(tmp_path) as url:
        report = run(url, counting(tmp_path))
    assert [(r.id, str(r.seen)) for r in report.results if r.verdict is not Verdict.PASSED] == []
    assert report.passed
    assert report.sees_effects
    assert report.seconds < 30


@pytest.mark.parametrize("fault", FOUND_BY)
def test_the_fault_is_found_by_its_probe(fault: str, tmp_path: Path) -> None:
    probe = FOUND_BY[fault]
    late = fault == "answers-too-late"
    options = replace(only(probe, timeout=1) if late else only(probe), strict=fault in MILDER)
    with receiver(tmp_path, "--wrong", fault, "--work", "1.5" if late else "0.5") as url:
        report = run(url, counting(tmp_path, options))
    found = result(report, probe)
    assert found.verdict is MILDER.get(fault, Verdict.FAILED), str(found.seen)
    assert not report.passed
    assert found.why
    assert found.fix


def test_every_probe_has_a_fault_that_it_finds_or_a_test_of_its_own() -> None:
    with_a_test_of_their_own = {"reachable"}
    assert {*FOUND_BY.values(), *with_a_test_of_their_own} == set(PROBES)


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
    with receiver(tmp_path, "--wrong", "ignores-what-follows") as url:
        report = run(url, Options(**{**vars(QUICK), "allow": ("signature-followed",), "only": ("signature-*",)}))
    assert result(report, "signature-followed").verdict is Verdict.FAILED
    assert report.passed
