"""What every page of the console shares: who gets in, for which account, in which language, and under which policy."""

import gzip

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Membership
from tests.brands import NOW

HOME = "/console/"


def user(name: str, *accounts: Account, operates: bool = False) -> User:
    made = User.objects.create_user(name, password="a long enough password")
    for account in accounts:
        Membership.objects.create(user=made, account=account, created_at=NOW)
    if operates:
        made.user_permissions.add(Permission.objects.get(codename="operate"))
    return made


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def shown(client: Client, path: str = HOME) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_the_root_leads_to_the_console_and_the_console_to_the_login(db: None) -> None:
    assert Client().get("/").headers["Location"] == HOME
    assert Client().get(HOME).headers["Location"] == f"/console/login/?next={HOME}"


def test_a_brands_user_logs_in_with_name_and_password(alice: Account) -> None:
    user("alice", alice)
    client = Client()
    answer = client.post("/console/login/", {"username": "alice", "password": "a long enough password", "next": HOME})
    assert answer.headers["Location"] == HOME
    assert "Alice&#x27;s brand" in shown(client)


def test_a_wrong_password_is_reported_and_lets_nobody_in(alice: Account) -> None:
    user("alice", alice)
    client = Client()
    answer = client.post("/console/login/", {"username": "alice", "password": "wrong"})
    assert answer.status_code == 200
    assert "correct username and password" in answer.content.decode()
    assert client.get(HOME).status_code == 302


def test_a_user_without_an_account_is_reported_whom_to_ask(db: None) -> None:
    answer = signed_in(user("nobody")).get(HOME)
    assert answer.status_code == 403
    assert "customer support" in answer.content.decode()


def test_a_brands_user_sees_only_the_own_brand_and_cannot_switch_to_another(alice: Account, bob: Account) -> None:
    client = signed_in(user("alice", alice))
    client.post(reverse("console:account_switch"), {"account": str(bob.pk)})
    page = shown(client)
    assert "Alice&#x27;s brand" in page
    assert "Bob" not in page
    assert reverse("console:accounts") not in page


def test_customer_support_switches_between_all_brands(alice: Account, bob: Account) -> None:
    client = signed_in(user("support", operates=True))
    assert f'value="{alice.pk}" selected' in shown(client)
    answer = client.post(reverse("console:account_switch"), {"account": str(bob.pk)})
    assert answer.status_code == 302
    page = shown(client)
    assert f'value="{bob.pk}" selected' in page
    assert reverse("console:accounts") in page


def test_an_account_that_was_taken_away_is_left_at_once(alice: Account, bob: Account) -> None:
    who = user("both", alice, bob)
    client = signed_in(who)
    client.post(reverse("console:account_switch"), {"account": str(bob.pk)})
    Membership.objects.filter(user=who, account=bob).delete()
    page = shown(client)
    assert "Alice&#x27;s brand" in page
    assert "Bob" not in page


def test_a_switch_with_nonsense_changes_nothing(alice: Account) -> None:
    client = signed_in(user("alice", alice))
    for nonsense in ("", "x", "-1", "99999999999999999999", "１"):
        assert client.post(reverse("console:account_switch"), {"account": nonsense}).status_code == 302
    assert "Alice&#x27;s brand" in shown(client)


def test_the_language_is_chosen_by_post_and_remembered(alice: Account) -> None:
    client = signed_in(user("alice", alice))
    assert client.get(HOME, headers={"accept-language": "zh-TW"}).headers["Content-Language"] == "zh-hant"
    answer = client.post(reverse("console:language"), {"language": "ja", "next": HOME})
    assert answer.headers["Location"] == HOME
    assert 'lang="ja"' in shown(client)
    assert client.cookies["maac_sim_language"]["max-age"] == 365 * 24 * 60 * 60


def test_the_theme_of_the_cookie_stands_in_the_page_and_nothing_else_does(alice: Account) -> None:
    client = signed_in(user("alice", alice))
    client.cookies["maac_sim_theme"] = "dark"
    assert 'data-theme="dark"' in shown(client)
    client.cookies["maac_sim_theme"] = '"><script>'
    page = shown(client)
    assert "data-theme=" not in page
    assert "<script>" not in page


def test_every_page_forbids_inline_code_and_other_hosts(alice: Account) -> None:
    answer = signed_in(user("alice", alice)).get(HOME)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    page = answer.content.decode()
    assert " style=" not in page
    assert " onclick=" not in page


def test_a_change_without_the_csrf_token_is_refused(alice: Account, bob: Account) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user("both", alice, bob))
    assert client.post(reverse("console:account_switch"), {"account": str(bob.pk)}).status_code == 403


def test_a_change_by_get_is_refused(alice: Account) -> None:
    assert signed_in(user("alice", alice)).get(reverse("console:account_switch")).status_code == 405


def test_what_does_not_exist_is_a_page_in_the_console_and_json_elsewhere(alice: Account) -> None:
    client = signed_in(user("alice", alice))
    answer = client.get("/console/nothing/here/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert client.get("/api/v1/nothing/").headers["Content-Type"] == "application/json"


def test_a_form_without_its_token_and_a_page_of_others_are_refused_within_the_frame(alice: Account) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user("alice", alice))
    answer = strict.post("/console/account/", {"account": alice.pk})
    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()
    strict.force_login(user("support", operates=True))
    assert (answer := strict.get("/admin/auth/user/")).status_code == 403
    for part in ("Your user may not do this.", 'class="side"'):
        assert part in answer.content.decode()


def test_a_page_is_compressed_for_browsers_that_can_read_it(console: Client) -> None:
    answer = console.get(HOME, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"<html" in gzip.decompress(answer.content)


def test_a_host_that_is_not_ours_gets_a_page_that_says_so(db: None) -> None:
    answer = Client(raise_request_exception=False).get(HOME, headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "Invalid request" in answer.content.decode()


LONG = "1" * 5000


@pytest.mark.parametrize("path", ["/console/notices/?before=", "/console/audit/?account=", "/console/checks/?before="])
def test_a_number_of_thousands_of_digits_is_nobodys_id(path: str, operator: Client, alice: Account) -> None:
    assert operator.get(path + LONG).status_code in (200, 404)


def test_an_account_of_thousands_of_digits_is_not_switched_to(console: Client) -> None:
    answer = console.post("/console/account/", {"account": LONG})
    assert answer.status_code == 302
    assert "account" not in console.session
