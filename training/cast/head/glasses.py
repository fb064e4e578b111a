"""Glasses, fitted to one person's face at rest.

    worn = glasses(model, neutral, sockets, spec)
    frame, lenses = turn.head(worn.frame.points), turn.head(worn.lenses.points)

They move rigidly with the head.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from training.cast.head import eyes
from training.cast.head.mesh import Floats, Quads, smoothstep, tube_quads
from training.cast.head.model import HeadModel
from training.cast.head.sweeps import NUM_SIDES, sweep
from training.cast.traits import Glasses

NUM_OUTLINE: Final = 80  # points around a lens
TURN: Final = np.linspace(0, 2 * np.pi, NUM_OUTLINE, endpoint=False)  # from the temple over the top
NUM_RINGS: Final = 7  # of a lens, from its middle to its rim
USUAL_EYE_DISTANCE: Final = 0.0640  # m, between the pupils; sizes are made for it
EYE_CLEARANCE: Final = 0.0115  # m; the lenses' plane lies at least this far in front of the corneas
MOST_FORWARDS: Final = 0.009  # m; no cheek or brow pushes the glasses further than this, for each side
WIRE_BELOW: Final = 0.4  # thickness; thicker frames are plastic
SKIN_CLEARANCE: Final = 0.0008  # m
WRAP: Final = 1.9  # 1/m; how the front bends around the face
LENS_BEND: Final = 1.2  # 1/m; how each lens bulges on top of that
TILT: Final = 0.10  # lenses lean in at the bottom
SMILE: Final = {  # raised cheeks, which the glasses clear as well
    f"{action}{side}": 0.7 for action in ("cheekSquint", "mouthSmile") for side in ("Left", "Right")
}
FORWARDS, SIDEWAYS = np.array([0, 1.0, 0]), np.array([1.0, 0, 0])
SIDES: Final = (1, -1)  # left, right


@dataclass(frozen=True, slots=True)
class Outline:
    """A lens of usual size."""

    half_width: float  # m
    half_height: float  # m
    exponent: float  # of the superellipse: 2 round, more is squarer
    rise: float  # of its middle above the eye, m
    bridge: float  # height of the bridge over the lens's middle, of its half height
    hinge: float  # the same of the temples


OUTLINES: Final = {
    "round": Outline(0.0232, 0.0222, 2.1, -0.0030, 0.30, 0.25),
    "rectangle": Outline(0.0262, 0.0182, 3.6, -0.0022, 0.46, 0.55),
    "browline": Outline(0.0254, 0.0198, 2.9, -0.0026, 0.46, 0.55),
}


@dataclass(frozen=True, eq=False)
class Tube:
    """A part of the frame."""

    points: Floats  # [v, 3]
    quads: Quads
    metal: Floats  # [v]


@dataclass(frozen=True, eq=False)
class Frame:
    """Rims, bridge and temples as one mesh, at rest."""

    points: Floats  # [v, 3]; also where the shader reads the tortoise's spots
    quads: Quads
    metal: Floats  # [v], 1 on metal, 0 on plastic

    @classmethod
    def of(cls, tubes: Sequence[Tube]) -> Self:
        starts = np.cumsum([0, *(len(tube.points) for tube in tubes)])
        return cls(
            points=np.concatenate([tube.points for tube in tubes]),
            quads=np.concatenate([tube.quads + start for tube, start in zip(tubes, starts, strict=False)]),
            metal=np.concatenate([tube.metal for tube in tubes]),
        )


@dataclass(frozen=True, eq=False)
class Lenses:
    """Both panes as one mesh, at rest: the left one, then the right one."""

    points: Floats  # [w, 3]
    quads: Quads


@dataclass(frozen=True, eq=False)
class WornGlasses:
    frame: Frame
    lenses: Lenses


def glasses(model: HeadModel, neutral: Floats, sockets: Sequence[eyes.Socket], spec: Glasses) -> WornGlasses:
    """`neutral` [m, 3]: coarse vertices at rest; `sockets`: left, right."""
    face = Face.of(model, neutral)
    front = Front.fitted(face, sockets, spec)
    tubes = [
        *(_rim(front, side) for side in SIDES),
        _bridge(front, face),
        *(_temple(front, face, side) for side in SIDES),
    ]
    return WornGlasses(Frame.of(tubes), _lenses(front))


# -- what they rest on ---------------------------------------------------------------------------------------


class Face:
    """Where one person's skin lies."""

    def __init__(self, canonical: Floats, rest: Floats, smiling: Floats) -> None:
        """All of the fine skin [n, 3]."""
        x, y, z = canonical.T
        self._canonical, self._rest = canonical, rest
        is_front = (y < -0.05) & (z > 0.66) & (z < 0.80) & (np.abs(x) < 0.072)
        self._front_y = np.minimum(rest[is_front, 1], smiling[is_front, 1])
        self._front = cKDTree(rest[is_front][:, [0, 2]])
        self._sides = {}
        for side in SIDES:
            is_ear = (side * x > 0.0732) & (z < 0.7375) & (y > -0.07)
            skin = rest[(side * x > 0.02) & ~is_ear & (z > 0.68) & (z < 0.80)]
            self._sides[side] = (side * skin[:, 0], cKDTree(skin[:, 1:]))

    @classmethod
    def of(cls, model: HeadModel, neutral: Floats) -> Self:
        smiling = model.fine(model.with_actions(neutral, SMILE))
        return cls(model.canonical, model.fine(neutral), smiling)

    def foremost(self, x: Floats, z: Floats) -> Floats:
        """How far forwards the face reaches there, also when it smiles: y [k], m."""
        _, nearest = self._front.query(np.stack([x, z], 1), k=5)
        return np.asarray(self._front_y[nearest].min(1))

    def outermost(self, side: int, points: Floats) -> Floats:
        """How far out the head reaches beside points [k, 3], ears left out: |x| [k], m."""
        reach, tree = self._sides[side]
        _, nearest = tree.query(points[:, 1:], k=4)
        return np.asarray(reach[nearest].max(1))

    def at(self, canonical: Floats) -> Floats:
        """The skin [3] at a place [3] on the average head."""
        return np.asarray(self._rest[((self._canonical - canonical) ** 2).sum(1).argmin()])


