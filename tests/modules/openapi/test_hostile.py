"""Whatever a client sends to the calls about contacts, tags and segments, the answer is no failure of the server."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Account
from modules.contacts import tagging
from modules.contacts.services import create
from tests.brands import NOW, anyone
from tests.modules.openapi.sheet import CALLS, V1

UID = "U" + "0f" * 16
OURS = [*range(1, 5), *range(8, 20)]
WITH_BODY = [call for call in OURS if CALLS[call].method != "GET"]
IDS = {"line_uid": UID, "task_id": 1, "tag_id": 1, "segment_id": 1}

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8)
    | st.sampled_from([UID, "with", "without", "AND", "line_uid", "2026-02-30", "0912345678", "x" * 300, "\ud800", 1])
)  # fmt: skip
NAMES = st.sampled_from([
    "import_key", "data", "tags", "name", "available_days", "tag_id", "line_uid", "operator", "status", "description",
    "file", "customer_id", "email", "mobile", "gender", "birthday", "display_name", "line_display_name", "\x00", "x",
])  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=6) | VALUES
IMPORTS = st.fixed_dictionaries(
    {"import_key": st.sampled_from(["line_uid", "email", "mobile", "customer_id"])},
    optional={"data": st.lists(st.dictionaries(NAMES, SCALARS, max_size=5), max_size=4), "tags": VALUES},
)

lenient = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def _contact_with_tag(alice: Account) -> None:
    contact = create(account=alice, now=NOW, line_uid=UID)
    tagging.tag_by_name(contact=contact, name="vip", now=NOW)


def answered(api: APIClient, call: int, body: Any) -> int:
    path = V1 + CALLS[call].path.format(**IDS)
    response = api.generic(CALLS[call].method, path, json.dumps(body), "application/json")
    return int(response.status_code)


@pytest.mark.usefixtures("_contact_with_tag")
@pytest.mark.parametrize("call", WITH_BODY)
@given(body=BODIES)
@lenient
def test_any_json_is_taken_or_refused(api: APIClient, call: int, body: Any) -> None:
    assert answered(api, call, body) in {200, 201, 204, 400, 404, 415, 429}


@pytest.mark.usefixtures("_contact_with_tag")
@given(body=IMPORTS)
@lenient
def test_any_import_is_taken_or_refused(api: APIClient, body: Any) -> None:
    assert answered(api, 3, body) in {200, 400, 429}


@pytest.mark.usefixtures("_contact_with_tag")
@given(query=st.dictionaries(NAMES | st.sampled_from(["start", "all_tag", "member_id", "updated_at_min"]),
                             st.text(max_size=12) | st.integers().map(str), max_size=4))  # fmt: skip
@lenient
def test_any_query_is_taken_or_refused(api: APIClient, query: dict[str, str]) -> None:
    given = {name: value for name, value in query.items() if not any("\ud800" <= c <= "\udfff" for c in value)}
    for path in ("member/", "tag/", "segment/"):
        assert api.get(V1 + path, given).status_code in {200, 400}


@pytest.mark.parametrize("call", OURS)
def test_without_a_good_token_nothing_is_permitted(db: None, call: int) -> None:
    for token in (None, "", "wrong"):
        client = anyone()
        if token is not None:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        answer = client.generic(CALLS[call].method, V1 + CALLS[call].path.format(**IDS))
        assert answer.status_code == 403
        assert answer.json() == {"detail": "You do not have permission to perform this action."}
