"""OSU's AU spreadsheet → AU vectors by subject and category, and what is amiss with it.

A sheet's first row names its columns. Public code knows the sheet `summary` in two forms, and both are read:
    subject | emotion | AU1 | AU2 …   a row a picture
    number  | emotion | …             what the numbers of emotions mean; rows of pictures are on other sheets,
                                      each named for an emotion (its column A is the subject) or a subject
An emotion is a number from 1 (or from 0), a name, or both. What a number means, the spreadsheet's names say;
where it has none it is the place in the paper's table 1, and the report says so, for others count otherwise.
An intensity is a number in [0, 1], a FACS letter, or blank: not shown.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.action_units import AU_INDEX, CATEGORIES, INTENSITY_LETTERS, NUM_AUS, au_label

SPREADSHEET: Final = "AU_annotation_all_subjects"
SUMMARY: Final = "summary"
# "AU12", "au 04", "12", "12.0", "AU12 lip corner puller"
UNIT_HEADING: Final = re.compile(r"(?:AU)?[\s_.-]*0*(\d{1,2})(?:\.0)?(?:[\s(:][^\d]*)?", re.IGNORECASE)
# "2", "02", "happily surprised", "2 happy"
EMOTION: Final = re.compile(r"(\d+)?(?:\.0)?[\s_.:-]*([a-z][a-z\s_-]*)?", re.IGNORECASE)
SUBJECT: Final = re.compile(r"[a-z\s_-]*(\d+)(?:\.0)?", re.IGNORECASE)  # "101", "007", "S101"
NOUNS: Final = {
    "happiness": "happy",
    "sadness": "sad",
    "fear": "fearful",
    "anger": "angry",
    "surprise": "surprised",
    "disgust": "disgusted",
    "awe": "awed",
    "hate": "hatred",
}


class OsuError(Exception):
    """A folder of which nothing can be used: where, why, and what instead, in one line."""


class Fault(StrEnum):
    """What can be amiss."""

    NUMBERS = "emotions' numbers without names, taken in the order of the paper's table 1"
    COLUMN = "columns that name no unit known here"
    CELL = "cells that cannot be read; their rows are left out"
    EMOTION = "emotions that are none of the 22 categories"
    ROW_AGAIN = "rows for a picture that has one already"
    ROW = "rows without a picture"
    NAME = "pictures not named EE_SSS_PPPP"
    PICTURE_AGAIN = "pictures of what another one shows already"
    UNREADABLE = "pictures that cannot be opened"
    PICTURE = "pictures without a row"
    NEUTRAL = "neutral pictures without a row, taken to show no unit"
    FRAME = "subjects without a neutral picture: each of their pictures frames itself"


Faults = defaultdict[Fault, list[str]]


class Shown(NamedTuple):
    """What a picture is of; there is one picture of each."""

    subject: int
    category: str


def find_spreadsheet(folder: Path) -> Path | None:
    """The AU spreadsheet in a folder or below it; None where there is none."""
    found = [p for p in folder.rglob("*") if p.stem.lower() == SPREADSHEET.lower() and p.is_file()]
    known = [path for path in found if path.suffix.lower() in (".csv", ".xls")]
    return min(known, key=lambda p: (len(p.parts), p.suffix.lower() != ".csv", p), default=None)


# --- sheets -------------------------------------------------------------------------------------------------


class _Sheet(NamedTuple):
    name: str
    rows: list[list[str]]  # cells as text, as wide as the widest row; the first names the columns


def _read_sheets(path: Path) -> list[_Sheet]:
    """The sheets that hold anything."""
    sheets = _read_csv(path) if path.suffix.lower() == ".csv" else _read_xls(path)
    return [_Sheet(name, rows) for name, rows in sheets if any(any(row) for row in rows)]


def _read_csv(path: Path) -> list[_Sheet]:
    """One sheet. Its separator is whichever the first line has most of: commas, semicolons, tabs."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            separator = max(",;\t", key=file.readline().count)
            file.seek(0)
            rows = [list(map(_one_line, row)) for row in csv.reader(file, delimiter=separator)]
    except (OSError, csv.Error) as error:
        raise OsuError(f"{path}: cannot be read as .csv ({error}); save it anew") from error
    width = max(map(len, rows), default=0)
    return [_Sheet(SUMMARY, [row + [""] * (width - len(row)) for row in rows])]


