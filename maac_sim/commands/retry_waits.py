"""`--retry-waits`: seconds before each retry, instead of MAAC's."""

import math
from typing import Annotated

import typer

RetryWaits = Annotated[
    str | None,
    typer.Option(metavar="SECONDS,…", help="Seconds before each retry, such as 0.01,0.02,0.04; '' for no retry. "
                 "Default: the endpoint's or account's, else MAAC's.", show_default=False),
]  # fmt: skip


def seconds_of(text: str) -> list[float]:
    """The comma-separated numbers. The simulator validates their count and size."""
    try:
        waits = [float(number) for number in text.split(",")] if text.strip() else []
    except ValueError:
        waits = [math.nan]
    if not all(map(math.isfinite, waits)):
        fault = f"{text!r} is not a list of seconds. Write 0.01,0.02,0.04."
        raise typer.BadParameter(fault, param_hint="--retry-waits")
    return waits
