"""Adds injected faults to an endpoint and removes them."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from maac_contract.contract import TOPICS
from maac_contract.fault_kinds import KINDS, MOST_IN_REVERSE, FaultKind
from webhooks.errors import EndpointNotRunning, InvalidInput, TooManyFaults
from webhooks.models import Endpoint, InjectedFault
from webhooks.outbox.fault_store import release_all_held
from webhooks.services.endpoints import lock_endpoint

MOST_FAULTS = 20
"""Active faults of an endpoint: each of its attempts is matched against all of them."""
ENDED_KEPT = 100
"""Ended faults that are kept for an endpoint, the newest."""
MOST_TIMES = 1_000_000
LONGEST_LIFE = 86_400
LIFE = 3600
"""Seconds until a fault expires, by default."""
SEED_LENGTH = 100


@transaction.atomic
def add(
    *,
    endpoint: Endpoint,
    kind: str,
    topic: str = "",
    attempt: int | None = None,
    every: int = 1,
    probability: float = 1.0,
    seed: str | None = None,
    times: int | None = 1,
    seconds: float | None = None,
    count: int | None = None,
    expires_in: float = LIFE,
    now: datetime,
    actor: str = audit.SYSTEM,
) -> InjectedFault:
    """Apply a fault to attempts to this endpoint: to `times` of them, or without a limit (None), until it expires.

    Raises InvalidInput, EndpointNotRunning or TooManyFaults.
    """
    locked = lock_endpoint(endpoint)
    _check_endpoint(locked, now)
    fault = InjectedFault.objects.create(
        endpoint=locked,
        kind=_checked_kind(kind, locked),
        topic=_checked_topic(topic),
        attempt=None if attempt is None else int(_within("attempt", attempt, 1, 1000)),
        every=int(_within("every", every, 1, MOST_TIMES)),
        probability=_within("probability", probability, 0, 1),
        seed=_checked_seed(seed),
        times=None if times is None else int(_within("times", times, 1, MOST_TIMES)),
        seconds=_checked_seconds(FaultKind(kind), seconds),
        count=_checked_count(FaultKind(kind), count),
        created_at=now,
        created_by=actor[: audit.TEXT_LENGTH],
        expires_at=now + timedelta(seconds=_within("expires_in", expires_in, 1, LONGEST_LIFE)),
    )
    _forget_ended(locked, now)
    _record(locked, "fault.added", fault.kind, actor, now)
    return fault


@transaction.atomic
def remove(*, fault: InjectedFault, now: datetime, actor: str = audit.SYSTEM) -> None:
    """Remove the fault. Deliveries that it holds are sent now; attempts it was applied to stay marked."""
    endpoint = fault.endpoint
    if _delete(InjectedFault.objects.filter(pk=fault.pk), now):
        _record(endpoint, "fault.removed", fault.kind, actor, now)


@transaction.atomic
def clear(*, endpoint: Endpoint, now: datetime, actor: str = audit.SYSTEM) -> int:
    """Remove all faults of an endpoint; return how many there were."""
    kinds = _delete(InjectedFault.objects.filter(endpoint=endpoint), now)
    if kinds:
        _record(endpoint, "fault.removed", ", ".join(kinds), actor, now)
    return len(kinds)


def _delete(rows: QuerySet[InjectedFault], now: datetime) -> Sequence[str]:
    """Release what the faults hold and delete them; return their kinds."""
    locked = rows.select_for_update(of=("self",)).order_by("pk")
    release_all_held(locked, now=now)
    kinds = [row.kind for row in locked]
    InjectedFault.objects.filter(pk__in=[row.pk for row in locked]).delete()
    return kinds


def _forget_ended(endpoint: Endpoint, now: datetime) -> None:
    ended = endpoint.faults.filter(Q(is_over=True) | Q(expires_at__lte=now), held=[], leaving=[]).order_by("-id")
    InjectedFault.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[ENDED_KEPT:])).delete()


def _check_endpoint(endpoint: Endpoint, now: datetime) -> None:
    if endpoint.status == Endpoint.Status.DELETED:
        raise EndpointNotRunning(_("The endpoint %(name)s is deleted.") % {"name": endpoint.name})
    if endpoint.faults.filter(is_over=False, expires_at__gt=now).count() >= MOST_FAULTS:
        raise TooManyFaults(
            _("%(name)s has %(count)d injected faults waiting, and can have no more. Remove some of them first.")
            % {"name": endpoint.name, "count": MOST_FAULTS}
        )


def _checked_kind(kind: str, endpoint: Endpoint) -> str:
    if kind not in {each.value for each in FaultKind}:
        known = {"kind": kind, "known": ", ".join(FaultKind)}
        raise _invalid("kind", _("%(kind)s is no kind of fault. Known are %(known)s.") % known)
    if kind == FaultKind.PREVIOUS_SECRET and endpoint.__dict__["previous_secret"] is None:
        raise _invalid("kind", _("The share secret was never changed, so there is no previous one. Change it first."))
    return FaultKind(kind).value


def _checked_topic(topic: str) -> str:
    if topic and topic not in TOPICS:
        known = {"unknown": topic, "known": ", ".join(TOPICS)}
        raise _invalid("topic", _("%(unknown)s is not an event type. Known are %(known)s.") % known)
    return topic


def _checked_seed(seed: str | None) -> str:
    if seed is None:
        return secrets.token_hex(4)
    if not 0 < len(seed) <= SEED_LENGTH or not seed.isprintable():
        raise _invalid("seed", _("Write a text of 1 to %(limit)d characters.") % {"limit": SEED_LENGTH})
    return seed


def _checked_seconds(kind: FaultKind, seconds: float | None) -> float:
    about = KINDS[kind]
    if about.seconds is None:
        return float(_absent("seconds", kind, seconds))
    # A body that is sent more slowly would exceed the attempt's time limit.
    longest = 0.9 * settings.WEBHOOK_ATTEMPT_TIMEOUT if kind is FaultKind.DRIP_BODY else about.longest
    return float(_within("seconds", min(about.seconds, longest) if seconds is None else seconds, 0, longest))


def _checked_count(kind: FaultKind, count: int | None) -> int:
    usual = KINDS[kind].count
    if usual is None:
        return int(_absent("count", kind, count))
    return int(_within("count", usual if count is None else count, 2, MOST_IN_REVERSE))


def _absent(field: str, kind: FaultKind, given: float | None) -> float:
    if given is not None:
        raise _invalid(field, _("A fault of the kind %(kind)s does not take it.") % {"kind": kind.value})
    return 0


def _within(field: str, value: float, least: float, most: float) -> float:
    if least <= value <= most:
        return value
    limits = {"least": f"{least:g}", "most": f"{most:,.10g}"}
    raise _invalid(field, _("Write a number from %(least)s to %(most)s.") % limits)


def _invalid(field: str, fault: str) -> InvalidInput:
    return InvalidInput(f"{field}: {fault}", {field: [fault]})


def _record(endpoint: Endpoint, action: str, kinds: str, actor: str, now: datetime) -> None:
    target = f"endpoint {endpoint.pk} ({endpoint.name}): {kinds}"
    audit.record(account=endpoint.account, actor=actor, action=action, target=target, now=now)
