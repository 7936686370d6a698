"""Turns claimed rows into jobs: checks each delivery again and adds its endpoint's URL, secret and options.

A row that cannot be processed becomes a job with an `error`, which fails unsent and is settled like all others.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from maac_contract.contract import TOPICS
from webhooks.engine.internal_error import described
from webhooks.engine.job import Headers, Job
from webhooks.engine.lifecycle import CLAIMS_AT_MOST, SkipReason
from webhooks.models import Endpoint
from webhooks.outbox.rows import ClaimedRow
from webhooks.retry_waits import Waits, are_waits, most_specific
from webhooks.secrets import SecretUnreadable, decrypt

log = logging.getLogger(__name__)

_ADDRESSES = """
SELECT endpoint.id, endpoint.status, endpoint.url, endpoint.share_secret, endpoint.verify_tls, endpoint.host_override,
       endpoint.extra_headers, endpoint.preset_headers, endpoint.kind,
       CAST(coalesce(endpoint.retry_waits, account.retry_waits) AS text),
       EXISTS (
           SELECT 1 FROM webhooks_injectedfault AS fault
           WHERE fault.endpoint_id = endpoint.id AND NOT fault.is_over
       ),
       licence.zone
FROM webhooks_endpoint AS endpoint
JOIN accounts_account AS account ON account.id = endpoint.account_id
LEFT JOIN accounts_licence AS licence
    ON licence.account_id = endpoint.account_id AND licence.valid_from <= %s AND licence.valid_until > %s
WHERE endpoint.id IN ({})
"""


class Address(NamedTuple):
    """An endpoint's current state and options. `zones` are the licensed zones of its account."""

    status: str
    url: str
    secret: str | None
    verify_tls: bool
    host_override: str
    extra_headers: Headers
    is_callback: bool
    waits: Waits
    test_waits: Waits
    has_faults: bool
    zones: set[int | None]


class Sorted(NamedTuple):
    """The rows of a claim, sorted: jobs to send, and rows to skip by reason.

    `faulty` are the ids of endpoints with injected faults.
    """

    jobs: list[Job]
    skipped: dict[SkipReason, list[ClaimedRow]]
    faulty: list[int]


def sort(rows: Sequence[ClaimedRow], token: str, now: datetime) -> Sorted:
    addresses = _addresses({row.endpoint_id for row in rows}, now) if rows else {}
    jobs: list[Job] = []
    skipped: dict[SkipReason, list[ClaimedRow]] = {}
    for row in rows:
        try:
            address = _usable(addresses[row.endpoint_id])
            if reason := _skip_reason(row, address):
                skipped.setdefault(reason, []).append(row)
            else:
                jobs.append(_job(row, address, token))
        except Exception as error:
            log.exception("Delivery %d cannot be sent.", row.id)
            jobs.append(_unsendable(row, token, error))
    faulty = [key for key, each in addresses.items() if isinstance(each, Address) and each.has_faults]
    return Sorted(jobs, skipped, faulty)


class Unprocessable(Exception):
    """A row that cannot be sent; the message is the reason."""


def _usable(address: Address | Exception) -> Address:
    if isinstance(address, Exception):
        raise Unprocessable(f"The endpoint cannot be read: {described(address)}") from address
    return address


def _skip_reason(row: ClaimedRow, address: Address) -> SkipReason | None:
    if address.status == Endpoint.Status.DELETED:
        return SkipReason.ENDPOINT_DELETED
    if address.is_callback:
        return None
    if address.status == Endpoint.Status.PAUSED and not row.is_test:
        return SkipReason.ENDPOINT_PAUSED
    if row.topic not in TOPICS:
        raise Unprocessable(f"This version does not know the event type {row.topic}.")
    return None if TOPICS[row.topic].zone in address.zones else SkipReason.ZONE_NOT_LICENSED


def _addresses(endpoint_ids: set[int], now: datetime) -> dict[int, Address | Exception]:
    """The address of each endpoint by id, or the exception that reading it raised.

    Plain SQL: the ORM would take longer to build the query than the database to run it.
    """
    as_stored = connection.ops.adapt_datetimefield_value(now)
    statement = _ADDRESSES.format(", ".join(["%s"] * len(endpoint_ids)))
    found: dict[int, Address | Exception] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [as_stored, as_stored, *endpoint_ids])
        for endpoint_id, *columns, zone in cursor.fetchall():
            if endpoint_id not in found:
                try:
                    found[endpoint_id] = _address(endpoint_id, *columns)
                except Exception as error:
                    found[endpoint_id] = error
            address = found[endpoint_id]
            if isinstance(address, Address):
                address.zones.add(zone)
    return found


def _address(
    endpoint_id: int, status: str, url: str, stored: str, verify_tls: Any, host: str, headers: str,
    presets: str | None, kind: str, waits: str | None, faults: Any,
) -> Address:  # fmt: skip
    is_callback = kind == Endpoint.Kind.CALLBACK
    secret = _secret(endpoint_id, presets or "" if is_callback else stored)
    added = tuple(json.loads(secret or "{}").items()) if is_callback else tuple(sorted(json.loads(headers).items()))
    own = None if waits is None else _waits(waits)
    tries = most_specific(None, own, is_test=False), most_specific(None, own, is_test=True)
    return Address(status, url, secret, bool(verify_tls), host, added, is_callback, *tries, bool(faults), zones=set())


def _secret(endpoint_id: int, stored: str) -> str | None:
    """The decrypted text; None if no key decrypts it, which fails the deliveries of this endpoint only."""
    try:
        return decrypt(stored)
    except SecretUnreadable as error:
        log.error("Deliveries to endpoint %d cannot be signed, or lack their preset headers: %s", endpoint_id, error)  # noqa: TRY400
        return None


@lru_cache(maxsize=256)
def _waits(stored: str) -> Waits:
    waits = json.loads(stored)
    if not are_waits(waits):
        raise Unprocessable(f"The retry waits {stored} cannot be read.")
    return tuple(waits)


def _unsendable(row: ClaimedRow, token: str, error: Exception) -> Job:
    """A job that fails unsent with this error, without retries after `CLAIMS_AT_MOST` unsettled claims."""
    number = row.attempt_count + 1
    waits = () if row.claims > CLAIMS_AT_MOST else most_specific(None, None, is_test=bool(row.is_test))
    text = str(error) if isinstance(error, Unprocessable) else described(error)
    return Job(
        row.id, row.endpoint_id, token, "", None, b"", row.idempotency_key, number, number - row.series_start, waits,
        row.event_id, row.account_id, row.topic, bool(row.is_test), row.created_at, error=text,
    )  # fmt: skip


def _job(row: ClaimedRow, address: Address, token: str) -> Job:
    if row.claims > CLAIMS_AT_MOST:
        raise Unprocessable(
            f"It was claimed {CLAIMS_AT_MOST} times without being settled: each time its worker ended, or an exception "
            "ended its run. It may have been sent."
        )
    own = address.test_waits if row.is_test else address.waits
    waits = own if row.retry_waits is None else _waits(row.retry_waits)
    number = row.attempt_count + 1
    return Job(
        row.id,
        row.endpoint_id,
        token,
        address.url,
        address.secret,
        row.body.encode(),
        row.idempotency_key,
        number,
        number - row.series_start,
        waits,
        row.event_id,
        row.account_id,
        row.topic,
        bool(row.is_test),
        row.created_at,
        address.verify_tls,
        address.host_override,
        address.extra_headers,
        is_callback=address.is_callback,
    )
