"""Single pictures: resized, put side by side or on a sheet, written. RGB uint8 [H, W, 3] throughout."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from installation.errors import InputError
from installation.ports import Image

if TYPE_CHECKING:  # only sheets have text: a show needs neither Pillow nor a font
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

LABEL_HEIGHT = 0.12  # of a square


def resize(image: Image, size_px: tuple[int, int]) -> Image:
    """To (width, height).

    To shrink, only OpenCV's area filter sees every pixel. To enlarge, Lanczos is the sharpest, but draws a
    halo along the edge between hair and wall; cubic hardly does.
    """
    interpolation = cv2.INTER_AREA if size_px[0] < image.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size_px, interpolation=interpolation), np.uint8)


def side_by_side(images: Sequence[Image], labels: Sequence[str] | None = None) -> Image:
    """[H, W, 3] each → one row; with as many labels, each on a black band under its square."""
    squares = images if labels is None else [_labelled(*pair) for pair in zip(images, labels, strict=True)]
    return np.concatenate(squares, axis=1)


def _labelled(image: Image, label: str) -> Image:
    side = image.shape[0]
    band = np.zeros((max(12, round(side * LABEL_HEIGHT)), side, 3), np.uint8)
    origin = (round(side * 0.04), round(band.shape[0] * 0.75))
    cv2.putText(
        band, label, origin, cv2.FONT_HERSHEY_SIMPLEX, band.shape[0] / 40, (200, 200, 200), 1, cv2.LINE_AA
    )
    return np.concatenate([image, band])


def write(path: Path, image: Image) -> None:
    """As the file's suffix says (.png, .jpg).

    Raises:
        InputError: the suffix is unknown to OpenCV, or the file cannot be written.
    """
    try:
        encoded, data = cv2.imencode(path.suffix or ".png", np.ascontiguousarray(image[..., ::-1]))
    except cv2.error:
        encoded = False
    if not encoded:
        raise InputError(f"{path}: '{path.suffix}' is no picture format known here; use .png or .jpg")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None


# --- contact sheets -----------------------------------------------------------------------------------------

FACE_PX = 192
GAP_PX = 12
MARGIN_PX = 36
NAMES_PX = 190  # the column with the names of the rows
TITLE_PX = 64
CAPTION_PX = 46
MAX_COLUMNS = 8
PAPER, INK, GREY = (255, 255, 255), (34, 37, 42), (128, 133, 142)


@dataclass(frozen=True, slots=True)
class Cell:
    """A face, and what stands beneath it."""

    image: Image
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Faces under one name; more than MAX_COLUMNS of them go on below."""

    name: str
    notes: Sequence[str]
    cells: Sequence[Cell]


def contact_sheet(title: str, rows: Sequence[Row]) -> Image:
    """Rows of faces, each FACE_PX wide, with their names, on white paper."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    lines = [
        (
            row.name if first == 0 else "",
            row.notes if first == 0 else (),
            row.cells[first : first + MAX_COLUMNS],
        )
        for row in rows
        for first in range(0, len(row.cells), MAX_COLUMNS)
    ]
    num_columns = max(len(cells) for _, _, cells in lines)
    width = 2 * MARGIN_PX + NAMES_PX + num_columns * (FACE_PX + GAP_PX) - GAP_PX
    sheet = Pillow.new(
        "RGB", (width, MARGIN_PX + TITLE_PX + len(lines) * (FACE_PX + CAPTION_PX + GAP_PX)), PAPER
    )
    write = partial(_write, ImageDraw.Draw(sheet))
    write(title, (MARGIN_PX, MARGIN_PX), 26, INK, width - 2 * MARGIN_PX)
    for number, (name, notes, cells) in enumerate(lines):
        top = MARGIN_PX + TITLE_PX + number * (FACE_PX + CAPTION_PX + GAP_PX)
        write(name, (MARGIN_PX, top), 19, INK, NAMES_PX - GAP_PX)
        for line, note in enumerate(notes):
            write(note, (MARGIN_PX, top + 30 + 20 * line), 14, GREY, NAMES_PX - GAP_PX)
        for column, cell in enumerate(cells):
            left = MARGIN_PX + NAMES_PX + column * (FACE_PX + GAP_PX)
            sheet.paste(Pillow.fromarray(resize(cell.image, (FACE_PX, FACE_PX))), (left, top))
            write(cell.name, (left, top + FACE_PX + 5), 14, INK, FACE_PX)
            write(cell.note, (left, top + FACE_PX + 23), 13, GREY, FACE_PX)
    return np.asarray(sheet, np.uint8)


def _write(
    drawing: "ImageDraw",
    text: str,
    at: tuple[int, int],
    size_px: int,
    colour: tuple[int, int, int],
    room_px: int,
) -> None:
    """A line of text, its top left corner `at` a point, shortened to the room there is."""
    font = _font(size_px)
    while len(text) > 1 and font.getlength(text) > room_px:
        text = f"{text.removesuffix('…')[:-1]}…"
    drawing.text(at, text, fill=colour, font=font)


@cache
def _font(size_px: int) -> "FreeTypeFont":
    """DejaVu Sans, which matplotlib brings: Pillow's own font has no accents."""
    import matplotlib as mpl
    from PIL import ImageFont

    return ImageFont.truetype(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size_px)
