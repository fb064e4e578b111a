"""The head: an identity becomes vertices, actions move them, a turn of the head bends the neck.

Linear shapes on a coarse mesh (7 000 vertices: skin down to the chest, and helpers for eyes, teeth, tongue
and lashes); the skin that is seen is that mesh after two Catmull–Clark steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from training.cast.head.further_actions import further_actions
from training.cast.head.mesh import Floats, Quads, Subdivision, vertex_normals
from training.cast.shapes import SHAPE_LABELS
from training.cast.traits import Identity, Phenotype

LEVELS: Final = 2  # of subdivision: 6 000 quads become 93 000

# What MakeHuman's macro shapes are drawn for: where along each slider which value lies. The cast has no
# children, so the ages below "child" are left out.
MACRO_VALUES: Final[Mapping[str, Mapping[str, float]]] = {
    "gender": {"male": 0, "female": 1},
    "age": {"child": 1 / 3, "young": 2 / 3, "old": 1},
    "muscle": {"minmuscle": 0, "averagemuscle": 0.5, "maxmuscle": 1},
    "weight": {"minweight": 0, "averageweight": 0.5, "maxweight": 1},
    "proportions": {"idealproportions": 0, "uncommonproportions": 1},
}
ANCESTRIES: Final = ("african", "asian", "caucasian")
NEGLIGIBLE: Final = 1e-6  # a macro shape with less weight is left out

# Helper parts on the coarse vertices, and the joints' little cubes.
PARTS: Final = (
    *("skin", "l-eye", "r-eye", "upper-teeth", "lower-teeth", "tongue"),
    *("l-eyelashes-1", "l-eyelashes-2", "r-eyelashes-1", "r-eyelashes-2"),  # 1 lower, 2 upper
)
JOINTS: Final = ("neck", "head", "l-eye", "r-eye")


@dataclass(frozen=True, eq=False)
class HeadModel:
    """All heads. m: coarse vertices, n: fine ones of the skin, q: its quads."""

    template: Floats  # [m, 3], the average head
    weights: Floats  # [m, 4], how much a vertex turns with head, neck01, neck02, neck03; the rest stays
    macro_labels: tuple[str, ...]  # "male-young-averagemuscle-averageweight", …
    macro_shapes: NDArray[np.float32]  # [macros, m, 3], m
    raised: NDArray[np.float32]  # [117, m, 3], the shapes of SHAPE_LABELS at +1
    lowered: NDArray[np.float32]  # [117, m, 3], at -1
    actions: Mapping[str, Floats]  # ARKit's actions and further_actions.py's → [m, 3] at weight 1
    faces: Mapping[str, Quads]  # PARTS → quads on coarse vertices
    joints: Mapping[str, NDArray[np.int32]]  # JOINTS → the coarse vertices whose mean the joint is
    skin: Subdivision
    tongue: Subdivision
    lips: Floats  # [n], 1 on the lips
    cavity: Floats  # [n], 1 inside the mouth
    canonical: Floats  # [n, 3], the fine skin of the average head
    canonical_normals: Floats  # [n, 3]
    fine_weights: Floats  # [n, 4]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `data.build_head_model` wrote."""
        if not path.is_file():
            raise FileNotFoundError(
                f"{path}: no head data here; `python -m training.cast head --out {path}` makes them"
            )
        with np.load(path) as data:
            return cls.of({name: data[name] for name in data.files})

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """The arrays of the file, by their names there; see `data.head_arrays`."""
        if tuple(arrays["shape_labels"].tolist()) != SHAPE_LABELS:
            raise ValueError("the head data hold other shapes than training/cast/shapes.py; make them anew")
        template = arrays["template"].astype(np.float64)
        weights = arrays["weights"].astype(np.float64)
        faces = {part: arrays[f"quads.{part}"].astype(np.int32) for part in PARTS}
        raised, lowered = arrays["raised"].astype(np.float32), arrays["lowered"].astype(np.float32)
        actions = dict(
            zip(arrays["action_labels"].tolist(), arrays["actions"].astype(np.float64), strict=True)
        )
        skin = Subdivision.of(faces["skin"], len(template), LEVELS)
        canonical = skin.points(template)
        return cls(
            template=template,
            weights=weights,
            macro_labels=tuple(arrays["macro_labels"].tolist()),
            macro_shapes=arrays["macro_shapes"].astype(np.float32),
            raised=raised,
            lowered=lowered,
            actions=actions | further_actions(template, faces, raised, lowered, actions),
            faces=faces,
            joints={joint: arrays[f"joint.{joint}"].astype(np.int32) for joint in JOINTS},
            skin=skin,
            tongue=Subdivision.of(faces["tongue"], len(template), LEVELS),
            lips=arrays["lips"].astype(np.float64),
            cavity=arrays["cavity"].astype(np.float64),
            canonical=canonical,
            canonical_normals=vertex_normals(canonical, skin.quads),
            fine_weights=skin.points(weights),
        )

    @property
    def quads(self) -> Quads:
        """Of the fine skin, [q, 4]."""
        return self.skin.quads

    def fine(self, coarse: Floats) -> Floats:
        """Coarse vertices [m, 3] → the fine skin [n, 3]."""
        return self.skin.points(coarse)

    def joint(self, coarse: Floats, name: str) -> Floats:
        """Where one of JOINTS is, [3]."""
        return np.asarray(coarse[self.joints[name]].mean(0))

    # -- identity and expression -----------------------------------------------------------------------------

    def neutral(self, identity: Identity) -> Floats:
        """An identity → its coarse vertices [m, 3], face at rest."""
        weights = macro_weights(self.macro_labels, identity.phenotype)
        active = np.flatnonzero(weights > NEGLIGIBLE)
        vertices = self.template + np.tensordot(weights[active], self.macro_shapes[active], 1)
        for value, raised, lowered in zip(identity.shape, self.raised, self.lowered, strict=True):
            vertices += value * raised if value > 0 else -value * lowered
        return np.asarray(vertices)

    def with_actions(self, coarse: Floats, actions: Mapping[str, float]) -> Floats:
        """Coarse vertices [m, 3] moved by actions of weights in [0, 1], sideways ones in [-1, 1]."""
        moved = coarse.copy()
        for action, weight in actions.items():
            if action not in self.actions:
                known = ", ".join(self.actions)
                raise ValueError(f"the face has no action {action!r}; known are {known}")
            if weight:
                moved += weight * self.actions[action]
        return moved

    # -- pose ------------------------------------------------------------------------------------------------

    def turned(self, neutral: Floats, rotation: Floats) -> "Turn":
        """The head of these coarse vertices at rest [m, 3], turned by a rotation [3, 3] about the neck.

        Three vertebrae and the head take a quarter of the angle each, one on top of the other.
        """
        neck, head = self.joint(neutral, "neck"), self.joint(neutral, "head")
        quarter = Rotation.from_rotvec(0.25 * Rotation.from_matrix(rotation).as_rotvec()).as_matrix()
        bones: list[Rigid] = []
        for index in range(4):
            step = Rigid.about(neck + (head - neck) * index / 3, quarter)
            bones.append(bones[-1].after(step) if bones else step)
        return Turn(bones=(bones[3], *bones[:3]))


