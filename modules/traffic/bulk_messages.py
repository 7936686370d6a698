"""Performs a play's messages in bulk: sends broadcasts and pushes, and records who opens them."""

from collections.abc import Sequence

from modules.messages import opens as message_opens
from modules.messages import services as message_services
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Open, Recipient, Template
from modules.traffic import actions
from modules.traffic.actions import TimedAction
from modules.traffic.bulk import EVENT, People, Prepared, ScenarioContext, fixture, of_kind, with_event_ids
from modules.traffic.scenario import OPEN


def send(context: ScenarioContext, timed_actions: Sequence[TimedAction]) -> None:
    """Send messages. Only opening them publishes an event."""
    if not timed_actions:
        return
    template = fixture(Template.objects, context, OPEN)
    event = fixture(MessageEvent.objects, context, EVENT)
    for timed in timed_actions:
        now, action = context.moment(timed), timed.action
        if isinstance(action, actions.Broadcast):
            name = _name_of_broadcast(template, action.number)
            sent = message_services.send_broadcast(
                account=context.account, template=template, name=name, tag=context.tag, now=now
            )
            context.broadcasts[action.number] = sent.pk
        elif isinstance(action, actions.Push):
            pushed = message_services.push(
                account=context.account, template=template, event=event, line_uid=action.line_uid, values={}, now=now
            )
            context.pushes[action.line_uid] = pushed.message.pk


def opens(context: ScenarioContext, timed_actions: Sequence[TimedAction], people: People) -> Prepared:
    opened = of_kind(context, timed_actions, actions.Open)
    messages = _opened_messages(context, [action for _now, action in opened])
    rows: list[Open | None] = []
    for now, action in opened:
        contact, message = people.get(action.line_uid), messages.get((action.line_uid, action.broadcast))
        rows.append(message_opens.drafted(contact=contact, message=message, now=now) if contact and message else None)
    firsts = _first_opens(context, [row for row in rows if row])
    for row in filter(None, rows):
        person = (row.message_type, row.message_id, row.line_uid)
        row.is_first = person not in firsts
        row.outcome = message_opens.outcome_of(row, people[row.line_uid], is_first=row.is_first)
        firsts.add(person)

    def finish(ids: Sequence[int | None]) -> None:
        Open.objects.bulk_create(with_event_ids(rows, ids))

    return [message_opens.event_request_of(row, people[row.line_uid]) if row else None for row in rows], finish


def _opened_messages(
    context: ScenarioContext, opened: Sequence[actions.Open]
) -> dict[tuple[str, int | None], Broadcast | DirectMessage]:
    """The opened messages by LINE UID and broadcast number (None: a direct message)."""
    _find_messages(context, opened)
    broadcast_ids = {context.broadcasts.get(action.broadcast or 0) for action in opened if action.broadcast}
    push_ids = {context.pushes.get(action.line_uid) for action in opened if not action.broadcast}
    broadcasts = Broadcast.objects.in_bulk([pk for pk in broadcast_ids if pk])
    pushes = DirectMessage.objects.in_bulk([pk for pk in push_ids if pk])
    found: dict[tuple[str, int | None], Broadcast | DirectMessage | None] = {
        (action.line_uid, action.broadcast): broadcasts.get(context.broadcasts.get(action.broadcast, 0))
        if action.broadcast
        else pushes.get(context.pushes.get(action.line_uid, 0))
        for action in opened
    }
    return {key: message for key, message in found.items() if message}


def _find_messages(context: ScenarioContext, opened: Sequence[actions.Open]) -> None:
    """Look up the rows of messages that another process sent, after a restart."""
    numbers = {action.broadcast for action in opened if action.broadcast} - set(context.broadcasts)
    readers = {action.line_uid for action in opened if not action.broadcast} - set(context.pushes)
    if numbers:
        template = fixture(Template.objects, context, OPEN)
        names = {_name_of_broadcast(template, number): number for number in numbers}
        sent = template.broadcasts.filter(name__in=names).values_list("name", "pk")
        context.broadcasts.update({names[name]: pk for name, pk in sent})
    if readers:
        of_play = Recipient.objects.filter(direct_message__template=context.fixtures[OPEN], line_uid__in=readers)
        context.pushes.update(dict(of_play.values_list("line_uid", "direct_message_id")))


def _first_opens(context: ScenarioContext, rows: Sequence[Open]) -> set[tuple[str, int | None, str]]:
    """The keys of first opens that are stored already."""
    found = Open.objects.filter(
        account=context.account,
        message_type__in={row.message_type for row in rows},
        message_id__in={row.message_id for row in rows},
        line_uid__in={row.line_uid for row in rows},
        is_first=True,
    )
    return set(found.values_list("message_type", "message_id", "line_uid"))


def _name_of_broadcast(template: Template, number: int) -> str:
    return f"{template.name} {number}"
