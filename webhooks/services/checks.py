"""Checks receivers in the background: unfinished rows are the queue, and a worker stores each result as it is found."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.locks import lock_account
from accounts.models import Account
from maac_contract.sentences import gettext_noop
from receiver_check import run
from receiver_check.effects import KEY, from_url
from receiver_check.report_codec import as_text
from receiver_check.run import BadCheck, Options
from receiver_check.sender import BadTarget
from receiver_check.verdicts import Report, Result, Verdict
from webhooks.engine.addresses import BadUrl
from webhooks.engine.extra_headers import header_faults
from webhooks.errors import InvalidInput, InvalidUrl, TooManyChecks
from webhooks.models import Check, Endpoint
from webhooks.secrets import SecretUnreadable
from webhooks.services.deliver import is_stopping
from webhooks.services.endpoints import address_policy, check_url
from webhooks.wake_worker import CHECK, wake_after_commit

AT_ONCE = 2
"""Checks that run at the same time, over all accounts: each occupies a worker thread until it ends."""
OPEN_FOR_AN_ACCOUNT = 5
KEPT_FOR_AN_ACCOUNT = 100
LONGEST = 300
"""Largest `time_limit` of a check, in seconds."""
LEASE_MARGIN = timedelta(seconds=30)
SECRET_LENGTH = 1000
STORED = (
    "seed",
    "only",
    "skip",
    "allow",
    "timeout",
    "time_limit",
    "headers",
    "verify_tls",
    "host_header",
    "is_callback",
)
"""The options that are stored with a check; the others come from the simulator's settings when it runs."""

EFFECTS = "effects_url"
"""Stored with the options. Only a URL: a file or a command would be read or run on the simulator's machine."""

AS_AT_FIRST: dict[str, Any] = {
    "status": Check.Status.QUEUED,
    "started_at": None,
    "done": 0,
    "counts": {},
    "results": "[]",
}

LOST = gettext_noop("The worker that ran this check stopped. Start the check again.")
UNREADABLE = gettext_noop("The share secret cannot be decrypted with the keys of this simulator.")
FAILED = gettext_noop("The simulator failed to make this check; its log says why.")

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]


class _Gone(Exception):
    """Another worker has claimed the check, or its row is deleted."""


class _Stopping(Exception):
    """This process is shutting down."""


def start_for_endpoint(
    *, endpoint: Endpoint, options: Options, effects_url: str = "", now: datetime, actor: str = audit.SYSTEM
) -> Check:
    """Queue a check of an endpoint's receiver with the endpoint's headers, TLS verification and Host header."""
    as_its_events = replace(
        options,
        headers=tuple({**endpoint.extra_headers, **dict(options.headers)}.items()),
        verify_tls=endpoint.verify_tls,
        host_header=endpoint.host_override,
        previous_secret=options.previous_secret or endpoint.previous_secret,
    )
    url, secret = endpoint.url, endpoint.share_secret
    account = endpoint.account
    return start(
        account=account,
        url=url,
        secret=secret,
        options=as_its_events,
        effects_url=effects_url,
        endpoint=endpoint,
        now=now,
        actor=actor,
    )


def start_for_callback(*, callback: Endpoint, options: Options, now: datetime, actor: str = audit.SYSTEM) -> Check:
    """Queue a check of the receiver of an account's binding callback. Its preset headers are stored as the secret."""
    return start(
        account=callback.account,
        url=callback.url,
        secret=callback.preset_headers or "{}",
        options=replace(options, headers=(), verify_tls=callback.verify_tls, is_callback=True),
        now=now,
        actor=actor,
    )


