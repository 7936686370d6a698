"""What an answer other than 200 says, what it may mean, and what to try: in the viewer's language, status by status.

`why` holds only what MAAC's rule or the answer itself says. What the receiver's own code did is not visible from
outside, so a likely cause stands in `guess`, with what speaks for it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

from console.templatetags.console import milliseconds
from maac_contract import contract
from webhooks.engine.addresses import wire_url
from webhooks.models import Attempt, Endpoint

DEFAULT_PORTS = {"http": 80, "https": 443}
QUOTED = 300
"""Characters of the answer's body that an explanation quotes."""
PROXIES = re.compile(
    r"\b(nginx|openresty|cloudflare|cloudfront|awselb|envoy|varnish|traefik|caddy|haproxy|apache|ngrok|squid|akamai)\b",
    re.IGNORECASE,
)
"""Programs that answer in place of a receiver which they cannot reach."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Headline, what is known, a guess (empty without one) and what to try."""

    headline: str
    why: str
    advice: tuple[str, ...] = ()
    guess: str = ""


def status_line(code: int | None) -> str:
    """The status as a receiver's answer begins, such as `404 Not Found`; the phrase where there is a standard one."""
    try:
        return f"{code} {HTTPStatus(code or 0).phrase}"
    except ValueError:
        return str(code or "")


def place(url: str) -> str:
    """Host and port that a URL leads to, such as `127.0.0.1:3000`."""
    parts = urlsplit(wire_url(url))
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return f"{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


def took(attempt: Attempt) -> str:
    # Translators: an answer's status line and how long it took, such as "200 OK in 47 ms".
    sentence = _("%(status)s in %(time)s")
    return sentence % {"status": status_line(attempt.status_code), "time": milliseconds(attempt.duration_ms)}


def quoted(attempt: Attempt) -> str:
    """The beginning of the answer's body in one line; empty if there is none, or it is a page or not text."""
    try:
        line = " ".join(bytes(attempt.response_body).decode().split())
    except UnicodeDecodeError:
        return ""
    if line.startswith("<") or not line.isprintable():
        return ""
    return line if len(line) <= QUOTED else f"{line[:QUOTED]}…"


def explain_answer(attempt: Attempt, endpoint: Endpoint) -> Explained:
    code = attempt.status_code or 0
    headline, rule = took(attempt), _rule(code)
    if 300 <= code < 400:
        return _redirected(headline, attempt, endpoint)
    guess, advice = _STATUSES.get(code, _any_other)(attempt, endpoint)
    return Explained(headline, rule, advice, guess)


def _rule(code: int) -> str:
    """What MAAC makes of the status."""
    if 200 <= code < 300:
        why = _("This simulator is set to take no other status than %(status)s for a success.")
        return why % {"status": contract.SUCCESS_STATUS}
    if contract.is_retried_status(code):
        return _("MAAC takes this status for a failure that may pass, and tries again.")
    return _("MAAC takes this status for a refusal, and does not try again.")


def _redirected(headline: str, attempt: Attempt, endpoint: Endpoint) -> Explained:
    why = _("The receiver redirects to another address. MAAC never follows a redirect.")
    guess = _("Common causes: http in place of https, a missing slash at the end, a login in front of the receiver.")
    location = _header(attempt, "location")
    if location is None:
        return Explained(headline, why, (_("Set the endpoint's URL to the final address."),), guess)
    final = urljoin(wire_url(endpoint.url), location)
    advice = _("Set the endpoint's URL to the final address: %(url)s") % {"url": final}
    return Explained(headline, why, (advice,), guess)


Reading = tuple[str, tuple[str, ...]]
"""A guess, and what to try."""


def _turned_away(_attempt: Attempt, endpoint: Endpoint) -> Reading:
    if endpoint.kind == Endpoint.Kind.CALLBACK:
        return _("Receivers answer so when the preset header is missing or wrong."), (
            _("Compare the preset headers set here with those that the receiver expects. There is no signature."),
            _("Let this path through where a framework asks for a login or a CSRF token."),
        )
    return _(
        "Receivers answer so when a signature does not match, and frameworks when a login or a token is missing."
    ), (
        _("Compare the signature over the raw bytes of the body, before anything parses them."),
        _("Use the share secret of this endpoint as it is now: after a change the old one is not used any more."),
        _("Let this path through where a framework asks for a login or a CSRF token."),
    )


