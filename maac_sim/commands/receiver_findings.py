"""What the last delivery of an endpoint says about its receiver, for `maac-sim doctor`."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

LATE = 60.0
"""Seconds after which a delivery that is still pending is a problem."""
LOCAL = ("127.0.0.1", "localhost", "::1")

NO_ANSWER = {
    "COULD_NOT_CONNECT": (
        "nothing listens at {url}",
        "Start the receiver, and compare host and port. From a container the host is host.docker.internal.",
    ),
    "NAME_NOT_RESOLVED": ("the host name of {url} is not known", "Correct the URL: maac-sim endpoint show {id}"),
    "CONNECTION_LOST": (
        "{url} closed the connection without a complete answer",
        "See the receiver's log: it most likely crashed, or a proxy in front ended the request.",
    ),
    "REQUEST_TIMEOUT": (
        "{url} did not answer in time",
        "Answer first and do the work afterwards, in a queue. Is the receiver stopped in a debugger?",
    ),
    "TLS_ERROR": (
        "TLS to {url} failed",
        "Compare the certificate's names and validity. With a self-signed one: maac-sim endpoint create … --insecure",
    ),
    "INVALID_ANSWER": ("{url} answers, but not with HTTP", "Is it an https port, or another program's?"),
    "INVALID_URL": ("the URL {url} cannot be called", "Correct it in the console or by REST."),
    "REFUSED_ADDRESS": (
        "the simulator may not call {url}",
        "Set WEBHOOK_ALLOW_PRIVATE_NETWORKS=true for the simulator, or use a public address.",
    ),
}
STATUSES = {
    401: ("the receiver refused the signature (401)",
          "Compare its share secret with: maac-sim endpoint secret {id}. The mistake: maac-sim explain --help"),
    403: ("the receiver refused the request (403)",
          "Exempt the URL from CSRF protection, log-in and firewall rules; compare: maac-sim endpoint secret {id}"),
    404: ("the receiver has nothing at this path (404)", "Compare the path of {url} with the receiver's route."),
    405: ("the receiver takes no POST at this path (405)", "Compare the path of {url}, and let the route take POST."),
    415: ("the receiver refused the Content-Type (415)", "Take application/json; charset=utf-8."),
    429: ("the receiver has too many requests (429)", "Exempt MAAC from rate limits: it retries three times only."),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """The result of one check, with a remedy if it failed. `is_unreachable`: no simulator answered."""

    subject: str
    good: bool
    found: str
    remedy: str = ""
    is_unreachable: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def last_delivery(subject: str, endpoint: dict[str, Any], last: dict[str, Any] | None) -> Finding:
    """What an endpoint's last delivery shows; without one, whether anything listens at its URL on this machine."""
    if last is None:
        if _is_closed(endpoint["url"]):
            return _failed(subject, endpoint, *NO_ANSWER["COULD_NOT_CONNECT"])
        return Finding(subject, True, f"nothing sent yet; try: maac-sim trigger {endpoint['event_types'][0]}")
    if last["status"] == "pending":
        late = (datetime.now(UTC) - datetime.fromisoformat(last["created_at"])).total_seconds() > LATE
        remedy = "It waits for more than a minute: is a worker running?" if late else ""
        return Finding(subject, not late, "last delivery pending (under way)", remedy)
    ended = f"last delivery {last['status']} ({last['status_code'] or last['reason'] or 'under way'})"
    if last["status"] == "delivered":
        return Finding(subject, True, ended)
    if last["status"] == "failed" and (known := _known(last)):
        return _failed(subject, endpoint, *known, delivery=last["id"])
    return Finding(subject, False, ended, f"Show its attempts: maac-sim delivery {last['id']}")


def _known(last: dict[str, Any]) -> tuple[str, str] | None:
    status = last["status_code"]
    if status is None:
        return NO_ANSWER.get(last["reason"])
    if 300 <= status < 400:
        remedy = "Use the final URL: often https, or a / at the end."
        return f"the receiver redirects ({status}), which MAAC does not follow", remedy
    if status >= 500:
        return f"the receiver failed ({status})", "See the receiver's log: an exception ends the request there."
    return STATUSES.get(status)


def _failed(subject: str, endpoint: dict[str, Any], found: str, remedy: str, delivery: int | None = None) -> Finding:
    names = {"url": endpoint["url"], "id": endpoint["id"]}
    advice = remedy.format(**names)
    if delivery:
        advice += f"{'' if advice.endswith(('.', '?')) else '.'} Its attempts: maac-sim delivery {delivery}"
    return Finding(subject, False, found.format(**names), advice)


def _is_closed(url: str) -> bool:
    """Whether nothing listens at a URL of this machine; of other machines nothing is known here."""
    import socket

    parts = urlsplit(url)
    if parts.hostname not in LOCAL:
        return False
    try:
        socket.create_connection((parts.hostname, parts.port or {"https": 443}.get(parts.scheme, 80)), 1).close()
    except OSError:
        return True
    return False
