"""A simulator that has been in use for a week: for pictures, and for tests that look at every page.

python manage.py shell -v 0 -c 'from tests.demo import main; main()'    # in an empty MAAC_SIM_DATA
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Account
from accounts.people import add_person
from accounts.services import (
    change_plan,
    create_account,
    grant_endpoint_add_on,
    grant_zone,
    issue_token,
    revoke_token,
)
from maac_contract.contract import TOPICS
from maac_contract.fault_kinds import FaultKind
from maac_sim.setup import prepare
from receiver_check.run import Options
from tests.demo_modules import use_modules
from tests.many import fill
from tests.receiver import Receiver
from webhooks.engine.job import Reason
from webhooks.models import Delivery, Endpoint, Notice
from webhooks.services import endpoints, faults
from webhooks.services.checks import run_waiting, start
from webhooks.services.notices import IN_A_ROW
from webhooks.services.redeliver import redeliver

BRAND_USER = "marketing@demo"
BRAND_PASSWORD = "what-the-demo-lets-you-in-with"
NO_RECEIVER = "http://crm.localhost:9"
"""Loopback, whatever the resolver says, and a port that nobody listens on."""
HOUR, DAY, WEEK, YEAR = (timedelta(hours=hours) for hours in (1, 24, 7 * 24, 365 * 24))
BUSY = (2, 1, 1, 1, 2, 4, 9, 16, 24, 28, 30, 36, 40, 34, 30, 28, 26, 30, 36, 44, 48, 34, 18, 7)
"""Deliveries in each hour of a brand's day."""


def main(receiver: str = NO_RECEIVER) -> None:
    now = datetime.now(UTC)
    furnish(prepare(now=now - WEEK).account, now=now, receiver=receiver)


def furnish(account: Account, *, now: datetime, receiver: str = NO_RECEIVER) -> None:
    """Give an account that has had both zones for a week a life: endpoints, a history, people, and some neighbours."""
    grant_endpoint_add_on(account=account, extra_endpoints=2, valid_from=now - WEEK, valid_until=now + YEAR, now=now)
    _neighbours(now)
    _endpoints(account, receiver, now)
    issue_token(account=account, name="Nightly tests", now=now - WEEK)
    old_token, _ = issue_token(account=account, name="Old shop", now=now - WEEK)
    revoke_token(token=old_token, now=now)
    _brand_user(account, now)
    _checks(account, now)
    use_modules(account, now=now)


def _neighbours(now: datetime) -> None:
    bookshop = create_account(name="Bookshop", time_zone="Asia/Tokyo", now=now - WEEK)
    grant_zone(account=bookshop, zone=1, valid_from=now - YEAR, valid_until=now + 9 * DAY, now=now)
    add_person(account=bookshop, username="orders@bookshop", now=now - WEEK)
    tea_house = create_account(name="Tea house", time_zone="Asia/Taipei", now=now - WEEK)
    change_plan(account=tea_house, plan=Account.Plan.ENTRY, now=now)


def _brand_user(account: Account, now: datetime) -> None:
    user = add_person(account=account, username=BRAND_USER, now=now - WEEK)[0].user
    user.set_password(BRAND_PASSWORD)
    user.save(update_fields=["password"])


def _checks(account: Account, now: datetime) -> None:
    """One of a receiver that verifies nothing, and one that waits for a worker."""
    few = Options(only=("reachable", "topic-*", "signature-missing", "signature-wrong", "duplicate", "answer-time"))
    with Receiver() as careless:
        start(account=account, url=careless.url("/webhook"), secret="s3cret", options=few, now=now - HOUR)
        run_waiting()
    start(account=account, url=f"{NO_RECEIVER}/webhook", secret="s3cret", options=few, now=now)


def _endpoints(account: Account, receiver: str, now: datetime) -> None:
    def make(name: str, path: str, *event_types: str, **more: Any) -> Endpoint:
        fields = {"name": name, "url": f"{receiver}/{path}", "event_types": list(event_types), **more}
        return endpoints.create(account=account, now=now - WEEK, **fields)

    crm = make("CRM", "webhooks/maac", *TOPICS)
    headers = {"Authorization": "Bearer of-the-points-system"}
    points = make("Points system", "points", "receipt.receipt_validated", "prize.points_added", extra_headers=headers)
    warehouse = make("Data warehouse", "maac-events", "form.surveycake_submitted", "message.first_open")
    _history(crm, now, share=1)
    _history(points, now, share=3)
    _history(warehouse, now - DAY, share=4)
    faults.add(endpoint=warehouse, kind=FaultKind.SEND_TWICE, now=now)
    endpoints.pause(endpoint=warehouse, now=now - DAY)
    endpoints.rotate_secret(endpoint=points, now=now - 2 * DAY)
    _notice(points, now - 2 * DAY, read_at=now)
    _notice(warehouse, now - DAY, has_paused=True)
    redeliver(delivery=Delivery.objects.filter(endpoint=crm, status="failed").earliest("pk"), new_key=True, now=now)


def _history(endpoint: Endpoint, until: datetime, share: int) -> None:
    """A week of deliveries, one in so many of a busy brand's."""
    fill(endpoint.account, endpoint, deliveries=1200 // share, now=until - DAY, over=WEEK - DAY)
    for hour in range(24):
        end = until - (23 - hour) * HOUR
        busy = BUSY[end.astimezone(endpoint.account.zone_info).hour]
        fill(endpoint.account, endpoint, deliveries=max(1, busy // share), now=end, over=HOUR)


def _notice(endpoint: Endpoint, at: datetime, **more: Any) -> None:
    Notice.objects.create(
        account=endpoint.account,
        endpoint=endpoint,
        reason=IN_A_ROW,
        message="What was mailed.",
        failed=5,
        finished=5,
        since=at - HOUR,
        last_reason=Reason.ERROR_STATUS_CODE,
        last_status_code=503,
        created_at=at,
        **more,
    )
