"""A pseudo-random generator with the same results for a name and seed on every machine and Python version."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class SeededRandom:
    """Uses only `Random.random`, the one method whose results Python keeps the same across versions."""

    def __init__(self, name: str, seed: int | str) -> None:
        self._random = random.Random(f"{name}:{seed}").random  # noqa: S311 - samples hold no secrets

    def below(self, end: int) -> int:
        return int(self._random() * end)

    def between(self, first: int, last: int) -> int:
        return first + self.below(last - first + 1)

    def chance(self, odds: float) -> bool:
        return self._random() < odds

    def pick(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def some(self, things: Sequence[T], count: int) -> list[T]:
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in range(count)]

    def text(self, letters: str, length: int) -> str:
        return "".join(self.pick(letters) for _ in range(length))

    def digits(self, length: int) -> str:
        return f"{self.below(10**length):0{length}}"

    def hex(self, length: int) -> str:
        # Byte by byte, since one draw has only 53 random bits.
        return bytes([int(self._random() * 256) for _ in range(0, length, 2)]).hex()[:length]
