"""A picture's factors as one vector of 274 numbers: what the generator is fitted from.

    identity 204 | actions 47 | scene 23

Each number is scaled to vary by about 1 over the cast; standardising is left to the one who fits. What has
kinds (hair style, beard, neckline) is one-hot, so that nothing lies "between" bald and bun. Light comes both
with and without its side: a network need not learn the product.

A mirrored picture has the mirrored factors (`mirror_factors`): mirror them *before* standardising.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.cast.actions import ACTIONS, NUM_ACTIONS, mirror_sign, mirrored_action
from training.cast.people import LATENT_SIZE, latent_sitting
from training.cast.recipe import RECIPE
from training.cast.shapes import SHAPE_LABELS
from training.cast.traits import (
    BEARDS,
    COVERINGS,
    GLASSES,
    HAIR_STYLES,
    NECKLINES,
    Look,
    Person,
    Phenotype,
    Scene,
)

_SORTED_SHAPES: Final = sorted(range(len(SHAPE_LABELS)), key=SHAPE_LABELS.__getitem__)


def factor_vector(person: Person, scene: Scene, actions: Mapping[str, float]) -> NDArray[np.float64]:
    """One picture → factors [274], named by FACTOR_NAMES; `actions` are ARKit weights, 0 where left out."""
    return np.array([*_identity(person).values(), *_expression(actions).values(), *_scene(scene).values()])


def neutral_people(z: NDArray[np.floating], recipe: int = RECIPE) -> NDArray[np.float64]:
    """Latents [N, 512], N(0, I) → factors [N, 274] of the people and scenes they stand for, faces at rest."""
    factors = np.empty((len(z), NUM_FACTORS))
    for row, sitting in zip(factors, (latent_sitting(one, recipe) for one in z), strict=True):
        row[:] = factor_vector(sitting.person, sitting.scene, {})
    return factors


def mirror_factors(factors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Factors [..., 274] (not standardised) → those of the mirrored picture."""
    mirrored: NDArray[np.float64] = factors[..., _MIRROR_ORDER] * _MIRROR_SIGN
    return mirrored


# -- the numbers, with their names ---------------------------------------------------------------------------


def _identity(person: Person) -> dict[str, float]:
    phenotype, shape = person.identity.phenotype, person.identity.shape
    return {
        **{f"phenotype.{name}": getattr(phenotype, name) for name in Phenotype.__slots__},
        **{f"shape.{SHAPE_LABELS[i]}": shape[i] for i in _SORTED_SHAPES},
        **_skin(person.look),
        **_hair(person.look),
        **_brow(person.look),
        **_rest(person.look),
        **_worn(person.look),
    }


def _skin(look: Look) -> dict[str, float]:
    skin, hair = look.skin, look.hair
    return {
        "skin.tone": skin.tone,
        "skin.flush": skin.flush,
        "skin.yellow": skin.yellow,
        "skin.freckles": skin.freckles,
        "skin.spots": skin.spots,
        "skin.lip": skin.lip,
        "skin.gloss": skin.gloss,
        "skin.aging": skin.aging,
        "skin.pores": skin.pores,
        "skin.capillaries": skin.capillaries,
        "skin.moles": skin.moles * 3,
        "hair.melanin": hair.melanin,
        "hair.redness": hair.redness,
        "hair.grey": hair.grey,
    }


def _hair(look: Look) -> dict[str, float]:
    hair, beard = look.hair, look.beard
    kind = beard.kind if beard else "none"
    return {
        **{f"hair.style.{name}": float(name == hair.style) for name in HAIR_STYLES},
        "hair.part": hair.part * 30,
        "hair.length": hair.length,
        "hair.lift": hair.lift,
        "hair.wave": hair.wave,
        "hair.forehead": hair.forehead * 200,
        "hair.peak": hair.peak * 200,
        "hair.sideburn": hair.sideburn * 100,
        "hair.recede": hair.recede * 60,
        "hair.crown": hair.crown,
        **{f"beard.kind.{name}": float(name == kind) for name in ("none", *BEARDS)},
        "beard.length": beard.length * 100 if beard else 0.0,
    }


def _brow(look: Look) -> dict[str, float]:
    brow = look.brow
    return {
        "brow.height": brow.height * 1e3,
        "brow.arch": brow.arch * 300,
        "brow.tilt": brow.tilt * 1e3,
        "brow.extent": brow.extent * 500,
        "brow.thickness": brow.thickness * 300,
        "brow.density": brow.density,
        "brow.hair": brow.hair * 300,
        "brow.coarseness": brow.coarseness,
    }