@transaction.atomic
def start(
    *,
    account: Account,
    url: str,
    secret: str,
    options: Options,
    effects_url: str = "",
    endpoint: Endpoint | None = None,
    now: datetime,
    actor: str = audit.SYSTEM,
) -> Check:
    """Queue a check of the receiver at this URL, which verifies with this secret. `effects_url`: where the receiver
    says how often it did the work of an idempotency key; `{key}` in it stands for the key.
    """
    url = url.strip()
    check_url(url)
    if not options.is_callback:
        _check_secret(secret, "secret")
    if options.previous_secret:
        _check_secret(options.previous_secret, "previous_secret")
    _check_headers(dict(options.headers))
    limit = LONGEST if options.time_limit is None else options.time_limit
    options = replace(options, seed=options.seed or Options().seed, time_limit=limit)
    _vet(url, secret, options, now)
    if effects_url:
        _check_effects_url(effects_url)
    lock_account(account.pk)
    if Check.objects.filter(account=account, finished_at=None).count() >= OPEN_FOR_AN_ACCOUNT:
        raise TooManyChecks(
            _("%(count)d checks are waiting or under way. Wait until one is over.") % {"count": OPEN_FOR_AN_ACCOUNT}
        )
    check = Check.objects.create(
        account=account,
        endpoint=endpoint,
        url=url,
        secret=secret,
        previous_secret=options.previous_secret or None,
        options={**{name: getattr(options, name) for name in STORED}, EFFECTS: effects_url},
        total=len(run.probes_of(options)),
        created_at=now,
        created_by=actor,
    )
    audit.record(account=account, actor=actor, action="check.started", target=f"check {check.pk} ({url})", now=now)
    _forget_old(account)
    wake_after_commit(CHECK)
    return check


def run_waiting(*, clock: Clock = lambda: datetime.now(UTC)) -> int:
    """Run queued checks one after another while fewer than `AT_ONCE` are running; return how many were run."""
    count = 0
    while not is_stopping() and (check := _claim(clock())):
        _run(check, clock)
        count += 1
    return count


def give_back_all() -> None:
    """Requeue every running check. Only for the start of a process when no worker can be running."""
    Check.objects.filter(status=Check.Status.RUNNING).update(**AS_AT_FIRST)


def options_of(check: Check) -> Options:
    """The options that the check was started with."""
    given = {name: value for name, value in check.options.items() if name in STORED}
    pairs = tuple((name, value) for name, value in given.pop("headers"))
    patterns: dict[str, Any] = {name: tuple(given.pop(name)) for name in ("only", "skip", "allow")}
    return Options(**given, **patterns, headers=pairs)


def _check_effects_url(url: str) -> None:
    try:
        check_url(url.replace(KEY, "0"))
        from_url(url)
    except (InvalidUrl, BadTarget) as error:
        raise InvalidInput(str(error), {EFFECTS: [str(error)]}) from error


def _check_secret(secret: str, field: str) -> None:
    if not secret or not secret.isprintable() or len(secret) > SECRET_LENGTH:
        fault = _("Write 1 to %(limit)d characters, without a line break.") % {"limit": SECRET_LENGTH}
        raise InvalidInput(fault, {field: [fault]})


def _check_headers(headers: Mapping[str, str]) -> None:
    faults = [_(fault.template) % fault.values for fault in header_faults(headers)]
    if faults:
        raise InvalidInput(f"headers: {faults[0]}", {"headers": faults})


def _vet(url: str, secret: str, options: Options, now: datetime) -> None:
    try:
        run.vet(url, secret, now=now, options=options)
    except BadCheck as error:
        raise InvalidInput(str(error), {error.option: [str(error)]}) from error
    if options.time_limit is None or options.time_limit > LONGEST:
        fault = _("At most %(limit)d seconds.") % {"limit": LONGEST}
        raise InvalidInput(fault, {"time_limit": [fault]})


def _forget_old(account: Account) -> None:
    over = Check.objects.filter(account=account, finished_at__isnull=False).order_by("-id")
    last = over.values_list("pk", flat=True)[KEPT_FOR_AN_ACCOUNT - 1 : KEPT_FOR_AN_ACCOUNT].first()
    if last is not None:
        over.filter(pk__lt=last).delete()


# --- The worker's side -----------------------------------------------------------------------------------------------


