"""Performs acts of a play, many at a time: their rows in bulk, their events by one call, in the order of the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from modules.contacts import services as contact_services
from modules.contacts.models import Contact
from modules.traffic import actions, bulk
from modules.traffic.actions import Act, Follow
from modules.traffic.bulk import Begin, ScenarioContext
from modules.traffic.scenario import CONTACT, NOTIFICATION, OPEN, POINTS, RECEIPT, SURVEY
from webhooks.services.publish import EventRequest, publish

MOST_AT_ONCE = 200
BINDING, MESSAGE = "binding", "message"
KINDS: Mapping[type, str] = {
    actions.Follow: CONTACT,
    actions.Upload: RECEIPT,
    actions.Answer: SURVEY,
    actions.Notify: NOTIFICATION,
    actions.Move: NOTIFICATION,
    actions.Bind: BINDING,
    actions.Reward: POINTS,
    actions.Broadcast: MESSAGE,
    actions.Push: MESSAGE,
    actions.Open: OPEN,
}
"""Of each deed the kind under which it is performed and counted."""
BEGINNINGS: Mapping[str, Begin] = {
    CONTACT: bulk.nothing_more,
    MESSAGE: bulk.nothing_more,
    RECEIPT: bulk.uploads,
    SURVEY: bulk.submissions,
    NOTIFICATION: bulk.notifications,
    BINDING: bulk.bindings,
    POINTS: bulk.grants,
    OPEN: bulk.opens,
}


@dataclass(slots=True)
class Performed:
    """What became of some acts: for each kind how many there were, and how many told something."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    events: int = 0
    skipped: int = 0
    """Should have told something and did not, because somebody changed what the play had made."""


def portion(acts: Sequence[Act]) -> list[Act]:
    """As many of the first acts as can be performed at a time.

    A broadcast stands alone: who gets it depends on who is there at that moment.
    """
    first = next((place for place, act in enumerate(acts) if isinstance(act.deed, actions.Broadcast)), len(acts))
    return list(acts[: max(1, min(first, MOST_AT_ONCE))])


def perform(context: ScenarioContext, acts: Sequence[Act], *, now: datetime) -> Performed:
    """Perform the acts, each at its moment; their events are accepted now. In the caller's transaction."""
    kinds = [KINDS[type(act.deed)] for act in acts]
    of_kind: dict[str, list[Act]] = {}
    for act, kind in zip(acts, kinds, strict=True):
        of_kind.setdefault(kind, []).append(act)
    _follow(context, of_kind.get(CONTACT, []))
    bulk.send(context, of_kind.get(MESSAGE, []))
    people = _people(context, acts)
    # Always in the same order, since some of them lock rows.
    begun = {kind: begin(context, of_kind[kind], people) for kind, begin in BEGINNINGS.items() if kind in of_kind}
    places = {kind: iter(told) for kind, (told, _finish) in begun.items()}
    told = [next(places[kind]) for kind in kinds]
    ids = _published(context, told, now)
    for kind, (_told, finish) in begun.items():
        finish([event_id for event_id, of in zip(ids, kinds, strict=True) if of == kind])
    return _counted(acts, kinds, ids)


def _published(context: ScenarioContext, told: Sequence[EventRequest | None], now: datetime) -> list[int | None]:
    """The id of each event, in its place."""
    event_requests = [event_request for event_request in told if event_request]
    published = iter(publish(account=context.account, event_requests=event_requests, now=now) if event_requests else ())
    return [next(published).event.pk if event_request else None for event_request in told]


def _follow(context: ScenarioContext, acts: Sequence[Act]) -> None:
    newcomers = [(context.moment(act), _details(act.deed, context)) for act in acts if isinstance(act.deed, Follow)]
    if newcomers:
        contact_services.create_many(account=context.account, newcomers=newcomers)


def _details(deed: Follow, context: ScenarioContext) -> dict[str, object]:
    return {
        "line_uid": deed.line_uid,
        "line_display_name": deed.name,
        "display_name": deed.name,
        "customer_id": deed.customer_id,
        "mobile": deed.mobile,
        "email": deed.email,
        "gender": deed.gender,
        "birthday": date.fromisoformat(deed.birthday),
        "tags": [context.tag],
    }


def _people(context: ScenarioContext, acts: Sequence[Act]) -> dict[str, Contact]:
    """Whom the acts are about, by LINE UID; those who were deleted meanwhile are missing."""
    line_uids = {act.deed.line_uid for act in acts if not isinstance(act.deed, bulk.NOBODYS)}
    found = {one.line_uid: one for one in Contact.objects.filter(account=context.account, line_uid__in=line_uids)}
    for one in found.values():
        one.account = context.account
    return found


def _counted(acts: Sequence[Act], kinds: Sequence[str], ids: Sequence[int | None]) -> Performed:
    done = Performed()
    for act, kind, event_id in zip(acts, kinds, ids, strict=True):
        count = done.counts.setdefault(kind, [0, 0])
        count[0] += 1
        count[1] += event_id is not None
        done.events += event_id is not None
        done.skipped += act.tells and event_id is None
    return done
