"""One person's skin: colour and surface at every fine vertex; the shader adds what is finer than a vertex."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from training.cast.arithmetic import linear_rgb
from training.cast.head.face_hair import beard_density, brow_density
from training.cast.head.mesh import Floats, smoothstep
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
BUMP: Final = 2  # its strength
SPECULAR: Final = 3

# The columns of SkinPaint.fine.
STUBBLE: Final = 0  # dots of a shaven beard
PORES: Final = 1
CAPILLARIES: Final = 2
MOLES: Final = 3  # share of the places for one that have one

# Moves each person's noise to another place, which seeds 97 apart share, m.
TEXTURE_STEP: Final = np.array([0.37, 0.11, 0.23])
NUM_TEXTURES: Final = 97


@dataclass(frozen=True, eq=False)
class SkinPaint:
    colour: Floats  # [n, 3], linear RGB
    mask: Floats  # [n, 4], each in [0, 1]: FRECKLES, ROUGHNESS, BUMP, SPECULAR
    fine: Floats  # [n, 4], from 0: STUBBLE, PORES, CAPILLARIES, MOLES
    texture_space: Floats  # [n, 3], m; where the shader's noise is read: canonical, shifted for each person


def paint(model: HeadModel, regions: Regions, person: Person, hair: ScalpHair) -> SkinPaint:
    seed = person.identity.seed
    generator = np.random.default_rng([seed, STREAM])
    lips = lip_colour(person.look.skin)
    colour = _mixed(_living_skin(regions, person.look.skin), lips, 0.9 * regions.lips)
    colour = colour * _pigmentation(model.canonical, person.look.skin.aging, generator)
    colour = _under_hair(colour, model, regions, person, hair)
    # The inner skin of the mouth's corners is lip, not throat.
    inside = _mixed(np.tile(MOUTH_CAVITY, (len(colour), 1)), 0.8 * lips, regions.mouth_corner)
    colour = _mixed(colour, inside, regions.cavity)
    return SkinPaint(
        colour=np.clip(colour, DARKEST, BRIGHTEST),
        mask=_surface(model.canonical, regions, person.look.skin, hair),
        fine=_fine(model.canonical, regions, person),
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


def paleness(skin: Skin) -> float:
    """How much redness shows: less on dark skin."""
    return 1 - 0.55 * skin.tone


def lip_colour(skin: Skin) -> Floats:
    """Linear RGB [3]."""
    lips = ground_colour(skin) * ((0.84, 0.47, 0.48) if skin.tone < 0.5 else (0.95, 0.64, 0.64))
    return np.asarray(lips * (1 - 0.45 * max(skin.lip, 0.0) * np.array([0.35, 1, 0.85])))


def hair_colour(hair: Hair) -> Floats:
    """Linear RGB [3] of a patch of hair: light absorbed by melanin, mixed with grey."""
    coloured = np.exp(-np.array([4.0, 4.7, 5.6]) * hair.melanin**0.8) * [0.75, 0.55, 0.36]
    return np.asarray(coloured * (1 - hair.grey) + 0.30 * hair.grey)


# -- colour --------------------------------------------------------------------------------------------------


def _living_skin(regions: Regions, skin: Skin) -> Floats:
    """[n, 3]: blood near the surface, shadows around the eyes."""
    ground = ground_colour(skin)
    pale = paleness(skin)
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
    return colour


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
    # The scalp is seen at the edge of the hair, and hardly further in.
    covered = 0.95 * hair.thickness * (0.12 + 0.88 * smoothstep(0, 0.020, hair.margin))
    share = 0.45 if look.hair.style == "buzz" else 0.30
    colour = _mixed(colour, 0.10 * colour + share * of_hair, covered)
    colour = _mixed(colour, of_hair, 0.42 * brow_density(model.canonical, look.brow))
    beyond_lips = 1 - regions.lips
    if look.beard:
        share = 0.30 if look.beard.kind == "stubble" else 0.62
        density = beard_density(model.canonical, look.beard.kind) * beyond_lips
        return _mixed(colour, 0.36 * colour + 0.4 * of_hair, share * density)
    if person.identity.is_female:
        return colour
    shadow = beard_density(model.canonical, "full") * 0.4 * min(look.hair.melanin, 0.9) * beyond_lips
    return _tinted(colour, shadow, (0.82, 0.84, 0.88))


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
    mask[:, BUMP] = np.clip(0.50 + 0.35 * skin.aging - 0.25 * lips, 0.1, 1)
    mask[:, SPECULAR] = 0.5 * np.sqrt(1 - hair.thickness)  # no shine from between the hairs
    return mask


def _fine(canonical: Floats, regions: Regions, person: Person) -> Floats:
    """SkinPaint.fine [n, 4]."""
    look = person.look
    skin, hair = look.skin, look.hair
    dry = (1 - regions.lips) * (1 - regions.cavity)
    facing = smoothstep(-0.02, -0.07, canonical[:, 1])
    fine = np.zeros((len(canonical), 4))
    if look.beard is None and not person.identity.is_female:
        dark = 0.75 * min(hair.melanin, 0.9) * (1 - 0.5 * hair.grey)
        fine[:, STUBBLE] = beard_density(canonical, "full") * dry * dark
    fine[:, PORES] = dry * np.clip(0.30 + 0.75 * regions.pores, 0, 1) * facing * skin.pores
    flushed = np.clip(regions.cheek + regions.nose, 0, 1) * paleness(skin)
    fine[:, CAPILLARIES] = dry * flushed * skin.capillaries
    fine[:, MOLES] = skin.moles * (dry > 0.9) * (regions.lid_rim < 0.1)
    return fine
