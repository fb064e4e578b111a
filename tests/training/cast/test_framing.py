import numpy as np
import pytest
from numpy.typing import NDArray

from training.cast.head.mesh import rotation
from training.cast.rendering.framing import Anchors, Camera, frame

EYES = np.array([[0.031, -0.140, 0.728], [-0.031, -0.140, 0.728]])
MOUTH = np.array([[0.024, -0.142, 0.659], [-0.024, -0.142, 0.659]])


def face(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, scale: float = 1.0) -> Anchors:
    """Eyes and mouth of a head turned about its middle."""
    centre = np.array([0.0, -0.03, 0.70])
    turn = scale * rotation(yaw, pitch, roll).T
    return Anchors((EYES - centre) @ turn + centre, (MOUTH - centre) @ turn + centre)


def ffhq_crop(eyes: NDArray[np.float64], mouth: NDArray[np.float64]) -> tuple[NDArray[np.float64], complex]:
    """The alignment as FFHQ's script has it, on picture points: centre, and half of a side as x + iy."""
    image_left, image_right = eyes[eyes[:, 0].argsort()]
    eye_to_eye, eye_to_mouth = image_right - image_left, mouth.mean(0) - eyes.mean(0)
    x = complex(*eye_to_eye) - complex(*eye_to_mouth[::-1] * [-1, 1])
    x *= max(abs(complex(*eye_to_eye)) * 2.0, abs(complex(*eye_to_mouth)) * 1.8) / abs(x)
    return eyes.mean(0) + eye_to_mouth * 0.1, x


def crop_of(anchors: Anchors, camera: Camera) -> tuple[NDArray[np.float64], complex]:
    return ffhq_crop(camera.project(anchors.eyes), camera.project(anchors.mouth))


@pytest.mark.parametrize(
    "anchors", [face(), face(yaw=15), face(pitch=-10), face(roll=9), face(-12, 6, -8), face(12, -6, 8, 0.9)]
)
@pytest.mark.parametrize("distance", [1.2, 1.7])
def test_the_picture_is_the_crop_that_ffhq_would_take_of_it(anchors: Anchors, distance: float) -> None:
    centre, side = crop_of(anchors, frame(anchors, distance))
    np.testing.assert_allclose(centre, 0.5, atol=1e-9)
    assert side == pytest.approx(0.5, abs=1e-9)  # upright, and as wide as the picture


def test_a_face_looking_ahead_lands_on_the_template() -> None:
    anchors = face()
    camera = frame(anchors, 1.5)
    left_eye, right_eye = camera.project(anchors.eyes)
    left_corner, right_corner = camera.project(anchors.mouth)
    assert right_eye[0] < 0.5 < left_eye[0]  # the person's right is on the picture's left
    np.testing.assert_allclose(right_eye + left_eye, [1, 2 * right_eye[1]], atol=1e-4)
    mouth_y = (left_corner[1] + right_corner[1]) / 2
    # The eyes are 62 mm apart and 69 mm above the mouth, so twice the former is the crop's half side.
    np.testing.assert_allclose(left_eye[0] - right_eye[0], 0.25, atol=2e-3)
    np.testing.assert_allclose(mouth_y - left_eye[1], 0.25 * 69 / 62, atol=2e-3)
    np.testing.assert_allclose(left_eye[1], 0.5 - 0.1 * 0.25 * 69 / 62, atol=2e-3)


def test_rolling_the_head_rolls_the_camera() -> None:
    straight, rolled = face(), face(roll=9)
    camera = frame(rolled, 1.5)
    unrolled = frame(straight, 1.5).project(straight.eyes)
    np.testing.assert_allclose(camera.project(rolled.eyes), unrolled, atol=1e-3)
    angle = np.degrees(np.arctan2(camera.right[2], camera.right[0]))
    assert angle == pytest.approx(
        -9, abs=0.1
    )  # the person tilts to their left, the picture's right: clockwise


def test_zoom_shows_more_around_the_same_middle() -> None:
    anchors = face(yaw=5, roll=3)
    near, far = frame(anchors, 1.4), frame(anchors, 1.4, zoom=1.06)
    np.testing.assert_allclose(
        far.project(anchors.eyes) - 0.5, (near.project(anchors.eyes) - 0.5) / 1.06, atol=1e-9
    )


def test_the_camera_is_a_rotation_and_a_place() -> None:
    matrix = frame(face(8, -4, 5), 1.3).matrix
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1)
    assert matrix[:3, 3] == pytest.approx(frame(face(8, -4, 5), 1.3).position)
