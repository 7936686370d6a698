"""API tokens in the console: made, shown once, used, revoked; never anybody else's."""

import re
from html import unescape

import pytest
from django.test import Client

from accounts.models import Account, ApiToken, AuditEntry
from accounts.services import issue_token
from tests.brands import NOW, anyone, browser

TOKENS = "/console/tokens/"


def make(client: Client, name: str = "CRM") -> str:
    """Make one and give back the page that shows it."""
    answer = client.post(TOKENS, {"name": name})
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.content.decode()


def token_in(page: str) -> str:
    found = re.search(r'<code id="token">(maac_[^<]+)</code>', page)
    assert found
    return found[1]


def test_a_token_is_shown_once_and_works(console: Client, alice: Account) -> None:
    token = token_in(make(console))
    api = anyone()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.get("/api/v1/account/").json()["name"] == alice.name
    listed = console.get(TOKENS)
    assert token not in listed.content.decode()
    assert token[:8] in listed.content.decode()
    assert token not in str(console.cookies)
    assert token not in str(dict(console.session))


def test_making_and_revoking_stand_in_the_audit_log_with_the_user(console: Client, alice: Account) -> None:
    make(console)
    token = ApiToken.objects.get(account=alice)
    console.post(f"{TOKENS}{token.pk}/revoke/")
    newest = AuditEntry.objects.filter(account=alice).order_by("-id")[:2]
    assert [(each.actor, each.action) for each in newest] == [
        ("user alice", "token.revoked"),
        ("user alice", "token.issued"),
    ]


def test_a_revoked_token_is_refused_and_told_so(console: Client, alice: Account) -> None:
    row, token = issue_token(account=alice, name="CI", now=NOW)
    answer = console.post(f"{TOKENS}{row.pk}/revoke/", follow=True)
    page = unescape(answer.content.decode())
    assert "The token CI is revoked." in page
    assert f"{TOKENS}{row.pk}/revoke/" not in page
    api = anyone()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.get("/api/v1/account/").status_code == 401


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "line\nbreak"])
def test_a_bad_name_is_reported_and_nothing_is_made(name: str, console: Client) -> None:
    answer = console.post(TOKENS, {"name": name})
    assert answer.status_code == 200
    assert 'class="error"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_name_is_text_and_not_markup(console: Client) -> None:
    assert "<b>CRM" not in make(console, "<b>CRM</b>")
    assert "&lt;b&gt;CRM" in console.get(TOKENS).content.decode()


def test_bob_neither_sees_nor_revokes_alices_tokens(alice: Account, bob: Account) -> None:
    row, _ = issue_token(account=alice, name="Alice's CI", now=NOW)
    other = browser("bob", bob)
    assert row.prefix not in other.get(TOKENS).content.decode()
    assert other.post(f"{TOKENS}{row.pk}/revoke/").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_revoking_by_get_is_refused(console: Client, alice: Account) -> None:
    row, _ = issue_token(account=alice, name="CI", now=NOW)
    assert console.get(f"{TOKENS}{row.pk}/revoke/").status_code == 405


def test_a_form_without_the_csrf_token_makes_nothing(alice: Account) -> None:
    client = browser("alice", alice)
    client.handler.enforce_csrf_checks = True
    assert client.post(TOKENS, {"name": "CI"}).status_code == 403
    assert not ApiToken.objects.exists()


def test_the_list_costs_the_same_however_long_it_is(
    console: Client, alice: Account, django_assert_max_num_queries: object
) -> None:
    for number in range(20):
        issue_token(account=alice, name=f"token {number}", now=NOW)
    console.get(TOKENS)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        console.get(TOKENS)
