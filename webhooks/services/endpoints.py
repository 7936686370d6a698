"""Create, edit, pause, resume and delete endpoints; reveal and rotate their secrets.

Each writes an audit entry with the `actor`, in the transaction of the change.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import EllipsisType
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import audit
from accounts.locks import lock_account
from accounts.models import Account
from accounts.services import endpoint_limit, licensed_zones
from maac_contract.contract import TOPICS
from maac_contract.sentences import Sentence
from webhooks.engine.addresses import AddressPolicy, BadUrl, check_host_override
from webhooks.engine.extra_headers import header_faults
from webhooks.errors import (
    EndpointNotRunning,
    InvalidInput,
    InvalidUrl,
    PausedEndpointLimit,
    RunningEndpointLimit,
    UnknownEventType,
    ZoneNotLicensed,
)
from webhooks.models import Endpoint
from webhooks.retry_waits import checked_waits
from webhooks.secrets import new_share_secret

HOST_LENGTH = 255


def address_policy() -> AddressPolicy:
    """Which addresses this simulator may reach."""
    return AddressPolicy(
        allow_private_networks=settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS, require_https=settings.WEBHOOK_REQUIRE_HTTPS
    )


@transaction.atomic
def create(
    *,
    account: Account,
    name: str,
    url: str,
    event_types: Sequence[str],
    verify_tls: bool = True,
    host_override: str = "",
    extra_headers: Mapping[str, str] | None = None,
    retry_waits: Sequence[float] | None = None,
    now: datetime,
    actor: str = audit.SYSTEM,
) -> Endpoint:
    """Create a running endpoint with a new share secret.

    Raises InvalidInput or one of its kinds, ZoneNotLicensed, or RunningEndpointLimit.
    """
    locked = lock_account(account.pk)
    check_url(url)
    _check_event_types(locked, event_types, now)
    _check_running_limit(locked, now)
    endpoint = Endpoint.objects.create(
        account=locked,
        name=_checked_name(name),
        url=url,
        event_types=_ordered(event_types),
        share_secret=new_share_secret(),
        verify_tls=verify_tls,
        host_override=_checked_host(host_override),
        extra_headers=_checked_headers(extra_headers or {}),
        retry_waits=checked_waits(retry_waits),
        created_at=now,
        updated_at=now,
    )
    _record(endpoint, "endpoint.created", actor, now)
    return endpoint


@transaction.atomic
def edit(
    *,
    endpoint: Endpoint,
    name: str | None = None,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    verify_tls: bool | None = None,
    host_override: str | None = None,
    extra_headers: Mapping[str, str] | None = None,
    retry_waits: Sequence[float] | EllipsisType | None = ...,
    now: datetime,
    actor: str = audit.SYSTEM,
) -> Endpoint:
    """Change the options that are given. Event types it already has may stay after their licence has ended.

    `retry_waits=None` makes the account's apply; leave it out to keep them.
    """
    locked = _lock_present(endpoint)
    if url is not None:
        check_url(url)
    if event_types is not None:
        _check_event_types(locked.account, event_types, now, held=locked.event_types)
    given: dict[str, Any] = {
        "name": None if name is None else _checked_name(name),
        "url": url,
        "event_types": None if event_types is None else _ordered(event_types),
        "verify_tls": verify_tls,
        "host_override": None if host_override is None else _checked_host(host_override),
        "extra_headers": None if extra_headers is None else _checked_headers(extra_headers),
    }
    changes = {field: value for field, value in given.items() if value is not None}
    if retry_waits is not ...:
        changes["retry_waits"] = checked_waits(retry_waits)
    changed = [field for field, value in changes.items() if value != getattr(locked, field)]
    if changed:
        _record(locked, "endpoint.edited", actor, now, ", ".join(changed))
    return _save(locked, now, **changes)


@transaction.atomic
def pause(*, endpoint: Endpoint, now: datetime, actor: str = audit.SYSTEM) -> Endpoint:
    """Stop sending to the endpoint: its pending deliveries are skipped. Idempotent."""
    locked = _lock_present(endpoint)
    if locked.status == Endpoint.Status.PAUSED:
        return locked
    _check_paused_limit(locked.account)
    _record(locked, "endpoint.paused", actor, now)
    return _save(locked, now, status=Endpoint.Status.PAUSED)


@transaction.atomic
def resume(*, endpoint: Endpoint, now: datetime, actor: str = audit.SYSTEM) -> Endpoint:
    """Send to the endpoint again. Raises RunningEndpointLimit. Idempotent."""
    locked = _lock_present(endpoint)
    if locked.status == Endpoint.Status.RUNNING:
        return locked
    _check_running_limit(locked.account, now)
    _record(locked, "endpoint.resumed", actor, now)
    return _save(locked, now, status=Endpoint.Status.RUNNING)


@transaction.atomic
def reveal_secret(*, endpoint: Endpoint, now: datetime, actor: str = audit.SYSTEM) -> str:
    """The share secret in plaintext; an audit entry records that the actor has seen it."""
    locked = _lock_present(endpoint)
    _record(locked, "endpoint.secret_revealed", actor, now)
    secret: str = locked.share_secret
    return secret


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, now: datetime, actor: str = audit.SYSTEM) -> Endpoint:
    """Replace the share secret; every later attempt, also a retry, is signed with the new one only (documented)."""
    locked = _lock_present(endpoint)
    _record(locked, "endpoint.secret_rotated", actor, now)
    # Copied by the database, since a secret that cannot be decrypted must be replaceable, too.
    Endpoint.objects.filter(pk=locked.pk).update(previous_secret=F("share_secret"))
    return _save(locked, now, share_secret=new_share_secret())


@transaction.atomic
def delete(*, endpoint: Endpoint, now: datetime, actor: str = audit.SYSTEM) -> None:
    """Mark the endpoint as deleted: it is listed nowhere, but its deliveries stay in the log. Idempotent."""
    locked = lock_endpoint(endpoint)
    if locked.status != Endpoint.Status.DELETED:
        _record(locked, "endpoint.deleted", actor, now)
        _save(locked, now, status=Endpoint.Status.DELETED, deleted_at=now)


@transaction.atomic
def set_retry_waits(
    *, account: Account, retry_waits: Sequence[float] | None, now: datetime, actor: str = audit.SYSTEM
) -> Account:
    """Set the waits of the account's endpoints that have none of their own; None makes those of the settings apply."""
    locked, waits = lock_account(account.pk), checked_waits(retry_waits)
    if locked.retry_waits != waits:
        target = "the simulator's" if waits is None else ", ".join(f"{wait:g}" for wait in waits) or "none"
        audit.record(account=locked, actor=actor, action="retry_waits.changed", target=target, now=now)
    locked.retry_waits = waits
    locked.save(update_fields=["retry_waits"])
    return locked


