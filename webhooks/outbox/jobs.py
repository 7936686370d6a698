"""From rows that a claim has won to jobs: every delivery is checked again, and gets what sending it needs."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.db import connection

from events.contract import TOPICS
from webhooks.engine.job import Headers, Job
from webhooks.engine.lifecycle import SkipReason
from webhooks.models import Endpoint
from webhooks.outbox.rows import Won
from webhooks.retry_waits import Waits, most_specific
from webhooks.secrets import SecretUnreadable, decrypt

log = logging.getLogger(__name__)

_ADDRESSES = """
SELECT endpoint.id, endpoint.status, endpoint.url, endpoint.share_secret, endpoint.verify_tls, endpoint.host_override,
       endpoint.extra_headers, CAST(coalesce(endpoint.retry_waits, account.retry_waits) AS text),
       EXISTS (SELECT 1 FROM webhooks_fault AS fault WHERE fault.endpoint_id = endpoint.id AND NOT fault.is_over),
       licence.zone
FROM webhooks_endpoint AS endpoint
JOIN accounts_account AS account ON account.id = endpoint.account_id
LEFT JOIN accounts_licence AS licence
    ON licence.account_id = endpoint.account_id AND licence.valid_from <= %s AND licence.valid_until > %s
WHERE endpoint.id IN ({})
"""


class Address(NamedTuple):
    """What an endpoint says about its deliveries at the moment. `zones` are those that its account may hear of."""

    status: str
    url: str
    secret: str | None
    verify_tls: bool
    host_override: str
    extra_headers: Headers
    waits: Waits
    test_waits: Waits
    has_faults: bool
    zones: set[int | None]


class Sorted(NamedTuple):
    """What a claim has won: jobs to send, and rows that end unsent, by reason.

    `faulty` are the endpoints that have scripted faults.
    """

    jobs: list[Job]
    skipped: dict[SkipReason, list[Won]]
    faulty: list[int]


def sort(rows: Sequence[Won], token: str, now: datetime) -> Sorted:
    addresses = _addresses({row.endpoint_id for row in rows}, now) if rows else {}
    jobs: list[Job] = []
    skipped: dict[SkipReason, list[Won]] = {}
    for row in rows:
        address = addresses[row.endpoint_id]
        if reason := _skip_reason(row, address):
            skipped.setdefault(reason, []).append(row)
        else:
            waits = address.test_waits if row.is_test else address.waits
            jobs.append(_job(row, address, token, waits if row.retry_waits is None else _waits(row.retry_waits)))
    faulty = [endpoint_id for endpoint_id, address in addresses.items() if address.has_faults]
    return Sorted(jobs, skipped, faulty)


def _skip_reason(row: Won, address: Address) -> SkipReason | None:
    if address.status == Endpoint.Status.DELETED:
        return SkipReason.ENDPOINT_DELETED
    if address.status == Endpoint.Status.PAUSED and not row.is_test:
        return SkipReason.ENDPOINT_PAUSED
    return None if TOPICS[row.topic].zone in address.zones else SkipReason.ZONE_NOT_LICENSED


def _addresses(endpoint_ids: set[int], now: datetime) -> dict[int, Address]:
    """One statement past the ORM, which would take longer to build it than the database to answer."""
    moment = connection.ops.adapt_datetimefield_value(now)
    statement = _ADDRESSES.format(", ".join(["%s"] * len(endpoint_ids)))
    found: dict[int, Address] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [moment, moment, *endpoint_ids])
        for endpoint_id, status, url, stored, verify_tls, host, headers, waits, faults, zone in cursor.fetchall():
            if endpoint_id not in found:
                secret, added = _secret(endpoint_id, stored), tuple(sorted(json.loads(headers).items()))
                own = None if waits is None else _waits(waits)
                tries = most_specific(None, own, is_test=False), most_specific(None, own, is_test=True)
                known = (status, url, secret, bool(verify_tls), host, added, *tries, bool(faults))
                found[endpoint_id] = Address(*known, zones=set())
            found[endpoint_id].zones.add(zone)
    return found


def _secret(endpoint_id: int, stored: str) -> str | None:
    """A secret that cannot be read fails the deliveries of its endpoint, with that reason, and holds up no other."""
    try:
        return decrypt(stored)
    except SecretUnreadable as error:
        log.error("Deliveries to endpoint %d cannot be signed: %s", endpoint_id, error)  # noqa: TRY400
        return None


@lru_cache(maxsize=256)
def _waits(stored: str) -> Waits:
    return tuple(json.loads(stored))


def _job(row: Won, address: Address, token: str, waits: Waits) -> Job:
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
    )