def _not_understood(_attempt: Attempt, endpoint: Endpoint) -> Reading:
    if endpoint.kind == Endpoint.Kind.CALLBACK:
        return _("Receivers answer so when they cannot read a request or do not accept its content."), (
            _("Read the body as JSON in UTF-8: line_uid, customer_id, email, mobile and status, without an envelope."),
        )
    return _("Receivers answer so when they cannot read a request or do not accept its content."), (
        _("Read the body as JSON in UTF-8: an object with timestamp, topic and data."),
        _("Compare the signature over the raw bytes of the body, before anything parses them."),
    )


def _not_there(_attempt: Attempt, endpoint: Endpoint) -> Reading:
    path = urlsplit(wire_url(endpoint.url)).path
    return _("Servers answer so when they have no route for the path, here %(path)s.") % {"path": path}, (
        _("Compare the path of the endpoint's URL with the receiver's route; a slash at the end can matter."),
        _("Check that it is your receiver that listens at %(place)s.") % {"place": place(endpoint.url)},
    )


def _method_not_allowed(attempt: Attempt, _endpoint: Endpoint) -> Reading:
    allowed = _header(attempt, "allow")
    guess = _("The answer's Allow header lists: %(methods)s.") % {"methods": allowed} if allowed else ""
    return guess, (_("MAAC sends POST: let the route accept it."),)


def _too_busy(_attempt: Attempt, _endpoint: Endpoint) -> Reading:
    return _("Servers answer so when a caller sends too much, or takes too long to send its request."), (
        answer_first(),
        _("Exempt MAAC's requests from the limit for callers, if there is one."),
    )


def _too_large(_attempt: Attempt, _endpoint: Endpoint) -> Reading:
    return _("The receiver, or a proxy in front of it, has a limit for request bodies."), (
        _("Raise the limit for request bodies."),
    )


def _wrong_type(_attempt: Attempt, _endpoint: Endpoint) -> Reading:
    advice = _("Accept the content type %(type)s.") % {"type": contract.CONTENT_TYPE}
    return _("Servers answer so when they do not accept the content type at this path."), (advice,)


def _any_other(attempt: Attempt, _endpoint: Endpoint) -> Reading:
    code = attempt.status_code or 0
    if 200 <= code < 300:
        return "", ()
    if code >= 500:
        return "", (_("Look into the receiver's log at this moment for an error."),)
    return "", (_("Look into the receiver's log at this moment for the reason."),)


def _perhaps_a_proxy(attempt: Attempt, endpoint: Endpoint) -> Reading:
    """502, 503 and 504 come from receivers and from proxies alike; a text of the receiver's own needs no guess."""
    _none, advice = _any_other(attempt, endpoint)
    if quoted(attempt):
        return "", advice
    name = _named_proxy(attempt)
    if not name:
        return _("The answer does not show whether the receiver or a proxy in front of it answered."), advice
    guess = _("Perhaps a proxy or tunnel answered because it could not reach the receiver: the answer names %(name)s.")
    behind = _("Check that the program behind the proxy or tunnel is running, and on which port it listens.")
    return guess % {"name": name}, (behind, *advice)


def _named_proxy(attempt: Attempt) -> str:
    """The proxy that the answer's headers or page name; empty if they name none."""
    page = bytes(attempt.response_body).decode("utf-8", "replace")
    headers = (_header(attempt, name) or "" for name in ("server", "via"))
    found = next(filter(None, map(PROXIES.search, (page, *headers))), None)
    return found[0] if found else ""


def _header(attempt: Attempt, name: str) -> str | None:
    return next((value for each, value in attempt.response_headers if each.lower() == name), None)


def answer_first() -> str:
    advice = _("Answer with %(status)s first and do the work afterwards, from a queue.")
    return advice % {"status": contract.SUCCESS_STATUS}


_STATUSES: dict[int, Callable[[Attempt, Endpoint], Reading]] = {
    400: _not_understood,
    401: _turned_away,
    403: _turned_away,
    404: _not_there,
    405: _method_not_allowed,
    408: _too_busy,
    410: _not_there,
    413: _too_large,
    415: _wrong_type,
    419: _turned_away,
    422: _not_understood,
    429: _too_busy,
    502: _perhaps_a_proxy,
    503: _perhaps_a_proxy,
    504: _perhaps_a_proxy,
}
