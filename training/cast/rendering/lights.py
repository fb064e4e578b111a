"""The light of a scene: four lamps around the face, and the picture painted on the backdrop. No bpy.

    key     the one that shapes the face: a disc from one side and above
    rim     a tall strip behind the other side: parts hair and shoulder from the backdrop
    fill    a large, weak disc from the rim's side in front: the dark side keeps its form
    catch   a small disc that only the eyeballs see: without its reflection eyes look dead

Powers are watts, as Blender's area lamps have them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.cast.head.mesh import unit
from training.cast.rendering.framing import WORLD_UP, Vector
from training.cast.traits import Colour, Scene

WORLD_COLOUR: Final = (0.9, 0.95, 1.0)
WORLD_STRENGTH: Final = 0.035  # times the fill's: light from everywhere, so that no shadow is black
BACKDROP_SIZE: Final = 128  # px; it is out of focus
BACKDROP_GAIN: Final = 2.2
CLOUD_FREQUENCIES: Final = (4, 7, 11, 16, 23, 31)  # radians a width, standard deviation


@dataclass(frozen=True, slots=True, eq=False)
class Lamp:
    """An area lamp that shines on `centre` from `direction`."""

    direction: Vector  # [3] unit vector, from the face to the lamp
    distance: float  # m
    width: float  # m, of the disc or strip
    height: float
    power: float  # W
    colour: Colour

    def matrix(self, centre: Vector) -> NDArray[np.float64]:
        """[4, 4] lamp → world; a lamp shines along its own -z."""
        across = unit(np.cross(WORLD_UP, self.direction))
        matrix = np.eye(4)
        matrix[:3] = np.stack(
            [
                across,
                np.cross(self.direction, across),
                self.direction,
                centre + self.distance * self.direction,
            ],
            axis=1,
        )
        return matrix


def lamps(scene: Scene, tone: float) -> dict[str, Lamp]:
    """The four lamps. Dark skin (`tone` towards 1) gets a stronger key, as a photographer would expose it."""
    side, warmth = scene.side, scene.key_warmth
    return {
        "key": Lamp(
            direction=_direction(side * scene.key_azimuth, scene.key_elevation),
            distance=1.15,
            width=scene.key_size,
            height=scene.key_size,
            power=25.0 * scene.key_power * (0.74 + 0.66 * tone),
            colour=(1.0, 0.93 - 0.5 * warmth, 0.84 - 1.2 * warmth),
        ),
        "rim": Lamp(
            direction=_direction(-side * scene.rim_azimuth, 18),
            distance=1.0,
            width=0.18,
            height=0.8,
            power=8.5 * scene.rim_power,
            colour=(0.80, 0.90, 1.0),
        ),
        "fill": Lamp(
            direction=_direction(-side * 35, 0),
            distance=1.6,
            width=1.2,
            height=1.2,
            power=2.0 * scene.fill_power,
            colour=(0.92, 0.95, 1.0),
        ),
        "catch": Lamp(
            direction=_direction(side * 17, 17),
            distance=1.0,
            width=0.16,
            height=0.16,
            power=7.0,
            colour=(1.0, 0.96, 0.92),
        ),
    }


def world_strength(scene: Scene) -> float:
    return WORLD_STRENGTH * scene.fill_power


def backdrop_picture(scene: Scene) -> NDArray[np.float64]:
    """[128, 128, 3] linear RGB, first row at the bottom: a colour, a glow in it, and soft clouds."""
    generator = np.random.default_rng([scene.seed, 5])
    y, x = np.mgrid[0:BACKDROP_SIZE, 0:BACKDROP_SIZE] / (BACKDROP_SIZE - 1.0) - 0.5
    glow = np.exp(-(((x - scene.glow_x) / 0.42) ** 2 + ((y - scene.glow_y) / 0.46) ** 2))
    clouds = np.zeros_like(glow)
    for frequency in CLOUD_FREQUENCIES:
        along_x, along_y = generator.normal(0, frequency), generator.normal(0, frequency)
        phase = generator.uniform(0, 6.3)
        clouds += np.sin(x * along_x + y * along_y + phase) / frequency
    brightness = 0.22 + 1.5 * scene.glow * glow + 0.48 * clouds * (0.4 + glow)
    picture: NDArray[np.float64] = BACKDROP_GAIN * np.maximum(brightness, 0.05)[..., None] * scene.backdrop
    return picture


def _direction(azimuth: float, elevation: float) -> Vector:
    """Degrees, azimuth from the camera's side (-y) towards +x → unit vector [3]."""
    a, e = np.radians([azimuth, elevation])
    return np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])
