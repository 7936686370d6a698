"""What the command line can set."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """`None` leaves a number to the scenario. `seconds` and `rate` (events a second) are for steady and soak."""

    scenario: str
    json: bool = False
    deliveries: int | None = None
    seed: int = 1
    workers: int = 2
    seconds: int | None = None
    rate: int | None = None
    receiver: str = "auto"
    alone: bool = False
