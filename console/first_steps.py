"""The first steps of an account and their progress, computed from its endpoints, deliveries and receiver checks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Account
from maac_contract.contract import TOPICS
from webhooks import selectors
from webhooks.log import statistics
from webhooks.models import Delivery, Endpoint

SHOWN_FOR = timedelta(minutes=30)
"""How long the steps stay visible after the last one is done."""
LOOKED_AT = 50
"""How many of the newest deliveries are searched for the latest test and the latest event."""


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """An endpoint, a delivered test, a delivered real event, a check that was passed.

    `test` and `event` are the newest of their kind. Only a check shows that the receiver verifies signatures: one that
    verifies nothing accepts every event.
    """

    endpoint: Endpoint | None
    has_tested: bool
    has_delivered: bool
    has_checked: bool
    test: Delivery | None
    event: Delivery | None
    topic: str
    """The event type that the third step suggests."""

    @property
    def states(self) -> tuple[bool, ...]:
        return (self.endpoint is not None, self.has_tested, self.has_delivered, self.has_checked)

    @property
    def done(self) -> int:
        return sum(self.states)

    @property
    def next_step(self) -> int:
        """The first step that is not done; 5 when all are."""
        return (*self.states, False).index(False) + 1


def first_steps(*, account: Account, now: datetime) -> FirstSteps | None:
    """None once the first real event was delivered more than `SHOWN_FOR` ago."""
    first = statistics.first_delivered(account=account, is_test=False)
    if first is not None and now - first > SHOWN_FOR:
        return None
    endpoint = selectors.endpoints(account=account).first()
    newest = list(selectors.deliveries(account=account)[:LOOKED_AT])
    return FirstSteps(
        endpoint,
        first is not None or statistics.first_delivered(account=account, is_test=True) is not None,
        first is not None,
        selectors.checks(account=account).filter(passed=True).exists(),
        next((each for each in newest if each.is_test), None),
        next((each for each in newest if not each.is_test), None),
        next(iter(endpoint.event_types if endpoint else ()), next(iter(TOPICS))),
    )