def check_zone(*, account: Account, topic: str, now: datetime) -> None:
    """Raise ZoneNotLicensed unless the account may receive events of this topic."""
    _check_zones(account, [topic], now)


def _check_zones(account: Account, topics: Sequence[str], now: datetime) -> None:
    licensed = licensed_zones(account_id=account.pk, now=now)
    missing = next((topic for topic in topics if topic in TOPICS and TOPICS[topic].zone not in licensed), None)
    if missing:
        zone = TOPICS[missing].zone
        if account.plan != Account.Plan.MARKETING:
            raise ZoneNotLicensed(
                _(
                    "Webhook is an add-on to the marketing plan; %(account)s is on the %(plan)s plan. "
                    "Ask customer support to change the plan."
                )
                % {"account": account.name, "plan": account.get_plan_display()},
                {"event_types": [_("the plan has no webhook")]},
            )
        raise ZoneNotLicensed(
            _(
                "%(topic)s belongs to webhook zone %(zone)d, which %(account)s has no valid licence for. "
                "Ask customer support to license the zone."
            )
            % {"topic": missing, "zone": zone, "account": account.name},
            {"event_types": [_("zone %(zone)d is not licensed") % {"zone": zone}]},
        )


def lock_endpoint(endpoint: Endpoint) -> Endpoint:
    """Lock the account, then the endpoint, until the transaction ends; return the endpoint as it is now."""
    account = lock_account(endpoint.account_id)
    fresh = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    fresh.account = account
    return fresh


