"""Plays by REST and in the console."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.errors import Refusal
from accounts.models import Account
from events.models import Event
from modules.receipts.models import Campaign
from modules.traffic import services
from modules.traffic.models import Play
from modules.traffic.shipped import scenarios
from tests.brands import NOW, browser, client_of, error_of, race, refusal
from tests.modules.plays import EVERYTHING, PAGE, PLAYS, SCENARIOS, play_all, start


def test_a_play_is_started_followed_and_stopped(api: APIClient) -> None:
    answer = api.post(PLAYS, {"scenario": "quiet-shop", "seed": "7", "rate": 2, "seconds": 30})
    assert answer.status_code == 202, answer.content
    play = answer.json()
    assert (play["scenario"], play["status"], play["planned"], play["events"]) == ("quiet-shop", "running", 60, 0)
    assert refusal(api.post(PLAYS, {"scenario": "quiet-shop"})) == (409, "play_running")
    path = f"{PLAYS}{play['id']}/"
    assert api.get(path).json() == play
    assert api.get(PLAYS).json()["results"] == [play]
    stopped = api.post(f"{path}stop/").json()
    assert (stopped["status"], stopped["ended_at"] is not None) == ("stopped", True)
    assert refusal(api.post(f"{path}stop/")) == (409, "play_ended")
    own = api.post(PLAYS, {"yaml": "rate: 5\nseconds: 2\n"}).json()
    assert (own["scenario"], own["planned"], len(own["seed"])) == ("own", 10, 8)


def test_the_scenarios_are_listed_as_they_are(api: APIClient) -> None:
    output = api.get(SCENARIOS).json()
    assert [each["name"] for each in output] == ["quiet-shop", "campaign-day", "sms-outage", "load-test"]
    assert output[3]["rate"] == 1000
    assert api.post(PLAYS, {"yaml": output[0]["yaml"]}).status_code == 202


@pytest.mark.parametrize(
    ("body", "field", "output"),
    [
        ({}, "scenario", "Give either"),
        ({"scenario": "quiet-shop", "yaml": "rate: 1"}, "scenario", "Give either"),
        ({"scenario": "loud-shop"}, "scenario", "Choose one of quiet-shop, campaign-day"),
        ({"scenario": 7}, "scenario", "Not a valid string"),
        ({"scenario": "../quiet-shop"}, "scenario", "Choose one of"),
        ({"yaml": "rate: 5\nseconds: 2\nmix: {contact: 1}"}, "yaml", "Line 3: a mix needs"),
        ({"yaml": "rate: 5\n\u0000"}, "yaml", ""),
        ({"scenario": "quiet-shop", "rate": 0}, "rate", "from 0.01 to 5000"),
        ({"scenario": "quiet-shop", "rate": -5}, "rate", "from 0.01 to 5000"),
        ({"scenario": "quiet-shop", "rate": "5"}, "rate", "valid number"),
        ({"scenario": "quiet-shop", "seconds": 0.5}, "seconds", "from 1 to 86400"),
        ({"scenario": "quiet-shop", "rate": 5000, "seconds": 86400}, "seconds", "at most 1000000 events"),
        ({"scenario": "quiet-shop", "seed": "x" * 101}, "seed", "at most 100"),
        ({"scenario": "quiet-shop", "seed": "a\nb"}, "seed", "printable"),
        ({"scenario": "quiet-shop", "speed": 5}, "speed", "Unknown field"),
    ],
)
def test_what_is_wrong_is_refused_by_field_and_nothing_is_stored(
    api: APIClient, body: dict[str, Any], field: str, output: str
) -> None:
    answer = api.post(PLAYS, body)
    assert answer.status_code == 400, answer.content
    fields = error_of(answer)["fields"]
    assert list(fields) == [field]
    assert output in fields[field][0]
    assert not Play.objects.exists()
    assert not Campaign.objects.exists()


def test_others_plays_are_not_there(api: APIClient, bob: Account) -> None:
    play = api.post(PLAYS, {"scenario": "quiet-shop"}).json()
    theirs = client_of(bob)
    assert refusal(theirs.get(f"{PLAYS}{play['id']}/")) == (404, "not_found")
    assert refusal(theirs.post(f"{PLAYS}{play['id']}/stop/")) == (404, "not_found")
    assert theirs.get(PLAYS).json()["results"] == []
    assert theirs.post(PLAYS, {"scenario": "quiet-shop"}).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_of_many_that_start_a_play_at_once_one_does(alice: Account) -> None:
    def timed() -> bool:
        try:
            start(alice)
        except Refusal:
            return False
        return True

    assert sorted(race(6, timed)) == [False] * 5 + [True]
    assert Campaign.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_play_that_is_stopped_while_it_is_played_tells_just_what_it_counts(alice: Account) -> None:
    # Long enough that on SQLite, where writers wait by polling, the stop comes in between two batches.
    play = start(alice, text=scenarios()["load-test"], rate=500, seconds=30)
    timed_actions: Iterator[Any] = iter([lambda: play_all(0.5), lambda: _stop_soon(play)])
    race(2, lambda: next(timed_actions)())
    play.refresh_from_db()
    assert play.status == "stopped"
    assert 0 < play.events < play.planned
    assert Event.objects.count() == play.events


def _stop_soon(play: Play) -> None:
    while not Event.objects.exists():
        pass
    services.stop(play=play, now=datetime.now(UTC))


# The console


def test_the_page_offers_the_scenarios_and_starts_one(console: Client, alice: Account) -> None:
    page = console.get(PAGE).content.decode()
    assert "No play yet" in page
    assert all(title in page for title in ("Quiet shop", "Campaign day", "SMS outage", "Load test"))
    answer = console.post(PAGE, {"scenario": "campaign-day", "rate": "5", "seconds": "2", "seed": "7"})
    play = Play.objects.get(account=alice)
    assert answer["Location"] == f"{PAGE}{play.pk}/"
    assert (play.scenario, play.rate, play.seconds, play.seed, play.planned) == ("campaign-day", 5, 2, "7", 10)
    page = console.get(PAGE).content.decode()
    assert "A play is running" in page
    assert f'href="{PAGE}{play.pk}/"' in page


def test_the_progress_is_live_while_it_runs_and_then_leads_to_the_log(console: Client, alice: Account) -> None:
    play = services.start(account=alice, text=EVERYTHING, seed="7", now=NOW)
    live = console.get(f"{PAGE}{play.pk}/").content.decode()
    assert f'hx-get="{PAGE}{play.pk}/progress/"' in live
    assert "Nothing yet." in live
    play_all()
    done = console.get(f"{PAGE}{play.pk}/progress/").content.decode()
    assert "hx-get" not in done
    assert "200 of 200 events" in done
    assert "topic=pnp.status_updated" in done
    assert "Own scenario" in console.get(f"{PAGE}{play.pk}/").content.decode()


def test_a_play_is_stopped_by_a_button_once(console: Client, alice: Account) -> None:
    play = start(alice)
    path = f"{PAGE}{play.pk}/stop/"
    assert console.get(path).status_code == 405
    assert "The play was stopped" in console.post(path, follow=True).content.decode()
    assert "This play has ended already" in console.post(path, follow=True).content.decode()


def test_what_is_wrong_stands_in_the_form(console: Client, alice: Account) -> None:
    wrong = {"scenario": "campaign-day", "rate": "5000", "seconds": "86400"}
    assert "at most 1000000 events" in console.post(PAGE, wrong).content.decode()
    assert "greater than or equal to 0.01" in console.post(PAGE, {**wrong, "rate": "0"}).content.decode()
    assert "Select a valid choice" in console.post(PAGE, {"scenario": "loud"}).content.decode()
    assert "Enter a number" in console.post(PAGE, {**wrong, "rate": "nan"}).content.decode()
    assert not Play.objects.exists()
    start(alice)
    right = {"scenario": "campaign-day"}
    assert "A play is running already" in console.post(PAGE, right).content.decode()
    assert Play.objects.count() == 1


def test_others_pages_are_not_there(console: Client, alice: Account, bob: Account) -> None:
    play = start(alice)
    theirs = browser("bob", bob)
    for path in ("", "progress/"):
        assert console.get(f"{PAGE}{play.pk}/{path}").status_code == 200
        assert theirs.get(f"{PAGE}{play.pk}/{path}").status_code == 404
    assert theirs.post(f"{PAGE}{play.pk}/stop/").status_code == 404
    play.refresh_from_db()
    assert play.is_running


def test_the_list_is_read_by_a_few_queries_however_long(
    console: Client, alice: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _time in range(12):
        services.stop(play=start(alice, seconds=1), now=NOW)
    with django_assert_max_num_queries(12):
        assert console.get(PAGE).status_code == 200
