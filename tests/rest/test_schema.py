"""The OpenAPI schema and the page that shows it: true to the calls, and whole without internet."""

import re
from html.parser import HTMLParser
from io import StringIO
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import yaml
from django.core.management import call_command
from django.http import StreamingHttpResponse
from django.test import Client
from drf_spectacular.validation import validate_schema

from tests.brands import anyone
from webhooks.log.filters import LogFilter

DOCS = "/api/docs/"
CALLS = {
    "/api/v1/account/": ["get", "patch"],
    "/api/v1/accounts/": ["post"],
    "/api/v1/accounts/{account_id}/": ["delete"],
    "/api/v1/audit/": ["get"],
    "/api/v1/event-types/": ["get"],
    "/api/v1/endpoints/": ["get", "post"],
    "/api/v1/endpoints/{endpoint_id}/": ["delete", "get", "patch"],
    "/api/v1/endpoints/{endpoint_id}/pause/": ["post"],
    "/api/v1/endpoints/{endpoint_id}/resume/": ["post"],
    "/api/v1/endpoints/{endpoint_id}/secret/": ["get"],
    "/api/v1/endpoints/{endpoint_id}/secret/rotate/": ["post"],
    "/api/v1/endpoints/{endpoint_id}/test/": ["post"],
    "/api/v1/endpoints/{endpoint_id}/faults/": ["delete", "get", "post"],
    "/api/v1/faults/{fault_id}/": ["delete"],
    "/api/v1/events/": ["get", "post"],
    "/api/v1/events/batch/": ["post"],
    "/api/v1/events/{event_id}/": ["get"],
    "/api/v1/events/{event_id}/wait/": ["get"],
    "/api/v1/deliveries/": ["get"],
    "/api/v1/deliveries/redeliver/": ["post"],
    "/api/v1/deliveries/{delivery_id}/": ["get"],
    "/api/v1/deliveries/{delivery_id}/redeliver/": ["post"],
    "/api/v1/callback/": ["delete", "get", "put"],
    "/api/v1/callback/check/": ["post"],
    "/api/v1/callback/test/": ["post"],
    "/api/v1/support/accounts/": ["get"],
    "/api/v1/support/accounts/{account_id}/": ["get", "patch"],
    "/api/v1/support/accounts/{account_id}/licences/": ["post"],
    "/api/v1/support/accounts/{account_id}/licences/{licence_id}/": ["patch"],
    "/api/v1/support/accounts/{account_id}/licences/{licence_id}/end/": ["post"],
    "/api/v1/modules/binding/templates/": ["get", "post"],
    "/api/v1/modules/binding/templates/{template_id}/": ["delete"],
    "/api/v1/modules/binding/links/": ["get", "post"],
    "/api/v1/modules/binding/links/{link_id}/open/": ["post"],
    "/api/v1/checks/": ["get", "post"],
    "/api/v1/checks/{check_id}/": ["get"],
    "/api/v1/checks/{check_id}/junit/": ["get"],
    "/api/v1/checks/{check_id}/html/": ["get"],
    "/api/v1/explain/": ["post"],
    "/api/v1/notices/": ["get"],
    "/api/v1/notices/{notice_id}/read/": ["post"],
    "/api/v1/modules/contacts/": ["get", "post"],
    "/api/v1/modules/contacts/demo/": ["post"],
    "/api/v1/modules/contacts/imports/": ["get", "post"],
    "/api/v1/modules/contacts/imports/{import_id}/": ["get"],
    "/api/v1/modules/contacts/segments/": ["get", "post"],
    "/api/v1/modules/contacts/segments/lists/": ["post"],
    "/api/v1/modules/contacts/segments/{segment_id}/": ["delete", "get", "patch"],
    "/api/v1/modules/contacts/segments/{segment_id}/members/": ["get"],
    "/api/v1/modules/contacts/tags/": ["get", "post"],
    "/api/v1/modules/contacts/tags/{tag_id}/": ["delete", "get"],
    "/api/v1/modules/contacts/{contact_id}/": ["delete", "get", "patch"],
    "/api/v1/modules/contacts/{contact_id}/tags/": ["get", "post"],
    "/api/v1/modules/contacts/{contact_id}/tags/{tag_id}/": ["delete"],
    "/api/v1/modules/links/": ["get", "post"],
    "/api/v1/modules/links/{link_id}/": ["delete", "get"],
    "/api/v1/modules/links/{link_id}/clicks/": ["post"],
    "/api/v1/modules/links/auto-replies/": ["get", "post"],
    "/api/v1/modules/links/auto-replies/{auto_reply_id}/": ["delete", "get"],
    "/api/v1/modules/links/auto-replies/{auto_reply_id}/acts/": ["post"],
    "/api/v1/modules/messages/templates/": ["get", "post"],
    "/api/v1/modules/messages/templates/{template_id}/": ["get", "patch"],
    "/api/v1/modules/messages/events/": ["get", "post"],
    "/api/v1/modules/messages/events/{event_id}/": ["get", "patch"],
    "/api/v1/modules/messages/broadcasts/": ["get", "post"],
    "/api/v1/modules/messages/broadcasts/{broadcast_id}/": ["get"],
    "/api/v1/modules/messages/direct-messages/": ["get"],
    "/api/v1/modules/messages/opens/": ["get", "post"],
    "/api/v1/modules/notifications/templates/": ["get", "post"],
    "/api/v1/modules/notifications/templates/{template_id}/": ["get", "patch"],
    "/api/v1/modules/notifications/conditions/": ["get", "patch"],
    "/api/v1/modules/notifications/magic-numbers/": ["get"],
    "/api/v1/modules/notifications/messages/": ["get", "post"],
    "/api/v1/modules/notifications/messages/{message_id}/": ["get"],
    "/api/v1/modules/notifications/messages/{message_id}/advance/": ["post"],
    "/api/v1/modules/notifications/bindings/": ["get", "post"],
    "/api/v1/modules/points/prizes/": ["get", "post"],
    "/api/v1/modules/points/prizes/{prize_id}/": ["delete", "get", "patch"],
    "/api/v1/modules/points/grants/": ["get", "post"],
    "/api/v1/modules/points/grants/{grant_id}/": ["get"],
    "/api/v1/modules/points/grants/{grant_id}/resend/": ["post"],
    "/api/v1/modules/points/vouchers/": ["get", "post"],
    "/api/v1/modules/points/vouchers/{voucher_id}/": ["get", "patch"],
    "/api/v1/modules/points/balances/{line_uid}/": ["get"],
    "/api/v1/modules/openapi/calls/": ["get"],
    "/api/v1/modules/openapi/calls/{call_id}/": ["get"],
    "/api/v1/modules/openapi/failures/": ["delete", "get", "post"],
    "/api/v1/modules/openapi/failures/{failure_id}/": ["delete"],
    "/api/v1/modules/messages/clicks/": ["get", "post"],
    "/api/v1/modules/messages/templates/{template_id}/links/": ["get", "post"],
    "/api/v1/modules/messages/templates/{template_id}/links/{link_id}/": ["delete"],
    "/api/v1/modules/receipts/campaigns/": ["get", "post"],
    "/api/v1/modules/receipts/campaigns/{campaign_id}/": ["delete", "get", "patch"],
    "/api/v1/modules/receipts/uploads/": ["get", "post"],
    "/api/v1/modules/receipts/uploads/{upload_id}/": ["get"],
    "/api/v1/modules/surveys/": ["get", "post"],
    "/api/v1/modules/surveys/demo/": ["post"],
    "/api/v1/modules/surveys/{survey_id}/": ["delete", "get", "patch"],
    "/api/v1/modules/surveys/{survey_id}/questions/": ["post"],
    "/api/v1/modules/surveys/{survey_id}/questions/{sn}/": ["delete", "patch"],
    "/api/v1/modules/surveys/{survey_id}/order/": ["post"],
    "/api/v1/modules/surveys/{survey_id}/submissions/": ["get", "post"],
    "/api/v1/modules/surveys/{survey_id}/submissions/{submission_id}/": ["get"],
    "/api/v1/modules/traffic/scenarios/": ["get"],
    "/api/v1/modules/traffic/plays/": ["get", "post"],
    "/api/v1/modules/traffic/plays/{play_id}/": ["get"],
    "/api/v1/modules/traffic/plays/{play_id}/stop/": ["post"],
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The schema as anyone can fetch it."""
    answer = anyone().get("/api/schema/", {"format": "yaml"})
    assert answer.status_code == 200
    parsed: dict[str, Any] = yaml.safe_load(answer.content)
    return parsed


# The schema


def test_it_is_valid_openapi_3(schema: dict[str, Any]) -> None:
    validate_schema(schema)  # type: ignore[no-untyped-call]
    assert schema["openapi"].startswith("3.")


def test_it_is_made_without_a_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_it_has_every_call_and_no_other(schema: dict[str, Any]) -> None:
    assert {path: sorted(calls) for path, calls in schema["paths"].items()} == CALLS


def test_every_call_says_what_it_does_and_that_it_needs_a_token(schema: dict[str, Any]) -> None:
    for calls in schema["paths"].values():
        for call in calls.values():
            assert call["description"]
            assert call["security"] == [{"bearerToken": []}]
    assert schema["components"]["securitySchemes"] == {"bearerToken": {"type": "http", "scheme": "bearer"}}


def test_the_log_has_its_filters_and_pages(schema: dict[str, Any]) -> None:
    call = schema["paths"]["/api/v1/deliveries/"]["get"]
    assert {each["name"] for each in call["parameters"]} == {*LogFilter.base_fields, "cursor", "limit"}
    assert set(answered(schema, call)["properties"]) == {"results", "next"}


@pytest.mark.parametrize(
    ("path", "header"), [("/api/v1/events/", "Idempotency-Key"), ("/api/v1/events/batch/", "Idempotency-Key")]
)
def test_publishing_has_its_idempotency_key(path: str, header: str, schema: dict[str, Any]) -> None:
    assert [each["name"] for each in schema["paths"][path]["post"]["parameters"]] == [header]


def test_waiting_has_its_timeout(schema: dict[str, Any]) -> None:
    parameters = schema["paths"]["/api/v1/events/{event_id}/wait/"]["get"]["parameters"]
    assert {each["name"] for each in parameters} == {"event_id", "timeout"}


def test_the_statuses_of_an_endpoint_and_of_a_delivery_are_reported_apart(schema: dict[str, Any]) -> None:
    parts = schema["components"]["schemas"]
    assert parts["EndpointStatus"]["enum"] == ["running", "paused"]
    assert parts["StatusEnum"]["enum"] == ["pending", "delivered", "failed", "skipped"]


def answered(schema: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    """What a call answers with, looked up."""
    reference = call["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    part: dict[str, Any] = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return part


# The page


class Page(HTMLParser):
    """Which addresses a page fetches, and what it runs without fetching."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.inline: list[str] = []
        self._is_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.fetched += [value for name, value in attrs if name in ("src", "href") and value]
        self.inline += [f"{tag} {name}" for name in given if name.startswith("on")]
        self._is_script = tag == "script" and "src" not in given

    def handle_data(self, data: str) -> None:
        if self._is_script and data.strip():
            self.inline.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False


@pytest.fixture(scope="module")
def page() -> Page:
    answer = anyone().get(DOCS)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    return Page(answer.content.decode())


def test_the_page_fetches_nothing_from_elsewhere(page: Page) -> None:
    assert page.fetched
    assert all(not urlsplit(address).netloc for address in page.fetched)


def test_everything_the_page_fetches_is_there(page: Page) -> None:
    for address in page.fetched:
        answer = Client().get(urljoin(DOCS, address))
        assert answer.status_code == 200, address
        assert len(content_of(answer)) > 0, address


def test_its_own_script_asks_for_the_schema_of_this_host(page: Page) -> None:
    (own,) = [address for address in page.fetched if "static" not in address and "script" in address]
    script = content_of(Client().get(urljoin(DOCS, own))).decode()
    assert "/api/schema/" in script
    assert not re.search(r"https?://", script)


def test_the_page_runs_no_script_that_its_security_policy_forbids(page: Page) -> None:
    policy = anyone().get(DOCS)["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.inline == []


def content_of(answer: Any) -> bytes:
    """Files from /static/ come as a stream."""
    if isinstance(answer, StreamingHttpResponse):
        return b"".join(answer)
    return bytes(answer.content)


def test_the_options_of_an_endpoint_may_be_left_out_and_are_always_shown(schema: dict[str, Any]) -> None:
    options = {"verify_tls", "host_override", "extra_headers"}
    parts = schema["components"]["schemas"]
    assert options <= set(parts["EndpointInRequest"]["properties"])
    assert not options & set(parts["EndpointInRequest"]["required"])
    assert options <= set(parts["EndpointOut"]["required"])
    assert parts["EndpointOut"]["properties"]["extra_headers"]["additionalProperties"] == {"type": "string"}


def test_calls_are_grouped_titled_and_say_how_they_refuse(schema: dict[str, Any]) -> None:
    create = schema["paths"]["/api/v1/endpoints/"]["post"]
    assert (create["tags"], create["summary"]) == (["endpoints"], "Create a running endpoint")
    assert create["responses"]["4XX"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


def test_a_path_without_its_last_slash_is_served_without_a_redirect() -> None:
    assert anyone().get("/api/schema").status_code == 200
    assert anyone().post("/api/v1/events").status_code == 401