def _lock_present(endpoint: Endpoint) -> Endpoint:
    """Lock the endpoint; raises EndpointNotRunning if it has been deleted."""
    locked = lock_endpoint(endpoint)
    if locked.status == Endpoint.Status.DELETED:
        raise EndpointNotRunning(_("The endpoint %(name)s is deleted.") % {"name": locked.name})
    return locked


def _save(endpoint: Endpoint, now: datetime, **changes: Any) -> Endpoint:
    for field, value in changes.items():
        setattr(endpoint, field, value)
    endpoint.updated_at = now
    endpoint.save(update_fields=[*changes, "updated_at"])
    return endpoint


def _record(endpoint: Endpoint, action: str, actor: str, now: datetime, changed: str = "") -> None:
    target = f"endpoint {endpoint.pk} ({endpoint.name})"
    target = f"{target}: {changed}" if changed else target
    audit.record(account=endpoint.account, actor=actor, action=action, target=target, now=now)


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > 100 or not stripped.isprintable():
        raise InvalidInput(
            _("Give the endpoint a name of 1 to 100 printable characters."), {"name": [_("1 to 100 characters")]}
        )
    return stripped


def check_url(url: str) -> None:
    """Raise InvalidUrl for a URL that this simulator cannot, or is not allowed to, send to."""
    try:
        address_policy().check_url(url)
    except BadUrl as error:
        fault = _said(error.sentence)
        raise InvalidUrl(fault, {"url": [fault]}) from error


def _checked_host(host: str) -> str:
    """The host as given; empty means that the Host header has the URL's host."""
    try:
        if host:
            check_host_override(host)
    except BadUrl as error:
        raise _wrong_host(_said(error.sentence)) from error
    if len(host) > HOST_LENGTH:
        raise _wrong_host(_("The host is longer than %(limit)d characters.") % {"limit": HOST_LENGTH})
    return host


def _wrong_host(fault: str) -> InvalidInput:
    return InvalidInput(f"host_override: {fault}", {"host_override": [fault]})


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    faults = [_said(fault) for fault in header_faults(headers)]
    if faults:
        raise InvalidInput(f"extra_headers: {faults[0]}", {"extra_headers": faults})
    return dict(headers)


def _check_known(event_types: Sequence[str]) -> None:
    unknown = [name for name in event_types if name not in TOPICS]
    if unknown:
        message = _("%(unknown)s is not an event type. Known are %(known)s.")
        names = {"unknown": ", ".join(unknown), "known": ", ".join(TOPICS)}
        faults = [_("unknown: %(name)s") % {"name": name} for name in unknown]
        raise UnknownEventType(message % names, {"event_types": faults})


def _check_event_types(
    account: Account, event_types: Sequence[str], now: datetime, *, held: Sequence[str] = ()
) -> None:
    if not event_types:
        raise InvalidInput(_("Choose at least one event type."), {"event_types": [_("choose at least one")]})
    _check_known(event_types)
    _check_zones(account, [topic for topic in event_types if topic not in held], now)


def _check_running_limit(account: Account, now: datetime) -> None:
    limit = endpoint_limit(account=account, now=now)
    running = account.endpoints.filter(status=Endpoint.Status.RUNNING).count()
    if running >= limit:
        raise RunningEndpointLimit(
            _(
                "%(account)s runs %(running)d of %(limit)d endpoints. "
                "Pause or delete one, or ask customer support to raise the limit."
            )
            % {"account": account.name, "running": running, "limit": limit}
        )


def _check_paused_limit(account: Account) -> None:
    paused = account.endpoints.filter(status=Endpoint.Status.PAUSED).count()
    if paused >= settings.WEBHOOK_PAUSED_ENDPOINTS:
        raise PausedEndpointLimit(
            _("%(account)s has %(paused)d paused endpoints and can have no more. Delete those that are not needed.")
            % {"account": account.name, "paused": paused}
        )


def _ordered(event_types: Sequence[str]) -> list[str]:
    """Without duplicates, in the order of the contract."""
    return [topic for topic in TOPICS if topic in event_types]


def _said(sentence: Sentence) -> str:
    """A message of the engine in the active language."""
    return _(sentence.template) % sentence.values
