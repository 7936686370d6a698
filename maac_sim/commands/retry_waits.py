"""`--retry-waits`: the seconds before each retry, in place of MAAC's."""

import math
from typing import Annotated

import typer

RetryWaits = Annotated[
    str | None,
    typer.Option(metavar="SECONDS,…", help="Seconds before each retry, such as 0.01,0.02,0.04; '' for no retry. "
                 "Missing: MAAC's, or those that were set.", show_default=False),
]  # fmt: skip


def seconds_of(text: str) -> list[float]:
    """The numbers between the commas. Whether they may be so many, and so long, the simulator says."""
    try:
        waits = [float(number) for number in text.split(",")] if text.strip() else []
    except ValueError:
        waits = [math.nan]
    if not all(map(math.isfinite, waits)):
        fault = f"{text!r} is no list of seconds. Write 0.01,0.02,0.04."
        raise typer.BadParameter(fault, param_hint="--retry-waits")
    return waits
