"""Sight without networks: faces where a script says, pictures read by their first pixel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from installation.sight.gates import LIDS
from models.action_units import NUM_AUS
from models.alignment import Face
from models.au_reader import Reading

MS = 1_000_000
SHAPE = (4, 8)  # of a latent
ROOM = np.random.default_rng(0).integers(60, 200, (360, 640, 3), np.uint8)  # sharp, and well lit
UPRIGHT = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.6], [-0.4, 1.1], [0.4, 1.1]])


def face(x: float = 320.0, y: float = 150.0, eye_distance_px: float = 50.0) -> Face:
    """Looks at the camera; its eyes' middle is at x, y."""
    landmarks = UPRIGHT * eye_distance_px + (x, y)
    reach = np.array([1.2, 1.3]) * eye_distance_px
    centre = np.array([x, y + 0.5 * eye_distance_px])
    return Face(np.concatenate([centre - reach, centre + reach]), landmarks, 1.0)


@dataclass
class ScriptedFinder:
    """Finds what it is told to."""

    found: Sequence[Face] = ()

    def faces(self, image: np.ndarray) -> list[Face]:
        return list(self.found)


@dataclass
class ScriptedReader:
    """Reads the same in every face."""

    yaw: float = 0.0
    closure: float = 0.0
    num_read: int = 0

    def read(self, image: np.ndarray) -> Reading:
        self.num_read += 1
        aus = [0.25] * NUM_AUS
        for lid in LIDS:
            aus[lid] = self.closure
        return Reading(tuple(aus), self.yaw, 0.0, (0.0, 0.0))


@dataclass
class Found:
    ws: np.ndarray
    picture: np.ndarray
    doubts: tuple[str, ...] = ()


@dataclass
class ScriptedRefinement:
    """As many steps as it is told; each takes so long on the clock."""

    image: np.ndarray
    num_left: int = 32
    doubts: tuple[str, ...] = ()
    num_done: int = 0
    pass_time: Callable[[], None] = lambda: None

    def step(self) -> bool:
        if not self.num_left:
            return False
        self.pass_time()
        self.num_left -= 1
        self.num_done += 1
        return True

    def finish_in(self, num_steps: int) -> None:
        self.num_left = min(self.num_left, max(0, num_steps))

    def projection(self) -> Found:
        self.pass_time()
        ws = np.full(SHAPE, self.image[128, 128, 0], np.float32)
        return Found(ws, np.full((32, 32, 3), 99, np.uint8))


@dataclass
class Clock:
    """Time that passes when it is told to."""

    now: int = 0
    step_ns: int = 0

    def now_ns(self) -> int:
        return self.now

    def pass_step(self) -> None:
        self.now += self.step_ns


@dataclass
class Stagehands:
    """A sight of fakes, and all of them."""

    clock: Clock = field(default_factory=Clock)
    finder: ScriptedFinder = field(default_factory=ScriptedFinder)
    reader: ScriptedReader = field(default_factory=ScriptedReader)
    doubts: tuple[str, ...] = ()
    begun: list[ScriptedRefinement] = field(default_factory=list)

    def begin(self, image: np.ndarray) -> ScriptedRefinement:
        self.clock.pass_step()
        refinement = ScriptedRefinement(image, doubts=self.doubts, pass_time=self.clock.pass_step)
        self.begun.append(refinement)
        return refinement
