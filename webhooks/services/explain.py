"""Explains a signature that does not match: which mistake produces the digest that the receiver computed, or the
headers that it received."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from receiver_check.explain import Explanation, explain
from receiver_check.explain_request import explain_request
from webhooks.errors import InvalidInput
from webhooks.models import Endpoint

BODY_LIMIT = 256 * 1024
"""Bytes: the search takes seconds for a body of this size. The command line explains larger bodies."""
SECRET_LENGTH = 1000
DIGEST_LENGTH = 10_000
OTHER_SECRETS = 10

Headers = Sequence[tuple[str, str]]


def secrets_of(endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    """An endpoint's share secret, and its previous one if there is one."""
    previous = endpoint.previous_secret
    return endpoint.share_secret, (previous,) if previous else ()


def explain_signature(
    *,
    body: bytes,
    secret: str,
    computed: str | None = None,
    headers: Headers | None = None,
    other_secrets: Sequence[str] = (),
    idempotency_key: str | None = None,
) -> Explanation:
    """Explain either the digest that the receiver `computed` or the `headers` that it received; InvalidInput if both or
    neither are given, or one is too long."""
    if (computed is None) == (headers is None):
        raise _refusal("computed", _("Give either the digest that the receiver computed or the headers that it got."))
    if len(body) > BODY_LIMIT:
        raise _refusal("body", _("The body is larger than %(limit)d KiB.") % {"limit": BODY_LIMIT // 1024})
    if not secret or max(map(len, (secret, *other_secrets))) > SECRET_LENGTH:
        raise _refusal("secret", _("The secret must have 1 to %(limit)d characters.") % {"limit": SECRET_LENGTH})
    if len(other_secrets) > OTHER_SECRETS:
        raise _refusal("other_secrets", _("At most %(limit)d secrets can be tried.") % {"limit": OTHER_SECRETS})
    if headers is not None:
        return explain_request(headers, body, secret, other_secrets=other_secrets)
    if computed is None or len(computed) > DIGEST_LENGTH:
        raise _refusal("computed", _("This is too long for a digest."))
    return explain(body, secret, computed, other_secrets=other_secrets, idempotency_key=idempotency_key)


def _refusal(field: str, fault: str) -> InvalidInput:
    return InvalidInput(fault, {field: [fault]})
