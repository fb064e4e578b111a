"""Samples → aligned pictures: a subject's all in the frame of one, the neutral picture's face.

An open mouth makes FFHQ's frame larger: a frame for each picture would move the head with the expression.
"""

from pathlib import Path
from typing import NamedTuple

from models.alignment import FaceError, FaceFinder, Picture, Points, crop, refuse_unreadable
from models.photographs import PhotographError, read_photograph
from training.dataset import Sample


class Frame(NamedTuple):
    """The face that frames a subject's pictures."""

    landmarks: Points  # [5, 2] px
    shape: tuple[int, ...]  # [H, W, 3] of the picture that it is in


class Framer:
    """Finds each framing face once."""

    def __init__(self) -> None:
        self.finder = FaceFinder()
        self.frames: dict[Path, Frame | FaceError] = {}

    def framed(self, sample: Sample) -> Picture:
        """A sample's aligned picture [256, 256, 3].

        Raises:
            FaceError: it cannot be had; the reason, without the picture's name.
        """
        try:
            image = read_photograph(sample.picture)
        except PhotographError as error:
            raise FaceError(str(error).removeprefix(f"{sample.picture}: ")) from None
        if sample.framed_by not in self.frames:
            self.frames[sample.framed_by] = self._found(sample.framed_by)
        frame = self.frames[sample.framed_by]
        if isinstance(frame, FaceError):
            raise frame
        if image.shape != frame.shape:
            sizes = " pixels, not ".join(
                f"{width} × {height}" for height, width, _ in (image.shape, frame.shape)
            )
            raise FaceError(f"of another size than the picture that frames it; save both alike ({sizes})")
        return crop(image, frame.landmarks)

    def _found(self, path: Path) -> Frame | FaceError:
        try:
            image = read_photograph(path)
            faces = self.finder.faces(image)
            if not faces:
                return FaceError("no face found")
            refuse_unreadable(faces[0].landmarks, image.shape)
        except PhotographError as error:
            return FaceError(f"no frame: {str(error).removeprefix(f'{path}: ')}")
        except FaceError as error:
            return error
        return Frame(faces[0].landmarks, image.shape)
