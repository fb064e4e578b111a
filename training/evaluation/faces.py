"""Faces found, read and told apart by public networks that took no part in the fit.

MTCNN (its weights come in facenet-pytorch's wheel) says whether there is a face, as a visitor's camera
will. dlib finds 68 landmarks (trained on iBUG 300-W) and describes a face by 128 numbers: two pictures of one
person lie nearer than 0.6, the threshold that its author chose on photographs. The networks' files come in
the package face-recognition-models, whose own code needs setuptools' pkg_resources and is not imported.
"""

import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.evaluation.report import SkippedError

Pictures = NDArray[np.uint8]  # [N, R, R, 3] RGB
Points = NDArray[np.float64]  # [68, 2] x, y as shares of the picture

SIDE_PX: Final = 320  # what the networks are shown: enough for them, and one size for all weights
MIN_FACE_PX: Final = 80  # of SIDE_PX; the portrait's face is larger
SAME_PERSON: Final = 0.6
INSTALL: Final = "pip install --editable '.[evaluation]'"
IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE = slice(36, 42), slice(42, 48)  # of the 68 points
NOSE_TIP, IMAGE_LEFT_MOUTH, IMAGE_RIGHT_MOUTH = 30, 48, 54


def resized(picture: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Square picture [R, R, 3] → [side, side, 3]; shrunk by area, enlarged bicubically."""
    if len(picture) == side_px:
        return picture
    mode = cv2.INTER_AREA if len(picture) > side_px else cv2.INTER_CUBIC
    return cv2.resize(picture, (side_px, side_px), interpolation=mode).astype(np.uint8, copy=False)


def package_file(package: str, pattern: str) -> Path:
    """A file inside an installed package, found without running the package's code.

    Raises:
        SkippedError: the package is not installed, or does not hold it.
    """
    spec = find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or ()
    for folder in folders:
        for path in Path(folder).rglob(pattern):
            return path
    raise SkippedError(f"the package {package} with {pattern} is missing: {INSTALL}")


def face_probabilities(pictures: Sequence[NDArray[np.uint8]], batch: int = 16) -> Iterator[float]:
    """RGB pictures → MTCNN's probability of the best face in each, 0 where there is none.

    Raises:
        SkippedError: facenet-pytorch is missing.
    """
    if find_spec("facenet_pytorch") is None:
        raise SkippedError(f"facenet-pytorch is missing: {INSTALL}")
    from facenet_pytorch import MTCNN

    detector = MTCNN(min_face_size=MIN_FACE_PX, device="cpu")
    for first in range(0, len(pictures), batch):
        shown = np.stack([resized(picture, SIDE_PX) for picture in pictures[first : first + batch]])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the detector builds ragged arrays
            _, probabilities = detector.detect(shown)
        for found in probabilities:
            yield max((float(p) for p in found if p is not None), default=0.0)


class FaceReader:
    """dlib's landmarks and identity network. Boxes are dlib rectangles on pictures of SIDE_PX."""

    def __init__(self) -> None:
        """Raises SkippedError where dlib or the networks' files are missing."""
        if find_spec("dlib") is None:
            raise SkippedError(f"dlib is missing: {INSTALL}")
        import dlib

        models = "face_recognition_models"
        landmarks = package_file(models, "shape_predictor_68_face_landmarks.dat")
        identity = package_file(models, "dlib_face_recognition_resnet_model_v1.dat")
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(landmarks))
        self._identity = dlib.face_recognition_model_v1(str(identity))

    def box(self, picture: NDArray[np.uint8]) -> Any | None:
        """The largest face of [R, R, 3] RGB; sought again at twice the size where none is found at once."""
        shown = np.ascontiguousarray(resized(picture, SIDE_PX))
        for num_doublings in (0, 1):
            if found := list(self._detector(shown, num_doublings)):
                return max(found, key=lambda box: box.area())
        return None

    def points(self, picture: NDArray[np.uint8], box: Any) -> Points:
        """The 68 landmarks of the face in the box."""
        shape = self._predictor(np.ascontiguousarray(resized(picture, SIDE_PX)), box)
        return np.array([(point.x, point.y) for point in shape.parts()]) / SIDE_PX

    def descriptor(self, picture: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        """Who it is, as 128 numbers; None where no face is found."""
        box = self.box(picture)
        if box is None:
            return None
        shown = np.ascontiguousarray(resized(picture, SIDE_PX))
        return np.array(self._identity.compute_face_descriptor(shown, self._predictor(shown, box)))


def eyes_nose_mouth(points: Points) -> NDArray[np.float64]:
    """68 landmarks → the five that manifests give [5, 2], in MTCNN's order."""
    eyes = points[IMAGE_LEFT_EYE].mean(0), points[IMAGE_RIGHT_EYE].mean(0)
    return np.array([*eyes, *points[[NOSE_TIP, IMAGE_LEFT_MOUTH, IMAGE_RIGHT_MOUTH]]])


def eye_distance(points: Points) -> float:
    """From one eye's centre to the other's, as a share of the picture."""
    return float(np.linalg.norm(points[IMAGE_LEFT_EYE].mean(0) - points[IMAGE_RIGHT_EYE].mean(0)))


def landmark_error(points: Points, truth: Points) -> float:
    """Mean distance of the 68 landmarks from the true ones, in shares of the true distance of the eyes."""
    return float(np.linalg.norm(points - truth, axis=1).mean()) / eye_distance(truth)
