"""The first three steps of an account, as far as they are done: told by the data, stored nowhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Account
from maac_contract.contract import TOPICS
from webhooks import selectors
from webhooks.log import statistics
from webhooks.models import Delivery, Endpoint

SHOWN_FOR = timedelta(minutes=30)
"""So long the steps stay to be seen after the last of them is done."""
LOOKED_AT = 50
"""Of the newest deliveries, to find the test and the event that somebody is waiting for."""


@dataclass(frozen=True, slots=True)
class Start:
    """An endpoint, a test that it took, a real event that it took. `test` and `event` are the newest of their kind."""

    endpoint: Endpoint | None
    has_tested: bool
    has_delivered: bool
    test: Delivery | None
    event: Delivery | None
    topic: str
    """Of the event to make first."""

    @property
    def done(self) -> int:
        return sum((self.endpoint is not None, self.has_tested, self.has_delivered))

    @property
    def next_step(self) -> int:
        """The first that is not done; 4 when all are."""
        steps = (self.endpoint is not None, self.has_tested, self.has_delivered, False)
        return steps.index(False) + 1


def start(*, account: Account, now: datetime) -> Start | None:
    """None once real events have been arriving for a while."""
    first = statistics.first_delivered(account=account, is_test=False)
    if first is not None and now - first > SHOWN_FOR:
        return None
    endpoint = selectors.endpoints(account=account).first()
    newest = list(selectors.deliveries(account=account)[:LOOKED_AT])
    return Start(
        endpoint,
        first is not None or statistics.first_delivered(account=account, is_test=True) is not None,
        first is not None,
        next((each for each in newest if each.is_test), None),
        next((each for each in newest if not each.is_test), None),
        next(iter(endpoint.event_types if endpoint else ()), next(iter(TOPICS))),
    )
