"""The portrait: who it is, what it expresses now, and the way to what it expresses next.

    w = A(w₀, a − a₀, c − c₀)                        `expressive`: the face that the units on their way show
    w = w_S + (w_T − w_S)·α                          `linear`, `chained`: the straight line of Aranda et al.
    w + A(w₀, a' − a₀, c' − c₀) − A(w₀, a − a₀, c − c₀)    what a hand makes of it
    w + A(w₀, l) − A(w₀, 0)                          the small life l, laid over either

from the present face directly to the next: neither the latent nor the AU state ever passes by neutral on the
way, unless neutral is where it goes. Every target is computed from the anchor (w₀, a₀, c₀), so that what A
gets wrong does not add up; from the latest latent, as published, where the score is chained. One person
turns into another by moving the anchor.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from installation.ports import Latent
from installation.score.choreography import Who
from installation.score.hand import Held, with_hand
from installation.score.life import Movement
from installation.score.motion import RIVALS, Path, path_of
from installation.score.phrase import Phrase
from installation.score.slumber import drowsy
from installation.score.transition import alpha, between
from models.action_units import ACTION_UNITS, AU_INDEX, NEUTRAL, NUM_AUS
from models.controls import CONTROLS, changes_to, kept_within, playable

LIDS: Final = (AU_INDEX[43], AU_INDEX[45])
# Part → what leaves it no room: itself, what it cannot hold together with, and of the lids both their units.
TAKEN_BY: Final = tuple(
    tuple({part, *RIVALS[part], *(LIDS if part in LIDS else ())}) for part in range(NUM_AUS)
)
NOTHING: Final = np.zeros((), np.float32)
GAZE: Final = (CONTROLS.index("gaze_x"), CONTROLS.index("gaze_y"))


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
class Morph:
    """From one anchor to another, in a straight line: somebody turns into somebody else."""

    source: Pose
    target: Pose
    start_ns: int
    fade_ns: int

    def at(self, t_ns: int) -> Pose:
        share = alpha("smoothstep", t_ns - self.start_ns, self.fade_ns)
        if share <= 0:
            return self.source
        return self.target if share >= 1 else blend(self.source, self.target, share)


def blend(source: Pose, target: Pose, share: float) -> Pose:
    """The pose on the straight way from one to the other."""
    ws = source.ws + (target.ws - source.ws) * np.float32(share)
    aus = tuple(between(s, t, share) for s, t in zip(source.aus, target.aus, strict=True))
    controls = tuple(between(s, t, share) for s, t in zip(source.controls, target.controls, strict=True))
    return Pose(ws, aus, controls)


@dataclass(frozen=True, slots=True)
class Transition:
    """From one face to the next. The path's parts are the AU state, and the changes of the person's
    controls.
    """

    path: Path
    anchor: Pose  # at the start
    start_ns: int
    onset_ns: int
    line: tuple[Latent, Latent] | None  # (w_S, w_T) of a straight way in the latent
    leftover: Latent  # by how much what was before has left the latent elsewhere than this puts it: it fades

    def alpha_at(self, t_ns: int) -> float:
        """How far a straight way has come, in [0, 1]."""
        return alpha(self.path.ease, t_ns - self.start_ns, self.onset_ns)


def at_rest(anchor: Pose, parts: tuple[float, ...], ws: Latent) -> Transition:
    """Nowhere: a face that stays as it is."""
    phrase = Phrase(-1, "", "", parts[:NUM_AUS], 0, 0, 0, "linear")
    return Transition(path_of(phrase, parts, parts), anchor, 0, 0, (ws, ws), NOTHING)


def on_line(source: Latent, target: Latent, a: float) -> Latent:
    """w_S + (w_T − w_S)·α, exact at both ends."""
    if a <= 0:
        return source
    return target if a >= 1 else source + (target - source) * np.float32(a)


class Portrait:
    """Somebody with a face: the anchor, the AU state, and the transition under way.

    `people` are all whom the score may name; `who` is the first to be there. Controls that are not `learned`
    stay as they are, and so do units that are not, where a hand moves them.
    """

    def __init__(
        self,
        model: TargetModel,
        people: Mapping[Who, Pose],
        who: Who,
        learned: Collection[str] = CONTROLS,
        learned_units: Collection[int] = ACTION_UNITS,
    ) -> None:
        self.model = model
        self.people = dict(people)
        self.learned_units = tuple(unit for unit in ACTION_UNITS if unit in learned_units)
        self.learned_controls = tuple(name for name in CONTROLS if name in learned)
        self._learned = frozenset(learned)
        self._moved = [float(name in self._learned) for name in CONTROLS]
        anchor = self.people[who]
        self._morph = Morph(anchor, anchor, 0, 0)
        self._still: tuple[Pose | None, Latent] = None, anchor.ws  # an anchor, and A(w₀, 0)
        self._transition = at_rest(anchor, (*anchor.aus, *(0.0,) * len(CONTROLS)), anchor.ws)
        self._is_chain_cut = False  # the latest latent is, in part, of somebody who is forgotten

    # --- where it is

    def aus_at(self, t_ns: int) -> tuple[float, ...]:
        """The AU state at show time `t_ns`: 43 intensities in [0, 1]."""
        return self._transition.path.at(t_ns)[:NUM_AUS]

    def at(self, t_ns: int) -> Pose:
        """The pose at show time `t_ns`, a function of time alone: the same at any frame rate."""
        transition, anchor = self._transition, self._morph.at(t_ns)
        parts, share = transition.path.at(t_ns), transition.alpha_at(t_ns)
        aus, changes = parts[:NUM_AUS], parts[NUM_AUS:]
        if transition.line:
            ws = on_line(*transition.line, share)
            if anchor is not transition.anchor:  # turning into somebody: by as much as that changes this face
                ws = ws + self._between(transition.anchor, anchor, parts)
        else:
            ws = self._expressed(anchor, parts)
        if share < 1 and transition.leftover is not NOTHING:
            ws = ws + transition.leftover * np.float32(1 - share)
        controls = tuple(own + change for own, change in zip(anchor.controls, changes, strict=True))
        return Pose(ws, aus, controls)

    def _expressed(self, anchor: Pose, parts: Sequence[float]) -> Latent:
        """A(w₀, a − a₀, c − c₀)."""
        return self.model.predict(anchor.ws, delta(anchor.aus, parts[:NUM_AUS]), parts[NUM_AUS:])

    def _between(self, one: Pose, other: Pose, parts: Sequence[float]) -> Latent:
        """By how much the latents of two anchors differ where both show the same."""
        return self._expressed(other, parts) - self._expressed(one, parts)

    # --- where it goes

    def begin(self, phrase: Phrase) -> float:
        """Set out for the phrase's target from wherever the portrait is at its start, part-way included.

        → by how many degrees that turns the eyes.
        """
        now, anchor = self.at(phrase.start_ns), self._morph.at(phrase.start_ns)
        source = self._transition.path.at(phrase.start_ns)
        target = (*phrase.target, *self.changes(phrase, anchor))
        path = path_of(phrase, source, target)
        line, leftover = None, NOTHING
        if phrase.motion == "chained":
            change = delta(source, target)
            latest = self._expressed(anchor, source) if self._is_chain_cut else now.ws
            line = now.ws, self.model.predict(latest, change[:NUM_AUS], change[NUM_AUS:])
        elif phrase.motion == "linear":
            line = now.ws, self._expressed(anchor, target)
        else:
            leftover = now.ws - self._expressed(anchor, source)
        self._transition = Transition(path, anchor, phrase.start_ns, phrase.onset_ns, line, leftover)
        self._is_chain_cut = False
        return math.hypot(*(target[NUM_AUS + part] - source[NUM_AUS + part] for part in GAZE))

    def changes(self, phrase: Phrase, anchor: Pose) -> tuple[float, ...]:
        """What a phrase changes of a person's own controls: those that the gesture names, and the arcs'
        drifts of the others.
        """
        drifting = (name for name in phrase.drifts if name not in phrase.controls)
        drifted = {name: anchor.controls[CONTROLS.index(name)] + phrase.drifts[name] for name in drifting}
        changes = dict(
            zip(CONTROLS, changes_to(playable(phrase.controls, self._learned), anchor.controls), strict=True)
        )
        for name, wanted in playable(drifted, self._learned).items():
            changes[name] = wanted - anchor.controls[CONTROLS.index(name)]
        return tuple(changes.values())

    def stand(self, who: Who, aus: Sequence[float], changes: Sequence[float]) -> None:
        """Before the show begins: be somebody, with that AU state and those changes of their controls, as far
        as they can be played.
        """
        anchor = self.people[who]
        kept = [
            kept_within(name, own, change * moved)
            for name, own, change, moved in zip(CONTROLS, anchor.controls, changes, self._moved, strict=True)
        ]
        parts = (*aus, *kept)
        self._morph = Morph(anchor, anchor, 0, 0)
        self._transition = at_rest(anchor, parts, self._expressed(anchor, parts))

    def become(self, who: Who, start_ns: int, fade_ns: int) -> None:
        """Turn into somebody else, from whoever is there, in that time."""
        self._morph = Morph(self._morph.at(start_ns), self.people[who], start_ns, fade_ns)

    def forget(self, who: Who, t_ns: int) -> None:
        """Keep nothing of somebody who is no longer there: neither their latent nor any made of it. The
        picture goes on as it was.

        Raises:
            ValueError: they are still there.
        """
        gone, anchor = self.people[who], self._morph.at(t_ns)
        if anchor is not self._morph.target or anchor is gone:
            raise ValueError("who is still seen cannot be forgotten")
        now, transition = self.at(t_ns), self._transition
        line = None
        if transition.line:
            w_S, w_T = transition.line
            line = (
                w_S + self._between(transition.anchor, anchor, transition.path.source),
                w_T + self._between(transition.anchor, anchor, transition.path.target),
            )
        del self.people[who]
        self._is_chain_cut = True
        self._morph = Morph(anchor, anchor, 0, 0)
        self._still = None, anchor.ws
        self._transition = replace(transition, anchor=anchor, line=line, leftover=NOTHING)
        share = transition.alpha_at(t_ns)
        if share < 1:  # A is not linear: what that makes of the way fades as the rest of it is gone
            leftover = (now.ws - self.at(t_ns).ws) / np.float32(1 - share)
            self._transition = replace(self._transition, leftover=leftover)

    # --- an operator's hand, and the small life

    def moved(self, pose: Pose, held: Mapping[str, Held], t_ns: int) -> Pose:
        """The pose with what a hand holds of it, w + A(w₀, a' − a₀, c' − c₀) − A(w₀, a − a₀, c − c₀). Parts
        that are not learned stay as they are, and values beyond what faces were shown with are the nearest
        of those.
        """
        anchor = self._morph.at(t_ns)
        units = {
            AU_INDEX[unit]: held[f"AU{unit:02d}"] for unit in self.learned_units if f"AU{unit:02d}" in held
        }
        wanted = playable(
            {name: each.value for name, each in held.items() if name in CONTROLS}, self._learned
        )
        if not units and not wanted:
            return pose
        changes = changes_to(wanted, anchor.controls)
        controls = tuple(
            between(now, own + change, held[name].share) if name in wanted else now
            for name, now, own, change in zip(CONTROLS, pose.controls, anchor.controls, changes, strict=True)
        )
        there = Pose(pose.ws, with_hand(pose.aus, units), controls)
        ws = pose.ws + (self._shown(anchor, there) - self._shown(anchor, pose))
        return Pose(ws, there.aus, controls)

    def _shown(self, anchor: Pose, pose: Pose) -> Latent:
        return self._expressed(anchor, (*pose.aus, *delta(anchor.controls, pose.controls)))

    def alive(self, pose: Pose, life: Movement, t_ns: int, lids: float = 0.0) -> Pose:
        """The pose with the small life added, w + A(w₀, l) − A(w₀, 0), as far as the gesture leaves room for
        it: lids that it has closed are not closed again. While it sleeps its `lids` are shut, in [0, 1].
        """
        anchor = self._morph.at(t_ns)
        aus = [
            strength * (1 - max(pose.aus[part] for part in TAKEN_BY[unit])) if strength else 0.0
            for unit, strength in enumerate(life.aus)
        ]
        aus = drowsy(aus, pose.aus, lids) if lids else aus
        controls = [
            kept_within(name, own, change * moved * (1 - lids))
            for name, own, change, moved in zip(
                CONTROLS, pose.controls, life.controls, self._moved, strict=True
            )
        ]
        ws = pose.ws + (self.model.predict(anchor.ws, aus, controls) - self._at_rest(anchor))
        return Pose(ws, pose.aus, pose.controls)

    def _at_rest(self, anchor: Pose) -> Latent:
        """A(w₀, 0), which is w₀ only if A is residual; computed once for an anchor that stays."""
        if self._still[0] is not anchor:
            self._still = anchor, self.model.predict(anchor.ws, NEUTRAL, (0.0,) * len(CONTROLS))
        return self._still[1]


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
