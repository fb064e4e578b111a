"""Where faces are in a camera's pictures: found in a process of its own, and whoever shows these never waits.

Not in a thread: PyTorch's compiler and the software renderers of graphics libraries bring each an LLVM, and
whichever comes second into a process may crash it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, Self

from installation.ports import Image
from installation.stage.child import settle

if TYPE_CHECKING:
    from models.alignment import FaceFinder


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face in a picture, by the edges of a box; the centre of the top left pixel is (0, 0)."""

    left: float
    top: float
    right: float
    bottom: float
    is_readable: bool  # large enough, whole, and turned to the camera: what the portrait can take up


Find = Callable[[Image], Sequence[FoundFace]]


class CameraFaces:
    """A context, in which faces are looked for, from the first picture on."""

    def __init__(self, find: Find) -> None:
        """`find` is a function that another process can import; its first call may take seconds."""
        self._find = find
        self._faces: tuple[FoundFace, ...] = ()
        self._look: Future[Sequence[FoundFace]] | None = None
        self._process = ProcessPoolExecutor(1, get_context("spawn"), initializer=settle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The process ends by itself, as soon as it has looked."""
        self._process.shutdown(wait=False, cancel_futures=True)

    def seen(self, image: Image) -> tuple[FoundFace, ...]:
        """Those in this picture, RGB uint8 [H, W, 3], or in one a moment ago. Never waits.

        None, once the process has died.
        """
        try:
            if self._look is None or self._look.done():
                self._faces = () if self._look is None else tuple(self._look.result())
                self._look = self._process.submit(self._find, image)
        except BrokenExecutor:
            self._faces = ()
        return self._faces


def find_faces(image: Image) -> list[FoundFace]:
    """With the network that finds faces for the portrait, too."""
    from models.alignment import FaceError, refuse_unreadable

    found = []
    for face in _finder().faces(image):
        try:
            refuse_unreadable(face.landmarks, image.shape)
            is_readable = True
        except FaceError:
            is_readable = False
        left, top, right, bottom = map(float, face.box)
        found.append(FoundFace(left, top, right, bottom, is_readable))
    return found


@cache
def _finder() -> "FaceFinder":
    from models.alignment import FaceFinder

    return FaceFinder()