# -- the front -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Front:
    """Size and place of the lenses, m."""

    spec: Glasses
    outline: Outline
    middle_x: float  # between the eyes, m
    eye_x: float  # of a lens's middle, off middle_x
    eye_z: float
    half_width: float
    half_height: float
    y: float  # of the front between the eyes

    @classmethod
    def fitted(cls, face: Face, sockets: Sequence[eyes.Socket], spec: Glasses) -> Self:
        """In front of the eyes, cheeks, brows and the sides of the nose."""
        left, right = (socket.centre for socket in sockets)
        outline, distance = OUTLINES[spec.shape], left[0] - right[0]
        size = spec.size * np.clip(distance / USUAL_EYE_DISTANCE, 0.9, 1.1)
        half_width = outline.half_width * size
        radius = np.mean([socket.radius for socket in sockets])
        middle = (left + right) / 2
        front = cls(
            spec=spec,
            outline=outline,
            middle_x=float(middle[0]),
            eye_x=max(distance / 2 + 0.001, half_width + 0.0078),  # leaves room for the bridge
            eye_z=middle[2] + outline.rise,
            half_width=half_width,
            half_height=outline.half_height * size,
            y=min(left[1], right[1]) - radius - EYE_CLEARANCE,
        )
        for side in SIDES:
            x, y, z = front.around(side).T
            overlap = (y + front.depth - (face.foremost(x, z) - SKIN_CLEARANCE)).max()
            front = replace(front, y=front.y - np.clip(overlap, 0, MOST_FORWARDS))
        return front

    @property
    def is_browline(self) -> bool:
        """A plastic bar above, wire around the rest."""
        return self.spec.shape == "browline"

    @property
    def is_wire(self) -> bool:
        return self.spec.thickness < WIRE_BELOW and not self.is_browline

    @property
    def rim(self) -> float:
        """Half the rim's size in the lens's plane, m."""
        thickness = self.spec.thickness
        return 0.00075 + 0.0008 * thickness if self.is_wire else 0.0014 + 0.0011 * thickness

    @property
    def depth(self) -> float:
        """Half its size from front to back, m."""
        return self.rim * (1.0 if self.is_wire else 0.85)

    def surface(self, x: ArrayLike, z: ArrayLike) -> Floats:
        """y of the front there."""
        x, z = np.asarray(x), np.asarray(z)
        return np.asarray(self.y + WRAP * (x - self.middle_x) ** 2 + TILT * (self.eye_z - z))

    def around(self, side: int) -> Floats:
        """The outline of the lens on a side [NUM_OUTLINE, 3]."""
        x, z = self._outline()
        x = self.middle_x + side * x
        return np.stack([x, self.surface(x, z), z], 1)

    def disc(self, side: int) -> Floats:
        """The pane on a side [NUM_RINGS · NUM_OUTLINE, 3], ring by ring."""
        rings = np.linspace(0.02, 1, NUM_RINGS)[:, None]
        x, z = self._outline()
        off_x = (rings * (x - self.eye_x)).ravel()
        off_z = (rings * (z - self.eye_z)).ravel()
        bulge = LENS_BEND * (0.6 * self.half_width**2 - off_x**2 - off_z**2)
        x, z = self.middle_x + side * (self.eye_x + off_x), self.eye_z + off_z
        return np.stack([x, self.surface(x, z) - 0.0002 + bulge, z], 1)

    def _outline(self) -> tuple[Floats, Floats]:
        """x off middle_x and z of a left lens's rim [NUM_OUTLINE] each: a superellipse."""
        power = 2 / self.outline.exponent
        x, z = (np.sign(wave) * np.abs(wave) ** power for wave in (np.cos(TURN), np.sin(TURN)))
        if self.spec.shape != "round":
            x = x * (1 - 0.055 * (1 - z) / 2)  # narrower below
        return self.eye_x + self.half_width * x, self.eye_z + self.half_height * z


