"""What customers have done in each module, for `tests.demo`."""

from datetime import datetime, timedelta

from accounts.models import Account
from modules.binding import services as binding
from modules.contacts import member_import, segments, tagging
from modules.contacts import services as contacts
from modules.contacts.models import Contact
from modules.links import services as links
from modules.links.models import Link
from modules.messages import clicks, opens
from modules.messages import services as messages
from modules.notifications import magic
from modules.notifications import services as notifications
from modules.openapi import scripted
from modules.openapi.models import Call
from modules.points import granting, vouchers
from modules.points import services as points
from modules.receipts import services as receipts
from modules.receipts import uploads
from modules.surveys import demo as surveys
from modules.surveys import submissions
from modules.traffic import services as traffic
from webhooks.services.callback import set_callback

CUSTOMERS = 6
NOTIFICATIONS = 5


def use_modules(account: Account, *, now: datetime) -> None:
    """Take each module's demo, and let some customers do what they do."""
    everybody = contacts.seed_demo(account=account, now=now)
    bound = [contact for contact in everybody if contact.is_bound][:CUSTOMERS]
    survey = surveys.seed_demo(account=account, now=now)
    campaign = receipts.seed_demo(account=account, now=now)
    prize = points.seed_demo(account=account, now=now)
    for number, contact in enumerate(bound):
        submissions.submit_generated(survey=survey, contact=contact, seed=number, now=now)
        breaking = "minimum_amount" if number == 1 else None
        uploads.upload_generated(campaign=campaign, contact=contact, seed=number, breaking=breaking, now=now)
        granting.grant(prize=prize, contacts=[contact], now=now)
    _bind(account, now)
    vouchers.issue(account=account, name="Free coffee", contacts=[bound[0]], points=5, now=now)
    _group(everybody, now)
    _call(account, now)
    _notify(account, now)
    _write(account, now)
    _link(everybody[0], now)
    _play(account, now)


def _bind(account: Account, now: datetime) -> None:
    set_callback(account=account, url="http://127.0.0.1:9/binding", headers={"x-api-key": "agreed"}, now=now)
    template = binding.create_template(account=account, name="会員証と連携", now=now)
    binding.make_link(template=template, customer_id="CRM-7001", bind_once=True, now=now)


def _call(account: Account, now: datetime) -> None:
    """A call of the Open API that met a scripted failure, and another failure that waits."""
    scripted.add(account=account, failure="peak", path="event/", now=now)
    Call.objects.create(
        account=account,
        called_at=now,
        microseconds=1200,
        method="POST",
        path="/openapi/v1/event/",
        query="x=1",
        request_headers="Content-Type: application/json",
        request_body='{"name": "Spring"}',
        request_size=18,
        status=429,
        response_headers="Content-Type: application/json",
        response_body='{"detail": "Request was throttled."}',
        response_size=36,
        failure="peak",
    )


def _group(people: list[Contact], now: datetime) -> None:
    """Tags on half of the contacts, a segment of these that is ready, and one from a list that is pending."""
    account = people[0].account
    tag = tagging.create_tag(account=account, name="Regulars", available_days=90, now=now)
    for contact in people[::2]:
        tagging.tag_contact(contact=contact, tag=tag, now=now)
    filters = [{"status": "with", "tag_id": tag.pk}]
    segments.create_from_tags(account=account, name="Regulars", filters=filters, now=now)
    segments.count_due(is_over=lambda: False, clock=lambda: now + timedelta(minutes=1))
    content = people[0].line_uid.encode()
    segments.create_from_list(account=account, name="Invited", content=content, now=now)
    entries = [{"line_uid": contact.line_uid, "mobile": "12"} for contact in people]
    member_import.start(account=account, import_key="line_uid", entries=entries, tags=[], now=now)


def _notify(account: Account, now: datetime) -> None:
    template = notifications.create_template(account=account, name="Order shipped", line_push_enabled=True, now=now)
    for number in list(magic.MAGIC)[:NOTIFICATIONS]:
        notifications.push(
            account=account, template=template, phone_number=number, line_push_template_id=1, event_id=1, now=now
        )


def _write(account: Account, now: datetime) -> None:
    template = messages.create_template(account=account, name="Spring sale", parameters=[], now=now)
    broadcast = messages.send_broadcast(account=account, template=template, name="Spring sale", now=now)
    event = messages.create_event(account=account, name="Member day", now=now)
    friend = account.contacts.exclude(customer_id=None).earliest("pk")
    link = clicks.add_link(template=template, url="https://shop.example/new", utm_campaign="spring")
    sent = messages.push(account=account, template=template, line_uid=friend.line_uid, values={}, event=event, now=now)
    clicks.click(contact=friend, message=sent.message, link=link, now=now)
    opens.open_message(contact=friend, message=broadcast, now=now)


def _link(contact: Contact, now: datetime) -> None:
    """A clicked deeplink and tracelink, and an auto reply that was used."""
    account, url = contact.account, "https://shop.example/"
    for kind in Link.Kind.values:
        link = links.create_link(account=account, kind=kind, name="Poster", url=url, now=now)
        links.click(link=link, contact=contact, now=now)
    reply = links.create_auto_reply(account=account, name="Hello", urls=[{"url": url}], now=now)
    links.act(auto_reply=reply, contact=contact, kind="trigger", now=now)
    links.act(auto_reply=reply, contact=contact, kind="click", part=reply.parts.get(), now=now)


def _play(account: Account, now: datetime) -> None:
    """One that was stopped, and one that ends by itself as soon as a worker plays it."""
    traffic.stop(play=traffic.start(account=account, scenario="quiet-shop", seed="1", now=now), now=now)
    traffic.start(account=account, scenario="quiet-shop", seed="2", rate=2, seconds=1, now=now)
