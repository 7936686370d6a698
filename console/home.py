"""Home: the current state of deliveries and workers, and the first steps of a new account."""

from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from console.accounts.licence_summary import licence_summary
from console.base import ConsoleRequest, page, render_page
from console.charts import duration, outcome_chart, percent
from console.first_steps import first_steps
from console.notices import notice_row
from webhooks import selectors
from webhooks.engine.lifecycle import Status
from webhooks.log import search, statistics
from webhooks.log.statistics import DAY, HOUR, WAITING_AT_MOST, Bucket, Waiting
from webhooks.models import Delivery
from webhooks.selectors import WORKER_IS_LATE_AFTER

RANGES: dict[str, tuple[timedelta, str | Promise]] = {
    "1h": (HOUR, gettext_lazy("1 hour")),
    "6h": (6 * HOUR, gettext_lazy("6 hours")),
    "24h": (DAY, gettext_lazy("24 hours")),
    "7d": (7 * DAY, gettext_lazy("7 days")),
}
USUAL_RANGE = "1h"
FAILURES_SHOWN = 5
FAILURES_SECONDS = 0.02
NOTICES_SHOWN = 3


class Health(NamedTuple):
    """The current state in a sentence, its colour, and the query of the deliveries that it is about."""

    tone: str
    sentence: str
    query: str | None = None


class Tile(NamedTuple):
    """A figure with its label and a note; the query selects its deliveries in the log."""

    label: str
    value: str
    note: str
    tone: str = ""
    query: str | None = None


class Failures(NamedTuple):
    """The newest failed deliveries; `is_all` is False when the search ran out of time."""

    deliveries: list[Delivery]
    is_all: bool


@page
def home(request: ConsoleRequest) -> HttpResponse:
    return render_page(request, "console/home/page.html", _overview(request))


@page
def live(request: ConsoleRequest) -> HttpResponse:
    """The part of the page that is polled."""
    return render_page(request, "console/home/live.html", _overview(request))


def _overview(request: ConsoleRequest) -> dict[str, Any]:
    account, now = request.account, request.now
    asked = request.GET.get("range", "")
    chosen = asked if asked in RANGES else USUAL_RANGE
    span, _label = RANGES[chosen]
    day = statistics.totals(account=account, since=now - DAY, until=now, with_latency=False)
    hour = statistics.totals(account=account, since=now - HOUR, until=now)
    buckets = statistics.over_time(account=account, since=now - span, until=now, now=now, with_latency=False)
    queue = statistics.waiting(account=account, now=now)
    workers = selectors.worker_ages(now=now)
    steps = first_steps(account=account, now=now)
    unread = selectors.notices(account=account).filter(read_at=None)
    return {
        "health": _health(workers, queue, hour, day),
        "tiles": _tiles(day, hour, queue),
        "chart": outcome_chart(buckets),
        "ranges": RANGES,
        "chosen": chosen,
        "failures": _failures(account) if day.failed else None,
        "summary": licence_summary(account, now=now),
        "seen_at": now - timedelta(seconds=min(workers.values())) if workers else None,
        "is_alive": _is_alive(workers),
        "notices": [notice_row(each) for each in unread[:NOTICES_SHOWN]],
        "start": steps,
        "is_idle": steps is not None and not (day.ended or day.retried or queue.total),
        "api": request.build_absolute_uri("/api/v1/"),
    }


def _failures(account: Account) -> Failures:
    failed = search.Criteria(status=Status.FAILED)
    found = search.search(account=account, criteria=failed, limit=FAILURES_SHOWN, seconds=FAILURES_SECONDS)
    return Failures(found.rows, found.searched_to is None)


def _is_alive(workers: dict[str, float]) -> bool:
    return min(workers.values(), default=float("inf")) <= WORKER_IS_LATE_AFTER.total_seconds()


def _health(workers: dict[str, float], queue: Waiting, hour: Bucket, day: Bucket) -> Health:
    """The most severe condition that holds."""
    if not _is_alive(workers):
        return Health("bad", _("No worker is running, so nothing is sent. Start one with: maac-sim worker"))
    if queue.late:
        late = ngettext("%(count)s delivery is late.", "%(count)s deliveries are late.", queue.late)
        return Health("warn", late % {"count": _capped(queue.late)}, _query(status=Status.PENDING))
    if hour.failed:
        failed = ngettext(
            "%(count)s delivery failed in the last hour.",
            "%(count)s deliveries failed in the last hour.",
            hour.failed,
        )
        return Health("bad", failed % {"count": _number(hour.failed)}, _query(status=Status.FAILED, since="1h"))
    if hour.delivered:
        return Health("good", _("Everything that was sent in the last hour arrived."))
    if day.failed or day.delivered:
        return Health("idle", _("Nothing was sent in the last hour."))
    return Health("idle", _("Nothing was sent in the last 24 hours."))


def _tiles(day: Bucket, hour: Bucket, queue: Waiting) -> list[Tile]:
    sent = day.delivered + day.failed
    return [
        Tile(
            _("Delivered"),
            _number(day.delivered),
            _("of %(count)s that were sent") % {"count": _number(sent)},
            query=_query(status=Status.DELIVERED),
        ),
        Tile(
            _("Failed"),
            _number(day.failed),
            _("after every retry"),
            "bad" if day.failed else "",
            _query(status=Status.FAILED),
        ),
        Tile(_("Skipped"), _number(day.skipped), _("paused or not licensed"), query=_query(status=Status.SKIPPED)),
        Tile(
            _("Success rate"),
            percent(day.rate),
            ngettext("%(count)s retry", "%(count)s retries", day.retried) % {"count": _number(day.retried)},
        ),
        Tile(
            _("Waiting now"),
            _capped(queue.total),
            ngettext("%(count)s late", "%(count)s late", queue.late) % {"count": _capped(queue.late)},
            "warn" if queue.late else "",
            _query(status=Status.PENDING),
        ),
        _latency(hour),
    ]


def _latency(hour: Bucket) -> Tile:
    label = _("95 in 100 answers within")
    if hour.p50 is None or hour.p95 is None:
        return Tile(label, "–", _("no answer in the last hour"))
    return Tile(label, duration(hour.p95), _("half within %(time)s, last hour") % {"time": duration(hour.p50)})


def _query(**filters: str) -> str:
    return urlencode(filters)


def _number(count: int) -> str:
    return f"{count:,}"


def _capped(count: int) -> str:
    return f"{count:,}+" if count >= WAITING_AT_MOST else _number(count)
