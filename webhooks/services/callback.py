"""The binding callback of an account: its address and preset headers, sending it, and a test.

The address is an Endpoint of the kind *callback*, so the outbox and the delivery engine treat its deliveries like all
others: leases, retries, address policy, log. Chosen: retries and time limit are those of webhooks.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.locks import lock_account
from accounts.models import Account
from events.models import Event
from maac_contract.binding_callback import CALLBACK, callback_body, callback_sample
from webhooks import outbox
from webhooks.engine.extra_headers import MASK, header_faults
from webhooks.errors import InvalidInput, NoCallback
from webhooks.models import Delivery, Endpoint
from webhooks.secrets import SecretUnreadable
from webhooks.services.endpoints import check_url
from webhooks.services.publish import new_delivery
from webhooks.wake_worker import wake_after_commit

NAME = "Binding callback"


def callback_of(account: Account) -> Endpoint | None:
    """The row of the account's callback; None if no address is set."""
    rows = Endpoint.of_any_kind.filter(account=account, kind=Endpoint.Kind.CALLBACK)
    return rows.exclude(status=Endpoint.Status.DELETED).first()


def masked_headers(callback: Endpoint) -> dict[str, str]:
    """The preset headers with `MASK` for each value; empty if they cannot be decrypted."""
    try:
        return dict.fromkeys(preset_headers(callback), MASK)
    except SecretUnreadable:
        return {}


def preset_headers(callback: Endpoint) -> dict[str, str]:
    """The preset headers, name to value. Raises SecretUnreadable."""
    headers: dict[str, str] = json.loads(callback.preset_headers or "{}")
    return headers


@transaction.atomic
def set_callback(
    *,
    account: Account,
    url: str,
    headers: Mapping[str, str],
    verify_tls: bool = True,
    now: datetime,
    actor: str = audit.SYSTEM,
) -> Endpoint:
    """Set the address and the preset headers. A value that is `MASK` keeps the present value of that header.

    Raises InvalidUrl or InvalidInput.
    """
    locked, url = lock_account(account.pk), url.strip()
    check_url(url)
    callback = callback_of(locked)
    given = _checked_headers(headers, {} if callback is None else _kept(callback, headers))
    columns = {"url": url, "preset_headers": json.dumps(given), "verify_tls": verify_tls, "updated_at": now}
    if callback is None:
        fixed = {"kind": Endpoint.Kind.CALLBACK, "name": NAME, "share_secret": "", "created_at": now}
        callback = Endpoint.of_any_kind.create(account=locked, **fixed, **columns)
    else:
        for name, value in columns.items():
            setattr(callback, name, value)
        callback.save(update_fields=list(columns))
    audit.record(account=locked, actor=actor, action="callback.set", target=url[:200], now=now)
    return callback


@transaction.atomic
def remove_callback(*, account: Account, now: datetime, actor: str = audit.SYSTEM) -> None:
    """Send no callback any more; pending ones are skipped. Idempotent."""
    locked = lock_account(account.pk)
    callback = callback_of(locked)
    if callback is not None:
        callback.status, callback.deleted_at, callback.updated_at = Endpoint.Status.DELETED, now, now
        callback.save(update_fields=["status", "deleted_at", "updated_at"])
        audit.record(account=locked, actor=actor, action="callback.removed", target=callback.url[:200], now=now)


@transaction.atomic
def send_callback(
    *, account: Account, data: Mapping[str, Any], is_test: bool = False, now: datetime
) -> Delivery | None:
    """Store a callback with this body for delivery, in the caller's transaction; None if no address is set.

    A test is not retried, like the test events of webhooks.
    """
    callback = callback_of(account)
    if callback is None:
        return None
    event = Event(
        account=account,
        topic=CALLBACK,
        is_test=is_test,
        occurred_at=now,
        created_at=now,
        body=callback_body(dict(data)),
    )
    delivery = new_delivery(event=event, endpoint_id=callback.pk, now=now)
    outbox.store(events=[event], deliveries=[delivery], due_at=now)
    wake_after_commit()
    return delivery


def send_test_callback(*, account: Account, seed: int | str | None = None, now: datetime) -> Delivery:
    """Send a sample body to the account's callback address. Raises NoCallback."""
    sample = callback_sample(secrets.randbits(32) if seed is None else seed)
    delivery = send_callback(account=account, data=sample, is_test=True, now=now)
    if delivery is None:
        raise no_callback()
    return delivery


def no_callback() -> NoCallback:
    return NoCallback(_("No address is set for the binding callback. Set one first."))


def _kept(callback: Endpoint, headers: Mapping[str, str]) -> dict[str, str]:
    """The present values, if one of them is to be kept: they may not be readable any more."""
    try:
        return preset_headers(callback) if MASK in headers.values() else {}
    except SecretUnreadable:
        return {}


def _checked_headers(headers: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    by_name = {name.lower(): value for name, value in kept.items()}
    given = {name: by_name.get(name.lower(), value) if value == MASK else value for name, value in headers.items()}
    faults = [_(fault.template) % fault.values for fault in header_faults(given)]
    if faults:
        raise InvalidInput(f"headers: {faults[0]}", {"headers": faults})
    return given
