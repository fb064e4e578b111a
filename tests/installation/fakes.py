"""Scripted stand-ins for the networks and the clock, fast enough to play hours in seconds."""

import hashlib
from collections.abc import Sequence

import numpy as np

from installation.portrait import Pose
from installation.ports import Image, Latent
from models.action_units import NUM_AUS

NUM_WS = 4
NEUTRAL = (0.0,) * NUM_AUS


class FakeTargetModel:
    """A(w, u) = w + Mu with a fixed M: exact, fast, and different for every u."""

    def __init__(self) -> None:
        self.mixing = np.random.default_rng(0).standard_normal((NUM_AUS, 512)).astype(np.float32)
        self.asked: list[tuple[float, ...]] = []

    def predict(self, ws: Latent, u: Sequence[float]) -> Latent:
        self.asked.append(tuple(u))
        return ws + np.asarray(u, np.float32) @ self.mixing


class FakeSynthesizer:
    """Counts, and draws the latent's first numbers as grey."""

    resolution = 8

    def __init__(self) -> None:
        self.num_frames = 0

    def synthesize(self, ws: Latent) -> Image:
        self.num_frames += 1
        return np.full((8, 8, 3), int(abs(float(ws[0, 0])) * 20) % 256, np.uint8)


def anchor() -> Pose:
    return Pose(np.random.default_rng(1).standard_normal((NUM_WS, 512)).astype(np.float32), NEUTRAL)


def digest(poses: Sequence[Pose]) -> str:
    """One word for a track of AU states and latents, byte for byte."""
    track = hashlib.sha256()
    for pose in poses:
        track.update(pose.ws.tobytes())
        track.update(np.asarray(pose.aus, np.float64).tobytes())
    return track.hexdigest()
