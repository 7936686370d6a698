"""The plain way to do the same work: one Celery task a delivery, `requests`, and the ORM row by row.

It is what most would write first, on the same tables and for the same receiver: load the delivery, sign, post, store
the attempt, save the delivery; a retry is Celery's. It is given one favour: it keeps its database connection, where
Celery's default closes it after every task and halves the rate. Run as a program it enqueues a task for each open
delivery behind the one with the given id.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.plain_settings")

import hmac
import sys
from datetime import UTC, datetime
from typing import Any

import requests
from celery import Celery

from maac_contract import contract

QUEUE = "bench-plain"

app = Celery("bench_plain", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_default_queue=QUEUE,
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000


@app.task(bind=True, max_retries=len(contract.RETRY_WAITS))
def deliver(self: Any, delivery_id: int) -> None:
    from webhooks.models import Attempt, Delivery, QueueEntry

    delivery = Delivery.objects.select_related("event", "endpoint").get(pk=delivery_id)
    started_at = datetime.now(UTC)
    body = delivery.event.body.encode()
    headers = signed(body, delivery.endpoint.share_secret, delivery.idempotency_key)
    try:
        answer = requests.post(delivery.endpoint.url, data=body, headers=headers, timeout=contract.ATTEMPT_TIMEOUT)
    except requests.RequestException as error:
        raise self.retry(exc=error, countdown=contract.RETRY_WAITS[self.request.retries]) from error
    delivery.attempt_count += 1
    Attempt.objects.create(
        delivery=delivery,
        number=delivery.attempt_count,
        started_at=started_at,
        duration_ms=answer.elapsed.total_seconds() * 1000,
        request_headers=[list(pair) for pair in headers.items()],
        reason="OK",
        status_code=answer.status_code,
        response_headers=[list(pair) for pair in answer.headers.items()],
        response_body=answer.content[: contract.ANSWER_KEPT_LIMIT],
    )
    delivery.status, delivery.status_code, delivery.reason = "delivered", answer.status_code, "OK"
    delivery.finished_at = datetime.now(UTC)
    delivery.save()
    QueueEntry.objects.filter(delivery=delivery).delete()


def signed(body: bytes, secret: str, key: str) -> dict[str, str]:
    return {
        "Content-Type": contract.CONTENT_TYPE,
        contract.HEADER_IDEMPOTENCY_KEY: key,
        contract.HEADER_SIGNATURE: hmac.new(secret.encode(), body, "sha256").hexdigest(),
    }


def enqueue_open(after_id: int) -> int:
    """A task for every delivery behind `after_id` that is open; how many."""
    import django

    django.setup()
    from webhooks.models import Delivery

    ids = list(Delivery.objects.filter(status="pending", pk__gt=after_id).order_by("id").values_list("pk", flat=True))
    for delivery_id in ids:
        deliver.delay(delivery_id)
    return len(ids)


if __name__ == "__main__":
    # As `bench.plain`, so that the tasks' name is the one that the worker knows.
    from bench import plain

    sys.stdout.write(f"{plain.enqueue_open(int(sys.argv[1]))}\n")
