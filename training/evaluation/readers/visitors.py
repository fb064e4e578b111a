"""Would a visitor be known? Projections as the visitor mode makes them: few steps, in the portrait's light.

Each is looked for among a hundred other people; beside it stands the training picture nearest to the face,
the best that could be had without projection. Renders of people never seen, then photographs.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tqdm import tqdm

from models.projection import Projection, project
from training.evaluation.distances import l1, measured
from training.evaluation.faces import Pictures
from training.evaluation.readers.likeness import medians, rank_rows
from training.evaluation.readers.material import Material, aligned_faces, known
from training.evaluation.readers.projections import NEAREST, nearest_pictures, shown
from training.evaluation.readers.sheet import expressions
from training.evaluation.readers.who import NUM_OTHERS, ranks, spread
from training.evaluation.report import Part, SkippedError, table
from training.evaluation.sheets import grid, labelled, write_jpeg

NUM_STEPS: Final = 32  # as the visitor mode takes them
PROJECTED: Final = "projection"
NOBODY: Final = -1  # a person who is not in the gallery
FILE: Final = "visitors.jpg"

Made = dict[str, Pictures]  # maker → [N, 256, 256, 3]


def measure_visitors(material: Material) -> Part:
    """Ranks of projections in the portrait's light: of held-out renders, and of photographs."""
    _ = material.encoder  # without it there is nothing to measure
    seen = material.held_out
    chosen = spread(np.arange(len(seen.pictures)), material.amounts.visitors or len(seen.pictures))
    faces = seen.pictures[chosen]
    projections = projected(material, faces, "renders as visitors")
    made = makers(material, faces, projections)
    distances = medians({name: measured(l1, own, faces) for name, own in made.items()})
    rows = {"L1 in [-1, 1]": distances} | rank_rows(material, chosen, made)
    figures: dict[str, Any] = {"pictures": len(chosen), "renders": rows}
    num_others = min(NUM_OTHERS, len(material.gallery.people) - 1)
    notes = [f"ranks are among {num_others} other people and the right one", *material.witnesses[1]]
    lines = ["", *table(("renders", *made), [[name, *values.values()] for name, values in rows.items()])]
    some = spread(np.arange(len(faces)), material.amounts.sheet)
    faces, projections = faces[some], [projections[row] for row in some]
    try:
        names, photographs = list(material.photographs), material.photographs.values()
        found, aligned = aligned_faces(material.finder, photographs, "photographs")
        own = projected(material, aligned, "photographs as visitors")
        figures["photographs"] = photograph_ranks(material, aligned, makers(material, aligned, own))
        lines += ["", *photograph_lines([names[row] for row in found], figures["photographs"])]
        faces, projections = np.concatenate([faces, aligned]), projections + own
    except SkippedError as reason:
        notes.append(f"photographs: skipped, {reason}")
    if material.sheets is not None:
        lines += ["", str(written_sheet(material, faces, projections, material.sheets / FILE))]
    title = (
        f"Visitors: {len(chosen)} renders of people never seen, {NUM_STEPS} steps, in the portrait's light"
    )
    return Part(title, figures | {"notes": notes}, [*notes, *lines])


def projected(material: Material, faces: Pictures, label: str) -> list[Projection]:
    """Aligned faces as the visitor mode projects them."""
    home = material.home
    return [
        project(face, material.generator, material.encoder, NUM_STEPS, home, torch.bfloat16)
        for face in tqdm(faces, label, mininterval=5)
    ]


def makers(material: Material, faces: Pictures, projections: list[Projection]) -> Made:
    """What is compared: the nearest training picture, and the projection."""
    own = np.stack([shown(projection) for projection in projections])
    return {NEAREST: nearest_pictures(material, faces), PROJECTED: own}


# --- photographs --------------------------------------------------------------------------------------------

Ranks = dict[str, list[float | None]]  # who is looked for → the rank of each photograph's


def photograph_ranks(material: Material, faces: Pictures, made: Made) -> dict[str, Ranks]:
    """By each witness, for each maker: the face looked for by what was made of it, and back."""
    people = np.full(len(faces), NOBODY)
    rows: dict[str, Ranks] = {}
    for witness, describe in material.witnesses[0].items():
        true = describe(faces)
        rows[witness] = {}
        for maker, pictures in made.items():
            codes = describe(pictures)
            there = ranks(witness, codes, true, people, material.gallery)
            back = ranks(witness, true, codes, people, material.gallery)
            rows[witness][f"{maker} → photograph"] = [known(rank) for rank in there]
            rows[witness][f"photograph → {maker}"] = [known(rank) for rank in back]
    return rows


def photograph_lines(names: list[str], rows: Mapping[str, Ranks]) -> list[str]:
    cells = [[f"{witness}, {way}", *found] for witness, own in rows.items() for way, found in own.items()]
    return table(("rank", *names), cells)


# --- the sheet ----------------------------------------------------------------------------------------------


def written_sheet(material: Material, faces: Pictures, projections: list[Projection], path: Path) -> Path:
    """A row a face: as it is, the nearest picture, its projection at home, and its expressions there."""
    columns = {"face": faces, NEAREST: nearest_pictures(material, faces)}
    columns |= expressions(material, np.stack([projection.ws for projection in projections]))
    rows = [np.stack([pictures[k] for pictures in columns.values()]) for k in range(len(faces))]
    write_jpeg(path, labelled(grid(rows), list(columns)))
    return path