def _read_xls(path: Path) -> list[_Sheet]:
    import xlrd

    def text(cell: "xlrd.sheet.Cell") -> str:
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return "an error of the spreadsheet's own"
        return f"{cell.value:g}" if isinstance(cell.value, int | float) else _one_line(cell.value)

    try:
        with xlrd.open_workbook(str(path), logfile=StringIO()) as book:
            return [_Sheet(s.name, [list(map(text, row)) for row in s.get_rows()]) for s in book.sheets()]
    except Exception as error:  # as of pictures: a damaged file can raise anything
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        message = f"cannot be read as .xls ({reason}); save its table as {SPREADSHEET}.csv beside it"
        raise OsuError(f"{path}: {message}") from error


class _Row(NamedTuple):
    """What a row says, before its words are understood."""

    where: str
    subject: str
    emotion: str
    units: list[tuple[int, str]]  # unit and cell


class _Layout(NamedTuple):
    """Where a sheet says whom and what it shows: a column, or its name, which then holds of all its rows."""

    subject: int | None
    emotion: int | None
    first_unit: int  # column


def _layout(sheet: _Sheet, subjects: frozenset[int]) -> _Layout | None:
    """None for a sheet that describes no pictures. Which numbers are subjects, the pictures' names tell."""
    heading, *rows = sheet.rows
    if len(heading) > 1 and _unit(heading[1]) is not None:
        return _Layout(0, None, 1)
    if _is_of_emotions(sheet, subjects):
        return _Layout(None, 1, 2) if _number(sheet.name) in subjects else None
    return _Layout(0, 1, 2) if rows and len(heading) > 2 else None


def _is_of_emotions(sheet: _Sheet, subjects: frozenset[int]) -> bool:
    """Whether the columns A and B are emotions' numbers and names: no subject, and none of them twice."""
    pairs = [(_number(row[0]), _emotion(row[1])) for row in sheet.rows[1:] if len(row) > 1]
    numbers = [number for number, _ in pairs if number is not None]
    named = [number for number, emotion in pairs if emotion.name and emotion.number is None]
    return (
        set(numbers) <= set(named) and 0 < len(numbers) == len(set(numbers)) and subjects.isdisjoint(numbers)
    )


def _rows_of(sheet: _Sheet, layout: _Layout, faults: Faults) -> Iterator[_Row]:
    heading, *rows = sheet.rows
    prefix = "" if sheet.name.lower() == SUMMARY else f"{sheet.name}, "
    units: dict[int, int] = {}  # unit → column
    for column, name in enumerate(heading[layout.first_unit :], start=layout.first_unit):
        unit = _unit(name)
        if unit in AU_INDEX and unit not in units:
            units[unit] = column
        elif name:
            faults[Fault.COLUMN].append(f"{prefix}{name}{' again' if unit in AU_INDEX else ''}")
        elif any(row[column] for row in rows):
            faults[Fault.COLUMN].append(f"{prefix}number {column + 1}, without a name")
    for number, row in enumerate(rows, start=2):
        if units and any(row):  # without a column of units, a row would say that nothing is shown
            subject = sheet.name if layout.subject is None else row[layout.subject]
            emotion = sheet.name if layout.emotion is None else row[layout.emotion]
            cells = [(unit, row[column]) for unit, column in units.items()]
            yield _Row(f"{prefix}row {number}", subject, emotion, cells)


class Table(NamedTuple):
    aus: dict[Shown, NDArray[np.float32]]  # [43] intensities in [0, 1] each
    categories: dict[int, str]  # by the emotions' numbers, from 1


