"""What a camera sees of visitors, made of two photographs in the public domain: rehearsals without a room.

    python -m tests.clip ENCOUNTER build/encounter.mp4

Eileen Collins ("astronaut", NASA) comes with scikit-image, Grace Hopper (US Navy) with matplotlib. Both are
cut out of their photographs and walk about before a drawn room: a script is a tuple of scenes, and a scene
says who is where, and what spoils it. All is a function of script and time; a sensor's grain moves.
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import av
import cv2
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

from models.photographs import Picture, read_photograph

Floats = NDArray[np.float32]

FPS: Final = 25
BELOW_PX: Final = 500  # how far clothes go on below a photograph
SIZE_PX: Final = (1280, 720)


# --- who ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody in a photograph: where their eyes are in it, and a rough outline of them, in pixels."""

    name: str
    eyes: tuple[tuple[float, float], tuple[float, float]]  # image-left, image-right
    head: tuple[int, int, int, int]  # centre and half axes of an ellipse that is theirs
    shoulders: tuple[tuple[int, int], ...]  # a polygon that is theirs
    wall: tuple[tuple[int, int, int, int], ...]  # rectangles that are not: x0, y0, x1, y1

    def photograph(self) -> Picture:
        """[H, W, 3] RGB."""
        if self is COLLINS:
            return np.asarray(astronaut(), np.uint8)
        return read_photograph(Path(mpl.get_data_path(), "sample_data", "grace_hopper.jpg"))


