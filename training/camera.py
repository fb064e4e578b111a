"""What a camera does to a face: the augmentation that prepares readers of renders for real pictures.

A rendered portrait is sharp, clean, well lit and exactly framed; a webcam's is none of that. Each picture is
put through a camera of its own: framed a little wrong, lit from behind, half hidden, out of focus, shaken,
coarse, noisy, badly exposed, wrongly coloured, compressed. Labels stay what they were.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # [R, R, 3] RGB
Colours = NDArray[np.float32]  # the same in [0, 1], not clipped
Generator = np.random.Generator

# Where faces stand in an aligned frame, as shares of it.
EYES: Final = ((0.38, 0.476), (0.62, 0.476))
FACE_CENTRE: Final = (0.5, 0.6)
CLEAN_SHARE: Final = 0.35  # of the pictures keep everything but their frame


@dataclass(frozen=True, slots=True)
class Jitter:
    """How far a frame may be off: normal deviations of shift (share of it), rotation and scale."""

    shift: float
    degrees: float
    scale: float


LOOSE: Final = Jitter(0.018, 3.0, 0.04)  # five points found by another network, on a moving head
TIGHT: Final = Jitter(0.006, 0.8, 0.012)  # where the frame itself is to be read off the picture


def photographed(picture: Picture, generator: Generator, jitter: Jitter = LOOSE) -> Picture:
    """[R, R, 3] uint8 RGB → the same face as a camera might have seen it, same size."""
    framed = reframed(picture, generator, jitter)
    if generator.random() < CLEAN_SHARE:
        return framed
    colours: Colours = np.asarray(framed, np.float32) / np.float32(255)
    for share, change in CHANGES:
        if generator.random() < share:
            colours = change(colours, generator)
    shown: Picture = (colours.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return compressed(shown, generator) if generator.random() < 0.6 else shown


def reframed(picture: Picture, generator: Generator, jitter: Jitter) -> Picture:
    """Shifted, turned and scaled about the frame's centre; what is missing is mirrored in."""
    size = len(picture)
    angle = generator.normal(0, jitter.degrees)
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), angle, 1 + generator.normal(0, jitter.scale))
    matrix[:, 2] = matrix[:, 2] + generator.normal(0, jitter.shift, 2) * size
    warped = cv2.warpAffine(
        picture, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(warped, np.uint8)


# --- in front of the lens -----------------------------------------------------------------------------------


def glasses(colours: Colours, generator: Generator) -> Colours:
    """A frame drawn about the eyes, with lenses that take a little light, or most of it."""
    size = len(colours)
    radius = (generator.uniform(0.075, 0.105), generator.uniform(0.05, 0.09))
    thickness = max(1, round(generator.uniform(0.003, 0.016) * size))
    shade = generator.uniform(0, 0.5, 3).astype(np.float32)
    lens, frame = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    drop = generator.uniform(0, 0.02)
    corner = generator.random() < 0.5
    for x, y in EYES:
        centre = (round(x * size), round((y + drop) * size))
        axes = (round(radius[0] * size), round(radius[1] * size))
        for mask, width in ((lens, -1), (frame, thickness)):
            if corner:
                low = (centre[0] - axes[0], centre[1] - axes[1])
                cv2.rectangle(mask, low, (centre[0] + axes[0], centre[1] + axes[1]), 1.0, width)
            else:
                cv2.ellipse(mask, centre, axes, 0, 0, 360, 1.0, width, cv2.LINE_AA)
    bridge = round((EYES[0][1] + drop - 0.01) * size)
    inner = round((EYES[0][0] + radius[0]) * size), round((EYES[1][0] - radius[0]) * size)
    cv2.line(frame, (inner[0], bridge), (inner[1], bridge), 1.0, thickness, cv2.LINE_AA)
    darkness = generator.uniform(0.3, 0.75) if generator.random() < 0.15 else generator.uniform(0, 0.15)
    colours = colours * (1 - lens * darkness)[..., None]
    return np.asarray(colours + (shade - colours) * frame[..., None], np.float32)


def occluded(colours: Colours, generator: Generator) -> Colours:
    """A hand, a scarf or a phone: one to three blurred patches of one colour, mostly from the border."""
    size = len(colours)
    mask = np.zeros((size, size), np.float32)
    for _ in range(generator.integers(1, 4)):
        angle, reach = generator.uniform(0, 2 * np.pi), generator.uniform(0.25, 0.6)
        centre = (0.5 + reach * np.cos(angle)) * size, (0.55 + reach * np.sin(angle)) * size
        axes = generator.uniform(0.04, 0.2, 2) * size
        at, radii = (int(centre[0]), int(centre[1])), (int(axes[0]), int(axes[1]))
        cv2.ellipse(mask, at, radii, generator.uniform(0, 180), 0, 360, 1.0, -1, cv2.LINE_AA)
    mask = cv2.GaussianBlur(mask, (0, 0), generator.uniform(0.5, 3)).astype(np.float32)
    if generator.random() < 0.5:  # of the face's own colour, as a hand is
        colour = colours[int(0.55 * size) : int(0.7 * size), int(0.35 * size) : int(0.65 * size)].mean((0, 1))
    else:
        colour = generator.uniform(0, 1, 3).astype(np.float32)
    shading = 1 + 0.3 * smooth_field(size, generator)[..., None]
    return np.asarray(colours + (colour * shading - colours) * mask[..., None], np.float32)


def smooth_field(size: int, generator: Generator) -> Colours:
    """[size, size], slowly varying, about N(0, 1)."""
    coarse = generator.normal(0, 1, (4, 4)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


# --- light --------------------------------------------------------------------------------------------------


def outside(size: int, radius: float) -> Colours:
    """[size, size, 1]: 0 on the head, an ellipse of `radius`, and 1 beyond it."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    distance = np.hypot((x - FACE_CENTRE[0]) / 0.85, (y - FACE_CENTRE[1]) / 1.15)
    return np.asarray(1 / (1 + np.exp(-(distance - radius) * 35))[..., None], np.float32)


def elsewhere(colours: Colours, generator: Generator) -> Colours:
    """Another place behind the head: a wall, a street, a crowd, out of focus; it hides some of the hair."""
    size = len(colours)
    place = np.full((size, size, 3), generator.uniform(0.05, 0.95, 3), np.float32)
    for cells in (3, 8, 24):
        coarse = generator.normal(0, generator.uniform(0.02, 0.22), (cells, cells, 3)).astype(np.float32)
        place += np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)
    mask = outside(size, generator.uniform(0.32, 0.46))
    return np.asarray(colours + (place.clip(0, 1) - colours) * mask, np.float32)


def backlit(colours: Colours, generator: Generator) -> Colours:
    """A window behind: the surroundings bright and flaring, the face dark."""
    mask = outside(len(colours), generator.uniform(0.32, 0.42)) * np.float32(generator.uniform(0.3, 1.0))
    light = generator.uniform(0.6, 1.2, 3).astype(np.float32)
    face = colours * generator.uniform(0.3, 0.7) + generator.uniform(0, 0.08)
    return np.asarray(face + (light - face) * mask, np.float32)


def unevenly_lit(colours: Colours, generator: Generator) -> Colours:
    """Lamps and shadows: brightness and colour that vary slowly over the picture."""
    size = len(colours)
    brightness = generator.uniform(0.1, 0.35) * smooth_field(size, generator)
    tint = np.stack([smooth_field(size, generator) for _ in range(3)], -1) * generator.uniform(0, 0.08)
    return np.asarray(colours * np.exp2(brightness[..., None] + tint), np.float32)


def exposed(colours: Colours, generator: Generator) -> Colours:
    """Exposure, contrast and gamma, all of them a little off."""
    gain, gamma = np.exp2(generator.normal(0, 0.45)), np.exp2(generator.normal(0, 0.3))
    contrast = np.exp(generator.normal(0, 0.2))
    bright = (colours.clip(0, None) ** np.float32(gamma)) * gain
    return np.asarray((bright - 0.4) * contrast + 0.4 + generator.normal(0, 0.03), np.float32)


def coloured(colours: Colours, generator: Generator) -> Colours:
    """White balance and saturation; now and then none at all, as in a black-and-white photograph."""
    grey = colours.mean(-1, keepdims=True)
    saturation = 0.0 if generator.random() < 0.08 else np.exp(generator.normal(0, 0.3))
    balance = np.exp(generator.normal(0, 0.1, 3))
    return np.asarray((grey + (colours - grey) * saturation) * balance, np.float32)


# --- lens and chip ------------------------------------------------------------------------------------------


def coarse(colours: Colours, generator: Generator) -> Colours:
    """Far away: fewer pixels, enlarged again."""
    size = len(colours)
    small = int(size * generator.uniform(0.22, 0.8))
    shrunk = cv2.resize(colours, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def blurred(colours: Colours, generator: Generator) -> Colours:
    """Out of focus, or moved while the shutter was open."""
    if generator.random() < 0.6:
        return np.asarray(cv2.GaussianBlur(colours, (0, 0), generator.uniform(0.4, 2.8)), np.float32)
    length = int(generator.integers(3, 13))
    kernel = np.zeros((length, length), np.float32)
    angle = generator.uniform(0, np.pi)
    half, middle = length / 2, (length - 1) / 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * half
    ends = [
        (round(middle - reach[0]), round(middle - reach[1])),
        (round(middle + reach[0]), round(middle + reach[1])),
    ]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    return np.asarray(cv2.filter2D(colours, -1, kernel / kernel.sum()), np.float32)


def noisy(colours: Colours, generator: Generator) -> Colours:
    """A small chip in a dark room: more noise where there is more light, some everywhere."""
    noise = generator.standard_normal(colours.shape, np.float32)
    strength = generator.uniform(0, 0.05) * np.sqrt(colours.clip(0.02, 1)) + generator.uniform(0, 0.02)
    return np.asarray(colours + noise * strength.astype(np.float32), np.float32)


def compressed(picture: Picture, generator: Generator) -> Picture:
    """JPEG, from poor to good."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(generator.integers(18, 92))]
    _, data = cv2.imencode(".jpg", picture, quality)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


# In the order in which light passes them: what share of the pictures, and the change.
CHANGES: Final[tuple[tuple[float, Callable[[Colours, Generator], Colours]], ...]] = (
    (0.12, glasses),
    (0.20, occluded),
    (0.25, elsewhere),
    (0.08, backlit),
    (0.40, unevenly_lit),
    (0.40, blurred),
    (0.40, coarse),
    (0.75, exposed),
    (0.60, coloured),
    (0.50, noisy),
)
