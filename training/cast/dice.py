"""Where the numbers behind a person come from: a seed, or the components of a latent z.

The samplers of `people.py` are written once against `Dice`. Every draw carries a name:

    SeededDice   ignores the names and draws in order, so a seed gives the person it gave when it was rendered
    LatentDice   gives each name a fixed component of z ~ N(0, I), so z ↦ person is exact, and a draw that
                 only some people need (a beard's length) never shifts the meaning of another component

With u = Φ(z), the normal's distribution function: normal = m + s z, uniform = a + (b - a) u, choice = the
inverse of the cumulated shares at u, and a Dirichlet is its gamma quantiles, one component each, divided by
their sum.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr

T = TypeVar("T")


class Dice(Protocol):
    """Named random draws. A name drawn twice for one person stands for the same chance."""

    def random(self, name: str, /) -> float:
        """Uniform in [0, 1)."""

    def uniform(self, name: str, /, low: float, high: float) -> float: ...

    def normal(self, name: str, /, mean: float, sigma: float) -> float: ...

    def integers(self, name: str, /, high: int) -> int:
        """Uniform in 0 … high - 1."""

    def choice(self, name: str, /, options: Sequence[T], shares: Sequence[float] | None = None) -> T:
        """One of `options`; `shares` are their probabilities, up to a common factor; equal when left out."""

    def dirichlet(self, name: str, /, alpha: Sequence[float]) -> tuple[float, ...]:
        """As many numbers ≥ 0 as `alpha` has, of sum 1."""

    def reseeded(self, seed: int, /) -> "Dice":
        """The dice for a part that was rendered from a seed of its own."""


class SeededDice:
    """numpy's `default_rng` of `seed`; [person, stream] gives one person independent streams."""

    def __init__(self, seed: int | Sequence[int]) -> None:
        self._generator = np.random.default_rng(seed)

    def random(self, _name: str, /) -> float:
        return float(self._generator.random())

    def uniform(self, _name: str, /, low: float, high: float) -> float:
        return float(self._generator.uniform(low, high))

    def normal(self, _name: str, /, mean: float, sigma: float) -> float:
        return float(self._generator.normal(mean, sigma))

    def integers(self, _name: str, /, high: int) -> int:
        return int(self._generator.integers(high))

    def choice(self, _name: str, /, options: Sequence[T], shares: Sequence[float] | None = None) -> T:
        # With and without shares are different draws of numpy's, and rendered people used both.
        p = None if shares is None else np.array(shares) / sum(shares)
        return options[int(self._generator.choice(len(options), p=p))]

    def dirichlet(self, _name: str, /, alpha: Sequence[float]) -> tuple[float, ...]:
        return tuple(self._generator.dirichlet(alpha).tolist())

    def reseeded(self, seed: int) -> "SeededDice":
        return SeededDice(seed)


class LatentDice:
    """One latent z [num_components], N(0, I), read through `component`: the index of each draw's name.

    A Dirichlet called `ancestry` reads the components `ancestry.0`, `ancestry.1`, …
    """

    def __init__(self, z: NDArray[np.floating], component: Mapping[str, int]) -> None:
        self._component = component
        # Lists, not arrays: a person is some 200 scalar reads, each several times quicker from a list.
        self._z: list[float] = np.asarray(z, np.float64).tolist()
        self._u: list[float] = ndtr(np.asarray(z, np.float64)).tolist()

    def random(self, name: str, /) -> float:
        return self._u[self._component[name]]

    def uniform(self, name: str, /, low: float, high: float) -> float:
        return low + (high - low) * self.random(name)

    def normal(self, name: str, /, mean: float, sigma: float) -> float:
        return mean + sigma * self._z[self._component[name]]

    def integers(self, name: str, /, high: int) -> int:
        return min(int(self.random(name) * high), high - 1)  # Φ(z) rounds to 1 beyond 8.3 σ

    def choice(self, name: str, /, options: Sequence[T], shares: Sequence[float] | None = None) -> T:
        cumulated = list(accumulate(shares or [1.0] * len(options)))
        return options[min(bisect_right(cumulated, self.random(name) * cumulated[-1]), len(options) - 1)]

    def dirichlet(self, name: str, /, alpha: Sequence[float]) -> tuple[float, ...]:
        gammas = [float(gammaincinv(a, self.random(f"{name}.{i}"))) for i, a in enumerate(alpha)]
        # All-zero gammas need every component below -15 σ; equal parts are as good as any then. An infinite
        # one, above 8.3 σ, takes everything.
        finite = [min(gamma, 1e6) for gamma in gammas]
        total = sum(finite)
        return tuple(gamma / total if total > 0 else 1 / len(alpha) for gamma in finite)

    def reseeded(self, _seed: int, /) -> "LatentDice":
        return self  # names already keep the parts apart
