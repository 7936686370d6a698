"""The `bench` command."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from bench.figures import Figures, say
from bench.options import Options
from bench.scenarios import SCENARIOS

EXAMPLES = """
examples:
  python -m bench backlog                       100,000 deliveries that are due when the workers start
  python -m bench backlog --deliveries 30000    the same in less than a minute
  python -m bench steady --json                 latency at 300 events a second, as one JSON object
  python -m bench soak --seconds 600 --seed 1   kill everything for ten minutes, then prove that nothing was lost

scenarios:
"""


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, _end)
    scenario = SCENARIOS[options.scenario]
    with tempfile.TemporaryDirectory(prefix="maac-sim-bench-") as folder:
        figures = run(scenario.run, options, Path(folder))
    print(figures.as_json() if options.json else figures.as_text())
    return 0 if figures.is_ok else 1


def run(scenario: Callable[[Options, Path], Figures], options: Options, folder: Path) -> Figures:
    folder.chmod(0o755)  # nginx and PostgreSQL may run as another user.
    say(f"{options.scenario} begins; {os.cpu_count()} cores, {os.getloadavg()[0]:.1f} busy with other work")
    figures = scenario(options, folder)
    figures.more["cores"] = os.cpu_count()
    say("done")
    return figures


def parse(arguments: list[str]) -> Options:
    listed = "\n".join(f"  {name:<10}{scenario.summary}" for name, scenario in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure the simulator on real servers of its own, on this machine only, and check what arrived. "
        "Exit code 1 when anything was lost, came twice, or was signed wrongly.",
        epilog=EXAMPLES + listed,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", choices=list(SCENARIOS), metavar="SCENARIO", help="one of those below")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--deliveries", type=_positive, help="how many (each scenario has its own default)")
    parser.add_argument("--seed", type=int, default=1, help="of payloads and of moments of chaos (default: 1)")
    parser.add_argument("--workers", type=_positive, default=2, help="delivering workers (default: 2)")
    parser.add_argument("--seconds", type=_positive, help="how long steady and soak put load on")
    parser.add_argument("--rate", type=_positive, help="events per second of steady (300) and soak (50)")
    parser.add_argument("--receiver", choices=["auto", "nginx", "own"], default="auto", help="default: nginx if there")
    parser.add_argument("--alone", action="store_true", help="leave out the plain way and bare libcurl")
    return Options(**vars(parser.parse_args(arguments)))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
