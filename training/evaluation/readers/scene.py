"""Does a visitor sit in the portrait's own light? The border of a projection before and after it is moved."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.projection import Projection, taken_home
from models.stylegan2 import Generator
from training.evaluation.faces import Pictures
from training.evaluation.people import pictures_of
from training.evaluation.readers.material import HOME_PERSON, HOME_PSI, Material
from training.evaluation.report import rounded

BORDER: Final = 1 / 16  # of the picture, at the top and beside the upper half: below it are shoulders


@torch.inference_mode()
def at_home(material: Material, projections: Sequence[Projection]) -> NDArray[np.float32]:
    """Their ws [N, num_ws, w_dim] in the light and before the backdrop of the house's portrait."""
    ws = torch.from_numpy(np.stack([projection.ws for projection in projections]))
    scenes = torch.from_numpy(np.stack([projection.scene for projection in projections]))
    home = torch.from_numpy(material.home)[None]
    return np.asarray(taken_home(ws, scenes, home, material.encoder).ws.numpy(), np.float32)


def drawn(generator: Generator, ws: NDArray[np.float32]) -> Pictures:
    """ws [N, num_ws, w_dim] → [N, R, R, 3]."""
    return pictures_of(generator, torch.from_numpy(ws))


def border(pictures: Pictures) -> NDArray[np.float64]:
    """[N, R, R, 3] → [N, P, 3] in [-1, 1]: the places that show backdrop."""
    size = pictures.shape[1]
    width = max(1, round(BORDER * size))
    mask = np.zeros((size, size), bool)
    mask[:width] = True
    mask[: size // 2, :width] = mask[: size // 2, -width:] = True
    return pictures[:, mask] / 127.5 - 1


def scene_figures(material: Material, projections: Sequence[Projection]) -> dict[str, Any]:
    """How far projections' borders are from the house's, as they are and moved there."""
    ws = np.stack([projection.ws for projection in projections])
    wanted = border(drawn(material.generator, material.home[None]))
    before, moved = (
        np.abs(border(drawn(material.generator, own)) - wanted).mean((1, 2))
        for own in (ws, at_home(material, projections))
    )
    return {"before": rounded(np.median(before)), "in_its_scene": rounded(np.median(moved))}


def scene_line(figures: dict[str, Any]) -> str:
    return (
        f"the border's L1 from that of the house's portrait (person {HOME_PERSON}, ψ = {HOME_PSI}): "
        f"{figures['before']:.3f} as projected, {figures['in_its_scene']:.3f} in its scene"
    )