COLLINS: Final = Sitter(
    "Collins",
    eyes=((203.8, 99.9), (246.7, 102.5)),
    head=(226, 108, 46, 78),
    shoulders=((150, 215), (185, 180), (265, 190), (300, 250), (335, 300), (330, 511), (60, 511), (75, 290)),
    wall=((0, 0, 145, 150), (305, 0, 512, 235), (365, 235, 512, 330), (0, 150, 60, 230), (0, 230, 22, 512)),
)
HOPPER: Final = Sitter(
    "Hopper",
    eyes=((222.5, 192.5), (306.5, 186.6)),
    head=(263, 195, 88, 150),
    shoulders=((190, 345), (345, 335), (470, 400), (495, 599), (40, 599), (60, 400)),
    wall=((0, 0, 135, 290), (390, 0, 512, 300), (0, 290, 20, 420)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """Somebody without what was behind them; below the photograph's edge their clothes go on."""

    rgba: NDArray[np.uint8]  # [H, W, 4]
    middle: NDArray[np.float64]  # [2] between the eyes, px
    span_px: float  # from eye to eye


@cache
def cutout(sitter: Sitter) -> Cutout:
    """Cut out by GrabCut (Rother et al. 2004), from the rough outline."""
    picture = sitter.photograph()
    labels = np.full(picture.shape[:2], cv2.GC_PR_BGD, np.uint8)
    x, y, half_width, half_height = sitter.head
    outline = np.array(sitter.shoulders, np.int32)
    aside = np.array([[30, 0]], np.int32)
    grown = cv2.convexHull(np.concatenate([outline - aside, outline + aside]))
    cv2.fillPoly(labels, [grown], cv2.GC_PR_FGD)
    cv2.ellipse(labels, (x, y), (half_width * 7 // 4, half_height * 5 // 4), 0, 0, 360, cv2.GC_PR_FGD, -1)
    cv2.fillPoly(labels, [outline], cv2.GC_FGD)
    cv2.ellipse(labels, (x, y), (half_width, half_height), 0, 0, 360, cv2.GC_FGD, -1)
    for x0, y0, x1, y1 in sitter.wall:
        labels[y0:y1, x0:x1] = cv2.GC_BGD
    cv2.setRNGSeed(0)
    cv2.grabCut(
        np.ascontiguousarray(picture[..., ::-1]),
        labels,
        None,  # type: ignore[arg-type]  # no rectangle: the labels say it
        np.zeros((1, 65)),
        np.zeros((1, 65)),
        4,
        cv2.GC_INIT_WITH_MASK,
    )
    mask = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask)
    mask[pieces != 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())] = 0
    alpha = cv2.GaussianBlur(cv2.erode(mask, np.ones((3, 3), np.uint8)), (0, 0), 1.2)
    rgba = np.dstack([picture, alpha])
    below = np.repeat(rgba[-1:], BELOW_PX, axis=0)
    below[..., :3] = cv2.GaussianBlur(below[..., :3], (0, 0), 30) // 2
    eyes = np.array(sitter.eyes)
    return Cutout(np.concatenate([rgba, below]), eyes.mean(0), float(np.hypot(*(eyes[1] - eyes[0]))))


# --- what a script says -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody's face is: its middle in shares of the width from the left, and how far their eyes are
    apart in shares of the height.
    """

    x: float = 0.5
    span: float = 0.108  # 78 px of 720


NEAR: Final = Place()
FAR: Final = Place(0.36, 0.034)  # 24 px: too far away to be seen
GONE: Final = Place(1.3, 0.1)


@dataclass(frozen=True, slots=True)
class Walk:
    """Somebody, on the way from one place to another during a scene."""

    who: Sitter
    start: Place = NEAR
    end: Place = NEAR

    def at(self, share: float) -> Place:
        """Part of the way, [0, 1], slow at both ends."""
        a = share * share * (3 - 2 * share)
        return Place(
            self.start.x + (self.end.x - self.start.x) * a,
            self.start.span * (self.end.span / self.start.span) ** a,
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """Some seconds, who is in them, and what spoils the picture; each spoiling comes and goes with a sine."""

    name: str
    seconds: float
    walks: tuple[Walk, ...] = ()
    blur: float = 0.0  # sigma in shares of the height, at its most
    gain: float = 1.0  # of the light, at its most or least
    backlight: float = 0.0  # 1: a window behind them, and they are dark before it
    hand: float = 0.0  # 1: a hand before the face


Script = tuple[Scene, ...]


def nobody(seconds: float) -> Scene:
    return Scene("nobody", seconds)


def comes(who: Sitter, seconds: float = 5.0) -> Scene:
    """From the back of the room to the portrait."""
    return Scene("comes nearer", seconds, (Walk(who, FAR, NEAR),))


def stands(who: Sitter, seconds: float) -> Scene:
    return Scene("stands", seconds, (Walk(who),))


def leaves(who: Sitter, seconds: float = 3.0) -> Scene:
    """Out of the picture on the right."""
    return Scene("leaves", seconds, (Walk(who, NEAR, GONE),))


def returns(who: Sitter, seconds: float = 3.0) -> Scene:
    """By the way they left."""
    return Scene("returns", seconds, (Walk(who, GONE, NEAR),))


def pans(who: Sitter, seconds: float = 8.0) -> Script:
    """Across the room before the portrait: to the left, to the right, and back."""
    left, right, quarter = Place(0.2, 0.095), Place(0.8, 0.095), seconds / 4
    ways = ((NEAR, left, quarter), (left, right, 2 * quarter), (right, NEAR, quarter))
    return tuple(Scene("walks across", length, (Walk(who, a, b),)) for a, b, length in ways)


def joined(first: Sitter, second: Sitter, seconds: float) -> Script:
    """A second one comes to the first, stands further away, and goes again."""
    left, right = replace(NEAR, x=0.38), Place(0.72, 0.075)
    third = seconds / 3
    return (
        Scene("a second one comes", third, (Walk(second, Place(1.3, 0.07), right), Walk(first, NEAR, left))),
        Scene("two stand there", third, (Walk(second, right, right), Walk(first, left, left))),
        Scene("the second one goes", third, (Walk(second, right, Place(1.3, 0.07)), Walk(first, left, NEAR))),
    )


def encounter(who: Sitter, stay_s: float = 52.0) -> Script:
    """Somebody comes, stands there long enough to be taken up and lived as, and leaves."""
    return (nobody(4), comes(who), stands(who, stay_s), leaves(who), nobody(11))


ENCOUNTER: Final = encounter(COLLINS)  # 75 s
SECOND_ENCOUNTER: Final = encounter(HOPPER)
SHORT: Final = (nobody(2), comes(COLLINS, 3), stands(COLLINS, 2), leaves(COLLINS, 2), nobody(6))
TROUBLED: Final = (
    nobody(2),
    comes(COLLINS, 4),
    *pans(COLLINS),
    Scene("blurred", 3, (Walk(COLLINS),), blur=0.014),
    Scene("too dark", 3, (Walk(COLLINS),), gain=0.2),
    Scene("too bright", 3, (Walk(COLLINS),), gain=2.6),
    Scene("backlight", 4, (Walk(COLLINS),), backlight=1),
    Scene("a hand before the face", 4, (Walk(COLLINS),), hand=1),
    stands(COLLINS, 8),
    leaves(COLLINS),
    nobody(3),
    returns(COLLINS),
    stands(COLLINS, 4),
    *joined(COLLINS, HOPPER, 9),
    leaves(COLLINS),
    comes(HOPPER),
    stands(HOPPER, 8),
    leaves(HOPPER),
    nobody(4),
)
# Over and over, for hasty hospitality (tests/visits.py): an encounter each 20 s.
ROUNDS: Final = (nobody(2), comes(COLLINS, 1.5), stands(COLLINS, 13), leaves(COLLINS, 1), nobody(2.5))
EMPTY: Final = (nobody(8),)
# All of a sudden, on the left: who is where, at an instant.
SUDDEN: Final = (nobody(8), Scene("stands", 3, (Walk(COLLINS, Place(0.28), Place(0.28)),)))
SCRIPTS: Final[dict[str, Script]] = {
    "ENCOUNTER": ENCOUNTER,
    "SECOND_ENCOUNTER": SECOND_ENCOUNTER,
    "SHORT": SHORT,
    "TROUBLED": TROUBLED,
    "ROUNDS": ROUNDS,
    "EMPTY": EMPTY,
    "SUDDEN": SUDDEN,
}


def seconds_of(script: Script) -> float:
    return sum(scene.seconds for scene in script)


def begins_s(script: Script, name: str) -> float:
    """When the first scene of that name begins."""
    begun = 0.0
    for scene in script:
        if scene.name == name:
            return begun
        begun += scene.seconds
    raise KeyError(name)


# --- the pictures -------------------------------------------------------------------------------------------

EYE_LEVEL: Final = 0.44  # of the height, from the top
GRAIN: Final = 2.5  # sigma of the sensor's noise, of 255
SKIN: Final = (196, 146, 122)


@cache
def _room(size_px: tuple[int, int]) -> Picture:
    """A wall, a floor, a doorway and two pictures: something to be seen when nobody is there."""
    width, height = size_px
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    wall = np.array([176, 170, 160], np.float32) * (1.05 - 0.3 * rows - 0.14 * columns**2)
    floor = np.array([116, 98, 82], np.float32) * (0.6 + 0.5 * rows)
    room = np.where(rows < 0.74, wall, floor).astype(np.uint8)

    def rectangle(x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]) -> None:
        corners = (round(x0 * width), round(y0 * height)), (round(x1 * width), round(y1 * height))
        cv2.rectangle(room, *corners, colour, -1)

    rectangle(0.02, 0.16, 0.16, 0.78, (66, 60, 56))  # the doorway
    rectangle(0.24, 0.18, 0.4, 0.42, (72, 64, 52))
    rectangle(0.25, 0.2, 0.39, 0.4, (120, 128, 116))
    rectangle(0.62, 0.14, 0.86, 0.5, (64, 58, 50))
    rectangle(0.63, 0.16, 0.85, 0.48, (150, 118, 92))
    return np.asarray(cv2.GaussianBlur(room, (0, 0), height / 240), np.uint8)


@cache
def _grain(size_px: tuple[int, int]) -> Picture:
    """More noise than a picture has, to be cut out at another place each time; mean 4 sigma."""
    width, height = size_px
    rng = np.random.default_rng(0)
    noise = rng.normal(4 * GRAIN, GRAIN, (height + 256, width + 256, 1)).clip(0, 255).astype(np.uint8)
    return np.repeat(noise, 3, axis=2)


def _drawn(image: Picture, sitter: Sitter, place: Place, t_s: float, light: float) -> None:
    """Somebody, standing as people do, never quite still, into a picture."""
    height, width = image.shape[:2]
    cut = cutout(sitter)
    phase = 0.0 if sitter is COLLINS else 1.7
    sway = [math.sin(rate * t_s + phase + k) for k, rate in enumerate((0.83, 1.31, 2.17, 0.47))]
    scale = place.span * height / cut.span_px * (1 + 0.012 * sway[3])
    angle = math.radians(1.6 * sway[0] + 0.5 * sway[2])
    x = place.x * width + height * (0.010 * sway[0] + 0.003 * sway[2])
    y = EYE_LEVEL * height + height * 0.004 * sway[1]
    turn = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = np.column_stack([turn, np.array([x, y]) - turn @ cut.middle])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    warped = cv2.warpAffine(cut.rgba, matrix, (width, height), flags=interpolation)
    alpha = warped[..., 3:].astype(np.uint16)
    lit = warped[..., :3].astype(np.float32) * light if light != 1 else warped[..., :3]
    person = np.asarray(lit, np.uint16)
    image[:] = (image * (255 - alpha) + person * alpha + 127) // 255


def _hand(image: Picture, place: Place, share: float) -> None:
    """A hand with four fingers, raised before the face and lowered again."""
    height, width = image.shape[:2]
    unit = place.span * height
    middle = np.array([place.x * width, (EYE_LEVEL + (1 - share) * 0.7) * height + 0.55 * unit])

    def part(x: float, y: float, half_width: float, half_height: float, turned: float, shade: float) -> None:
        centre = middle + unit * np.array([x, y])
        axes = (round(half_width * unit), round(half_height * unit))
        colour = tuple(round(channel * shade) for channel in SKIN)
        at = (round(centre[0]), round(centre[1]))
        cv2.ellipse(image, at, axes, turned, 0, 360, colour, -1, cv2.LINE_AA)

    part(0.1, 3.0, 0.55, 2.6, 4, 0.8)  # the arm
    part(0, 0.6, 0.85, 0.95, 0, 0.95)
    part(-1.0, 0.3, 0.22, 0.75, -35, 0.9)  # the thumb
    for finger, (x, reach) in enumerate(((-0.6, 1.15), (-0.2, 1.35), (0.22, 1.3), (0.62, 1.05))):
        part(x, -0.5 * reach - 0.1, 0.2, reach * 0.85, 8 * (finger - 1.5), 0.92 + 0.04 * (finger % 2))


def picture(script: Script, t_s: float, size_px: tuple[int, int] = SIZE_PX) -> Picture:
    """What the camera sees `t_s` into the script, without its grain: [H, W, 3] uint8 RGB."""
    begun = 0.0
    for scene in script:
        if t_s < begun + scene.seconds:
            break
        begun += scene.seconds
    share = min(1.0, (t_s - begun) / scene.seconds)
    strength = math.sin(math.pi * share) ** 0.5 if 0 < share < 1 else 0.0
    back = scene.backlight * strength
    image = _room(size_px).copy()
    if back:
        image = cv2.addWeighted(image, 1 - 0.9 * back, np.full_like(image, 255), 0.9 * back, 0)
    for walk in scene.walks:
        _drawn(image, walk.who, walk.at(share), t_s, 1 - 0.78 * back)
    if scene.hand:
        _hand(image, scene.walks[-1].at(share), scene.hand * strength)
    gain = 1 + (scene.gain - 1) * strength
    if gain != 1:
        image = cv2.convertScaleAbs(image, alpha=gain)
    if scene.blur * strength:
        image = cv2.GaussianBlur(image, (0, 0), scene.blur * strength * size_px[1])
    return np.asarray(image, np.uint8)


def pictures(script: Script, fps: int = FPS, size_px: tuple[int, int] = SIZE_PX) -> Iterator[Picture]:
    """Every picture of a script, with a camera's grain."""
    field, rng = _grain(size_px), np.random.default_rng(1)
    level = np.full((1, 1, 3), round(4 * GRAIN), np.uint8)
    for number in range(round(seconds_of(script) * fps)):
        top, left = rng.integers(0, 256, 2)
        noise = field[top : top + size_px[1], left : left + size_px[0]]
        grainy = cv2.add(picture(script, number / fps, size_px), noise)
        yield cv2.subtract(grainy, np.broadcast_to(level, grainy.shape))  # type: ignore[misc]


def make_clip(
    path: Path, script: Script, fps: int = FPS, size: tuple[int, int] = SIZE_PX, rounds: int = 1
) -> Path:
    """Write the script to an .mp4 as many times over as said; → its path."""
    options = {"crf": "20", "preset": "ultrafast"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for _ in range(rounds):
            for image in pictures(script, fps, size):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SCRIPTS:
        sys.exit(f"usage: python -m tests.clip SCRIPT FILE.mp4, SCRIPT one of {', '.join(SCRIPTS)}")
    make_clip(Path(sys.argv[2]), SCRIPTS[sys.argv[1]])
