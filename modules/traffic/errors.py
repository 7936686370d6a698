"""What the traffic module refuses."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidPlay(InvalidInput):
    code = "invalid_play"


class PlayRunning(Refusal):
    """An account has one play at a time."""

    code = "play_running"


class PlayEnded(Refusal):
    """There is nothing left to stop."""

    code = "play_ended"


class PropGone(Refusal):
    """The play cannot go on without what it made for itself."""

    code = "prop_gone"
