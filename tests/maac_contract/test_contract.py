"""What MAAC sends: the signed vectors byte for byte, every kind of fault, and what is derived from the contract."""

import copy
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from maac_contract.contract import (
    MAAC_ALIASES,
    PNP_STATUSES,
    RETRY_WAITS,
    RULES,
    SURVEY_QUESTION_TYPES,
    TOPICS,
    ZONES,
    PayloadError,
    Source,
    check,
    format_timestamp,
    is_retried_status,
    json_schema,
    overlay,
    provenance,
    serialise,
    topics_of_zone,
)
from maac_contract.samples import sample
from maac_contract.validation import FAULT_LIMIT

VECTORS = Path(__file__).parent.parent / "vectors"
TAIPEI = timezone(timedelta(hours=8))

quick = settings(max_examples=20, deadline=None, derandomize=True, database=None)

# A small alphabet of troublemakers: drawing from all of Unicode costs seconds and finds no more.
texts = st.text(st.sampled_from('ab._ 0"\\春\U0001f338\n\0\ud800'), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@cache
def pristine(topic: str, seed: int) -> str:
    return json.dumps(sample(topic, seed=seed))


def payload(topic: str, seed: int = 1) -> dict[str, Any]:
    return dict(json.loads(pristine(topic, seed)))


def put(data: Any, path: tuple[str | int, ...], value: object) -> Any:
    """A copy of the data with one place in it set to the value."""
    changed = copy.deepcopy(data)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything inside a JSON value."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in below:
        yield (*path, step)
        yield from places(item, (*path, step))


@st.composite
def mutated_samples(draw: st.DrawFn) -> tuple[str, Any]:
    topic = draw(st.sampled_from(list(TOPICS)))
    data = payload(topic, draw(st.integers(0, 5)))
    path = draw(st.sampled_from(list(places(data))))
    if draw(st.booleans()) and isinstance(path[-1], str):
        path = (*path[:-1], draw(texts))
    return topic, put(data, path, draw(json_values))


def only_fault(topic: str, data: object) -> PayloadError:
    (fault,) = check(topic, data)[1]
    return fault


def receipt_with(*path: str | int, value: object) -> PayloadError:
    return only_fault("receipt.receipt_validated", put(payload("receipt.receipt_validated"), path, value))


# --- Vectors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", TOPICS)
def test_each_vector_is_reproduced_byte_for_byte(topic: str) -> None:
    sent = (VECTORS / f"{topic}.body").read_bytes()
    body = json.loads(sent)
    data, faults = check(topic, body["data"])
    assert faults == []
    assert data == body["data"]
    assert serialise(timestamp=body["timestamp"], topic=body["topic"], data=data).encode() == sent


@pytest.mark.parametrize("topic", TOPICS)
def test_each_vector_is_signed_with_its_secret_as_utf8(topic: str) -> None:
    secret, body, signature = ((VECTORS / f"{topic}.{end}").read_bytes() for end in ("secret", "body", "signature"))
    assert hmac.new(secret, body, hashlib.sha256).hexdigest() == signature.decode()


# --- The facts -----------------------------------------------------------------------------------------------------


def test_the_six_topics_stand_in_contract_order() -> None:
    assert list(TOPICS) == [
        "receipt.receipt_validated",
        "form.surveycake_submitted",
        "pnp.status_updated",
        "pnp.profile_updated",
        "prize.points_added",
        "message.first_open",
    ]


def test_the_second_zone_holds_first_opens_and_the_first_zone_all_others() -> None:
    assert [topic.name for topic in topics_of_zone(2)] == ["message.first_open"]
    assert [topic.name for topic in topics_of_zone(1)] == list(TOPICS)[:5]
    assert topics_of_zone(3) == ()
    assert {topic.zone for topic in TOPICS.values()} == set(ZONES)


def test_words_are_complete_and_distinct() -> None:
    assert [len(PNP_STATUSES), len(set(PNP_STATUSES))] == [17, 17]
    assert [len(SURVEY_QUESTION_TYPES), len(set(SURVEY_QUESTION_TYPES))] == [15, 15]
    assert [len(MAAC_ALIASES), len(set(MAAC_ALIASES))] == [7, 7]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_time_outs_rate_limits_and_server_errors_are_retried(status: int) -> None:
    assert is_retried_status(status)


@pytest.mark.parametrize("status", [200, 201, 204, 301, 302, 307, 400, 401, 403, 404, 409, 410, 418, 499, 600])
def test_every_other_status_is_not_retried(status: int) -> None:
    assert not is_retried_status(status)


def test_every_rule_has_its_own_name_and_chosen_ones_say_why() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.value for rule in RULES)
    assert all(rule.note for rule in RULES if rule.source is Source.CHOSEN)