def _rest(look: Look) -> dict[str, float]:
    return {
        "lash.density": look.lash_density,
        **{f"cloth.{channel}": value * 40 for channel, value in zip("rgb", look.cloth, strict=True)},
        **{f"neckline.{name}": float(name == look.neckline) for name in NECKLINES},
        **{f"iris.{channel}": value * 5 for channel, value in zip("rgb", look.iris, strict=True)},
    }


def _worn(look: Look) -> dict[str, float]:
    """Glasses and coverings: where there are none, their numbers are 0, and so is `recipe` for the first."""
    glasses, covering = look.glasses, look.covering
    shape, kind = glasses.shape if glasses else "", covering.kind if covering else ""
    frame = glasses.colour if glasses else (0.0, 0.0, 0.0)
    cloth = covering.colour if covering else (0.0, 0.0, 0.0)
    return {
        "recipe": look.recipe - 1.0,
        **{f"glasses.{name}": float(name == shape) for name in GLASSES},
        "glasses.size": (glasses.size - 1) * 12 if glasses else 0.0,
        "glasses.thickness": glasses.thickness if glasses else 0.0,
        **{f"glasses.colour.{channel}": value * 4 for channel, value in zip("rgb", frame, strict=True)},
        **{f"covering.{name}": float(name == kind) for name in COVERINGS},
        **{f"covering.colour.{channel}": value * 5 for channel, value in zip("rgb", cloth, strict=True)},
    }


def _expression(actions: Mapping[str, float]) -> dict[str, float]:
    if unknown := actions.keys() - set(ACTIONS):
        raise ValueError(f"not among the {NUM_ACTIONS} actions of the cast: {', '.join(sorted(unknown))}")
    return {f"action.{name}": actions.get(name, 0.0) for name in ACTIONS}


def _scene(scene: Scene) -> dict[str, float]:
    return {
        "scene.yaw": scene.yaw / 10,
        "scene.pitch": scene.pitch / 5,
        "scene.roll": scene.roll / 5,
        "scene.gaze_x": scene.gaze_x / 8,
        "scene.gaze_y": scene.gaze_y / 4,
        "scene.zoom": scene.zoom * 20,
        "scene.distance": scene.distance * 3,
        "scene.side": scene.side,
        "scene.side_key_azimuth": scene.side * scene.key_azimuth / 20,
        "scene.key_elevation": scene.key_elevation / 8,
        "scene.key_size": scene.key_size * 5,
        "scene.key_power": scene.key_power * 5,
        "scene.key_warmth": scene.key_warmth * 10,
        "scene.rim_power": scene.rim_power * 2,
        "scene.side_rim_power": scene.side * scene.rim_power * 2,
        "scene.side_rim_azimuth": scene.side * scene.rim_azimuth / 50,
        "scene.fill_power": scene.fill_power * 3,
        "scene.glow": scene.glow * 2,
        "scene.glow_x": scene.glow_x * 5,
        "scene.glow_y": scene.glow_y * 8,
        **{
            f"scene.backdrop.{channel}": value * 40
            for channel, value in zip("rgb", scene.backdrop, strict=True)
        },
    }


# -- names and mirror, read off one person so that they cannot get out of step with the numbers --------------

_AVERAGE = latent_sitting(np.zeros(LATENT_SIZE))
_PARTS: Final = (_identity(_AVERAGE.person), _expression({}), _scene(_AVERAGE.scene))

FACTOR_NAMES: Final[tuple[str, ...]] = tuple(name for part in _PARTS for name in part)
NUM_FACTORS: Final = len(FACTOR_NAMES)  # 274
IDENTITY: Final = slice(0, len(_PARTS[0]))
EXPRESSION: Final = slice(IDENTITY.stop, IDENTITY.stop + NUM_ACTIONS)
SCENE: Final = slice(EXPRESSION.stop, NUM_FACTORS)

# What changes its sign in a mirror, beside jawLeft. `side_…` already holds the side, so it turns with it.
_TURNED: Final = frozenset(
    {
        *("hair.part", "scene.yaw", "scene.roll", "scene.gaze_x", "scene.glow_x"),
        *("scene.side", "scene.side_key_azimuth", "scene.side_rim_power", "scene.side_rim_azimuth"),
    }
)


def _mirrored_name(name: str) -> str:
    part, _, rest = name.partition(".")
    if part == "action":
        return f"action.{mirrored_action(rest)}"
    if part == "shape" and rest[:2] in ("l-", "r-"):
        return f"shape.{'r' if rest[0] == 'l' else 'l'}{rest[1:]}"
    return name


def _sign(name: str) -> float:
    return -1.0 if name in _TURNED else mirror_sign(name.removeprefix("action."))


_MIRROR_ORDER: Final = np.array([FACTOR_NAMES.index(_mirrored_name(name)) for name in FACTOR_NAMES])
_MIRROR_SIGN: Final = np.array([_sign(name) for name in FACTOR_NAMES])
