"""Expressions, pairs and lessons: what the pseudo-autoencoder is taught, and that fitting it teaches it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS, NUM_CONTROLS
from models.pseudo_autoencoder import NUM_MOVES, SPANS
from training.cast.manifest import read_cast, shown_units
from training.dataset import NUM_FOLDS, Expressions, Sample, fold_of, samples_of_cast
from training.fit_pseudo_autoencoder import (
    Plan,
    explained,
    fit,
    learn_controls,
    one_row,
    start,
)
from training.lessons import Additions, Lessons
from training.run import Budget

NUM_WS, W_DIM = 6, 32
NOWHERE = Path()
rng = np.random.default_rng(0)
PUSH = rng.standard_normal((NUM_MOVES, W_DIM)).astype(np.float32)  # what every move does to w, whoever it is


def sample(subject: str, label: str, aus: dict[int, float], yaw: float = 0.0) -> Sample:
    vector, controls = np.zeros(NUM_AUS, np.float32), np.zeros(NUM_CONTROLS, np.float32)
    for unit, value in aus.items():
        vector[AU_INDEX[unit]] = value
    controls[0] = yaw
    return Sample(NOWHERE, subject, label, vector, controls, NOWHERE, "studio")


def latent(who: np.ndarray, shown: Sample) -> np.ndarray:
    moves = np.concatenate([shown.aus, shown.controls / np.array(SPANS, np.float32)])
    return np.broadcast_to(who + moves @ PUSH, (NUM_WS, W_DIM)).astype(np.float32)


@pytest.fixture(scope="module")
def shown() -> Expressions:
    """Twelve people in five expressions each; everybody moves alike."""
    samples, latents = [], []
    for number in range(12):
        who, name = rng.standard_normal(W_DIM).astype(np.float32) * 3, f"s{number:02d}"
        takes = [
            sample(name, "neutral", {}),
            sample(name, "happy", {12: rng.uniform(0.5, 1), 25: 0.8}),
            sample(name, "sad", {4: 0.7, 15: rng.uniform(0.5, 1)}),
            sample(name, "AU43", {43: 1.0}),
            sample(name, "yaw+15", {}, yaw=15),
        ]
        samples += takes
        latents += [latent(who, take) for take in takes]
    return Expressions.of(samples, latents)


def test_pairs_are_all_ordered_ones_of_a_subject(shown):
    pairs = shown.pairs()
    assert len(pairs) == 12 * 5 * 4
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs)
    for source, target in pairs.tolist():
        assert source != target
        assert shown.samples[source].subject == shown.samples[target].subject


def test_moves_are_differences_and_unmeasured_controls_do_not_move(shown):
    source, target = torch.tensor([0]), torch.tensor([4])
    moves = shown.moves(source, target)[0]
    assert moves[NUM_AUS] == 1
    assert moves.abs().sum() == 1
    unmeasured = Expressions(shown.samples, shown.ws, shown.aus, torch.full_like(shown.controls, torch.nan))
    assert not unmeasured.moves(source, target)[:, NUM_AUS:].any()


def test_a_subject_is_in_one_fold_and_folds_are_even(shown):
    folds = [fold_of(subject, shown.subjects) for subject in shown.subjects]
    assert {folds.count(fold) for fold in range(NUM_FOLDS)} <= {2, 3}


def test_what_is_shown_is_what_is_learned(shown):
    assert shown_units(shown.aus.numpy()) == (4, 12, 15, 25, 43, 45)


def lessons_of(shown, **additions) -> Lessons:
    people = torch.randn(20, NUM_WS, W_DIM)
    return Lessons(shown, Additions(**additions), people, seed=1)


@pytest.mark.parametrize("additions", [{}, {"interrupted": 0.7}, {"transplanted": 0.7}])
def test_a_lesson_says_what_really_moves(shown, additions):
    """Whatever is added, the target is where the source's moves lead."""
    lessons = lessons_of(shown, **additions)
    lesson = lessons.lesson(lessons.epoch(64, None)[0])
    led = lesson.source + (lesson.moves @ torch.from_numpy(PUSH))[:, None]
    torch.testing.assert_close(led, lesson.target, rtol=1e-4, atol=1e-4)


