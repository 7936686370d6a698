"""Sets the built-in receiver up, and stores what arrives at it."""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.locks import lock_account
from accounts.models import Account
from accounts.services import licensed_zones
from maac_contract.contract import HEADER_IDEMPOTENCY_KEY, HEADER_SIGNATURE, SUCCESS_STATUS, TOPICS
from maac_contract.signature import signature
from modules.try_it.models import Received, Receiver, new_token
from webhooks.errors import InvalidInput
from webhooks.models import Endpoint
from webhooks.secrets import SecretUnreadable
from webhooks.services import endpoints
from webhooks.services.publish import EventRequest, Published, publish

KEPT = 50
"""Requests kept for each receiver; older ones are deleted as new ones arrive."""
SLOW_SECONDS = 3.0


def set_up(*, account: Account, base: str, now: datetime, actor: str) -> Receiver:
    """The account's receiver with a running endpoint for every licensed event type; made anew if that is deleted.

    `base` is the address at which workers reach this simulator, such as http://127.0.0.1:8622. Raises a Refusal if no
    zone is licensed or no further endpoint may run.
    """
    with transaction.atomic():
        lock_account(account.pk)
        found = Receiver.objects.filter(account=account).select_related("endpoint").first()
        if found and found.endpoint.status != Endpoint.Status.DELETED:
            return found
        licensed = licensed_zones(account_id=account.pk, now=now)
        topics = [name for name, topic in TOPICS.items() if topic.zone in licensed]
        if not topics:
            raise InvalidInput(
                _("No webhook zone is licensed, so no event would arrive. Ask customer support for one.")
            )
        token = new_token()
        url = f"{base.rstrip('/')}/try/{token}/"
        name = _("Built-in receiver")
        endpoint = endpoints.create(account=account, name=name, url=url, event_types=topics, now=now, actor=actor)
        Receiver.objects.filter(account=account).delete()
        return Receiver.objects.create(account=account, endpoint=endpoint, token=token, created_at=now)


def choose_answer(*, receiver: Receiver, answer: str) -> None:
    if answer not in Receiver.Answer.values:
        raise InvalidInput(_("Choose one of the answers."))
    Receiver.objects.filter(pk=receiver.pk).update(answer=answer)


def send_samples(*, receiver: Receiver, now: datetime, topic: str = "") -> list[Published]:
    """Publish a real event of this type, or of each type that the endpoint has."""
    topics = [topic] if topic in TOPICS else receiver.endpoint.event_types
    requests = [EventRequest(name) for name in topics]
    return publish(account=receiver.account, event_requests=requests, now=now, is_batch=True)


def receive(*, receiver: Receiver, headers: Mapping[str, str], body: bytes, now: datetime) -> Received:
    """Verify and store a request; `status_code` of the result is the answer."""
    key = headers.get(HEADER_IDEMPOTENCY_KEY, "")[:64]
    is_verified = _verifies(receiver, headers.get(HEADER_SIGNATURE, ""), body)
    earlier = Received.objects.filter(receiver=receiver, idempotency_key=key, status_code=SUCCESS_STATUS)
    is_repeated = bool(key) and earlier.exists()
    received = Received.objects.create(
        receiver=receiver,
        at=now,
        topic=_topic(body),
        idempotency_key=key,
        headers=dict(headers),
        body=body.decode("utf-8", "replace").replace("\0", "�"),
        is_verified=is_verified,
        is_repeated=is_repeated,
        status_code=_status(receiver.answer, is_verified),
    )
    _prune(receiver)
    return received


def _prune(receiver: Receiver) -> None:
    rows = Received.objects.filter(receiver=receiver).order_by("-id")
    if (oldest := rows.values_list("id", flat=True)[KEPT : KEPT + 1].first()) is not None:
        rows.filter(pk__lte=oldest).delete()


def _status(answer: str, is_verified: bool) -> int:
    if answer == Receiver.Answer.ERROR:
        return 500
    return SUCCESS_STATUS if is_verified else 401


def _verifies(receiver: Receiver, given: str, body: bytes) -> bool:
    try:
        secret = receiver.endpoint.share_secret
    except SecretUnreadable:
        return False
    return hmac.compare_digest(signature(secret, body).encode(), given.encode())


def _topic(body: bytes) -> str:
    try:
        topic = json.loads(body)["topic"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return topic if isinstance(topic, str) and topic in TOPICS else ""
