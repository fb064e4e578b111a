"""Points of the face that the manifest tells of, and the rectangle that expressions stay within."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from training.cast.head.mesh import Floats
from training.cast.head.model import HeadModel
from training.cast.rendering.framing import Camera
from training.cast.rendering.overlay import Rectangle

NUM_DENSE: Final = 128
# Around the moving face, in shares of the picture: for lips and chin on their way out, and for the feather.
MARGIN: Final = np.array([0.015, 0.015, 0.015, 0.020])  # left, top, right, bottom


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Where a face is in its picture, in shares of it, (0, 0) top left."""

    five: Floats  # [5, 2] MTCNN's: image-left eye, -right eye, nose, image-left mouth corner, -right corner
    dense: Floats  # [128, 2] points of the skin, the same on everybody


@dataclass(frozen=True, slots=True, eq=False)
class FacePoints:
    """Which vertices of the fine skin they are; left and right are the person's own."""

    nose: int
    mouth: NDArray[np.intp]  # [2] left and right corner
    dense: NDArray[np.intp]  # [128]
    face: NDArray[np.intp]  # all that expressions move

    @classmethod
    def of(cls, model: HeadModel) -> Self:
        x, y, z = model.canonical.T
        aside = np.abs(x)
        ridge = np.flatnonzero((aside < 0.004) & (z > 0.68) & (z < 0.72))
        lips = np.flatnonzero(model.lips > 0.5)
        front = (y < -0.06) & (aside < 0.07) & (z > 0.61) & (z < 0.80) & (model.cavity < 0.5)
        return cls(
            nose=int(ridge[y[ridge].argmin()]),
            mouth=np.array([lips[x[lips].argmax()], lips[x[lips].argmin()]]),
            dense=_spread(model.canonical, np.flatnonzero(front)),
            face=np.flatnonzero((aside < 0.066) & (y < -0.035) & (z > 0.596) & (z < 0.805)),
        )

    def landmarks(self, camera: Camera, skin: Floats, lenses: Floats) -> Landmarks:
        """From the posed skin [n, 3] and the fronts of the left and right eyeballs [2, 3]."""
        left_eye, right_eye = lenses
        left_corner, right_corner = skin[self.mouth]
        five = np.stack([right_eye, left_eye, skin[self.nose], right_corner, left_corner])
        return Landmarks(camera.project(five), camera.project(skin[self.dense]))

    def rectangle(self, camera: Camera, skin: Floats) -> Rectangle:
        """What to render when only the face moves, from the posed skin at rest [n, 3]."""
        points = camera.project(skin[self.face])
        left, top = points.min(0) - MARGIN[:2]
        right, bottom = points.max(0) + MARGIN[2:]
        return float(left), float(top), float(right), float(bottom)


def _spread(points: Floats, candidates: NDArray[np.intp]) -> NDArray[np.intp]:
    """NUM_DENSE of the candidates, each as far as possible from those before it."""
    chosen = [candidates[0]]
    distance = np.full(len(candidates), np.inf)
    while len(chosen) < NUM_DENSE:
        to_last = np.linalg.norm(points[candidates] - points[chosen[-1]], axis=1)
        distance = np.minimum(distance, to_last)
        chosen.append(candidates[distance.argmax()])
    return np.array(chosen)