def test_interrupted_ways_have_moves_of_any_size(shown):
    lessons = lessons_of(shown, interrupted=1.0)
    lesson = lessons.lesson(lessons.epoch(200, None)[0])
    sizes = lesson.moves[:, AU_INDEX[43]].abs()
    assert ((sizes > 0.05) & (sizes < 0.95)).sum() > 20
    assert lesson.moves.abs().max() <= 1 + 1e-6


def test_transplanted_moves_are_somebody_elses(shown):
    lessons = lessons_of(shown, transplanted=1.0)
    lesson = lessons.lesson(lessons.epoch(64, None)[0])
    nearest = torch.cdist(lesson.source.mean(1), shown.ws.mean(1)).min(1).values
    assert nearest.min() > 1


def test_a_shared_map_sees_a_row_of_each_pair(shown):
    lessons = lessons_of(shown)
    lesson = lessons.lesson(lessons.epoch(16, None)[0])
    row = one_row(lesson, torch.Generator().manual_seed(0))
    assert row.source.shape == row.target.shape == (16, 1, W_DIM)


PLAN = Plan("residual", lr=3e-3, epochs=12, halve_every=6, batch=32)


def test_least_squares_find_what_moves_everybody_alike(shown):
    """On people who were not taught, before any lesson; and nothing asked is nothing changed."""
    train = shown.only(lambda s: fold_of(s.subject, shown.subjects) != 0)
    unseen = shown.only(lambda s: fold_of(s.subject, shown.subjects) == 0)
    figures = explained(start(PLAN, train), unseen)
    assert figures["error"] < 0.1
    assert figures["drift"] == 0


def test_lessons_teach_what_depends_on_the_person(shown):
    """Whose lids close how: more than least squares know, and still nothing where nothing is asked."""
    lids = shown.aus[:, AU_INDEX[43]]
    own = lids[:, None] * shown.ws.mean(1)[:, :1].sign() * torch.from_numpy(PUSH[0]) * 4
    bent = replace(shown, ws=shown.ws + own[:, None])
    model = start(PLAN, bent)
    before = explained(model, bent)["error"]
    assert fit(model, lessons_of(bent), PLAN, Budget(10, "fit"))
    after = explained(model, bent)
    assert after["error"] < 0.7 * before
    assert after["drift"] == 0


@pytest.mark.parametrize("additions", [{"cycle": 0.3}, {"composition": 0.3}])
def test_further_terms_change_what_is_learned_and_leave_it_sound(shown, additions):
    plan = replace(PLAN, additions=Additions(**additions), epochs=4)
    model, plain = start(plan, shown), start(plan, shown)
    fit(model, lessons_of(shown), plan, Budget(10, "fit"))
    fit(plain, lessons_of(shown), replace(plan, additions=Additions()), Budget(10, "fit"))
    assert explained(model, shown)["error"] < 0.2
    assert not torch.equal(model.directions.weight, plain.directions.weight)


def test_a_fit_that_was_stopped_ends_as_one_that_was_not(shown, tmp_path):
    whole = start(PLAN, shown)
    fit(whole, lessons_of(shown), PLAN, Budget(10, "fit"))
    halves = start(PLAN, shown)
    path = tmp_path / "run.pt"
    assert not fit(halves, lessons_of(shown), replace(PLAN, epochs=99), Stops(5), path)
    again = start(PLAN, shown)
    assert fit(again, lessons_of(shown), PLAN, Budget(10, "fit"), path)
    for a, b in zip(whole.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(a, b)


class Stops:
    """A budget of so many steps."""

    def __init__(self, num_steps: int) -> None:
        self.num_steps = num_steps

    def steps(self, first: int, last: int):
        return iter(range(first, min(last, first + self.num_steps)))


def test_controls_are_read_from_latents(shown):
    model = start(PLAN, shown)
    learn_controls(model, shown)
    read = model.controls_of(shown.ws)[:, CONTROLS.index("yaw")]
    assert torch.corrcoef(torch.stack([read, shown.controls[:, 0]]))[0, 1] > 0.8


def test_the_casts_samples_are_framed_by_the_neutral_picture(cast_folder):
    cast = read_cast(cast_folder)
    samples = samples_of_cast(cast)
    assert len(samples) == len(cast.records)
    studio = [s for s in samples if s.group == "studio"]
    neutral = [s.picture for s in studio if s.label == "neutral"]
    for s in studio:
        assert s.framed_by in neutral or s.framed_by == s.picture
        assert np.isfinite(s.controls).all()
        assert len(s.traits) == 3
