"""Projections to look at before believing a figure: renders of people never seen, and photographs."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.pictures import ALIGNED_PX
from models.pseudo_autoencoder import PseudoAutoencoder
from training.evaluation.expressions import category_units
from training.evaluation.faces import Pictures, resized
from training.evaluation.readers.material import Material, aligned_faces
from training.evaluation.readers.projections import make_all
from training.evaluation.readers.scene import at_home, drawn
from training.evaluation.readers.units import read_faces
from training.evaluation.readers.who import spread
from training.evaluation.report import Part, SkippedError
from training.evaluation.sheets import grid, labelled, write_jpeg

FILE: Final = "projections.jpg"
GESTURES: Final = {"at rest": "neutral", "happy": "happy", "surprised": "surprised", "sad": "sad"}


def measure_sheet(material: Material) -> Part:
    """A row a face: as it is, the nearest, projected, in the portrait's scene, and moved there."""
    if material.sheets is None:
        raise SkippedError("no folder for it: name one with --sheets")
    faces, notes = faces_shown(material)
    made = make_all(material, faces, "sheet")
    columns = {"aligned": faces, **made.pictures, **expressions(material, at_home(material, made.usual))}
    rows = [np.stack([pictures[k] for pictures in columns.values()]) for k in range(len(faces))]
    path = material.sheets / FILE
    write_jpeg(path, labelled(grid(rows), list(columns)))
    return Part("Sheet of projections", {"file": str(path), "notes": notes}, [*notes, str(path)])


def faces_shown(material: Material) -> tuple[Pictures, list[str]]:
    """Held-out renders of as many people, aligned, and the photographs; and what is left out."""
    everybody = material.held_out.one_of_everybody().pictures
    faces = everybody[spread(np.arange(len(everybody)), material.amounts.sheet)]
    try:
        _, photographs = aligned_faces(material.finder, material.photographs.values(), "photographs")
    except SkippedError as reason:
        return faces, [f"photographs: skipped, {reason}"]
    return np.concatenate([faces, photographs]), []


@torch.inference_mode()
def expressions(material: Material, home: NDArray[np.float32]) -> dict[str, Pictures]:
    """Projections in the portrait's scene, ws [N, num_ws, w_dim]: as they are, and A(w, a_T − a₀)."""
    own = np.stack([resized(picture, ALIGNED_PX) for picture in drawn(material.generator, home)])
    aus = torch.from_numpy(np.asarray(read_faces(material.au_reader, own).aus, np.float32))  # a₀
    model: PseudoAutoencoder = material.pseudo_autoencoder.model
    targets = category_units()
    latents = {"home's scene": home} | {
        label: model(torch.from_numpy(home), targets[category] - aus).numpy()
        for label, category in GESTURES.items()
    }
    return {
        label: np.stack([resized(picture, ALIGNED_PX) for picture in drawn(material.generator, own)])
        for label, own in latents.items()
    }
