"""Picture files → pictures: uint8 RGB, upright, whatever the file holds.

A photograph comes from a stranger. Only formats are read that are pixels and nothing else (EPS, for one, is a
program); how large a picture is, its header says before any pixel is decoded; and a file that cannot be read
is one line, not a traceback out of a decoder.
"""

import warnings
from io import BufferedReader
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

Picture = NDArray[np.uint8]  # [H, W, 3] RGB

FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP")
MEGAPIXELS: Final = 64  # what the largest cameras take; decoded, it is 200 MB
MAX_PIXELS: Final = MEGAPIXELS * 2**20
MIN_SIDE_PX: Final = 32  # no face that can be read is smaller
BEHIND: Final = (128, 128, 128, 255)  # what transparent places are laid upon: neither light nor shadow
MAX_REASON: Final = 120  # characters of a decoder's complaint


class PhotographError(Exception):
    """A file cannot be used as a picture; the message is one line that says which, why, and what instead."""


def read_photograph(path: Path) -> Picture:
    """The picture in a file, [H, W, 3] uint8 RGB, turned upright as its EXIF says.

    Transparency is laid on mid grey, 16 bits become 8, and of an animation there is the first frame.

    Raises:
        PhotographError: the file cannot be opened, is no picture, is damaged, too large or too small.
    """
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's: of flaws in what it reads all the same
            return _decoded(path, file)
    except FileNotFoundError:
        raise PhotographError(f"{path}: no such file; name a photograph") from None
    except IsADirectoryError:
        raise PhotographError(f"{path}: a folder, not a picture; name a file in it") from None
    except OSError as error:
        raise PhotographError(f"{path}: cannot be opened ({error.strerror}); name another file") from None


def _decoded(path: Path, file: BufferedReader) -> Picture:
    if not file.peek(1):
        raise PhotographError(f"{path}: an empty file; copy it again, or name another")
    try:
        image = Image.open(file, formats=FORMATS)  # the header alone
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError  # as Pillow itself does, from 179 million pixels on
        if min(image.size) < MIN_SIDE_PX:
            size = f"{image.width} × {image.height} pixels"
            raise PhotographError(f"{path}: {size} are too few to show a face; take a larger picture")
        image.load()
        return np.array(_rgb(_upright(image)))
    except PhotographError:
        raise
    except Image.DecompressionBombError:
        message = f"more than {MEGAPIXELS} megapixels; save a smaller copy of it"
        raise PhotographError(f"{path}: {message}") from None
    except UnidentifiedImageError:
        message = f"not a picture in a format known here ({', '.join(FORMATS)}); save it as JPEG or PNG"
        raise PhotographError(f"{path}: {message}") from None
    except Exception as error:  # a damaged file can make a decoder raise anything
        reason = next(iter(str(error).splitlines()), type(error).__name__)[:MAX_REASON]
        message = f"a damaged or unusual picture ({reason}); copy it again, or save it anew as JPEG or PNG"
        raise PhotographError(f"{path}: {message}") from None


def _upright(image: Image.Image) -> Image.Image:
    """Turned and mirrored as its EXIF says; as it is, where that is damaged and the picture is not."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # as of decoders
        return image


def _rgb(image: Image.Image) -> Image.Image:
    """Any of Pillow's modes → RGB."""
    if image.mode == "F" or image.mode.startswith("I"):
        image = _eight_bits(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, BEHIND)
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """One channel of 16 bits, or of floats in [0, 1], → one of 8 bits. Pillow would cut at 255."""
    white = 1.0 if image.mode == "F" else 2**16 - 1
    levels = np.nan_to_num(np.asarray(image, np.float32)) / white
    return Image.fromarray((levels.clip(0, 1) * 255 + 0.5).astype(np.uint8))
