"""Why there was no answer and what to try: in the viewer's language, reason by reason."""

import errno
import ipaddress
import os
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from console.deliveries.explained_answers import Explained, answer_first, place
from console.templatetags.console import milliseconds
from webhooks.engine.addresses import wire_url
from webhooks.engine.job import Reason
from webhooks.models import Attempt, Endpoint

DOCKER_HOST = "host.docker.internal"


def explain_error(attempt: Attempt, endpoint: Endpoint) -> Explained:
    return _ERRORS.get(attempt.reason, _unclassified)(attempt, endpoint)


def _no_connection(attempt: Attempt, endpoint: Endpoint) -> Explained:
    where = {"place": place(endpoint.url), "time": milliseconds(attempt.duration_ms)}
    cause = attempt.detail
    if os.strerror(errno.ECONNREFUSED) in cause:
        headline, why = _("Connection refused"), _("%(place)s refused the connection.") % where
        guess = _("Most often nothing listens at that address and port; some firewalls refuse like this, too.")
        advice = (_("Is your receiver running there, on that port?"), *_if_in_docker(endpoint.url))
        return Explained(headline, why, advice, guess)
    if any(os.strerror(number) in cause for number in (errno.EHOSTUNREACH, errno.ENETUNREACH)):
        headline, why = _("Not reachable"), _("This simulator has no route to %(place)s.") % where
        return Explained(headline, why, (_("Check the address, the network and any VPN in between."),))
    return Explained(
        _("No connection"),
        _("%(place)s did not take a connection within %(time)s.") % where,
        (_("Check the port in the URL."), _("Let this simulator's address through the firewall, if there is one.")),
        _("Firewalls and security groups often drop requests without an answer."),
    )


def _name_not_found(_attempt: Attempt, endpoint: Endpoint) -> Explained:
    host = urlsplit(wire_url(endpoint.url)).hostname or ""
    why = _("No address was found for the name %(host)s.") % {"host": host}
    if host == DOCKER_HOST:
        flag = f"--add-host={DOCKER_HOST}:host-gateway"
        advice: tuple[str, ...] = (
            _("Docker resolves this name only inside containers; on Linux start them with %(flag)s.") % {"flag": flag},
        )
    else:
        advice = (
            _("Check the spelling of the host in the URL."),
            _("Does the name exist for the machine that this simulator runs on? A tunnel's name may have changed."),
        )
    return Explained(_("Name not found"), why, advice)


def _connection_lost(_attempt: Attempt, _endpoint: Endpoint) -> Explained:
    return Explained(
        _("Connection lost"),
        _("The connection was closed before the answer was complete."),
        (
            _("Did the receiver crash or restart while it handled the event? Look into its log at this moment."),
            _("Read the whole request body before you answer."),
            _("Is the scheme right? A receiver that uses https closes a connection that uses http."),
        ),
    )


def _timed_out(attempt: Attempt, _endpoint: Endpoint) -> Explained:
    limit = {"time": milliseconds(settings.WEBHOOK_ATTEMPT_TIMEOUT * 1000)}
    if attempt.first_byte_ms is None:
        why = _("The receiver took the connection, but no answer came within %(time)s.") % limit
    else:
        why = _("The answer began, but it was not complete within %(time)s.") % limit
    return Explained(
        _("Timed out"),
        why,
        (
            answer_first(),
            _("Does it wait in a debugger or for a lock? Then it may have handled the event nevertheless."),
        ),
    )


def _no_tls(attempt: Attempt, endpoint: Endpoint) -> Explained:
    why, advice = _tls_cause(attempt.detail.lower(), endpoint)
    return Explained(_("No secure connection"), why, advice)


