"""Where a visitor draws the eyes, and the head a little: by their place in the picture of the camera alone.

    eyes, in the room   follow the visitor at once, as a saccade does, and rest while they hardly move
    head                a part of that, later: where the eyes go, it comes after
    eyes, in the head   the first less the second, which is what the controls of a face say

Both are low-pass filters solved for any step of time, so that they are where they are at any frame rate. Now
and then the eyes leave the visitor for a moment, the more often the longer the same one stands there: nobody
is stared at. All of that is drawn at the boundaries of looks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from installation.score.dice import Dice
from installation.score.eyes import log_normal, nanoseconds
from installation.score.life import Movement
from installation.score.phrase import NANOSECONDS
from installation.score.visitors import Visitor
from models.action_units import NEUTRAL
from models.controls import CONTROL_SPANS, CONTROLS, KEPT, NUM_CONTROLS

REACH_DEG: Final = (16.0, 9.0)  # that eyes and head look aside and up at most; whoever is nearer is met
SLACK_DEG: Final = 0.7  # that a visitor moves without the eyes following: boxes tremble
EYES_HALF_NS: Final = 60_000_000  # half of the way
HEAD_HALF_NS: Final = 400_000_000
BACK_HALF_NS: Final = 700_000_000  # of the eyes, when nobody is there any more
HEAD_SHARE: Final = 1 / 3  # of the direction, that the head turns
HELD_NS: Final = 3 * NANOSECONDS // 2  # the eyes stay where somebody was lost from view

REGARD_S: Final = 14.0  # between two looks away from somebody new, in the mean
REGARD_SIGMA: Final = 0.5  # of the logarithm
INTEREST_HALF_S: Final = 45.0  # in which it falls to half
LEAST_INTEREST: Final = 0.3
AWAY_S: Final = (0.5, 1.3)
AWAY_DEG: Final = (4.0, 9.0)

LIDS_CLOSED: Final = 0.6  # a blink begins …
LIDS_OPEN: Final = 0.35  # … and has ended
LONGEST_BLINK_NS: Final = 7 * NANOSECONDS // 10
ANSWER_S: Final = (0.2, 0.5)  # after the visitor's lids have opened again
ANSWERS_APART_NS: Final = 2 * NANOSECONDS

AXES: Final = (("gaze_x", "yaw"), ("gaze_y", "pitch"))
Point = tuple[float, float]  # degrees to the right and up, as on the picture
AHEAD: Final[Point] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Course:
    """Eyes and head on their way to `aim` from where they were at `start_ns`."""

    start_ns: int
    eyes: Point
    head: Point
    aim: Point
    eyes_half_ns: int

    def at(self, t_ns: int) -> tuple[Point, Point]:
        """(eyes, head): the eyes as x₁' = a(T − x₁), the head as x₂' = b(x₁ − x₂), both solved exactly."""
        elapsed_ns = t_ns - self.start_ns
        eyes_left = 2 ** (-elapsed_ns / self.eyes_half_ns)
        head_left = 2 ** (-elapsed_ns / HEAD_HALF_NS)
        lag = self.eyes_half_ns / (self.eyes_half_ns - HEAD_HALF_NS) * (eyes_left - head_left)
        eyes, head = [], []
        for x1, x2, aim in zip(self.eyes, self.head, self.aim, strict=True):
            eyes.append(aim + (x1 - aim) * eyes_left)
            head.append(aim + (x2 - aim) * head_left + (x1 - aim) * lag)
        return (eyes[0], eyes[1]), (head[0], head[1])


class Attention:
    """Eyes that follow the first of the visitors. Ask for instants that do not go back."""

    def __init__(self, dice: Dice) -> None:
        self._looks = dice.branch("looks")
        self._answers = _Answers(dice.branch("answers"))
        self._course = _Course(0, AHEAD, AHEAD, AHEAD, BACK_HALF_NS)
        self._visitor: int | None = None
        self._place = AHEAD  # where the visitor is, slack taken out
        self._aside = AHEAD  # how far the eyes have left them
        self._since_ns = 0  # the same visitor
        self._lost_ns: int | None = None
        self._look_ns = 0  # when the eyes leave them, or come back

    @property
    def is_attending(self) -> bool:
        """Whether somebody draws the eyes."""
        return self._visitor is not None

    def see(self, t_ns: int, visitors: Sequence[Visitor], follow: float = 1) -> tuple[int, ...]:
        """Who is there at show time `t_ns`; the first draws the eyes, by `follow` times the usual. → the
        instants at which to answer a blink of theirs with one's own.
        """
        self._go_on(t_ns)
        if not visitors or follow <= 0:
            if self._visitor is not None and self._lost_ns is None:
                self._lost_ns = t_ns
            return ()
        visitor = visitors[0]
        self._lost_ns = None
        azimuth = follow * _bounded(visitor.azimuth_deg, REACH_DEG[0])
        elevation = follow * _bounded(visitor.elevation_deg, REACH_DEG[1])
        if visitor.number != self._visitor:
            self._visitor, self._since_ns, self._aside = visitor.number, t_ns, AHEAD
            self._place = azimuth, elevation
            self._look_ns = t_ns + self._regard_ns(t_ns)
        else:
            self._place = _pulled(self._place, (azimuth, elevation))
        self._set_out(t_ns, EYES_HALF_NS)
        return self._answers.see(t_ns, visitor)

    def at(self, t_ns: int) -> Movement:
        """By how much eyes and head are turned at show time `t_ns`."""
        self._go_on(t_ns)
        controls = [0.0] * NUM_CONTROLS
        for (gaze, turn), eyes, head in zip(AXES, *self._course.at(t_ns), strict=True):
            turned = HEAD_SHARE * head
            span = CONTROL_SPANS[gaze]
            controls[CONTROLS.index(turn)] = turned
            controls[CONTROLS.index(gaze)] = min(max(eyes - KEPT * turned, span.lowest), span.highest)
        return Movement(NEUTRAL, tuple(controls))

    def _go_on(self, t_ns: int) -> None:
        """Look away and back, and nowhere once nobody is there, each at its own instant."""
        while self._visitor is not None:
            left_ns = t_ns + 1 if self._lost_ns is None else self._lost_ns + HELD_NS
            now_ns = min(left_ns, self._look_ns)
            if now_ns > t_ns:
                return
            if now_ns == left_ns:
                self._visitor, self._place, self._aside = None, AHEAD, AHEAD
                self._set_out(now_ns, BACK_HALF_NS)
            elif self._aside == AHEAD:
                self._aside = self._draw_aside()
                self._look_ns = now_ns + nanoseconds(self._looks.between(*AWAY_S))
                self._set_out(now_ns, EYES_HALF_NS)
            else:
                self._aside = AHEAD
                self._look_ns = now_ns + self._regard_ns(now_ns)
                self._set_out(now_ns, EYES_HALF_NS)

    def _set_out(self, t_ns: int, half_ns: int) -> None:
        aim = self._place[0] + self._aside[0], self._place[1] + self._aside[1]
        if aim != self._course.aim or half_ns != self._course.eyes_half_ns:
            self._course = _Course(t_ns, *self._course.at(t_ns), aim, half_ns)

    def _draw_aside(self) -> Point:
        """Away from the visitor, and rather towards the middle than out of the reach of the eyes."""
        degrees, angle = self._looks.between(*AWAY_DEG), math.pi * (self._looks.unit() - 0.5)
        inwards = -1 if self._place[0] > 0 else 1
        return inwards * degrees * math.cos(angle), degrees * math.sin(angle) / 2

    def _regard_ns(self, t_ns: int) -> int:
        """How long the eyes stay with the visitor before they leave them for a moment."""
        interest = max(LEAST_INTEREST, 2 ** (-(t_ns - self._since_ns) / nanoseconds(INTEREST_HALF_S)))
        return nanoseconds(log_normal(self._looks, REGARD_S * interest, REGARD_SIGMA))


class _Answers:
    """Blinks that answer the visitor's."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._visitor: int | None = None
        self._closed_ns: int | None = None  # their lids are closed since
        self._last_ns = -ANSWERS_APART_NS

    def see(self, t_ns: int, visitor: Visitor) -> tuple[int, ...]:
        if visitor.number != self._visitor or visitor.closure is None:
            self._visitor, self._closed_ns = visitor.number, None
        if visitor.closure is None:
            return ()
        if self._closed_ns is None:
            self._closed_ns = t_ns if visitor.closure >= LIDS_CLOSED else None
            return ()
        if visitor.closure > LIDS_OPEN:
            return ()
        lasted_ns, self._closed_ns = t_ns - self._closed_ns, None
        answer_ns = t_ns + nanoseconds(self._dice.between(*ANSWER_S))
        if lasted_ns > LONGEST_BLINK_NS or answer_ns - self._last_ns < ANSWERS_APART_NS:
            return ()
        self._last_ns = answer_ns
        return (answer_ns,)


def _bounded(degrees: float, reach_deg: float) -> float:
    """The direction itself near the middle, and never beyond the reach: smooth in between."""
    return reach_deg * math.tanh(degrees / reach_deg)


def _pulled(place: Point, target: Point) -> Point:
    """The place, drawn after the target by a string as long as the slack."""
    away = math.dist(place, target)
    if away <= SLACK_DEG:
        return place
    share = 1 - SLACK_DEG / away
    return place[0] + (target[0] - place[0]) * share, place[1] + (target[1] - place[1]) * share
