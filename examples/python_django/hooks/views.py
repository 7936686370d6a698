"""MAAC's webhook in Django, and a page that shows what it did.

SHARE_SECRET=... python manage.py migrate --run-syncdb
SHARE_SECRET=... uvicorn shop.asgi:application --port 9000
"""

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hooks.models import Grant, TakenEvent


@csrf_exempt  # MAAC has no CSRF token; the signature takes its place.
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    body = request.body  # The raw bytes: what was signed.
    if not is_signed(body, request.headers.get("CrescLab-Signature", "")):
        return HttpResponse(status=401)
    take(request.headers.get("CrescLab-Idempotency-Key", ""), json.loads(body))
    return HttpResponse()


def is_signed(body: bytes, signature: str) -> bool:
    expected = hmac.new(settings.SHARE_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


@transaction.atomic
def take(key: str, event: dict[str, Any]) -> None:
    """Note the key and do the work in one transaction: a duplicate does nothing, a crash leaves nothing half done."""
    _, is_new = TakenEvent.objects.get_or_create(key=key, defaults={"topic": event["topic"][:100]})
    if is_new and event["topic"] == "prize.points_added":
        add_points(event["data"])


def add_points(grant: dict[str, Any]) -> None:
    """A grant counts once, even if its event is sent again under a new key."""
    values = {"line_uid": grant["line_uid"], "count": grant["points_count"]}
    Grant.objects.get_or_create(points_id=grant["points_id"], defaults=values)


def points(request: HttpRequest, line_uid: str) -> JsonResponse:  # noqa: ARG001
    total = Grant.objects.filter(line_uid=line_uid).aggregate(total=Sum("count"))["total"]
    return JsonResponse({"line_uid": line_uid, "points": total or 0})
