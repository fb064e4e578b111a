"""The vocabulary of faces: 43 action units and 22 categories of expression. Pure tables, no imports.

Action units: Ekman & Friesen, Facial Action Coding System, 1978. The paper uses 43-element vectors and does
not list them; we take FACS 1…46 without 3 (infants only), 36 (tongue bulge) and 40 (sniff), in ascending
order. Categories: Du, Tao & Martinez, "Compound facial expressions of emotion", PNAS 111(15), 2014, table 1.

An AU vector is 43 numbers in the order of `ACTION_UNITS`: intensities in [0, 1], where FACS writes A–E.
"""

from dataclasses import dataclass
from typing import Final

AU_NAMES: Final[dict[int, str]] = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    8: "lips toward each other",
    9: "nose wrinkler",
    10: "upper lip raiser",
    11: "nasolabial deepener",
    12: "lip corner puller",
    13: "sharp lip puller",
    14: "dimpler",
    15: "lip corner depressor",
    16: "lower lip depressor",
    17: "chin raiser",
    18: "lip pucker",
    19: "tongue show",
    20: "lip stretcher",
    21: "neck tightener",
    22: "lip funneler",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    26: "jaw drop",
    27: "mouth stretch",
    28: "lip suck",
    29: "jaw thrust",
    30: "jaw sideways",
    31: "jaw clencher",
    32: "lip bite",
    33: "cheek blow",
    34: "cheek puff",
    35: "cheek suck",
    37: "lip wipe",
    38: "nostril dilator",
    39: "nostril compressor",
    41: "lid droop",
    42: "slit",
    43: "eyes closed",
    44: "squint",
    45: "blink",
    46: "wink",
}

ACTION_UNITS: Final[tuple[int, ...]] = tuple(AU_NAMES)
NUM_AUS: Final = len(ACTION_UNITS)
NEUTRAL: Final = (0.0,) * NUM_AUS  # the face without any of them
VOCABULARY: Final = " ".join(map(str, ACTION_UNITS))  # the way weights and people name the list they mean
AU_INDEX: Final[dict[int, int]] = {unit: index for index, unit in enumerate(ACTION_UNITS)}


@dataclass(frozen=True, slots=True)
class Category:
    """One OSU category: the AUs that over 70 % of subjects show, and the shares of the others."""

    prototype: tuple[int, ...]
    optional: dict[int, float]  # AU → share of subjects in [0, 1]


def _category(prototype: str = "", optional: str = "") -> Category:
    shares = (item.split(":") for item in optional.split())
    return Category(
        tuple(map(int, prototype.split())), {int(unit): int(share) / 100 for unit, share in shares}
    )


CATEGORIES: Final[dict[str, Category]] = {
    "neutral": _category(),
    "happy": _category("12 25", "6:51"),
    "sad": _category("4 15", "1:60 6:50 11:26 17:67"),
    "fearful": _category("1 4 20 25", "2:57 5:63 26:33"),
    "angry": _category("4 7 24", "10:26 17:52 23:29"),
    "surprised": _category("1 2 25 26", "5:66"),
    "disgusted": _category("9 10 17", "4:31 24:26"),
    "happily_surprised": _category("1 2 12 25", "5:64 26:67"),
    "happily_disgusted": _category("10 12 25", "4:32 6:61 9:59"),
    "sadly_fearful": _category("1 4 20 25", "2:46 5:24 6:34 15:30"),
    "sadly_angry": _category("4 15", "6:26 7:48 11:20 17:50"),
    "sadly_surprised": _category("1 4 25 26", "2:27 6:31"),
    "sadly_disgusted": _category("4 10", "1:49 6:61 9:20 11:35 15:54 17:47 25:43"),
    "fearfully_angry": _category("4 20 25", "5:40 7:39 10:30 11:33"),
    "fearfully_surprised": _category("1 2 5 20 25", "4:47 10:35 11:22 26:51"),
    "fearfully_disgusted": _category("1 4 10 20 25", "2:64 5:50 6:26 9:28 15:33"),
    "angrily_surprised": _category("4 25 26", "5:35 7:50 10:34"),
    "angrily_disgusted": _category("4 10 17", "7:60 9:57 24:36"),
    "disgustedly_surprised": _category("1 2 5 10", "4:45 9:37 17:66 24:33"),
    "appalled": _category("4 10", "6:25 9:56 17:67 24:36"),
    "hatred": _category("4 10", "7:57 9:27 17:63 24:37"),
    "awed": _category("1 2 5 25", "4:21 20:62 26:56"),
}

# Units that cannot hold together: one pair a line of the coding manual's "alternative scorings".
INCOMPATIBLE: Final[tuple[frozenset[int], ...]] = tuple(
    frozenset(pair)
    for pair in (
        *((5, lid) for lid in (41, 42, 43, 44, 45)),
        *((24, mouth) for mouth in (25, 26, 27)),
        (26, 27),
        (28, 22),
        (33, 34),
        (33, 35),
        (34, 35),
        (38, 39),
    )
)

# Named intensities, beside the FACS letters (trace, slight, marked, severe, maximum).
INTENSITY_LETTERS: Final[dict[str, float]] = {"A": 0.2, "B": 0.4, "C": 0.6, "D": 0.8, "E": 1.0}
INTENSITY_WORDS: Final[dict[str, float]] = {"slight": 0.4, "marked": 0.6, "strong": 0.8}


def au_label(unit: int) -> str:
    """12 → "AU12"; the way files and messages write a unit."""
    return f"AU{unit:02d}"
