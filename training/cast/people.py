"""The people of the cast: samplers of identity, look and scene, written once against `dice.py`.

    seeded_sitting(20_007)         the person and scene that is the population's picture 7
    latent_sitting(z)              the person and scene that z [512] stands for

Each takes a `recipe`, by default the present one: earlier pictures go on teaching, with the people they show.

Skin, hair and eyes follow ancestry and age, because a face whose parts disagree looks artificial.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.cast.arithmetic import clip, linear_rgb, smooth
from training.cast.dice import Dice, LatentDice, SeededDice
from training.cast.recipe import RECIPE, STYLES, StyleTables, grown_up, with_additions
from training.cast.shapes import ASYMMETRY, CLIP, SHAPE_LABELS, SHAPES
from training.cast.traits import (
    BEARDS,
    NECKLINES,
    Beard,
    Brow,
    Colour,
    Entry,
    Hair,
    Identity,
    Look,
    Person,
    Phenotype,
    Scene,
    Sitting,
    Skin,
    beard_from,
    brow_from,
    colour_from,
    covering_from,
    glasses_from,
    hair_from,
    one_of,
    skin_from,
)

LATENT_SIZE: Final = 512

# The meaning of z's components, in order; those beyond are free. Only ever append: networks are fitted to
# this order.
LATENT_NAMES: Final[tuple[str, ...]] = (
    *("sex", "gender", "age.group", "age.within", "muscle", "weight", "proportions"),
    *("ancestry.0", "ancestry.1", "ancestry.2"),
    *(f"shape.{label}" for label in SHAPE_LABELS),
    *("skin.tone.african", "skin.tone.asian", "skin.tone.caucasian", "skin.flush", "skin.yellow"),
    *("skin.freckles", "skin.spots", "skin.lip", "skin.lipstick", "skin.gloss"),
    *("hair.group", "hair.melanin", "hair.redness", "hair.grey", "hair.style", "hair.shaved", "hair.part"),
    *("hair.length", "hair.lift", "hair.wave", "hair.forehead", "hair.peak", "hair.sideburn", "hair.recede"),
    *("hair.recede_with_age", "hair.thinning", "hair.thinned", "hair.has_crown", "hair.crown"),
    *("beard", "beard.kind", "beard.length"),
    *("brow.height", "brow.arch", "brow.tilt", "brow.extent", "brow.thickness", "brow.density", "brow.hair"),
    *("brow.coarseness", "cloth", "neckline", "eye.detail", "iris.colour", "iris.brightness"),
    *("scene.side", "scene.yaw", "scene.pitch", "scene.roll", "scene.body", "scene.gaze_x", "scene.gaze_y"),
    *("scene.zoom", "scene.distance", "scene.key_azimuth", "scene.key_elevation", "scene.key_size"),
    *("scene.key_power", "scene.key_warmth", "scene.rim_power", "scene.rim_azimuth", "scene.fill_power"),
    *("scene.backdrop", "scene.glow", "scene.glow_x", "scene.glow_y"),
    *("skin.pores", "skin.capillaries", "skin.moles"),
    *("glasses", "glasses.shape", "glasses.size", "glasses.thickness", "glasses.frame", "glasses.colour"),
    *("covering", "covering.kind", "covering.colour", "covering.brightness"),
    *("covering.detail.0", "covering.detail.1", "covering.detail.2"),
    *("short.length", "short.sideburn", "short.lips"),
)
LATENT_COMPONENTS: Final[Mapping[str, int]] = {name: index for index, name in enumerate(LATENT_NAMES)}

# sRGB, as a colour picker shows them.
IRISES: Final = ("5e4128", "49301d", "38261a", "66704e", "74805f", "7f96a8", "6385a0", "909ca3", "75673f")
IRIS_SHARES_DARK: Final = (3, 3, 3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.3)  # mostly the three browns
IRIS_SHARES_LIGHT: Final = (1.2, 1, 0.5, 1, 1, 1.2, 1.2, 1, 0.9)
CLOTHS: Final = ("0b0b0d", "101216", "15100e", "0e1410", "1a1513", "1c1c20")
BACKDROPS: Final = (
    *("2a231c", "33291f", "24261f", "1f2326", "2b1d1a"),
    *("221f24", "302a20", "262019", "1c211f", "3a2d22"),
)


# -- a whole person ------------------------------------------------------------------------------------------


def seeded_person(seed: int, recipe: int = RECIPE) -> Person:
    """The person whom the recipe makes of this identity seed."""
    identity = replace(sample_identity(SeededDice([seed, 11])), seed=seed)
    return _person(identity, SeededDice([seed, 23]), SeededDice([seed, 59]), recipe)


def _person(identity: Identity, dice: Dice, later: Dice, recipe: int) -> Person:
    """The look, and what the second recipe added: its draws have `later` dice of their own."""
    if recipe == 1:
        return Person(identity, sample_look(dice, identity, STYLES[1]))
    adult = grown_up(identity)
    return with_additions(later, Person(adult, sample_look(dice, adult, STYLES[recipe])))


def seeded_scene(seed: int) -> Scene:
    """The scene that was rendered from this seed."""
    return replace(sample_scene(SeededDice([seed, 37])), seed=seed)


def seeded_sitting(seed: int, recipe: int = RECIPE) -> Sitting:
    return Sitting(seeded_person(seed, recipe), seeded_scene(seed))


def studio_sitting(seed: int, recipe: int = RECIPE) -> Sitting:
    """The same, as studio and repertoire show it: nearly frontal, so that expressions are seen whole."""
    scene = seeded_scene(seed)
    calm = {name: 0.4 * getattr(scene, name) for name in ("yaw", "pitch", "roll", "gaze_x", "gaze_y")}
    return Sitting(seeded_person(seed, recipe), replace(scene, **calm))


def latent_sitting(z: NDArray[np.floating], recipe: int = RECIPE) -> Sitting:
    """z [512], N(0, I) → the person and scene it stands for; components past LATENT_NAMES do nothing."""
    if z.shape != (LATENT_SIZE,):
        raise ValueError(f"expected z of shape ({LATENT_SIZE},), got {z.shape}")
    dice = LatentDice(z, LATENT_COMPONENTS)
    return Sitting(_person(sample_identity(dice), dice, dice, recipe), sample_scene(dice))


def person_from_manifest(identity: Entry, look: Entry, recipe: int) -> Person:
    """A manifest line's `identity` and `look` → the person, as this recipe renders people."""
    return Person(Identity.from_manifest(identity), look_from_manifest(look, recipe))


