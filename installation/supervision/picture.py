"""What is to be seen while the worker draws, and while there is none: pure, the time is passed in.

The latest good picture of whoever lives here is kept. Where no new ones come it stays, gently dimmed; when
they come again it turns into them. A visitor's is never kept: it goes with whoever drew it.
"""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from installation.ports import NANOSECONDS, Frame, Image
from installation.score.transition import smoothstep

AWAY_NS: Final = NANOSECONDS  # without a frame for so long, …
DIMMED: Final = 0.7  # … the light goes down to this share …
DIM_NS: Final = NANOSECONDS  # … within this, …
RETURN_NS: Final = NANOSECONDS // 2  # … and back within this, from one picture into the other
NOTHING: Final = np.zeros((1, 1, 3), np.uint8)


class Picture:
    """The picture on the wall. Frames come with the show's time, and leave with that of their being shown."""

    def __init__(self) -> None:
        self._newest: Frame | None = None  # of the worker that there is
        self._still: Image | None = None  # the latest without a visitor
        self._framed_ns = 0
        self._is_blackout = False
        self._is_away = True  # what is seen is the still
        self._away_ns: int | None = None  # since when; None: from the beginning
        self._returned: tuple[int, Image] | None = None  # when frames came again, and what was seen then

    @property
    def is_private(self) -> bool:
        return self._newest is not None and self._newest.is_private

    def lose(self) -> None:
        """The worker is dead: what it drew of a visitor goes with it."""
        self._framed_ns = -AWAY_NS
        if self.is_private:
            self._newest = None
            self._returned = None

    def next(self, newest: Frame | None, now_ns: int, *, is_open: bool) -> Frame | None:
        """The frame to be shown now, if any: a new one of the worker, or the still while it is away."""
        if newest is not None:
            self._take(newest, now_ns, is_open=is_open)
            return self._shown(now_ns)
        if now_ns - self._framed_ns < AWAY_NS and not self._is_away:
            return None
        if not self._is_away:
            self._is_away, self._away_ns, self._returned = True, now_ns, None
        return self._instead(now_ns, is_open=is_open)

    def _take(self, frame: Frame, now_ns: int, *, is_open: bool) -> None:
        if self._is_away:
            seen = self._dimmed(now_ns) if is_open and not self._is_blackout else None
            self._returned = None if seen is None or frame.is_dark else (now_ns, seen)
            self._is_away = False
        self._newest, self._framed_ns = frame, now_ns
        self._is_blackout = frame.is_dark and is_open
        if not frame.is_private and not frame.is_dark:
            self._still = frame.image

    def _shown(self, now_ns: int) -> Frame:
        assert self._newest is not None
        frame = replace(self._newest, t_ns=now_ns)
        if self._returned is None or frame.is_dark:
            return frame
        since_ns, before = self._returned
        share = (now_ns - since_ns) / RETURN_NS
        if share >= 1:
            self._returned = None
            return frame
        return replace(frame, image=mixed(before, frame.image, share))

    def _instead(self, now_ns: int, *, is_open: bool) -> Frame:
        """No frame of the worker: the still, or the dark."""
        seen = self._dimmed(now_ns) if is_open and not self._is_blackout else None
        if seen is None:
            return Frame(NOTHING, now_ns, is_dark=True)
        return Frame(seen, now_ns, is_still=True)

    def _dimmed(self, now_ns: int) -> Image | None:
        if self._still is None:
            return None
        since_ns = now_ns if self._away_ns is None else self._away_ns
        share = min((now_ns - since_ns) / DIM_NS, 1.0)
        light = 1 - (1 - DIMMED) * smoothstep(share)
        return np.asarray(cv2.convertScaleAbs(self._still, alpha=light), np.uint8)


def mixed(before: Image, after: Image, share: float) -> Image:
    """From one picture to another, of the other's size."""
    height, width = after.shape[:2]
    if before.shape != after.shape:
        before = np.asarray(cv2.resize(before, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(cv2.addWeighted(before, 1 - share, after, share, 0), np.uint8)
