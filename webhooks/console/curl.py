"""A delivery's request as a curl command: the exact bytes, signed with the share secret of now, which stays unsaid."""

import shlex

from django.conf import settings

from webhooks.engine.addresses import wire_url
from webhooks.engine.job import Job
from webhooks.engine.signing import signed_headers
from webhooks.models import Delivery, Endpoint

LONGEST_ARGUMENT = 100_000
"""Bytes; systems refuse a longer argument of a command, and a longer body comes through a pipe."""


def as_curl(delivery: Delivery) -> str:
    """SecretUnreadable where the endpoint's secret cannot be decrypted."""
    endpoint, body = delivery.endpoint, delivery.event.body
    is_long = len(body.encode()) > LONGEST_ARGUMENT
    options = [
        shlex.quote(wire_url(endpoint.url)),
        *_switches(endpoint),
        *(f"-H {shlex.quote(header)}" for header in _headers(delivery)),
        # curl takes what follows an @ for the name of a file.
        "--data-binary @-" if is_long or body.startswith("@") else f"--data-binary {shlex.quote(body)}",
    ]
    command = " \\\n  ".join(("curl --include", *options))
    return f"printf %s {shlex.quote(body)} | {command}" if "@-" in options[-1][-2:] else command


def _switches(endpoint: Endpoint) -> list[str]:
    """`--globoff` takes brackets in a URL as they are; `--insecure` is what the endpoint's switch does."""
    switches = ["--globoff"] if any(char in endpoint.url for char in "[]{}") else []
    return switches if endpoint.verify_tls else [*switches, "--insecure"]


def _headers(delivery: Delivery) -> list[str]:
    endpoint = delivery.endpoint
    job = Job(
        delivery_id=delivery.pk,
        endpoint_id=endpoint.pk,
        claim_token="",
        url=endpoint.url,
        secret=endpoint.share_secret,
        body=delivery.event.body.encode(),
        idempotency_key=delivery.idempotency_key,
        number=1,
        tries=1,
        retry_waits=(),
        extra_headers=tuple(endpoint.extra_headers.items()),
    )
    host = [f"Host: {endpoint.host_override}"] if endpoint.host_override else []
    signed = signed_headers(job, user_agent=settings.WEBHOOK_USER_AGENT)
    # curl would add these two by itself.
    return [*host, *(f"{name}: {value}" for name, value in signed), "Accept:", "Expect:"]
