"""Lists of MAAC's Open API in pages: nothing is missed, nothing comes twice, and the cost does not grow."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote, unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Account
from modules.contacts.models import Contact, Tag, Tagging
from modules.openapi.paging import NEWEST_UPDATE, OLDEST, page_of
from tests.brands import NOW

MEMBERS = "/openapi/v1/member/"
ROWS = 1100


@pytest.fixture
def many(alice: Account) -> Account:
    """More than 1,000 contacts, three of whom at a time were changed at the same moment."""
    make_contacts(alice, ROWS)
    return alice


def make_contacts(account: Account, count: int) -> None:
    Contact.objects.bulk_create(
        Contact(account=account, line_uid=f"U{n:032x}", created_at=NOW, updated_at=NOW + timedelta(seconds=n // 3))
        for n in range(count)
    )


AS_IT_IS: Callable[[str], str] = str
ENCODED_AGAIN: Callable[[str], str] = quote
DECODED: Callable[[str], str] = unquote
"""Of these a "+" comes as a space, since in a query it stands for one."""


@pytest.mark.parametrize("paste", [AS_IT_IS, ENCODED_AGAIN, DECODED])
def test_a_client_may_paste_next_as_it_is_encode_it_again_or_decode_it(
    api: APIClient, many: Account, paste: Callable[[str], str]
) -> None:
    seen, url = [], MEMBERS
    while url:
        answer = api.get(url).json()
        assert len(answer["results"]) <= 300
        seen += [row["line_uid"] for row in answer["results"]]
        following = answer["next"]
        assert following is None or following.endswith("%3D")
        url = f"{MEMBERS}?start={paste(following)}" if following else ""
    assert seen == [f"U{n:032x}" for n in range(ROWS)]


@given(st.sampled_from([OLDEST, NEWEST_UPDATE]), st.sets(st.integers(0, ROWS - 1)), st.integers(1, 3))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_that_stays_comes_once_also_when_others_are_deleted_between_pages(
    many: Account, order: tuple[str, ...], deleted: set[int], after_page: int
) -> None:
    Contact.objects.all().delete()
    make_contacts(many, ROWS)
    gone = {f"U{n:032x}" for n in deleted}
    seen: list[str] = []
    start, pages = "", 0
    while True:
        rows, following = page_of(Contact.objects.filter(account=many), start=start, order=order)
        seen += [row.line_uid for row in rows]
        pages += 1
        if pages == after_page:
            for part in (sorted(gone)[at : at + 500] for at in range(0, len(gone), 500)):
                Contact.objects.filter(line_uid__in=part).delete()
        if following is None:
            break
        start = following
    assert len(seen) == len(set(seen))
    assert set(seen) - gone == {f"U{n:032x}" for n in range(ROWS)} - gone
    keys = [int(uid[1:], 16) for uid in seen]
    moments = [-(key // 3) if order == NEWEST_UPDATE else key for key in keys]
    assert moments == sorted(moments)


@pytest.mark.parametrize("start", ["x", "%", "%3D", "AAAA", "====", "é", "YWJj", "a" * 5000, "Ā"])
def test_a_token_that_is_none_is_refused(api: APIClient, many: Account, start: str) -> None:
    answer = api.get(MEMBERS, {"start": start})
    assert answer.status_code == 400
    assert list(answer.json()) == ["start"]


def test_the_token_of_another_list_is_refused(api: APIClient, many: Account) -> None:
    following = api.get(MEMBERS).json()["next"]
    assert api.get(f"/openapi/v1/tag/?start={following}").status_code == 400


@pytest.mark.both_databases
def test_a_page_costs_as_many_queries_with_10_000_members_as_with_1(api: APIClient, alice: Account) -> None:
    make_contacts(alice, 1)
    tag_everybody(alice)
    queries_of(api, MEMBERS)  # The first call of a token stores that it was used.
    small = queries_of(api, MEMBERS)
    Contact.objects.all().delete()
    Tag.objects.all().delete()
    make_contacts(alice, 10_000)
    tag_everybody(alice)
    following = api.get(MEMBERS).json()["next"]
    counts = [queries_of(api, url) for url in (MEMBERS, f"{MEMBERS}?start={following}", f"{MEMBERS}?status=follow")]
    assert counts == [small] * 3
    assert small <= 6


def tag_everybody(account: Account) -> None:
    tags = Tag.objects.bulk_create(Tag(account=account, name=f"tag {n}", created_at=NOW) for n in range(2))
    Tagging.objects.bulk_create(
        Tagging(contact_id=pk, tag=tag, first_tagged_at=NOW, tagged_at=NOW)
        for pk in account.contacts.values_list("pk", flat=True)
        for tag in tags
    )


def queries_of(api: APIClient, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert api.get(url).status_code == 200
    return len(captured)