def test_rules_are_built_from_the_constants() -> None:
    rules = {str(rule.name): rule for rule in RULES}
    assert rules["Waits before retries"].value == "1 s, 2 s, 4 s"
    assert rules["Attempts"].value == f"{len(RETRY_WAITS) + 1} at most"
    assert rules["Retried statuses"].value == "408, 429, 5xx"
    assert rules["Answer size"].value == "64 KiB read, 16 KiB kept"
    assert rules["Zone 2"].value == "message.first_open"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("Retried faults", Source.DOCUMENTED),
        ("Name not resolved", Source.CHOSEN),
        ("TLS failure", Source.CHOSEN),
    ],
)
def test_what_counts_as_a_disconnect_is_reported_apart_by_its_source(name: str, source: Source) -> None:
    assert [rule.source for rule in RULES if rule.name == name] == [source]


# --- Faults --------------------------------------------------------------------------------------------------------


def test_a_missing_field_is_named_with_what_belongs_there() -> None:
    data = payload("message.first_open")
    del data["customer_id"]
    assert only_fault("message.first_open", data) == ("data.customer_id", "Expected text, got nothing: it is missing.")


def test_an_unknown_field_names_the_nearest_known_one() -> None:
    fault = receipt_with("items", 0, "amuont", value=1.0)
    assert fault == ("data.items[0].amuont", 'Expected no such field; did you mean "amount"?')


def test_an_unknown_field_like_no_other_is_just_unknown() -> None:
    assert receipt_with("zzz", value=1) == ("data.zzz", "Expected no such field.")


def test_a_field_whose_name_is_no_word_is_quoted_in_the_path() -> None:
    assert receipt_with("a b", value=1).path == 'data["a b"]'
    assert receipt_with("\ud800", value=1).path == 'data["\\ud800"]'


WRONG_IN_RECEIPT: list[tuple[tuple[str | int, ...], object, str]] = [
    (("line_uid",), None, "Expected U and 32 lower-case hex digits, got null."),
    (("line_uid",), "U123", 'Expected U and 32 lower-case hex digits, got the text "U123".'),
    (("line_uid",), "U" + "0" * 32 + "\n", f'Expected U and 32 lower-case hex digits, got the text "U{"0" * 32}\\n".'),
    (("customer_id",), 5, "Expected text or null, got the number 5."),
    (("customer_id",), True, "Expected text or null, got true."),
    (("campaign_name",), "a\0b", "Expected text or null, got text with a NUL character at position 1."),
    (("campaign_name",), "\udc00", "Expected text or null, got text with a lone surrogate at position 0."),
    (("number",), "kq30519284", 'Expected two capitals and eight digits, got the text "kq30519284".'),
    (("random_number",), "٠٤١٧", 'Expected four digits, got the text "٠٤١٧".'),
    (("channel",), ["x"], "Expected text, got a list of 1."),
    (("channel",), {}, "Expected text, got an object."),
    (("items",), {}, "Expected a list, got an object."),
    (("items", 1), "x" * 99, f'Expected an object, got the text "{"x" * 60}…".'),
    (("items", 0, "amount"), "1", 'Expected a finite number that a 64-bit float holds exactly, got the text "1".'),
    (("items", 0, "amount"), False, "Expected a finite number that a 64-bit float holds exactly, got false."),
    (
        ("items", 0, "amount"),
        float("inf"),
        "Expected a finite number that a 64-bit float holds exactly, got the number inf.",
    ),
    (
        ("items", 0, "amount"),
        2**63,
        "Expected a finite number that a 64-bit float holds exactly, got a whole number beyond 64 bits.",
    ),
    (
        ("items", 0, "amount"),
        2**53 + 1,
        "Expected a finite number that a 64-bit float holds exactly, got the number 9007199254740993.",
    ),
]


@pytest.mark.parametrize(("path", "value", "reason"), WRONG_IN_RECEIPT)
def test_a_wrong_value_is_reported_with_its_path_and_what_came(
    path: tuple[str | int, ...], value: object, reason: str
) -> None:
    spelt = "data" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    assert receipt_with(*path, value=value) == (spelt, reason)


