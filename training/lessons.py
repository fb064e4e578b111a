"""Batches for the pseudo-autoencoder: pairs of a subject's pictures, and what can be made of them.

As published, a lesson is an ordered pair (S, T). Two things can be added, each a share of the batch:

    interrupted   the way sets out from between two of the subject's pictures, and ends on the way to a third:
                  intensities and action units of any size, as the portrait meets them
    transplanted  somebody else makes the same move: w_S and w_T are carried to a person of random z
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import torch
from torch import Tensor

from training.dataset import Expressions

MOST_SUBJECTS_PICTURES: Final = 128


class Lesson(NamedTuple):
    """N ways to be learned."""

    source: Tensor  # [N, num_ws, w_dim]
    moves: Tensor  # [N, 50]
    target: Tensor  # [N, num_ws, w_dim]


@dataclass(frozen=True, slots=True)
class Additions:
    """Shares of a batch, in [0, 1], and weights in the loss."""

    interrupted: float = 0.0
    transplanted: float = 0.0
    cycle: float = 0.0  # weight of ‖A(A(w, u), −u) − w‖
    composition: float = 0.0  # weight of ‖A(A(w, u₁), u₂) − A(w, u₁ + u₂)‖


class Lessons:
    """Draws lessons from expressions; the dice are its own."""

    def __init__(self, shown: Expressions, additions: Additions, people: Tensor | None, seed: int) -> None:
        """`people` [M, num_ws, w_dim]: latents of random z, for transplanting."""
        self.shown, self.additions, self.people = shown, additions, people
        self.pairs = shown.pairs()
        self.dice = torch.Generator().manual_seed(seed)

    @cached_property
    def mates(self) -> tuple[Tensor, Tensor]:
        return _mates(self.shown)

    @cached_property
    def rest(self) -> Tensor:
        return _at_rest(self.shown)

    def epoch(self, batch: int, num: int | None) -> list[Tensor]:
        """The pairs' rows in random order, at most `num` of them, in batches."""
        order = torch.randperm(len(self.pairs), generator=self.dice)[:num]
        return list(order.split(batch))

    def lesson(self, chosen: Tensor) -> Lesson:
        """The pairs of these rows, and what is added to them."""
        source, target = self.pairs[chosen].unbind(1)
        lesson = Lesson(self.shown.ws[source], self.shown.moves(source, target), self.shown.ws[target])
        lesson = self._interrupted(lesson, source)
        return self._transplanted(lesson, source)

    def _share(self, num: int, share: float) -> Tensor:
        return torch.rand(num, generator=self.dice) < share

    def _interrupted(self, lesson: Lesson, source: Tensor) -> Lesson:
        """Some ways begin part-way to another picture, and end part-way to their own."""
        if not self.additions.interrupted:
            return lesson
        num = len(source)
        mates, num_mates = self.mates
        mate = mates[source, (torch.rand(num, generator=self.dice) * num_mates[source]).long()]
        is_cut = self._share(num, self.additions.interrupted)
        begun, ended = (torch.rand(num, generator=self.dice) for _ in range(2))
        begun = torch.where(is_cut, begun, 0.0)[:, None]
        ended = torch.where(is_cut, ended.sqrt(), 1.0)[:, None]  # rather far than near
        here = lesson.source.lerp(self.shown.ws[mate], begun[..., None])
        moves = lesson.moves - begun * self.shown.moves(source, mate)
        return Lesson(here, ended * moves, here.lerp(lesson.target, ended[..., None]))

    def _transplanted(self, lesson: Lesson, source: Tensor) -> Lesson:
        if not self.additions.transplanted or self.people is None:
            return lesson
        somebody = torch.randint(len(self.people), (len(source),), generator=self.dice)
        is_moved = self._share(len(source), self.additions.transplanted)[:, None, None]
        shift = (self.people[somebody] - self.rest[source]) * is_moved
        return lesson._replace(source=lesson.source + shift, target=lesson.target + shift)


def _mates(shown: Expressions) -> tuple[Tensor, Tensor]:
    """Of each picture: the rows of its subject's pictures [N, 128], padded, and how many they are [N]."""
    mates = torch.zeros(len(shown), MOST_SUBJECTS_PICTURES, dtype=torch.long)
    num_mates = torch.ones(len(shown), dtype=torch.long)
    for rows in shown.rows_by_subject().values():
        kept = torch.tensor(rows[:MOST_SUBJECTS_PICTURES])
        mates[rows, : len(kept)] = kept
        num_mates[rows] = len(kept)
    return mates, num_mates


def _at_rest(shown: Expressions) -> Tensor:
    """Of each picture: its subject's latent with the fewest action units [N, num_ws, w_dim]."""
    rest = torch.empty_like(shown.ws)
    effort = shown.aus.sum(1)
    for rows in shown.rows_by_subject().values():
        calmest = min(rows, key=lambda row: float(effort[row]))
        rest[rows] = shown.ws[calmest]
    return rest
