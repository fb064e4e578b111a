"""The evaluation of A(w, u): scores as properties, folds without leaks, fits that resume, all of it once."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from models.action_units import AU_INDEX, CATEGORIES, NUM_AUS
from models.alignment import Aligned
from models.checkpoint import load_generator, write_checkpoint
from models.controls import NUM_CONTROLS
from models.pseudo_autoencoder import PseudoAutoencoder
from tests.models.tiny import TINY, write_tiny_encoder, write_tiny_reader, write_tiny_weights
from tests.training.commands import invoke
from training import evaluate
from training.cast.manifest import CastError
from training.dataset import Expressions, Sample
from training.evaluation.readers import material as readers_material
from training.evaluation.readers.__main__ import QUICK as READERS
from training.evaluation.readers.material import OURS, Material
from training.evaluation.report import SkippedError
from training.evaluation.transfer import laboratory, scores, strangers
from training.evaluation.transfer.amounts import UNSEEN, Amounts, best_plan
from training.evaluation.transfer.chains import anchored, chained, edits
from training.evaluation.transfer.eyes import drawn
from training.evaluation.transfer.laboratory import Laboratory, Place, UnfinishedError
from training.evaluation.transfer.predictors import copy, linear, mean_delta, true_target
from training.evaluation.transfer.scores import Seen, Wanted
from training.evaluation.transfer.tables import wrapped
from training.evaluation.transfer.trials import (
    SEEN_TARGET,
    UNSEEN_TARGET,
    folds_of,
    held_out,
    judged,
    taught,
)
from training.evaluation.transfer.ways import bend, errands, stations, walk_figures
from training.fit_pseudo_autoencoder import distance, explained
from training.identity import KIND as IDENTITY
from training.identity import IdentityReader
from training.latent_store import Store, Way
from training.reader_fit import float_tensors

NUM_SUBJECTS = 10
FEW = Amounts(
    folds=1,
    seeds=1,
    epochs=2,
    pairs=32,
    literal_pairs=32,
    few_pairs=16,
    transplanted=4,
    subjects=(2, 8),
    pairs_each=3,
    unseen_each=1,
    fold_pairs_each=3,
    strangers=3,
    gestures_each=1,
    chained=1,
    counts=(2, 3),
    ways=2,
    steps=3,
    sheets=1,
    resamples=3,
)


def aus_of(category: str) -> np.ndarray:
    aus = np.zeros(NUM_AUS, np.float32)
    aus[[AU_INDEX[unit] for unit in CATEGORIES[category].prototype]] = 0.9
    return aus


@pytest.fixture(scope="module")
def shown() -> Expressions:
    """Ten subjects in 22 categories: a latent of their own, and a direction for every unit."""
    dice = np.random.default_rng(0)
    directions = dice.standard_normal((NUM_AUS, TINY.num_ws, TINY.w_dim)).astype(np.float32) / 4
    samples, latents = [], []
    for person in range(NUM_SUBJECTS):
        own = dice.standard_normal((TINY.num_ws, TINY.w_dim)).astype(np.float32)
        for category in CATEGORIES:
            aus = aus_of(category)
            samples.append(
                Sample(
                    picture=Path(f"{person}_{category}.jpg"),
                    subject=f"1000{person}/1",
                    label=category,
                    aus=aus,
                    controls=np.zeros(NUM_CONTROLS, np.float32),
                    framed_by=Path(f"{person}_neutral.jpg"),
                    group="studio",
                    is_held_out=person == 0,
                    traits=("women" if person % 2 else "men",),
                )
            )
            latents.append(own + np.tensordot(aus, directions, 1))
    return Expressions.of(samples, latents)


# --- scores -------------------------------------------------------------------------------------------------


@pytest.fixture
def wanted() -> Wanted:
    """Twelve people, five categories each; two pictures of a person differ a little."""
    dice = np.random.default_rng(1)
    people = np.repeat(np.arange(12), 5)
    labels = [list(CATEGORIES)[1 + (k % 5)] for k in range(len(people))]
    asked = np.array([aus_of(label) for label in labels], np.float64)
    faces = dice.standard_normal((12, 128))[people]
    codes = [{OURS: faces + 0.1 * dice.standard_normal(faces.shape)} for _ in range(2)]
    read = np.clip(asked + 0.05 * dice.standard_normal(asked.shape), 0, 1)
    return Wanted(people, tuple(labels), asked, read, *codes)


def test_a_copy_keeps_the_person_and_misses_the_expression(wanted):
    still = np.random.default_rng(2).permutation(wanted.read)  # what S shows has nothing to do with T
    found = scores.scores(Seen(still, wanted.source), wanted)
    assert found["identity"] == pytest.approx(1, abs=0.02)
    assert found["expression"] < 0.25
    assert found["harmonic"] < 0.4


def test_the_truth_scores_one(wanted):
    found = scores.scores(Seen(wanted.read, wanted.target), wanted)
    assert found["identity"] == found["expression"] == found["harmonic"] == 1
    assert found["f1"] == found["f1, ceiling"]
    assert found["category"] == found["category, ceiling"]


def test_somebody_else_is_at_the_floor(wanted):
    others = {name: np.roll(codes, 5, axis=0) for name, codes in wanted.target.items()}
    found = scores.scores(Seen(wanted.read, others), wanted)
    assert found["identity"] < 0.05
    assert found["expression"] == 1
    assert found["harmonic"] < 0.1


def test_figures_are_clipped_after_averaging(wanted):
    """Half of the pictures better than a second picture of the person, half of them somebody else."""
    half = np.arange(len(wanted)) % 2 == 0
    other = np.roll(wanted.target[OURS], 5, axis=0)
    mixed = np.where(half[:, None], wanted.target[OURS], other)
    found = scores.identities(Seen(wanted.read, {OURS: mixed}), wanted)[OURS]
    whole, none = (
        scores.identities(Seen(wanted.read, {OURS: codes}), wanted)[OURS]
        for codes in (wanted.target[OURS], other)
    )
    assert whole > 1
    assert found == pytest.approx((whole + none) / 2, abs=0.05)


def test_a_picture_without_a_face_does_not_count(wanted):
    codes = wanted.target[OURS].copy()
    codes[0] = np.nan
    assert scores.scores(Seen(wanted.read, {OURS: codes}), wanted)["identity"] == 1


@pytest.mark.parametrize(("identity", "expression"), [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])
def test_one_without_the_other_is_nothing(identity, expression):
    assert scores.harmonic_mean(identity, expression) == 0


def test_the_harmonic_mean_lies_nearer_the_poorer():
    assert scores.harmonic_mean(0.6, 0.6) == pytest.approx(0.6)
    assert 0.2 < scores.harmonic_mean(1.0, 0.2) < 0.6


def test_intervals_hold_the_figure(wanted):
    seen = Seen(wanted.read, wanted.source)
    low, high = scores.intervals([seen, seen], wanted, 20)["identity"]
    assert low <= scores.main_scores(seen, wanted)["identity"] <= high


# --- folds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fold", range(5))
def test_nobody_is_judged_by_whom_they_taught(shown, fold):
    own = taught(shown, fold, residual=True)
    folds = folds_of(shown)
    assert set(own.subjects) | set(held_out(shown, fold).subjects) == set(shown.subjects)
    assert not set(own.subjects) & set(held_out(shown, fold).subjects)
    assert all(folds[subject] != fold for subject in own.subjects)


@pytest.mark.parametrize("residual", [True, False])
def test_unseen_categories_are_in_no_pair(shown, residual):
    own = taught(shown, 0, residual=residual)
    labels = {own.samples[row].label for row in own.pairs().flatten().tolist()}
    assert labels == set(CATEGORIES) - set(UNSEEN)


def test_judged_pairs_are_of_one_subject_and_go_where_they_say(shown):
    trials = judged(shown, 5, 3, 1)
    assert len(trials) == 4 * NUM_SUBJECTS
    for row, (s, t) in enumerate(zip(trials.source.tolist(), trials.target.tolist(), strict=True)):
        source, target = shown.samples[s], shown.samples[t]
        assert source.subject == target.subject
        assert source.label not in (target.label, *UNSEEN)
        assert (target.label in UNSEEN) == (trials.kinds[row] == UNSEEN_TARGET)
    assert len(judged(shown, 1, 3, 1).rows(SEEN_TARGET)) == 3 * 2


def test_fewer_subjects_are_taught_and_none_of_them_judged(shown):
    own = taught(shown, 0, residual=True, num_subjects=3)
    assert len(own.subjects) == 3
    assert not set(own.subjects) & set(held_out(shown, 0).subjects)


# --- predictions without a fit ------------------------------------------------------------------------------


def test_where_everybody_moves_alike_the_mean_is_the_truth(shown):
    trials = judged(shown, 1, 3, 1)
    own = taught(shown, 0, residual=False)
    there = true_target(shown, trials.source, trials.target)
    for made in (mean_delta(own), linear(own)):
        found = made(shown, trials.source, trials.target)
        error = distance(found, there) / distance(copy(shown, trials.source, trials.target), there)
        assert error.max() < 0.05


# --- chains and ways ----------------------------------------------------------------------------------------


@pytest.fixture
def residual(shown) -> PseudoAutoencoder:
    """A residual model that moves, though nobody has taught it."""
    torch.manual_seed(0)
    model = PseudoAutoencoder("residual", TINY.num_ws, TINY.w_dim)
    model.standardise(shown.ws)
    torch.nn.init.normal_(model.decoder[-1].weight, std=0.1)
    return model.eval()


def test_asked_for_nothing_the_residual_model_changes_nothing(shown, residual):
    assert explained(residual, held_out(shown, 0))["drift"] == 0


def test_edits_end_at_rest_and_from_the_anchor_nobody_drifts(shown, residual):
    first, counts = shown.ws[:2], (3, 5)
    total = sum(u for _, u in edits(2, counts))
    assert torch.allclose(total, torch.zeros(2, NUM_AUS + NUM_CONTROLS), atol=1e-6)
    for ws in anchored(residual, first, counts).values():
        assert torch.allclose(ws, first, atol=1e-4)
    assert list(chained(residual, first, counts)) == [3, 5]


def test_a_way_by_neutral_passes_through_it(shown):
    errand = next(errands(shown, 1))
    direct, around = (stations(errand, 5, by_neutral=by_neutral) for by_neutral in (False, True))
    assert len(direct) == 5
    assert len(around) == 9
    assert not around[4].any()
    for way in (direct, around):
        assert torch.equal(way[0], errand.start)
        assert torch.allclose(way[-1], errand.end)
    found = walk_figures(torch.arange(9.0)[:, None, None], around.numpy())
    assert found["least expression"] == 0
    assert found["length"] == pytest.approx(1)


def test_a_straight_way_does_not_bend_and_a_jump_does():
    shares = np.linspace(0, 1, 9)[:, None]
    straight = shares * aus_of("happy")
    assert bend(straight) == pytest.approx(0, abs=1e-6)
    assert bend(np.round(straight)) > 1


# --- the pages ----------------------------------------------------------------------------------------------


def test_paragraphs_are_filled_and_tables_are_not():
    text = wrapped(["# A", "one", "two", "- item", "  goes on", "| a | b |", "```", "as  is", "```"])
    assert text == "# A\none two\n- item goes on\n| a | b |\n```\nas  is\n```\n"


# --- the laboratory -----------------------------------------------------------------------------------------


def without_dlib(*_):
    raise SkippedError("dlib is missing")


@pytest.fixture
def tiny(tmp_path, shown, monkeypatch):
    """→ how to make a laboratory of tiny networks, with so many minutes; real pictures are drawn, too."""
    weights = write_tiny_weights(tmp_path)
    write_tiny_reader(weights)
    write_tiny_encoder(weights)
    torch.manual_seed(0)
    identity = tmp_path / "identity.safetensors"
    write_checkpoint(identity, IDENTITY, float_tensors(IdentityReader()), {})
    generator = load_generator(weights)
    monkeypatch.setattr(readers_material, "FaceReader", without_dlib)
    monkeypatch.setattr(readers_material, "FaceFinder", object)
    monkeypatch.setattr(strangers, "NUM_STEPS", 1)
    monkeypatch.setattr(
        strangers, "align", lambda image, finder: Aligned(cv2.resize(image, (256, 256)), None, 1)
    )
    monkeypatch.setattr(
        Laboratory, "aligned", lambda lab, rows: drawn(lab.material.generator, lab.shown.ws[list(rows)])
    )

    def make(minutes: float = 60.0, amounts: Amounts = FEW) -> Laboratory:
        material = Material(generator, READERS, identity=identity)
        place = Place(tmp_path / "state", Store(tmp_path / "latents"), Way())
        return Laboratory(material, shown, [], place, amounts, minutes)

    return make


class Switch:
    """A budget that is spent after so many epochs."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def __call__(self, minutes: float, label: str) -> "Switch":
        return self

    minutes, started_s, is_spent = 60.0, 0.0, False

    def steps(self, first: int, last: int):
        yield from range(first, min(last, first + self.epochs))


