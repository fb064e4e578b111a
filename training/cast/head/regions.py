"""Where cheek, nose, lid … lie: soft masks on the fine skin, drawn in the front view of the average head."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.spatial import cKDTree

from training.cast.head.mesh import Floats, smoothstep
from training.cast.head.model import HeadModel


@dataclass(frozen=True, eq=False)
class Regions:
    """Masks [n], 0 outside, about 1 inside."""

    lips: Floats
    cavity: Floats  # inside the mouth
    cheek: Floats
    nose: Floats  # its tip
    chin: Floats
    ear: Floats
    socket: Floats  # under the eye and beside the nose's root
    lid: Floats  # the upper one
    lid_rim: Floats  # around the eye's opening
    t_zone: Floats  # forehead, nose and chin, where skin shines
    pores: Floats  # where they are wide: nose, inner cheeks, forehead, chin
    lash_line: Floats  # skin from which the upper lashes grow
    mouth_corner: Floats  # off the mouth's middle

    @classmethod
    def of(cls, model: HeadModel) -> Self:
        x, y, z = model.canonical.T
        x = np.abs(x)

        def spot(centre: tuple[float, float], size: tuple[float, float], power: int = 2) -> Floats:
            """A soft spot in front view, on both sides: centre and half size in x and z, m."""
            offset = (np.abs(x - centre[0]) / size[0]) ** power + (np.abs(z - centre[1]) / size[1]) ** power
            return np.asarray(np.exp(-offset) * (y < -0.07))

        return cls(
            lips=model.lips,
            cavity=model.cavity,
            cheek=spot((0.044, 0.692), (0.020, 0.017)),
            nose=spot((0, 0.690), (0.013, 0.010)) * (y < -0.135),
            chin=spot((0, 0.632), (0.016, 0.010)),
            ear=smoothstep(0.074, 0.079, x) * (z > 0.68) * (z < 0.745) * (y > -0.075),
            socket=spot((0.030, 0.7165), (0.014, 0.0055)) + 0.7 * spot((0.021, 0.731), (0.007, 0.008)),
            lid=spot((0.031, 0.7375), (0.016, 0.0045)),
            lid_rim=spot((0.031, 0.7275), (0.0175, 0.0065), power=4) * (y > -0.1425),
            t_zone=spot((0, 0.770), (0.030, 0.025))
            + spot((0, 0.705), (0.010, 0.03))
            + 0.6 * spot((0, 0.632), (0.014, 0.01)),
            pores=np.clip(
                spot((0, 0.694), (0.020, 0.016))
                + spot((0.024, 0.694), (0.016, 0.016))
                + 0.7 * spot((0, 0.775), (0.040, 0.018))
                + 0.5 * spot((0, 0.632), (0.018, 0.012)),
                0,
                1,
            ),
            lash_line=lash_line(model),
            mouth_corner=smoothstep(0.014, 0.022, x),
        )


def lash_line(model: HeadModel) -> Floats:
    """How near the fine skin [n] is to the upper lashes: 1 at their roots, 0 from 2.2 mm on."""
    strips = [model.faces[f"{side}-eyelashes-2"] for side in ("l", "r")]
    lashes = model.template[np.unique(np.concatenate(strips))]
    x, y, z = model.canonical.T
    near_eye = np.flatnonzero((np.abs(np.abs(x) - 0.031) < 0.025) & (np.abs(z - 0.7275) < 0.02) & (y < -0.09))
    line = np.zeros(len(model.canonical))
    line[near_eye] = smoothstep(0.0022, 0.0006, cKDTree(lashes).query(model.canonical[near_eye])[0])
    return line
