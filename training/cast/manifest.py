"""Reading the cast: three manifests and their pictures → records with AU vectors, factors and landmarks.

    <folder>/studio.jsonl      studio/000_00.jpg …        a line a picture: subject, scene, AUs, landmarks
    <folder>/repertoire.jsonl  repertoire/024_AU01.jpg …  the studio's people, one thing at a time
    <folder>/population.jsonl  population/00000.jpg …     one person, scene and expression each

Only lines that have a picture count. A person stands on the lines where the picture is at rest or alone; the
other lines of the same identity seed take it from there, except those that change the person (ages), which
carry their own.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.action_units import AU_INDEX, NUM_AUS
from training.cast.factors import NUM_FACTORS, factor_vector
from training.cast.people import person_from_manifest
from training.cast.recipe import RECIPE
from training.cast.traits import Entry, Person, Scene

SPLITS: Final = ("studio", "repertoire", "population")
NUM_LANDMARKS: Final = 5  # MTCNN's: image-left eye, image-right eye, nose, image-left mouth corner, right

LIDS, BLINK = 43, 45  # a blink is closed eyes in time, which no picture shows

# People no network may see in training; their figures are the ones reported. Ten studio subjects: five women,
# then five men, light to dark, of all ages; 7, 10 and 19 have 512² pictures, 33 and 34 a repertoire.
HELD_OUT_SUBJECTS: Final = frozenset({43, 34, 71, 10, 49, 7, 52, 33, 67, 19})
# … and a tenth of the population.
HELD_OUT_REMAINDER: Final = 5


# Pictures of this size and more are sharp at their own pixels.
SHARP_SIZE: Final = 512


class CastError(Exception):
    """A manifest that cannot be read: file, line, and what is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One picture and everything that made it."""

    name: str
    split: str  # one of SPLITS
    subject: int  # counted within the population, or within studio and repertoire together
    identity_seed: int  # the same number is the same person, in every split
    category: str  # an OSU category, a repertoire label, or "mixed"
    units: NDArray[np.float32]  # [43] intensities in [0, 1]
    factors: NDArray[np.float64]  # [274]
    landmarks: NDArray[np.float32]  # [5, 2] x, y in [0, 1] from the top left
    picture: Path  # JPEG, RGB, square
    size: int  # its side, px
    recipe: int  # the way it was rendered: see recipe.py

    @property
    def is_expression(self) -> bool:
        """Whether action units explain it, unlike age or light: the studio, and the repertoire's units."""
        is_unit = self.split == "repertoire" and self.category.startswith("AU")
        return self.split == "studio" or is_unit

    @property
    def finest(self) -> int:
        """The highest resolution that the picture is sharp at.

        A rendering below 512² had as few samples for fewer pixels: soft as it is, clean shrunk by half.
        """
        return self.size if self.size >= SHARP_SIZE else self.size // 2


