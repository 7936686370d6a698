"""Errors of the traffic module."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidPlay(InvalidInput):
    code = "invalid_play"


class PlayRunning(Refusal):
    """An account has one play at a time."""

    code = "play_running"


class PlayEnded(Refusal):
    """The play to stop has ended already."""

    code = "play_ended"


class FixtureMissing(Refusal):
    """A row that the play created for itself was deleted, so the play cannot continue."""

    code = "fixture_missing"