@pytest.mark.parametrize(
    "value", [True, 1.0, "1", None, 2**63, -(2**63) - 1, 10**5000], ids=lambda value: type(value).__name__
)
def test_a_whole_number_is_neither_true_nor_a_float_nor_beyond_64_bits(value: object) -> None:
    fault = only_fault("message.first_open", put(payload("message.first_open"), ("message_id",), value))
    assert fault.path == "data.message_id"
    assert fault.reason.startswith("Expected a whole number, got ")


def test_the_largest_and_smallest_64_bit_numbers_pass() -> None:
    for value in (2**63 - 1, -(2**63)):
        assert check("message.first_open", put(payload("message.first_open"), ("message_id",), value))[1] == []


def test_a_word_outside_the_choices_is_reported_what_they_are() -> None:
    fault = only_fault("message.first_open", put(payload("message.first_open"), ("message_type",), "push"))
    assert fault == ("data.message_type", 'Expected one of "broadcast", "openapi", got the text "push".')


DATES = {
    "datetime": (
        ["2026-02-28T12:05:36+08:00", "2026-02-28T12:05:36-03:30"],
        [
            "2026-02-30T12:05:36+08:00",
            "2026-02-28T24:00:00+08:00",
            "2026-02-28T12:05:36",
            "2026-02-28T12:05:36Z",
            "2026-02-28T12:05:36.000000+08:00",
            "2026-02-28 12:05:36+08:00",
            "0000-02-28T12:05:36+08:00",
            "2026-02-28T12:05:36+24:00",
        ],
    ),
    "upload_datetime": (
        ["2026-02-28T12:05:36.000001+08:00"],
        ["2026-02-28T12:05:36+08:00", "2026-02-28T12:05:36.001+08:00", "2026-13-01T12:05:36.000001+08:00"],
    ),
}


@pytest.mark.parametrize("field", DATES)
def test_a_date_must_exist_and_have_its_precision_and_offset(field: str) -> None:
    good, bad = DATES[field]
    data = payload("receipt.receipt_validated")
    assert all(check("receipt.receipt_validated", {**data, field: value})[1] == [] for value in good)
    assert all(receipt_with(field, value=value).path == f"data.{field}" for value in bad)


@pytest.mark.parametrize(
    "value", ["2026-02-30 08:59:58", "2026-03-05T08:59:58", "2026-03-05 08:59", "2026-03-05 8:59:58"]
)
def test_a_survey_time_is_a_real_one_without_offset(value: str) -> None:
    data = put(payload("form.surveycake_submitted"), ("answer", "submitTime"), value)
    assert only_fault("form.surveycake_submitted", data).path == "data.answer.submitTime"


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("+886912345678", True),
        ("0a" * 32, True),
        ("0A" * 32, False),
        ("0912345678", False),
        ("+0886912345678", False),
        ("+1234567890123456", False),
    ],
)
def test_a_phone_number_is_e164_or_a_lower_case_sha256(value: str, fits: bool) -> None:
    data = {**payload("pnp.profile_updated"), "phone_number": value}
    assert (check("pnp.profile_updated", data)[1] == []) is fits


def test_an_alias_may_be_any_plain_text_and_its_faults_name_it() -> None:
    topic, place = "form.surveycake_submitted", ("answer", "alias")
    assert check(topic, put(payload(topic), place, {"お店": ["a"], "a.b": []}))[1] == []
    assert only_fault(topic, put(payload(topic), place, {"お店": [1]})).path == "data.answer.alias.お店[0]"
    assert only_fault(topic, put(payload(topic), place, {"a.b": "x"})).path == 'data.answer.alias["a.b"]'
    assert only_fault(topic, put(payload(topic), place, {"\0": []})) == (
        'data.answer.alias["\\u0000"]',
        "Expected a key of plain text, got text with a NUL character at position 0.",
    )


def test_a_field_that_is_always_null_takes_nothing_else() -> None:
    data = put(payload("form.surveycake_submitted"), ("answer", "meta", "isolated", "type"), "x")
    fault = only_fault("form.surveycake_submitted", data)
    assert fault == ("data.answer.meta.isolated.type", 'Expected null, got the text "x".')


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "x", [], [{}]])
def test_data_that_is_no_object_has_one_fault_and_nothing_normalised(value: object) -> None:
    data, faults = check("message.first_open", value)
    assert data == {}
    assert [fault.path for fault in faults] == ["data"]


