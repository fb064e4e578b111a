"""What the cast consists of: every subject of a split, and the pictures to take of them. Pure.

    studio       a subject shows the 22 OSU categories, in the table's order; one scene a subject
    repertoire   the same subjects in the same scenes, one thing at a time that the categories never show:
                 each action unit alone, lids, gazes, poses, ages, lights
    population   one person, scene and random expression a picture

The random draws are in the order in which they always were: a subject's number is its pictures.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from models.action_units import CATEGORIES, au_label
from training.cast.actions import ARKIT_UNITS, FURTHER_UNITS, INCOMPATIBLE, draw_category
from training.cast.arithmetic import smooth
from training.cast.dice import SeededDice
from training.cast.people import sample_scene, seeded_sitting, studio_sitting
from training.cast.traits import Person, Scene, Sitting

Units = dict[int, float]  # AU → intensity in [0, 1]

NEUTRAL: Final = "neutral"
MIXED: Final = "mixed"  # the category of every picture of the population

# Identity seed = first seed of the split + the subject's number; studio and repertoire share their people.
STUDIO_SEEDS: Final = 10_000
POPULATION_SEEDS: Final = 20_000

# Second words of the seeds, so that the splits' draws are independent.
STUDIO_STREAM: Final = 2014
REPERTOIRE_STREAM: Final = 1978
POPULATION_STREAM: Final = 4102
# A third word: what came later has dice of its own, so that all else stays what it was.
FURTHER_STREAM: Final = 59

LIDS: Final = (43, 45)  # 45 is 43 in time; the repertoire shows closed lids at two amounts of its own
GAZES: Final = [(x, y) for x in (-14, 0, 14) for y in (-7, 0, 7) if (x, y) != (0, 0)]  # degrees
YAWS: Final = (-15, -8, 8, 15)  # degrees
PITCHES: Final = (-9, 9)
EYES_STAY: Final = 0.8  # of a turn of the head is taken back by the eyes, which keep looking at the viewer
AGES: Final = (0.66, 0.78, 0.98)  # MakeHuman's: 2/3 is 25 years, 1 is 90
NUM_LIGHTS: Final = 4
# What changes of a scene when only its light does; the backdrop and its glow stay.
LIGHT: Final = (
    *("side", "key_azimuth", "key_elevation", "key_size", "key_power", "key_warmth"),
    *("rim_power", "rim_azimuth", "fill_power"),
)
# Population: lids and winks are drawn separately, because they hide the eyes.
NOT_AT_RANDOM: Final = (41, 42, 43, 45, 46)
FURTHER_SHARE: Final = 0.22  # of the faces have one of FURTHER_UNITS drawn for them


@dataclass(frozen=True, slots=True)
class Take:
    """One picture to be taken."""

    name: str  # of its file
    category: str  # an OSU category, a repertoire label, or "mixed"
    units: Units
    sitting: Sitting
    is_face_only: bool = False  # only the face differs from the subject's neutral picture
    is_other_person: bool = False  # not quite the subject: older or younger


@dataclass(frozen=True, slots=True)
class Subject:
    """All pictures of one subject, in the order in which they are taken."""

    split: str
    number: int
    identity_seed: int
    sitting: Sitting  # at rest: what face-only takes are laid over
    takes: tuple[Take, ...]


def subject_of(split: str, number: int) -> Subject:
    """The `number`th subject of a split of `manifest.SPLITS`."""
    match split:
        case "studio":
            return _studio(number)
        case "repertoire":
            return _repertoire(number)
        case "population":
            return _population(number)
    raise ValueError(f"no split is called {split!r}; there are studio, repertoire and population")


# -- studio --------------------------------------------------------------------------------------------------


def _studio(number: int) -> Subject:
    seed = STUDIO_SEEDS + number
    sitting = studio_sitting(seed)
    generator = np.random.default_rng([number, STUDIO_STREAM])
    expressivity = generator.uniform(0.8, 1.15)
    takes = [
        Take(
            name=f"{number:03d}_{index:02d}",
            category=category,
            units=draw_category(generator, category, expressivity),
            sitting=sitting,
            is_face_only=category != NEUTRAL,
        )
        for index, category in enumerate(CATEGORIES)
    ]
    return Subject("studio", number, seed, sitting, tuple(takes))


# -- repertoire ----------------------------------------------------------------------------------------------


def _repertoire(number: int) -> Subject:
    seed = STUDIO_SEEDS + number
    sitting = studio_sitting(seed)
    generator = np.random.default_rng([number, REPERTOIRE_STREAM])
    further = np.random.default_rng([seed, REPERTOIRE_STREAM, FURTHER_STREAM])
    unnamed = [
        *_single_units(generator, sitting, ARKIT_UNITS),
        *_lids(sitting),
        *_single_units(further, sitting, FURTHER_UNITS),
        *_gazes(sitting),
        *_poses(sitting),
        *_ages(generator, sitting),
        *_lights(generator, sitting),
    ]
    takes = tuple(replace(take, name=f"{number:03d}_{take.category}") for take in unnamed)
    return Subject("repertoire", number, seed, sitting, takes)


def _single_units(generator: np.random.Generator, sitting: Sitting, units: Iterable[int]) -> Iterator[Take]:
    for unit in units:
        if unit not in LIDS:
            intensity = float(generator.uniform(0.6, 1))
            yield Take("", au_label(unit), {unit: intensity}, sitting, is_face_only=True)


def _lids(sitting: Sitting) -> Iterator[Take]:
    yield Take("", "AU43_half", {43: 0.5}, sitting, is_face_only=True)
    yield Take("", "AU43", {43: 1.0}, sitting, is_face_only=True)


def _gazes(sitting: Sitting) -> Iterator[Take]:
    for x, y in GAZES:
        scene = replace(sitting.scene, gaze_x=float(x), gaze_y=float(y))
        yield Take("", f"gaze{x:+d}{y:+d}", {}, replace(sitting, scene=scene), is_face_only=True)


def _poses(sitting: Sitting) -> Iterator[Take]:
    for yaw in YAWS:
        scene = replace(sitting.scene, yaw=float(yaw), gaze_x=-EYES_STAY * yaw)
        yield Take("", f"yaw{yaw:+d}", {}, replace(sitting, scene=scene))
    for pitch in PITCHES:
        scene = replace(sitting.scene, pitch=float(pitch))
        yield Take("", f"pitch{pitch:+d}", {}, replace(sitting, scene=scene))


def _ages(generator: np.random.Generator, sitting: Sitting) -> Iterator[Take]:
    greying = float(generator.uniform(0.4, 1.1))
    spots = float(generator.uniform(0.3, 1))
    for age in AGES:
        person = _at_age(sitting.person, age, greying, spots)
        yield Take("", f"age{age:.2f}", {}, replace(sitting, person=person), is_other_person=True)


def _at_age(person: Person, age: float, greying: float, spots: float) -> Person:
    """The same person at another age. How early somebody greys and spots is theirs, as is all the rest."""
    aging = smooth(0.74, 0.98, age)
    look = person.look
    return Person(
        replace(person.identity, phenotype=replace(person.identity.phenotype, age=age)),
        replace(
            look,
            skin=replace(look.skin, aging=aging, spots=aging * spots),
            hair=replace(look.hair, grey=min(1.0, aging * greying)),
        ),
    )


def _lights(generator: np.random.Generator, sitting: Sitting) -> Iterator[Take]:
    for index in range(NUM_LIGHTS):
        scene = _lit_as(sitting.scene, _any_scene(int(generator.integers(1 << 30))))
        yield Take("", f"light{index}", {}, replace(sitting, scene=scene))


def _any_scene(seed: int) -> Scene:
    return sample_scene(SeededDice([seed, 37]))


def _lit_as(scene: Scene, other: Scene) -> Scene:
    return replace(scene, **{name: getattr(other, name) for name in LIGHT})


# -- population ----------------------------------------------------------------------------------------------


def _population(number: int) -> Subject:
    seed = POPULATION_SEEDS + number
    sitting = seeded_sitting(seed)
    generator = np.random.default_rng([number, POPULATION_STREAM])
    further = np.random.default_rng([number, POPULATION_STREAM, FURTHER_STREAM])
    units = _with_further_unit(further, _mixed_units(generator))
    take = Take(f"{number:05d}", MIXED, units, sitting)
    return Subject("population", number, seed, sitting, (take,))


def _mixed_units(generator: np.random.Generator) -> Units:
    """A tenth at rest, nearly half a category, nearly half a few units at random; some with lids down."""
    kind = generator.random()
    if kind < 0.1:
        units: Units = {}
    elif kind < 0.55:
        category = str(generator.choice(list(CATEGORIES)[1:]))
        units = draw_category(generator, category, generator.uniform(0.5, 1.15))
    else:
        candidates = [unit for unit in ARKIT_UNITS if unit not in NOT_AT_RANDOM]
        chosen = generator.choice(candidates, generator.integers(1, 6), replace=False)
        units = {int(unit): float(generator.uniform(0.3, 1)) for unit in chosen}
    if generator.random() < 0.12:
        units[43] = float(generator.uniform(0.4, 1))
    elif generator.random() < 0.06:
        units[46] = float(generator.uniform(0.5, 1))
    return units


def _with_further_unit(generator: np.random.Generator, units: Units) -> Units:
    """Some faces also do what no ARKit action does, unless it does not go with the rest."""
    if generator.random() >= FURTHER_SHARE:
        return units
    unit = int(generator.choice(list(FURTHER_UNITS)))
    intensity = float(generator.uniform(0.4, 1))
    return units if units.keys() & INCOMPATIBLE[unit] else units | {unit: intensity}