@dataclass(frozen=True, slots=True)
class Cast:
    records: tuple[Record, ...]

    @property
    def units(self) -> NDArray[np.float32]:
        """AU vectors [N, 43]."""
        return np.array([record.units for record in self.records], np.float32).reshape(-1, NUM_AUS)

    @property
    def shown_units(self) -> tuple[int, ...]:
        """The units that pictures show, and so teach."""
        return shown_units(self.units)

    @property
    def factors(self) -> NDArray[np.float64]:
        """[N, 274], not standardised."""
        return np.array([record.factors for record in self.records]).reshape(-1, NUM_FACTORS)

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """[N, 5, 2] in [0, 1]."""
        return np.array([record.landmarks for record in self.records], np.float32).reshape(
            -1, NUM_LANDMARKS, 2
        )

    @property
    def recipe(self) -> int:
        """The newest recipe of which there is enough to learn from: a tenth of the pictures."""
        recipes = sorted(record.recipe for record in self.records)
        return recipes[len(recipes) * 9 // 10] if recipes else RECIPE

    def training(self) -> "Cast":
        return Cast(tuple(record for record in self.records if not is_held_out(record)))

    def held_out(self) -> "Cast":
        return Cast(tuple(record for record in self.records if is_held_out(record)))


def shown_units(aus: NDArray[np.floating]) -> tuple[int, ...]:
    """The units that AU vectors [N, 43] show. A blink (45) is closed eyes (43), in time."""
    shown = {unit for unit, index in AU_INDEX.items() if aus[:, index].any()}
    return tuple(sorted(shown | {BLINK} if LIDS in shown else shown))


def is_held_out(record: Record) -> bool:
    """Whether the record shows someone who is kept from training: decided by person, never by picture."""
    if record.split == "population":
        return record.subject % 10 == HELD_OUT_REMAINDER
    return record.subject in HELD_OUT_SUBJECTS


def read_cast(*folders: Path) -> Cast:
    """All pictures under `folders` that exist, studio first. Raises CastError, "file:line: what is wrong"."""
    lines: list[_Line] = []
    for folder in folders:
        found = [line for split in SPLITS for line in _read_lines(folder, split)]
        if not found:
            expected = ", ".join(f"{split}.jsonl" for split in SPLITS)
            raise CastError(f"{folder}: no cast here: expected {expected}")
        lines += found
    people = _people(lines)
    records = (_record(line, people) for line in lines if line.picture.exists())
    return Cast(tuple(records))


# -- lines ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    where: str  # file:line
    picture: Path
    entry: Entry

    @property
    def recipe(self) -> int:
        return int(self.entry.get("recipe", 1))  # early lines have none

    def error(self, problem: str) -> CastError:
        return CastError(f"{self.where}: {problem}")


def _read_lines(folder: Path, split: str) -> Iterator[_Line]:
    path = folder / f"{split}.jsonl"
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            if not text.strip():
                continue
            where = f"{path}:{number}"
            try:
                entry = json.loads(text)
                picture = folder / split / f"{entry['name']}.jpg"
            except json.JSONDecodeError as error:
                raise CastError(f"{where}: not JSON: {error.msg} at column {error.colno}") from error
            except (KeyError, TypeError) as error:
                raise CastError(f"{where}: expected an object with a `name`") from error
            yield _Line(where, picture, entry)


def _people(lines: Sequence[_Line]) -> dict[tuple[int, int], Person]:
    """Identity seed and recipe → person, from lines at rest and the population, not from changed persons."""
    people: dict[tuple[int, int], Person] = {}
    for line in lines:
        if "identity" in line.entry and line.entry.get("category") in ("neutral", "mixed"):
            people[_get(line, "identity_seed"), line.recipe] = _own_person(line)
    return people


def _own_person(line: _Line) -> Person:
    try:
        return person_from_manifest(line.entry["identity"], line.entry["look"], line.recipe)
    except KeyError as error:
        raise line.error(f"`identity` or `look` lacks {error}") from error
    except (TypeError, ValueError) as error:
        raise line.error(f"`identity` or `look`: {error}") from error


def _record(line: _Line, people: dict[tuple[int, int], Person]) -> Record:
    seed = int(_get(line, "identity_seed"))
    category = str(_get(line, "category"))
    if "identity" in line.entry and category not in ("neutral", "mixed"):
        person = _own_person(line)
    elif (seed, line.recipe) in people:
        person = people[seed, line.recipe]
    else:
        raise line.error(f"no line at rest shows the person of identity_seed {seed}")
    size = int(_get(line, "size"))
    return Record(
        name=str(_get(line, "name")),
        split=line.picture.parent.name,
        subject=int(_get(line, "subject")),
        identity_seed=seed,
        category=category,
        units=_units(line),
        factors=_factors(line, person),
        landmarks=_landmarks(line, size),
        picture=line.picture,
        size=size,
        recipe=line.recipe,
    )


def _get(line: _Line, key: str) -> Any:
    if key not in line.entry:
        raise line.error(f"lacks `{key}`")
    return line.entry[key]


def _units(line: _Line) -> NDArray[np.float32]:
    vector = np.zeros(NUM_AUS, np.float32)
    for name, intensity in _get(line, "units").items():
        unit = int(name) if name.isdecimal() else None
        if unit not in AU_INDEX:
            raise line.error(f"`units` names {name!r}, which is not one of the {NUM_AUS} action units")
        if not 0 <= intensity <= 1:
            raise line.error(f"`units` gives {name} the intensity {intensity}; expected 0 to 1")
        vector[AU_INDEX[unit]] = intensity
    return vector


def _factors(line: _Line, person: Person) -> NDArray[np.float64]:
    actions = _get(line, "actions")
    try:
        return factor_vector(person, Scene.from_manifest(_get(line, "scene")), actions)
    except KeyError as error:
        raise line.error(f"`scene` lacks {error}") from error
    except (TypeError, ValueError) as error:
        raise line.error(f"`scene` or `actions`: {error}") from error


def _landmarks(line: _Line, size: int) -> NDArray[np.float32]:
    points = np.array(_get(line, "landmarks"), np.float32)
    if points.shape != (NUM_LANDMARKS, 2):
        raise line.error(f"`landmarks` has the shape {points.shape}; expected ({NUM_LANDMARKS}, 2)")
    return points / np.float32(size)
