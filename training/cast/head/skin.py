"""One person's skin: colour and surface at every fine vertex; the shader adds what is finer than a vertex."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from training.cast.arithmetic import linear_rgb
from training.cast.head.face_hair import beard_density, brow_density
from training.cast.head.mesh import Floats
from training.cast.head.model import HeadModel
from training.cast.head.regions import Regions
from training.cast.head.scalp_hair import ScalpHair
from training.cast.traits import Hair, Person, Skin

STREAM: Final = 43  # of the random numbers that a person's seed gives

# From the lightest tone to the darkest.
TONES: Final = np.array(
    [
        linear_rgb(code)
        for code in ("cfa48a", "c89a7c", "bd8d6b", "b8835f", "9e6a47", "7d4f33", "5c3826", "43291d")
    ]
)
MOUTH_CAVITY: Final = (0.22, 0.05, 0.045)
DARKEST, BRIGHTEST = 0.004, 0.95  # what a renderer still shades well

# The columns of SkinPaint.mask.
FRECKLES: Final = 0
ROUGHNESS: Final = 1
PORES: Final = 2  # strength of the bump
SPECULAR: Final = 3

# Moves each person's noise to another place, which seeds 97 apart share, m.
TEXTURE_STEP: Final = np.array([0.37, 0.11, 0.23])
NUM_TEXTURES: Final = 97


@dataclass(frozen=True, eq=False)
class SkinPaint:
    colour: Floats  # [n, 3], linear RGB
    mask: Floats  # [n, 4], each in [0, 1]: FRECKLES, ROUGHNESS, PORES, SPECULAR
    texture_space: Floats  # [n, 3], m; where the shader's noise is read: canonical, shifted for each person


def paint(model: HeadModel, regions: Regions, person: Person, hair: ScalpHair) -> SkinPaint:
    seed = person.identity.seed
    generator = np.random.default_rng([seed, STREAM])
    colour = _living_skin(regions, person.look.skin)
    colour = colour * _pigmentation(model.canonical, person.look.skin.aging, generator)
    colour = _under_hair(colour, model, regions, person, hair)
    colour = _mixed(colour, MOUTH_CAVITY, regions.cavity)
    return SkinPaint(
        colour=np.clip(colour, DARKEST, BRIGHTEST),
        mask=_surface(model.canonical, regions, person.look.skin, hair),
        texture_space=model.canonical + TEXTURE_STEP * (seed % NUM_TEXTURES),
    )


def ground_colour(skin: Skin) -> Floats:
    """Linear RGB [3] of bare, bloodless skin."""
    place = skin.tone * (len(TONES) - 1)
    index = int(min(place, len(TONES) - 2))
    tone = TONES[index] + (TONES[index + 1] - TONES[index]) * (place - index)
    red = 1 + 0.02 * skin.flush
    green = 1 - 0.012 * skin.flush + 0.01 * skin.yellow
    blue = 1 - 0.03 * skin.yellow - 0.02 * skin.flush
    return np.asarray(tone * [red, green, blue])


def hair_colour(hair: Hair) -> Floats:
    """Linear RGB [3] of a patch of hair: light absorbed by melanin, mixed with grey."""
    coloured = np.exp(-np.array([4.0, 4.7, 5.6]) * hair.melanin**0.8) * [0.75, 0.55, 0.36]
    return np.asarray(coloured * (1 - hair.grey) + 0.30 * hair.grey)


# -- colour --------------------------------------------------------------------------------------------------


def _living_skin(regions: Regions, skin: Skin) -> Floats:
    """[n, 3]: blood near the surface, shadows around the eyes, lips."""
    ground = ground_colour(skin)
    pale = 1 - 0.55 * skin.tone  # redness shows less on dark skin
    flush = np.clip(0.55 + 0.25 * skin.flush, 0.1, 1.2) * pale
    colour = np.tile(ground, (len(regions.lips), 1))
    tints = (
        (regions.cheek * flush, (1.03, 0.80, 0.78)),
        (regions.nose * flush, (1.04, 0.80, 0.76)),
        (regions.chin * flush * 0.6, (1.02, 0.88, 0.86)),
        (regions.ear * pale, (1.05, 0.78, 0.74)),
        (regions.socket * (0.5 + 0.6 * skin.aging), (0.88, 0.80, 0.80)),
        (regions.lid * 0.8, (0.88, 0.81, 0.79)),
        (regions.lid_rim * 0.6 * pale, (0.97, 0.80, 0.77)),
    )
    for share, factor in tints:
        colour = _tinted(colour, share, factor)
    lips = ground * ((0.84, 0.47, 0.48) if skin.tone < 0.5 else (0.95, 0.64, 0.64))
    lips = lips * (1 - 0.45 * max(skin.lip, 0.0) * np.array([0.35, 1, 0.85]))
    return _mixed(colour, lips, 0.9 * regions.lips)


def _pigmentation(canonical: Floats, aging: float, generator: np.random.Generator) -> Floats:
    """Broad unevenness as a factor [n, 3], more with age."""
    waves = np.zeros(len(canonical))
    for _ in range(5):
        frequency, phase = generator.normal(0, 75, 3), generator.uniform(0, 6.3)  # radians a metre
        waves += np.sin(canonical @ frequency + phase) / 5
    return np.asarray(1 + waves[:, None] * [0.025, 0.05, 0.055] * (1 + 0.8 * aging))


def _under_hair(
    colour: Floats, model: HeadModel, regions: Regions, person: Person, hair: ScalpHair
) -> Floats:
    """[n, 3]: scalp, brows and beard are darker between the hairs, a shaved chin a little bluish."""
    look = person.look
    of_hair = hair_colour(look.hair)
    colour = _mixed(colour, 0.06 * colour + 0.55 * of_hair, 0.95 * hair.thickness)
    colour = _mixed(colour, of_hair, 0.42 * brow_density(model.canonical, look.brow))
    beyond_lips = 1 - regions.lips
    if look.beard:
        share = 0.35 if look.beard.kind == "stubble" else 0.42
        density = beard_density(model.canonical, look.beard.kind) * beyond_lips
        return _mixed(colour, 0.40 * colour + 0.5 * of_hair, share * density)
    if person.identity.is_female:
        return colour
    shadow = beard_density(model.canonical, "full") * 0.5 * min(look.hair.melanin, 0.9) * beyond_lips
    return _tinted(colour, shadow, (0.80, 0.82, 0.86))


def _tinted(colour: Floats, share: Floats, factor: ArrayLike) -> Floats:
    """Colours [n, 3] multiplied by `factor` [3] where `share` [n] is 1."""
    return np.asarray(colour * (1 + share[:, None] * (np.asarray(factor) - 1)))


def _mixed(colour: Floats, other: ArrayLike, share: Floats) -> Floats:
    """Colours [n, 3] replaced by `other` [3] or [n, 3] where `share` [n] is 1."""
    return np.asarray(colour * (1 - share[:, None]) + np.asarray(other) * share[:, None])


# -- surface -------------------------------------------------------------------------------------------------


def _surface(canonical: Floats, regions: Regions, skin: Skin, hair: ScalpHair) -> Floats:
    """SkinPaint.mask [n, 4]."""
    lips, y = regions.lips, canonical[:, 1]
    mask = np.empty((len(canonical), 4))
    freckles = skin.freckles * (regions.cheek + regions.nose + 0.45) * (y < -0.06)
    mask[:, FRECKLES] = np.clip(freckles + 0.5 * skin.spots * (y < -0.02), 0, 1) * (1 - lips)
    shine = 0.08 * regions.t_zone + 0.14 * lips + 0.15 * regions.cavity + 0.18 * regions.lid_rim
    roughness = np.clip(0.54 - 0.05 * skin.gloss + 0.05 * skin.aging - shine, 0.2, 0.8)
    mask[:, ROUGHNESS] = roughness * (1 - hair.thickness) + 0.95 * hair.thickness
    mask[:, PORES] = np.clip(0.45 + 0.35 * skin.aging - 0.3 * lips, 0.1, 1)
    mask[:, SPECULAR] = 0.5 * np.sqrt(1 - hair.thickness)  # no shine from between the hairs
    return mask
