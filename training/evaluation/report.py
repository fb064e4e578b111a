"""Figures and how they are printed: a part of the evaluation is a title, figures, and lines of text."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray

DECIMALS: Final = 4  # of a figure in JSON and in tables


class SkippedError(Exception):
    """A part that cannot be measured here; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the evaluation, measured."""

    title: str
    figures: Mapping[str, Any]  # as JSON holds them
    lines: Sequence[str] = field(default_factory=tuple)  # beneath the title

    def __str__(self) -> str:
        return "\n  ".join([self.title, *self.lines])


Measure = Callable[[], Part]


def measured_parts(measures: Mapping[str, Measure], wanted: Sequence[str]) -> dict[str, Part | str]:
    """The wanted parts, or all: a reason where one is skipped. Each is printed as soon as it stands."""
    results: dict[str, Part | str] = {}
    for name in wanted or measures:
        try:
            results[name] = measures[name]()
            click.echo(f"\n{results[name]}")
        except SkippedError as reason:
            results[name] = str(reason)
            click.echo(f"\n{name}: skipped, {reason}")
    return results


def write_json(path: Path, options: Mapping[str, Any], results: Mapping[str, Part | str]) -> None:
    """What was asked for, and each part's figures."""
    figures: dict[str, Any] = {
        name: {"skipped": part} if isinstance(part, str) else dict(part.figures)
        for name, part in results.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**options, **figures}, indent=1, ensure_ascii=False), encoding="utf-8")


def rounded(value: float) -> float:
    return round(float(value), DECIMALS)


def share(flags: NDArray[np.bool_]) -> float:
    """The share of true ones, in [0, 1]; 0 of none."""
    return rounded(flags.mean()) if flags.size else 0.0


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Aligned columns, the first to the left, the others to the right; floats with DECIMALS, None as –."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.{DECIMALS}f}" if isinstance(value, float) else str(value)
