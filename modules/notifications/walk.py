"""A message's way over the channels: where it was tried, how that ended, and why others were not tried."""

from datetime import datetime
from typing import NamedTuple

from maac_contract.sentences import gettext_noop as _
from modules.notifications import labels, machine
from modules.notifications.models import Message, Step

NOT_ENABLED = _("not enabled in the template")
NOT_NEEDED = _("not needed: an earlier channel delivered")
NOT_REACHED = _("not tried: the message ended before it")
LATER = _("tried if the earlier channels cannot deliver")


class Stop(NamedTuple):
    """A channel with its style (`good`, `bad`, `warn`, `idle`; `none`: not tried), what happened there, and when."""

    css: str
    channel: str
    text: str
    at: datetime | None


def walk(message: Message, steps: list[Step]) -> list[Stop]:
    """The channels in their order; `steps` in the order in which they were made."""
    last = {channel: step for step in steps for channel in machine.CHANNELS if step.status.startswith(f"{channel}_")}
    return [_stop(message, channel, last) for channel in machine.CHANNELS]


def _stop(message: Message, channel: str, last: dict[str, Step]) -> Stop:
    name = labels.CHANNELS[channel]
    if channel in last:
        step = last[channel]
        return Stop(labels.kind_of(step.status), name, labels.STATUSES[step.status], step.at)
    if channel not in message.plan:
        return Stop("none", name, NOT_ENABLED, None)
    if any(machine.has_delivered(step.status) for step in last.values()):
        return Stop("none", name, NOT_NEEDED, None)
    return Stop("none", name, LATER if message.due_at else NOT_REACHED, None)
