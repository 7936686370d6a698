"""The conformance run: all probes against one receiver, within a time limit."""

import difflib
import re
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase

from maac_contract import contract
from maac_contract.sentences import gettext_noop
from receiver_check.effects import Effects
from receiver_check.judging import NOT_REFUSED
from receiver_check.probes import CALLBACK_PROBES, PROBES, Probe
from receiver_check.sender import TIME_OVER as CUT_OFF
from receiver_check.sender import BadTarget, MayReach, RunTime, Sender, target
from receiver_check.trial import Case, Trial
from receiver_check.verdicts import Judgement, Reason, Report, Result, Sentence, Verdict

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[ -~]*")

LEFT_OUT = gettext_noop("Left out on request.")
NOT_REACHABLE = gettext_noop("The receiver could not be reached.")
TIME_OVER = gettext_noop("Not run to its end: the time of the whole run was over.")
NOTHING_ACCEPTED = gettext_noop("The receiver accepts no valid event, so this would show nothing.")
STOPPED = gettext_noop("Not run: nothing listens at the receiver's address since %(probe)s.")
DIED = gettext_noop("%(seen)s After that nothing listened at the receiver's address any more.")
FIX_DIED = gettext_noop(
    "The receiver's process ended while it handled these requests. Its log has the exception; catch errors for each "
    "request, and let a supervisor start the process again."
)
SAME_CAUSE = gettext_noop("%(seen)s The cause is probably that of %(probe)s.")
FIX_SAME_CAUSE = gettext_noop("Fix the probe that is named first, and run the check again.")

