"""Folders → samples: a cast, OSU's photographs, or any pictures, whichever each folder holds.

    studio.jsonl, repertoire.jsonl or population.jsonl   a cast: see cast/manifest.py
    AU_annotation_all_subjects.xls or .csv               OSU's photographs: see osu.py
    anything else                                        pictures of strangers, who show nobody knows what

A stranger's picture is a subject of its own, named by the file's stem; its label is empty, and its action
units and controls are NaN: not known, which is not the same as not shown.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import numpy as np

from models.action_units import NUM_AUS
from models.controls import NUM_CONTROLS
from training.cast.manifest import SPLITS, read_cast
from training.dataset import Sample, samples_of_cast
from training.osu import read_osu
from training.osu_table import find_spreadsheet

GROUP: Final = "pictures"
SUFFIXES: Final = (".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


class SourceError(Exception):
    """A folder holds no samples: which, why, and what instead, in one line."""


def read_samples(folders: Sequence[Path]) -> list[Sample]:
    """All pictures of the folders: casts first, then the others as they are named.

    What is amiss with OSU's photographs goes to standard error.

    Raises:
        CastError: a cast's manifest cannot be read.
        OsuError: nothing of OSU's photographs can be used.
        SourceError: there is no such folder, or no picture in it.
    """
    for folder in folders:
        if not folder.is_dir():
            reason = "a file; name the folder that holds it" if folder.exists() else "no such folder"
            raise SourceError(f"{folder}: {reason}")
    casts = [folder for folder in folders if _is_cast(folder)]
    # Together: those who stand in one may have their repertoire in another.
    samples = samples_of_cast(read_cast(*casts))
    for folder in casts:
        if not any(sample.picture.is_relative_to(folder) for sample in samples):
            raise SourceError(f"{folder}: a cast without its pictures; copy them beside the manifests")
    strangers: list[Path] = []
    for folder in folders:
        if folder in casts:
            continue
        if find_spreadsheet(folder) is None:
            strangers += _pictures_below(folder)
            continue
        photographs, report = read_osu(folder)
        click.echo(str(report), err=True)
        samples += photographs
    return samples + _of_strangers(strangers)


def _is_cast(folder: Path) -> bool:
    return any((folder / f"{split}.jsonl").is_file() for split in SPLITS)


def _pictures_below(folder: Path) -> list[Path]:
    """Those of a folder and its sub-folders, without what systems hide there."""
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise SourceError(f"{folder}: neither a cast nor a picture ({', '.join(SUFFIXES)}) here")
    return found


def _of_strangers(paths: Sequence[Path]) -> list[Sample]:
    """Pictures of one person each; of those whose stem another had before, the second is "stem (2)"."""
    seen: Counter[str] = Counter()
    samples = []
    for path in paths:
        seen[path.stem] += 1
        count = seen[path.stem]
        samples.append(
            Sample(
                picture=path,
                subject=path.stem if count == 1 else f"{path.stem} ({count})",
                label="",
                aus=np.full(NUM_AUS, np.nan, np.float32),
                controls=np.full(NUM_CONTROLS, np.nan, np.float32),
                framed_by=path,
                group=GROUP,
                is_held_out=True,  # no generator here was fitted with them
            )
        )
    return samples
