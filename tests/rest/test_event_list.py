"""GET /api/v1/events/."""

from collections.abc import Callable
from datetime import timedelta

from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from tests.brands import NOW, client_of, error_of
from webhooks.models import Endpoint

EVENTS = "/api/v1/events/"
POINTS = "prize.points_added"
OPENED = "message.first_open"


def published(api: APIClient, topic: str = POINTS) -> int:
    number: int = api.post(EVENTS, {"topic": topic}).json()["id"]
    return number


def test_events_are_listed_newest_first_also_those_that_reached_nobody(
    api: APIClient, make_endpoint: Callable[..., Endpoint]
) -> None:
    unseen = published(api)
    make_endpoint(name="CRM", event_types=[POINTS])
    reached = published(api)
    rows = api.get(EVENTS).json()["results"]
    assert [row["id"] for row in rows] == [reached, unseen]
    assert [len(row["deliveries"]) for row in rows] == [1, 0]
    assert rows[0] == api.get(f"{EVENTS}{reached}/").json()


def test_they_come_in_pages_and_by_topic(api: APIClient) -> None:
    opened = published(api, OPENED)
    numbers = [published(api) for _ in range(3)]
    first = api.get(EVENTS, {"topic": POINTS, "limit": "2"}).json()
    second = api.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == numbers[::-1]
    assert second["next"] is None
    assert [row["id"] for row in api.get(EVENTS, {"topic": OPENED}).json()["results"]] == [opened]


def test_since_ends_the_pages(api: APIClient) -> None:
    old, new = published(api), published(api)
    Event.objects.filter(pk=old).update(created_at=NOW - timedelta(days=2))
    page = api.get(EVENTS, {"since": "24h", "limit": "1"}).json()
    assert [row["id"] for row in page["results"]] == [new]
    rest = api.get(page["next"]).json() if page["next"] else {"results": [], "next": None}
    assert (rest["results"], rest["next"]) == ([], None)


def test_an_account_sees_only_its_own(api: APIClient, bob: Account) -> None:
    published(api)
    assert client_of(bob).get(EVENTS).json()["results"] == []


def test_filters_that_are_unknown_or_cannot_be_read_are_refused(api: APIClient) -> None:
    for name, value in (("tpoic", POINTS), ("topic", "none"), ("since", "yesterday"), ("limit", "0"), ("cursor", "x")):
        answer = api.get(EVENTS, {name: value})
        assert answer.status_code == 400
        assert name in str(error_of(answer))
