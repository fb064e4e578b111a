"""A synthesizer that keeps up: it draws as finely as the frame rate allows, moment by moment."""

import statistics
from collections.abc import Mapping
from fractions import Fraction
from itertools import takewhile
from typing import Final

import numpy as np

from installation.ports import NANOSECONDS, Clock, Detail, Image, Latent, Synthesizer
from installation.stage.governor import Governor

NUM_TRIALS: Final = 5
TOLERANCE: Final = 0.05  # of a picture's variance: more is another picture, and not a softer one


class AdaptiveSynthesizer:
    """A `Synthesizer` around another one, for live shows: without a `detail` it is asked for, it chooses.

    It stops only where the picture is the finest one in small. That of a generator which was taught its
    largest pictures alone is not: contrast and colour are missing on the way. It is always drawn whole.
    """

    def __init__(self, synthesizer: Synthesizer, clock: Clock, fps: Fraction, ws: Latent) -> None:
        """`ws` is anybody's: a few frames of them are measured at each resolution, which warms it up, too."""
        self._synthesizer = synthesizer
        self._clock = clock
        pictures = {r: synthesizer.synthesize(ws, Detail(r)) for r in synthesizer.resolutions}
        self.resolution = synthesizer.resolution
        self.resolutions = faithful(pictures)
        self._governor = Governor(self._costs_ns(ws), float(NANOSECONDS / fps))
        self._last: tuple[int, int] | None = None  # when the frame before was begun, and how long it took

    @property
    def detail(self) -> Detail:
        """How finely the next picture is drawn."""
        return self._governor.detail

    def synthesize(self, ws: Latent, detail: Detail | None = None) -> Image:
        """ws [num_ws, 512] float32 → [r, r, 3] uint8 RGB, r that of `detail`; None: as is due now."""
        if detail is not None:
            return self._synthesizer.synthesize(ws, detail)
        began_ns = self._clock.now_ns()
        if self._last is not None:
            last_began_ns, took_ns = self._last
            self._governor.note(took_ns, began_ns - last_began_ns)
        image = self._synthesizer.synthesize(ws, self.detail)
        self._last = began_ns, self._clock.now_ns() - began_ns
        return image

    def _costs_ns(self, ws: Latent) -> dict[int, float]:
        """What a frame costs at each resolution, taken in turn, so that a slow moment meets all of them:
        their ratios serve for as long as the show lasts.
        """
        taken_ns: dict[int, list[int]] = {resolution: [] for resolution in self.resolutions}
        for _ in range(NUM_TRIALS):
            for resolution in self.resolutions:
                began_ns = self._clock.now_ns()
                self._synthesizer.synthesize(ws, Detail(resolution))
                taken_ns[resolution].append(self._clock.now_ns() - began_ns)
        return {resolution: max(1.0, statistics.median(taken)) for resolution, taken in taken_ns.items()}


def faithful(pictures: Mapping[int, Image]) -> tuple[int, ...]:
    """The resolutions, rising, of the finest picture and of those below it that are the same one in small."""
    finest = pictures[max(pictures)]

    def is_faithful(resolution: int) -> bool:
        scale = len(finest) // resolution
        small = finest.reshape(resolution, scale, resolution, scale, 3).mean((1, 3))
        error = np.square(small - pictures[resolution]).mean()
        return bool(error <= TOLERANCE * small.var() + 1)  # a grey level is nobody's fault

    return tuple(sorted(takewhile(is_faithful, sorted(pictures, reverse=True))))
