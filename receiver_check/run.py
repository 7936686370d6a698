"""The conformance run: all probes against one receiver, within a time limit."""

import difflib
import re
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from maac_contract import contract
from maac_contract.sentences import gettext_noop
from receiver_check.probes import CALLBACK_PROBES, PROBES, Probe
from receiver_check.sender import BadTarget, MayReach, Sender, target
from receiver_check.trial import Case, Trial
from receiver_check.verdicts import Judgement, Report, Result, Sentence, Verdict

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[ -~]*")

LEFT_OUT = gettext_noop("Left out as told.")
NOT_REACHABLE = gettext_noop("The receiver could not be reached.")
TIME_OVER = gettext_noop("Not run: the time limit of %(limit)g s was over.")
NOTHING_ACCEPTED = gettext_noop("The receiver accepts no valid event, so this would tell nothing.")


class BadCheck(ValueError):
    """The run's options are invalid; the message says why, and `option` names the option."""

    def __init__(self, message: str, option: str = "") -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True)
class Options:
    """Options of a run. `only`, `skip` and `allow` are ids of probes, or patterns such as `topic-*`."""

    seed: str = "0"
    previous_secret: str | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    timeout: float = contract.ATTEMPT_TIMEOUT
    time_limit: float = 120.0
    headers: tuple[tuple[str, str], ...] = ()
    verify_tls: bool = True
    ca_file: str | None = None
    user_agent: str = "maac-sim"
    host_header: str = ""
    """Host header to send instead of the URL's host."""
    is_callback: bool = False
    """The receiver takes binding callbacks: `headers` are the preset headers, and there is no share secret."""
    may_reach: MayReach | None = None
    """Decides for every IP address whether it may be connected to; None allows all."""


Progress = Callable[[Result, int, int], None]
"""Called with each result, the number of results so far, and the total."""


def check(
    url: str, secret: str, *, now: datetime, options: Options | None = None, progress: Progress | None = None
) -> Report:
    """Probe the receiver at this URL, which verifies with this secret. BadCheck for invalid options."""
    options = options or Options()
    chosen, case = _prepared(url, secret, now, options)
    probes = probes_of(options)
    began, results = time.monotonic(), list[Result]()
    for probe in probes.values():
        reason = _reason_to_leave_out(probe, case, chosen, results)
        if reason is None and time.monotonic() - began >= options.time_limit:
            reason = Judgement(Verdict.FAILED, Sentence(TIME_OVER, {"limit": options.time_limit}))
        results.append(result := _result(probe, case, options, reason))
        if progress:
            progress(result, len(results), len(probes))
    return Report(case.sender.target.url, options.seed, now, time.monotonic() - began, tuple(results))


def probes_of(options: Options) -> dict[str, Probe]:
    """All probes of a run with these options, by id."""
    return CALLBACK_PROBES if options.is_callback else PROBES


def vet(url: str, secret: str, *, now: datetime, options: Options) -> None:
    """Raise BadCheck for invalid options, without sending anything."""
    _prepared(url, secret, now, options)


def _prepared(url: str, secret: str, now: datetime, options: Options) -> tuple[set[str], Case]:
    return _chosen(options), _case(url, secret, now, options)


def _chosen(options: Options) -> set[str]:
    probes = probes_of(options)
    only, skip = _matching(options.only, probes, "only"), _matching(options.skip, probes, "skip")
    _matching(options.allow, probes, "allow")
    chosen = (only or set(probes)) - skip
    if not chosen:
        raise BadCheck("No probe is left to run: only and skip exclude everything.", "only")
    return chosen


def _matching(patterns: Iterable[str], probes: Collection[str], option: str) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        matching = {id for id in probes if fnmatchcase(id, pattern)}
        if not matching:
            near = difflib.get_close_matches(pattern, probes, n=3)
            hint = f"Did you mean {', '.join(near)}?" if near else f"There are: {', '.join(probes)}."
            raise BadCheck(f"{option}: there is no probe {pattern}. {hint}", option)
        found |= matching
    return found


def _case(url: str, secret: str, now: datetime, options: Options) -> Case:
    if not options.is_callback and (not secret or not secret.isprintable()):
        raise BadCheck("The share secret is empty or has control characters in it, such as a line break.", "secret")
    if now.utcoffset() is None:
        raise ValueError("A run needs a moment with a time zone")
    for option, seconds, limit in (("timeout", options.timeout, 60), ("time_limit", options.time_limit, 3600)):
        if not 0 < seconds <= limit:
            raise BadCheck(f"{option} must be above 0 and up to {limit} seconds.", option)
    _check_headers(options.headers)
    try:
        to = target(url, verify_tls=options.verify_tls, ca_file=options.ca_file, host_header=options.host_header)
    except BadTarget as error:
        raise BadCheck(str(error), "url") from error
    return Case(
        sender=Sender(
            to,
            timeout=options.timeout,
            connect_timeout=contract.CONNECT_TIMEOUT,
            ends=time.monotonic() + options.time_limit,
            may_reach=options.may_reach,
        ),
        secret=secret,
        previous_secret=options.previous_secret,
        seed=options.seed,
        now=now,
        user_agent=options.user_agent,
        extra_headers=options.headers,
        masked=tuple(name for name, _ in options.headers) if options.is_callback else (),
        topics=tuple(probe.topic for probe in PROBES.values() if probe.topic and not _fits(probe.id, options.skip))
        or tuple(contract.TOPICS),
    )


def _check_headers(headers: Sequence[tuple[str, str]]) -> None:
    for name, value in headers:
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise BadCheck(f"{name!r} with {value!r} is no header; write it as Name: value, in ASCII.", "headers")


def _fits(id: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(id, pattern) for pattern in patterns)


def _reason_to_leave_out(probe: Probe, case: Case, chosen: set[str], results: Sequence[Result]) -> Judgement | None:
    if probe.id not in chosen:
        return Judgement(Verdict.SKIPPED, Sentence(LEFT_OUT))
    failed = [result for result in results if result.verdict is Verdict.FAILED]
    if failed and failed[0].id == "reachable":
        return Judgement(Verdict.SKIPPED, Sentence(NOT_REACHABLE))
    if probe.needs_accepted and case.accepted_topic() is None:
        # A failure only if no other probe has reported it.
        return Judgement(Verdict.SKIPPED if failed else Verdict.FAILED, Sentence(NOTHING_ACCEPTED))
    return None


def _result(probe: Probe, case: Case, options: Options, reason: Judgement | None) -> Result:
    trial, began = Trial(case, probe.id), time.monotonic()
    judgement = reason or probe.run(trial)
    return Result(
        id=probe.id,
        title=Sentence(probe.title, {"topic": probe.topic} if probe.topic else {}),
        sent=probe.sent,
        why=probe.why,
        fix=probe.fix,
        verdict=judgement.verdict,
        seen=judgement.seen,
        seconds=time.monotonic() - began,
        requests=len(trial.exchanges),
        exchanges=trial.notable_exchanges(),
        allowed=_fits(probe.id, options.allow),
    )
