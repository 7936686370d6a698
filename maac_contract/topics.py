"""The event types that an endpoint subscribes to, in contract order."""

from dataclasses import dataclass

from maac_contract.payloads import FIRST_OPEN, PNP_PROFILE, PNP_STATUS, POINTS, RECEIPT, SURVEY
from maac_contract.schema import Record
from maac_contract.sentences import gettext_noop as _


@dataclass(frozen=True)
class Topic:
    """An event type, the zone that licenses it, and the fields of its `data`."""

    name: str
    zone: int
    title: str
    description: str
    data: Record


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic(
            "receipt.receipt_validated",
            1,
            _("Receipt validated"),
            _("An uploaded receipt met the conditions of the receipt module. Others are never sent."),
            RECEIPT,
        ),
        Topic(
            "form.surveycake_submitted", 1, _("Survey submitted"), _("A contact submitted a SurveyCake form."), SURVEY
        ),
        Topic(
            "pnp.status_updated",
            1,
            _("Notification message status"),
            _("A notification message (SMS+) moved on, on any of its channels."),
            PNP_STATUS,
        ),
        Topic(
            "pnp.profile_updated",
            1,
            _("Contact bound by notification message"),
            _("A notification message led to a phone number and a LINE contact being bound."),
            PNP_PROFILE,
        ),
        Topic("prize.points_added", 1, _("Points added"), _("A contact was given reward points."), POINTS),
        Topic(
            "message.first_open",
            2,
            _("Message first opened"),
            _("A contact opened a message for the first time; sent once for each contact and message."),
            FIRST_OPEN,
        ),
    )
}


def topics_of_zone(zone: int) -> tuple[Topic, ...]:
    """The event types that a licence for the zone covers, in contract order."""
    return tuple(topic for topic in TOPICS.values() if topic.zone == zone)
