"""What one claim costs as the rows that are due and the endpoints grow."""

import json
import sys
from pathlib import Path
from typing import Any

from bench import stack
from bench.figures import Figures, ratio, say
from bench.options import Options

ROWS = 1_000_000
SMALLEST = 200
"""Rows, so that a claim finds as many as it has room for."""
ENDPOINTS = 10_000
FEW_ENDPOINTS_BELOW = 100_000
"""A run with fewer rows, such as a test's, also has fewer endpoints."""


def run(options: Options, folder: Path) -> Figures:
    most = options.deliveries or ROWS
    rows = [max(SMALLEST, most // 1000), max(SMALLEST, most // 10), max(SMALLEST, most)]
    many = ENDPOINTS if most >= FEW_ENDPOINTS_BELOW else max(100, most // 10)
    with stack.scaled(folder) as running:
        say(f"claims over {', '.join(f'{each:,}' for each in rows)} due rows, and with {many:,} endpoints")
        return describe(options, most, probe(options, running, rows, many))


def probe(options: Options, running: stack.Stack, rows: list[int], many: int) -> list[dict[str, Any]]:
    """For each size: rows, endpoints, `ms` of the middle claim, `jobs` it won, and `plain_ms`."""
    arguments = ["--rows", *map(str, rows), "--many", str(many), *([] if options.alone else ["--plain"])]
    answer = running.run(sys.executable, "-m", "bench.probe", *arguments)
    found: list[dict[str, Any]] = json.loads(answer.splitlines()[-1])
    return found


def describe(options: Options, most: int, found: list[dict[str, Any]]) -> Figures:
    smallest, *_, largest, many = found
    figures = Figures(
        scenario=options.scenario,
        deliveries=most,
        seed=options.seed,
        workers=0,
        receiver="none",
        failures=failures(found),
    )
    figures.more["claim_ms"] = {name(each): each["ms"] for each in found}
    figures.more["claim_us_per_job"] = {name(each): round(each["ms"] / each["jobs"] * 1000, 1) for each in found}
    figures.more["growth_with_rows"] = ratio(largest["ms"], smallest["ms"])
    figures.more["growth_with_endpoints"] = ratio(many["ms"], smallest["ms"])
    if not options.alone:
        figures.more["plain_claim_ms"] = {name(each): each["plain_ms"] for each in found}
        figures.more["plain_growth_with_rows"] = ratio(largest["plain_ms"], smallest["plain_ms"])
        figures.ratio_to_plain = ratio(largest["plain_ms"], largest["ms"])
    return figures


def name(found: dict[str, Any]) -> str:
    return f"{found['rows']:,} rows of {found['endpoints']:,} endpoints"


def failures(found: list[dict[str, Any]]) -> list[str]:
    return [f"A claim over {name(each)} won nothing." for each in found if not each["jobs"]]
