"""What an answer other than 200 means, and what to try: in the viewer's language, status by status."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

from console.templatetags.console import milliseconds
from maac_contract import contract
from webhooks.engine.addresses import wire_url
from webhooks.models import Attempt, Endpoint

DEFAULT_PORTS = {"http": 80, "https": 443}

Explained = tuple[str, str, tuple[str, ...]]
"""Headline, why, and what to try."""


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


def explain_answer(attempt: Attempt, endpoint: Endpoint) -> Explained:
    code = attempt.status_code or 0
    if 300 <= code < 400:
        why, advice = _redirected(attempt, endpoint)
    elif code in _STATUSES:
        why, advice = _STATUSES[code](endpoint)
    elif code >= 500:
        why, advice = _failed_inside()
    elif 200 <= code < 300:
        why = _("This simulator is set to take no other status than %(status)s for a success.")
        why, advice = why % {"status": contract.SUCCESS_STATUS}, ()
    else:
        why, advice = _("The receiver did not accept the request."), (_read_the_answer(),)
    return took(attempt), why, advice


def _redirected(attempt: Attempt, endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    why = _("The receiver redirects to another address. MAAC never follows a redirect.")
    location = next((value for name, value in attempt.response_headers if name.lower() == "location"), None)
    if location is None:
        return why, (_("Set the endpoint's URL to the final address."),)
    final = urljoin(wire_url(endpoint.url), location)
    advice = _("Set the endpoint's URL to the final address: %(url)s") % {"url": final}
    common = _("Common causes: http in place of https, a missing slash at the end, a login in front of the receiver.")
    return why, (advice, common)


def _turned_away(endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    if endpoint.kind == Endpoint.Kind.CALLBACK:
        return _("The receiver rejected the request: it did not accept the sender as MAAC."), (
            _("Compare the preset headers set here with those that the receiver expects. There is no signature."),
            _("Let this path through where a framework asks for a login or a CSRF token."),
        )
    return _("The receiver rejected the request: it did not accept the sender as MAAC."), (
        _("Compare the signature over the raw bytes of the body, before anything parses them."),
        _("Use the share secret of this endpoint as it is now: after a change the old one is not used any more."),
        _("Let this path through where a framework asks for a login or a CSRF token."),
    )


def _not_understood(endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    if endpoint.kind == Endpoint.Kind.CALLBACK:
        return _("The receiver could not read the request, or rejected its content."), (
            _("Read the body as JSON in UTF-8: line_uid, customer_id, email, mobile and status, without an envelope."),
            _read_the_answer(),
        )
    return _("The receiver could not read the request, or rejected its content."), (
        _("Read the body as JSON in UTF-8: an object with timestamp, topic and data."),
        _("Compare the signature over the raw bytes of the body, before anything parses them."),
        _read_the_answer(),
    )


def _not_there(endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    path = urlsplit(wire_url(endpoint.url)).path
    return _("A server answered, but it has no route for %(path)s.") % {"path": path}, (
        _("Compare the path of the endpoint's URL with the receiver's route; a slash at the end can matter."),
        _("Check that it is your receiver that listens at %(place)s.") % {"place": place(endpoint.url)},
    )


def _method_not_allowed(_endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    return _("The path exists, but it does not accept POST."), (_("MAAC sends POST: let the route accept it."),)


def _too_busy(_endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    return _("The receiver is overloaded, or timed out while it waited for the request."), (
        answer_first(),
        _("Exempt MAAC's requests from the limit for callers, if there is one."),
    )


def _too_large(_endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    return _("The body is larger than the receiver, or a proxy in front of it, accepts."), (
        _("Raise the limit for request bodies."),
    )


def _wrong_type(_endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    advice = _("Accept the content type %(type)s.") % {"type": contract.CONTENT_TYPE}
    return _("The receiver does not accept JSON at this path."), (advice,)


def _failed_inside() -> tuple[str, tuple[str, ...]]:
    return _("The receiver failed while it handled the event."), (
        _("Look into the receiver's log at this moment for an error."),
        _read_the_answer(),
    )


def _failed_behind_a_proxy(_endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    return _("A proxy answered in place of the receiver, which it could not reach in time."), (
        _("Check that the program behind the proxy or tunnel is running, and on which port it listens."),
    )


def _read_the_answer() -> str:
    return _("Read the answer's body: it often says what is wrong.")


def answer_first() -> str:
    advice = _("Answer with %(status)s first and do the work afterwards, from a queue.")
    return advice % {"status": contract.SUCCESS_STATUS}


_STATUSES: dict[int, Callable[[Endpoint], tuple[str, tuple[str, ...]]]] = {
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
    502: _failed_behind_a_proxy,
    503: _failed_behind_a_proxy,
    504: _failed_behind_a_proxy,
}
