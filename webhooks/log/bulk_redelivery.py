"""Bulk redelivery of what a filter of the delivery log matches: first a preview, then the run, both in short steps."""

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

from accounts.models import Account
from webhooks.engine.lifecycle import Status
from webhooks.log import search
from webhooks.log.search import Criteria
from webhooks.models import Delivery
from webhooks.services.redeliver_many import AT_ONCE, Obstacle, redeliver_many, rules

AT_MOST = 10_000
"""Deliveries that one run redelivers, at most."""
STEP_SECONDS = 0.05
AS_LONG_AS_IT_TAKES = math.inf

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class RedeliveryPreview:
    """Counts of what the filter matches, for ids from `position` to below `start`.

    `next` is the id below which counting continues; None when all, or `AT_MOST`, are counted.
    """

    start: int
    position: int
    next: int | None
    by_status: Counts = field(default_factory=dict)
    blocked: Counts = field(default_factory=dict)
    """Deliveries that cannot be redelivered under any key, by obstacle."""
    in_progress: int = 0
    """Pending deliveries among the others; they can be redelivered only under a new key."""
    has_more: bool = False

    @property
    def matched(self) -> int:
        return sum(self.by_status.values())

    @property
    def ready_under_new_key(self) -> int:
        return self.matched - sum(self.blocked.values())

    @property
    def ready_under_same_key(self) -> int:
        return self.ready_under_new_key - self.in_progress


@dataclass(frozen=True, slots=True)
class Run:
    """The progress of a run: `next` is the id below which it continues, None at the end."""

    next: int | None
    handled: int = 0
    redelivered: int = 0
    blocked: Counts = field(default_factory=dict)


def begin_preview() -> RedeliveryPreview:
    """An empty preview; deliveries created from now on are not part of it."""
    newest = Delivery.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return RedeliveryPreview(newest + 1, newest + 1, newest + 1)


def preview_step(
    *, account: Account, criteria: Criteria, preview: RedeliveryPreview, now: datetime, seconds: float = STEP_SECONDS
) -> RedeliveryPreview:
    """Continue counting, for `seconds` at most."""
    if preview.next is None:
        return preview
    left = AT_MOST - preview.matched
    found, following = search.candidates(
        account=account, criteria=criteria, limit=left + 1, older_than=preview.next, seconds=seconds
    )
    has_more, found = len(found) > left, found[:left]
    held = rules(account=account, now=now)
    obstacles = [(each, held.obstacle(each)) for each in found]
    free = [each for each, obstacle in obstacles if obstacle is None]
    return RedeliveryPreview(
        start=preview.start,
        position=found[-1].id if has_more else following or 0,
        next=None if has_more else following,
        by_status=_sum(preview.by_status, Counter(each.status for each in found)),
        blocked=_sum(preview.blocked, Counter(obstacle.value for _, obstacle in obstacles if obstacle)),
        in_progress=preview.in_progress + sum(each.status == Status.PENDING for each in free),
        has_more=has_more,
    )


def begin_run(preview: RedeliveryPreview) -> Run:
    return Run(next=preview.start)


def run_step(
    *,
    account: Account,
    criteria: Criteria,
    preview: RedeliveryPreview,
    run: Run,
    new_key: bool,
    asked_at: datetime,
    now: datetime,
    seconds: float = STEP_SECONDS,
) -> Run:
    """Redeliver the next deliveries of the preview, at most `AT_ONCE`, in one transaction."""
    left = preview.matched - run.handled
    if run.next is None or left <= 0:
        return replace(run, next=None)
    found, following = search.candidates(
        account=account,
        criteria=criteria,
        limit=min(AT_ONCE, left),
        older_than=run.next,
        down_to=preview.position,
        seconds=seconds,
    )
    ids = [each.id for each in found]
    done = redeliver_many(account=account, delivery_ids=ids, new_key=new_key, asked_at=asked_at, now=now)
    obstacles = Counter({obstacle.value: count for obstacle, count in done.obstacles.items()})
    return Run(
        next=following if run.handled + len(ids) < preview.matched else None,
        handled=run.handled + len(ids),
        redelivered=run.redelivered + done.count,
        blocked=_sum(run.blocked, obstacles),
    )


def redeliver_found(
    *, account: Account, criteria: Criteria, new_key: bool, dry_run: bool, now: datetime
) -> tuple[RedeliveryPreview, Run]:
    """Preview and run without a time limit; a dry run returns the run that would result."""
    preview = begin_preview()
    while preview.next is not None:
        preview = preview_step(
            account=account, criteria=criteria, preview=preview, now=now, seconds=AS_LONG_AS_IT_TAKES
        )
    if dry_run:
        return preview, _foreseen(preview, new_key)
    run = begin_run(preview)
    while run.next is not None:
        run = run_step(
            account=account, criteria=criteria, preview=preview, run=run, new_key=new_key, asked_at=now, now=now,
            seconds=AS_LONG_AS_IT_TAKES,
        )  # fmt: skip
    return preview, run


def _foreseen(preview: RedeliveryPreview, new_key: bool) -> Run:
    ready = preview.ready_under_new_key if new_key else preview.ready_under_same_key
    in_progress = {} if new_key or not preview.in_progress else {Obstacle.IN_PROGRESS.value: preview.in_progress}
    return Run(None, preview.matched, ready, {**in_progress, **preview.blocked})


def _sum(before: Counts, more: Counter[str]) -> Counts:
    return dict(Counter(before) + more)
