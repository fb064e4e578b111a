"""Times of several calls taken in turn, so that a slow moment of the machine meets all of them alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

LONG_MS = 300.0


@dataclass(frozen=True, slots=True)
class Spread:
    """What a row of measurements says: its median, and within what eight in ten of them lie."""

    median: float
    p10: float
    p90: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        low, middle, high = np.percentile(values, [10, 50, 90])
        return cls(float(middle), float(low), float(high))


def interleaved_ms(
    calls: Mapping[str, Callable[[], object]], num_rounds: int, told: Callable[[int], object] = lambda _: None
) -> dict[str, list[float]]:
    """Milliseconds of each call in each round.

    A call is made twice in its turn and its second time counts: by then the caches hold its weights, as they
    do where one frame follows the other, and no thread of the call before it still spins. One that takes
    longer than LONG_MS fills the caches many times over: its first time counts. The first round counts for
    nothing. `told` hears the number of each round that is done.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for round_number in range(num_rounds + 1):
        for name, call in calls.items():
            if (ms := call_ms(call)) <= LONG_MS:
                ms = call_ms(call)
            if round_number > 0:
                taken[name].append(ms)
        told(round_number)
    return taken


def call_ms(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e3


def ratios(slow: Sequence[float], fast: Sequence[float]) -> list[float]:
    """Round by round: how many times as long the first one takes."""
    return [a / b for a, b in zip(slow, fast, strict=True)]