def test_all_faults_are_reported_in_contract_order() -> None:
    data = {**payload("message.first_open"), "extra": 1, "message_id": "x", "message_type": "x"}
    del data["line_uid"]
    paths = [fault.path for fault in check("message.first_open", data)[1]]
    assert paths == ["data.message_type", "data.message_id", "data.line_uid", "data.extra"]


def test_faults_stop_at_the_limit() -> None:
    data = {**payload("receipt.receipt_validated"), "items": [None] * 1_000, **{f"x{n}": n for n in range(1_000)}}
    assert len(check("receipt.receipt_validated", data)[1]) == FAULT_LIMIT == 50


def test_depth_is_no_danger_wherever_it_comes() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert receipt_with_deep(deep, "channel").reason == "Expected text, got a list of 1."
    assert receipt_with_deep(deep, "unheard_of").reason == "Expected no such field."
    assert receipt_with_deep(deep, "items").path == "data.items[0]"


def receipt_with_deep(deep: list[Any], name: str) -> PayloadError:
    return only_fault("receipt.receipt_validated", {**payload("receipt.receipt_validated"), name: deep})


def test_odd_but_well_shaped_events_pass() -> None:
    data = {**payload("pnp.status_updated"), "status": "sms_delivered", "sms_status": None, "sms_delivered_at": None}
    assert check("pnp.status_updated", data)[1] == []


# --- Normalisation -------------------------------------------------------------------------------------------------


def test_whole_numbers_become_floats_where_the_contract_says_float() -> None:
    data = put(payload("receipt.receipt_validated"), ("items", 0, "unit_price"), 65)
    taken, faults = check("receipt.receipt_validated", data)
    assert faults == []
    assert '"unit_price": 65.0' in json.dumps(taken)


@pytest.mark.parametrize("topic", TOPICS)
def test_keys_come_out_in_contract_order_however_they_went_in(topic: str) -> None:
    data = payload(topic)
    shuffled = json.loads(json.dumps(data, sort_keys=True))
    if topic == "form.surveycake_submitted":
        shuffled["answer"]["alias"] = data["answer"]["alias"]  # the one object whose order is the sender's
    assert json.dumps(check(topic, shuffled)[0]) == json.dumps(data)


def test_what_is_checked_is_left_as_it_was() -> None:
    data = put(payload("receipt.receipt_validated"), ("items", 0, "quantity"), 2)
    before = json.dumps(data)
    check("receipt.receipt_validated", data)
    assert json.dumps(data) == before


@quick
@given(st.sampled_from(list(TOPICS)), json_values)
def test_no_json_value_makes_the_check_raise(topic: str, value: object) -> None:
    data, faults = check(topic, value)
    assert isinstance(data, dict)
    assert 0 < len(faults) <= FAULT_LIMIT


@quick
@given(mutated_samples())
def test_a_mutated_sample_is_refused_in_sendable_words_or_passes_for_good(case: tuple[str, Any]) -> None:
    topic, value = case
    data, faults = check(topic, value)
    if faults:
        "".join(fault.path + fault.reason for fault in faults).encode()
    else:
        serialise(timestamp="", topic=topic, data=data).encode("ascii")
        assert check(topic, data) == (data, [])
        assert validator(topic).is_valid(data)


# --- Overlay -------------------------------------------------------------------------------------------------------


def test_an_overlay_merges_objects_and_replaces_all_else() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 4, "e": {"f": 1}}
    partial = {"a": {"c": [3], "n": None}, "d": {"x": 1}, "e": 5}
    assert overlay(base, partial) == {"a": {"b": 1, "c": [3], "n": None}, "d": {"x": 1}, "e": 5}


def test_an_object_laid_over_a_list_replaces_it() -> None:
    assert overlay({"items": [1, 2]}, {"items": {"0": 3}}) == {"items": {"0": 3}}


def test_an_overlay_changes_neither_side() -> None:
    base, partial = {"a": {"b": 1}}, {"a": {"c": 2}}
    overlay(base, partial)
    assert (base, partial) == ({"a": {"b": 1}}, {"a": {"c": 2}})


objects = st.dictionaries(st.sampled_from("abc"), json_values, max_size=3)


@quick
@given(objects, objects)
def test_an_overlay_laid_twice_is_an_overlay_laid_once(base: dict[str, Any], partial: dict[str, Any]) -> None:
    once = overlay(base, partial)
    assert json.dumps(overlay(once, partial)) == json.dumps(once)
    assert overlay(base, {}) == base
    assert overlay({}, partial) == partial


# --- Body ----------------------------------------------------------------------------------------------------------


