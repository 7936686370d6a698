"""Which endpoints receive an account's events: its endpoints and licensed zones, read by one statement.

For API requests the same statement also authenticates the token: a second one would double the cost.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from accounts import statements
from accounts.models import Account
from accounts.tokens import CALLER, CALLER_WIDTH, CALLERS, IS_CALLER, read_caller, token_digest, unnoted_since
from maac_contract import contract
from webhooks.engine.lifecycle import SkipReason
from webhooks.models import Endpoint

NOT_SUBSCRIBED = "not_subscribed"
_PLAN = "Webhook is an add-on to the marketing plan, which the account is not on. Ask customer support to change it."

_EXPLAINED = {
    SkipReason.ENDPOINT_PAUSED: "The endpoint is paused. Resume it to receive events.",
    SkipReason.ZONE_NOT_LICENSED: "The event's zone has no valid licence. Ask customer support to license it.",
    NOT_SUBSCRIBED: "The endpoint is not subscribed to this event type. Add it to the endpoint's event types.",
}
_LICENCE = "licence"
_SUBSCRIBERS = f"""(
    SELECT account_id, id, name, status, event_types FROM webhooks_endpoint
    WHERE status <> 'deleted' AND kind = 'webhook'
    UNION ALL
    SELECT account_id, zone, '', '{_LICENCE}', NULL FROM accounts_licence
    WHERE zone IS NOT NULL AND valid_from <= %s AND valid_until > %s
) AS subscriber"""  # noqa: S608 - a word of ours
_COLUMNS = "subscriber.id, subscriber.name, subscriber.status, subscriber.event_types"
_OF_ACCOUNT = f"SELECT {_COLUMNS} FROM {_SUBSCRIBERS} WHERE subscriber.account_id = %s ORDER BY subscriber.id"  # noqa: S608
_OF_CALLER = f"""
SELECT {CALLER}, {_COLUMNS} FROM {CALLERS} LEFT JOIN {_SUBSCRIBERS} ON subscriber.account_id = account.id
WHERE {IS_CALLER} ORDER BY subscriber.id
"""  # noqa: S608 - texts of ours


class Subscriber(NamedTuple):
    """An endpoint and the event types it subscribes to."""

    id: int
    name: str
    status: str
    event_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Subscribers:
    """An account's endpoints, by id, and the zones it has licensed."""

    account: Account
    endpoints: Sequence[Subscriber]
    zones: frozenset[int]

    def missing(self, topic: str) -> list[dict[str, Any]]:
        """The endpoints that get no delivery of such an event, and why, as stored in `Event.not_reached`."""
        reasons = [(subscriber, self._why_not(subscriber, topic)) for subscriber in self.endpoints]
        return [
            {"endpoint": subscriber.id, "name": subscriber.name, "reason": str(reason), "detail": self._detail(reason)}
            for subscriber, reason in reasons
            if reason
        ]

    def _detail(self, reason: str) -> str:
        is_of_plan = reason == SkipReason.ZONE_NOT_LICENSED and self.account.plan != Account.Plan.MARKETING
        return _PLAN if is_of_plan else _EXPLAINED[reason]

    def _why_not(self, subscriber: Subscriber, topic: str) -> str | None:
        if topic not in subscriber.event_types:
            return NOT_SUBSCRIBED
        if contract.TOPICS[topic].zone not in self.zones:
            return SkipReason.ZONE_NOT_LICENSED
        if subscriber.status == Endpoint.Status.PAUSED:
            return SkipReason.ENDPOINT_PAUSED
        return None


def subscribers_of(account: Account, now: datetime) -> Subscribers:
    return _subscribers(account, statements.read(_OF_ACCOUNT, [now, now, account.pk]))


def subscribers_of_caller(*, token: str, now: datetime) -> Subscribers | None:
    """The subscribers of the token's account; None for an invalid token."""
    rows = statements.read(_OF_CALLER, [unnoted_since(now), now, now, token_digest(token), now])
    if not rows:
        return None
    account = read_caller(rows[0][:CALLER_WIDTH], now).account
    return _subscribers(account, (row[CALLER_WIDTH:] for row in rows))


def _subscribers(account: Account, rows: Iterable[tuple[Any, ...]]) -> Subscribers:
    """Rows are endpoints and licences; an all-NULL row means the account has neither."""
    endpoints, zones = [], []
    for subscriber_id, name, status, event_types in rows:
        if status == _LICENCE:
            zones.append(subscriber_id)
        elif status is not None:
            endpoints.append(Subscriber(subscriber_id, name, status, frozenset(json.loads(event_types))))
    return Subscribers(account, endpoints, frozenset(zones))
