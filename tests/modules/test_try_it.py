"""The built-in receiver: from nothing to a verified event, and the ways in which it answers."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Account, Licence
from maac_contract.contract import TOPICS
from maac_contract.signature import signed_headers
from modules.try_it import services
from modules.try_it.models import Received, Receiver
from tests.brands import NOW, browser
from tests.webhooks.test_deliver import run_until_quiet
from webhooks.models import Delivery, Endpoint
from webhooks.services import endpoints

pytestmark = pytest.mark.django_db
PAGE = "/console/modules/try-it/"
BODY = b'{"timestamp": "x", "topic": "prize.points_added", "data": {}}'


@pytest.fixture
def receiver(alice: Account) -> Receiver:
    return services.set_up(account=alice, base="http://testserver", now=NOW, actor="alice")


def post(receiver: Receiver, *, body: bytes = BODY, secret: str | None = None, key: str = "a" * 32) -> int:
    """The status that the receiver answers to a signed request."""
    signed = signed_headers(
        body, secret=secret or receiver.endpoint.share_secret, idempotency_key=key, user_agent="test"
    )
    headers = {name: value for name, value in signed if name != "Content-Type"}
    answer = Client().post(f"/try/{receiver.token}/", body, content_type="application/json", headers=headers)
    return answer.status_code


def test_two_clicks_lead_from_nothing_to_six_events_on_their_way(console: Client, alice: Account) -> None:
    assert "Start the receiver and send events" in console.get(PAGE).content.decode()
    page = console.post(f"{PAGE}start/", follow=True).content.decode()
    assert "Nothing yet." in page
    endpoint = Endpoint.objects.get(account=alice)
    assert endpoint.url == f"http://testserver/try/{Receiver.objects.get().token}/"
    assert Delivery.objects.filter(endpoint=endpoint).count() == len(TOPICS)
    console.post(f"{PAGE}start/")
    assert Endpoint.objects.count() == 1, "a second click makes no second endpoint"


def test_what_arrives_is_verified_with_the_secret_of_now_and_shown(receiver: Receiver, console: Client) -> None:
    old = receiver.endpoint.share_secret
    assert post(receiver) == 200
    endpoints.rotate_secret(endpoint=receiver.endpoint, now=NOW)
    assert post(receiver, secret=old, key="b" * 32) == 401
    page = console.get(f"{PAGE}live/").content.decode()
    assert page.count("pill good") == 1
    assert page.count("pill bad") == 1
    assert "prize.points_added" in page
    newest = Received.objects.latest("id").pk
    assert console.get(f"{PAGE}live/?newest={newest}").status_code == 204, "nothing to swap"


def test_a_repeated_key_is_marked(receiver: Receiver) -> None:
    post(receiver)
    post(receiver)
    assert [each.is_repeated for each in Received.objects.order_by("id")] == [False, True]


def test_it_answers_as_chosen(receiver: Receiver, console: Client) -> None:
    console.post(f"{PAGE}answer/", {"answer": "error"})
    assert post(receiver) == 500
    console.post(f"{PAGE}answer/", {"answer": "verifies"})
    assert post(receiver) == 200
    console.post(f"{PAGE}answer/", {"answer": "nonsense"})
    assert Receiver.objects.get().answer == "verifies"


def test_a_slow_answer_comes_after_the_request_is_stored(receiver: Receiver, settings: Settings) -> None:
    settings.WEBHOOK_ATTEMPT_TIMEOUT = -0.9
    services.choose_answer(receiver=receiver, answer="hangs")
    assert post(receiver) == 200
    assert Received.objects.count() == 1


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[]", b'{"topic": ["x"]}', b'{"topic": "<b>"}', b"[" * 100_000])
def test_any_body_is_stored_and_shown_as_text(receiver: Receiver, console: Client, body: bytes) -> None:
    assert post(receiver, body=body) == 200
    page = console.get(PAGE).content.decode()
    assert "<b>&quot;" not in page
    assert Received.objects.get().topic == ""


def test_only_the_newest_requests_are_kept(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "KEPT", 3)
    for number in range(5):
        post(receiver, key=f"{number:032x}")
    assert [each.idempotency_key[-1] for each in Received.objects.order_by("id")] == ["2", "3", "4"]


def test_a_wrong_token_another_method_and_another_account_reach_nothing(receiver: Receiver) -> None:
    assert Client().post("/try/nothing/", b"{}", content_type="application/json").status_code == 404
    assert Client().get(f"/try/{receiver.token}/").status_code == 405
    stranger = browser("stranger", Account.objects.create(name="Other", created_at=NOW))
    assert stranger.post(f"{PAGE}answer/", {"answer": "error"}).status_code == 404
    assert Receiver.objects.get().answer == "verifies"


def test_without_a_licence_or_room_for_an_endpoint_it_says_so(
    console: Client, alice: Account, make_endpoint: Callable[..., Endpoint]
) -> None:
    for number in range(3):
        make_endpoint(name=f"Number {number}")
    assert "3 of 3 endpoints" in console.post(f"{PAGE}start/", follow=True).content.decode()
    Licence.objects.filter(account=alice).delete()
    assert "No webhook zone is licensed" in console.post(f"{PAGE}start/", follow=True).content.decode()
    assert not Receiver.objects.exists()


def test_after_its_endpoint_is_deleted_it_can_be_set_up_again(receiver: Receiver, console: Client) -> None:
    endpoints.delete(endpoint=receiver.endpoint, now=NOW)
    assert "Start the receiver and send events" in console.get(PAGE).content.decode()
    console.post(f"{PAGE}start/")
    assert Receiver.objects.get().token != receiver.token
    run_until_quiet()