def test_a_fit_that_was_stopped_goes_on_and_ends_where_the_other_does(tiny, shown, monkeypatch, tmp_path):
    plan, own = best_plan("paper", FEW), taught(shown, 0, residual=False)
    lab = tiny()
    monkeypatch.setattr(laboratory, "Budget", Switch(1))
    with pytest.raises(UnfinishedError):
        lab.fitted(plan, own)
    stopped = lab.fitted(plan, own).state_dict()
    assert [path.suffix for path in (tmp_path / "state" / "fits").glob("*.model")] == [".model"]
    monkeypatch.undo()
    for path in (tmp_path / "state" / "fits").iterdir():
        path.unlink()
    whole = lab.fitted(plan, own).state_dict()
    assert all(torch.equal(whole[name], value) for name, value in stopped.items())


def test_what_is_kept_needs_no_minutes(tiny, shown):
    plan, own = best_plan("residual", FEW), taught(shown, 0, residual=True)
    first = tiny().fitted(plan, own).state_dict()
    seen = tiny().look(shown.ws[:3], "faces")
    spent = tiny(minutes=0.0)
    again = spent.fitted(plan, own).state_dict()
    assert all(torch.equal(first[name], value) for name, value in again.items())
    assert np.array_equal(spent.look(shown.ws[:3], "faces").aus, seen.aus)
    with pytest.raises(UnfinishedError):
        spent.fitted(replace(plan, seed=1), own)
    with pytest.raises(UnfinishedError):
        spent.look(shown.ws[:4], "more faces")