def look_from_manifest(entry: Entry, recipe: int) -> Look:
    """A manifest line's `look`. The iris's colour is not in it: the renderer drew it from the eye's seed."""
    eye_seed = int(entry["eye_seed"])
    return Look(
        skin=skin_from(entry),
        hair=hair_from(entry),
        beard=beard_from(entry),
        brow=brow_from(entry),
        lash_density=float(entry["lashes"]["density"]),
        lash_length=float(entry["lashes"]["upper"]),
        cloth=colour_from(entry["cloth"]),
        neckline=one_of(NECKLINES, entry["cloth_kind"], "look.cloth_kind"),
        iris=sample_iris(SeededDice(eye_seed), entry["iris_p"]),
        eye_seed=eye_seed,
        glasses=glasses_from(entry),
        covering=covering_from(entry),
        recipe=recipe,
    )


# -- identity ------------------------------------------------------------------------------------------------


def sample_identity(dice: Dice) -> Identity:
    is_female = dice.random("sex") < 0.5
    phenotype = _sample_phenotype(dice, is_female)
    shape: list[float] = []
    for target in SHAPES:
        first, *other = target.labels
        bound = CLIP * target.sigma
        value = clip(dice.normal(f"shape.{first}", 0, target.sigma), -bound, bound)
        value += target.woman if is_female else 0.0
        shape.append(value)
        shape.extend(value + dice.normal(f"shape.{right}", 0, ASYMMETRY) for right in other)
    return Identity(phenotype, tuple(shape), is_female)


def _sample_phenotype(dice: Dice, is_female: bool) -> Phenotype:
    gender = clip(dice.normal("gender", 0.97 if is_female else 0.06, 0.07), 0, 1)
    # Ages in three overlapping groups: a flat draw would make half the cast old.
    ages = [dice.uniform("age.within", low, high) for low, high in ((0.60, 0.72), (0.68, 0.86), (0.84, 1.0))]
    age = clip(dice.choice("age.group", ages, [0.45, 0.35, 0.2]), 0.58, 1)
    muscle = clip(dice.normal("muscle", 0.32 if is_female else 0.5, 0.13), 0.1, 0.9)
    weight = clip(dice.normal("weight", 0.48, 0.15), 0.15, 0.95)
    proportions = clip(dice.normal("proportions", 0.8, 0.15), 0.3, 1.0)
    # α < 1: most people near one corner, many between; 0.02 keeps every target a little in play.
    ancestry = [share + 0.02 for share in dice.dirichlet("ancestry", (0.45, 0.45, 0.55))]
    african, asian, caucasian = (share / sum(ancestry) for share in ancestry)
    return Phenotype(gender, age, muscle, weight, proportions, african, asian, caucasian)


