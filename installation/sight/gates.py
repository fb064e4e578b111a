"""Which image of a face may be projected, and which of the last two seconds is the best.

The figures were found on two photographs in the public domain, shown as a camera sees them at 0.7 to 2 m:
blurred, darkened, washed out, against the light, half covered. What is before a face and leaves it findable
(a hand before the chin, a patch on an eye) these gates do not see: the projection's own signs do.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from installation.ports import Image
from models.action_units import AU_INDEX
from models.alignment import Face, FaceError, Points, refuse_unreadable
from models.au_reader import Reading
from models.projection import FACE, MIN_SHARPNESS, sharpness

LIDS: Final = (AU_INDEX[43], AU_INDEX[45])

MAX_TURN_DEG: Final = 20.0  # of a face that is projected: beyond, the far cheek is guessed
MAX_CLOSURE: Final = 0.4  # open lids read below 0.1, half closed ones 0.5
# Of grey levels over the face. Skin of every colour has its highlights above this in a lit room; at a fifth
# of the photographs' light (40) MTCNN still finds them, in noise, which passes for sharpness.
MIN_HIGHLIGHT: Final = 48
BURNT: Final = 250
MAX_BURNT_SHARE: Final = 0.2  # 0.00 as photographed, 0.3 to 0.5 at twice the light

FACING_DEG: Final = 28.0  # of a head that is turned to the portrait; the eyes reach the rest of the way
FACING_SHIFT: Final = 0.29  # of the nose from the eyes' middle, in distances between the eyes: 0.55 tan(28°)

# From here on more is no better.
FULL_SHARPNESS: Final = 0.1
FULL_EYE_DISTANCE_PX: Final = 64.0  # that of an aligned picture

BURST_NS: Final = 2_000_000_000


@dataclass(frozen=True, slots=True)
class View:
    """A face as one image shows it."""

    eye_distance_px: float
    yaw_deg: float
    pitch_deg: float
    closure: float  # of the lids, in [0, 1]
    sharpness: float
    highlight: float  # grey level that a twentieth of the face exceeds
    burnt_share: float  # of the face
    fault: str = ""  # of the face's place: cut off, turned away, too small

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why it should not be projected; none: it may be."""
        turn_deg = max(abs(self.yaw_deg), abs(self.pitch_deg))
        said = (
            (bool(self.fault), self.fault),
            (turn_deg > MAX_TURN_DEG, "the face is turned away"),
            (self.closure > MAX_CLOSURE, "the eyes are closed"),
            (self.sharpness < MIN_SHARPNESS, "the face is blurred"),
            (self.highlight < MIN_HIGHLIGHT, "the face is too dark"),
            (self.burnt_share > MAX_BURNT_SHARE, "the face is overexposed"),
        )
        return tuple(words for is_so, words in said if is_so)

    @property
    def score(self) -> float:
        """How good it is, in [0, 1]: what may be projected is above 0.5, and above all that may not."""
        turn = min(1.0, max(abs(self.yaw_deg), abs(self.pitch_deg)) / (2 * MAX_TURN_DEG))
        quality = min(1.0, self.sharpness / FULL_SHARPNESS) * (1 - min(1.0, self.closure)) * (1 - turn)
        quality *= min(1.0, self.eye_distance_px / FULL_EYE_DISTANCE_PX) * (1 - self.burnt_share)
        return (quality + (not self.doubts)) / 2


def view_of(face: Face, shape: tuple[int, ...], aligned: Image, reading: Reading) -> View:
    """A face in an image of `shape` [H, W, 3]; the aligned picture, and what is read in it."""
    grey = cv2.cvtColor(aligned[FACE], cv2.COLOR_RGB2GRAY)
    return View(
        eye_distance_px=eye_distance(face.landmarks),
        yaw_deg=reading.yaw,
        pitch_deg=reading.pitch,
        closure=closure_of(reading),
        sharpness=sharpness(aligned),
        highlight=float(np.percentile(grey, 95)),
        burnt_share=float((grey > BURNT).mean()),
        fault=_fault(face, shape),
    )


def _fault(face: Face, shape: tuple[int, ...]) -> str:
    """Why a face cannot be read where it is, in a few words; "": it can."""
    is_whole = (face.box[:2] >= 0).all() and (face.box[2:] <= shape[1::-1]).all()
    if not is_whole:  # though its eyes and mouth may be
        return "the face is cut off by the picture's edge"
    try:
        refuse_unreadable(face.landmarks, shape)
    except FaceError as error:
        return str(error).partition(";")[0].partition(":")[0]
    return ""


def closure_of(reading: Reading) -> float:
    """How far the lids are closed, in [0, 1]: asleep or in a blink, whichever is read."""
    return max(reading.aus[lid] for lid in LIDS)


def eye_distance(landmarks: Points) -> float:
    return float(np.hypot(*(landmarks[1] - landmarks[0])))


def is_facing(landmarks: Points, reading: Reading | None) -> bool:
    """Whether a face is turned to the camera; from its five points [5, 2] alone where it was not read.

    How high a nose sits differs between people by more than a nod, so a nod is seen by reading alone.
    """
    eye_to_eye = landmarks[1] - landmarks[0]
    shift = float((landmarks[2] - landmarks[:2].mean(0)) @ eye_to_eye / (eye_to_eye @ eye_to_eye))
    if reading is None:
        return abs(shift) <= FACING_SHIFT
    # The reader was taught to 40°; a profile, which it may take for anything, the nose gives away.
    return max(abs(reading.yaw), abs(reading.pitch)) <= FACING_DEG and abs(shift) <= 1.5 * FACING_SHIFT


# --- the best of a burst ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shot:
    """An aligned picture [256, 256, 3] and what it is worth."""

    image: Image = field(repr=False)
    view: View = field(repr=False)
    t_ns: int

    def wipe(self) -> None:
        self.image.fill(0)


class Burst:
    """The best shot of somebody's last two seconds; kept are only those that may still become the best."""

    def __init__(self) -> None:
        self._shots: deque[Shot] = deque()

    def add(self, shot: Shot) -> None:
        """Times never go back."""
        while self._shots and self._shots[-1].view.score <= shot.view.score:
            self._shots.pop().wipe()
        self._shots.append(shot)
        self.drop_until(shot.t_ns - BURST_NS)

    def drop_until(self, t_ns: int) -> None:
        """Wipe and drop what is older."""
        while self._shots and self._shots[0].t_ns < t_ns:
            self._shots.popleft().wipe()

    def wipe(self) -> None:
        """Leave nothing of any picture in memory."""
        while self._shots:
            self._shots.pop().wipe()

    @property
    def best(self) -> Shot | None:
        return self._shots[0] if self._shots else None

    def __len__(self) -> int:
        return len(self._shots)
