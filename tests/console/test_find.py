"""Find anything: each kind of thing is found by what people know of it, and only in their own account."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Account
from tests.brands import NOW, browser
from webhooks.models import Endpoint
from webhooks.services.publish import EventRequest, Published, publish

pytestmark = pytest.mark.django_db
FIND = "/console/find/"


def found(client: Client, text: str) -> list[str]:
    """Where the results lead."""
    answer = client.get(FIND, {"q": text}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return re.findall(r'<a href="([^"]+)"', answer.content.decode())


@pytest.fixture
def published(alice: Account, make_endpoint: Callable[..., Endpoint]) -> Published:
    make_endpoint(name="Loyalty hub", url="https://crm.example/hooks")
    (made,) = publish(account=alice, event_requests=[EventRequest("prize.points_added")], now=NOW)
    return made


def test_each_kind_is_found(console: Client, published: Published) -> None:
    (delivery,) = published.deliveries
    endpoint = f"/console/webhooks/{delivery.endpoint_id}/"
    assert found(console, "loyalty") == [endpoint]
    assert found(console, "crm.example") == [endpoint]
    assert f"/console/deliveries/{delivery.pk}/" in found(console, delivery.idempotency_key[:8])
    assert f"/console/deliveries/{delivery.pk}/" in found(console, str(delivery.pk))
    assert f"/console/events/{published.event.pk}/" in found(console, str(published.event.pk))
    assert found(console, "audit") == ["/console/audit/"]
    assert "/console/events/new/" in found(console, "publish")
    assert "/console/docs/#prize.points_added" in found(console, "points_added")


def test_a_contact_is_found_by_its_name(console: Client, alice: Account) -> None:
    contact = alice.contacts.create(line_uid="U" + "5" * 32, display_name="Hana Ito", created_at=NOW, updated_at=NOW)
    assert found(console, "hana") == [f"/console/modules/contacts/{contact.pk}/"]


def test_nothing_of_another_account_is_found(published: Published) -> None:
    stranger = browser("stranger", Account.objects.create(name="Other", created_at=NOW))
    (delivery,) = published.deliveries
    for text in ("loyalty", delivery.idempotency_key, str(delivery.pk), "Accounts"):
        assert not [each for each in found(stranger, text) if "/docs/" not in each and "/modules/" not in each], text


@pytest.mark.parametrize("text", ["", "  ", "%", "_", "'", "\x01", "9" * 99, "ffff" * 40, "<script>", "🙂"])
def test_any_text_is_searched_without_a_fault(console: Client, text: str) -> None:
    assert console.get(FIND, {"q": text}).status_code == 200


def test_the_page_works_without_scripts_and_every_page_has_the_dialog(console: Client, published: Published) -> None:
    assert 'href="/console/webhooks/' in console.get(FIND, {"q": "loyalty"}).content.decode()
    assert "Nothing found." in console.get(FIND, {"q": "no such thing"}).content.decode()
    assert '<dialog id="find"' in console.get("/console/").content.decode()
