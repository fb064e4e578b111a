"""From one expression to the next, without passing neutral.

    w(α) = w_S + (w_T − w_S)·α,   α = ease(elapsed / onset)     (Aranda et al.)

Functions of show time only: any frame rate, and any frame that is dropped, leaves the path where it was.
"""

import math
from collections.abc import Callable
from types import MappingProxyType
from typing import Final


def linear(x: float) -> float:
    """x, the ease of the paper."""
    return x


def smoothstep(x: float) -> float:
    """3x² − 2x³"""
    return x * x * (3 - 2 * x)


def minimum_jerk(x: float) -> float:
    """10x³ − 15x⁴ + 6x⁵, the path of least jerk from rest to rest (Flash & Hogan, 1985)."""
    return x * x * x * (10 + x * (6 * x - 15))


def cosine(x: float) -> float:
    """(1 − cos πx) / 2"""
    return (1 - math.cos(math.pi * x)) / 2


def decelerate(x: float) -> float:
    """1 − (1 − x)², at once and then slower: a start."""
    return x * (2 - x)


# Name in a score → [0, 1] → [0, 1], from 0 to 1 without going back.
EASES: Final = MappingProxyType[str, Callable[[float], float]](
    {
        "linear": linear,
        "smoothstep": smoothstep,
        "minimum_jerk": minimum_jerk,
        "cosine": cosine,
        "decelerate": decelerate,
    }
)


def alpha(ease: str, elapsed_ns: int, onset_ns: int) -> float:
    """How far a transition has come, in [0, 1]: exactly 0 before it starts and exactly 1 from `onset_ns` on.

    `ease` is a name in `EASES` (KeyError otherwise); an onset of 0 or less is a cut.
    """
    if elapsed_ns >= onset_ns:
        return 1.0
    if elapsed_ns <= 0:
        return 0.0
    return min(1.0, max(0.0, EASES[ease](elapsed_ns / onset_ns)))


def between(start: float, end: float, alpha: float) -> float:
    """The point at `alpha` in [0, 1] on the way from `start` to `end`; exact at both ends."""
    # Measured from the nearer end, so that rounding can neither miss an end nor move what stays.
    if alpha < 0.5:
        return start + (end - start) * alpha
    return end - (end - start) * (1 - alpha)
