"""Creates templates, sends notification messages and binds contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.locks import lock_account
from accounts.models import Account
from modules.contacts import services as contact_services
from modules.contacts.models import Contact
from modules.notifications import machine, rules, selectors, steps
from modules.notifications.errors import (
    InvalidBinding,
    InvalidConditions,
    InvalidMessage,
    InvalidTemplate,
    TemplateInactive,
)
from modules.notifications.machine import Plan
from modules.notifications.models import Binding, Conditions, Message, Template
from modules.notifications.payload import profile_of
from modules.notifications.rules import Faults, Switches, World
from modules.validation import refuse
from webhooks.services.publish import EventRequest, publish
from webhooks.wake_worker import wake_after_commit

ADVANCE = "modules.notifications.tasks.advance"

TEMPLATE_FIELDS = (
    "name", "status", "line_push_enabled", "pnp_enabled", "fallback_enabled", "fallback_period", "parameters",
    "sms_parameters",
)  # fmt: skip
CONDITIONS = ("line_push_monthly_limit", "sms_vendor", "sensitive_words", "blocked_numbers", "numbers_off")


@dataclass(frozen=True, slots=True)
class Request:
    """The phone number of a message, and the values of each channel's parameters."""

    phone_number: str
    pnp: Mapping[str, str] = field(default_factory=dict)
    sms: Mapping[str, str] = field(default_factory=dict)
    line_push: Mapping[str, str] = field(default_factory=dict)
    line_push_template_id: int | None = None
    customized_id: str | None = None


def create_template(*, account: Account, now: datetime, **fields: Any) -> Template:
    return _stored(Template(account=account, created_at=now), fields, now)


def edit_template(*, template: Template, now: datetime, **fields: Any) -> Template:
    """Change the given fields. Messages that have not ended keep their channels."""
    with transaction.atomic():
        return _stored(Template.objects.select_for_update(no_key=True).get(pk=template.pk), fields, now)


def set_conditions(*, account: Account, **fields: Any) -> Conditions:
    """Change the conditions for future messages; omitted fields stay."""
    refuse(rules.conditions_faults(fields), InvalidConditions)
    with transaction.atomic():
        lock_account(account.pk)
        conditions = selectors.conditions(account=account)
        for name in CONDITIONS:
            setattr(conditions, name, fields.get(name, getattr(conditions, name)))
        conditions.save()
    return conditions


def push(
    *,
    account: Account,
    template: Template,
    phone_number: str,
    now: datetime,
    event_id: int | None = None,
    pnp: Mapping[str, str] | None = None,
    sms: Mapping[str, str] | None = None,
    line_push: Mapping[str, str] | None = None,
    line_push_template_id: int | None = None,
    customized_id: str | None = None,
) -> Message:
    """Send one message. It enters its first channel at once, which publishes an event."""
    request = Request(phone_number, pnp or {}, sms or {}, line_push or {}, line_push_template_id, customized_id)
    (message,) = push_many(account=account, template=template, requests=[request], event_id=event_id, now=now)
    return message


def push_many(
    *,
    account: Account,
    template: Template,
    requests: Sequence[Request],
    now: datetime,
    event_id: int | None = None,
    is_batch: bool = False,
    forced: Plan | None = None,
) -> list[Message]:
    """Send all messages; with any fault none is sent. Faults of a batch name the position.

    `forced` are outcomes of channels that replace the usual ones, for a scripted failure.
    """
    if template.status != rules.ACTIVE:
        raise TemplateInactive(_("The template %(name)s is not active.") % {"name": template.name})
    for place, request in enumerate(requests):
        faults = faults_of(template=template, request=request, event_id=event_id)
        refuse({f"[{place}].{name}" if is_batch else name: each for name, each in faults.items()}, InvalidMessage)
    with transaction.atomic():
        messages = _planned(account, template, requests, event_id, now, forced or {})
        Message.objects.bulk_create(messages)
        steps.announce(messages, now)
        wake_after_commit(ADVANCE)
    return messages


def faults_of(*, template: Template, request: Request, event_id: int | None = None) -> Faults:
    """Faults of a message by field; `pnp.NAME` for a parameter."""
    return rules.message_faults(
        switches=_switches(template, request),
        parameters=template.parameters,
        sms_parameters=template.sms_parameters,
        phone_number=request.phone_number,
        values=_values(request),
        ids={"event_id": event_id, "line_push_template_id": request.line_push_template_id},
        customized_id=request.customized_id,
    )