def _lenses(front: Front) -> Lenses:
    panes = [front.disc(side) for side in SIDES]
    quads = tube_quads(NUM_RINGS, NUM_OUTLINE)
    return Lenses(np.concatenate(panes), np.concatenate([quads, quads + len(panes[0])]))


# -- the frame -----------------------------------------------------------------------------------------------


def _rim(front: Front, side: int) -> Tube:
    path = front.around(side)
    if not front.is_browline:
        return _tube(*sweep(path, front.rim, front.depth, FORWARDS, is_closed=True), float(front.is_wire))
    bar = smoothstep(-0.05, 0.35, np.sin(TURN))
    across = 0.0007 + (0.0022 + 0.001 * front.spec.thickness) * bar
    points, quads = sweep(path, across, 0.0008 + 0.0014 * bar, FORWARDS, is_closed=True)
    return Tube(points, quads, np.repeat(np.where(bar > 0.02, 0.0, 1.0), NUM_SIDES))


def _bridge(front: Front, face: Face) -> Tube:
    """An arc over the nose."""
    v = np.linspace(-1, 1, 17)
    arc = 1 - v**2
    half = front.eye_x - front.half_width + 0.0006
    x = front.middle_x + half * v
    z = front.eye_z + front.half_height * front.outline.bridge + 0.0030 * arc
    over_nose = np.minimum(front.surface(x, z) - 0.0012 * arc, face.foremost(x, z) - front.depth - 0.0005)
    ends = front.surface(front.middle_x + half, z)
    path = np.stack([x, over_nose[len(v) // 2] * arc + ends * v**2, z], 1)
    across, depth = (0.0010, 0.0009) if front.is_browline else (front.rim, front.depth)
    is_metal = front.is_wire or front.is_browline
    return _tube(*sweep(path, across, depth, FORWARDS, is_closed=False), float(is_metal))


def _temple(front: Front, face: Face, side: int) -> Tube:
    """From the hinge along the side of the head, over the ear and down behind it."""
    path = _temple_path(front, face, side)
    height = np.full(len(path), 0.0009 if front.is_wire else 0.0016 + 0.0013 * front.spec.thickness)
    height[-1] *= 0.3
    depth = 0.0007 if front.is_wire else 0.0012
    return _tube(*sweep(path, height, depth, SIDEWAYS, is_closed=False), float(front.is_wire))


def _temple_path(front: Front, face: Face, side: int) -> Floats:
    """The middle of a temple [38, 3]; it rests on the ear."""
    rest = face.at(np.array([side * 0.0738, -0.050, 0.7385])) + np.array([side * 0.0014, 0, 0.0012])
    tail = face.at(np.array([side * 0.0700, -0.030, 0.712])) + np.array([side * 0.0015, 0.001, 0])
    x = front.middle_x + side * (front.eye_x + front.half_width * 0.985 + front.rim)
    z = front.eye_z + front.half_height * front.outline.hinge
    hinge = np.array([x, front.surface(x, z), z])
    corner = hinge + np.array([side * 0.0032, 0.0045, 0])
    along = np.linspace(0, 1, 26)[:, None]
    path = np.concatenate([hinge[None], corner + (rest - corner) * along, rest + (tail - rest) * along[2::2]])
    for _ in range(2):  # rounds the corners
        path[1:-1] = 0.25 * path[:-2] + 0.5 * path[1:-1] + 0.25 * path[2:]
    off_skin = face.outermost(side, path[4:]) + 0.0016
    path[4:, 0] = side * np.maximum(side * path[4:, 0], off_skin)
    return path


def _tube(points: Floats, quads: Quads, metal: float) -> Tube:
    return Tube(points, quads, np.full(len(points), metal))
