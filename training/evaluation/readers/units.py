"""Does the AU reader see what is shown? Agreement with the truth, unit by unit, and the error of angles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.action_units import ACTION_UNITS, AU_INDEX, AU_NAMES, au_label
from models.au_reader import AuReader
from models.pictures import ALIGNED_PX, as_tensor
from training.agreement import intraclass_correlation
from training.camera import photographed
from training.evaluation.faces import Pictures
from training.evaluation.held_out import rendered
from training.evaluation.readers.material import Material, Seen, aligned_faces, known
from training.evaluation.report import Part, SkippedError, rounded, table
from training.faces import angles_of
from training.fit_au_reader import read_all

# Those that other readers are measured by, and lids.
UNITS: Final = (1, 2, 4, 5, 6, 7, 9, 10, 12, 15, 17, 20, 24, 25, 26, 43)
COLUMNS: Final = [AU_INDEX[unit] for unit in UNITS]
ANGLE_NAMES: Final = ("yaw", "pitch", "gaze x", "gaze y")
RENDERS, CAMERA, DRAWN = "renders", "camera", "drawn"
WANTED: Final[Mapping[str, float]] = {RENDERS: 0.9, DRAWN: 0.8}  # of a unit's agreement; below, it is marked
BATCH: Final = 64
SEED: Final = 23


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What N faces show, or are said to show."""

    aus: NDArray[np.floating]  # [N, 43] in [0, 1]
    angles: NDArray[np.floating]  # [N, 4] degrees

    @classmethod
    def truly(cls, seen: Seen) -> "Shown":
        return cls(seen.cast.units, angles_of(seen.cast.factors))

    def only(self, rows: NDArray[np.int64]) -> "Shown":
        return Shown(self.aus[rows], self.angles[rows])


def read_faces(reader: AuReader, pictures: Pictures) -> Shown:
    """Aligned pictures [N, 256, 256, 3] → what the AU reader sees in them."""
    batches = (pictures[k : k + BATCH] for k in range(0, len(pictures), BATCH))
    read = [read_all(reader, as_tensor(batch)) for batch in batches]
    return Shown(*(np.concatenate([batch[k] for batch in read]) for k in (0, 1)))


def through_camera(pictures: Pictures) -> Pictures:
    """The same faces as a camera might have seen them, framed a little wrong as well."""
    generator = np.random.default_rng(SEED)
    return np.stack([photographed(picture, generator) for picture in pictures])


def agreement(read: Shown, truth: Shown) -> dict[int, float | None]:
    """Unit → ICC(3,1), for the units that the truth shows; None where that says nothing."""
    return {
        unit: known(intraclass_correlation(read.aus[:, column], truth.aus[:, column]))
        for unit, column in AU_INDEX.items()
        if len(truth.aus) > 1 and truth.aus[:, column].any()
    }


def angle_figures(read: Shown, truth: Shown) -> dict[str, dict[str, float | None]]:
    """Angle → mean absolute error in degrees, and correlation with the truth."""
    figures: dict[str, dict[str, float | None]] = {}
    for column, name in enumerate(ANGLE_NAMES):
        a, b = read.angles[:, column], truth.angles[:, column]
        varies = len(a) > 1 and np.ptp(a) > 0 and np.ptp(b) > 0  # of equal numbers, std need not be 0
        correlation = rounded(np.corrcoef(a, b)[0, 1]) if varies else None
        figures[name] = {"degrees": rounded(np.abs(a - b).mean()), "correlation": correlation}
    return figures


def mean_agreement(of_units: Mapping[int, float | None]) -> float | None:
    """Over UNITS, those that say something."""
    found = [value for unit in UNITS if (value := of_units.get(unit)) is not None]
    return rounded(sum(found) / len(found)) if found else None


# --- the part -----------------------------------------------------------------------------------------------


def measure_units(material: Material) -> Part:
    """The AU reader on renders of people never seen, on the same through a camera, and drawn again."""
    reader, seen = material.au_reader, material.held_out
    truth = Shown.truly(seen)
    pairs = {
        RENDERS: (read_faces(reader, seen.pictures), truth),
        CAMERA: (read_faces(reader, through_camera(seen.pictures)), truth),
    }
    people = len(set(seen.people))
    notes = [f"MTCNN finds a readable face in {len(seen.pictures)} of {seen.num_looked_at} held-out renders"]
    try:
        rows, pictures = drawn_again(material)
        notes.append(
            f"… and in {len(rows)} of {len(seen.pictures)} that the generator drew from their factors"
        )
        if len(rows):
            pairs[DRAWN] = (read_faces(reader, pictures), truth.only(rows))
    except SkippedError as reason:
        notes.append(f"drawn from factors: skipped, {reason}")
    of_units = {name: agreement(read, true) for name, (read, true) in pairs.items()}
    of_angles = {name: angle_figures(read, true) for name, (read, true) in pairs.items()}
    counts = {unit: int((truth.aus[:, column] > 0).sum()) for unit, column in AU_INDEX.items()}
    lines = [*notes, "", *unit_lines(of_units, counts), "", *angle_lines(of_angles)]
    figures = {
        "pictures": len(seen.pictures),
        "pictures_looked_at": seen.num_looked_at,
        "people": people,
        "icc": {name: {au_label(unit): icc for unit, icc in own.items()} for name, own in of_units.items()},
        "mean_icc_of_16": {name: mean_agreement(own) for name, own in of_units.items()},
        "angles": of_angles,
        "notes": notes,
    }
    title = f"AU reader: {len(seen.pictures)} renders of {people} people never seen; ICC(3,1) with the truth"
    return Part(title, figures, lines)


def drawn_again(material: Material) -> tuple[NDArray[np.int64], Pictures]:
    """The held-out renders as the generator draws them from their factors → which were found, aligned."""
    seen = material.held_out
    drawn = rendered(material.fitted, seen.cast.factors, ALIGNED_PX, "drawn from factors")
    return aligned_faces(material.finder, drawn, "faces, drawn")


def unit_lines(of_units: Mapping[str, Mapping[int, float | None]], counts: Mapping[int, int]) -> list[str]:
    """A row a unit, UNITS first, then the others that are shown; a mark where less than wanted."""
    others = [unit for unit in ACTION_UNITS if unit not in UNITS and counts[unit]]
    header = ("", "shown in", *(f"{name}     " for name in of_units))
    rows: list[list[object]] = []
    for unit in (*UNITS, *others):
        cells = [_marked(own.get(unit), WANTED.get(name)) for name, own in of_units.items()]
        rows.append([f"{au_label(unit)} {AU_NAMES[unit]}", counts[unit], *cells])
    means = [_marked(mean_agreement(own), None) for own in of_units.values()]
    lines = table(header, [*rows, ["mean of the first 16", None, *means]])
    return [*lines[: len(UNITS) + 1], "", *lines[len(UNITS) + 1 :]]


def _marked(icc: float | None, wanted: float | None) -> str:
    if icc is None:
        return "–     "
    return f"{icc:.3f} " + (f"< {wanted:.1f}" if wanted is not None and icc < wanted else " " * 5)


def angle_lines(of_angles: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    header = ("", *(f"{name}, {what}" for name in of_angles for what in ("error °", "correlation")))
    rows = [
        [angle, *(value for own in of_angles.values() for value in own[angle].values())]
        for angle in ANGLE_NAMES
    ]
    return table(header, rows)
