"""Demo content: in the language of the account's region, once, and usable at once."""

import re

import pytest
from django.test import Client

from accounts.models import Account
from accounts.services import create_account, grant_zone
from modules.demo import furnish
from tests.brands import NOW, browser
from tests.webhooks.test_deliver import run_until_quiet
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
KANA = re.compile("[぀-ヿ]")


def names(account: Account) -> str:
    """The names of everything that was made, in one text."""
    rows = (account.receipt_campaigns, account.surveys, account.prizes, account.message_templates)
    return " ".join(str(each) for manager in rows for each in manager.all())


@pytest.mark.parametrize(("zone", "is_japanese"), [("Asia/Tokyo", True), ("Asia/Taipei", False)])
def test_it_is_in_the_language_of_the_region(zone: str, is_japanese: bool) -> None:
    account = create_account(name="Brand", time_zone=zone, now=NOW)
    grant_zone(account=account, zone=1, valid_from=NOW, valid_until=NOW.replace(year=NOW.year + 1))
    assert furnish(account=account, base="http://testserver", now=NOW, actor="test")
    assert bool(KANA.search(names(account))) is is_japanese
    assert account.contacts.count() == 12
    assert account.endpoints.get().url.startswith("http://testserver/try/")


def test_an_account_that_is_in_use_is_left_alone(alice: Account) -> None:
    assert furnish(account=alice, base="http://testserver", now=NOW, actor="test")
    before = names(alice)
    assert not furnish(account=alice, base="http://testserver", now=NOW, actor="test")
    assert names(alice) == before


def test_home_offers_it_to_an_empty_account_and_the_receiver_can_be_used(console: Client, alice: Account) -> None:
    assert 'id="start-demo"' in console.get("/console/").content.decode()
    page = console.post("/console/modules/try-it/demo/", follow=True).content.decode()
    assert "Demo content is there" in page
    assert 'id="start-demo"' not in page
    console.post("/console/modules/try-it/send/")
    assert Delivery.objects.filter(account=alice).count() == 6
    run_until_quiet()


def test_another_account_gets_nothing_of_it(console: Client) -> None:
    console.post("/console/modules/try-it/demo/")
    stranger = Account.objects.create(name="Other", created_at=NOW)
    assert 'id="start-demo"' in browser("stranger", stranger).get("/console/").content.decode()
    assert not stranger.contacts.exists()
