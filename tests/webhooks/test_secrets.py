"""Share secrets and tokens: encrypted at rest under keys that can be replaced, and in no answer that was not asked."""

import logging
import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as current
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import RequestFactory
from django.utils.log import AdminEmailHandler
from django.views.debug import ExceptionReporter
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import authenticate, issue_token
from tests.brands import NOW, client_of, race, refusal
from tests.receiver import Receiver
from tests.webhooks.test_deliver import happen, run_until_quiet
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.secrets import SecretUnreadable
from webhooks.services import endpoints
from webhooks.services.reencrypt import Progress, reencrypt

pytestmark = pytest.mark.both_databases

ENDPOINTS = "/api/v1/endpoints/"

MakeEndpoint = Callable[..., Endpoint]


def stored(endpoint: Endpoint) -> str:
    """The secret as the database holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT share_secret FROM webhooks_endpoint WHERE id = %s", [endpoint.pk])
        return str(cursor.fetchone()[0])


def fresh(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.get(pk=endpoint.pk)


def say(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("reencrypt", *arguments, stdout=out)
    return out.getvalue()


# Keys


def test_the_first_key_encrypts_and_every_key_decrypts(make_endpoint: MakeEndpoint, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["old"]
    old = make_endpoint()
    settings.ENCRYPTION_KEYS = ["new", "old"]
    new = make_endpoint()
    assert fresh(old).share_secret == old.share_secret
    settings.ENCRYPTION_KEYS = ["new"]
    assert fresh(new).share_secret == new.share_secret
    with pytest.raises(SecretUnreadable, match="MAAC_SIM_ENCRYPTION_KEYS"):
        _ = fresh(old).share_secret


def test_the_same_secret_never_looks_the_same_twice(make_endpoint: MakeEndpoint) -> None:
    one, two = make_endpoint(), make_endpoint()
    Endpoint.objects.update(share_secret="the same")
    assert fresh(one).share_secret == fresh(two).share_secret == "the same"
    before = stored(one)
    Endpoint.objects.filter(pk=one.pk).update(share_secret="the same")
    assert stored(one) != before


def test_a_query_that_reads_columns_shows_nothing_in_clear(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    rows = [*Endpoint.objects.values(), *Endpoint.objects.values_list()]
    assert endpoint.share_secret not in repr(rows)


def test_a_secret_is_kept_whole_through_a_save_of_the_row(make_endpoint: MakeEndpoint) -> None:
    endpoint = fresh(make_endpoint())
    secret = fresh(endpoint).share_secret
    endpoint.save()
    assert fresh(endpoint).share_secret == secret
    assert Endpoint.objects.defer("share_secret").get().share_secret == secret
    assert secret not in stored(endpoint)


# Replacing a key


def test_after_reencrypt_the_old_key_is_no_longer_needed(make_endpoint: MakeEndpoint, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["old"]
    made = [make_endpoint(name=str(number)) for number in range(2)]
    endpoints.delete(endpoint=made[0], now=NOW)
    settings.ENCRYPTION_KEYS = ["new", "old"]
    made.append(make_endpoint())
    untouched = stored(made[2])
    output = say()
    assert "3 read, 2 re-encrypted" in output
    assert "no longer needed" in output
    settings.ENCRYPTION_KEYS = ["new"]
    assert [fresh(endpoint).share_secret for endpoint in made] == [endpoint.share_secret for endpoint in made]
    assert stored(made[2]) == untouched
    assert not any(endpoint.share_secret in output for endpoint in made)


def test_reencrypt_tells_its_progress_and_does_nothing_the_second_time(
    make_endpoint: MakeEndpoint, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = ["old"]
    made = [make_endpoint() for _ in range(3)]
    settings.ENCRYPTION_KEYS = ["new", "old"]
    assert list(reencrypt(batch=2)) == [Progress(2, 2), Progress(3, 3)]
    before = [stored(endpoint) for endpoint in made]
    assert list(reencrypt(batch=2)) == [Progress(2, 0), Progress(3, 0)]
    assert [stored(endpoint) for endpoint in made] == before


def test_reencrypt_with_no_endpoint_has_nothing_to_do(alice: Account) -> None:
    assert list(reencrypt()) == []
    assert "no longer needed" in say()


def test_reencrypt_passes_by_what_no_key_decrypts_and_names_it(make_endpoint: MakeEndpoint, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["lost"]
    lost = make_endpoint()
    settings.ENCRYPTION_KEYS = ["old"]
    kept = make_endpoint()
    settings.ENCRYPTION_KEYS = ["new", "old"]
    with pytest.raises(CommandError, match=rf"endpoints: {lost.pk}\.") as output:
        say()
    assert "change their share secrets" in str(output.value)
    settings.ENCRYPTION_KEYS = ["new"]
    assert fresh(kept).share_secret == kept.share_secret


@pytest.mark.django_db(transaction=True)
def test_a_secret_that_is_being_rotated_is_not_put_back(make_endpoint: MakeEndpoint, settings: Settings) -> None:
    endpoint = make_endpoint()
    for _ in range(10):
        settings.ENCRYPTION_KEYS = ["old"]
        endpoints.rotate_secret(endpoint=endpoint, now=NOW)
        settings.ENCRYPTION_KEYS = ["new", "old"]
        rotated = rotated_during_reencrypt(endpoint)
        assert fresh(endpoint).share_secret == rotated


def rotated_during_reencrypt(endpoint: Endpoint) -> str:
    acts: list[Callable[[], Any]] = [
        lambda: list(reencrypt()),
        lambda: endpoints.rotate_secret(endpoint=endpoint, now=NOW).share_secret,
    ]
    return next(got for got in race(2, lambda: acts.pop()()) if isinstance(got, str))


# A key that is lost


@pytest.fixture
def lost(make_endpoint: MakeEndpoint, settings: Settings, receiver: Receiver) -> Endpoint:
    """An endpoint whose key is not listed any more."""
    endpoint = make_endpoint(url=receiver.url("/lost"))
    settings.ENCRYPTION_KEYS = ["another"]
    return fresh(endpoint)


def test_who_asks_for_a_secret_that_cannot_be_read_is_reported_what_to_do(
    lost: Endpoint, api: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = api.get(f"{ENDPOINTS}{lost.pk}/secret/")
    assert refusal(answer) == (503, "secret_unreadable")
    assert "MAAC_SIM_ENCRYPTION_KEYS" in answer.json()["error"]["message"]
    assert "MAAC_SIM_ENCRYPTION_KEYS" in caplog.text
    assert "Traceback" not in caplog.text
    actions = [row["action"] for row in api.get("/api/v1/audit/").json()["results"]]
    assert "endpoint.secret_revealed" not in actions


def test_everything_else_can_be_done_to_it_and_a_new_secret_cures_it(lost: Endpoint, api: APIClient) -> None:
    path = f"{ENDPOINTS}{lost.pk}/"
    assert api.get(ENDPOINTS).status_code == api.get(path).status_code == 200
    assert api.patch(path, {"name": "POS"}).status_code == 200
    assert [api.post(f"{path}{verb}/").status_code for verb in ("pause", "resume")] == [200, 200]
    new = api.post(f"{path}secret/rotate/").json()["share_secret"]
    assert api.get(f"{path}secret/").json() == {"share_secret": new}
    assert api.delete(path).status_code == 204


def test_its_deliveries_fail_for_that_reason_and_hold_up_no_other(
    lost: Endpoint,
    make_endpoint: MakeEndpoint,
    receiver: Receiver,
    alice: Account,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.WEBHOOK_RETRY_WAITS = (0.01,)
    good = make_endpoint(url=receiver.url("/good"))
    happen(alice, count=3)
    run_until_quiet()
    assert [got.path for got in receiver.requests] == ["/good"] * 3
    assert all(got.verifies(good.share_secret) for got in receiver.requests)
    failed = Delivery.objects.filter(endpoint=lost)
    assert set(failed.values_list("status", "reason", "attempt_count")) == {("failed", "UNCLASSIFIED", 2)}
    detail = Attempt.objects.filter(delivery__endpoint=lost).latest("id").detail
    assert "MAAC_SIM_ENCRYPTION_KEYS" in detail
    assert "cannot be signed" in caplog.text


# Where secrets must not be


def test_neither_answers_nor_logs_hold_a_secret_whatever_fails(
    api: APIClient,
    make_endpoint: MakeEndpoint,
    receiver: Receiver,
    alice: Account,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.WEBHOOK_RETRY_WAITS = (0.01,)
    _, token = issue_token(account=alice, name="CI", now=NOW)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    endpoint = make_endpoint(url=receiver.url("/hook"))
    path = f"{ENDPOINTS}{endpoint.pk}/"
    secret = endpoint.share_secret
    receiver.script("/hook", 500, 500, 404)
    happen(alice, count=3)
    run_until_quiet()
    answers = [api.get(f"/api/v1/{name}/") for name in ("account", "endpoints", "deliveries", "audit", "nothing")]
    answers += [api.get(f"/api/v1/deliveries/{delivery.pk}/") for delivery in Delivery.objects.all()]
    answers += [api.get(path), api.patch(path, {"url": "ftp://x/"}), api.post(f"{path}secret/", {"a": 1})]
    answers += [api.post(f"{path}secret/rotate/", {"a": 1}), api.post(f"{path}secret/rotate/", {"share_secret": "x"})]
    settings.ENCRYPTION_KEYS = ["another"]
    answers += [api.get(f"{path}secret/")]
    settings.ENCRYPTION_KEYS = ["another", *current.ENCRYPTION_KEYS]

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Endpoint, "save", fail)
    monkeypatch.setattr("webhooks.services.endpoints.audit.record", fail)
    answers += [call(each) for call in (api.get, api.post) for each in (f"{path}secret/", f"{path}pause/")]
    assert [answer.status_code for answer in answers].count(500) == 2
    said = "\n".join([caplog.text, *(answer.content.decode() for answer in answers), *map(repr, caplog.records)])
    for hidden in (secret, token, *current.ENCRYPTION_KEYS, current.SECRET_KEY):
        assert hidden == "another" or hidden not in said


def test_a_report_of_an_error_holds_no_secret(
    alice: Account, make_endpoint: MakeEndpoint, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole e-mails to administrators, with the HTML part that shows the variables of every frame."""
    settings.ADMINS = [("Operator", "operator@example.com")]
    settings.CELERY_BROKER_URL = "redis://:broker-password@redis:6379/0"
    settings.API_TOKEN = "preset-token"
    _, token = issue_token(account=alice, name="CI", now=NOW)
    endpoint = make_endpoint()
    secret = endpoint.share_secret

    def fail(*_arguments: Any, **_options: Any) -> None:
        local_copy = secret  # noqa: F841 - a variable that a report could show
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("webhooks.services.endpoints._record", fail)
    handler = AdminEmailHandler(include_html=True)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        api = client_of(alice)
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        api.cookies[current.SESSION_COOKIE_NAME] = "session-of-the-operator"
        api.cookies[current.CSRF_COOKIE_NAME] = "csrf-of-the-operator"
        assert refusal(api.get(f"{ENDPOINTS}{endpoint.pk}/secret/")) == (500, "server_error")
    finally:
        logger.removeHandler(handler)
    text = "\n".join(f"{sent.subject}\n{sent.body}\n{vars(sent).get('alternatives')}" for sent in mail.outbox)
    assert "<html" in text
    assert "the disk is full" in text
    assert "CELERY_BROKER_URL" in text
    hidden = [secret, token, "preset-token", "broker-password", "session-of-the-operator", "csrf-of-the-operator"]
    hidden += [*current.ENCRYPTION_KEYS, current.SECRET_KEY, str(current.DATABASES["default"]["NAME"])]
    assert [each for each in hidden if each in text] == []


def test_a_report_hides_the_passwords_of_a_form() -> None:
    request = RequestFactory().post("/console/", {"api_token": "maac_x1", "password1": "hunter2", "name": "CRM"})
    text = ExceptionReporter(request, RuntimeError, RuntimeError(), None).get_traceback_text()
    assert "CRM" in text
    assert not re.search("maac_x1|hunter2", text)
    assert ExceptionReporter(None, RuntimeError, RuntimeError(), None).get_traceback_text()


def test_tokens_are_hashed_and_a_token_that_somebody_chose_is_hardly_shown(alice: Account) -> None:
    row, _ = issue_token(account=alice, name="CI", now=NOW, token="hunter2")
    assert (row.prefix, str(row)) == ("hu", "CI (hu…)")
    assert authenticate(token="hunter2", now=NOW) == row
