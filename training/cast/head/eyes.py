"""Eyeballs: their form, where they sit, and the texture of iris and white."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.cast.head.mesh import Floats, Quads, smoothstep, tube_quads
from training.cast.head.model import HeadModel
from training.cast.traits import Colour, Look

TEXTURE_SIZE: Final = 256
TEXTURE_REACH: Final = 0.95  # the texture shows directions with x and z in ±this
IRIS: Final = 0.455  # radians from the eye's axis to the iris's rim
BULGE: Final = 0.055  # of the cornea, in radii
WHITE: Final = np.array([0.80, 0.775, 0.75])
NUM_VEINS: Final = 26
FIBRES: Final = (17, 29, 43, 61, 83)  # waves of light and dark around the iris

# -- form ----------------------------------------------------------------------------------------------------


def eyeball(num_around: int = 48, num_rings: int = 40) -> tuple[Floats, Quads, Floats]:
    """Vertices [v, 3] of an eyeball of radius 1 that looks towards -y, quads, and unit directions [v, 3].

    The directions, without the cornea's bulge, look the texture up: u = x / (2 TEXTURE_REACH) + ½, v the same
    from z. Half of the rings lie on cornea and iris. The two poles stay open by a hair's breadth.
    """
    half = num_rings // 2
    inner = np.linspace(0.004, 1.3 * IRIS, half)
    outer = np.linspace(1.3 * IRIS, np.pi - 0.01, half + 1)[1:]
    from_axis, around = np.meshgrid(
        np.concatenate([inner, outer]), np.linspace(0, 2 * np.pi, num_around, endpoint=False), indexing="ij"
    )
    x, y = np.sin(from_axis) * np.cos(around), -np.cos(from_axis)
    directions = np.stack([x, y, np.sin(from_axis) * np.sin(around)], -1).reshape(-1, 3)
    radii = 1 + BULGE * smoothstep(1.25 * IRIS, 0, from_axis.ravel()) ** 0.8
    quads = tube_quads(2 * half, num_around)[:, ::-1]  # outside out
    return directions * radii[:, None], quads, directions


@dataclass(frozen=True, eq=False)
class Socket:
    centre: Floats  # [3]
    radius: float  # m


def socket(model: HeadModel, neutral: Floats, side: str) -> Socket:
    """Where the eye of a `side` ("l" or "r") sits in coarse vertices at rest [m, 3]."""
    centre = model.joint(neutral, f"{side}-eye")
    surface = neutral[np.unique(model.faces[f"{side}-eye"])]
    return Socket(centre, float(np.linalg.norm(surface - centre, axis=1).mean()))


# -- texture -------------------------------------------------------------------------------------------------


def iris_texture(look: Look) -> Floats:
    """The eyeball seen from the front: linear RGB [256, 256, 3], the first row lowest."""
    generator = np.random.default_rng(look.eye_seed)
    generator.random(2)  # the iris's colour and its brightness, which are in `look` already
    line = ((np.arange(TEXTURE_SIZE) + 0.5) / TEXTURE_SIZE * 2 - 1) * TEXTURE_REACH
    z, x = np.meshgrid(line, line, indexing="ij")
    from_axis = np.arcsin(np.clip(np.hypot(x, z), 0, 0.999))
    around = np.arctan2(z, x)
    iris = _iris(from_axis / IRIS, around, look.iris, generator)
    white = _white(from_axis, around, generator)
    is_white = smoothstep(0.96, 1.06, from_axis / IRIS)[..., None]
    return iris * (1 - is_white) + white * is_white


def _iris(outward: Floats, around: Floats, ground: Colour, generator: np.random.Generator) -> Floats:
    """Colour [s, s, 3]; `outward` [s, s] is 0 in the middle, 1 at the iris's rim, `around` the angle."""
    outer = np.array(ground)
    inner = outer * [1.3, 1.2, 0.9] * generator.uniform(1.0, 1.7)  # lighter and warmer around the pupil
    fibres = np.zeros_like(outward)
    for waves in FIBRES:
        strength, phase, twist = generator.uniform(0.4, 1), generator.uniform(0, 6.3), generator.normal()
        fibres += strength * np.sin(waves * around + phase + 2.0 * twist * outward) / 3
    collarette = smoothstep(0.28, 0.75, outward) * smoothstep(1.05, 0.8, outward)
    brightness = (0.75 + 0.28 * fibres) * (0.7 + 0.6 * collarette)
    brightness *= 1 - 0.78 * smoothstep(0.80, 0.98, outward)  # the dark rim
    pupil = generator.uniform(0.32, 0.44)
    brightness *= 0.02 + 0.98 * smoothstep(pupil - 0.03, pupil + 0.04, outward)
    colour = outer + (inner - outer) * smoothstep(0.65, 0.38, outward)[..., None]
    return np.asarray(colour * brightness[..., None])


def _white(from_axis: Floats, around: Floats, generator: np.random.Generator) -> Floats:
    """Colour [s, s, 3] of the white with its veins; angles [s, s] in radians."""
    white = WHITE * (1 - 0.10 * smoothstep(0.5, 1.3, from_axis))[..., None]
    veins = np.zeros_like(from_axis)
    for _ in range(NUM_VEINS):
        start, phase = generator.uniform(-np.pi, np.pi), generator.uniform(0, 6)
        course = start + 0.10 * np.sin(9 * from_axis + phase) + 0.05 * np.sin(23 * from_axis)
        off_course = np.abs((around - course + np.pi) % (2 * np.pi) - np.pi)
        strength = generator.uniform(0.2, 1)
        veins += smoothstep(0.022, 0, off_course) * smoothstep(0.75, 1.2, from_axis) * strength
    white = white * (1 - np.clip(veins, 0, 1)[..., None] * [0.06, 0.26, 0.26])
    reddened = smoothstep(0.8, 1.35, from_axis)[..., None] * [0.02, 0.09, 0.10]  # towards the corners
    return np.asarray(white * (1 - reddened))
