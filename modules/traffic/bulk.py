"""Performs each kind of action in bulk, with the modules' own rules; messages are in bulk_messages.

Each kind is performed in two steps. A preparer builds the rows and the event of each action; after the events are
published, the `finish` function that it returned stores the rows with the events' ids.
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
from modules.messages.models import Open
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
from modules.traffic.actions import TimedAction
from modules.traffic.errors import FixtureMissing
from modules.traffic.scenario import NOTIFICATION, POINTS, RECEIPT, SURVEY
from webhooks.services.publish import EventRequest

WITHOUT_CONTACT = (actions.Notify, actions.Move, actions.Broadcast)
"""Actions that concern no single contact."""
EVENT = "event"
"""The fixture that a play's pushes belong to."""
TAG_LIMIT = 50
MOVING = (
    "status", "line_push_status", "line_push_delivered_at", "line_push_error_category", "pnp_status",
    "pnp_delivered_at", "sms_status", "sms_delivered_at", "sms_error_category", "due_at", "updated_at",
)  # fmt: skip
"""The columns of a message that a move can change."""

D = TypeVar("D", bound=actions.Action)
Row = TypeVar("Row", Upload, Submission, Step, Binding, Grant, Open)

People = Mapping[str, Contact]
EventRequests = list[EventRequest | None]
Finish = Callable[[Sequence[int | None]], None]
Prepared = tuple[EventRequests, Finish]


@dataclass(slots=True)
class ScenarioContext:
    """A play's account and seed, and the row ids of the notifications, broadcasts and pushes that its plan numbers."""

    account: Account
    fixtures: Mapping[str, int]
    seed: str
    brand: Brand
    started_at: datetime
    notifications: dict[int, int] = field(default_factory=dict)
    broadcasts: dict[int, int] = field(default_factory=dict)
    pushes: dict[str, int] = field(default_factory=dict)

    def moment(self, timed: TimedAction) -> datetime:
        return self.started_at + timedelta(seconds=timed.at)

    @property
    def tag(self) -> str:
        """The tag of the play's contacts."""
        return f"play {self.seed}"[:TAG_LIMIT].strip()


Preparer = Callable[[ScenarioContext, Sequence[TimedAction], People], Prepared]


def without_events(_context: ScenarioContext, timed_actions: Sequence[TimedAction], _people: People) -> Prepared:
    """For kinds that publish no event and are performed before the others."""
    return [None] * len(timed_actions), lambda _ids: None


def uploads(context: ScenarioContext, timed_actions: Sequence[TimedAction], people: People) -> Prepared:
    campaign = receipt_uploads.opened(Campaign(pk=context.fixtures[RECEIPT]))
    uploaded = of_kind(context, timed_actions, actions.Upload)
    receipts = [(people.get(action.line_uid), _receipt(action, now)) for now, action in uploaded]
    matches = receipt_selectors.matches(campaign=campaign)
    numbers = {receipt.number for _contact, receipt in receipts}
    taken = set(matches.filter(number__in=numbers).values_list("number", flat=True))
    rows: list[Upload | None] = []
    for contact, receipt in receipts:
        # A play's campaign has no limit of matches per contact, so only the number is looked up.
        earlier = Earlier(number_matched=receipt.number in taken)
        judged = receipt_uploads.judged
        row = judged(campaign=campaign, contact=contact, receipt=receipt, earlier=earlier) if contact else None
        if row and row.matched:
            taken.add(receipt.number)
        rows.append(row)

    def finish(ids: Sequence[int | None]) -> None:
        Upload.objects.bulk_create(with_event_ids(rows, ids))

    return [receipt_uploads.event_request_of(row) if row else None for row in rows], finish


def _receipt(action: actions.Upload, now: datetime) -> Receipt:
    return Receipt(
        number=action.number,
        random_number=action.random_number,
        purchased_at=(now - timedelta(seconds=action.bought_before)).replace(microsecond=0),
        uploaded_at=now,
        channel=action.channel,
        items=action.items,
    )


def submissions(context: ScenarioContext, timed_actions: Sequence[TimedAction], people: People) -> Prepared:
    survey = fixture(survey_selectors.surveys(account=context.account), context, SURVEY)
    survey.account = context.account
    questions = survey_selectors.asked(survey=survey)
    drafts: list[tuple[Submission, survey_submissions.ByAlias] | None] = []
    for now, action in of_kind(context, timed_actions, actions.Answer):
        contact = people.get(action.line_uid)
        if contact is None:
            drafts.append(None)
            continue
        survey_submissions.check_welcome(survey, contact)
        person = survey_submissions.said_by(contact, action.seed)
        answers = generated.answers(questions, person=person, brand=context.brand, seed=action.seed)
        drafts.append(
            survey_submissions.drafted(
                survey=survey,
                questions=questions,
                contact=contact,
                answers=answers,
                answer_hash=action.answer_hash,
                now=now,
            )
        )
    # The event's data contains the row's id.
    rows = [draft[0] if draft else None for draft in drafts]
    # One INSERT per row: PostgreSQL takes five times as long for arrays of long texts.
    Submission.objects.bulk_create((row for row in rows if row), batch_size=1)

    def finish(ids: Sequence[int | None]) -> None:
        Submission.objects.bulk_update(with_event_ids(rows, ids), ["webhook_event_id"])

    return [survey_submissions.event_request_of(*draft) if draft else None for draft in drafts], finish


