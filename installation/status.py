"""What a show tells of itself: what plays and why, what comes next, how the frames come.

Of a visitor it tells how far their encounter has come, and nothing else: action units are those of score and
hand, without what the mirror adds; controls are where the resident's are taken to; the person is whom a
visitor would leave to.
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict

from installation.performance import Performance
from installation.ports import NANOSECONDS, Tick
from installation.score.agenda import Agenda, Due
from installation.score.choreography import Who
from installation.score.foresight import foresee
from installation.score.hand import UNITS, with_hand
from installation.score.phrase import Phrase
from installation.score.resume import as_json
from installation.stage.frame_times import FrameTimes
from installation.stage.pacing import Pacer
from installation.stage.shared import SharedLatest
from installation.visit import VISITOR
from installation.wording import told_of_doors
from models.controls import CONTROL_SPANS, CONTROLS, KEPT, clamped

VERSION: Final = 1
CAPACITY: Final = 1 << 16  # bytes of a status
TOLD_NS: Final = NANOSECONDS // 4  # from one to the next, unless something has changed
NUM_AHEAD: Final = 3  # phrases, and cues


class Status(TypedDict):
    """The whole of it; None where something is not known. Instants are utc_ns."""

    version: int
    utc_ns: int
    t_ns: int
    pid: int
    zone: str
    show: Mapping[str, Any]
    doors: Mapping[str, Any]
    playing: Mapping[str, Any] | None
    next: list[dict[str, Any]]
    cues: list[dict[str, Any]]
    person: Who
    is_visitor: bool
    visit: str  # how far an encounter has come
    aus: list[float]
    controls: dict[str, float]  # as a score writes them
    held: dict[str, float]
    is_paused: bool
    is_dark: bool
    is_blackout: bool
    frames: dict[str, Any] | None
    camera: dict[str, Any]
    resume: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class About:
    """The files that a show is made of."""

    choreography: Path
    weights: Path
    site: Path | None = None


@dataclass(frozen=True, slots=True)
class Static:
    """What stays as it is while a phrase is played; made once for each."""

    key: tuple[object, ...]
    show: Mapping[str, Any]
    doors: Mapping[str, Any]
    playing: Mapping[str, Any] | None
    next: list[dict[str, Any]]
    cues: list[dict[str, Any]]


def key_of(performance: Performance, tick: Tick) -> tuple[object, ...]:
    """What a phrase is told by, and what else is to be told at once."""
    conductor, visit = performance.conductor, performance.visit
    return (
        conductor.phrase.number if conductor.phrase else None,
        conductor.score,
        conductor.casting.host(conductor.mood),
        conductor.is_paused,
        performance.is_blackout,
        performance.hours.is_open(tick.utc_ns),
        visit.encounter.stage if visit else None,
    )


def static_of(performance: Performance, tick: Tick, about: About) -> Static:
    """What is told of the phrase that is played, and of what comes after it."""
    conductor, hours, offset_ns = performance.conductor, performance.hours, tick.utc_ns - tick.t_ns
    is_open = hours.is_open(tick.utc_ns)
    doors = {
        "is_open": is_open,
        "change_utc_ns": hours.next_change(tick.utc_ns),
        "told": told_of_doors(hours, tick.utc_ns),
    }
    phrase = conductor.phrase if is_open else None
    coming = foresee(conductor, offset_ns, NUM_AHEAD) if phrase else ()
    cues = Agenda(conductor.score.cues, hours.zone).next_due(tick.utc_ns, NUM_AHEAD)
    return Static(
        key_of(performance, tick),
        _show(performance, about),
        doors,
        _playing(phrase, offset_ns) if phrase else None,
        [
            {"gesture": each.gesture, "mood": each.mood, "utc_ns": each.start_ns + offset_ns}
            for each in coming
        ],
        [_cue(due) for due in cues],
    )


def _show(performance: Performance, about: About) -> dict[str, Any]:
    conductor, portrait = performance.conductor, performance.portrait
    score, spans = conductor.score, CONTROL_SPANS
    return {
        "choreography": str(about.choreography),
        "title": score.title,
        "seed": conductor.seed,
        "weights": str(about.weights),
        "site": None if about.site is None else str(about.site),
        "resident": conductor.casting.resident,
        "moods": list(score.moods),
        "gestures": list(score.gestures),
        "people": list(score.people),
        "units": list(portrait.learned_units),
        "controls": {name: [spans[name].lowest, spans[name].highest] for name in portrait.learned_controls},
    }


def _playing(phrase: Phrase, offset_ns: int) -> dict[str, Any]:
    why = phrase.why
    return {
        "mood": phrase.mood,
        "mood_since_utc_ns": why.mood_since_ns + offset_ns,
        "mood_until_utc_ns": why.mood_until_ns + offset_ns,
        "mood_by": why.mood_by,
        "gesture": phrase.gesture,
        "asked_by": why.asked_by,
        "start_utc_ns": phrase.start_ns + offset_ns,
        "onset_s": phrase.onset_ns / NANOSECONDS,
        "hold_s": phrase.hold_ns / NANOSECONDS,
        "number": phrase.number,
        "weights": dict(why.weights),
        "excluded": dict(why.excluded),
    }


def _cue(due: Due) -> dict[str, Any]:
    deeds = {"do": due.cue.do, "mood": due.cue.mood, "person": due.cue.person}
    told = {key: value for key, value in deeds.items() if value is not None}
    return {"at_utc_ns": due.utc_ns, "name": due.cue.name, **told}


def status_of(
    performance: Performance, tick: Tick, static: Static, frames: dict[str, Any] | None = None
) -> Status:
    """What is to be told at a tick to which the show has been played."""
    conductor, hand, visit = performance.conductor, performance.operator.hand, performance.visit
    resume, is_open = performance.resume_at(tick), performance.hours.is_open(tick.utc_ns)
    return {
        "version": VERSION,
        "utc_ns": tick.utc_ns,
        "t_ns": tick.t_ns,
        "pid": os.getpid(),
        "zone": performance.hours.zone.key,
        "show": static.show,
        "doors": static.doors,
        "playing": static.playing,
        "next": static.next,
        "cues": static.cues,
        "person": conductor.casting.host(conductor.mood),
        "is_visitor": VISITOR in performance.portrait.people,
        "visit": visit.encounter.stage.value if visit else "nobody",
        "aus": [round(value, 3) for value in aus_of(performance, tick.t_ns)],
        "controls": controls_of(performance, tick.t_ns),
        "held": {part: round(value, 3) for part, value in hand.wanted(tick.t_ns).items()},
        "is_paused": conductor.is_paused,
        "is_dark": performance.is_blackout or not is_open,
        "is_blackout": performance.is_blackout,
        "frames": frames,
        "camera": {"is_there": visit is not None, "trouble": visit.trouble if visit else ""},
        "resume": as_json(resume) if resume else None,
    }


def aus_of(performance: Performance, t_ns: int) -> tuple[float, ...]:
    """The 43 intensities that score and hand have come to: neither small life nor mirror."""
    held = performance.operator.hand.at(t_ns)
    units = {UNITS[part]: each for part, each in held.items() if part in UNITS}
    return with_hand(performance.portrait.aus_at(t_ns), units)


def controls_of(performance: Performance, t_ns: int) -> dict[str, float]:
    """Where the controls are taken to, as a score writes them: by hand, by the gesture, or of the person who
    would be there without a visitor, with the arcs' drifts.
    """
    conductor, portrait = performance.conductor, performance.portrait
    own = portrait.people[conductor.casting.host(conductor.mood)].controls
    named, drifts = (conductor.phrase.controls, conductor.phrase.drifts) if conductor.phrase else ({}, {})
    told = {name: value + drifts.get(name, 0.0) for name, value in zip(CONTROLS, own, strict=True)}
    told["gaze_x"] += KEPT * own[CONTROLS.index("yaw")]  # seen from before the picture
    wanted = told | dict(named) | dict(performance.operator.hand.wanted(t_ns))
    return {name: round(clamped(name, wanted[name]), 2) for name in portrait.learned_controls}


class StatusTeller:
    """Tells the status to a mailbox: so often, and when something has changed; what is told is as of a frame
    that has been shown.
    """

    def __init__(
        self,
        mailbox: SharedLatest,
        about: About,
        times: FrameTimes | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        self._mailbox, self._about, self._times, self._pacer = mailbox, about, times, pacer
        self._static: Static | None = None
        self._next_ns = 0  # show time

    def tell(self, performance: Performance, tick: Tick) -> None:
        """A frame of this tick has been shown."""
        is_new = self._static is None or self._static.key != key_of(performance, tick)
        if not is_new and tick.t_ns < self._next_ns:
            return
        if self._static is None or is_new:
            self._static = static_of(performance, tick, self._about)
        self._next_ns = tick.t_ns + TOLD_NS
        status = status_of(performance, tick, self._static, self._frames())
        self._mailbox.post(payload_of(status, self._mailbox.capacity), time.monotonic_ns())

    def _frames(self) -> dict[str, Any] | None:
        num_stalls = self._pacer.num_stalls if self._pacer else 0
        reading = self._times.reading(num_stalls) if self._times else None
        if reading is None:
            return None
        return {
            "fps": round(reading.fps, 2),
            "p50_ms": reading.p50_ms,
            "p99_ms": reading.p99_ms,
            "late": reading.late,
            "num": reading.num,
            "side": reading.side,
            "stalls": num_stalls,
        }


def payload_of(status: Status, capacity: int = CAPACITY) -> bytes:
    """As JSON; of a score that is too large for it, without the reasons, then without its names."""
    told: dict[str, Any] = dict(status)
    payload = json.dumps(told).encode()
    if len(payload) > capacity and told["playing"]:
        told["playing"] = {**told["playing"], "weights": {}, "excluded": {}}
        payload = json.dumps(told).encode()
    if len(payload) > capacity:
        told["show"] = {**told["show"], "moods": [], "gestures": [], "people": []}
        payload = json.dumps(told).encode()
    return payload