def read_table(path: Path, subjects: frozenset[int], faults: Faults) -> Table:
    """All rows that can be read of an .xls or .csv; to `faults` is added what is amiss with the others.

    `subjects` are those that have pictures: they tell columns of subjects from columns of emotions.
    Raises OsuError where the file cannot be read.
    """
    sheets = _read_sheets(path)
    laid_out = [(sheet, layout) for sheet in sheets if (layout := _layout(sheet, subjects)) is not None]
    # Where the summary describes pictures itself, the other sheets say the same again.
    summary = [pair for pair in laid_out if pair[0].name.lower() == SUMMARY]
    rows = [row for sheet, layout in summary or laid_out for row in _rows_of(sheet, layout, faults)]
    numbers = _numbers(sheets, subjects, rows, faults)
    first = first_number(_emotion(row.emotion).number for row in rows)
    vectors: dict[Shown, NDArray[np.float32]] = {}
    for row in rows:
        subject, emotion = _number(row.subject), _emotion(row.emotion)
        number = 0 if emotion.number is None else emotion.number + 1 - first
        category = emotion.name or numbers.get(number, "")
        if subject is None:
            faults[Fault.CELL].append(f"{row.where}, subject: {row.subject!r}")
        elif category not in CATEGORIES:
            faults[Fault.EMOTION].append(f"{row.where}: {row.emotion!r}")
        elif (key := Shown(subject, category)) in vectors:
            faults[Fault.ROW_AGAIN].append(f"{row.where}: {subject:03d} {category}")
        elif (vector := _vector(row, faults)) is not None:
            vectors[key] = vector
    return Table(vectors, numbers)


def _numbers(
    sheets: Sequence[_Sheet], subjects: frozenset[int], rows: Sequence[_Row], faults: Faults
) -> dict[int, str]:
    """Emotion's number, from 1, → category: as the sheets say it, or else as the paper's table 1 counts."""
    said = [_emotion(row.emotion) for row in rows]
    for sheet in sheets:
        if _is_of_emotions(sheet, subjects):
            said += [_emotion(" ".join(row[:2])) for row in sheet.rows[1:]]
    names = {number: name for number, name in said if number is not None and name}
    first = first_number(names)
    known = {number + 1 - first: name for number, name in names.items() if name in CATEGORIES}
    if known:
        faults[Fault.EMOTION] += [f"{n}: {name!r}" for n, name in names.items() if name not in CATEGORIES]
        return known
    by_paper = dict(enumerate(CATEGORIES, start=1))
    faults[Fault.NUMBERS] += [f"{number} is {name}" for number, name in by_paper.items()]
    return by_paper


def _vector(row: _Row, faults: Faults) -> NDArray[np.float32] | None:
    """A row's intensities [43] in [0, 1]; None where one cannot be read."""
    vector = np.zeros(NUM_AUS, np.float32)
    unreadable = []
    for unit, cell in row.units:
        intensity = _intensity(cell)
        if intensity is None:
            unreadable.append(f"{row.where}, {au_label(unit)}: {cell!r}")
        else:
            vector[AU_INDEX[unit]] = intensity
    faults[Fault.CELL] += unreadable
    return None if unreadable else vector


# --- cells --------------------------------------------------------------------------------------------------


def _one_line(cell: str) -> str:
    """Without the line breaks and double spaces that people make headings fit with."""
    return " ".join(cell.split())


class _Emotion(NamedTuple):
    number: int | None
    name: str  # a category's, or what else is written, or nothing


def _emotion(text: str) -> _Emotion:
    match = EMOTION.fullmatch(text.strip())
    if match is None:
        return _Emotion(None, text)
    name = re.sub(r"[\s_-]+", "_", (match[2] or "").strip().lower())
    return _Emotion(int(match[1]) if match[1] else None, NOUNS.get(name, name))


def first_number(emotions: Iterable[int | None]) -> int:
    """0 or 1, whichever emotions that are so numbered count from."""
    found = {number for number in emotions if number is not None}
    return 0 if 0 in found and max(found) < len(CATEGORIES) else 1


def _number(text: str) -> int | None:
    """ "101", "007", "S101" → the subject's number."""
    match = SUBJECT.fullmatch(text)
    return int(match[1]) if match else None


def _unit(heading: str) -> int | None:
    match = UNIT_HEADING.fullmatch(heading)
    return int(match[1]) if match else None


def _intensity(cell: str) -> float | None:
    """In [0, 1]; None where the cell holds something else."""
    if not cell:
        return 0.0
    if cell.upper() in INTENSITY_LETTERS:
        return INTENSITY_LETTERS[cell.upper()]
    try:
        intensity = float(cell.replace(",", "."))
    except ValueError:
        return None
    return intensity if 0 <= intensity <= 1 else None
