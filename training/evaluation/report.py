"""Figures and how they are printed: a part of the evaluation is a title, figures, and lines of text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

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
