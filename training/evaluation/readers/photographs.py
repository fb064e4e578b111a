"""What the AU reader sees in photographs of people who do exist; nobody knows the truth, but one can look."""

from collections.abc import Sequence
from typing import Any, Final

from models.action_units import ACTION_UNITS, AU_INDEX, AU_NAMES, au_label
from models.alignment import FaceError, align
from models.au_reader import Reading, likeliest_category
from training.evaluation.readers.material import Material
from training.evaluation.report import Part, rounded

NUM_STRONGEST: Final = 6
LIDS, SMILE = (43, 41, 42), (12, 6, 25)


def measure_photographs(material: Material) -> Part:
    """Each photograph through the code that visitors' photographs take."""
    reader = material.au_reader
    figures: dict[str, Any] = {}
    lines: list[str] = []
    for name, image in material.photographs.items():
        try:
            reading = reader.read(align(image, material.finder).image)
        except FaceError as error:
            lines.append(f"{name}: {error}")
            continue
        figures[name] = figures_of(reading)
        lines += described(name, reading)
    return Part("Photographs, as the AU reader sees them", figures, lines)


def figures_of(reading: Reading) -> dict[str, Any]:
    units = {au_label(unit): rounded(value) for unit, value in zip(ACTION_UNITS, reading.aus, strict=True)}
    angles = {"yaw": rounded(reading.yaw), "pitch": rounded(reading.pitch)}
    return {
        "category": likeliest_category(reading.aus),
        "units": units,
        **angles,
        "gaze": [rounded(angle) for angle in reading.gaze],
    }


def described(name: str, reading: Reading) -> list[str]:
    """Five lines: the category, the strongest units, lids, smile, and where the face is turned."""
    strongest = sorted(zip(reading.aus, ACTION_UNITS, strict=True), reverse=True)[:NUM_STRONGEST]
    named = ", ".join(f"{au_label(unit)} {AU_NAMES[unit]} {value:.2f}" for value, unit in strongest)
    x, y = reading.gaze
    return [
        f"{name}: {likeliest_category(reading.aus).replace('_', ' ')}",
        f"  strongest: {named}",
        f"  lids: {_listed(reading, LIDS)}",
        f"  smile: {_listed(reading, SMILE)}",
        f"  yaw {reading.yaw:+.1f}°, pitch {reading.pitch:+.1f}°; gaze {x:+.1f}° right, {y:+.1f}° up",
    ]


def _listed(reading: Reading, units: Sequence[int]) -> str:
    return ", ".join(f"{au_label(unit)} {AU_NAMES[unit]} {reading.aus[AU_INDEX[unit]]:.2f}" for unit in units)
