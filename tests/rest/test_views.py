"""The bases of the calls: what every call does, whatever it is about."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Account
from modules.points import services
from tests.brands import NOW, licensed_account


@pytest.mark.parametrize("path", ["account/", "endpoints/", "modules/points/prizes/"])
def test_options_names_a_call_and_not_its_fields(path: str, api: APIClient) -> None:
    answer = api.options(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert set(answer.json()) == {"name", "description", "renders", "parses"}


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_row_of_another_account_is_not_found(method: str, api: APIClient, alice: Account) -> None:
    other = services.create(account=licensed_account("Bob"), name="x", now=NOW)
    own = services.create(account=alice, name="y", now=NOW)
    for prize, status in ((other, 404), (own, 204 if method == "delete" else 200)):
        assert getattr(api, method)(f"/api/v1/modules/points/prizes/{prize.pk}/").status_code == status


def test_what_a_viewset_does_not_do_is_not_allowed(api: APIClient) -> None:
    answer = api.put("/api/v1/modules/points/prizes/1/", {"name": "x"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PATCH, DELETE, HEAD, OPTIONS")