def test_a_timestamp_always_has_microseconds_and_the_offset_of_its_zone() -> None:
    moment = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
    assert format_timestamp(moment, ZoneInfo("Asia/Taipei")) == "2026-03-05T09:00:00.000000+08:00"
    assert format_timestamp(moment.replace(microsecond=1), ZoneInfo("Asia/Tokyo")) == "2026-03-05T10:00:00.000001+09:00"


def test_a_timestamp_is_not_made_of_a_moment_without_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        format_timestamp(datetime(2026, 3, 5), TAIPEI)


def test_a_body_is_ascii_with_spaces_and_surrogate_pairs() -> None:
    body = serialise(timestamp="T", topic="t", data={"a": "春🌸", "b": 65.0})
    assert body == '{"timestamp": "T", "topic": "t", "data": {"a": "\\u6625\\ud83c\\udf38", "b": 65.0}}'


def test_a_body_never_holds_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="JSON"):
        serialise(timestamp="T", topic="t", data={"a": float("nan")})


# --- Schema and tables ---------------------------------------------------------------------------------------------


@cache
def validator(topic: str) -> Draft202012Validator:
    return Draft202012Validator(json_schema(topic))


@pytest.mark.parametrize("topic", TOPICS)
def test_each_schema_is_sound_and_takes_the_samples(topic: str) -> None:
    Draft202012Validator.check_schema(json_schema(topic))
    assert all(validator(topic).is_valid(payload(topic, seed)) for seed in range(6))


@pytest.mark.parametrize(
    ("topic", "path", "value"),
    [
        ("receipt.receipt_validated", ("line_uid",), "U1"),
        ("receipt.receipt_validated", ("customer_id",), None),
        ("receipt.receipt_validated", ("number",), None),
        ("receipt.receipt_validated", ("extra",), 1),
        ("receipt.receipt_validated", ("items",), []),
        ("receipt.receipt_validated", ("items", 0), {}),
        ("receipt.receipt_validated", ("items", 0, "amount"), 65),
        ("receipt.receipt_validated", ("items", 0, "amount"), "65"),
        ("receipt.receipt_validated", ("items", 0, "amount"), True),
        ("form.surveycake_submitted", ("answer", "alias"), {"x": ["1"]}),
        ("form.surveycake_submitted", ("answer", "alias"), {"x": [1]}),
        ("form.surveycake_submitted", ("answer", "result", 0, "type"), "TEXT"),
        ("form.surveycake_submitted", ("answer", "meta", "isolated", "type"), None),
        ("form.surveycake_submitted", ("answer", "meta", "isolated", "type"), 1),
        ("pnp.status_updated", ("sms_error_category",), None),
        ("pnp.status_updated", ("sms_error_category",), "sensitive_words"),
        ("pnp.status_updated", ("sms_error_category",), "oops"),
        ("pnp.status_updated", ("status",), None),
        ("message.first_open", ("message_id",), 2**63),
        ("message.first_open", ("message_id",), 1.5),
        ("message.first_open", ("customer_id",), None),
    ],
)
def test_schema_and_check_agree(topic: str, path: tuple[str | int, ...], value: object) -> None:
    data = put(payload(topic), path, value)
    assert validator(topic).is_valid(data) is (check(topic, data)[1] == [])


def test_a_schema_tells_what_is_documented_and_what_is_chosen() -> None:
    properties = json_schema("pnp.status_updated")["properties"]
    assert properties["status"]["x-source"] == "documented"
    assert properties["event_id"]["x-source"] == "chosen"
    assert properties["sms_delivered_at"]["x-source"] == "documented"
    assert properties["sms_delivered_at"]["type"] == ["string", "null"]
    assert properties["line_push_error_category"]["enum"][-1] is None


def test_a_table_lists_nested_fields_with_their_paths_and_types() -> None:
    kinds = {row["path"]: row["type"] for row in provenance("receipt.receipt_validated")}
    assert kinds["items"] == "list of object"
    assert kinds["items[].amount"] == "float"
    kinds = {row["path"]: row["type"] for row in provenance("form.surveycake_submitted")}
    assert kinds["answer.alias"] == "map of list of string"
    assert kinds["answer.meta.isolated.type"] == "null"
    assert kinds["answer.result[].sn"] == "integer"


@pytest.mark.parametrize("topic", TOPICS)
def test_every_field_is_described_and_has_a_source(topic: str) -> None:
    for row in provenance(topic):
        assert row["description"].endswith(".")
        assert row["source"] in set(Source)
