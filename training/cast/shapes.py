"""The face shapes of the cast: which of MakeHuman's CC0 shape targets vary between people, and by how much.

A shape's value is 0 for the average face; +1 and -1 are MakeHuman's own extremes. The list leaves out the
targets that move the head as a whole, tilt it, age it, or look wrong when random (double neck, wing ears,
triangular ears, …).

Left and right are the person's own. A pair is drawn once, for the left; the right copies it with a small
asymmetry.
"""

from dataclasses import dataclass
from typing import Final

ASYMMETRY: Final = 0.035  # standard deviation of right minus left
CLIP: Final = 2.2  # a shape stays within this many standard deviations: beyond, targets fold into each other


@dataclass(frozen=True, slots=True)
class Shape:
    """One draw: a target in the middle of the face, or a left and right pair."""

    name: str  # as in MakeHuman, without "l-" or "r-"
    sigma: float  # standard deviation in the population
    woman: float  # added to a woman's value: the macro targets alone leave her too angular
    is_paired: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """The shape keys it sets, the left one first."""
        return (f"l-{self.name}", f"r-{self.name}") if self.is_paired else (self.name,)


def _pair(name: str, sigma: float, woman: float = 0.0) -> Shape:
    return Shape(name, sigma, woman, is_paired=True)


def _one(name: str, sigma: float, woman: float = 0.0) -> Shape:
    return Shape(name, sigma, woman, is_paired=False)


# In the order of the draws: moving a row gives every seed another face.
SHAPES: Final[tuple[Shape, ...]] = (
    _pair("cheek-trans-up", 0.21),
    _pair("cheek-volume-incr", 0.3),
    _pair("cheek-inner-incr", 0.21),
    _pair("cheek-bones-incr", 0.4),
    _one("chin-jaw-drop-incr", 0.3),
    _one("chin-height-incr", 0.21),
    _one("chin-prominent-incr", 0.21, woman=-0.08),
    _one("chin-bones-incr", 0.21, woman=-0.1),
    _one("chin-width-incr", 0.21, woman=-0.12),
    _one("chin-cleft-incr", 0.25),
    _one("chin-prognathism-incr", 0.21),
    _pair("ear-lobe-incr", 0.2),
    _pair("ear-shape-round", 0.2),
    _pair("ear-trans-forward", 0.2),
    _pair("ear-rot-forward", 0.2),
    _pair("ear-trans-up", 0.2),
    _pair("ear-scale-vert-incr", 0.2),
    _pair("ear-flap-incr", 0.2),
    _pair("ear-scale-incr", 0.2),
    _pair("ear-scale-depth-incr", 0.2),
    _one("eyebrows-angle-up", 0.21),
    _one("eyebrows-trans-up", 0.2),
    _one("eyebrows-trans-forward", 0.25),
    _pair("eye-corner1-up", 0.3),
    _pair("eye-height1-incr", 0.2),
    _pair("eye-scale-incr", 0.14, woman=0.06),
    _pair("eye-push1-out", 0.15),
    _pair("eye-eyefold-up", 0.21),
    _pair("eye-height3-incr", 0.2),
    _pair("eye-height2-incr", 0.2),
    _pair("eye-bag-incr", 0.22),
    _pair("eye-push2-out", 0.15),
    _pair("eye-trans-up", 0.2),
    _pair("eye-bag-height-incr", 0.22),
    _pair("eye-eyefold-angle-up", 0.21),
    _pair("eye-bag-out", 0.22),
    _pair("eye-corner2-up", 0.3),
    _one("forehead-temple-incr", 0.21),
    _one("forehead-scale-vert-incr", 0.12),
    _one("forehead-nubian-incr", 0.2),
    _one("head-scale-vert-incr", 0.12),
    _one("head-fat-incr", 0.22),
    _one("head-back-scale-depth-incr", 0.21),
    _one("head-scale-depth-incr", 0.12),
    _one("head-scale-horiz-incr", 0.12),
    _one("mouth-lowerlip-height-incr", 0.3),
    _one("mouth-scale-horiz-incr", 0.25),
    _one("mouth-cupidsbow-incr", 0.21),
    _one("mouth-laugh-lines-out", 0.2),
    _one("mouth-scale-depth-incr", 0.15),
    _one("mouth-lowerlip-volume-incr", 0.21, woman=0.15),
    _one("mouth-angles-up", 0.2),
    _one("mouth-upperlip-ext-up", 0.15),
    _one("mouth-lowerlip-width-incr", 0.21),
    _one("mouth-trans-forward", 0.15),
    _one("mouth-upperlip-width-incr", 0.21),
    _one("mouth-scale-vert-incr", 0.2),
    _one("mouth-dimples-out", 0.21),
    _one("mouth-upperlip-height-incr", 0.21),
    _one("mouth-upperlip-volume-incr", 0.21, woman=0.12),
    _one("mouth-cupidsbow-width-incr", 0.21),
    _one("mouth-lowerlip-ext-up", 0.15),
    _one("mouth-upperlip-middle-up", 0.15),
    _one("mouth-trans-up", 0.21),
    _one("mouth-lowerlip-middle-up", 0.15),
    _one("mouth-philtrum-volume-incr", 0.21),
    _one("measure-neck-circ-incr", 0.21),
    _one("neck-scale-depth-incr", 0.2),
    _one("neck-scale-horiz-incr", 0.2),
    _one("neck-scale-vert-incr", 0.2),
    _one("nose-nostrils-angle-up", 0.21),
    _one("nose-flaring-incr", 0.21),
    _one("nose-curve-convex", 0.35),
    _one("nose-scale-depth-incr", 0.21),
    _one("nose-scale-vert-incr", 0.21),
    _one("nose-point-width-incr", 0.21),
    _one("nose-scale-horiz-incr", 0.21, woman=-0.1),
    _one("nose-width1-incr", 0.21),
    _one("nose-trans-forward", 0.2),
    _one("nose-trans-up", 0.21),
    _one("nose-hump-incr", 0.4),
    _one("nose-nostrils-width-incr", 0.21),
    _one("nose-greek-incr", 0.3),
    _one("nose-point-up", 0.21),
    _one("nose-width2-incr", 0.21),
    _one("nose-width3-incr", 0.21),
    _one("nose-septumangle-incr", 0.21),
    _one("nose-base-up", 0.21),
    _one("nose-compression-uncompress", 0.2),
    _one("nose-volume-incr", 0.3),
)

SHAPE_LABELS: Final[tuple[str, ...]] = tuple(label for shape in SHAPES for label in shape.labels)
NUM_SHAPES: Final = len(SHAPE_LABELS)  # 117
