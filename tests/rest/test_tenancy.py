"""API calls go past what is for pages: whatever the client's language or cookies, they answer the same, in English."""

import pytest
from django.test import Client
from django.utils import translation
from rest_framework.test import APIClient

from tests.brands import anyone, error_of, refusal

V1 = "/api/v1"
CALLS = [("POST", "/events/"), ("POST", "/events/batch/"), ("POST", "/endpoints/"), ("GET", "/deliveries/?limit=x")]


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("language", ["ja", "zh-hant", "zh-TW,zh;q=0.9,en;q=0.8"])
def test_refusals_are_in_english_whatever_language_is_asked_for(
    language: str, method: str, path: str, api: APIClient
) -> None:
    plain, asked = (
        api.generic(method, V1 + path, "{}", content_type="application/json", headers=headers)
        for headers in ({}, {"Accept-Language": language, "Cookie": "maac_sim_language=ja"})
    )
    assert asked.status_code == 400
    assert asked.content == plain.content
    assert asked.content.isascii()


def test_a_call_is_in_english_even_where_a_page_in_another_language_was_served_before(api: APIClient) -> None:
    Client().get("/console/login/", headers={"Accept-Language": "ja"})
    translation.activate("ja")
    assert error_of(api.post(f"{V1}/endpoints/", {}))["fields"]["name"] == ["This field is required."]


@pytest.mark.parametrize("path", ["/account/", "/events/", "/nonsense/"])
def test_a_call_sets_no_cookie_and_says_how_long_its_answer_is(path: str, api: APIClient) -> None:
    answer = api.get(V1 + path)
    assert not answer.cookies
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Cookie" not in answer.get("Vary", "")


def test_a_form_of_another_site_cannot_make_a_call_with_the_consoles_session(admin_client: Client) -> None:
    answer = admin_client.post(f"{V1}/events/", {"topic": "prize.points_added"}, content_type="application/json")
    assert refusal(answer) == (401, "not_authenticated")


def test_an_unknown_host_and_an_unknown_path_are_refused_in_json() -> None:
    assert refusal(anyone().post(f"{V1}/events/", headers={"Host": "evil.example"})) == (400, "bad_request")
    assert refusal(anyone().get(f"{V1}/nonsense/")) == (404, "not_found")