def bind(
    *, account: Account, template: Template, contact: Contact, source: str, phone_number: str, now: datetime
) -> Binding:
    """Bind a contact who followed a notification: store the phone number as the contact's, and publish an event."""
    enabled = {"pnp": template.pnp_enabled, "sms": template.fallback_enabled}
    faults: Faults = {}
    if not enabled.get(source):
        faults["source"] = rules.SOURCE_IS_OFF
    if fault := rules.number_fault(phone_number, has_sms=template.fallback_enabled):
        faults["phone_number"] = fault
    refuse(faults, InvalidBinding)
    with transaction.atomic():
        # The number behind a hash is unknown, so it cannot be stored.
        if not rules.is_hash(phone_number):
            contact = contact_services.edit(contact=contact, mobile=phone_number, now=now)
        binding = Binding(
            account=account,
            template=template,
            contact=contact,
            source=source,
            phone_number=phone_number,
            created_at=now,
        )
        (published,) = publish(account=account, event_requests=[event_request_of(binding)], now=now)
        binding.webhook_event_id = published.event.pk
        binding.save()
    return binding


def event_request_of(binding: Binding) -> EventRequest:
    return EventRequest("pnp.profile_updated", profile_of(binding), timestamp=binding.created_at)


def _stored(template: Template, fields: Mapping[str, Any], now: datetime) -> Template:
    unknown = set(fields) - set(TEMPLATE_FIELDS)
    if unknown:
        raise TypeError(f"A template has no {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(template, name, value.strip() if isinstance(value, str) else value)
    template.updated_at = now
    refuse(rules.template_faults({name: getattr(template, name) for name in TEMPLATE_FIELDS}), InvalidTemplate)
    template.save()
    return template


def _planned(
    account: Account, template: Template, requests: Sequence[Request], event_id: int | None, now: datetime, forced: Plan
) -> list[Message]:
    """Unsaved messages in their first status."""
    conditions = _conditions(account)
    world, line_pushes_left = _world(conditions), _line_pushes_left(conditions, account, now)
    contacts = selectors.contacts_of(account=account, numbers={request.phone_number for request in requests})
    messages = []
    for request in requests:
        known = contacts.get(request.phone_number, [])
        switches = _switches(template, request)
        plan = rules.plan_of(
            switches=switches,
            phone_number=request.phone_number,
            is_member=selectors.is_member(request.phone_number, known),
            has_blocked=selectors.has_blocked(known),
            sms_values=request.sms,
            world=replace(world, is_line_push_used_up=line_pushes_left is not None and line_pushes_left <= 0),
        )
        plan = {channel: forced.get(channel, outcome) for channel, outcome in plan.items()}
        if line_pushes_left is not None and plan.get(machine.LINE_PUSH) == machine.DELIVERED:
            line_pushes_left -= 1
        message = drafted(
            account=account, template=template, request=request, plan=plan, event_id=event_id, now=now
        )  # fmt: skip
        messages.append(message)
    return messages


def drafted(
    *,
    account: Account,
    template: Template,
    request: Request,
    plan: Plan,
    now: datetime,
    event_id: int | None = None,
) -> Message:
    """An unsaved message in its first status."""
    message = Message(
        account=account,
        template=template,
        event_id=event_id,
        customized_id=request.customized_id,
        phone_number=request.phone_number,
        line_push_template_id=request.line_push_template_id if machine.LINE_PUSH in plan else None,
        parameters=_values(request),
        plan=dict(plan),
        created_at=now,
    )
    steps.enter(message, machine.first_status(plan), now)
    return message


def _values(request: Request) -> dict[str, Mapping[str, str]]:
    """The parameter values by channel."""
    return {machine.LINE_PUSH: request.line_push, machine.PNP: request.pnp, machine.SMS: request.sms}


def _switches(template: Template, request: Request) -> Switches:
    """The channels to try. LINE push needs a template id in the request."""
    line_push = template.line_push_enabled and request.line_push_template_id is not None
    return Switches(line_push=line_push, pnp=template.pnp_enabled, sms=template.fallback_enabled)


def _conditions(account: Account) -> Conditions:
    """The account's conditions. If LINE pushes are limited, the account is locked to count them serially."""
    found = selectors.conditions(account=account)
    if found.line_push_monthly_limit is None:
        return found
    lock_account(account.pk)
    return selectors.conditions(account=account)


def _line_pushes_left(conditions: Conditions, account: Account, now: datetime) -> int | None:
    """LINE pushes left this month; None without a limit."""
    limit = conditions.line_push_monthly_limit
    return None if limit is None else limit - selectors.line_pushes_of_month(account=account, now=now)


def _world(conditions: Conditions) -> World:
    """The conditions without the monthly limit, which changes with each message of a batch."""
    return World(
        sms_vendor=conditions.sms_vendor,
        sensitive_words=frozenset(conditions.sensitive_words),
        blocked_numbers=frozenset(conditions.blocked_numbers),
        numbers_off=frozenset(conditions.numbers_off),
    )