def test_other_lessons_are_another_fit(tiny, shown, tmp_path):
    lab, plan = tiny(), best_plan("residual", replace(FEW, epochs=1))
    lab.fitted(plan, taught(shown, 0, residual=True))
    lab.fitted(plan, taught(shown, 1, residual=True))
    lab.fitted(plan, taught(shown, 0, residual=True))
    assert len(list((tmp_path / "state" / "fits").glob("*.model"))) == 2


def test_everything_once_and_the_pages(tiny, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(evaluate, "laboratory", lambda config: tiny(config.minutes))
    where = ["--latents", tmp_path, "--state", tmp_path / "state", "--docs", tmp_path / "docs"]
    printed = invoke(evaluate.main, tmp_path, *where)
    results = json.loads((tmp_path / "state" / "results.json").read_text(encoding="utf-8"))
    assert results.keys() >= evaluate.PARTS.keys()
    assert not [name for name in evaluate.PARTS if "skipped" in results[name]]
    by_model = results["models"]["models"]
    assert by_model["true target"][SEEN_TARGET]["expression"] == 1
    assert by_model["residual"]["drift"] == 0
    assert results["subjects"]["models"]["paper"].keys() == {"2", "8"}
    assert "paper.md" in printed
    for page in ("evaluation.md", "paper.md"):
        text = (tmp_path / "docs" / page).read_text(encoding="utf-8")
        for line in text.splitlines():
            for file in [part.split(")")[0] for part in line.split("](")[1:]]:
                assert (tmp_path / "docs" / file).is_file()
    assert (tmp_path / "docs" / "evaluation" / "ways.mp4").stat().st_size < 1_000_000


def test_a_part_alone_leaves_the_others(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "laboratory", lambda config: tiny(config.minutes))
    where = ["--latents", tmp_path, "--state", tmp_path / "state"]
    for part in ("ways", "chains"):
        invoke(evaluate.main, tmp_path, *where, "--part", part)
    results = json.loads((tmp_path / "state" / "results.json").read_text(encoding="utf-8"))
    assert {"ways", "chains"} <= results.keys()
    assert "models" not in results


def test_spent_minutes_leave_nothing_half_done(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "laboratory", lambda config: tiny(config.minutes))
    where = ["--latents", tmp_path, "--state", tmp_path / "state", "--docs", tmp_path / "docs"]
    printed = invoke(evaluate.main, tmp_path, *where, "--minutes", 0)
    assert "the same command goes on" in printed
    assert not (tmp_path / "docs").exists()


def test_pictures_that_are_no_cast_are_refused_in_one_line(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    weights = write_tiny_weights(tmp_path)
    where = ["--weights", weights, "--latents", tmp_path, "--state", tmp_path / "state"]
    with pytest.raises(CastError, match="no studio of a cast"):
        invoke(evaluate.main, tmp_path, *where)
