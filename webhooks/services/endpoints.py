"""Create, edit, pause, resume, rotate and delete endpoints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from accounts.services import endpoint_limit, licensed_zones
from events.contract import TOPICS
from webhooks.engine.addresses import AddressPolicy, BadUrl
from webhooks.errors import (
    EndpointNotRunning,
    InvalidInput,
    InvalidUrl,
    RunningEndpointLimit,
    UnknownEventType,
    ZoneNotLicensed,
)
from webhooks.models import Endpoint
from webhooks.secrets import new_share_secret


def address_policy() -> AddressPolicy:
    """Which addresses this simulator may reach."""
    return AddressPolicy(
        allow_private_networks=settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS, require_https=settings.WEBHOOK_REQUIRE_HTTPS
    )


@transaction.atomic
def create(*, account: Account, name: str, url: str, event_types: Sequence[str], now: datetime) -> Endpoint:
    """A new running endpoint with a share secret of its own."""
    locked = _lock(account.pk)
    _check_url(url)
    _check_event_types(locked, event_types, now)
    _check_running_limit(locked, now)
    return Endpoint.objects.create(
        account=locked,
        name=_checked_name(name),
        url=url,
        event_types=_ordered(event_types),
        share_secret=new_share_secret(),
        created_at=now,
        updated_at=now,
    )


@transaction.atomic
def edit(
    *,
    endpoint: Endpoint,
    name: str | None = None,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    now: datetime,
) -> Endpoint:
    """Change what is given. Event types that it has already may stay after their licence has ended."""
    locked = _lock_present(endpoint)
    if url is not None:
        _check_url(url)
    if event_types is not None:
        _check_event_types(locked.account, event_types, now, held=locked.event_types)
    changes: dict[str, Any] = {
        "name": None if name is None else _checked_name(name),
        "url": url,
        "event_types": None if event_types is None else _ordered(event_types),
    }
    return _save(locked, now, **{field: value for field, value in changes.items() if value is not None})


@transaction.atomic
def pause(*, endpoint: Endpoint, now: datetime) -> Endpoint:
    """Stop sending to it. Pausing a paused endpoint changes nothing."""
    locked = _lock_present(endpoint)
    return locked if locked.status == Endpoint.Status.PAUSED else _save(locked, now, status=Endpoint.Status.PAUSED)


@transaction.atomic
def resume(*, endpoint: Endpoint, now: datetime) -> Endpoint:
    """Send to it again, if the account may run one more."""
    locked = _lock_present(endpoint)
    if locked.status == Endpoint.Status.RUNNING:
        return locked
    _check_running_limit(locked.account, now)
    return _save(locked, now, status=Endpoint.Status.RUNNING)


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, now: datetime) -> Endpoint:
    """Give it a new share secret; from now on every attempt is signed with the new one alone."""
    return _save(_lock_present(endpoint), now, share_secret=new_share_secret())


@transaction.atomic
def delete(*, endpoint: Endpoint, now: datetime) -> None:
    """Take it out of every list; its deliveries stay readable. Deleting a deleted endpoint changes nothing."""
    locked = _lock_endpoint(endpoint)
    if locked.status != Endpoint.Status.DELETED:
        _save(locked, now, status=Endpoint.Status.DELETED, deleted_at=now)


def check_zone(*, account: Account, topic: str, now: datetime) -> None:
    """Raise ZoneNotLicensed unless the account may receive events of this topic."""
    _check_zones(account, [topic], now)


def _check_zones(account: Account, topics: Sequence[str], now: datetime) -> None:
    licensed = licensed_zones(account_id=account.pk, now=now)
    missing = next((topic for topic in topics if TOPICS[topic].zone not in licensed), None)
    if missing:
        zone = TOPICS[missing].zone
        raise ZoneNotLicensed(
            f"{missing} belongs to webhook zone {zone}, which {account.name} has no valid licence for. "
            "Ask customer support to license the zone.",
            {"event_types": [f"zone {zone} is not licensed"]},
        )


def _lock(account_id: int) -> Account:
    """Whoever changes what an account runs waits here for whoever does so already."""
    return Account.objects.select_for_update().get(pk=account_id)


def _lock_endpoint(endpoint: Endpoint) -> Endpoint:
    account = _lock(endpoint.account_id)
    fresh = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    fresh.account = account
    return fresh


def _lock_present(endpoint: Endpoint) -> Endpoint:
    """Who came after a deletion is told so."""
    locked = _lock_endpoint(endpoint)
    if locked.status == Endpoint.Status.DELETED:
        raise EndpointNotRunning(f"The endpoint {locked.name} is deleted.")
    return locked


def _save(endpoint: Endpoint, now: datetime, **changes: Any) -> Endpoint:
    for field, value in changes.items():
        setattr(endpoint, field, value)
    endpoint.updated_at = now
    endpoint.save(update_fields=[*changes, "updated_at"])
    return endpoint


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > 100 or not stripped.isprintable():
        raise InvalidInput(
            "Give the endpoint a name of 1 to 100 printable characters.", {"name": ["1 to 100 characters"]}
        )
    return stripped


def _check_url(url: str) -> None:
    try:
        address_policy().check_url(url)
    except BadUrl as error:
        raise InvalidUrl(str(error), {"url": [str(error)]}) from error


def _check_known(event_types: Sequence[str]) -> None:
    unknown = [name for name in event_types if name not in TOPICS]
    if unknown:
        known = ", ".join(TOPICS)
        message = f"{', '.join(unknown)} is not an event type. Known are {known}."
        raise UnknownEventType(message, {"event_types": [f"unknown: {name}" for name in unknown]})


def _check_event_types(
    account: Account, event_types: Sequence[str], now: datetime, *, held: Sequence[str] = ()
) -> None:
    if not event_types:
        raise InvalidInput("Choose at least one event type.", {"event_types": ["choose at least one"]})
    _check_known(event_types)
    _check_zones(account, [topic for topic in event_types if topic not in held], now)


def _check_running_limit(account: Account, now: datetime) -> None:
    limit = endpoint_limit(account=account, now=now)
    running = account.endpoints.filter(status=Endpoint.Status.RUNNING).count()
    if running >= limit:
        raise RunningEndpointLimit(
            f"{account.name} runs {running} of {limit} endpoints. "
            "Pause or delete one, or ask customer support to raise the limit."
        )


def _ordered(event_types: Sequence[str]) -> list[str]:
    """Each once, in the order of the contract."""
    return [topic for topic in TOPICS if topic in event_types]
