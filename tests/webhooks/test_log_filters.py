"""The fields of the delivery log's filter."""

from dataclasses import fields
from datetime import UTC, datetime

from webhooks.log.filters import LogFilter
from webhooks.log.search import Criteria

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_filter_sets_a_condition_and_shows_its_value_in_the_console() -> None:
    conditions = {"text" if name == "q" else name for name in LogFilter.base_fields}
    no_filter = {"other_than"}  # Of a redelivery, which leaves out what was delivered.
    assert conditions == {each.name for each in fields(Criteria)} - no_filter
    assert [name for name, field in LogFilter.base_fields.items() if "%(value)s" not in str(field.label)] == []


def test_a_filter_that_is_left_out_or_empty_sets_no_condition() -> None:
    for given in ({}, dict.fromkeys(LogFilter.base_fields, "")):
        asked = LogFilter(given, zone=UTC, now=NOW)
        assert asked.is_valid()
        assert asked.criteria == Criteria()
