"""A person who sits for pictures, as arrays: at rest once, then in any expression and pose. No bpy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from training.cast.head import coverings, eyes
from training.cast.head.creases import Creases
from training.cast.head.glasses import WornGlasses, glasses
from training.cast.head.grooming import Grooming, groom
from training.cast.head.mesh import Floats, Quads, compacted, rotation, smoothstep, vertex_normals
from training.cast.head.model import HeadModel, Turn
from training.cast.head.regions import Regions
from training.cast.head.skin import SkinPaint, paint
from training.cast.head.strands import Strands
from training.cast.head.teeth import Piece, placed, teeth
from training.cast.rendering.framing import Anchors
from training.cast.rendering.landmarks import FacePoints
from training.cast.traits import Person, Scene

SIDES: Final = ("l", "r")  # as the head model names them: left, right
JAWS: Final = ("upper", "lower")
CONVERGENCE: Final = 1.2  # degrees that each eye turns inwards: the viewer is near
EYE_FIT: Final = 0.985  # of the socket's radius, so that the lids clear the cornea

# Cloth lies this far off the skin, m: more below the hem, which is thin.
CLOTH_GAP: Final = 0.0018
CLOTH_BODY: Final = 0.005
HEM: Final = 0.006  # m of cloth above the neckline; the shader cuts it off


class Anatomy:
    """What all sitters share; made once."""

    def __init__(self, model: HeadModel) -> None:
        self.model = model
        self.regions = Regions.of(model)
        self.creases = Creases(model)
        self.points = FacePoints.of(model)
        self.eyeball, self.eye_quads, self.eye_directions = eyes.eyeball()
        self.pieces = teeth()
        self.teeth_quads = joined_quads([self.pieces[jaw] for jaw in JAWS])
        self.gum_quads = joined_quads([self.pieces[f"{jaw}_gum"] for jaw in JAWS])


@dataclass(frozen=True, slots=True, eq=False)
class Cloth:
    points: Floats  # [v, 3]
    quads: Quads
    rest: Floats  # [v, 3] canonical coordinates, for the weave
    inside: Floats  # [v] mm below the neckline


@dataclass(frozen=True, slots=True, eq=False)
class Glasses:
    frame: Floats  # [v, 3]
    lenses: Floats  # [w, 3]


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One moment of a sitter, in world space."""

    skin: Floats  # [n, 3]
    crease: Floats  # [n] darkening, [0, 1]
    cloth: Cloth
    eyes: tuple[Floats, ...]  # left, right: vertices of each eyeball
    teeth: Floats
    gums: Floats
    tongue: Floats
    hair: Strands
    brows: Strands
    lashes: Strands
    beard: Strands
    glasses: Glasses | None
    covering: Floats | None  # [v, 3], of the head
    anchors: Anchors


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    anatomy: Anatomy
    person: Person
    neutral: Floats  # coarse vertices at rest [m, 3]
    sockets: tuple[eyes.Socket, ...]  # left, right
    grooming: Grooming
    paint: SkinPaint
    glasses: WornGlasses | None
    covering: coverings.Covering | None
    anchors: Anchors  # at rest

    @classmethod
    def of(cls, anatomy: Anatomy, person: Person) -> Self:
        model = anatomy.model
        look = person.look
        neutral = model.neutral(person.identity)
        sockets = tuple(eyes.socket(model, neutral, side) for side in SIDES)
        covering = (
            coverings.covering(model, neutral, look.covering, look.hair.style) if look.covering else None
        )
        grooming = groom(model, neutral, person, covering)
        return cls(
            anatomy=anatomy,
            person=person,
            neutral=neutral,
            sockets=sockets,
            grooming=grooming,
            paint=paint(model, anatomy.regions, person, grooming.scalp),
            glasses=glasses(model, neutral, sockets, look.glasses) if look.glasses else None,
            covering=covering,
            anchors=_anchors(anatomy, neutral, sockets),
        )

    def pose(self, actions: Mapping[str, float], scene: Scene) -> Pose:
        """`actions`: ARKit weights. Of the scene: the head's turn and the gaze."""
        model = self.anatomy.model
        turn = model.turned(self.neutral, rotation(scene.yaw, scene.pitch, scene.roll))
        coarse = model.with_actions(self.neutral, actions)
        face, crease = self._face(coarse, actions)
        skin = turn.bend(face, model.fine_weights)
        normals = vertex_normals(skin, model.quads)
        beard = self.grooming.beard
        return Pose(
            skin=skin,
            crease=crease,
            cloth=self._cloth(skin, normals),
            eyes=tuple(turn.head(points) for points in self._eyes(scene.gaze_x, scene.gaze_y)),
            **self._mouth(coarse, turn),
            hair=self.grooming.scalp.turned(turn, float(model.joint(self.neutral, "neck")[2])),
            brows=self.grooming.brows.on(skin, normals),
            lashes=self.grooming.lashes.on(turn.bend(coarse, model.weights)),
            beard=beard.on(skin, normals) if beard else Strands.none(),
            glasses=self._glasses(turn),
            covering=self.covering.at(turn, face) if self.covering else None,
            anchors=Anchors(turn.head(self.anchors.eyes), turn.head(self.anchors.mouth)),
        )

    def _face(self, coarse: Floats, actions: Mapping[str, float]) -> tuple[Floats, Floats]:
        """The fine skin with its creases, before the head turns, and how dark the creases are."""
        model = self.anatomy.model
        smooth_skin = model.fine(coarse)
        depth, crease = self.anatomy.creases.of(actions, self.person.look.skin.aging)
        creased = smooth_skin + vertex_normals(smooth_skin, model.quads) * depth[:, None]
        return self.covering.tucked(creased) if self.covering else creased, crease

    def _glasses(self, turn: Turn) -> Glasses | None:
        if self.glasses is None:
            return None
        return Glasses(turn.head(self.glasses.frame.points), turn.head(self.glasses.lenses.points))

    def _cloth(self, skin: Floats, normals: Floats) -> Cloth:
        """The skin below the neckline, pushed out."""
        model = self.anatomy.model
        below = neckline(self.person.look.neckline, model.canonical) - model.canonical[:, 2]
        covered = model.quads[(below > -HEM)[model.quads].all(1)]
        used, quads = compacted(covered)
        gap = CLOTH_GAP + CLOTH_BODY * smoothstep(-0.002, 0.008, below[used])
        return Cloth(
            points=skin[used] + normals[used] * gap[:, None],
            quads=quads,
            rest=model.canonical[used],
            inside=below[used] * 1000,
        )

    def _eyes(self, gaze_x: float, gaze_y: float) -> list[Floats]:
        """The eyeballs' vertices before the head turns, left and right."""
        turned = []
        for socket, inwards in zip(self.sockets, (-CONVERGENCE, CONVERGENCE), strict=True):
            eyeball = self.anatomy.eyeball * (socket.radius * EYE_FIT)
            turned.append(socket.centre + eyeball @ rotation(gaze_x + inwards, gaze_y).T)
        return turned

    def _mouth(self, coarse: Floats, turn: Turn) -> dict[str, Floats]:
        anatomy = self.anatomy
        points = placed(anatomy.pieces, anatomy.model, coarse)
        return {
            "teeth": turn.head(np.concatenate([points[jaw] for jaw in JAWS])),
            "gums": turn.head(np.concatenate([points[f"{jaw}_gum"] for jaw in JAWS])),
            "tongue": turn.head(anatomy.model.tongue.points(coarse)),
        }


