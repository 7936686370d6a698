"""A delivery's request as a curl command: the exact bytes, signed with the current secret, which is not included.

A binding callback is not signed; the values of its preset headers are masked.
"""

import shlex

from django.conf import settings

from maac_contract.binding_callback import callback_headers
from maac_contract.signature import signed_headers
from webhooks.engine.addresses import wire_url
from webhooks.models import Delivery, Endpoint
from webhooks.services.callback import masked_headers

LONGEST_ARGUMENT = 100_000
"""Bytes. Systems limit the length of an argument, so a longer body is piped."""


def as_curl(delivery: Delivery) -> str:
    """Raises SecretUnreadable if the endpoint's secret cannot be decrypted."""
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
    """`--globoff` keeps brackets in a URL literal; `--insecure` matches `verify_tls=False`."""
    switches = ["--globoff"] if any(char in endpoint.url for char in "[]{}") else []
    return switches if endpoint.verify_tls else [*switches, "--insecure"]


def _headers(delivery: Delivery) -> list[str]:
    endpoint = delivery.endpoint
    host = [f"Host: {endpoint.host_override}"] if endpoint.host_override else []
    if endpoint.kind == Endpoint.Kind.CALLBACK:
        preset = masked_headers(endpoint)
        sent = (*callback_headers(user_agent=settings.WEBHOOK_USER_AGENT), *preset.items())
        return [*(f"{name}: {value}" for name, value in sent), "Accept:", "Expect:"]
    documented = signed_headers(
        delivery.event.body.encode(),
        secret=endpoint.share_secret,
        idempotency_key=delivery.idempotency_key,
        user_agent=settings.WEBHOOK_USER_AGENT,
    )
    signed = (*documented, *endpoint.extra_headers.items())
    # curl would add these two by itself.
    return [*host, *(f"{name}: {value}" for name, value in signed), "Accept:", "Expect:"]
