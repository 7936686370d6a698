"""What an attempt shows of a receiver that sent Retry-After."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import Account
from tests.brands import NOW
from tests.webhooks.jobs import answered
from tests.webhooks.test_outbox import claim, happen, settle
from webhooks.models import Delivery, Endpoint

MakeEndpoint = Callable[..., Endpoint]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("headers", "output"),
    [
        ((("Retry-After", "120"),), "120"),
        ((("Date", "today"), ("retry-after", "Fri, 31 Dec 2027 23:59:59 GMT")), "Fri, 31 Dec 2027 23:59:59 GMT"),
        ((("Date", "today"),), None),
        ((), None),
    ],
)
def test_retry_after_is_reported_as_the_receiver_wrote_it_and_changes_no_wait(
    alice: Account,
    api: APIClient,
    make_endpoint: MakeEndpoint,
    headers: tuple[tuple[str, str], ...],
    output: str | None,
) -> None:
    make_endpoint()
    happen(alice)
    settle(claim().jobs, answered(503, headers=headers))
    shown = api.get(f"/api/v1/deliveries/{Delivery.objects.get().pk}/").json()
    assert shown["attempts"][0]["retry_after"] == output
    assert shown["due_at"] == NOW.replace(second=1).isoformat().replace("+00:00", "Z")
