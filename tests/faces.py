"""Finding faces, as a visitor's camera will: MTCNN, whose weights come in its wheel."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE_PX = 320  # one size for all: MTCNN's memory grows when sizes vary


def face_probabilities(images: Sequence[NDArray[Any]], batch: int = 16) -> Iterator[float]:
    """RGB pictures of one size → the probability of the best face in each, 0 where there is none."""
    from facenet_pytorch import MTCNN

    detector = MTCNN(min_face_size=80, device="cpu")
    for first in range(0, len(images), batch):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the detector builds ragged arrays
            _, probabilities = detector.detect(np.stack(images[first : first + batch]))
        for found in probabilities:
            yield max((float(p) for p in found if p is not None), default=0.0)
