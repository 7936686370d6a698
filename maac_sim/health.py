"""/livez: the process responds. /readyz: database, broker, workers and delivery are working."""

from datetime import UTC, datetime

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from accounts.database_faults import fault_of
from maac_sim.celery import app
from maac_sim.data_folder import WRITE_PROBE
from webhooks.selectors import Health, delivering_health, worker_health


@require_safe
def livez(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 if every part works, else 503; the response names the cause for each part."""
    database = _database()
    now, unknown = datetime.now(UTC), Health(False, "unknown without the database")
    worker = worker_health(now=now) if database.is_good else unknown
    delivering = delivering_health(now=now) if database.is_good else unknown
    parts = {"database": database, "broker": _broker(), "worker": worker, "delivering": delivering}
    is_good = all(part.is_good for part in parts.values())
    answer = {name: {"ok": part.is_good, "detail": part.detail} for name, part in parts.items()}
    response = JsonResponse({"status": "ok" if is_good else "not ready", **answer}, status=200 if is_good else 503)
    # Django would log each 503 as an error while a start is awaited.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _database() -> Health:
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute(WRITE_PROBE if connection.vendor == "sqlite" else "SELECT 1")
    except DatabaseError as error:
        if fault := fault_of(error):
            return Health(False, fault.message)
        return Health(False, f"The database does not answer: {error}")
    return Health(True, connection.vendor)


def _broker() -> Health:
    try:
        with app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception as error:
        return Health(False, f"The broker does not answer: {error}")
    return Health(True, app.connection_for_write().transport_cls)