def _tls_cause(detail: str, endpoint: Endpoint) -> tuple[str, tuple[str, ...]]:
    switch_off = _(
        "For a receiver under development, switch off the check of its certificate in the endpoint's settings."
    )
    where = {"place": place(endpoint.url)}
    if "self-signed" in detail or "self signed" in detail:
        own_authority = _("Or let the operator add your own authority's certificate with WEBHOOK_CA_FILE.")
        return _("The receiver's certificate is self-signed, so it is not trusted."), (switch_off, own_authority)
    if "expired" in detail:
        return _("The receiver's certificate has expired."), (_("Renew it."), switch_off)
    if "subject name" in detail or "does not match" in detail:
        host = {"host": urlsplit(wire_url(endpoint.url)).hostname or ""}
        why = _("The receiver's certificate is for another name than %(host)s.") % host
        return why, (_("Use the name that the certificate was made for."), switch_off)
    if "issuer" in detail:
        whole = _("Serve the whole chain, with the certificates between yours and the authority's.")
        return _("The receiver's certificate is not signed by an authority that this simulator trusts."), (
            whole,
            switch_off,
        )
    if "wrong version number" in detail or "no tls session" in detail or "packet length too long" in detail:
        why = _("The server at %(place)s does not use TLS.") % where
        return why, (_("Does it use plain http? Then begin the URL with http://."), _("Check the port in the URL."))
    return _("TLS could not be agreed on with %(place)s.") % where, (
        _("Which TLS versions does the receiver offer? It needs 1.2 or later."),
    )


def _not_http(_attempt: Attempt, endpoint: Endpoint) -> Explained:
    why = _("Something answered at %(place)s, but not in HTTP.") % {"place": place(endpoint.url)}
    return Explained(
        _("Not an HTTP answer"),
        why,
        (
            _("Check the port: another program may listen there."),
            _("Is the scheme right? An answer in TLS to a request in plain http looks like this, too."),
        ),
    )


def _bad_url(_attempt: Attempt, _endpoint: Endpoint) -> Explained:
    why = _("No request can be made for the endpoint's URL.")
    return Explained(_("URL not usable"), why, (_("Correct the URL."),))


def _refused_address(_attempt: Attempt, _endpoint: Endpoint) -> Explained:
    return Explained(
        _("Address not allowed"),
        _("The URL leads into a private network, which this simulator may not reach."),
        (
            _("Use a public address, such as a tunnel's."),
            _("Or let the operator allow private networks: WEBHOOK_ALLOW_PRIVATE_NETWORKS=true."),
        ),
    )


def _unclassified(attempt: Attempt, _endpoint: Endpoint) -> Explained:
    if "share secret" in attempt.detail:
        return Explained(
            _("Not signed"),
            _("The endpoint's share secret cannot be decrypted, so nothing was sent."),
            (_("Change the share secret, or let the operator bring back the key that it was stored with."),),
        )
    return Explained(
        _("Not sent"),
        _("The request could not be sent or its answer not be read."),
        (_("The technical detail below says more; the operator can help."),),
    )


def _internal_error(_attempt: Attempt, _endpoint: Endpoint) -> Explained:
    return Explained(
        _("Error in the simulator"),
        _("The simulator could not process this attempt. The receiver is not the cause."),
        (
            _("The technical detail below says what went wrong; the operator finds more in the worker's log."),
            _("Once it is fixed, send the delivery again."),
        ),
    )


_ERRORS: dict[str, Callable[[Attempt, Endpoint], Explained]] = {
    Reason.COULD_NOT_CONNECT: _no_connection,
    Reason.NAME_NOT_RESOLVED: _name_not_found,
    Reason.CONNECTION_LOST: _connection_lost,
    Reason.REQUEST_TIMEOUT: _timed_out,
    Reason.TLS_ERROR: _no_tls,
    Reason.INVALID_ANSWER: _not_http,
    Reason.INVALID_URL: _bad_url,
    Reason.REFUSED_ADDRESS: _refused_address,
    Reason.UNCLASSIFIED: _unclassified,
    Reason.INTERNAL_ERROR: _internal_error,
}


def _if_in_docker(url: str) -> tuple[str, ...]:
    """In a container localhost is the simulator's own container, where no receiver runs."""
    host = urlsplit(wire_url(url)).hostname or ""
    if not _is_loopback(host):
        return ()
    advice = _("If the simulator runs in Docker, %(host)s is its own container: write %(docker_host)s instead.")
    return (advice % {"host": host, "docker_host": DOCKER_HOST},)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
