"""The 22 categories of Du, Tao & Martinez, told from what the AU reader sees; and from the true units.

Several categories share their prototypes, and a subject does not show every unit: the same rule on the true
units is the ceiling.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from models.action_units import CATEGORIES
from models.au_reader import likeliest_category
from training.evaluation.faces import INSTALL
from training.evaluation.readers.material import Material
from training.evaluation.readers.units import read_faces
from training.evaluation.report import Part, SkippedError, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES: Final = tuple(CATEGORIES)
CHANCE: Final = 1 / len(NAMES)
NUM_MISTAKES: Final = 5  # that are named
FILE: Final = "categories.png"

Counts = NDArray[np.int64]  # [22, 22]: shown × said


def confusion(shown: Sequence[str], said: Sequence[str]) -> Counts:
    """How often each category was taken for each."""
    counts = np.zeros((len(NAMES), len(NAMES)), np.int64)
    np.add.at(counts, ([NAMES.index(name) for name in shown], [NAMES.index(name) for name in said]), 1)
    return counts


def said_of(aus: NDArray[np.floating]) -> list[str]:
    """AU vectors [N, 43] → the likeliest category of each."""
    return [likeliest_category(vector) for vector in aus.tolist()]


def accuracy(counts: Counts) -> float:
    return float(np.trace(counts) / max(1, counts.sum()))


def measure_categories(material: Material) -> Part:
    """22-way accuracy on the studio's renders of people never seen, where every category is shown."""
    seen = material.held_out
    is_studio = [record.split == "studio" for record in seen.cast.records]
    studio = seen.only(np.flatnonzero(is_studio))
    if not len(studio.pictures):
        raise SkippedError("the cast has no studio pictures held out")
    shown = [record.category for record in studio.cast.records]
    read = confusion(shown, said_of(read_faces(material.au_reader, studio.pictures).aus))
    ceiling = confusion(shown, said_of(studio.cast.units))
    figures = {
        "pictures": len(shown),
        "accuracy": rounded(accuracy(read)),
        "ceiling": rounded(accuracy(ceiling)),
        "chance": rounded(CHANCE),
        "mistakes": mistakes(read),
    }
    lines = [
        f"accuracy {accuracy(read):.1%}; by the same rule from the true units, the ceiling, "
        f"{accuracy(ceiling):.1%}; by chance {CHANCE:.1%}",
        f"most often taken for another: {'; '.join(mistakes(read)) or 'none'}",
    ]
    try:
        lines.append(str(plotted(read, ceiling, material.sheets)))
    except SkippedError as reason:
        lines.append(f"confusion matrix: skipped, {reason}")
    title = f"Categories: {len(shown)} studio renders of {len(set(studio.people))} people never seen, 22 ways"
    return Part(title, figures, lines)


def mistakes(counts: Counts) -> list[str]:
    """The commonest, as `sad → sadly angry (5)`."""
    wrong = counts * (1 - np.eye(len(NAMES), dtype=np.int64))
    commonest = np.argsort(-wrong, axis=None, kind="stable")[:NUM_MISTAKES]
    pairs = [divmod(int(place), len(NAMES)) for place in commonest]
    return [
        f"{_words(NAMES[shown])} → {_words(NAMES[said])} ({wrong[shown, said]})"
        for shown, said in pairs
        if wrong[shown, said]
    ]


def _words(name: str) -> str:
    return name.replace("_", " ")


# --- the plot -----------------------------------------------------------------------------------------------

INK: Final = "#22313f"
DARK_FROM: Final = 0.55  # of a row: numbers on darker squares are white
WRITTEN_FROM: Final = 0.05


def plotted(read: Counts, ceiling: Counts, folder: Path | None) -> Path:
    """Write both confusion matrices, rows normalised, side by side; → the file.

    Raises:
        SkippedError: no folder was named, or matplotlib is missing.
    """
    if folder is None:
        raise SkippedError("no folder for it: name one with --sheets")
    if find_spec("matplotlib") is None:
        raise SkippedError(f"matplotlib is missing: {INSTALL}")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(17, 9), layout="tight")
    titles = (
        f"as the AU reader sees them: {accuracy(read):.1%}",
        f"from the true units: {accuracy(ceiling):.1%}",
    )
    axes = figure.subplots(1, 2, sharey=True)
    for axis, counts, title in zip(axes, (read, ceiling), titles, strict=True):
        _draw(axis, counts, title)
    axes[0].set_ylabel("shown", color=INK)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / FILE, dpi=120, bbox_inches="tight")
    return folder / FILE


def _draw(axis: "Axes", counts: Counts, title: str) -> None:
    """One matrix, every row in shares of itself."""
    shares = counts / counts.sum(1, keepdims=True).clip(1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(shares >= WRITTEN_FROM):
        share = shares[row, column]
        colour = "white" if share > DARK_FROM else INK
        axis.text(column, row, f"{share:.0%}"[:-1], ha="center", va="center", fontsize=7, color=colour)
    words = [_words(name) for name in NAMES]
    axis.set_xticks(range(len(NAMES)), words, rotation=50, ha="right", rotation_mode="anchor", color=INK)
    axis.set_yticks(range(len(NAMES)), words, color=INK)
    axis.set_xticks(np.arange(len(NAMES) - 1) + 0.5, minor=True)
    axis.set_yticks(np.arange(len(NAMES) - 1) + 0.5, minor=True)
    axis.grid(which="minor", color="#e3e8ee", linewidth=0.6)
    axis.tick_params(which="both", length=0)
    axis.spines[:].set_color("#c3ccd6")
    axis.set_xlabel("said, in percent of the row", color=INK)
    axis.set_title(title, color=INK, fontsize=12, pad=10)
