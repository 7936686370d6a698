"""Samples: well shaped, coherent, varied, and the same for the same seed everywhere."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from maac_contract.contract import MESSAGE_TYPES, PNP_SOURCES, PNP_STATUSES, TOPICS, check
from maac_contract.samples import BRANDS, CHINESE, JAPANESE, brand, contact, default_moment, sample

ROOT = Path(__file__).parents[2]
SEEDS = range(120)
TOKYO = timezone(timedelta(hours=9))
NULLABLE = ("receipt.receipt_validated", "form.surveycake_submitted", "pnp.profile_updated")
NEVER_NULL = ("prize.points_added", "message.first_open")


@cache
def samples(topic: str) -> list[dict[str, Any]]:
    return [sample(topic, seed=seed) for seed in SEEDS]


def questions(data: dict[str, Any]) -> list[dict[str, Any]]:
    return list(data["answer"]["result"])


# --- Shape and sameness --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", TOPICS)
def test_every_sample_has_the_contract_s_shape_and_order(topic: str) -> None:
    for data in samples(topic):
        taken, faults = check(topic, data)
        assert faults == []
        assert json.dumps(taken) == json.dumps(data)


@pytest.mark.parametrize("topic", TOPICS)
def test_seeds_make_different_samples(topic: str) -> None:
    assert len({json.dumps(data) for data in samples(topic)}) == len(SEEDS)


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import json; from maac_contract.contract import TOPICS; from maac_contract.samples import sample; "
        "print(json.dumps([sample(topic, seed=seed) for topic in TOPICS for seed in (0, 7, 'お店')]))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": "12345"}, capture_output=True, check=True
    )
    here = json.dumps([sample(topic, seed=seed) for topic in TOPICS for seed in (0, 7, "お店")])
    assert output.stdout.decode().strip() == here


def test_every_python_version_gives_the_same_bytes() -> None:
    # Adding to the cast changes this digest on purpose; a new Python must not.
    everything = json.dumps([samples(topic)[:20] for topic in TOPICS])
    assert (
        hashlib.sha256(everything.encode()).hexdigest()
        == "91f485c2d031f19e3994869134486db005bd719fff1e2b2b1984b4754b8acfed"
    )


def test_a_number_and_its_text_are_the_same_seed() -> None:
    assert sample("prize.points_added", seed=5) == sample("prize.points_added", seed="5")


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        sample("prize.points_added", seed=1, moment=datetime(2026, 3, 5))


# --- Who and where -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", [*NULLABLE, *NEVER_NULL])
def test_a_seed_tells_of_the_same_contact_in_every_topic(topic: str) -> None:
    for seed in SEEDS:
        data, person = samples(topic)[seed], contact(seed)
        assert data["line_uid"] == person.line_uid
        wanted = person.customer_id if topic in NEVER_NULL else person.customer_id_or_null
        assert data["customer_id"] == wanted


def test_some_contacts_are_bound_and_some_are_not() -> None:
    assert {contact(seed).bound for seed in SEEDS} == {True, False}


def test_mobiles_are_taiwanese_and_e_mail_goes_nowhere() -> None:
    for person in map(contact, SEEDS):
        assert person.mobile.startswith("+8869")
        assert len(person.mobile) == 13
        assert person.email.endswith("@example.com")
        datetime.strptime(person.birthday, "%Y-%m-%d")


def test_every_business_occurs_in_both_languages() -> None:
    assert {id(brand(seed)) for seed in SEEDS} == set(map(id, BRANDS))
    assert {id(each.language) for each in BRANDS} == {id(JAPANESE), id(CHINESE)}
    for seed in SEEDS:
        assert contact(seed).name in [name for name, _, _ in brand(seed).language.people]


@pytest.mark.parametrize("mark", ["🌸", '"', "/", "\t", "<"])
def test_marks_that_break_careless_receivers_occur(mark: str) -> None:
    assert any(mark in text(data) for topic in TOPICS for data in samples(topic)[:60])


def text(value: object) -> str:
    """All text inside a JSON value, run together."""
    if isinstance(value, dict):
        return "".join(map(text, value.values()))
    return "".join(map(text, value)) if isinstance(value, list) else str(value)


# --- When ----------------------------------------------------------------------------------------------------------


def test_without_a_moment_it_is_business_hours_in_early_2026() -> None:
    for moment in map(default_moment, SEEDS):
        assert (moment.year, moment.utcoffset()) == (2026, timedelta(hours=8))
        assert moment.month <= 3
        assert 9 <= moment.hour < 18


def test_times_lie_just_before_the_moment_with_its_offset() -> None:
    moment = datetime(2026, 7, 1, 12, 30, 15, 500, tzinfo=TOKYO)
    for seed in range(40):
        receipt = sample("receipt.receipt_validated", seed=seed, moment=moment)
        bought, uploaded = map(datetime.fromisoformat, (receipt["datetime"], receipt["upload_datetime"]))
        assert bought < uploaded < moment
        assert bought.utcoffset() == uploaded.utcoffset() == timedelta(hours=9)
        assert moment - uploaded < timedelta(seconds=6)
        assert moment - bought < timedelta(days=4)
        survey = sample("form.surveycake_submitted", seed=seed, moment=moment)
        submitted = datetime.fromisoformat(survey["answer"]["submitTime"]).replace(tzinfo=TOKYO)
        assert timedelta(0) < moment - submitted < timedelta(seconds=7)
        lapse = sample("prize.points_added", seed=seed, moment=moment)["points_expire_date"]
        assert lapse is None or datetime.fromisoformat(lapse) > moment


# --- Receipts ------------------------------------------------------------------------------------------------------


def test_amounts_are_exact_and_some_prices_have_halves() -> None:
    items = [item for data in samples("receipt.receipt_validated") for item in data["items"]]
    assert all(item["amount"] == item["unit_price"] * item["quantity"] for item in items)
    assert any(item["unit_price"] % 1 == 0.5 for item in items)
    assert all(len(data["items"]) > 1 for data in samples("receipt.receipt_validated"))


def test_what_is_bought_belongs_to_the_shop() -> None:
    for seed, data in zip(SEEDS, samples("receipt.receipt_validated"), strict=True):
        assert data["channel"] in brand(seed).shops
        assert {item["description"] for item in data["items"]} <= {name for name, _ in brand(seed).products}


# --- Surveys -------------------------------------------------------------------------------------------------------


def test_the_aliases_repeat_exactly_the_answers_of_the_questions_that_have_one() -> None:
    for data in samples("form.surveycake_submitted"):
        output = {each["alias"]: each["answerAlias"] or each["answer"] for each in questions(data) if each["alias"]}
        assert data["answer"]["alias"] == output
        assert data["answer"]["title"] == data["survey_name"]


def test_maac_s_own_aliases_agree_with_the_contact() -> None:
    for seed, data in zip(SEEDS, samples("form.surveycake_submitted"), strict=True):
        person = contact(seed)
        for alias, values in data["answer"]["alias"].items():
            if alias.startswith("maac_member_"):
                assert values == [getattr(person, alias.removeprefix("maac_member_"))]
        assert person.bound or "maac_member_customer_id" not in data["answer"]["alias"]


def test_question_numbers_are_unique_have_gaps_and_do_not_ascend() -> None:
    for data in samples("form.surveycake_submitted"):
        numbers = [each["sn"] for each in questions(data)]
        assert len(set(numbers)) == len(numbers) < max(numbers) + 1
        assert any(later < earlier for earlier, later in pairwise(numbers))


def test_many_kinds_of_question_labels_and_other_answers_occur() -> None:
    asked = [each for data in samples("form.surveycake_submitted") for each in questions(data)]
    assert len({each["type"] for each in asked}) >= 9
    for field in ("label", "alias", "otherAnswer", "answerLabel", "answerAlias"):
        assert {bool(each[field]) for each in asked} == {True, False}


def test_each_choice_has_as_many_labels_and_aliases_as_answers() -> None:
    for data in samples("form.surveycake_submitted"):
        for each in questions(data):
            assert len(each["answerLabel"]) == len(each["answerAlias"])
            assert len(each["answerLabel"]) in (0, len(each["answer"]))


# --- Notification messages -----------------------------------------------------------------------------------------


def channels(data: dict[str, Any]) -> dict[str, str]:
    """The channels that were tried, in order, with their statuses."""
    statuses = {name: data[f"{name}_status"] for name in ("line_push", "pnp", "sms")}
    return {name: status for name, status in statuses.items() if status is not None}


def each_status(judge: Callable[[dict[str, Any]], bool]) -> bool:
    return all(map(judge, samples("pnp.status_updated")))


def test_every_status_occurs() -> None:
    assert {data["status"] for data in samples("pnp.status_updated")} == set(PNP_STATUSES)


def test_the_status_is_that_of_the_last_channel_and_those_before_it_failed() -> None:
    for data in samples("pnp.status_updated"):
        *earlier, last = channels(data).values()
        assert last == data["status"]
        assert all(status.endswith(("_failed", "_undeliverable")) for status in earlier)


def test_a_delivery_time_is_there_exactly_when_the_channel_delivered() -> None:
    for data in samples("pnp.status_updated"):
        for name in ("line_push", "pnp", "sms"):
            assert (data[f"{name}_delivered_at"] is not None) == (data[f"{name}_status"] == f"{name}_delivered")


def test_an_error_category_is_there_exactly_when_the_channel_failed() -> None:
    failures = ("_failed", "_undeliverable", "_blocked")
    for data in samples("pnp.status_updated"):
        for name in ("line_push", "sms"):
            failed = (data[f"{name}_status"] or "").endswith(failures)
            assert (data[f"{name}_error_category"] is not None) == failed


def test_a_line_push_has_a_template_and_only_then() -> None:
    assert each_status(lambda data: (data["line_push_template_id"] is None) == (data["line_push_status"] is None))


def test_hashed_numbers_occur_but_never_with_sms() -> None:
    hashed = [data for data in samples("pnp.status_updated") if not data["phone_number"].startswith("+")]
    assert 0 < len(hashed) < len(SEEDS) / 2
    assert all(data["sms_status"] is None for data in hashed)


def test_a_hashed_number_is_the_contact_s() -> None:
    for seed, data in zip(SEEDS, samples("pnp.profile_updated"), strict=True):
        mobile = contact(seed).mobile
        assert data["phone_number"] in (mobile, hashlib.sha256(mobile.encode()).hexdigest())


# --- Variety of the others -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "field", "values"),
    [
        ("message.first_open", "message_type", MESSAGE_TYPES),
        ("pnp.profile_updated", "source", PNP_SOURCES),
    ],
)
def test_every_choice_occurs(topic: str, field: str, values: tuple[str, ...]) -> None:
    assert {data[field] for data in samples(topic)} == set(values)


@pytest.mark.parametrize(
    ("topic", "field"),
    [
        ("receipt.receipt_validated", "campaign_name"),
        ("pnp.status_updated", "event_id"),
        ("pnp.status_updated", "customized_id"),
        ("prize.points_added", "points_expire_date"),
        ("prize.points_added", "points_category"),
    ],
)
def test_what_may_be_null_sometimes_is(topic: str, field: str) -> None:
    assert {data[field] is None for data in samples(topic)} == {True, False}


@pytest.mark.parametrize("topic", NULLABLE)
def test_an_unbound_contact_has_no_id_where_the_topic_allows_that(topic: str) -> None:
    assert {data["customer_id"] is None for data in samples(topic)} == {True, False}
