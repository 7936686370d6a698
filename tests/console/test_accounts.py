"""Customer support's pages: accounts, licences, limits, people and the audit log; and what a brand sees of its own."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from accounts import audit
from accounts.models import Account, AuditEntry, Licence, Membership
from accounts.services import create_account, endpoint_limit, grant_endpoint_add_on, grant_zone, licensed_zones
from console.accounts.audit_labels import ACTIONS
from console.urls import urlpatterns
from tests.brands import NOW, YEAR, browser
from tests.conftest import ROOT

ACCOUNTS = "/console/accounts/"
AUDIT = "/console/audit/"
DAY = timedelta(days=1)


def shown(client: Client, path: str, **query: str | int) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200, path
    return " ".join(unescape(answer.content.decode()).split())


def sent(client: Client, path: str, **fields: object) -> str:
    """Where the form leads to, or the page that says why not."""
    answer = client.post(path, fields, follow=True)
    assert answer.status_code == 200, path
    return " ".join(unescape(answer.content.decode()).split())


def log_in(client: Client, username: str, password: str) -> bool:
    answer = client.post("/console/login/", {"username": username, "password": password})
    return answer.status_code == 302


def of(account: Account, rest: str = "") -> str:
    return f"{ACCOUNTS}{account.pk}/{rest}"


def local(moment: datetime) -> str:
    """As a browser sends it from Asia/Taipei."""
    return f"{moment.astimezone(ALICES_ZONE):%Y-%m-%dT%H:%M:%S}"


DORAS = {"name": "Dora's brand", "time_zone": "Asia/Taipei", "plan": "marketing", "endpoint_limit": 3}
ALICES_ZONE = Account(time_zone="Asia/Taipei").zone_info
NOW_REALLY = datetime.now(UTC).replace(microsecond=0)


def log_of(account: Account) -> list[tuple[str, str, str]]:
    return list(reversed([(each.actor, each.action, each.target) for each in audit.entries(account=account)]))


@pytest.fixture
def dora(db: None) -> Account:
    """A brand that has bought nothing, and an empty log."""
    account = create_account(name="Dora's brand", time_zone="Asia/Taipei", now=NOW)
    AuditEntry.objects.all().delete()
    return account


# Who may


SUPPORT = [pattern for pattern in urlpatterns if str(pattern.pattern).startswith("accounts/")]


@pytest.mark.parametrize("pattern", SUPPORT, ids=lambda pattern: str(pattern.name))
def test_no_page_of_customer_support_exists_for_a_brands_user(pattern: object, console: Client, alice: Account) -> None:
    licence = alice.licences.first()
    membership = Membership.objects.get(account=alice)
    assert licence
    path = str(pattern.pattern)  # type: ignore[attr-defined]
    for name, value in (("pk", alice.pk), ("licence_pk", licence.pk), ("user_pk", membership.user_id)):
        path = path.replace(f"<int:{name}>", str(value))
    before = log_of(alice)
    answers = {console.get(f"/console/{path}").status_code, console.post(f"/console/{path}").status_code}
    assert answers <= {404, 405}
    assert 404 in answers
    assert log_of(alice) == before


def test_changes_are_made_by_post_alone(operator: Client, alice: Account) -> None:
    licence = alice.licences.first()
    assert licence
    for path in (f"licences/{licence.pk}/end/", "people/", "people/1/remove/", "people/1/password/"):
        assert operator.get(of(alice, path)).status_code == 405


def test_what_does_not_exist_is_not_found(operator: Client, alice: Account, bob: Account) -> None:
    of_bob = bob.licences.get()
    for path in (of(alice, f"licences/{of_bob.pk}/"), f"{ACCOUNTS}999999/", f"{ACCOUNTS}{10**30}/"):
        assert operator.get(path).status_code == 404
    assert operator.post(of(alice, f"licences/{of_bob.pk}/end/")).status_code == 404


# The list


def test_the_list_tells_plan_running_endpoints_and_licences(
    operator: Client, alice: Account, carol: Account, make_endpoint: object
) -> None:
    make_endpoint()  # type: ignore[operator]
    grant_endpoint_add_on(account=alice, extra_endpoints=2, valid_from=NOW, valid_until=NOW_REALLY + YEAR)
    page = shown(operator, ACCOUNTS)
    assert "Alice's brand" in page
    assert "1 of 5" in page
    assert "0 of 3" in page
    assert page.count("Not licensed") == 2


def test_a_licence_near_its_end_warns_and_an_ended_one_says_so(operator: Client, dora: Account) -> None:
    grant_zone(account=dora, zone=1, valid_from=NOW, valid_until=NOW_REALLY + 3 * DAY - timedelta(hours=1))
    grant_zone(account=dora, zone=2, valid_from=NOW, valid_until=NOW + DAY)
    page = shown(operator, ACCOUNTS)
    assert 'class="pill warn">3 days left' in page
    assert 'class="pill bad">Ended' in page


def test_accounts_are_searched_by_name_and_come_in_pages(
    operator: Client, alice: Account, django_assert_max_num_queries: object
) -> None:
    for number in range(60):
        create_account(name=f"夏祭り {number}", time_zone="Asia/Tokyo", now=NOW)
    first, second = shown(operator, ACCOUNTS, q="夏祭り"), shown(operator, ACCOUNTS, q="夏祭り", page=2)
    assert "60 accounts" in first
    assert "Alice's brand</a>" not in first
    assert (first.count('class="name"'), second.count('class="name"')) == (50, 10)
    assert "No account has that" in shown(operator, ACCOUNTS, q="xy<script>")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        shown(operator, ACCOUNTS)


# An account


def test_an_account_is_created_and_noted(operator: Client, alice: Account) -> None:
    page = sent(operator, f"{ACCOUNTS}new/", name=" 千代田カフェ ", time_zone="Asia/Tokyo", plan="marketing")
    assert "The account 千代田カフェ is created" in page
    account = Account.objects.get(name="千代田カフェ")
    assert (account.time_zone, account.plan, account.endpoint_limit) == ("Asia/Tokyo", "marketing", 3)
    assert log_of(account) == [("user support", "account.created", "千代田カフェ")]


@pytest.mark.parametrize(
    "wrong", [{"name": "\u200b"}, {"name": ""}, {"name": "x" * 101}, {"time_zone": "Mars/Olympus"}, {"plan": "gold"}]
)
def test_an_account_that_cannot_be_is_refused_beside_the_field(
    wrong: dict[str, str], operator: Client, alice: Account
) -> None:
    fields = {"name": "New", "time_zone": "Asia/Tokyo", "plan": "marketing", **wrong}
    assert 'class="error"' in sent(operator, f"{ACCOUNTS}new/", **fields)
    assert Account.objects.count() == 1


def test_name_zone_plan_and_limit_are_edited_and_each_is_noted(operator: Client, dora: Account) -> None:
    fields = {"name": "Dora's new brand", "time_zone": "Asia/Tokyo", "plan": "entry", "endpoint_limit": 5}
    for _ in range(2):
        assert "Saved." in sent(operator, of(dora, "edit/"), **fields)
    dora.refresh_from_db()
    assert (dora.name, dora.time_zone, dora.plan, dora.endpoint_limit) == tuple(fields.values())
    assert log_of(dora) == [
        ("user support", "plan.changed", "marketing to entry"),
        ("user support", "account.edited", "Dora's brand: name, time_zone"),
        ("user support", "limit.changed", "3 to 5"),
    ]


def test_a_plan_that_licences_need_is_refused_and_nothing_else_is_changed(operator: Client, alice: Account) -> None:
    before = log_of(alice)
    grant_zone(account=alice, zone=1, valid_from=NOW_REALLY + 20 * YEAR, valid_until=NOW_REALLY + 21 * YEAR)
    page = sent(operator, of(alice, "edit/"), name="Other", time_zone="Asia/Tokyo", plan="entry", endpoint_limit=9)
    assert "End them first" in page
    alice.refresh_from_db()
    assert (alice.name, alice.plan, alice.endpoint_limit) == ("Alice's brand", "marketing", 3)
    assert len(log_of(alice)) == len(before) + 1


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "9" * 30, "x", ""])
def test_a_limit_that_makes_no_sense_is_refused(limit: str, operator: Client, dora: Account) -> None:
    page = sent(operator, of(dora, "edit/"), name="D", time_zone="Asia/Tokyo", plan="entry", endpoint_limit=limit)
    assert 'class="error"' in page
    dora.refresh_from_db()
    assert (dora.name, dora.endpoint_limit) == ("Dora's brand", 3)


@pytest.mark.parametrize(
    ("typed", "stored", "output", "noted"),
    [
        ("0.01, 0.02,4", [0.01, 0.02, 4.0], "0.01, 0.02, 4 s", "0.01, 0.02, 4"),
        ("none", [], "No retry", "none"),
        ("", None, None, "the simulator's"),
    ],
)
def test_retry_waits_are_typed_shown_and_noted_once(
    typed: str, stored: list[float] | None, output: str | None, noted: str, operator: Client, dora: Account
) -> None:
    Account.objects.filter(pk=dora.pk).update(retry_waits=[9])
    for _ in range(2):
        page = sent(operator, of(dora, "edit/"), **DORAS, retry_waits=typed)
        assert "Saved." in page
    dora.refresh_from_db()
    assert dora.retry_waits == stored
    facts = page.partition("Webhook licences")[0]
    assert output in facts if output else "Retry waits" not in facts
    assert log_of(dora) == [("user support", "retry_waits.changed", noted)]
    again = noted if typed else ""
    assert (f'value="{again}"' in shown(operator, of(dora, "edit/"))) == bool(again)


@pytest.mark.parametrize("typed", ["soon", "1;2", "-1", "3601", ",", "1," * 11 + "1", "nan"])
def test_what_are_no_waits_is_reported_and_nothing_else_is_changed(typed: str, operator: Client, dora: Account) -> None:
    page = sent(operator, of(dora, "edit/"), **{**DORAS, "name": "Other"}, retry_waits=typed)
    assert '<p class="error" role="alert" id="id_retry_waits_error">Write at most 10 numbers' in page
    assert f'value="{typed}"' in page
    dora.refresh_from_db()
    assert (dora.name, dora.retry_waits, log_of(dora)) == ("Dora's brand", None, [])


def test_waits_are_not_kept_where_the_plan_is_refused(operator: Client, alice: Account) -> None:
    grant_zone(account=alice, zone=1, valid_from=NOW_REALLY + 20 * YEAR, valid_until=NOW_REALLY + 21 * YEAR)
    page = sent(operator, of(alice, "edit/"), **{**DORAS, "plan": "entry"}, retry_waits="5")
    assert "End them first" in page
    alice.refresh_from_db()
    assert alice.retry_waits is None


def test_support_goes_to_work_in_an_account(operator: Client, alice: Account, bob: Account) -> None:
    page = shown(operator, of(bob))
    assert f'name="account" value="{bob.pk}"' in page
    assert "Bob's brand" in sent(operator, "/console/account/", account=bob.pk)
    assert "Bob's brand" in shown(operator, "/console/account-info/")


# Licences


def test_a_zone_is_licensed_for_a_period_in_the_accounts_time(operator: Client, dora: Account) -> None:
    form = {"zone": 2, "valid_from": "2026-03-05T09:00", "valid_until": "2099-03-05T00:00:00"}
    assert "Saved." in sent(operator, of(dora, "zone/"), **form)
    licence = dora.licences.get()
    assert (licence.zone, licence.valid_from) == (2, NOW)
    assert licence.valid_until == datetime(2099, 3, 4, 16, 0, tzinfo=UTC)
    assert log_of(dora) == [("user support", "licence.granted", "Webhook zone 2 until 2099-03-05")]


def test_an_add_on_raises_the_limit_for_its_period(operator: Client, dora: Account) -> None:
    form = {"extra_endpoints": 4, "valid_from": "2026-03-05T09:00", "valid_until": "2099-01-01T00:00"}
    assert "Saved." in sent(operator, of(dora, "add-on/"), **form)
    assert endpoint_limit(account=dora, now=NOW_REALLY) == 7
    assert "3 by the limit, 4 by add-ons" in shown(operator, of(dora))


@pytest.mark.parametrize(
    "wrong",
    [
        {"valid_until": "2026-03-05T09:00"},
        {"valid_until": "2020-01-01T00:00"},
        {"valid_until": ""},
        {"valid_until": "soon"},
        {"valid_from": "0001-01-01T00:00"},
        {"valid_until": "9999-12-31T23:59"},
        {"zone": "3"},
        {"zone": ""},
        {"zone": "１"},
    ],
    ids=str,
)
def test_a_licence_that_makes_no_sense_is_refused(wrong: dict[str, str], operator: Client, dora: Account) -> None:
    form = {"zone": "1", "valid_from": "2026-03-05T09:00", "valid_until": "2027-03-05T09:00", **wrong}
    assert 'class="error"' in sent(operator, of(dora, "zone/"), **form)
    assert not dora.licences.exists()


@pytest.mark.parametrize("count", ["0", "-3", "1001", "x"])
def test_an_add_on_that_makes_no_sense_is_refused(count: str, operator: Client, dora: Account) -> None:
    form = {"extra_endpoints": count, "valid_from": "2026-03-05T09:00", "valid_until": "2099-01-01T00:00"}
    assert 'class="error"' in sent(operator, of(dora, "add-on/"), **form)
    assert not dora.licences.exists()


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (0, 365), (364, 400), (-10, 400), (10, 20)])
def test_a_zone_is_never_licensed_twice_at_a_time(start: int, end: int, operator: Client, dora: Account) -> None:
    grant_zone(account=dora, zone=1, valid_from=NOW, valid_until=NOW + YEAR)
    period = {"valid_from": local(NOW + start * DAY), "valid_until": local(NOW + end * DAY)}
    page = sent(operator, of(dora, "zone/"), zone=1, **period)
    assert "Zone 1 is licensed from 2026-03-05 09:00 until 2027-03-05 09:00 already" in page
    assert dora.licences.count() == 1
    assert "Saved." in sent(operator, of(dora, "zone/"), zone=2, **period)


def test_licences_may_follow_each_other_at_once(operator: Client, dora: Account) -> None:
    grant_zone(account=dora, zone=1, valid_from=NOW, valid_until=NOW + YEAR)
    period = {"valid_from": local(NOW + YEAR), "valid_until": local(NOW + 2 * YEAR)}
    assert "Saved." in sent(operator, of(dora, "zone/"), zone=1, **period)


def test_only_the_marketing_plan_is_licensed(operator: Client, dora: Account) -> None:
    sent(operator, of(dora, "edit/"), name="Dora", time_zone="Asia/Taipei", plan="entry", endpoint_limit=3)
    form = {"zone": 1, "valid_from": "2026-03-05T09:00", "valid_until": "2099-01-01T00:00"}
    assert "Webhook is an add-on to the marketing plan" in sent(operator, of(dora, "zone/"), **form)


def test_a_licence_is_extended_and_what_was_left_alone_stays_to_the_microsecond(
    operator: Client, dora: Account
) -> None:
    begins = NOW + timedelta(microseconds=123456)
    licence = grant_zone(account=dora, zone=1, valid_from=begins, valid_until=NOW_REALLY + DAY)
    until = NOW_REALLY + 30 * DAY
    path = of(dora, f"licences/{licence.pk}/")
    assert local(begins) in shown(operator, path)
    assert "Saved." in sent(operator, path, valid_from=local(begins), valid_until=local(until))
    licence.refresh_from_db()
    assert (licence.valid_from, licence.valid_until) == (begins, until)
    assert log_of(dora)[-1][1:] == (
        "licence.changed",
        f"Webhook zone 1: valid_until, until {until.astimezone(ALICES_ZONE):%Y-%m-%d}",
    )


def test_a_licence_cannot_be_extended_into_the_next_one(operator: Client, dora: Account) -> None:
    licence = grant_zone(account=dora, zone=1, valid_from=NOW, valid_until=NOW_REALLY + DAY)
    grant_zone(account=dora, zone=1, valid_from=NOW_REALLY + 2 * DAY, valid_until=NOW_REALLY + YEAR)
    form = {"valid_from": local(NOW), "valid_until": local(NOW_REALLY + 3 * DAY)}
    assert "already" in sent(operator, of(dora, f"licences/{licence.pk}/"), **form)
    licence.refresh_from_db()
    assert licence.valid_until == NOW_REALLY + DAY


def test_a_licence_is_ended_now_and_only_once(operator: Client, dora: Account) -> None:
    licence = grant_zone(account=dora, zone=1, valid_from=NOW, valid_until=NOW_REALLY + YEAR)
    path = of(dora, f"licences/{licence.pk}/end/")
    assert "The licence has ended." in sent(operator, path)
    assert licensed_zones(account_id=dora.pk, now=datetime.now(UTC)) == set()
    licence.refresh_from_db()
    ended = licence.valid_until
    operator.post(path)
    licence.refresh_from_db()
    assert licence.valid_until == ended
    assert [action for _, action, _ in log_of(dora)] == ["licence.granted", "licence.ended"]
    assert "That licence has ended" in sent(operator, of(dora, f"licences/{licence.pk}/"), **_period(licence))


def test_a_licence_that_has_not_begun_is_taken_back(operator: Client, dora: Account) -> None:
    licence = grant_zone(account=dora, zone=1, valid_from=NOW_REALLY + DAY, valid_until=NOW_REALLY + YEAR)
    operator.post(of(dora, f"licences/{licence.pk}/end/"))
    assert not Licence.objects.filter(pk=licence.pk).exists()


def _period(licence: Licence) -> dict[str, str]:
    return {"valid_from": local(licence.valid_from), "valid_until": local(licence.valid_until + YEAR)}


# People


def password_in(page: str) -> str:
    found = re.search(r'<code id="password">([a-z0-9-]{19})</code>', page)
    assert found
    return found[1]


def test_a_new_person_gets_a_password_that_is_shown_once_and_lets_them_in(operator: Client, alice: Account) -> None:
    answer = operator.post(of(alice, "people/"), {"username": "hanako"})
    assert "no-store" in answer.headers["Cache-Control"]
    password = password_in(answer.content.decode())
    assert password not in shown(operator, of(alice))
    own = Client()
    assert log_in(own, "hanako", password)
    page = shown(own, "/console/account-info/")
    assert "Alice's brand" in page
    assert ACCOUNTS not in page
    assert log_of(alice)[-1] == ("user support", "user.added", "user hanako")


def test_who_has_a_user_already_joins_with_the_password_they_have(
    operator: Client, alice: Account, bob: Account
) -> None:
    both = User.objects.create_user("both", password="a long enough password")
    Membership.objects.create(user=both, account=bob, created_at=NOW)
    assert "who now works for this account, too" in sent(operator, of(alice, "people/"), username="both")
    assert log_in(Client(), "both", "a long enough password")
    assert "works for this account already" in sent(operator, of(alice, "people/"), username="both")
    assert Membership.objects.filter(user=both).count() == 2


@pytest.mark.parametrize("name", ["", "a b", "x" * 151, "semi;colon", "<b>"])
def test_a_name_that_cannot_be_is_refused_beside_the_field(name: str, operator: Client, alice: Account) -> None:
    before = User.objects.count()
    assert 'class="error"' in sent(operator, of(alice, "people/"), username=name)
    assert User.objects.count() == before


def test_a_removed_person_sees_nothing_from_then_on(operator: Client, alice: Account) -> None:
    own = browser("hanako", alice)
    person = User.objects.get(username="hanako")
    assert "hanako no longer sees this account" in sent(operator, of(alice, f"people/{person.pk}/remove/"))
    assert own.get("/console/").status_code == 403
    assert User.objects.filter(pk=person.pk).exists()
    assert operator.post(of(alice, f"people/{person.pk}/remove/")).status_code == 404


def test_a_new_password_ends_the_sessions_of_the_old_one(operator: Client, alice: Account) -> None:
    own = browser("hanako", alice)
    person = User.objects.get(username="hanako")
    page = operator.post(of(alice, f"people/{person.pk}/password/")).content.decode()
    assert own.get("/console/").status_code == 302
    assert log_in(Client(), "hanako", password_in(page))


def test_support_cannot_take_over_whoever_may_do_more(operator: Client, alice: Account) -> None:
    root = User.objects.create_superuser("root", password="a long enough password")
    assert "works as customer support" in sent(operator, of(alice, "people/"), username="root")
    Membership.objects.create(user=root, account=alice, created_at=NOW)
    operator.post(of(alice, f"people/{root.pk}/password/"))
    assert log_in(Client(), "root", "a long enough password")


# What a brand sees of its own


def test_a_brand_reads_its_plan_limit_and_licences_and_can_change_nothing(console: Client, alice: Account) -> None:
    page = shown(console, "/console/account-info/")
    assert "Marketing" in page
    assert "0 of 3" in page
    assert "Webhook zone 2" in page
    assert "licences/" not in page.partition("<main")[2]


# The audit log


def test_a_brand_reads_its_own_log_and_support_any(
    console: Client, operator: Client, alice: Account, bob: Account
) -> None:
    assert "Alice's brand" in shown(console, AUDIT)
    assert console.get(AUDIT, {"account": bob.pk}).status_code == 404
    assert "Who did what in Bob's brand" in shown(operator, AUDIT, account=bob.pk)
    for nonsense in ("x", "", "１", 10**30):
        assert operator.get(AUDIT, {"account": nonsense}).status_code == 404


def test_the_log_is_filtered_by_action_who_and_what(console: Client, alice: Account) -> None:
    audit.record(account=alice, actor="user hanako", action="endpoint.paused", target="endpoint 7 (CRM)", now=NOW)
    audit.record(account=alice, actor="token CI (maac_abc…)", action="endpoint.edited", target="endpoint 8", now=NOW)
    for query in ({"action": "endpoint.paused"}, {"actor": "HANAKO"}, {"target": "(crm)"}):
        table = shown(console, AUDIT, **query).partition("<tbody>")[2]
        assert "endpoint 7 (CRM)" in table
        assert "endpoint 8" not in table
    assert "No entry of the log matches." in shown(console, AUDIT, actor="nobody")
    assert "The filter cannot be read." in shown(console, AUDIT, action="no.such")


def test_the_log_goes_on_at_older_pages_with_its_filter(console: Client, alice: Account) -> None:
    AuditEntry.objects.all().delete()
    for number in range(120):
        audit.record(account=alice, actor="user a", action="endpoint.edited", target=f"number {number};", now=NOW)
        audit.record(account=alice, actor="user b", action="endpoint.edited", target="other", now=NOW)
    path, seen = f"{AUDIT}?actor=user+a", []
    for _ in range(3):
        page = shown(console, path)
        seen += re.findall(r"number (\d+);", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = AUDIT + following[1] if following else ""
    assert seen == [str(number) for number in reversed(range(120))]
    assert path == ""


def test_every_action_that_is_recorded_has_words() -> None:
    sources = [path for app in ("accounts", "webhooks", "rest", "console") for path in (ROOT / app).rglob("*.py")]
    kinds = "|".join({action.partition(".")[0] for action in ACTIONS})
    recorded = {found for path in sources for found in re.findall(rf'"((?:{kinds})\.[a-z_]+)"', _code(path))}
    assert recorded - set(ACTIONS) == set()


def _code(path: Path) -> str:
    """What is recorded by a service; elsewhere such words may be names of other things."""
    is_service = path.parent.name == "services" or path.parent.name == "accounts"
    return path.read_text(encoding="utf-8") if is_service else ""


# Users, for superusers


USERS = "/admin/auth/user/"


@pytest.fixture
def root(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_only_superusers_reach_the_pages_of_users(root: Client, operator: Client, alice: Account) -> None:
    assert USERS in shown(root, ACCOUNTS)
    assert USERS not in shown(operator, ACCOUNTS)
    assert operator.get(USERS).status_code == 403
    assert "root" in shown(root, USERS)


def test_a_superuser_makes_somebody_customer_support_and_takes_it_back(root: Client, alice: Account) -> None:
    fields = {"username": "haruko", "password1": "a long enough password", "password2": "a long enough password"}
    sent(root, f"{USERS}add/", **fields)
    made = User.objects.get(username="haruko")
    form = {"username": "haruko", "email": "", "is_active": "on"}
    own = Client()
    assert log_in(own, "haruko", "a long enough password")
    for operates, status in (({"operates": "on"}, 200), ({}, 403)):
        sent(root, f"{USERS}{made.pk}/change/", **form, **operates)
        assert own.get("/console/").status_code == status


def test_no_page_of_users_has_inline_code(root: Client) -> None:
    made = User.objects.get(username="root")
    for rest in ("", "add/", f"{made.pk}/change/", f"{made.pk}/password/", f"{made.pk}/delete/"):
        page = shown(root, f"{USERS}{rest}")
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on[a-z]+=", page), rest
    for path in ("/console/password_change/", "/console/password_change/done/"):
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on[a-z]+=", shown(root, path)), path


def test_a_user_changes_the_own_password(alice: Account) -> None:
    person = User.objects.create_user("hanako", password="a long enough password")
    Membership.objects.create(user=person, account=alice, created_at=NOW)
    own = Client()
    own.force_login(person)
    new = "quite another password"
    fields = {"old_password": "a long enough password", "new_password1": new, "new_password2": new}
    assert "The password is changed" in sent(own, "/console/password_change/", **fields)
    assert log_in(Client(), "hanako", new)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "API tokens belong to the account"),
        ("ja", "API トークンはユーザーではなく"),
        ("zh-hant", "API 權杖屬於帳號"),
    ],
)
def test_the_page_that_keeps_a_user_out_says_what_becomes_of_the_tokens(
    language: str, sentence: str, alice: Account
) -> None:
    root, client = User.objects.create_superuser("root"), Client(HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(root)
    assert sentence in shown(client, f"{USERS}{root.pk}/change/")