@transaction.atomic
def _claim(now: datetime) -> Check | None:
    """Claim the oldest queued check of an account without a running one; None at `AT_ONCE` running checks.

    Concurrent claims are serialised by the row locks.
    """
    waiting = list(Check.objects.select_for_update().filter(finished_at=None).defer("results").order_by("id"))
    running = [check for check in waiting if check.started_at and not _give_up_if_lost(check, now)]
    busy = {check.account_id for check in running}
    free = [check for check in waiting if check.status == Check.Status.QUEUED and check.account_id not in busy]
    if not free or len(running) >= AT_ONCE:
        return None
    check = free[0]
    check.status, check.started_at = Check.Status.RUNNING, now
    check.save(update_fields=["status", "started_at"])
    return check


def _give_up_if_lost(check: Check, now: datetime) -> bool:
    lease = timedelta(seconds=check.options["time_limit"]) + LEASE_MARGIN
    is_lost = check.started_at is not None and check.started_at + lease < now
    if is_lost:
        _end(check, now, status=Check.Status.BROKEN, fault=LOST)
    return is_lost


def _run(check: Check, clock: Clock) -> None:
    try:
        _finish(check, _checked(check, clock), clock())
    except _Gone:
        log.warning("Check %d was claimed by another worker, or deleted, while it ran.", check.pk)
    except _Stopping:
        _mine(check).update(**AS_AT_FIRST)
    except (BadCheck, BadUrl) as error:
        _end(check, clock(), status=Check.Status.BROKEN, fault=str(error))
    except SecretUnreadable:
        _end(check, clock(), status=Check.Status.BROKEN, fault=UNREADABLE)
    except Exception:
        log.exception("Check %d failed.", check.pk)
        _end(check, clock(), status=Check.Status.BROKEN, fault=FAILED)


def _checked(check: Check, clock: Clock) -> Report:
    policy = address_policy()
    policy.check_url(check.url)
    asked = options_of(check)

    def may_reach(address: str) -> bool:
        return policy.refusal(address) is None

    options = replace(
        asked,
        headers=tuple(json.loads(check.secret or "{}").items()) if asked.is_callback else asked.headers,
        previous_secret=check.previous_secret,
        user_agent=settings.WEBHOOK_USER_AGENT,
        ca_file=settings.WEBHOOK_CA_FILE or None,
        may_reach=may_reach,
        any_2xx=settings.WEBHOOK_ACCEPT_ANY_2XX,
    )
    if effects_url := check.options.get(EFFECTS):
        policy.check_url(effects_url.replace(KEY, "0"))
        count = from_url(effects_url, verify_tls=options.verify_tls, ca_file=options.ca_file, may_reach=may_reach)
        options = replace(options, effects=count)
    results: list[Result] = []
    progress = partial(_note, check, results)
    return run.check(check.url, str(check.secret), now=clock(), options=options, progress=progress)


def _note(check: Check, results: list[Result], result: Result, done: int, total: int) -> None:
    """Store a result without its HTTP exchanges; these are large, and stored once, when the check ends."""
    if is_stopping():
        raise _Stopping
    results.append(replace(result, exchanges=()))
    counts = {verdict.value: sum(each.verdict is verdict for each in results) for verdict in Verdict}
    if not _mine(check).update(done=done, total=total, counts=counts, results=as_text(results)):
        raise _Gone


def _finish(check: Check, report: Report, now: datetime) -> None:
    _end(
        check,
        now,
        status=Check.Status.DONE,
        results=as_text(report.results),
        counts=report.counts,
        requests=report.requests,
        seconds=report.seconds,
        passed=report.passed,
    )


def _end(check: Check, now: datetime, **changes: Any) -> None:
    _mine(check).update(finished_at=now, secret=None, previous_secret=None, **changes)


def _mine(check: Check) -> Any:
    return Check.objects.filter(pk=check.pk, status=Check.Status.RUNNING, started_at=check.started_at)