def notifications(context: ScenarioContext, timed_actions: Sequence[TimedAction], _people: People) -> Prepared:
    """Create and move notifications. `due_at` stays empty, so that only the plan moves them, not the worker."""
    template = fixture(Template.objects, context, NOTIFICATION)
    template.account = context.account
    sent = of_kind(context, timed_actions, actions.Notify)
    new = {action.number: _message(context, template, action, now) for now, action in sent}
    # The event's data contains the row's id.
    Message.objects.bulk_create(new.values())
    context.notifications.update({number: message.pk for number, message in new.items()})
    moving = {action.number for _now, action in of_kind(context, timed_actions, actions.Move)}
    known = new | _messages(context, template, moving - set(new))
    event_requests: EventRequests = []
    reached: list[Step | None] = []
    for timed in timed_actions:
        now, message = context.moment(timed), known.get(getattr(timed.action, "number", 0))
        if message and isinstance(timed.action, actions.Move):
            message = _moved(message, now)
        event_requests.append(steps.event_request_of(message) if message else None)
        reached.append(Step(message=message, status=message.status, at=now) if message else None)

    def finish(ids: Sequence[int | None]) -> None:
        Message.objects.bulk_create(
            [known[number] for number in sorted(moving & set(known))],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=MOVING,
        )
        Step.objects.bulk_create(with_event_ids(reached, ids))

    return event_requests, finish


def _message(context: ScenarioContext, template: Template, action: actions.Notify, now: datetime) -> Message:
    request = notification_services.Request(
        action.phone_number,
        line_push_template_id=action.line_push_template_id,
        customized_id=_customized_id(action.number),
    )
    message = notification_services.drafted(
        account=context.account, template=template, request=request, plan=action.plan, now=now
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


def bindings(context: ScenarioContext, timed_actions: Sequence[TimedAction], people: People) -> Prepared:
    template = fixture(Template.objects, context, NOTIFICATION)
    rows: list[Binding | None] = []
    for now, action in of_kind(context, timed_actions, actions.Bind):
        contact = people.get(action.line_uid)
        if contact is None:
            rows.append(None)
            continue
        rows.append(
            Binding(
                account=context.account,
                template=template,
                contact=contact,
                source=action.source,
                phone_number=action.phone_number,
                created_at=now,
            )
        )

    def finish(ids: Sequence[int | None]) -> None:
        Binding.objects.bulk_create(with_event_ids(rows, ids))

    return [notification_services.event_request_of(row) if row else None for row in rows], finish


def grants(context: ScenarioContext, timed_actions: Sequence[TimedAction], people: People) -> Prepared:
    prize = point_services.locked(Prize(pk=context.fixtures[POINTS]))
    rows: list[Grant | None] = []
    for now, action in of_kind(context, timed_actions, actions.Reward):
        contact = people.get(action.line_uid)
        if contact and not contact.is_bound:
            contact = None
        rows.append(granting.drafted(prize, contact, {}, UUID(action.points_id), now) if contact else None)

    def finish(ids: Sequence[int | None]) -> None:
        Grant.objects.bulk_create(with_event_ids(rows, ids))

    return [granting.event_request_of(row) if row else None for row in rows], finish


def of_kind(context: ScenarioContext, timed_actions: Iterable[TimedAction], kind: type[D]) -> list[tuple[datetime, D]]:
    """The actions of this type with their times."""
    return [(context.moment(timed), timed.action) for timed in timed_actions if isinstance(timed.action, kind)]


def with_event_ids(rows: Sequence[Row | None], ids: Sequence[int | None]) -> list[Row]:
    """The rows that are not None, each with its event's id."""
    for row, event_id in zip(rows, ids, strict=True):
        if row:
            row.webhook_event_id = event_id  # type: ignore[assignment]
    return [row for row in rows if row]


def fixture(rows: Any, context: ScenarioContext, kind: str) -> Any:
    """The row that the play uses for this kind. Raises FixtureMissing."""
    found = rows.filter(pk=context.fixtures[kind]).first()
    if found is None:
        raise FixtureMissing(_("Something that the play needs was deleted meanwhile: its %(kind)s.") % {"kind": kind})
    return found


def _customized_id(number: int) -> str:
    return f"ORDER-{number:06}"
