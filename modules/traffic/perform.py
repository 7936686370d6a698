"""Performs a batch of a play's actions: stores their rows in bulk and publishes their events in the plan's order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from modules.contacts import services as contact_services
from modules.contacts.models import Contact
from modules.traffic import actions, bind_links, bulk, bulk_messages
from modules.traffic.actions import Follow, TimedAction
from modules.traffic.browsing import browse, lock_links
from modules.traffic.bulk import Preparer, ScenarioContext
from modules.traffic.scenario import BIND_LINK, CONTACT, NOTIFICATION, OPEN, POINTS, RECEIPT, SURVEY
from webhooks.services.publish import EventRequest, publish

BATCH_SIZE = 200
BINDING, MESSAGE = "binding", "message"
KINDS: Mapping[type, str] = {
    actions.Follow: CONTACT,
    actions.Upload: RECEIPT,
    actions.Answer: SURVEY,
    actions.Notify: NOTIFICATION,
    actions.Move: NOTIFICATION,
    actions.Bind: BINDING,
    actions.OpenLink: BIND_LINK,
    actions.Reward: POINTS,
    actions.Broadcast: MESSAGE,
    actions.Push: MESSAGE,
    actions.Open: OPEN,
}
"""The kind under which each action is performed and counted."""
PREPARERS: Mapping[str, Preparer] = {
    CONTACT: bulk.without_events,
    BIND_LINK: bulk.without_events,
    MESSAGE: bulk.without_events,
    RECEIPT: bulk.uploads,
    SURVEY: bulk.submissions,
    NOTIFICATION: bulk.notifications,
    BINDING: bulk.bindings,
    POINTS: bulk.grants,
    OPEN: bulk_messages.opens,
}


@dataclass(slots=True)
class Performed:
    """The result of a batch. `counts` holds `[actions, events]` by kind."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    events: int = 0
    skipped: int = 0
    """Actions that should have published an event but could not, because a row of the play was changed or deleted."""


def next_batch(timed_actions: Sequence[TimedAction]) -> list[TimedAction]:
    """The leading actions that can be performed together.

    A broadcast is a batch of its own, since its recipients are the contacts that exist at that moment.
    """
    is_broadcast = (isinstance(timed.action, actions.Broadcast) for timed in timed_actions)
    first = next((place for place, found in enumerate(is_broadcast) if found), len(timed_actions))
    return list(timed_actions[: max(1, min(first, BATCH_SIZE))])


def perform(context: ScenarioContext, timed_actions: Sequence[TimedAction], *, now: datetime) -> Performed:
    """Perform the actions at their planned times; their events are accepted now. Needs the caller's transaction."""
    kinds = [KINDS[type(timed.action)] for timed in timed_actions]
    of_kind: dict[str, list[TimedAction]] = {}
    for timed, kind in zip(timed_actions, kinds, strict=True):
        of_kind.setdefault(kind, []).append(timed)
    links = lock_links(context)
    _follow(context, of_kind.get(CONTACT, []))
    bind_links.open_links(context, of_kind.get(BIND_LINK, []), now)
    bulk_messages.send(context, of_kind.get(MESSAGE, []))
    people = _people(context, timed_actions)
    # PREPARERS fixes the order, since some of them lock rows.
    prepared = {kind: prepare(context, of_kind[kind], people) for kind, prepare in PREPARERS.items() if kind in of_kind}
    requests_of_kind = {kind: iter(requests) for kind, (requests, _finish) in prepared.items()}
    requests = [next(requests_of_kind[kind]) for kind in kinds]
    ids = _published(context, requests, now)
    for kind, (_requests, finish) in prepared.items():
        finish([event_id for event_id, of in zip(ids, kinds, strict=True) if of == kind])
    browse(context, timed_actions, people, links, now=now)
    return _counted(timed_actions, kinds, ids)


def _published(context: ScenarioContext, requests: Sequence[EventRequest | None], now: datetime) -> list[int | None]:
    """The event id of each request; None where there is no request."""
    event_requests = [event_request for event_request in requests if event_request]
    published = iter(publish(account=context.account, event_requests=event_requests, now=now) if event_requests else ())
    return [next(published).event.pk if event_request else None for event_request in requests]


def _follow(context: ScenarioContext, timed_actions: Sequence[TimedAction]) -> None:
    newcomers = [
        (context.moment(timed), _details(timed.action, context))
        for timed in timed_actions
        if isinstance(timed.action, Follow)
    ]
    if newcomers:
        contact_services.create_many(account=context.account, newcomers=newcomers)


def _details(action: Follow, context: ScenarioContext) -> dict[str, object]:
    return {
        "line_uid": action.line_uid,
        "line_display_name": action.name,
        "display_name": action.name,
        "customer_id": action.customer_id,
        "mobile": action.mobile,
        "email": action.email,
        "gender": action.gender,
        "birthday": date.fromisoformat(action.birthday),
        "tags": [context.tag],
    }


def _people(context: ScenarioContext, timed_actions: Sequence[TimedAction]) -> dict[str, Contact]:
    """The contacts of the actions by LINE UID; deleted ones are missing."""
    line_uids = {timed.action.line_uid for timed in timed_actions if not isinstance(timed.action, bulk.WITHOUT_CONTACT)}
    found = {one.line_uid: one for one in Contact.objects.filter(account=context.account, line_uid__in=line_uids)}
    for one in found.values():
        one.account = context.account
    return found


def _counted(timed_actions: Sequence[TimedAction], kinds: Sequence[str], ids: Sequence[int | None]) -> Performed:
    done = Performed()
    for timed, kind, event_id in zip(timed_actions, kinds, ids, strict=True):
        count = done.counts.setdefault(kind, [0, 0])
        count[0] += 1
        count[1] += event_id is not None
        done.events += event_id is not None
        done.skipped += timed.publishes and event_id is None
    return done
