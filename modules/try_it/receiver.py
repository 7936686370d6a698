"""The built-in receiver itself: POST /try/TOKEN/. The token in the URL is all that protects it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from modules.try_it import services
from modules.try_it.models import Receiver
from webhooks.waiting import waiting_of


@csrf_exempt
@require_POST
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """Store the request at once; answer as chosen. A slow answer occupies no thread of the server."""
    receiver = get_object_or_404(Receiver.objects.select_related("endpoint"), token=token)
    waiting = waiting_of(request.META)
    received = waiting.once(
        lambda: services.receive(receiver=receiver, headers=request.headers, body=request.body, now=now())
    )
    seconds = {
        Receiver.Answer.SLOW: services.SLOW_SECONDS,
        Receiver.Answer.HANGS: settings.WEBHOOK_ATTEMPT_TIMEOUT + 1,
    }.get(Receiver.Answer(receiver.answer), 0.0)
    if seconds:
        waiting.wait(lambda: False, timeout=seconds)
    return HttpResponse("ok" if received.status_code == 200 else "", status=received.status_code)
