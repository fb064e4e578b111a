"""Light and backdrop as directions in w, so that a projected person can sit in the portrait's own.

Two linear maps, by least squares on people of the prior: what a latent says about its light and backdrop
(16 numbers), and what a change of those adds to a latent, whoever it belongs to. They explain 0.70 of
what really moving somebody into another light changes (people never seen); the rest depends on the face.
"""

from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.encoder import NUM_SCENE
from training.cast.factors import FACTOR_NAMES, SCENE, neutral_people
from training.factor_network import FactorNetwork

NUM_PEOPLE: Final = 5_000
RIDGE: Final = 1.0  # on the squares: keeps directions in which latents hardly vary from deciding anything
# Where the head and the eyes are turned, and the frame: those stay the person's own.
KEPT: Final = frozenset({"yaw", "pitch", "roll", "gaze_x", "gaze_y", "zoom", "distance"})
COLUMNS: Final = [k for k in range(SCENE.start, SCENE.stop) if FACTOR_NAMES[k].split(".")[1] not in KEPT]
assert len(COLUMNS) == NUM_SCENE


class Scenery(NamedTuple):
    """For `Encoder.scene_reading` [w_dim, 16] and `Encoder.scene_change` [16, w_dim]."""

    reading: Tensor
    change: Tensor


def find_scenery(network: FactorNetwork, mean: Tensor, recipe: int, num_people: int = NUM_PEOPLE) -> Scenery:
    """The two maps for a fitted factor network; `mean` [w_dim] is the latent that reads as nothing."""
    rng = np.random.default_rng(17)
    here, there = (neutral_people(rng.standard_normal((num_people, 512)), recipe) for _ in range(2))
    moved = here.copy()
    moved[:, COLUMNS] = there[:, COLUMNS]
    w, w_moved = (latents(network, factors) for factors in (here, moved))
    scene = torch.from_numpy(here[:, COLUMNS]).float()
    change = torch.linalg.lstsq(torch.from_numpy(moved[:, COLUMNS]).float() - scene, w_moved - w).solution
    known = torch.cat([w - mean, torch.ones(len(w), 1)], 1)
    squares = known.t() @ known + RIDGE * torch.eye(known.shape[1])
    reading = torch.linalg.solve(squares, known.t() @ scene)
    return Scenery(reading[:-1], change)  # only differences are ever read: the constant is not needed


@torch.no_grad()
def latents(network: FactorNetwork, factors: np.ndarray) -> Tensor:
    """Factors [N, F] → w [N, w_dim]."""
    w: Tensor = network(torch.from_numpy(factors).float())
    return w
