"""Receivers with one planted bug each: how many of them the check finds; and good ones, which it must pass."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from receiver_check.verdicts import Reason, Verdict
from tests.conftest import needs
from tests.receiver_check.mutants.goods import GOOD_ELSEWHERE, snippet_running
from tests.receiver_check.mutants.measure import AT_ONCE, OPTIONS, Outcome, check_whole, finds, measured
from tests.receiver_check.mutants.missed import WHY_MISSED
from tests.receiver_check.mutants.page import PAGE, page, place, probes_of, rows_without_findings
from tests.receiver_check.mutants.planted import Mutant
from tests.receiver_check.mutants.running import GOOD, MUTANTS, PROGRAMS_NEEDED, Receiver, running

SEEDS = range(10)
BY_LUCK = 3
"""Bugs of time and order that another probe than the page's may find on a busy machine."""


@pytest.fixture(scope="module")
def receivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Mutant, Receiver]]:
    for program in PROGRAMS_NEEDED:
        needs(program)
    with running(tmp_path_factory.mktemp("mutants")) as found:
        yield found


@pytest.fixture(scope="module")
def outcomes(receivers: dict[Mutant, Receiver]) -> list[Outcome]:
    return measured(receivers[each] for each in MUTANTS)


def test_every_mutant_is_a_program_with_a_bug_of_its_own() -> None:
    assert len(MUTANTS) >= 120
    assert len({place(each) for each in MUTANTS}) == len(MUTANTS)
    for each in MUTANTS:
        if each.changes:
            compile(each.source(), each.name, "exec")


@pytest.mark.slow
def test_the_check_finds_the_planted_bugs(outcomes: list[Outcome]) -> None:
    assert len(outcomes) >= 120
    assert len([each for each in outcomes if each.failed]) >= 110
    assert {each.mutant.name for each in outcomes if not each.by} <= set(WHY_MISSED)


@pytest.mark.slow
def test_the_page_of_the_docs_has_what_was_found(receivers: dict[Mutant, Receiver], outcomes: list[Outcome]) -> None:
    text = PAGE.read_text()
    assert all(row in text for row in rows_without_findings(outcomes)), "python -m tests.receiver_check.mutants"
    assert page(outcomes, len(GOOD) + len(GOOD_ELSEWHERE)).split("## Found")[0] == text.split("## Found")[0]
    named = probes_of(text)
    others = [each for each in outcomes if each.by and named.get(place(each.mutant)) != each.by.id]
    # Which copy of an event wins is a matter of luck, so a race may be found by another probe this time.
    wrong = [each for each in others if not finds(receivers[each.mutant], named.get(place(each.mutant), "reachable"))]
    assert len(wrong) <= BY_LUCK, [(each.mutant.name, each.by and each.by.id) for each in wrong]


@pytest.mark.slow
def test_good_receivers_in_seven_languages_pass_with_ten_seeds(
    receivers: dict[Mutant, Receiver], tmp_path: Path
) -> None:
    with ExitStack() as stack:
        good = [receivers[each] for each in GOOD]
        for slug in GOOD_ELSEWHERE:
            (folder := tmp_path / slug).mkdir()
            good.append(stack.enter_context(snippet_running(slug, folder)))
        assert len(good) >= 12

        def alarms(receiver: Receiver) -> list[str]:
            # What counts the work does not depend on the seed, and takes most of the time.
            options = [
                replace(OPTIONS, seed=str(seed), timeout=10, skip=("effects-*",) if seed else ()) for seed in SEEDS
            ]
            reports = [check_whole(receiver, each) for each in options]
            return [
                f"{receiver.mutant.program} {receiver.mutant.name}, seed {report.seed}: {each.id}: {each.seen}"
                for report in reports
                for each in report.results
                if each.verdict in (Verdict.FAILED, Verdict.WARNING, Verdict.SKIPPED)
                and each.reason is not Reason.LEFT_OUT
            ]

        with ThreadPoolExecutor(AT_ONCE // 2) as pool:
            assert [alarm for found in pool.map(alarms, good) for alarm in found] == []
