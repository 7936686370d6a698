"""accounts.services: tokens, licences and limits, without a door in between."""

import hashlib
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import Account, ApiToken, Licence
from accounts.services import (
    authenticate,
    create_account,
    endpoint_limit,
    grant_endpoint_add_on,
    grant_zone,
    issue_token,
    licensed_zones,
    revoke_token,
)
from tests.brands import NOW, YEAR

SECOND = timedelta(seconds=1)


# Tokens


def test_a_token_is_reported_once_and_only_its_hash_is_kept(alice: Account) -> None:
    row, token = issue_token(account=alice, name="CI", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apitoken")
        (stored,) = cursor.fetchall()
    assert token not in map(str, stored)
    assert row.digest == hashlib.sha256(token.encode()).hexdigest()
    assert row.prefix == token[:8] == str(row)[4:12]


def test_each_token_is_new(alice: Account) -> None:
    tokens = {issue_token(account=alice, name="CI", now=NOW)[1] for _ in range(10)}
    assert len(tokens) == 10
    assert all(token.startswith("maac_") and len(token) >= 40 for token in tokens)


def test_a_token_can_be_preset_but_not_twice(alice: Account, bob: Account) -> None:
    _, token = issue_token(account=alice, name="CI", now=NOW, token="chosen-by-the-operator")
    assert token == "chosen-by-the-operator"
    with pytest.raises(IntegrityError), transaction.atomic():
        issue_token(account=bob, name="CI", now=NOW, token=token)


def test_a_token_leads_to_its_account(alice: Account, bob: Account) -> None:
    for account in (alice, bob):
        _, token = issue_token(account=account, name="CI", now=NOW)
        row = authenticate(token=token, now=NOW)
        assert row is not None
        assert row.account == account


def test_a_revoked_or_unknown_token_leads_nowhere(alice: Account) -> None:
    row, token = issue_token(account=alice, name="CI", now=NOW)
    revoke_token(token=row, now=NOW)
    assert authenticate(token=token, now=NOW) is None
    assert authenticate(token=row.digest, now=NOW) is None
    assert authenticate(token="", now=NOW) is None


def test_revoking_twice_keeps_the_first_moment_and_touches_no_other_token(alice: Account) -> None:
    row, _ = issue_token(account=alice, name="CI", now=NOW)
    other, _ = issue_token(account=alice, name="laptop", now=NOW)
    revoke_token(token=row, now=NOW)
    revoke_token(token=row, now=NOW + SECOND)
    assert ApiToken.objects.get(pk=row.pk).revoked_at == NOW
    assert ApiToken.objects.get(pk=other.pk).revoked_at is None


@pytest.mark.parametrize(("seconds", "noted"), [(1, 0), (59, 0), (60, 60), (3600, 3600)])
def test_the_last_use_is_noted_at_most_once_a_minute(seconds: int, noted: int, alice: Account) -> None:
    row, token = issue_token(account=alice, name="CI", now=NOW)
    for moment in (NOW, NOW + seconds * SECOND):
        authenticate(token=token, now=moment)
    assert ApiToken.objects.get(pk=row.pk).last_used_at == NOW + noted * SECOND


def test_a_token_that_was_never_used_says_so(alice: Account) -> None:
    row, _ = issue_token(account=alice, name="CI", now=NOW)
    authenticate(token="another", now=NOW)
    assert ApiToken.objects.get(pk=row.pk).last_used_at is None


# Licences


def test_a_licence_is_valid_from_its_first_moment_until_just_before_its_last(carol: Account) -> None:
    grant_zone(account=carol, zone=2, valid_from=NOW, valid_until=NOW + YEAR)
    moments = {NOW - SECOND: set(), NOW: {2}, NOW + YEAR - SECOND: {2}, NOW + YEAR: set[int]()}
    assert {moment: licensed_zones(account_id=carol.pk, now=moment) for moment in moments} == moments


def test_each_zone_has_a_period_of_its_own_and_periods_may_follow_each_other(carol: Account) -> None:
    grant_zone(account=carol, zone=1, valid_from=NOW, valid_until=NOW + YEAR)
    grant_zone(account=carol, zone=1, valid_from=NOW + YEAR, valid_until=NOW + 2 * YEAR)
    grant_zone(account=carol, zone=2, valid_from=NOW + YEAR, valid_until=NOW + 3 * YEAR)
    years = [licensed_zones(account_id=carol.pk, now=NOW + year * YEAR) for year in range(4)]
    assert years == [{1}, {1, 2}, {2}, set()]


def test_the_licences_of_one_are_not_those_of_another(alice: Account, bob: Account, carol: Account) -> None:
    zones = [licensed_zones(account_id=account.pk, now=NOW) for account in (alice, bob, carol)]
    assert zones == [{1, 2}, {1}, set()]


def test_add_ons_are_summed_for_as_long_as_they_are_valid(carol: Account) -> None:
    grant_endpoint_add_on(account=carol, extra_endpoints=2, valid_from=NOW, valid_until=NOW + 2 * YEAR)
    grant_endpoint_add_on(account=carol, extra_endpoints=5, valid_from=NOW + YEAR, valid_until=NOW + 3 * YEAR)
    limits = [endpoint_limit(account=carol, now=NOW + year * YEAR) for year in range(-1, 4)]
    assert limits == [3, 5, 10, 8, 3]


def test_an_add_on_licenses_no_zone(carol: Account) -> None:
    grant_endpoint_add_on(account=carol, extra_endpoints=2, valid_from=NOW, valid_until=NOW + YEAR)
    assert licensed_zones(account_id=carol.pk, now=NOW) == set()


@pytest.mark.parametrize(
    "columns",
    [
        {"zone": 1, "extra_endpoints": 1},
        {"zone": None, "extra_endpoints": 0},
        {"zone": 1, "valid_until": NOW},
        {"zone": 1, "valid_until": NOW - SECOND},
    ],
    ids=["both", "neither", "no time", "backwards"],
)
def test_the_database_refuses_a_licence_that_makes_no_sense(columns: dict[str, object], carol: Account) -> None:
    fields = {"account": carol, "valid_from": NOW, "valid_until": NOW + YEAR, **columns}
    with pytest.raises(IntegrityError), transaction.atomic():
        Licence.objects.create(**fields)


# Accounts


def test_a_new_account_is_on_the_marketing_plan_with_three_endpoints(db: None) -> None:
    account = create_account(name="千代田カフェ", time_zone="Asia/Tokyo", now=NOW)
    assert (account.plan, account.endpoint_limit, str(account.zone_info)) == ("marketing", 3, "Asia/Tokyo")


@pytest.mark.parametrize("time_zone", ["Mars/Olympus", "", "../etc/passwd", "+08:00"])
def test_a_time_zone_that_does_not_exist_is_refused(time_zone: str, db: None) -> None:
    account = Account(name="x", time_zone=time_zone, created_at=NOW)
    with pytest.raises(ValidationError) as refused:
        account.full_clean()
    assert list(refused.value.message_dict) == ["time_zone"]
