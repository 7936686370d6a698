"""Steady load while each process is killed in turn, then verification that nothing was lost, doubled or left over.

One receiver always answers 200, the other some keys with 503 first, so that retries are under way when things break.
Attempts may take 2 seconds, so that the claims of a killed worker run out soon.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from bench import stack
from bench.arrivals import rate
from bench.callers import Callers
from bench.chaos import Chaos, Disruption
from bench.figures import Figures, percentiles, rounded, say
from bench.ledger import Ledger, open_ledger
from bench.options import Options
from bench.receivers import Receiver, fast_receiver, own_receiver
from bench.runs import Watch
from bench.stack import Stack
from bench.verification import Verification, by_key, hold

SECONDS, RATE = 600, 50
QUIET_WITHIN = 60.0
"""Seconds after the chaos in which every delivery has to come to its end."""


def run(options: Options, folder: Path) -> Figures:
    with (
        fast_receiver(folder, options.receiver) as well,
        own_receiver(folder / "flaky", is_flaky=True) as flaky,
        stack.scaled(folder, WEBHOOK_ATTEMPT_TIMEOUT=2) as running,
    ):
        targets = running.prepare([well.url("/well"), flaky.url("/flaky")], 0, options.seed)
        running.start_web()
        running.start_beat()
        running.start_workers(options.workers)
        callers, chaos = suffer(running, well, options)
        ledger = open_ledger(running.database, targets)
        came = by_key([*well.watch_all(), *flaky.watch_all()])
        ledger.take([*well.watch_all(), *flaky.watch_all()])
        verification = hold(running.database, callers.accepted, came, chaos.faults)
        return describe(options, well, ledger, verification, callers, chaos)


def suffer(running: Stack, receiver: Receiver, options: Options) -> tuple[Callers, Chaos]:
    """Load and chaos for the asked time, then until it is quiet."""
    callers = Callers(running.url, options.rate or RATE, f"soak-{options.seed}")
    chaos = Chaos(running, options.seed)
    callers.start()
    try:
        chaos.run(options.seconds or SECONDS)
    finally:
        callers.finish()
    say(f"the chaos is over after {len(chaos.faults)} faults; {callers.events:,} events were accepted")
    Watch(running, receiver).until(lambda: not running.database.open_deliveries(), QUIET_WITHIN, every=0.25)
    return callers, chaos


def describe(
    options: Options, receiver: Receiver, ledger: Ledger, verification: Verification, callers: Callers, chaos: Chaos
) -> Figures:
    events = {owed.event_id for owed in ledger.owed.values()}
    verification.blame(
        abs(len(events) - callers.events), "events more or fewer than were accepted are in the database."
    )
    verification.blame(ledger.bad_signatures, "requests had a wrong signature, body, path or key.")
    arrived = list(ledger.times.values())
    return Figures(
        scenario=options.scenario,
        deliveries=len(ledger.owed),
        seed=options.seed,
        workers=options.workers,
        receiver=receiver.kind,
        deliveries_per_second=rounded(rate(arrived)),
        lost=sum(owed.status == "delivered" and key not in ledger.times for key, owed in ledger.owed.items()),
        duplicates=verification.extra,
        bad_signatures=ledger.bad_signatures,
        latency_ms=percentiles(
            [max(0.0, at - callers.accepted[key]) * 1000 for key, at in ledger.times.items() if key in callers.accepted]
        ),
        failures=[*verification.violations, *callers.violations, *chaos.violations],
        more=summary(ledger, verification, callers, chaos.faults),
    )


def summary(ledger: Ledger, verification: Verification, callers: Callers, faults: list[Disruption]) -> dict[str, Any]:
    return {
        "events": callers.events,
        "requests_repeated": callers.repeats,
        "ends": dict(Counter(owed.status for owed in ledger.owed.values())),
        "retries": verification.retries,
        "retries_late_by_ms": percentiles(verification.lateness),
        "faults": dict(Counter(fault.what for fault in faults)),
        "seconds_broken": round(sum(fault.end - fault.begin for fault in faults), 1),
    }
