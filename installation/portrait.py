"""The portrait: who it is, what it expresses now, and the straight line to what it expresses next.

Transitions are linear in the latent, w(α) = w_S + (w_T − w_S)·α (Aranda et al.), from the present face
directly to the next: neither the latent nor the AU state ever passes by neutral on the way, unless neutral is
where it goes. Every target is computed from the anchor, so that what A gets wrong does not add up; from the
latest latent, as published, where the score is chained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from installation.ports import Latent
from installation.score.life import Life
from installation.score.phrase import Phrase
from installation.score.transition import alpha, blend
from models.action_units import AU_INDEX

LID_UNITS = (43, 45)


class TargetModel(Protocol):
    """What the portrait asks for targets: the pseudo-autoencoder A(w, u, c)."""

    def predict(self, ws: Latent, u: Sequence[float], controls: Sequence[float]) -> Latent:
        """`u`: 43 changes of intensity; `controls`: 7 changes in degrees and years."""
        ...

    def read_controls(self, ws: Latent) -> tuple[float, ...]:
        """The 7 controls in degrees and years that a latent shows."""
        ...


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the portrait stands at an instant: its latent, and what it shows there."""

    ws: Latent
    aus: tuple[float, ...]  # AU state: 43 intensities in [0, 1]
    controls: tuple[float, ...]  # 7, in degrees and years, in the order of `models.controls.CONTROLS`


@dataclass(frozen=True, slots=True)
class Transition:
    """From one pose to another: eased, and exact at both ends."""

    source: Pose
    target: Pose
    start_ns: int
    onset_ns: int
    ease: str

    def at(self, t_ns: int) -> Pose:
        a = alpha(self.ease, t_ns - self.start_ns, self.onset_ns)
        if a <= 0:
            return self.source
        if a >= 1:
            return self.target
        ws = self.source.ws + (self.target.ws - self.source.ws) * np.float32(a)
        aus = blend(self.source.aus, self.target.aus, a)
        return Pose(ws, aus, blend(self.source.controls, self.target.controls, a))


class Portrait:
    """A person: the anchor w₀, the AU state a₀ and controls c₀ seen in it, and the transition under way."""

    def __init__(self, model: TargetModel, anchor: Pose) -> None:
        self.model = model
        self.anchor = anchor
        self.transition = Transition(anchor, anchor, 0, 0, "linear")
        still = expressed(model, anchor, anchor.aus).ws
        moved = (expressed(model, anchor, with_unit(anchor.aus, unit)).ws for unit in Life.units)
        self.life = np.stack([ws - still for ws in moved])  # [units, num_ws, 512]: what each unit adds

    def at(self, t_ns: int) -> Pose:
        """The pose at show time `t_ns`, a function of time alone: the same at any frame rate."""
        return self.transition.at(t_ns)

    def begin(self, phrase: Phrase) -> None:
        """Set out for the phrase's target from wherever the portrait is at its start, part-way included.

        A phrase moves action units alone: the controls stay as they are.
        """
        source = self.at(phrase.start_ns)
        target = expressed(self.model, source if phrase.is_chained else self.anchor, phrase.target)
        self.transition = Transition(source, target, phrase.start_ns, phrase.onset_ns, phrase.ease)

    def alive(self, pose: Pose, life: Sequence[float]) -> Pose:
        """The pose with the small life added, intensities of `Life.units`; the gesture stays.

        w + Σ l_k · (A(w₀, e_k) − A(w₀, 0)); lids that the gesture has closed are not closed again.
        """
        openness = 1 - max(pose.aus[AU_INDEX[unit]] for unit in LID_UNITS)
        room = [openness if unit in LID_UNITS else 1.0 for unit in Life.units]
        strengths = np.multiply(life, room).astype(np.float32)
        return Pose(pose.ws + np.tensordot(strengths, self.life, axes=1), pose.aus, pose.controls)


def with_unit(aus: Sequence[float], unit: int) -> tuple[float, ...]:
    """The AU state with one unit fully on."""
    return tuple(1.0 if index == AU_INDEX[unit] else value for index, value in enumerate(aus))


def anchor_at(model: TargetModel, ws: Latent, aus: tuple[float, ...]) -> Pose:
    """An anchor: a latent with the AU state seen in it. Its controls are what the model reads in the latent,
    whoever it is: changes are then counted from where the model that makes them takes the face to be.
    """
    return Pose(ws, aus, model.read_controls(ws))


def expressed(
    model: TargetModel, start: Pose, aus: tuple[float, ...], controls: tuple[float, ...] | None = None
) -> Pose:
    """The same person with another AU state and other controls: ŵ_T = A(w_S, a_T − a_S, c_T − c_S).

    Both are absolute, as in a pose; without controls, they stay.
    """
    turned = start.controls if controls is None else controls
    ws = model.predict(start.ws, delta(start.aus, aus), delta(start.controls, turned))
    return Pose(ws, aus, turned)


def delta(source: Sequence[float], target: Sequence[float]) -> tuple[float, ...]:
    """The dynamic vector u = a_T − a_S: +1 switched on, 0 no change, −1 switched off, and all between.

    Of controls alike, in their own units.
    """
    return tuple(t - s for s, t in zip(source, target, strict=True))
