"""A few functions of numbers that every sampler uses."""

from training.cast.traits import Colour


def clip(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def smooth(start: float, end: float, x: float) -> float:
    """0 before `start`, 1 after `end`, 3t² - 2t³ between."""
    t = clip((x - start) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)


def linear_rgb(code: str) -> Colour:
    """sRGB "5e4128" → linear RGB in [0, 1]."""
    red, green, blue = (_linear(int(code[i : i + 2], 16) / 255) for i in (0, 2, 4))
    return red, green, blue


def _linear(channel: float) -> float:
    power: float = ((channel + 0.055) / 1.055) ** 2.4
    return channel / 12.92 if channel <= 0.04045 else power
