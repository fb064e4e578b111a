"""Who is taught and who is judged: folds of subjects, categories never taught, and pairs of pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from models.action_units import CATEGORIES
from training.dataset import Expressions, Sample, fold_of
from training.evaluation.transfer.amounts import UNSEEN
from training.fit_pseudo_autoencoder import is_lesson

STUDIO: Final = "studio"
SEEN_TARGET, UNSEEN_TARGET = "taught", "never taught"


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """P pairs (S, T) of subjects whom the fold's models have not seen."""

    source: Tensor  # [P] rows of the expressions
    target: Tensor  # [P]
    folds: tuple[int, ...]
    kinds: tuple[str, ...]  # whether the target's category was taught

    def __len__(self) -> int:
        return len(self.folds)

    def rows(self, kind: str | None = None, fold: int | None = None) -> list[int]:
        """Those of a kind and a fold."""
        return [
            row
            for row in range(len(self))
            if kind in (None, self.kinds[row]) and fold in (None, self.folds[row])
        ]

    def only(self, rows: Sequence[int]) -> "Trials":
        index = _rows(rows)
        return Trials(
            self.source[index],
            self.target[index],
            tuple(self.folds[row] for row in rows),
            tuple(self.kinds[row] for row in rows),
        )


def folds_of(shown: Expressions) -> dict[str, int]:
    """Subject → fold."""
    subjects = shown.subjects
    return {subject: fold_of(subject, subjects) for subject in subjects}


def taught(
    shown: Expressions,
    fold: int,
    *,
    residual: bool,
    num_subjects: int | None = None,
    unseen: Sequence[str] = UNSEEN,
) -> Expressions:
    """What a fold's models learn from: of the other subjects, all but the categories that are held out.

    Of fewer subjects, evenly spaced ones are taken.
    """
    folds = folds_of(shown)
    others = [subject for subject in shown.subjects if folds[subject] != fold]
    if num_subjects is not None:
        places = np.linspace(0, len(others) - 1, min(num_subjects, len(others))).round().astype(int)
        others = [others[place] for place in places]
    chosen = frozenset(others)

    def keep(sample: Sample) -> bool:
        is_taught = sample.subject in chosen and sample.label not in unseen
        return is_taught and is_lesson(sample, residual=residual)

    return shown.only(keep)


def held_out(shown: Expressions, fold: int) -> Expressions:
    """The fold's own subjects, in the categories of the studio."""
    folds = folds_of(shown)
    return shown.only(lambda sample: sample.group == STUDIO and folds[sample.subject] == fold)


def judged(shown: Expressions, num_folds: int, num_seen: int, num_unseen: int) -> Trials:
    """Of every subject some pairs of categories, at random; each target about as often as any other."""
    folds, dice = folds_of(shown), np.random.default_rng(0)
    sources, targets, own_folds, kinds = list[int](), list[int](), list[int](), list[str]()
    queues: dict[str, list[str]] = {SEEN_TARGET: [], UNSEEN_TARGET: []}
    names = {
        SEEN_TARGET: [name for name in CATEGORIES if name not in UNSEEN],
        UNSEEN_TARGET: list(UNSEEN),
    }
    for subject, rows in _studio_rows(shown).items():
        if folds[subject] >= num_folds:
            continue
        for kind, num in ((SEEN_TARGET, num_seen), (UNSEEN_TARGET, num_unseen)):
            for _ in range(num):
                if not queues[kind]:
                    queues[kind] = dice.permutation(names[kind]).tolist()
                target = queues[kind].pop()
                others = [name for name in rows if name not in (target, *UNSEEN)]
                if target in rows and others:
                    sources.append(rows[others[dice.integers(len(others))]])
                    targets.append(rows[target])
                    own_folds.append(folds[subject])
                    kinds.append(kind)
    return Trials(_rows(sources), _rows(targets), tuple(own_folds), tuple(kinds))


def _rows(rows: Sequence[int]) -> Tensor:
    return torch.tensor(rows, dtype=torch.long)


def _studio_rows(shown: Expressions) -> dict[str, dict[str, int]]:
    """Subject → category → row."""
    rows: dict[str, dict[str, int]] = {}
    for row, sample in enumerate(shown.samples):
        if sample.group == STUDIO:
            rows.setdefault(sample.subject, {})[sample.label] = row
    return rows
