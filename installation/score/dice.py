"""The show's dice: every random draw of a show comes from one of these.

A show is to replay for years. Of the standard generator Python promises only that `random()` keeps its
sequence for a seed, so everything else (ranges, weights, shuffling) is computed here from `random()` alone.
Sums are taken by plain addition: `sum` of floats changed its rounding between Python versions.
"""

import random
from collections.abc import Iterable, Mapping


class Dice:
    """A reproducible stream of draws; the same `key` gives the same stream, for ever."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._random = random.Random(key)

    def branch(self, part: str) -> "Dice":
        """Dice of their own for a part, the same ones whatever was drawn from these."""
        return Dice(f"{self._key}, {part}")

    def copy(self) -> "Dice":
        """Dice that will fall as these will, and leave these as they are."""
        twin = Dice(self._key)
        twin._random.setstate(self._random.getstate())
        return twin

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def units(self, num: int) -> tuple[float, ...]:
        """So many numbers in [0, 1)."""
        draw = self._random.random
        return tuple([draw() for _ in range(num)])

    def between(self, low: float, high: float) -> float:
        """A number in [low, high]."""
        return min(high, low + (high - low) * self.unit())

    def integer(self, low: int, high: int) -> int:
        """A whole number in [low, high], both ends included."""
        return min(high, low + int((high - low + 1) * self.unit()))

    def choose(self, weights: Mapping[str, float]) -> str:
        """One of the names, each with the probability weight / total. At least one weight must be above 0."""
        total = 0.0
        for weight in weights.values():
            total += weight
        point = total * self.unit()
        chosen = None
        for name, weight in weights.items():
            if weight > 0:
                chosen = name
                point -= weight
                if point < 0:
                    break
        if chosen is None:
            raise ValueError("Dice.choose: no weight is above 0; give at least one name a positive weight")
        return chosen

    def shuffled(self, items: Iterable[str]) -> list[str]:
        """The items in random order: Fisher & Yates, every order equally likely."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.integer(0, last)
            order[last], order[other] = order[other], order[last]
        return order


def show_dice(seed: int, day: int, part: str = "gestures") -> Dice:
    """The dice of one day of a show, by its number: a fixed seed does not replay the same morning.

    Each `part` of a show ("gestures", "life") has dice of its own, so that one does not disturb the other.
    """
    return Dice(f"show {seed}, day {day}, {part}")
