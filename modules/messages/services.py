"""Creates templates and message events, and sends messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.locks import lock_account
from accounts.models import Account
from modules.contacts.rules import UNFOLLOW
from modules.contacts.selectors import friends, friends_with_tag
from modules.messages import rules, selectors
from modules.messages.errors import EventLimit, InvalidMessage, InvalidTemplate
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Recipient, Template
from modules.messages.rules import Faults
from modules.validation import refuse

TEMPLATE_FIELDS = ("name", "parameters", "line_answer")
ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Addressee:
    """The LINE UID of a recipient, and the values of the template's parameters."""

    line_uid: Any
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A direct message, and the outcome for each recipient."""

    message: DirectMessage
    recipients: list[Recipient]


def create_template(*, account: Account, now: datetime, **fields: Any) -> Template:
    return _stored(Template(account=account, created_at=now), fields, now)


def edit_template(*, template: Template, now: datetime, **fields: Any) -> Template:
    """Change the given fields. Messages sent before are not changed."""
    with transaction.atomic():
        return _stored(Template.objects.select_for_update(no_key=True).get(pk=template.pk), fields, now)


def create_event(*, account: Account, name: str, now: datetime) -> MessageEvent:
    clean = _event_name(name)
    with transaction.atomic():
        lock_account(account.pk)
        if selectors.events(account=account).count() >= rules.EVENT_LIMIT:
            raise EventLimit(_("The number of events has reached the limit."))
        return MessageEvent.objects.create(account=account, name=clean, created_at=now)


def edit_event(*, event: MessageEvent, name: str | None = None, is_archived: bool | None = None) -> MessageEvent:
    """Rename, archive or unarchive. Opens of an archived message event still count and publish events."""
    if name is not None:
        event.name = _event_name(name)
    if is_archived is not None:
        event.is_archived = is_archived
    event.save(update_fields=["name", "is_archived"])
    return event


def send_broadcast(*, account: Account, template: Template, name: str, now: datetime, tag: str = "") -> Broadcast:
    """Send to all contacts who have not blocked the account, or to those of them with the tag."""
    name, tag = name.strip(), tag.strip()
    if not rules.is_name(name):
        refuse({"name": rules.NOT_A_NAME}, InvalidMessage)
    found = friends_with_tag(account=account, name=tag, now=now) if tag else friends(account=account)
    line_uids = list(found.values_list("line_uid", flat=True))
    if not line_uids:
        raise InvalidMessage(_("Nobody would get it: no contact who has not blocked the account is found."))
    mark = rules.mark_of(line_answer=template.line_answer, is_known=True, has_blocked=False)
    with transaction.atomic():
        broadcast = Broadcast.objects.create(
            account=account,
            template=template,
            name=name,
            tag=tag,
            total_count=len(line_uids),
            fail_count=0 if mark == rules.DELIVERED else len(line_uids),
            sent_at=now,
        )
        recipients = [Recipient(broadcast=broadcast, line_uid=line_uid, mark=mark) for line_uid in line_uids]
        Recipient.objects.bulk_create(recipients, batch_size=ROWS_AT_ONCE)
    return broadcast


def push(
    *,
    account: Account,
    template: Template,
    line_uid: Any,
    values: Mapping[str, Any],
    now: datetime,
    event: MessageEvent | None = None,
) -> Sent:
    """Send to one contact."""
    faults = rules.recipient_faults(line_uid=line_uid, values=values, parameters=template.parameters)
    refuse({f"data.{name}": fault for name, fault in faults.items()}, InvalidMessage)
    return _sent(account, template, event, rules.PUSH, [Addressee(line_uid, values)], now)


def multicast(
    *,
    account: Account,
    template: Template,
    addressees: Sequence[Addressee],
    now: datetime,
    event: MessageEvent | None = None,
) -> Sent:
    """Send to several contacts with individual values; with any fault nothing is sent."""
    faults = _count_faults(rules.MULTICAST, "data", len(addressees))
    for place, one in enumerate(addressees):
        found = rules.recipient_faults(line_uid=one.line_uid, values=one.values, parameters=template.parameters)
        faults |= {f"data[{place}].{name}": fault for name, fault in found.items()}
    refuse(faults, InvalidMessage)
    return _sent(account, template, event, rules.MULTICAST, addressees, now)


def enhanced_multicast(
    *,
    account: Account,
    template: Template,
    line_uids: Sequence[Any],
    values: Mapping[str, Any],
    now: datetime,
    event: MessageEvent | None = None,
) -> Sent:
    """Send the same message to many contacts. Its opens are not tracked."""
    faults = _count_faults(rules.ENHANCED, "line_uids", len(line_uids))
    for place, line_uid in enumerate(line_uids):
        found = rules.recipient_faults(line_uid=line_uid, values={}, parameters=())
        faults |= {f"line_uids[{place}]": fault for fault in found.values()}
    found = rules.value_faults(values=values, parameters=template.parameters)
    refuse(faults | {f"data.{name}": fault for name, fault in found.items()}, InvalidMessage)
    addressees = [Addressee(line_uid, values) for line_uid in dict.fromkeys(line_uids)]
    return _sent(account, template, event, rules.ENHANCED, addressees, now)


def _sent(
    account: Account,
    template: Template,
    event: MessageEvent | None,
    category: str,
    addressees: Sequence[Addressee],
    now: datetime,
) -> Sent:
    """Each recipient's outcome is decided now; a list shows the status sent only after some time."""
    statuses = selectors.statuses_of(account=account, line_uids=[one.line_uid for one in addressees])
    recipients = [
        Recipient(
            line_uid=one.line_uid,
            values={name: str(one.values[name]) for name in template.parameters},
            mark=rules.mark_of(
                line_answer=template.line_answer,
                is_known=one.line_uid in statuses,
                has_blocked=statuses.get(one.line_uid) == UNFOLLOW,
            ),
        )
        for one in addressees
    ]
    takes = 0 if category == rules.PUSH else settings.MESSAGE_SEND_SECONDS
    with transaction.atomic():
        message = DirectMessage.objects.create(
            account=account,
            template=template,
            event=event,
            category=category,
            total_count=len(recipients),
            fail_count=sum(one.mark != rules.DELIVERED for one in recipients),
            created_at=now,
            sent_at=now + timedelta(seconds=takes),
        )
        for recipient in recipients:
            recipient.direct_message = message
        Recipient.objects.bulk_create(recipients)
    return Sent(message, recipients)


def _count_faults(category: str, field: str, count: int) -> Faults:
    return {} if 0 < count <= rules.RECIPIENT_LIMITS[category] else {field: rules.TOO_MANY[category]}


def _event_name(name: str) -> str:
    clean = name.strip()
    if not rules.is_name(clean):
        refuse({"name": rules.NOT_A_NAME}, InvalidTemplate)
    return clean


def _stored(template: Template, fields: Mapping[str, Any], now: datetime) -> Template:
    unknown = set(fields) - set(TEMPLATE_FIELDS)
    if unknown:
        raise TypeError(f"A template has no {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(template, name, value.strip() if isinstance(value, str) else value)
    template.updated_at = now
    refuse(rules.template_faults(**{name: getattr(template, name) for name in TEMPLATE_FIELDS}), InvalidTemplate)
    template.save()
    return template
