"""Actions of the face that ARKit has no name for, made of what the head data have."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.cast.head.mesh import Floats, Quads
from training.cast.shapes import SHAPE_LABELS

# Bulges of a clenched jaw, soft spots: centre on the left, its half sizes, and its height, m.
MASSETER: Final = ((0.058, -0.072, 0.664), (0.013, 0.022, 0.018), 0.0068)
TEMPORALIS: Final = ((0.064, -0.085, 0.775), (0.020, 0.016, 0.014), 0.0030)
BULGE_OUTWARDS: Final = (0.88, -0.35, 0.0)  # on the left

TONGUE_UP: Final = 0.014  # m, of its tip when it is out
TONGUE_LEFT: Final = 0.011


def further_actions(
    template: Floats,
    faces: Mapping[str, Quads],
    raised: NDArray[np.float32],
    lowered: NDArray[np.float32],
    actions: Mapping[str, Floats],
) -> dict[str, Floats]:
    """Displacements [m, 3] at weight 1, m; the arguments as in HeadModel, `actions` those of ARKit."""
    flaring, width = (SHAPE_LABELS.index(f"nose-{shape}-incr") for shape in ("flaring", "nostrils-width"))
    tip = _tongue_tip(faces["tongue"], actions["tongueOut"])[:, None]
    return {
        "cheekSuck": -0.62 * actions["cheekPuff"],
        "jawClench": _clench(template, faces["skin"]),
        "nostrilCompress": lowered[flaring].astype(np.float64) + 0.8 * lowered[width],
        "nostrilDilate": 0.45 * raised[flaring].astype(np.float64) + 0.32 * raised[width],
        "tongueLeft": tip * [TONGUE_LEFT, 0, 0],
        "tongueUp": tip * [0, 0, TONGUE_UP],
    }


def _clench(template: Floats, skin: Quads) -> Floats:
    """The chewing muscles stand out."""
    mirrored = np.abs(template * [1, 0, 0]) + template * [0, 1, 1]  # on the left
    height = np.zeros(len(template))
    for centre, size, bulge in (MASSETER, TEMPORALIS):
        height += bulge * np.exp(-(((mirrored - centre) / size) ** 2).sum(1))
    is_skin = np.zeros(len(template))
    is_skin[np.unique(skin)] = 1
    sides = np.stack([np.sign(template[:, 0]), np.ones(len(template)), np.ones(len(template))], 1)
    return np.asarray((height * is_skin)[:, None] * sides * BULGE_OUTWARDS)


def _tongue_tip(tongue: Quads, tongue_out: Floats) -> Floats:
    """[m], 1 at the tip, falling to 0 at the tongue's root: what comes out furthest is the tip."""
    vertices = np.unique(tongue)
    reach = np.zeros(len(tongue_out))
    reach[vertices] = np.linalg.norm(tongue_out[vertices], axis=1)
    return np.asarray((reach / max(reach.max(), 1e-9)) ** 2)
