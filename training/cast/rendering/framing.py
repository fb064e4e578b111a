"""The camera: the crop that FFHQ's alignment takes out of a photograph, as a view of the scene.

FFHQ finds two eyes and two mouth corners, turns the picture until the face is upright, and crops a square
around a point a tenth of the way from the eyes to the mouth. Its half side x is the larger of twice the
distance between the eyes and 1.8 times the distance from eyes to mouth (Karras et al., "A style-based
generator architecture", appendix A). Here the camera is turned and its angle of view opened instead, so that
nothing is resampled.

World: metres, z up, the face looks towards -y, x > 0 is the person's left and the picture's right.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.cast.head.mesh import unit

Points = NDArray[np.float64]  # [n, 3] metres
Vector = NDArray[np.float64]

WORLD_UP: Final = np.array([0.0, 0.0, 1.0])
CAMERA_BELOW_EYES: Final = 0.015  # m; a lens exactly at eye height looks down on most faces
# FFHQ's numbers.
EYE_SPANS: Final = 2.0  # half a side in distances between the eyes …
FACE_SPANS: Final = 1.8  # … or in distances from eyes to mouth
CENTRE_SHARE: Final = 0.1  # where between eyes (0) and mouth (1) the middle of the crop is
# Turning the camera changes the projection a little; a fourth turn would move no point by 1e-10 pictures.
TURNS: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Anchors:
    """What the frame hangs on, in world space: the mouth *at rest*, or every expression would zoom."""

    eyes: Points  # [2, 3] front of the left and the right eyeball
    mouth: Points  # [2, 3] left and right corner

    @property
    def centre(self) -> Vector:
        """[3] between eyes and mouth: what camera and lights look at."""
        centre: Vector = 0.6 * self.eyes.mean(0) + 0.4 * self.mouth.mean(0)
        return centre


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    position: Vector  # [3]
    right: Vector  # [3] unit vectors, orthogonal
    up: Vector
    forward: Vector
    half_width: float  # of the picture at distance 1: the tangent of half the angle of view

    def plane(self, points: Points) -> NDArray[np.float64]:
        """[n, 3] → [n, 2]: x to the right, y down, on the picture plane at distance 1."""
        offset = points - self.position
        depth = offset @ self.forward
        return np.stack([offset @ self.right / depth, -(offset @ self.up) / depth], axis=1)

    def project(self, points: Points) -> NDArray[np.float64]:
        """[n, 3] → [n, 2] in shares of the picture, (0, 0) top left, (1, 1) bottom right."""
        return 0.5 + 0.5 * self.plane(points) / self.half_width

    @property
    def matrix(self) -> NDArray[np.float64]:
        """[4, 4] camera → world, for a camera that looks along its own -z."""
        matrix = np.eye(4)
        matrix[:3] = np.stack([self.right, self.up, -self.forward, self.position], axis=1)
        return matrix


def frame(anchors: Anchors, distance: float, zoom: float = 1.0) -> Camera:
    """The camera, `distance` metres in front of the eyes, whose picture is the FFHQ crop times `zoom`."""
    eyes = anchors.eyes.mean(0)
    # The camera stays at x = 0, whichever way the head turns.
    position = np.array([0.0, eyes[1] - distance, eyes[2] - CAMERA_BELOW_EYES])
    target, up, half_width = anchors.centre, WORLD_UP, 1.0
    for _ in range(TURNS):
        camera = _look_at(position, target, up, half_width)
        centre, side = _crop(camera.plane(anchors.eyes), camera.plane(anchors.mouth))
        depth = (target - position) @ camera.forward
        target = target + depth * (centre[0] * camera.right - centre[1] * camera.up)
        length = np.hypot(*side)
        up = (side[0] * camera.up + side[1] * camera.right) / length
        half_width = float(length) * zoom
    return _look_at(position, target, up, half_width)


def _look_at(position: Vector, target: Vector, up: Vector, half_width: float) -> Camera:
    forward = unit(target - position)
    right = unit(np.cross(forward, up))
    return Camera(position, right, np.cross(right, forward), forward, half_width)


def _crop(eyes: NDArray[np.float64], mouth: NDArray[np.float64]) -> tuple[Vector, Vector]:
    """Eyes and mouth corners [2, 2] on the picture plane → FFHQ's crop: its centre, and half of its side as
    a vector along the picture's x axis."""
    image_left, image_right = eyes[np.argsort(eyes[:, 0])]
    eye_to_eye = image_right - image_left
    eye_to_mouth = mouth.mean(0) - eyes.mean(0)
    # Both say which way is "right": the eyes, and the normal of the line from eyes to mouth.
    side = unit(eye_to_eye + np.array([eye_to_mouth[1], -eye_to_mouth[0]]))
    side *= max(EYE_SPANS * np.hypot(*eye_to_eye), FACE_SPANS * np.hypot(*eye_to_mouth))
    return eyes.mean(0) + CENTRE_SHARE * eye_to_mouth, side
