"""/api/v1/endpoints/: make, see, change, pause, resume, delete; and who gets to see the share secret."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account, Licence
from maac_contract.contract import TOPICS
from tests.brands import NOW, client_of, error_of, refusal
from tests.receiver import Receiver
from tests.webhooks.test_deliver import happen, run_until_quiet
from webhooks.errors import EndpointNotRunning
from webhooks.models import Endpoint
from webhooks.services import endpoints

ENDPOINTS = "/api/v1/endpoints/"
MASK = "••••••••"

MakeEndpoint = Callable[..., Endpoint]


def at(endpoint: Endpoint, *steps: str) -> str:
    """The path of a call on this endpoint."""
    return f"{ENDPOINTS}{endpoint.pk}/" + "".join(f"{step}/" for step in steps)


def wanted(**changes: Any) -> dict[str, Any]:
    """A body that creates an endpoint."""
    return {"name": "CRM", "url": "https://crm.example/hook", "event_types": ["prize.points_added"], **changes}


# Create


def test_a_new_endpoint_runs_and_shows_its_secret_in_full(api: APIClient, alice: Account) -> None:
    answer = api.post(ENDPOINTS, wanted())
    body = answer.json()
    stored = alice.endpoints.get()
    assert answer.status_code == 201
    assert list(body) == [
        "id", "name", "url", "event_types", "status", "share_secret", "verify_tls", "host_override", "extra_headers",
        "retry_waits", "created_at", "updated_at",
    ]  # fmt: skip
    assert (body["id"], body["name"], body["url"]) == (stored.pk, "CRM", "https://crm.example/hook")
    assert (body["status"], body["event_types"]) == ("running", ["prize.points_added"])
    assert re.fullmatch("[0-9a-f]{32}", body["share_secret"])
    assert body["share_secret"] == stored.share_secret
    assert body["created_at"] == body["updated_at"]


def test_each_endpoint_has_a_secret_of_its_own(api: APIClient) -> None:
    secrets = {api.post(ENDPOINTS, wanted()).json()["share_secret"] for _ in range(3)}
    assert len(secrets) == 3


def test_event_types_come_back_once_each_in_the_order_of_the_contract(api: APIClient) -> None:
    given = [*reversed(TOPICS), "prize.points_added", "prize.points_added"]
    assert api.post(ENDPOINTS, wanted(event_types=given)).json()["event_types"] == list(TOPICS)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("CRM", "CRM"), ("  CRM  ", "CRM"), ("会員システム", "会員システム"), ("x" * 100, "x" * 100), ("🎉", "🎉")],
)
def test_a_name_is_any_printable_text_up_to_100_characters(given: str, kept: str, api: APIClient) -> None:
    assert api.post(ENDPOINTS, wanted(name=given)).json()["name"] == kept


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "two\nlines", "a\tb", "bell\a", "\u202eright to left"])
def test_other_names_are_refused(name: str, api: APIClient, alice: Account) -> None:
    answer = api.post(ENDPOINTS, wanted(name=name))
    assert refusal(answer) == (400, "invalid_request")
    assert list(error_of(answer)["fields"]) == ["name"]
    assert not alice.endpoints.exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/hook",
        "https://example.com",
        "https://example.com:8443/a/b?c=d&e=%20#f",
        "http://[::1]:8080/",
        "http://localhost/",
        "http://host.docker.internal:9000/hook",
        "https://例え.jp/受信",
        "HTTPS://EXAMPLE.COM/",
        "https://example.com/" + "x" * 1980,
    ],
)
def test_a_url_is_kept_as_it_was_given(url: str, api: APIClient) -> None:
    answer = api.post(ENDPOINTS, wanted(url=url))
    assert (answer.status_code, answer.json()["url"]) == (201, url)


@pytest.mark.parametrize(
    "event_types",
    [["prize.points"], ["prize.points_added", "nonsense"], ["PRIZE.POINTS_ADDED"], [" message.first_open x"]],
)
def test_an_unknown_event_type_is_refused_and_the_known_ones_are_named(event_types: list[str], api: APIClient) -> None:
    answer = api.post(ENDPOINTS, wanted(event_types=event_types))
    assert refusal(answer) == (400, "unknown_event_type")
    assert all(topic in error_of(answer)["message"] for topic in TOPICS)
    assert list(error_of(answer)["fields"]) == ["event_types"]


def test_at_least_one_event_type_must_be_chosen(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    assert refusal(api.post(ENDPOINTS, wanted(event_types=[]))) == (400, "invalid_request")
    assert refusal(api.patch(at(endpoint), {"event_types": []})) == (400, "invalid_request")
    endpoint.refresh_from_db()
    assert endpoint.event_types == list(TOPICS)


# List and show


def test_the_list_shows_the_newest_first_without_secrets(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    made = [make_endpoint(name=name) for name in ("one", "two", "three")]
    body = api.get(ENDPOINTS).json()
    assert [row["name"] for row in body["results"]] == ["three", "two", "one"]
    assert {row["share_secret"] for row in body["results"]} == {MASK}
    assert body["next"] is None
    assert api.get(at(made[0])).json() == body["results"][2]


def test_the_list_goes_on_at_next(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    for name in ("one", "two", "three"):
        make_endpoint(name=name)
    first = api.get(ENDPOINTS, {"limit": 2}).json()
    second = api.get(first["next"]).json()
    assert [row["name"] for row in first["results"] + second["results"]] == ["three", "two", "one"]
    assert second["next"] is None


def test_paused_endpoints_are_listed_and_deleted_ones_are_not(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    paused, deleted = make_endpoint(name="paused"), make_endpoint(name="deleted")
    endpoints.pause(endpoint=paused, now=NOW)
    endpoints.delete(endpoint=deleted, now=NOW)
    rows = api.get(ENDPOINTS).json()["results"]
    assert [(row["name"], row["status"]) for row in rows] == [("paused", "paused")]


# Change


@pytest.mark.parametrize(
    "change", [{"name": "POS"}, {"url": "http://127.0.0.1:7/"}, {"event_types": ["pnp.status_updated"]}]
)
def test_a_patch_changes_what_it_names_and_nothing_else(
    change: dict[str, Any], api: APIClient, make_endpoint: MakeEndpoint
) -> None:
    path = at(make_endpoint())
    before = api.get(path).json()
    after = api.patch(path, change)
    assert after.status_code == 200
    assert after.json() == {**before, **change, "updated_at": after.json()["updated_at"]}
    assert after.json()["updated_at"] > before["updated_at"]
    assert api.get(path).json() == after.json()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "good", "url": "ftp://example.com/"}, "invalid_url"),
        ({"name": "good", "event_types": ["nonsense"]}, "unknown_event_type"),
        ({"url": "http://good.example/", "name": "two\nlines"}, "invalid_request"),
        ({"name": "good", "status": "paused"}, "invalid_request"),
        ({"name": "good", "share_secret": "mine"}, "invalid_request"),
    ],
)
def test_a_patch_with_a_fault_changes_nothing(
    change: dict[str, Any], code: str, api: APIClient, make_endpoint: MakeEndpoint
) -> None:
    path = at(make_endpoint())
    before = api.get(path).json()
    assert refusal(api.patch(path, change)) == (400, code)
    assert api.get(path).json() == before


def test_event_types_may_stay_after_their_licence_has_ended(
    api: APIClient, make_endpoint: MakeEndpoint, alice: Account
) -> None:
    endpoint = make_endpoint(event_types=["prize.points_added", "message.first_open"])
    Licence.objects.filter(account=alice, zone=2).update(valid_until=NOW)
    kept = {"event_types": ["message.first_open", "pnp.status_updated"]}
    assert api.patch(at(endpoint), {"name": "still editable"}).status_code == 200
    assert api.patch(at(endpoint), kept).json()["event_types"] == ["pnp.status_updated", "message.first_open"]


def test_event_types_cannot_be_added_after_their_licence_has_ended(
    api: APIClient, make_endpoint: MakeEndpoint, alice: Account
) -> None:
    endpoint = make_endpoint(event_types=["message.first_open"])
    Licence.objects.filter(account=alice, zone=1).update(valid_until=NOW)
    answer = api.patch(at(endpoint), {"event_types": ["message.first_open", "prize.points_added"]})
    assert refusal(answer) == (403, "zone_not_licensed")
    assert api.get(at(endpoint)).json()["event_types"] == ["message.first_open"]


# Options


OPTIONS: dict[str, Any] = {
    "verify_tls": False,
    "host_override": "crm.example:8443",
    "extra_headers": {"Authorization": "Bearer x", "X-Shop": "tokyo"},
}
DEFAULTS: dict[str, Any] = {"verify_tls": True, "host_override": "", "extra_headers": {}}


def options_of(answer: Any) -> dict[str, Any]:
    return {name: answer.json()[name] for name in OPTIONS}


def test_without_options_an_endpoint_is_as_at_maac(api: APIClient) -> None:
    assert options_of(api.post(ENDPOINTS, wanted())) == DEFAULTS


def test_options_can_be_set_when_it_is_made_and_taken_back(api: APIClient) -> None:
    made = api.post(ENDPOINTS, wanted(**OPTIONS))
    path = f"{ENDPOINTS}{made.json()['id']}/"
    assert options_of(made) == options_of(api.get(path)) == OPTIONS
    assert options_of(api.patch(path, {"name": "POS"})) == OPTIONS
    assert options_of(api.patch(path, DEFAULTS)) == options_of(api.get(path)) == DEFAULTS


@pytest.mark.parametrize("option", OPTIONS)
def test_each_option_can_be_changed_alone(option: str, api: APIClient, make_endpoint: MakeEndpoint) -> None:
    answer = api.patch(at(make_endpoint()), {option: OPTIONS[option]})
    assert options_of(answer) == {**DEFAULTS, option: OPTIONS[option]}


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("host_override", "https://crm.example", "Write the host alone"),
        ("host_override", "crm.example:99999", "cannot be read"),
        ("host_override", ".".join(["x" * 63] * 4), "not a valid name"),
        ("host_override", ".".join(["x" * 60] * 4) + ":00000000000080", "longer than 255"),
        ("extra_headers", {"Host": "crm.example"}, "set by the simulator"),
        ("extra_headers", {"X-A": "1\r\nX-B: 2"}, "printable"),
        ("extra_headers", {f"X-{number}": "1" for number in range(11)}, "At most 10"),
        ("extra_headers", {"X-A": 1}, "must be text"),
        ("extra_headers", ["X-A"], "an object of names and values"),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_words(
    option: str, value: Any, words: str, api: APIClient, make_endpoint: MakeEndpoint
) -> None:
    for answer in (api.post(ENDPOINTS, wanted(**{option: value})), api.patch(at(make_endpoint()), {option: value})):
        assert refusal(answer) == (400, "invalid_request")
        assert list(error_of(answer)["fields"]) == [option]
        assert words in error_of(answer)["message"]


def test_every_header_at_fault_is_named(api: APIClient) -> None:
    answer = api.post(ENDPOINTS, wanted(extra_headers={"Host": "x", "X-A": "\n", "X-Good": "1"}))
    assert len(error_of(answer)["fields"]["extra_headers"]) == 2


def test_what_is_sent_has_the_options_and_the_log_shows_it_as_it_arrived(
    api: APIClient, make_endpoint: MakeEndpoint, alice: Account
) -> None:
    with Receiver(tls=True) as receiver:
        api.patch(at(make_endpoint(url=receiver.url("/hook"))), OPTIONS)
        happen(alice)
        run_until_quiet()
        (got,) = receiver.requests
    (delivery,) = api.get("/api/v1/deliveries/").json()["results"]
    assert delivery["status"] == "delivered"
    (attempt,) = api.get(f"/api/v1/deliveries/{delivery['id']}/").json()["attempts"]
    assert list(attempt["request"]["headers"].items()) == got.headers
    assert got.headers[0] == ("Host", "crm.example:8443")
    assert got.headers[-3:-1] == [("Authorization", "Bearer x"), ("X-Shop", "tokyo")]


def test_a_certificate_nobody_vouches_for_fails_unless_verification_is_off(
    api: APIClient, make_endpoint: MakeEndpoint, alice: Account, settings: Settings
) -> None:
    settings.WEBHOOK_RETRY_WAITS = ()
    with Receiver(tls=True) as receiver:
        endpoint = make_endpoint(url=receiver.url("/hook"))
        for verify, status in ((True, "failed"), (False, "delivered"), (True, "failed")):
            api.patch(at(endpoint), {"verify_tls": verify})
            happen(alice)
            run_until_quiet()
            assert api.get("/api/v1/deliveries/").json()["results"][0]["status"] == status
        settings.WEBHOOK_CA_FILE = str(receiver.certificate)
        happen(alice)
        run_until_quiet()
        assert api.get("/api/v1/deliveries/").json()["results"][0]["status"] == "delivered"


# Where the simulator may not send


@pytest.mark.parametrize(
    "url", ["http://localhost:9/", "http://127.1/", "http://[::ffff:10.0.0.1]/", "http://0xA9FEA9FE/"]
)
def test_a_private_address_is_refused_when_an_endpoint_is_made_and_when_it_is_sent_to(
    url: str, api: APIClient, make_endpoint: MakeEndpoint, alice: Account, settings: Settings
) -> None:
    of_old = make_endpoint(url=url)
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False
    answers = [api.post(ENDPOINTS, wanted(url=url)), api.patch(at(of_old), {"url": url})]
    assert [refusal(answer) for answer in answers] == [(400, "invalid_url")] * 2
    assert_refused_at_once(api, alice, error_of(answers[0])["message"])


def test_http_is_refused_when_an_endpoint_is_made_and_when_it_is_sent_to(
    api: APIClient, make_endpoint: MakeEndpoint, alice: Account, settings: Settings, receiver: Receiver
) -> None:
    make_endpoint(url=receiver.url("/hook"))
    settings.WEBHOOK_REQUIRE_HTTPS = True
    answer = api.post(ENDPOINTS, wanted(url=receiver.url("/hook")))
    assert refusal(answer) == (400, "invalid_url")
    assert_refused_at_once(api, alice, error_of(answer)["message"])
    assert receiver.connections == 0


def assert_refused_at_once(api: APIClient, account: Account, message: str) -> None:
    """One attempt, none after it, and the sentence that creating it is refused with."""
    happen(account)
    run_until_quiet()
    (delivery,) = api.get("/api/v1/deliveries/").json()["results"]
    assert (delivery["status"], delivery["reason"], delivery["attempt_count"]) == ("failed", "REFUSED_ADDRESS", 1)
    (attempt,) = api.get(f"/api/v1/deliveries/{delivery['id']}/").json()["attempts"]
    assert attempt["detail"] == message


# Pause and resume


def test_pause_and_resume_answer_with_the_endpoint(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    statuses = [api.post(at(endpoint, verb)).json()["status"] for verb in ("pause", "resume")]
    assert statuses == ["paused", "running"]
    assert api.get(at(endpoint)).json()["status"] == "running"


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_doing_it_twice_changes_nothing_more(verb: str, api: APIClient, make_endpoint: MakeEndpoint) -> None:
    path = at(make_endpoint(), verb)
    assert api.post(path).json() == api.post(path).json()


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_the_answer_to_pause_and_resume_masks_the_secret(
    verb: str, api: APIClient, make_endpoint: MakeEndpoint
) -> None:
    assert api.post(at(make_endpoint(), verb)).json()["share_secret"] == MASK


# The secret


def test_the_secret_can_be_revealed(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    assert api.get(at(endpoint, "secret")).json() == {"share_secret": endpoint.share_secret}


def test_rotating_makes_a_new_secret_and_forgets_the_old(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    old = endpoint.share_secret
    new = api.post(at(endpoint, "secret", "rotate")).json()["share_secret"]
    endpoint.refresh_from_db()
    assert old != new == endpoint.share_secret
    assert api.get(at(endpoint, "secret")).json() == {"share_secret": new}
    assert api.get(at(endpoint)).json()["share_secret"] == MASK


def test_the_database_holds_no_secret_in_clear(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    with connection.cursor() as cursor:
        cursor.execute("SELECT share_secret FROM webhooks_endpoint WHERE id = %s", [endpoint.pk])
        (stored,) = cursor.fetchone()
    assert endpoint.share_secret not in stored
    assert Endpoint.objects.get(pk=endpoint.pk).share_secret == endpoint.share_secret


def test_no_other_answer_and_no_log_holds_the_secret(
    api: APIClient, make_endpoint: MakeEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint = make_endpoint()
    event = api.post("/api/v1/events/", {"topic": "prize.points_added"})
    delivery = event.json()["deliveries"][0]["id"]
    answers = [
        event,
        api.get(ENDPOINTS),
        api.get(at(endpoint)),
        api.patch(at(endpoint), {"name": "POS"}),
        api.post(at(endpoint, "pause")),
        api.post(at(endpoint, "resume")),
        api.get(at(endpoint, "secret")),
        api.get("/api/v1/account/"),
        api.get(f"/api/v1/events/{event.json()['id']}/"),
        api.get("/api/v1/deliveries/"),
        api.get(f"/api/v1/deliveries/{delivery}/"),
        api.post(at(endpoint, "secret"), {}),
    ]
    telling = [place for place, answer in enumerate(answers) if endpoint.share_secret.encode() in answer.content]
    assert telling == [6]
    assert endpoint.share_secret not in caplog.text


# Delete


def test_a_deleted_endpoint_is_gone_from_every_call(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    answer = api.delete(at(endpoint))
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(ENDPOINTS).json()["results"] == []
    for _, call in calls_on(endpoint):
        assert refusal(call(api)) == (404, "not_found")


def test_the_deliveries_of_a_deleted_endpoint_stay_readable(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(name="POS")
    event = api.post("/api/v1/events/", {"topic": "prize.points_added"}).json()
    api.delete(at(endpoint))
    rows = api.get("/api/v1/deliveries/", {"endpoint": endpoint.pk}).json()["results"]
    assert [(row["event"], row["endpoint_name"]) for row in rows] == [(event["id"], "POS")]
    assert api.get(f"/api/v1/deliveries/{rows[0]['id']}/").json()["body"] == event["body"]


@pytest.mark.parametrize("act", [endpoints.pause, endpoints.resume, endpoints.rotate_secret, endpoints.edit])
def test_who_comes_just_after_the_deletion_changes_nothing(
    act: Callable[..., Endpoint], make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    endpoints.delete(endpoint=Endpoint.objects.get(pk=endpoint.pk), now=NOW)
    before = Endpoint.objects.values().get(pk=endpoint.pk)
    with pytest.raises(EndpointNotRunning):
        act(endpoint=endpoint, now=NOW)
    assert Endpoint.objects.values().get(pk=endpoint.pk) == before


# Strangers


def calls_on(endpoint: Endpoint) -> list[tuple[str, Callable[[APIClient], Any]]]:
    """Every call that has an endpoint's id in its path."""
    return [
        ("show", lambda client: client.get(at(endpoint))),
        ("edit", lambda client: client.patch(at(endpoint), {"name": "mine"})),
        ("delete", lambda client: client.delete(at(endpoint))),
        ("pause", lambda client: client.post(at(endpoint, "pause"))),
        ("resume", lambda client: client.post(at(endpoint, "resume"))),
        ("reveal", lambda client: client.get(at(endpoint, "secret"))),
        ("rotate", lambda client: client.post(at(endpoint, "secret", "rotate"))),
        ("test", lambda client: client.post(at(endpoint, "test"), {"event_type": "prize.points_added"})),
    ]


def test_bob_cannot_see_or_touch_what_is_alices(make_endpoint: MakeEndpoint, bob: Account) -> None:
    endpoint, bobs = make_endpoint(), client_of(bob)
    before = Endpoint.objects.values().get(pk=endpoint.pk)
    answers = {name: refusal(call(bobs)) for name, call in calls_on(endpoint)}
    assert answers == dict.fromkeys(answers, (404, "not_found"))
    assert bobs.get(ENDPOINTS).json()["results"] == []
    assert Endpoint.objects.values().get(pk=endpoint.pk) == before
