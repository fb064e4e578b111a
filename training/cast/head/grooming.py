"""All hair of one person, drawn from one stream of random numbers in a fixed order."""

from dataclasses import dataclass, replace

import numpy as np

from training.cast.head.coverings import Covering
from training.cast.head.face_hair import beard_strands, brow_strands
from training.cast.head.lashes import Lashes
from training.cast.head.mesh import Floats, vertex_normals
from training.cast.head.model import HeadModel
from training.cast.head.scalp_hair import ScalpHair, grow_scalp_hair
from training.cast.head.strands import BoundStrands
from training.cast.traits import Person

STREAM = 41  # of the random numbers that a person's seed gives


@dataclass(frozen=True, eq=False)
class Grooming:
    scalp: ScalpHair
    brows: BoundStrands
    lashes: Lashes
    beard: BoundStrands | None


def groom(model: HeadModel, neutral: Floats, person: Person, covering: Covering | None) -> Grooming:
    """Every hair of a person whose coarse vertices at rest are `neutral` [m, 3].

    Scalp hair is pressed under what is worn on the head.

    The parts share a generator, so their order matters: another one gives every seed other hairs.
    """
    generator = np.random.default_rng([person.identity.seed, STREAM])
    fine = model.fine(neutral)
    look = person.look
    scalp = grow_scalp_hair(model, fine, vertex_normals(fine, model.quads), look.hair, generator)
    if covering:
        scalp = replace(scalp, strands=covering.pressed(scalp.strands))
    return Grooming(
        scalp=scalp,
        brows=brow_strands(model, look.brow, generator),
        lashes=Lashes(model, look, generator),
        beard=beard_strands(model, look.beard, generator) if look.beard else None,
    )
