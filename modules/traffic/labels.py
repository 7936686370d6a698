"""Translated labels of plays for the console."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from modules.traffic.models import Play
from modules.traffic.perform import BINDING, MESSAGE
from modules.traffic.scenario import BIND_LINK, CONTACT, NOTIFICATION, OPEN, POINTS, RECEIPT, SURVEY
from modules.traffic.shipped import WORDS

KINDS: dict[str, tuple[str | Promise, str]] = {
    RECEIPT: (_("Receipts uploaded"), "receipt.receipt_validated"),
    SURVEY: (_("Surveys answered"), "form.surveycake_submitted"),
    NOTIFICATION: (_("Steps of notifications"), "pnp.status_updated"),
    BINDING: (_("Contacts bound by a notification"), "pnp.profile_updated"),
    POINTS: (_("Points granted"), "prize.points_added"),
    OPEN: (_("Messages opened"), "message.first_open"),
    MESSAGE: (_("Messages sent"), ""),
    CONTACT: (_("New contacts"), ""),
    BIND_LINK: (_("Bind links opened"), ""),
}
"""Label and event type of each kind of action."""
STATUSES: dict[str, tuple[str | Promise, str]] = {
    Play.Status.RUNNING: (_("Running"), "good"),
    Play.Status.FINISHED: (_("Finished"), "idle"),
    Play.Status.STOPPED: (_("Stopped"), "warn"),
    Play.Status.INTERRUPTED: (_("Interrupted"), "warn"),
    Play.Status.FAILED: (_("Failed"), "bad"),
}
"""Label and tone of each status."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the summary. `query` is the delivery log's query string for its deliveries; empty without events."""

    title: str
    topic: str
    actions: int
    events: int
    query: str


def title_of(play: Play) -> str:
    return str(WORDS[play.scenario][0] if play.scenario in WORDS else _("Own scenario"))


def status_of(play: Play) -> dict[str, str]:
    word, tone = STATUSES[play.status]
    return {"word": str(word), "tone": tone}


def summary(play: Play) -> list[Line]:
    """Actions and events by kind."""
    lines = []
    for kind, (title, topic) in KINDS.items():
        if kind in play.counts:
            actions, events = play.counts[kind]
            query = _query(play, topic=topic) if events else ""
            lines.append(Line(str(title), topic, actions, events, query))
    return lines


def query_of(play: Play) -> str:
    """The delivery log's query string for the time of the play."""
    return _query(play)


def _query(play: Play, **more: str) -> str:
    until = {"until": play.ended_at.isoformat()} if play.ended_at else {}
    return urlencode({"since": play.started_at.isoformat(), **until, **more})