def _anchors(anatomy: Anatomy, neutral: Floats, sockets: tuple[eyes.Socket, ...]) -> Anchors:
    """Where the camera is aimed, at rest: a changing expression must not zoom the picture."""
    lenses = [socket.centre - np.array([0, socket.radius, 0]) for socket in sockets]
    return Anchors(np.stack(lenses), anatomy.model.fine(neutral)[anatomy.points.mouth])


def neckline(kind: str, canonical: Floats) -> Floats:
    """How high a collar of `kind` reaches at canonical points [n, 3] → z [n], m."""
    x, y, _ = canonical.T
    front = smoothstep(0.02, -0.09, y)
    match kind:
        case "turtle":
            return np.asarray(0.612 - 0.012 * front)
        case "crew":
            return np.asarray(0.596 - 0.026 * front)
        case "v":
            return np.asarray(0.598 - 0.085 * front * smoothstep(0.055, 0, np.abs(x)))
    raise ValueError(f"no neckline is called {kind!r}; there are turtle, crew and v")


def joined_quads(pieces: list[Piece]) -> Quads:
    """The quads of several pieces whose points are put one after the other."""
    starts = np.cumsum([0, *(len(piece.points) for piece in pieces)])
    return np.concatenate([piece.quads + start for piece, start in zip(pieces, starts, strict=False)])
