"""What the encoder makes of faces, with few and many steps of refinement; beside it the nearest picture."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models.pictures import ALIGNED_PX
from models.projection import Projection, project
from training.cast.pictures import load_pictures
from training.evaluation.faces import Pictures, resized
from training.evaluation.held_out import nearest
from training.evaluation.readers.material import Material, aligned_faces, w_of

STEPS: Final = (0, 20, 100)
USUAL: Final = 100  # what the sheet's expressions start from
NEAREST: Final = "nearest"


def steps_label(num_steps: int) -> str:
    return f"{num_steps} steps"


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What was made of N faces."""

    pictures: dict[str, Pictures]  # maker → [N, 256, 256, 3]
    usual: list[Projection]  # of each face, after the usual steps


def make_all(material: Material, faces: Pictures, label: str) -> Made:
    """Aligned faces [N, 256, 256, 3] → the nearest training pictures, and projections."""
    pictures = {NEAREST: nearest_pictures(material, faces)}
    usual: list[Projection] = []
    for num_steps in STEPS:
        bar = tqdm(faces, f"{label}, {steps_label(num_steps)}", mininterval=5)
        own = [project(face, material.generator, material.encoder, num_steps) for face in bar]
        pictures[steps_label(num_steps)] = np.stack([shown(projection) for projection in own])
        if num_steps == USUAL:
            usual = own
    return Made(pictures, usual)


def shown(projection: Projection) -> NDArray[np.uint8]:
    """[256, 256, 3], whatever the generator's own size."""
    return resized(projection.picture, ALIGNED_PX)


# --- the nearest picture ------------------------------------------------------------------------------------


def nearest_pictures(material: Material, faces: Pictures) -> Pictures:
    """For each face the training picture of the nearest w, as the encoder sees both; aligned as faces are."""
    records = material.training.records
    found = nearest(w_of(material.encoder, faces), material.training_w)
    pictures = load_pictures([records[row].picture for row in found], ALIGNED_PX)
    rows, aligned = aligned_faces(material.finder, pictures, "faces, nearest")
    pictures[rows] = aligned
    return pictures
