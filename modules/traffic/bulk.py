"""Each kind of act in bulk, with the modules' own rules.

A kind is performed in two parts: it begins, which makes the rows and says what each act tells; and once that is
published it finishes, which stores what names an event.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Account
from maac_contract.samples import Brand
from modules.contacts.models import Contact
from modules.messages import opens as message_opens
from modules.messages import services as message_services
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Open, Recipient
from modules.messages.models import Template as MessageTemplate
from modules.notifications import machine, steps
from modules.notifications import services as notification_services
from modules.notifications.models import Binding, Message, Step, Template
from modules.points import granting
from modules.points import services as point_services
from modules.points.models import Grant, Prize
from modules.receipts import selectors as receipt_selectors
from modules.receipts import uploads as receipt_uploads
from modules.receipts.conditions import Earlier, Receipt
from modules.receipts.models import Campaign, Upload
from modules.surveys import generated
from modules.surveys import selectors as survey_selectors
from modules.surveys import submissions as survey_submissions
from modules.surveys.models import Submission
from modules.traffic import actions
from modules.traffic.actions import Act
from modules.traffic.errors import PropGone
from modules.traffic.scenario import NOTIFICATION, OPEN, POINTS, RECEIPT, SURVEY
from webhooks.services.publish import EventRequest

NOBODYS = (actions.Notify, actions.Move, actions.Broadcast)
"""Deeds that are not about a contact."""
EVENT = "event"
TAG_LIMIT = 50
MOVING = (
    "status", "line_push_status", "line_push_delivered_at", "line_push_error_category", "pnp_status",
    "pnp_delivered_at", "sms_status", "sms_delivered_at", "sms_error_category", "due_at", "updated_at",
)  # fmt: skip
"""What a move can change of a message."""

D = TypeVar("D", bound=actions.Deed)
Row = TypeVar("Row", Upload, Submission, Step, Binding, Grant, Open)

People = Mapping[str, Contact]
Told = list[EventRequest | None]
Finish = Callable[[Sequence[int | None]], None]
Begun = tuple[Told, Finish]


@dataclass(slots=True)
class ScenarioContext:
    """Where a play is played, and which rows stand for what the plan numbers."""

    account: Account
    props: Mapping[str, int]
    seed: str
    brand: Brand
    started_at: datetime
    notifications: dict[int, int] = field(default_factory=dict)
    broadcasts: dict[int, int] = field(default_factory=dict)
    pushes: dict[str, int] = field(default_factory=dict)

    def moment(self, act: Act) -> datetime:
        return self.started_at + timedelta(seconds=act.at)

    @property
    def tag(self) -> str:
        """What marks the contacts of the play."""
        return f"play {self.seed}"[:TAG_LIMIT].strip()


Begin = Callable[[ScenarioContext, Sequence[Act], People], Begun]


def nothing_more(_stage: ScenarioContext, acts: Sequence[Act], _people: People) -> Begun:
    """Of acts that are performed before the others, and tell nothing."""
    return [None] * len(acts), lambda _ids: None


def send(context: ScenarioContext, acts: Sequence[Act]) -> None:
    """Messages go out; nothing is told until they are opened."""
    if not acts:
        return
    template = _prop(MessageTemplate.objects, context, OPEN)
    event = _prop(MessageEvent.objects, context, EVENT)
    for act in acts:
        now, deed = context.moment(act), act.deed
        if isinstance(deed, actions.Broadcast):
            name = _name_of_broadcast(template, deed.number)
            sent = message_services.send_broadcast(
                account=context.account, template=template, name=name, tag=context.tag, now=now
            )
            context.broadcasts[deed.number] = sent.pk
        elif isinstance(deed, actions.Push):
            pushed = message_services.push(
                account=context.account, template=template, event=event, line_uid=deed.line_uid, values={}, now=now
            )
            context.pushes[deed.line_uid] = pushed.message.pk


def uploads(context: ScenarioContext, acts: Sequence[Act], people: People) -> Begun:
    campaign = receipt_uploads.opened(Campaign(pk=context.props[RECEIPT]))
    receipts = [(people.get(deed.line_uid), _receipt(deed, now)) for now, deed in _each(context, acts, actions.Upload)]
    matches = receipt_selectors.matches(campaign=campaign)
    numbers = {receipt.number for _contact, receipt in receipts}
    taken = set(matches.filter(number__in=numbers).values_list("number", flat=True))
    rows: list[Upload | None] = []
    for contact, receipt in receipts:
        # How often a contact may match is nothing that a play's campaign asks.
        earlier = Earlier(number_matched=receipt.number in taken)
        judged = receipt_uploads.judged
        row = judged(campaign=campaign, contact=contact, receipt=receipt, earlier=earlier) if contact else None
        if row and row.matched:
            taken.add(receipt.number)
        rows.append(row)

    def finish(ids: Sequence[int | None]) -> None:
        Upload.objects.bulk_create(_naming(rows, ids))

    return [receipt_uploads.happening_of(row) if row else None for row in rows], finish


def _receipt(deed: actions.Upload, now: datetime) -> Receipt:
    return Receipt(
        number=deed.number,
        random_number=deed.random_number,
        purchased_at=(now - timedelta(seconds=deed.bought_before)).replace(microsecond=0),
        uploaded_at=now,
        channel=deed.channel,
        items=deed.items,
    )


def submissions(context: ScenarioContext, acts: Sequence[Act], people: People) -> Begun:
    survey = _prop(survey_selectors.surveys(account=context.account), context, SURVEY)
    survey.account = context.account
    questions = survey_selectors.asked(survey=survey)
    drafts: list[tuple[Submission, survey_submissions.ByAlias] | None] = []
    for now, deed in _each(context, acts, actions.Answer):
        contact = people.get(deed.line_uid)
        if contact is None:
            drafts.append(None)
            continue
        survey_submissions.check_welcome(survey, contact)
        person = survey_submissions.said_by(contact, deed.seed)
        answers = generated.answers(questions, person=person, brand=context.brand, seed=deed.seed)
        drafts.append(
            survey_submissions.drafted(
                survey=survey,
                questions=questions,
                contact=contact,
                answers=answers,
                answer_hash=deed.answer_hash,
                now=now,
            )
        )
    # The event names the answer's number, which is the row's.
    rows = [draft[0] if draft else None for draft in drafts]
    # Many long texts go to PostgreSQL as an array, and to write that takes five times as long as a row each.
    Submission.objects.bulk_create((row for row in rows if row), batch_size=1)

    def finish(ids: Sequence[int | None]) -> None:
        Submission.objects.bulk_update(_naming(rows, ids), ["webhook_event_id"])

    return [survey_submissions.happening_of(*draft) if draft else None for draft in drafts], finish


def notifications(context: ScenarioContext, acts: Sequence[Act], _people: People) -> Begun:
    """They go on as the plan says, so no moment is set at which a worker would move them."""
    template = _prop(Template.objects, context, NOTIFICATION)
    template.account = context.account
    new = {deed.number: _message(context, template, deed, now) for now, deed in _each(context, acts, actions.Notify)}
    # The event names the message's number, which is the row's.
    Message.objects.bulk_create(new.values())
    context.notifications.update({number: message.pk for number, message in new.items()})
    moving = {deed.number for _now, deed in _each(context, acts, actions.Move)}
    known = new | _messages(context, template, moving - set(new))
    told: Told = []
    reached: list[Step | None] = []
    for act in acts:
        now, message = context.moment(act), known.get(getattr(act.deed, "number", 0))
        if message and isinstance(act.deed, actions.Move):
            message = _moved(message, now)
        told.append(steps.happening_of(message) if message else None)
        reached.append(Step(message=message, status=message.status, at=now) if message else None)

    def finish(ids: Sequence[int | None]) -> None:
        Message.objects.bulk_create(
            [known[number] for number in sorted(moving & set(known))],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=MOVING,
        )
        Step.objects.bulk_create(_naming(reached, ids))

    return told, finish


def _message(context: ScenarioContext, template: Template, deed: actions.Notify, now: datetime) -> Message:
    request = notification_services.Request(
        deed.phone_number,
        line_push_template_id=deed.line_push_template_id,
        customized_id=_customized_id(deed.number),
    )
    message = notification_services.drafted(
        account=context.account, template=template, request=request, plan=deed.plan, now=now
    )
    message.due_at = None
    return message


def _messages(context: ScenarioContext, template: Template, numbers: Collection[int]) -> dict[int, Message]:
    """The messages with these numbers in the play, locked."""
    unknown = {_customized_id(number): number for number in numbers if number not in context.notifications}
    if unknown:
        of_play = Message.objects.filter(template=template, customized_id__in=unknown)
        found = of_play.values_list("customized_id", "pk")
        context.notifications.update({unknown[name]: pk for name, pk in found if name})
    ids = [context.notifications[number] for number in sorted(numbers) if number in context.notifications]
    rows = Message.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").in_bulk()
    for row in rows.values():
        row.account, row.template = context.account, template
    known = {number: rows.get(context.notifications.get(number, 0)) for number in numbers}
    return {number: row for number, row in known.items() if row}


def _moved(message: Message, now: datetime) -> Message | None:
    move = machine.next_move(message.status, message.plan)
    if move is None:
        return None
    steps.enter(message, move.status, now, move.error)
    message.due_at = None
    return message


def bindings(context: ScenarioContext, acts: Sequence[Act], people: People) -> Begun:
    template = _prop(Template.objects, context, NOTIFICATION)
    rows: list[Binding | None] = []
    for now, deed in _each(context, acts, actions.Bind):
        contact = people.get(deed.line_uid)
        if contact is None:
            rows.append(None)
            continue
        rows.append(
            Binding(
                account=context.account,
                template=template,
                contact=contact,
                source=deed.source,
                phone_number=deed.phone_number,
                created_at=now,
            )
        )

    def finish(ids: Sequence[int | None]) -> None:
        Binding.objects.bulk_create(_naming(rows, ids))

    return [notification_services.happening_of(row) if row else None for row in rows], finish


def grants(context: ScenarioContext, acts: Sequence[Act], people: People) -> Begun:
    prize = point_services.locked(Prize(pk=context.props[POINTS]))
    rows: list[Grant | None] = []
    for now, deed in _each(context, acts, actions.Reward):
        contact = people.get(deed.line_uid)
        if contact and not contact.is_bound:
            contact = None
        rows.append(granting.drafted(prize, contact, {}, UUID(deed.points_id), now) if contact else None)

    def finish(ids: Sequence[int | None]) -> None:
        Grant.objects.bulk_create(_naming(rows, ids))

    return [granting.happening_of(row) if row else None for row in rows], finish


def opens(context: ScenarioContext, acts: Sequence[Act], people: People) -> Begun:
    deeds_done = _each(context, acts, actions.Open)
    messages = _opened_messages(context, [deed for _now, deed in deeds_done])
    rows: list[Open | None] = []
    for now, deed in deeds_done:
        contact, message = people.get(deed.line_uid), messages.get((deed.line_uid, deed.broadcast))
        rows.append(message_opens.drafted(contact=contact, message=message, now=now) if contact and message else None)
    firsts = _first_opens(context, [row for row in rows if row])
    for row in filter(None, rows):
        person = (row.message_type, row.message_id, row.line_uid)
        row.is_first = person not in firsts
        row.outcome = message_opens.outcome_of(row, people[row.line_uid], is_first=row.is_first)
        firsts.add(person)

    def finish(ids: Sequence[int | None]) -> None:
        Open.objects.bulk_create(_naming(rows, ids))

    return [message_opens.happening_of(row, people[row.line_uid]) if row else None for row in rows], finish


def _opened_messages(
    context: ScenarioContext, opened: Sequence[actions.Open]
) -> dict[tuple[str, int | None], Broadcast | DirectMessage]:
    """What was opened, by reader and number of the broadcast."""
    _find_messages(context, opened)
    broadcast_ids = {context.broadcasts.get(deed.broadcast or 0) for deed in opened if deed.broadcast}
    push_ids = {context.pushes.get(deed.line_uid) for deed in opened if not deed.broadcast}
    broadcasts = Broadcast.objects.in_bulk([pk for pk in broadcast_ids if pk])
    pushes = DirectMessage.objects.in_bulk([pk for pk in push_ids if pk])
    found: dict[tuple[str, int | None], Broadcast | DirectMessage | None] = {
        (deed.line_uid, deed.broadcast): broadcasts.get(context.broadcasts.get(deed.broadcast, 0))
        if deed.broadcast
        else pushes.get(context.pushes.get(deed.line_uid, 0))
        for deed in opened
    }
    return {key: message for key, message in found.items() if message}


def _find_messages(context: ScenarioContext, opened: Sequence[actions.Open]) -> None:
    """After a restart: which rows the messages are that another process sent."""
    numbers = {deed.broadcast for deed in opened if deed.broadcast} - set(context.broadcasts)
    readers = {deed.line_uid for deed in opened if not deed.broadcast} - set(context.pushes)
    if numbers:
        template = _prop(MessageTemplate.objects, context, OPEN)
        names = {_name_of_broadcast(template, number): number for number in numbers}
        sent = template.broadcasts.filter(name__in=names).values_list("name", "pk")
        context.broadcasts.update({names[name]: pk for name, pk in sent})
    if readers:
        of_play = Recipient.objects.filter(direct_message__template=context.props[OPEN], line_uid__in=readers)
        context.pushes.update(dict(of_play.values_list("line_uid", "direct_message_id")))


def _first_opens(context: ScenarioContext, rows: Sequence[Open]) -> set[tuple[str, int | None, str]]:
    """Who has opened what before."""
    found = Open.objects.filter(
        account=context.account,
        message_type__in={row.message_type for row in rows},
        message_id__in={row.message_id for row in rows},
        line_uid__in={row.line_uid for row in rows},
        is_first=True,
    )
    return set(found.values_list("message_type", "message_id", "line_uid"))


def _each(context: ScenarioContext, acts: Iterable[Act], kind: type[D]) -> list[tuple[datetime, D]]:
    """The deeds of this kind with their moments."""
    return [(context.moment(act), act.deed) for act in acts if isinstance(act.deed, kind)]


def _naming(rows: Sequence[Row | None], ids: Sequence[int | None]) -> list[Row]:
    """The rows that there are, each with the event that told it."""
    for row, event_id in zip(rows, ids, strict=True):
        if row:
            row.webhook_event_id = event_id  # type: ignore[assignment]
    return [row for row in rows if row]


def _prop(rows: Any, context: ScenarioContext, kind: str) -> Any:
    found = rows.filter(pk=context.props[kind]).first()
    if found is None:
        raise PropGone(_("Something that the play needs was deleted meanwhile: its %(kind)s.") % {"kind": kind})
    return found


def _customized_id(number: int) -> str:
    return f"ORDER-{number:06}"


def _name_of_broadcast(template: MessageTemplate, number: int) -> str:
    return f"{template.name} {number}"