# -- look ----------------------------------------------------------------------------------------------------
# The order of the draws is the order of the rendered cast, so a draw stays where it was, not where it
# belongs.


def sample_look(dice: Dice, identity: Identity, styles: StyleTables) -> Look:
    is_female, phenotype = identity.is_female, identity.phenotype
    aging = smooth(0.74, 0.98, phenotype.age)
    tone = _sample_tone(dice, phenotype)
    hair = _sample_hair(dice, identity, tone, aging, styles)
    beard = _sample_beard(dice) if not is_female and dice.random("beard") < 0.5 else None
    brow = _sample_brow(dice, is_female)
    skin = _sample_skin(dice, is_female, tone, aging)
    cloth = linear_rgb(dice.choice("cloth", CLOTHS))
    neckline = dice.choice("neckline", NECKLINES, [0.35, 0.4, 0.25])
    eye_seed = dice.integers("eye.detail", 1 << 30)
    return Look(
        skin=skin,
        hair=hair,
        beard=beard,
        brow=brow,
        lash_density=1.6 if is_female else 1.0,
        lash_length=1.2 if is_female else 0.9,
        cloth=cloth,
        neckline=neckline,
        iris=sample_iris(dice.reseeded(eye_seed), iris_shares(tone, phenotype.asian)),
        eye_seed=eye_seed,
    )


def _sample_tone(dice: Dice, phenotype: Phenotype) -> float:
    african = phenotype.african * dice.uniform("skin.tone.african", 0.58, 1.02)
    asian = phenotype.asian * dice.uniform("skin.tone.asian", 0.12, 0.55)
    caucasian = phenotype.caucasian * dice.uniform("skin.tone.caucasian", 0.0, 0.36)
    return clip(african + asian + caucasian, 0, 1)


def _sample_hair_colour(dice: Dice, is_dark: bool) -> tuple[float, float]:
    """Melanin and redness."""
    if is_dark:
        return dice.uniform("hair.melanin", 0.82, 1.0), dice.uniform("hair.redness", 0.2, 0.6)
    groups = [
        (dice.uniform("hair.melanin", low, high), dice.uniform("hair.redness", *redness))
        for low, high, redness in (
            (0.18, 0.34, (0.15, 0.5)),  # blond
            (0.4, 0.62, (0.3, 0.7)),  # light brown
            (0.62, 0.8, (0.3, 0.6)),  # brown
            (0.38, 0.5, (0.85, 1.0)),  # red
        )
    ]
    groups.append((dice.uniform("hair.melanin", 0.8, 1.0), 0.4))  # black
    melanin, redness = dice.choice("hair.group", groups, [0.2, 0.25, 0.3, 0.08, 0.17])
    if melanin < 0.42 and redness < 0.8:
        redness *= 0.45  # light hair that is not red is ashen
    return melanin, redness


def _sample_hair(dice: Dice, identity: Identity, tone: float, aging: float, tables: StyleTables) -> Hair:
    is_female, phenotype = identity.is_female, identity.phenotype
    is_dark = tone > 0.42
    melanin, redness = _sample_hair_colour(dice, is_dark or phenotype.asian > 0.55)
    grey = clip(aging * dice.uniform("hair.grey", 0.2, 1.25), 0, 1) if aging > 0.1 else 0.0
    styles = tables[is_dark and phenotype.african > 0.5, is_female]
    style = dice.choice("hair.style", tuple(styles), tuple(styles.values()))
    if not is_female and aging > 0.4 and dice.random("hair.shaved") < 0.3 and style != "long":
        style = "bald"
    part = dice.choice("hair.part", (0.0, 0.022, -0.022, 0.035, -0.035))
    length = dice.uniform("hair.length", 0.8, 1.25)
    lift = dice.uniform("hair.lift", 0.7, 1.3)
    wave = dice.uniform("hair.wave", 0.5, 1.4)
    forehead = dice.normal("hair.forehead", -0.003 if is_female else 0, 0.0035)
    peak = max(0.0, dice.normal("hair.peak", 0, 0.003))
    sideburn = -0.004 if is_female else dice.uniform("hair.sideburn", 0, 0.012)
    recede = abs(dice.normal("hair.recede", 0, 0.005))
    crown = 0.0
    if not is_female:
        recede += 0.02 * aging * dice.random("hair.recede_with_age")
        if dice.random("hair.thinning") < 0.12 + 0.35 * aging:
            recede += dice.uniform("hair.thinned", 0.01, 0.03)
            crown = dice.uniform("hair.crown", 0.5, 1.1) if dice.random("hair.has_crown") < 0.5 else 0.0
    return Hair(
        *(melanin, redness, grey, style, part, length, lift, wave, forehead, peak, sideburn, recede, crown)
    )