LIMIT = 120.0
"""Seconds without an answer that a run may take, where no time limit is given."""
MOMENT = 2.0
"""Seconds in which a receiver that stopped may come back, restarted by its supervisor."""
WRONG_SIGNATURE = "signature-wrong"
MOST_OTHER_KEYS = 100_000


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
    time_limit: float | None = None
    """Seconds for the whole run. None: 120, and the time that the receiver took for its answers."""
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
    any_2xx: bool = True
    """Whether another 2xx than 200 is only a warning, as the delivery engine accepts it, or a failure."""
    strict: bool = False
    """Whether warnings and remarks fail the run."""
    rotating: bool = False
    """The secret is being changed: the previous one may still be accepted, and a wrong one be answered with 503."""
    effects: Effects | None = None
    """Counts how often the work of an idempotency key was done; without it those probes are skipped."""
    other_keys: int = 1050
    """Events that are sent before a key is repeated, to find a cache that forgets it."""


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
    causes: dict[str, str] = {}
    for probe in probes.values():
        trial, start = Trial(case, probe.id), time.monotonic()
        judgement = _reason_to_leave_out(probe, case, chosen, results) or _judged(trial, probe)
        judgement = _explained_once(judgement, probe, causes)
        results.append(result := _result(probe, trial, options, judgement, time.monotonic() - start))
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
        if seconds is not None and not 0 < seconds <= limit:
            raise BadCheck(f"{option} must be above 0 and up to {limit} seconds.", option)
    if not 0 <= options.other_keys <= MOST_OTHER_KEYS:
        raise BadCheck(f"other_keys must be between 0 and {MOST_OTHER_KEYS}.", "other_keys")
    check_headers(options.headers)
    try:
        to = target(url, verify_tls=options.verify_tls, ca_file=options.ca_file, host_header=options.host_header)
    except BadTarget as error:
        raise BadCheck(str(error), "url") from error
    return Case(
        sender=Sender(
            to,
            timeout=options.timeout,
            connect_timeout=contract.CONNECT_TIMEOUT,
            run_time=RunTime(options.time_limit or LIMIT, grows=options.time_limit is None),
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
        any_2xx=options.any_2xx,
        rotating=options.rotating,
        effects=options.effects,
        other_keys=options.other_keys,
    )


def check_headers(headers: Sequence[tuple[str, str]]) -> None:
    """BadCheck for a header that cannot be sent."""
    for name, value in headers:
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise BadCheck(f"{name!r} with {value!r} is no header; write it as Name: value, in ASCII.", "headers")


def _fits(id: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(id, pattern) for pattern in patterns)


def _reason_to_leave_out(probe: Probe, case: Case, chosen: set[str], results: Sequence[Result]) -> Judgement | None:
    if probe.id not in chosen:
        return _skipped(Reason.LEFT_OUT, Sentence(LEFT_OUT))
    failed = [result for result in results if result.verdict is Verdict.FAILED]
    if failed and failed[0].id == "reachable":
        return _skipped(Reason.NOT_REACHABLE, Sentence(NOT_REACHABLE))
    stopped = next((result for result in results if result.reason is Reason.STOPPED), None)
    if stopped:
        return _skipped(Reason.STOPPED, stopped.seen if stopped.verdict is Verdict.SKIPPED else _stopped_at(stopped))
    if not case.sender.run_time.left:
        return _skipped(Reason.TIME_OVER, Sentence(TIME_OVER))
    if probe.needs_accepted and case.accepted_topic() is None:
        if not case.sender.run_time.left:
            return _skipped(Reason.TIME_OVER, Sentence(TIME_OVER))
        # A failure only if no other probe has reported it.
        verdict = Verdict.SKIPPED if failed else Verdict.FAILED
        return Judgement(verdict, Sentence(NOTHING_ACCEPTED), reason=Reason.NOTHING_ACCEPTED)
    return None


def _skipped(reason: Reason, sentence: Sentence) -> Judgement:
    return Judgement(Verdict.SKIPPED, sentence, reason=reason)


def _stopped_at(result: Result) -> Sentence:
    return Sentence(STOPPED, {"probe": result.id})


def _judged(trial: Trial, probe: Probe) -> Judgement:
    """What the probe found; skipped if the time of the run was over before its end."""
    judgement = probe.run(trial)
    unanswered = [exchange.answer for exchange in trial.exchanges if exchange.answer.fault]
    if judgement.verdict is Verdict.FAILED:
        if any(answer.fault == Sentence(CUT_OFF) for answer in unanswered):
            return _skipped(Reason.TIME_OVER, Sentence(TIME_OVER))
        if unanswered and probe.id != "reachable" and _has_stopped(trial.case.sender):
            seen = Sentence(DIED, {"seen": judgement.seen})
            return replace(judgement, seen=seen, fix=FIX_DIED, reason=Reason.STOPPED, cause="")
    return judgement


def _has_stopped(sender: Sender) -> bool:
    """Whether nothing accepts a connection any more, for a moment."""
    ends = time.monotonic() + MOMENT
    while sender.connect().fault:
        if time.monotonic() > ends:
            return True
        time.sleep(0.1)
    return False


def _explained_once(judgement: Judgement, probe: Probe, causes: dict[str, str]) -> Judgement:
    """Refer to the probe that has reported the same cause before; a repeated warning is none."""
    if not judgement.cause or judgement.verdict not in (Verdict.FAILED, Verdict.WARNING):
        return judgement
    if judgement.cause.startswith(NOT_REFUSED) and probe.id != WRONG_SIGNATURE and judgement.cause not in causes:
        return judgement
    first = causes.setdefault(judgement.cause, probe.id)
    if first == probe.id:
        return judgement
    if judgement.verdict is Verdict.WARNING:
        return replace(judgement, verdict=Verdict.PASSED)
    seen = Sentence(SAME_CAUSE, {"seen": judgement.seen, "probe": first})
    return replace(judgement, seen=seen, fix=FIX_SAME_CAUSE, reason=Reason.SAME_CAUSE)


def _result(probe: Probe, trial: Trial, options: Options, judgement: Judgement, seconds: float) -> Result:
    return Result(
        id=probe.id,
        title=Sentence(probe.title, {"topic": probe.topic} if probe.topic else {}),
        sent=probe.sent,
        why=probe.why,
        fix=judgement.fix or probe.fix,
        verdict=judgement.verdict,
        seen=judgement.seen,
        seconds=seconds,
        requests=len(trial.exchanges),
        exchanges=trial.notable_exchanges(),
        allowed=_fits(probe.id, options.allow),
        reason=judgement.reason,
        strict=options.strict,
    )
