"""Uploaded files with very many lines: the memory that reading them takes."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from modules.contacts import table, uid_lists
from webhooks.errors import InvalidInput


@pytest.mark.parametrize(
    ("read", "content", "refusal"),
    [
        (uid_lists.packed, b"\n" * 2_000_000, "no LINE UID"),
        (uid_lists.packed, b"," * 500 + b"\n" * 2_000_000, "no LINE UID"),
        (table.rows_of, "line_uid,display_name,mobile\n" + "a\n" * 1_500_000, "more than 10000 rows"),
    ],
    ids=["empty lines", "empty cells", "short rows"],
)
def test_a_file_of_very_many_lines_is_refused_within_120_mib(
    read: Callable[[Any], Any], content: Any, refusal: str
) -> None:
    tracemalloc.start()
    try:
        with pytest.raises((InvalidInput, uid_lists.NotAList), match=refusal):
            read(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 120 * 1024 * 1024
