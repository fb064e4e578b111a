"""Scripted stand-ins for the networks and the clock, fast enough to play hours in seconds."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from installation.performance import Performance
from installation.portrait import Portrait, Pose, anchor_at
from installation.ports import Detail, Image, Latent, Tick
from installation.score.choreography import Choreography, Who
from installation.score.conductor import Conductor
from installation.score.hours import Hours
from models.action_units import NUM_AUS
from models.controls import NUM_CONTROLS

NUM_WS = 4
NEUTRAL = (0.0,) * NUM_AUS
UNMOVED = (0.0,) * NUM_CONTROLS


class FakeTargetModel:
    """A(w, u, c) = w + M(u, c) with a fixed M: exact, fast, and different for every u and c."""

    def __init__(self) -> None:
        rows = NUM_AUS + NUM_CONTROLS
        self.mixing = np.random.default_rng(0).standard_normal((rows, 512)).astype(np.float32)
        self.asked: list[tuple[float, ...]] = []
        self.controls_asked: list[tuple[float, ...]] = []

    def predict(self, ws: Latent, u: Sequence[float], controls: Sequence[float] = UNMOVED) -> Latent:
        self.asked.append(tuple(u))
        self.controls_asked.append(tuple(controls))
        return ws + np.asarray((*u, *controls), np.float32) @ self.mixing

    def read_controls(self, ws: Latent) -> tuple[float, ...]:
        return tuple(map(float, ws[0, :NUM_CONTROLS]))


class FakeSynthesizer:
    """Counts, and draws the latent's first numbers as grey."""

    resolution = 8
    resolutions = (8,)

    def __init__(self) -> None:
        self.num_frames = 0

    def synthesize(self, ws: Latent, detail: Detail | None = None) -> Image:
        self.num_frames += 1
        return np.full((8, 8, 3), int(abs(float(ws[0, 0])) * 20) % 256, np.uint8)


def anchor() -> Pose:
    ws = np.random.default_rng(1).standard_normal((NUM_WS, 512)).astype(np.float32)
    return anchor_at(FakeTargetModel(), ws, NEUTRAL)


BEGAN: Final = 1_767_697_200_000_000_000  # 11:00 on 6 January 2026, UTC
ALWAYS: Final = Hours.always(ZoneInfo("UTC"))


def tick(t_ns: int) -> Tick:
    """The tick at a show time, of a show that began at 11:00."""
    return Tick(t_ns, BEGAN + t_ns)


def performance_of(score: Choreography, seed: int = 7) -> Performance:
    """A score played by fake networks; whoever it names looks like the anchor, moved a little."""
    resident: Who = 1 if score.person is None else score.person
    home = anchor()
    people = {who: replace(home, ws=home.ws + 0.1 * k) for k, who in enumerate({resident: 0, **score.people})}
    portrait = Portrait(FakeTargetModel(), people, resident)
    return Performance(Conductor(score, seed, ALWAYS, portrait, resident), portrait, FakeSynthesizer())


def digest(poses: Sequence[Pose]) -> str:
    """One word for a track of latents, AU states and controls, byte for byte."""
    track = hashlib.sha256()
    for pose in poses:
        track.update(pose.ws.tobytes())
        track.update(np.asarray((*pose.aus, *pose.controls), np.float64).tobytes())
    return track.hexdigest()
