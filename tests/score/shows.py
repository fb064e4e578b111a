"""A small show to conduct, a face that notes what it is told, and the clock on a wall in Berlin."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from textwrap import dedent
from zoneinfo import ZoneInfo

from installation.notation.document import parse_choreography
from installation.score.choreography import Choreography, Who
from installation.score.conductor import Conductor
from installation.score.hours import Hours
from installation.score.phrase import Phrase
from models.action_units import NUM_AUS

S = 1_000_000_000
MIN = 60 * S
BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = Hours.always(BERLIN)
Shown = tuple[int, str, str]  # start, mood, gesture

SCORE = """
    version: 1
    defaults: {onset: 0.5s..1s, hold: 1s..2s}
    gestures:
      a: {emotion: happy}
      b: {emotion: sad}
      c: {emotion: angry}
      glance: {gaze: [8, 0], hold: 1s}
      start: {aus: {AU05: 1}, hold: 1s}
    moods:
      day: {gestures: {a: 1, b: 1}, dwell: 1h}
      night: {gestures: {b: 1, c: 1}, dwell: 1h}
      mask: {gestures: {a: 1, c: 1}, dwell: 1h, person: 9, fade: 20s}
    """


@dataclass
class Understudy:
    """A face that notes what it is told."""

    aus: Sequence[float] = (0.0,) * NUM_AUS
    begun: list[Phrase] = field(default_factory=list)
    became: list[tuple[Who, int, int]] = field(default_factory=list)

    def aus_at(self, t_ns: int) -> tuple[float, ...]:
        assert not self.begun or t_ns >= self.begun[-1].start_ns
        return tuple(self.begun[-1].target if self.begun else self.aus)

    def begin(self, phrase: Phrase) -> float:
        self.begun.append(phrase)
        return float(abs(phrase.controls.get("gaze_x", 0)))

    def become(self, who: Who, start_ns: int, fade_ns: int) -> None:
        self.became.append((who, start_ns, fade_ns))


def score(extra: str = "", text: str = SCORE) -> Choreography:
    return parse_choreography((dedent(text) + dedent(extra)).encode(), "s.yaml")


def at(clock: str, day: date = date(2026, 1, 6), zone: ZoneInfo = BERLIN) -> int:
    """Nanoseconds since 1970 of a time of the wall clock; that Tuesday unless another day is said."""
    wall = datetime.combine(day, time.fromisoformat(clock), zone)
    return round((wall - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * S


def conductor(
    choreography: Choreography, hours: Hours = ALWAYS, seed: int = 1
) -> tuple[Conductor, Understudy]:
    face = Understudy()
    return Conductor(choreography, seed, hours, face, 1), face


def play(show: Conductor, began: int, num_s: float, *, fps: float = 1, since: int = 0) -> list[Shown]:
    """What is begun in so many seconds of a show that began at an instant of the clock, seen at a frame
    rate.
    """
    phrases = []
    for frame in range(int(since * fps), int(num_s * fps) + 1):
        t_ns = round(frame * S / fps)
        phrases += [(p.start_ns, p.mood, p.gesture) for p in show.advance(t_ns, began + t_ns)]
    return phrases
