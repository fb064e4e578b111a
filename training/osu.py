"""A folder of OSU's photographs and their action units → samples, and a report of what is amiss.

Du, Tao & Martinez, "Compound facial expressions of emotion", PNAS 111(15), 2014: 230 subjects, each in 22
categories, coded by FACS; licensed to institutions. Pictures lie anywhere below the folder:

    01-04/Images1/02_339_3470.jpg    emotion 02, subject 339, picture 3470 (which may be missing)
    AU_annotation_all_subjects.xls   or .csv, which is read if both are there: see osu_table.py

Public code that reads the folder knows emotions up to 26, of which the paper describes 22: the others have no
category here, and are left out.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.action_units import CATEGORIES, NUM_AUS
from models.controls import NUM_CONTROLS
from models.photographs import FORMATS
from training.dataset import NEUTRAL, Sample
from training.osu_table import (
    SPREADSHEET,
    Fault,
    Faults,
    OsuError,
    Shown,
    find_spreadsheet,
    first_number,
    read_table,
)

GROUP: Final = "osu"
PICTURE_NAME: Final = re.compile(r"(\d{1,2})_(\d{1,4})(?:_\d+)?")  # emotion, subject, picture
PICTURE_SUFFIXES: Final = (".jpg", ".jpeg")
FEW: Final = 3  # faults of a kind that a report prints


@dataclass(frozen=True, slots=True)
class Report:
    """What was found and what was amiss; as text, a line for each kind of fault, with the first few."""

    spreadsheet: Path
    num_pictures: int  # that are named as they should be
    num_rows: int  # that could be read
    num_samples: int  # pictures with a row
    num_subjects: int  # of the samples
    faults: Mapping[Fault, Sequence[str]]  # every one, in words

    def __str__(self) -> str:
        head = (
            f"{self.spreadsheet}: {self.num_samples} samples of {self.num_subjects} subjects,"
            f" from {self.num_pictures} pictures and {self.num_rows} rows"
        )
        return "\n".join([head, *(f"  {line}" for line in fault_lines(self.faults))])


def fault_lines(faults: Mapping[Fault, Sequence[str]]) -> list[str]:
    """A line for each kind that there is: how many, what, and the first few."""
    return [
        f"{len(found)} {fault}: {'; '.join(found[:FEW])}{' …' if len(found) > FEW else ''}"
        for fault in Fault
        if (found := faults.get(fault))
    ]


def read_osu(folder: Path) -> tuple[list[Sample], Report]:
    """The pictures below `folder` that the spreadsheet describes, by subject and category.

    Raises:
        OsuError: there is no spreadsheet, it cannot be read, or nothing that it describes has a picture.
    """
    spreadsheet = find_spreadsheet(folder)
    if spreadsheet is None:
        raise OsuError(f"{folder}: no {SPREADSHEET}.xls or .csv here; name the folder that holds it")
    faults: Faults = defaultdict(list)
    named = _named_pictures(folder, faults)
    table = read_table(spreadsheet, frozenset(key.subject for key in named), faults)
    pictures = _categorised(named, table.categories, faults)
    described = _described(table.aus, pictures, faults)
    samples = [_sample(key, pictures, described[key]) for key in pictures if key in described]
    subjects = {sample.subject for sample in samples}
    framed = {subject for subject, category in pictures if category == NEUTRAL}
    faults[Fault.FRAME] += sorted(subjects - {_subject(number) for number in framed})
    found = {fault: words for fault, words in faults.items() if words}
    if table.aus.keys().isdisjoint(pictures):
        worst = max(found, key=lambda fault: (fault is not Fault.NUMBERS, len(found[fault])), default=None)
        reason = "".join(fault_lines({worst: found[worst]})) if worst else "no row"
        raise OsuError(
            f"{spreadsheet}: describes none of the {len(named)} pictures below {folder} ({reason});"
            " expected pictures EE_SSS_PPPP.jpg, and columns subject, emotion, AU1 …"
        )
    report = Report(spreadsheet, len(named), len(table.aus), len(samples), len(subjects), found)
    return samples, report


def _subject(number: int) -> str:
    return f"{GROUP}/{number:03d}"


def _sample(key: Shown, pictures: Mapping[Shown, Path], aus: NDArray[np.float32]) -> Sample:
    neutral = Shown(key.subject, NEUTRAL)
    return Sample(
        picture=pictures[key],
        subject=_subject(key.subject),
        label=key.category,
        aus=aus,
        controls=np.full(NUM_CONTROLS, np.nan, np.float32),
        framed_by=pictures.get(neutral, pictures[key]),
        group=GROUP,
        is_held_out=True,  # no generator here was fitted with these people
    )


# --- pictures -----------------------------------------------------------------------------------------------


class _Named(NamedTuple):
    """What a picture's name says."""

    subject: int
    emotion: int


def _named_pictures(folder: Path, faults: Faults) -> dict[_Named, Path]:
    """The pictures that can be opened, by name; emotions count from 1."""
    found: dict[_Named, Path] = {}
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")
    )
    for path in paths:
        match = PICTURE_NAME.fullmatch(path.stem)
        if match is None:
            faults[Fault.NAME].append(str(path.relative_to(folder)))
        elif (key := _Named(int(match[2]), int(match[1]))) in found:
            faults[Fault.PICTURE_AGAIN].append(f"{path.name} after {found[key].name}")
        elif _can_be_opened(path):
            found[key] = path
        else:
            faults[Fault.UNREADABLE].append(str(path.relative_to(folder)))
    first = first_number(key.emotion for key in found)
    return {_Named(key.subject, key.emotion + 1 - first): path for key, path in found.items()}


def _can_be_opened(path: Path) -> bool:
    """Whether the header is a picture's; decoding thousands would take longer than it is worth here."""
    try:
        with Image.open(path, formats=FORMATS):
            return True
    except Exception:  # a damaged file can make a decoder raise anything
        return False


def _categorised(
    named: Mapping[_Named, Path], categories: Mapping[int, str], faults: Faults
) -> dict[Shown, Path]:
    """Pictures by what they show, by subject and in the order of the categories."""
    unknown = Counter(key.emotion for key in named if key.emotion not in categories)
    faults[Fault.EMOTION] += [f"{emotion} in {n} pictures' names" for emotion, n in sorted(unknown.items())]
    shown: dict[Shown, Path] = {}
    for (subject, emotion), path in named.items():
        if emotion in categories and shown.setdefault(Shown(subject, categories[emotion]), path) != path:
            faults[Fault.PICTURE_AGAIN].append(path.name)
    order = list(CATEGORIES)
    return {key: shown[key] for key in sorted(shown, key=lambda k: (k.subject, order.index(k.category)))}


def _described(
    rows: Mapping[Shown, NDArray[np.float32]], pictures: Mapping[Shown, Path], faults: Faults
) -> dict[Shown, NDArray[np.float32]]:
    """The pictures' AU vectors; of a neutral face without a row, it is nought."""
    described = dict(rows)
    for key, path in pictures.items():
        if key in rows:
            continue
        if key.category == NEUTRAL:
            described[key] = np.zeros(NUM_AUS, np.float32)
        faults[Fault.NEUTRAL if key.category == NEUTRAL else Fault.PICTURE].append(path.name)
    faults[Fault.ROW] += [f"{k.subject:03d} {k.category}" for k in rows if k not in pictures]
    return described
