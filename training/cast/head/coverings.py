"""What is worn on the head: beanie, turban, headband, headscarf, fitted to one person at rest.

    worn = covering(model, neutral, spec, hair_style)
    grooming = groom(model, neutral, person, worn)  # its scalp hair lies under the covering
    skin = worn.tucked(creased)                     # fine skin before the head turns: a scarf covers ears
    points = worn.at(turn, skin)                    # the cloth in this pose

Caps move rigidly with the head; a headscarf follows neck and jaw.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.cast.head.caps import cap
from training.cast.head.mesh import Floats, Quads, smoothstep, unit
from training.cast.head.model import HeadModel, Turn
from training.cast.head.scarf import is_bounded_ear, scarf
from training.cast.head.skull import CENTRE, is_ear
from training.cast.head.strands import Strands
from training.cast.traits import Covering as Spec

FLAT_EAR: Final = 0.0715  # |x|, m; ears under a headscarf lie no further out

# Hair under a covering, m; distances between directions are chords of the unit sphere.
CLOTH: Final = 0.0032  # hair stays so far inside of the cloth's outside
SPRINGS_UP: Final = 0.06  # beyond the edge it comes out, gradually, by so much
EDGE: Final = (0.035, 0.45)  # where that begins, and where the covering has no say any more
LAYERS: Final = 0.001  # pressed hair lies in layers of this height


class Attachment:
    """Places beside the canonical skin, each tied to the skin around it."""

    def __init__(
        self, canonical: Floats, kept: NDArray[np.bool_], places: Floats, count: int, softness: float
    ) -> None:
        """`places` [v, 3] are tied to the `count` nearest of `kept` [n]; nearer than `softness` m, evenly."""
        vertices = np.flatnonzero(kept)
        distances, nearest = cKDTree(canonical[vertices]).query(places, k=count)
        shares = 1 / (distances + softness) ** 2
        self._vertices, self._shares = vertices[nearest], shares / shares.sum(1, keepdims=True)

    def of(self, values: Floats) -> Floats:
        """What the skin carries [n, d] → there [v, d]."""
        return np.asarray((values[self._vertices] * self._shares[..., None]).sum(1))


@dataclass(frozen=True, eq=False)
class Drape:
    """How a headscarf follows the neck, and gives way to the jaw."""

    attachment: Attachment
    weights: Floats  # [v, 4], as HeadModel.weights
    rest: Floats  # the fine skin at rest [n, 3]
    tuck: Floats  # [n], m by which the ears move in x


@dataclass(frozen=True, eq=False)
class Covering:
    """Cloth as a mesh, at rest."""

    points: Floats  # [v, 3]
    quads: Quads
    fabric: Floats  # [v, 3], m: along the edge, away from the edge, 0; where the shader knits and weaves
    inside: Floats  # [v], there is cloth where it is > 0; the shader cuts the rest off
    centre: Floats  # [3], of the skull
    drape: Drape | None  # None: moves rigidly with the head

    def tucked(self, skin: Floats) -> Floats:
        """The fine skin [n, 3] before the head turns, with the ears laid flat under a headscarf."""
        if self.drape is None:
            return skin
        return np.column_stack([skin[:, 0] + self.drape.tuck, skin[:, 1:]])

    def at(self, turn: Turn, skin: Floats) -> Floats:
        """The cloth's points [v, 3] when the fine skin, before the head turns, is `skin` [n, 3], tucked."""
        if self.drape is None:
            return turn.head(self.points)
        moved = self.points + self.drape.attachment.of(skin - self.drape.rest)
        return turn.bend(moved, self.drape.weights)

    def pressed(self, hair: Strands) -> Strands:
        """Scalp hair at rest that lies under the covering; none is seen with a headscarf."""
        if self.drape is not None:
            return Strands.none()
        if not len(hair):
            return hair
        directions, distances = _polar(self.points, self.centre)
        hair_directions, hair_distances = _polar(hair.points, self.centre)
        chords, nearest = cKDTree(directions).query(hair_directions.reshape(-1, 3), k=4)
        shares = np.exp(-((chords / 0.02) ** 2)) + 1e-9
        cloth = ((distances[nearest] * shares).sum(1) / shares.sum(1)).reshape(hair_distances.shape)
        off_cloth = chords[:, 0].reshape(hair_distances.shape)
        limit = cloth - CLOTH + SPRINGS_UP * smoothstep(*EDGE, off_cloth)
        layer = LAYERS * ((hair_distances * 1e4) % 1)
        is_pressed = (hair_distances > limit) & (off_cloth < EDGE[1])
        pressed = np.where(is_pressed, limit - layer, hair_distances)
        return Strands(self.centre + hair_directions * pressed[..., None], hair.radii)


def covering(model: HeadModel, neutral: Floats, spec: Spec, hair_style: str) -> Covering:
    """`neutral` [m, 3]: coarse vertices at rest; `hair_style`, one of HAIR_STYLES, is what lies under it."""
    canonical, rest = model.canonical, model.fine(neutral)
    return _scarf(model, rest, spec) if spec.kind == "scarf" else _cap(canonical, rest, spec, hair_style)


def _cap(canonical: Floats, rest: Floats, spec: Spec, hair_style: str) -> Covering:
    pattern = cap(canonical, spec, hair_style)
    near_ear = is_ear(canonical) & (canonical[:, 1] > -0.075)
    kept = (canonical[:, 2] > 0.50) & ~near_ear
    places = np.concatenate([pattern.points, CENTRE[None]])
    fitted = places + Attachment(canonical, kept, places, 16, 0.004).of(rest - canonical)
    return Covering(fitted[:-1], pattern.quads, pattern.fabric, pattern.inside, fitted[-1], drape=None)


def _scarf(model: HeadModel, rest: Floats, spec: Spec) -> Covering:
    canonical = model.canonical
    pattern = scarf(canonical, spec)
    attachment = Attachment(canonical, ~is_bounded_ear(canonical), pattern.points, 20, 0.005)
    x, y, z = canonical.T
    stands_off = np.maximum(np.abs(x) - FLAT_EAR, 0) * (z < 0.7375) * (z > 0.66) * (y > -0.078)
    return Covering(
        points=pattern.points + attachment.of(rest - canonical),
        quads=pattern.quads,
        fabric=pattern.fabric,
        inside=pattern.inside,
        centre=CENTRE,
        drape=Drape(attachment, attachment.of(model.fine_weights), rest, -np.sign(x) * stands_off),
    )


def _polar(points: Floats, centre: Floats) -> tuple[Floats, Floats]:
    """Points [..., 3] seen from `centre`: unit directions [..., 3] and distances [...]."""
    offsets = points - centre
    return unit(offsets), np.linalg.norm(offsets, axis=-1)