@dataclass(frozen=True, eq=False)
class Rigid:
    """p ↦ rotation p + shift."""

    rotation: Floats  # [3, 3]
    shift: Floats  # [3], m

    @classmethod
    def about(cls, pivot: Floats, rotation: Floats) -> Self:
        return cls(rotation, pivot - rotation @ pivot)

    def after(self, first: "Rigid") -> "Rigid":
        return Rigid(self.rotation @ first.rotation, self.rotation @ first.shift + self.shift)

    def __call__(self, points: Floats) -> Floats:
        """Points [..., 3]."""
        return np.asarray(points @ self.rotation.T + self.shift)


@dataclass(frozen=True, eq=False)
class Turn:
    """A pose of head and neck."""

    bones: tuple[Rigid, ...]  # head, neck01, neck02, neck03: the columns of HeadModel.weights

    def head(self, points: Floats) -> Floats:
        """Points [..., 3] of what moves with the skull as one: eyes, teeth, hair."""
        return self.bones[0](points)

    def bend(self, points: Floats, weights: Floats) -> Floats:
        """Points [n, 3] that follow the bones by `weights` [n, 4] and otherwise stay."""
        bent = points * (1 - weights.sum(1, keepdims=True))
        for column, bone in enumerate(self.bones):
            bent += weights[:, column, None] * bone(points)
        return np.asarray(bent)


def macro_weights(labels: tuple[str, ...], phenotype: Phenotype) -> Floats:
    """How much of each macro shape a phenotype takes: the product of its values' weights.

    A slider between two values takes from both, linearly; ancestries add up to 1.
    """
    weight: dict[str, float] = {}
    for slider, positions in MACRO_VALUES.items():
        x, at = getattr(phenotype, slider), list(positions.values())
        for value, peak in zip(positions, np.eye(len(at)), strict=True):
            weight[value] = float(np.interp(x, at, peak))
    total = sum(getattr(phenotype, ancestry) for ancestry in ANCESTRIES)
    weight.update({ancestry: getattr(phenotype, ancestry) / total for ancestry in ANCESTRIES})
    return np.array([np.prod([weight[value] for value in label.split("-")]) for label in labels])
