"""What the second recipe adds to the first one's people: skin seen closely, glasses, head coverings, and
short hair on every head.

A recipe is a way of rendering, counted up with every change that one can see. All its new draws come from
dice of their own, always the same ones in the same order, so that whatever else a seed gives stays what it
was.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from training.cast.arithmetic import linear_rgb
from training.cast.dice import Dice
from training.cast.traits import Brow, Colour, Covering, Glasses, Hair, Identity, Look, Person, Skin

RECIPE: Final = 2

# Shares of hair styles, by (mostly African ancestry and dark skin, woman).
StyleTables = Mapping[tuple[bool, bool], Mapping[str, float]]


def _styles(percentages: str) -> dict[str, float]:
    """Hair style → share of the people of that group."""
    pairs = (item.split(":") for item in percentages.split())
    return {style: int(percentage) / 100 for style, percentage in pairs}


STYLES: Final[Mapping[int, StyleTables]] = {
    1: {
        (True, True): _styles("afro:25 longcurly:20 curly:20 bun:20 shortafro:15"),
        (True, False): _styles("shortafro:36 buzz:24 afro:14 curly:10 bald:16"),
        (False, True): _styles("long:20 wavy:22 bob:20 bun:15 bangs:10 longcurly:9 crop:2 side:2"),
        (False, False): _styles("crop:23 side:22 back:14 quiff:12 buzz:10 curly:7 bald:8 long:4"),
    },
    2: {
        (True, True): _styles("afro:22 longcurly:18 curly:18 bun:17 shortafro:17 buzz:8"),
        (True, False): _styles("shortafro:33 buzz:22 afro:14 curly:10 bald:14 longcurly:4 bun:3"),
        (False, True): _styles(
            "long:17 wavy:17 bob:16 bun:13 bangs:9 longcurly:8 pixie:9 crop:3 buzz:2 side:6"
        ),
        (False, False): _styles(
            "crop:21 side:20 back:12 quiff:11 buzz:10 curly:8 bald:7 long:5 wavy:3 bun:3"
        ),
    },
}
HAIRLESS: Final = frozenset({"bald", "buzz"})
SHORT: Final = frozenset({"pixie", "side", "crop", "buzz", "shortafro"})

# 2/3 is 25 years; below, MakeHuman mixes a child's shape in. The first recipe went down to 0.58.
ADULT_AGE: Final = 0.64

GLASSES_SHARE: Final = 0.22
GLASSES_SHARES: Final = {"round": 0.32, "rectangle": 0.42, "browline": 0.26}
WIRE_BELOW: Final = 0.4  # a frame this thin is metal
DARK_BELOW: Final = {"browline": 0.65, "other": 0.6}  # … and else dark with this chance, or tortoise
FRAME_COLOURS: Final = {
    "dark": ("0c0c0d", "14110f", "10131a", "1d1012"),
    "metal": ("b8a074", "9a9a9c", "8d6f5a", "3a3a3d"),
    "tortoise": ("6a3b17", "5a2f18", "7d4d22"),
}

COVERING_SHARE: Final = 0.10
COVERING_SHARES: Final = {"beanie": 0.34, "scarf": 0.30, "turban": 0.16, "headband": 0.20}
COVERING_COLOURS: Final = (
    *("15171c", "2c2f38", "5b2226", "24382f", "6a5a45"),
    *("8a8175", "1d2b44", "6e4a2c", "40283c", "a39a8a"),
)


def grown_up(identity: Identity) -> Identity:
    """Nobody is much younger than 25."""
    age = max(identity.phenotype.age, ADULT_AGE)
    return replace(identity, phenotype=replace(identity.phenotype, age=age))


def with_additions(dice: Dice, person: Person) -> Person:
    """Everything else that the recipe draws, in the order of its draws."""
    is_female, look = person.identity.is_female, person.look
    skin = _closer_skin(dice, look.skin)
    glasses = _sample_glasses(dice)
    covering = _sample_covering(dice)
    length, sideburn, lips = (dice.random(f"short.{name}") for name in ("length", "sideburn", "lips"))
    if covering:
        covering = replace(covering, kind=_suited(covering.kind, is_female, look.hair.style, lips))
    look = replace(look, skin=skin, glasses=glasses, covering=covering, recipe=RECIPE)
    if is_female and look.hair.style in SHORT:
        look = _softened(look, length, sideburn, lips)
    return replace(person, look=look)


def _closer_skin(dice: Dice, skin: Skin) -> Skin:
    return replace(
        skin,
        pores=dice.uniform("skin.pores", 0.55, 1.2),
        capillaries=dice.uniform("skin.capillaries", 0.1, 0.7),
        moles=max(0.0, dice.uniform("skin.moles", -0.25, 0.35)),
    )


def _sample_glasses(dice: Dice) -> Glasses | None:
    wears = dice.random("glasses") < GLASSES_SHARE
    shape = dice.choice("glasses.shape", tuple(GLASSES_SHARES), tuple(GLASSES_SHARES.values()))
    size = dice.uniform("glasses.size", 0.92, 1.08)
    thickness = dice.uniform("glasses.thickness", 0, 1)
    family, pick = dice.random("glasses.frame"), dice.random("glasses.colour")
    is_dark = family < DARK_BELOW.get(shape, DARK_BELOW["other"])
    frame = "metal" if thickness < WIRE_BELOW and shape != "browline" else "dark" if is_dark else "tortoise"
    colours = FRAME_COLOURS[frame]
    colour = linear_rgb(colours[min(int(pick * len(colours)), len(colours) - 1)])
    return Glasses(shape, size, thickness, frame, colour) if wears else None


def _sample_covering(dice: Dice) -> Covering | None:
    wears = dice.random("covering") < COVERING_SHARE
    kind = dice.choice("covering.kind", tuple(COVERING_SHARES), tuple(COVERING_SHARES.values()))
    colour = linear_rgb(dice.choice("covering.colour", COVERING_COLOURS))
    brightness = dice.uniform("covering.brightness", 0.8, 1.2)
    first, second, third = (dice.random(f"covering.detail.{index}") for index in range(3))
    return Covering(kind, _scaled(colour, brightness), (first, second, third)) if wears else None


def _scaled(colour: Colour, factor: float) -> Colour:
    red, green, blue = colour
    return red * factor, green * factor, blue * factor


def _suited(kind: str, is_female: bool, hair_style: str, chance: float) -> str:
    """Headscarves are women's here, turbans mostly men's; a headband holds hair."""
    if kind == "scarf" and not is_female:
        return "beanie"
    if kind == "headband" and hair_style in HAIRLESS:
        return "beanie"
    if kind == "turban" and is_female and chance < 0.5:
        return "headband"
    return kind


def _softened(look: Look, length: float, sideburn: float, lips: float) -> Look:
    """A woman's short hair: lower, rounder hairline, fuller hair, finer brows, fuller lips and lashes.

    Without them, short hair reads as a man's.
    """
    hair: Hair = replace(
        look.hair,
        forehead=min(look.hair.forehead, -0.004),
        peak=0.0,
        recede=0.0,
        lift=look.hair.lift * 1.25,
        length=look.hair.length * (1.15 + 0.3 * length),
        sideburn=-0.002 + 0.010 * sideburn,
    )
    brow: Brow = replace(
        look.brow,
        thickness=look.brow.thickness * 0.86,
        density=look.brow.density * 0.9,
        arch=max(look.brow.arch, 0.0060),
        coarseness=look.brow.coarseness * 0.85,
    )
    skin = replace(look.skin, lip=max(look.skin.lip, 0.35) + 0.35 * lips)
    return replace(look, hair=hair, brow=brow, skin=skin, lash_density=2.0, lash_length=1.3)
