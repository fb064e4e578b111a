"""The portrait: who it is, what it expresses now, and the straight line to what it expresses next.

Transitions are linear in the latent, w(α) = w_S + (w_T − w_S)·α (Aranda et al.), from the present face
directly to the next: neither the latent nor the AU state ever passes by neutral on the way, unless neutral is
where it goes.
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
    """What the portrait asks for targets: the pseudo-autoencoder A(w, u)."""

    def predict(self, ws: Latent, u: Sequence[float]) -> Latent: ...


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the portrait stands at an instant: its latent, and its AU state of 43 intensities in [0, 1]."""

    ws: Latent
    aus: tuple[float, ...]


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
        return Pose(ws, blend(self.source.aus, self.target.aus, a))


class Portrait:
    """A person: the anchor w₀ with the AU state a₀ it was seen in, and the transition under way."""

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
        """Set out for the phrase's target from wherever the portrait is at its start, part-way included."""
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
        return Pose(pose.ws + np.tensordot(strengths, self.life, axes=1), pose.aus)


def with_unit(aus: Sequence[float], unit: int) -> tuple[float, ...]:
    """The AU state with one unit fully on."""
    return tuple(1.0 if index == AU_INDEX[unit] else value for index, value in enumerate(aus))


def expressed(model: TargetModel, start: Pose, aus: tuple[float, ...]) -> Pose:
    """The same person with another AU state: ŵ_T = A(w_S, a_T − a_S)."""
    return Pose(model.predict(start.ws, delta(start.aus, aus)), aus)


def delta(source: Sequence[float], target: Sequence[float]) -> tuple[float, ...]:
    """The dynamic vector u = a_T − a_S: +1 switched on, 0 no change, −1 switched off, and all between."""
    return tuple(t - s for s, t in zip(source, target, strict=True))
