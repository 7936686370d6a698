"""Wrong passwords: after five from an address, the user's log-in from there is refused for five minutes."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.log_ins import client_address
from accounts.models import Account, AuditEntry, Membership
from accounts.people import reset_password
from tests.brands import NOW

LOGIN = "/console/login/"
CHANGE = "/console/password_change/"
PASSWORD = "a long enough password"
LOCKED = "Too many wrong passwords for this user from your address. Try again in 5 minutes."


@pytest.fixture
def hanako(alice: Account) -> User:
    user = User.objects.create_user("hanako", password=PASSWORD)
    Membership.objects.create(account=alice, user=user, created_at=NOW)
    AuditEntry.objects.all().delete()
    return user


def try_it(password: str, username: str = "hanako", **extra: Any) -> Any:
    return Client().post(LOGIN, {"username": username, "password": password}, **extra)


def lock(username: str = "hanako", **extra: Any) -> Any:
    return [try_it("wrong", username, **extra) for _ in range(5)][-1]


def pass_time(minutes: int) -> None:
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=minutes))


def test_five_wrong_passwords_lock_for_five_minutes(hanako: User) -> None:
    assert [try_it("wrong").status_code for _ in range(5)] == [200] * 4 + [429]
    refused = try_it(PASSWORD)
    assert refused.status_code == 429
    assert LOCKED in refused.content.decode()
    pass_time(6)
    assert try_it(PASSWORD).status_code == 302


def test_trying_on_does_not_prolong_it(hanako: User) -> None:
    lock()
    pass_time(3)
    assert "in 2 minutes" in try_it("wrong").content.decode()
    pass_time(3)
    assert try_it(PASSWORD).status_code == 302


def test_the_password_is_not_looked_at_meanwhile(hanako: User, monkeypatch: pytest.MonkeyPatch) -> None:
    lock()
    monkeypatch.setattr(User, "check_password", lambda *_args: pytest.fail("the password was looked at"))
    assert try_it(PASSWORD).status_code == 429


def test_others_and_other_addresses_go_on(hanako: User) -> None:
    User.objects.create_user("taro", password=PASSWORD)
    lock()
    assert try_it(PASSWORD, "taro").status_code == 302
    assert try_it(PASSWORD, REMOTE_ADDR="203.0.113.9").status_code == 302


def test_a_success_and_a_new_password_forget_the_failures(hanako: User) -> None:
    for _ in range(3):
        assert [try_it("wrong").status_code for _ in range(4)] == [200] * 4
        assert try_it(PASSWORD).status_code == 302
    lock()
    given = reset_password(membership=hanako.memberships.get(), now=NOW)
    assert try_it(given).status_code == 302


@pytest.mark.parametrize(("language", "sentence"), [("ja", "5 分後に"), ("zh-hant", "5 分鐘後")])
def test_it_is_said_in_the_visitors_language(language: str, sentence: str, hanako: User) -> None:
    assert sentence in lock(HTTP_ACCEPT_LANGUAGE=language).content.decode()


def test_the_old_password_of_a_change_is_limited_too(hanako: User) -> None:
    client = Client()
    client.force_login(hanako)
    new = {"new_password1": "another long password", "new_password2": "another long password"}
    wrong = [client.post(CHANGE, {"old_password": "wrong", **new}) for _ in range(5)]
    assert [answer.status_code for answer in wrong] == [200] * 4 + [429]
    assert LOCKED in client.post(CHANGE, {"old_password": PASSWORD, **new}).content.decode()
    pass_time(6)
    assert client.post(CHANGE, {"old_password": PASSWORD, **new}).status_code == 302
    assert try_it("another long password").status_code == 302


def test_failures_stand_in_the_log_and_in_the_audit_log(hanako: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        lock()
        try_it("wrong")
        try_it("wrong", "no\nbody")
    messages = [record.getMessage() for record in caplog.records if record.name == "accounts.log_ins"]
    assert messages == [
        *["Log-in as 'hanako' from 127.0.0.1 failed"] * 5,
        "Log-in as 'hanako' from 127.0.0.1 failed: refused after too many failures",
        "Log-in as 'no\\nbody' from 127.0.0.1 failed",
    ]
    entries = [(each.action, each.actor, each.target) for each in hanako.memberships.get().account.audit_entries.all()]
    assert entries == [("user.log_in_failed", "address 127.0.0.1", "user hanako")] * 5
    assert AuditEntry.objects.count() == 5


def test_those_of_customer_support_are_shown_to_customer_support_only(
    operator: Client, console: Client, alice: Account
) -> None:
    try_it("wrong", "support")
    assert "user support" in operator.get("/console/audit/").content.decode()
    assert "user support" not in console.get("/console/audit/").content.decode()


@pytest.mark.parametrize(
    ("proxies", "direct", "forwarded", "address"),
    [
        (0, "203.0.113.1", "198.51.100.1", "203.0.113.1"),
        (1, "203.0.113.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        (2, "203.0.113.1", "192.0.2.66, 198.51.100.1, 203.0.113.2", "198.51.100.1"),
        (1, "203.0.113.1", "", "203.0.113.1"),
        (2, "203.0.113.1", "192.0.2.66", "203.0.113.1"),
        (1, "203.0.113.1", "nonsense", "203.0.113.1"),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (0, "::ffff:203.0.113.1", "", "203.0.113.1"),
        (0, "", "", None),
    ],
)
def test_the_clients_address(
    proxies: int, direct: str, forwarded: str, address: str | None, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=direct, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == address
