"""What a camera sees, as a mirror shows it, and what is to be known of that: for whoever points the camera.

The picture is in memory alone, as long as it is shown.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from installation.hanging import Colour
from installation.ports import NANOSECONDS, Image
from installation.stage.camera_faces import FoundFace
from installation.stage.camera_process import look_at
from installation.stage.latest import Stamped
from installation.stage.lettering import write
from installation.stage.pictures import resize
from installation.stage.placement import letterbox
from installation.stage.test_card import CHOSEN, GROUND, INK, QUIET

SHORTER_SIDE_PX: Final = 720  # of the picture that is drawn; the monitor enlarges it
HEAD_PX, FOOT_PX, LETTER_PX = 138, 180, 29
PRIVATE: Final = "seen, never kept · se ve, no se guarda"
KEYS: Final = "N  next · otra     0  none · ninguna"
MORE_KEYS: Final = "Enter  accept · aceptar     Esc  leave · salir"
NO_CAMERA: Final = "no camera · sin cámara"
NONE_FOUND: Final = "no camera was found · no se encontró cámara"
WAITING: Final = "waiting for a picture · esperando imagen"

DARK: Final = 50.0  # mean luminance in [0, 255]: faces are then darker than a likeness can be made from
BRIGHT: Final = 205.0
SLOW_FPS: Final = 12.0  # cameras take fewer pictures where there is little light
RATE_NS: Final = NANOSECONDS  # over which pictures are counted


@dataclass(frozen=True, slots=True)
class View:
    """What is told of a camera, and of what it sees."""

    name: str  # "": none is chosen
    number: int = 0  # which of …
    num_cameras: int = 0
    image: Image | None = None  # RGB uint8 [H, W, 3], as the camera gives it
    fps: float = 0.0  # 0: not known yet
    trouble: str = ""  # a line; "": none
    faces: tuple[FoundFace, ...] = ()  # in the picture

    @property
    def title(self) -> str:
        """`CAMERA · CÁMARA 1 / 2`."""
        if self.name:
            return f"CAMERA · CÁMARA {self.number} / {self.num_cameras}"
        return NO_CAMERA if self.num_cameras else NONE_FOUND

    @property
    def advice(self) -> str:
        """What to do about the light, or where to stand; "": nothing."""
        if self.image is None:
            return ""
        luminance = look_at(self.image).luminance
        if luminance < DARK:
            return "too dark: light on the faces · más luz en las caras"
        if luminance > BRIGHT:
            return "too bright: no window behind · sin ventana detrás"
        if 0 < self.fps < SLOW_FPS:
            return "slow: more light · lenta: más luz"
        if self.faces and not any(face.is_readable for face in self.faces):
            return "come closer and look here · acércate y mira aquí"
        return ""

    @property
    def figures(self) -> str:
        """`1280 × 720 · 30 fps · light · luz 41 %`."""
        if self.image is None:
            return WAITING
        height, width, _ = self.image.shape
        rate = f" · {self.fps:.0f} fps" if self.fps else ""
        light = look_at(self.image).luminance / 255
        return f"{width} × {height}{rate} · light · luz {round(100 * light)} %"


class Rate:
    """How many pictures a second come, of the last second; if whoever looks is faster than the camera."""

    def __init__(self) -> None:
        self._pictures: deque[tuple[int, bool]] = deque()  # when each was seen; whether it was waited for
        self._is_waiting = False

    def note(self, stamped: Stamped[Image] | None) -> float:
        """What a look has brought: a picture, or none → pictures a second; 0.0: it cannot be told."""
        if stamped is None:
            self._is_waiting = True
        else:
            self._pictures.append((stamped.t_ns, self._is_waiting))
            self._is_waiting = False
            while stamped.t_ns - self._pictures[0][0] > RATE_NS:
                self._pictures.popleft()
        if len(self._pictures) < 2:
            return 0.0
        span_ns, num_new = self._pictures[-1][0] - self._pictures[0][0], len(self._pictures) - 1
        num_awaited = sum(is_awaited for _, is_awaited in list(self._pictures)[1:])
        return num_new * NANOSECONDS / span_ns if 2 * num_awaited > num_new and span_ns else 0.0


def drawn_view(upright_px: tuple[int, int], view: View) -> Image:
    """[H, W, 3] uint8 RGB of a screen's shape, the right way up, no larger than it needs to be."""
    scale = SHORTER_SIDE_PX / min(upright_px)
    width, height = (round(length * scale) for length in upright_px)
    image = np.empty((height, width, 3), np.uint8)
    image[:] = GROUND
    if view.image is not None:
        _place(image[HEAD_PX : height - FOOT_PX], _mirrored(view.image, view.faces))
    picture = Pillow.fromarray(image)
    drawing = ImageDraw.Draw(picture)
    lines: tuple[tuple[int, str, Colour], ...] = (
        (36, view.title, CHOSEN),
        (76, view.name.rpartition("/")[2], QUIET),
        (114, view.figures if view.name else "", INK),
        (height - 154, view.trouble or view.advice, CHOSEN),
        (height - 114, PRIVATE if view.name else "", QUIET),
        (height - 74, KEYS if view.num_cameras else "", INK),
        (height - 34, MORE_KEYS, INK),
    )
    for y, text, colour in lines:
        write(drawing, text, (width / 2, y), LETTER_PX, colour, 0.94 * width)
    return np.array(picture)


def _mirrored(image: Image, faces: tuple[FoundFace, ...]) -> Image:
    """As in a mirror, with a box about each face: bright if the portrait could take it up."""
    marked, thickness = image.copy(), max(1, round(max(image.shape) / 300))
    for face in faces:
        corners = (round(face.left), round(face.top)), (round(face.right), round(face.bottom))
        cv2.rectangle(marked, *corners, CHOSEN if face.is_readable else QUIET, thickness, cv2.LINE_AA)
    return marked[:, ::-1]


def _place(room: Image, image: Image) -> None:
    """The whole picture, as large as it fits, in the middle."""
    height, width, _ = room.shape
    box = letterbox((image.shape[1], image.shape[0]), (width, height))
    size_px = box.width, box.height
    room[box.top : box.top + box.height, box.left : box.left + box.width] = resize(image, size_px)
