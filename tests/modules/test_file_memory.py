"""Uploaded files with very many lines: the memory that reading them takes."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from modules.contacts import table, uid_lists
from webhooks.errors import InvalidInput

UIDS = "\n".join(f"U{n:032x}" for n in range(uid_lists.UID_LIMIT + 50_000)).encode()


@pytest.mark.parametrize(
    ("read", "content", "refusal"),
    [
        (uid_lists.packed, b"\n" * 2_000_000, "no LINE UID"),
        (uid_lists.packed, b"," * 500 + b"\n" * 2_000_000, "no LINE UID"),
        (uid_lists.packed, UIDS, "more than 300000"),
        (table.rows_of, "line_uid,display_name,mobile\n" + "a\n" * 500_000, "more than 10000 rows"),
    ],
    ids=["empty lines", "empty cells", "too many", "short rows"],
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