def _sample_beard(dice: Dice) -> Beard:
    kind = dice.choice("beard.kind", BEARDS, [0.55, 0.36, 0.05, 0.04])
    ranges = ((0.0012, 0.003), (0.007, 0.018), (0.006, 0.014), (0.006, 0.009))
    lengths = [dice.uniform("beard.length", low, high) for low, high in ranges]
    return Beard(kind, lengths[BEARDS.index(kind)])


def _sample_brow(dice: Dice, is_female: bool) -> Brow:
    return Brow(  # in the order of the draws
        height=dice.normal("brow.height", 0, 0.0008),
        arch=clip(dice.normal("brow.arch", 0.0058 if is_female else 0.0042, 0.0014), 0.002, 0.009),
        tilt=dice.normal("brow.tilt", 0, 0.0012),
        extent=dice.normal("brow.extent", 0, 0.002),
        thickness=clip(
            dice.normal("brow.thickness", 0.0031 if is_female else 0.0042, 0.0006), 0.0020, 0.0058
        ),
        density=clip(dice.normal("brow.density", 0.85 if is_female else 1.05, 0.2), 0.45, 1.6),
        hair=dice.uniform("brow.hair", 0.0062, 0.0086),
        coarseness=dice.uniform("brow.coarseness", 0.85, 1.25),
    )


def _sample_skin(dice: Dice, is_female: bool, tone: float, aging: float) -> Skin:
    flush = dice.normal("skin.flush", 0, 1)
    yellow = dice.normal("skin.yellow", 0, 1)
    freckles = max(0.0, dice.normal("skin.freckles", -0.4, 0.6)) * (tone < 0.4)
    spots = aging * dice.uniform("skin.spots", 0.2, 1)
    lip = dice.uniform("skin.lip", -0.2, 0.6) + (0.35 * dice.random("skin.lipstick") if is_female else 0.0)
    gloss = dice.uniform("skin.gloss", -0.5, 1)
    return Skin(tone, flush, yellow, freckles, spots, lip, gloss, aging)


def iris_shares(tone: float, asian: float) -> list[float]:
    """How common each of IRISES is among people of this skin tone and ancestry."""
    shares = IRIS_SHARES_DARK if tone > 0.45 or asian > 0.5 else IRIS_SHARES_LIGHT
    return [share / sum(shares) for share in shares]


def sample_iris(dice: Dice, shares: list[float]) -> Colour:
    """The iris's ground colour; its fibres and the pupil come from the eye's seed."""
    ground = linear_rgb(dice.choice("iris.colour", IRISES, shares))
    brightness = dice.uniform("iris.brightness", 0.85, 1.25)
    return ground[0] * brightness, ground[1] * brightness, ground[2] * brightness


# -- scene ---------------------------------------------------------------------------------------------------


def sample_scene(dice: Dice) -> Scene:
    side = 1.0 if dice.random("scene.side") < 0.5 else -1.0
    yaw = clip(dice.normal("scene.yaw", 0, 6.5), -15, 15)
    return Scene(  # in the order of the draws
        side=side,
        yaw=yaw,
        pitch=clip(dice.normal("scene.pitch", -1, 3.5), -10, 10),
        roll=clip(dice.normal("scene.roll", 0, 3), -9, 9),
        body=dice.normal("scene.body", 0, 9),
        gaze_x=clip(-0.8 * yaw + dice.normal("scene.gaze_x", 0, 4), -16, 16),  # roughly at the viewer
        gaze_y=clip(dice.normal("scene.gaze_y", 0, 2.5), -7, 7),
        zoom=dice.uniform("scene.zoom", 0.98, 1.06),
        distance=dice.uniform("scene.distance", 1.2, 1.7),
        key_azimuth=dice.uniform("scene.key_azimuth", 32, 62),
        key_elevation=dice.uniform("scene.key_elevation", 18, 34),
        key_size=dice.uniform("scene.key_size", 0.35, 0.75),
        key_power=dice.uniform("scene.key_power", 0.85, 1.15),
        key_warmth=dice.uniform("scene.key_warmth", -0.10, 0.06),
        rim_power=dice.uniform("scene.rim_power", 0.35, 1.1),
        rim_azimuth=dice.uniform("scene.rim_azimuth", 128, 152),
        fill_power=dice.uniform("scene.fill_power", 0.3, 1.0),
        backdrop=linear_rgb(dice.choice("scene.backdrop", BACKDROPS)),
        glow=dice.uniform("scene.glow", 0.35, 1.3),
        glow_x=-side * dice.uniform("scene.glow_x", 0.0, 0.22),  # behind the dark side of the face
        glow_y=dice.uniform("scene.glow_y", -0.12, 0.12),
    )
