"""Scenarios as text: what is right is read whole, what is wrong is refused with its line."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.traffic.reading import BadScenario, read
from modules.traffic.scenario import ENDINGS, KINDS, Phase
from modules.traffic.shipped import FOLDER, WORDS, scenarios

HEAD = "rate: 10\nseconds: 60\n"


def fault_of(text: str) -> str:
    with pytest.raises(BadScenario) as caught:
        read(text)
    return str(caught.value)


def test_what_is_left_out_is_as_usual() -> None:
    scenario = read(HEAD)
    assert (scenario.rate, scenario.seconds, scenario.contacts) == (10, 60, 20)
    assert scenario.phases == (Phase(),)
    assert scenario.kinds == set(KINDS)


def test_a_phase_changes_only_what_it_names() -> None:
    text = (
        f"{HEAD}contacts: {{at_start: 3, bound: 0.5}}\nreceipts: {{matching: 1}}\nmix: {{receipt: 2, contact: 1}}\n"
        "phases:\n  - share: 2\n  - receipts: {failing: {shop: 1}}\n    opens: {repeated: 0}\n    mix: {open: 1}\n"
    )
    scenario = read(text)
    usual = Phase(share=1, bound=0.5, matching=1, mix={"contact": 1, "receipt": 2})
    assert scenario.contacts == 3
    assert scenario.phases == (
        replace(usual, share=2),
        replace(usual, failing={"shop": 1}, repeated=0, mix={"open": 1}),
    )
    assert scenario.kinds == {"contact", "receipt", "open"}


@pytest.mark.parametrize("name", WORDS)
def test_the_scenarios_that_come_along_are_right(name: str) -> None:
    assert read(scenarios()[name]).phases


def test_every_file_has_words_and_every_word_a_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(WORDS)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "Line 1: the scenario is empty."),
        ("rate: 5", "Line 1: seconds is missing."),
        ("- 1\n", "Line 1: The scenario has to be names and values"),
        ("just words", "Line 1: The scenario has to be names and values"),
        (f"{HEAD}speed: 5\n", "Line 3: speed is not known here. Known are rate, seconds"),
        (f"{HEAD}rate: 5\n", "Line 3: rate comes twice."),
        ("seconds: 60\nrate: fast\n", "Line 2: rate has to be a number from 0.01 to 5000."),
        ("seconds: 60\nrate: '5'\n", "Line 2: rate has to be a number"),
        ("seconds: 60\nrate: true\n", "Line 2: rate has to be a number"),
        ("seconds: 60\nrate: .nan\n", "Line 2: rate has to be a number"),
        ("seconds: 60\nrate: 1:30\n", "Line 2: rate has to be a number"),
        ("rate: 1\nseconds: 0\n", "Line 2: seconds has to be a number from 1 to 86400."),
        (f"{HEAD}mix:\n  receipts: 1\n", "Line 4: receipts is not known here. Known are contact, receipt"),
        (f"{HEAD}mix:\n  receipt: -1\n", "Line 4: mix.receipt has to be a number from 0"),
        (f"{HEAD}mix: {{contact: 1}}\n", "Line 3: a mix needs at least one of receipt"),
        (f"{HEAD}mix: {{receipt: 0}}\n", "Line 3: mix has to be at least one weight above 0."),
        (f"{HEAD}receipts: {{matching: 2}}\n", "Line 3: receipts.matching has to be a number from 0 to 1."),
        (f"{HEAD}notifications:\n  endings:\n    lost: 1\n", "Line 5: lost is not known here"),
        (f"{HEAD}contacts: {{at_start: 1.5}}\n", "Line 3: contacts.at_start has to be a whole number."),
        (f"{HEAD}phases: []\n", "Line 3: phases has to be a list of 1 to 50."),
        (f"{HEAD}phases:\n  - {{}}\n  - mix: {{contact: 1}}\n", "Line 5: a mix needs at least one of"),
        (f"{HEAD}phases:\n  - contacts: {{at_start: 1}}\n", "Line 4: at_start is not known here"),
        (f"{HEAD}mix: &a {{receipt: 1}}\n", "Line 3: anchors and aliases are not taken."),
        (f"{HEAD}mix: {{receipt: 1\n", "this is no YAML"),
        (f"{HEAD}mix: !!python/object:os.system {{}}\n", "Line 3: mix has to be at least one weight above 0."),
        ("rate: \x00", "this is no YAML"),
        ("[" * 20_000, "Line 1: it is nested too deeply."),
        ("#" * 20_001, "Line 1: a scenario has at most 20000 characters."),
        (f"{HEAD}---\nrate: 1\n", "this is no YAML"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(text: str, fault: str) -> None:
    assert fault in fault_of(text)


@given(st.text(max_size=200))
def test_any_text_is_a_scenario_or_refused(text: str) -> None:
    output = ""
    try:
        read(text)
    except BadScenario as fault:
        output = str(fault)
    assert not output or output.startswith("Line ")


@given(st.dictionaries(st.sampled_from(tuple(ENDINGS)), st.floats(0.01, 100), min_size=1))
def test_the_order_of_lines_changes_nothing(endings: dict[str, float]) -> None:
    def text(names: list[str]) -> str:
        lines = "".join(f"    {name}: {endings[name]:.4f}\n" for name in names)
        return f"{HEAD}notifications:\n  endings:\n{lines}"

    there, back = read(text(list(endings))), read(text(list(reversed(endings))))
    assert there == back
    assert list(there.phases[0].endings) == list(back.phases[0].endings)
