"""Gaze: directions that nobody has, eyes cut and mirrored, and the road from a fitted run to tied weights."""

import numpy as np
import pytest
import torch

from installation.loading import load_networks
from models.action_units import NUM_AUS, VOCABULARY
from models.au_reader import KIND as AU_READER
from models.au_reader import AuReader
from models.checkpoint import load_generator, read_companion, write_companion
from models.controls import CONTROLS, NUM_CONTROLS
from models.encoder import KIND as ENCODER
from models.encoder import Encoder
from models.pseudo_autoencoder import save_pseudo_autoencoder
from models.stylegan2 import Architecture, Generator
from tests.models.tiny import tiny_model
from tests.training.commands import invoke
from training import eyes as eyes_module
from training import fit_gaze, fit_generator
from training.cast.manifest import read_cast
from training.eyes import EYES_STAY, GAZE_X, SIZE, X_DEGREES, YAW, YAW_DEGREES, Eyes, cut, openings
from training.fit_generator import Stage as GeneratorStage
from training.gaze_control import GAZE_COLUMNS, gaze_directions, looking, teach_control
from training.gaze_lessons import BAND_COLUMNS, BAND_ROWS, Stage, Student, eye_band, in_pixels
from training.reader_fit import float_tensors

W_DIM = 512
GAINS = torch.tensor([1.0, 1.0])
SMALL = Architecture(resolution=64, channel_base=256, channel_max=8)


@pytest.fixture(scope="module")
def directions() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.linalg.qr(torch.randn(W_DIM, 2)).Q.t().contiguous()


# --- directions and controls --------------------------------------------------------------------------------


def test_gaze_goes_where_nothing_else_does_and_people_hardly_vary():
    torch.manual_seed(0)
    spread = torch.linspace(1, 0.01, W_DIM)
    w, moved = torch.randn(2000, W_DIM) * spread + 0.3, [torch.randn(100, W_DIM), torch.zeros(3, W_DIM)]
    found = gaze_directions(w, moved)
    torch.testing.assert_close(found @ found.t(), torch.eye(2), atol=1e-4, rtol=0)
    assert (moved[0] @ found.t()).abs().max() < 1e-4
    assert (w.mean(0) @ found.t()).abs().max() < 1e-4
    along_others = (w @ torch.linalg.qr(torch.randn(W_DIM, 40)).Q).std(0)
    assert (w @ found.t()).std(0).max() < along_others.min() / 3


def test_where_all_is_moved_no_gaze_is_free():
    with pytest.raises(ValueError, match="free for gaze"):
        gaze_directions(torch.randn(20, 8), [torch.eye(8)])


def test_the_control_moves_along_its_direction_by_what_is_asked_whoever_it_is(directions):
    model, gains = tiny_model(num_ws=SMALL.num_ws), torch.tensor([1.25, 1.5])
    teach_control(model, directions, gains)
    ws = np.random.default_rng(0).standard_normal((SMALL.num_ws, W_DIM)).astype(np.float32)
    change = [0.0] * NUM_CONTROLS
    change[GAZE_COLUMNS[0]], change[GAZE_COLUMNS[1]] = 7.0, -3.5
    moved = model.predict(ws, (0.0,) * NUM_AUS, change)
    wanted = looking(torch.from_numpy(ws), torch.tensor([7.0, -3.5]) * gains, directions)
    np.testing.assert_allclose(moved, wanted, atol=1e-5)
    before, after = model.read_controls(ws), model.read_controls(moved)
    step = [b - a for a, b in zip(before, after, strict=True)]
    assert [step[column] for column in GAZE_COLUMNS] == pytest.approx([7.0, -3.5], abs=1e-3)


def test_whatever_else_is_asked_stays_as_it_was_to_the_bit(directions):
    torch.manual_seed(0)
    model = tiny_model(num_ws=SMALL.num_ws)
    ws = torch.randn(3, SMALL.num_ws, W_DIM)
    moves = torch.randn(3, NUM_AUS + NUM_CONTROLS)
    moves[:, [NUM_AUS + column for column in GAZE_COLUMNS]] = 0
    before, read = model(ws, moves), model.controls_of(ws)
    teach_control(model, directions, GAINS)
    assert torch.equal(model(ws, moves), before)
    others = [column for column in range(NUM_CONTROLS) if column not in GAZE_COLUMNS]
    assert torch.equal(model.controls_of(ws)[:, others], read[:, others])


def test_at_rest_eyes_are_read_as_turned_back_to_the_viewer(directions):
    torch.manual_seed(0)
    model = tiny_model(num_ws=SMALL.num_ws)
    teach_control(model, directions, GAINS)
    ws = torch.randn(5, SMALL.num_ws, W_DIM)
    ws -= ws @ directions.t() @ directions
    read = model.controls_of(ws)
    torch.testing.assert_close(read[:, 2], -EYES_STAY * read[:, 0], atol=1e-3, rtol=1e-3)
    assert read[:, 3].abs().max() < 1e-3


# --- the student --------------------------------------------------------------------------------------------


def test_the_student_draws_as_before_whoever_looks_nowhere(directions):
    torch.manual_seed(0)
    old = Generator(SMALL)
    student = Student(old.synthesis, directions)
    for answer in student.answers:
        torch.nn.init.normal_(answer)
    taught = Generator(SMALL).synthesis
    taught.load_state_dict(student.plain_state())
    w = torch.randn(2, W_DIM)
    w -= w @ directions.t() @ directions
    still, aside = (old.broadcast(x) for x in (w, looking(w, torch.tensor([14.0, 0.0]), directions)))
    torch.testing.assert_close(taught(still), old.synthesis(still), atol=1e-3, rtol=1e-3)
    assert (taught(aside) - old.synthesis(still)).abs().mean() > 1e-3


def test_a_stage_teaches_only_the_blocks_that_it_draws(directions):
    student = Student(Generator(SMALL).synthesis, directions)
    student.learns(Stage(32, 1, 1, 1, lr=1e-3, keep=1.0))
    learning = {name.split(".")[0] for name, p in student.synthesis.named_parameters() if p.requires_grad}
    assert learning == {"b8", "b16", "b32"}


def test_the_band_about_the_eyes_is_that_of_the_whole_picture():
    torch.manual_seed(0)
    old = Generator(SMALL)
    w = torch.randn(2, W_DIM)
    whole = old.synthesis(old.broadcast(w), noise_mode="none", dtype=torch.bfloat16)
    scale = SIZE // SMALL.resolution
    rows, columns = (
        slice(*(x // scale for x in (s.start, s.stop))) for s in map(in_pixels, (BAND_ROWS, BAND_COLUMNS))
    )
    band = eye_band(old.synthesis, w, SMALL.resolution)
    expected = whole[:, :, rows, columns]
    assert band.shape == expected.shape
    middle = (..., slice(10, -10), slice(10, -10))  # away from where its surroundings are missing
    torch.testing.assert_close(band[middle], expected[middle], atol=0.05, rtol=0.05)


# --- eyes ---------------------------------------------------------------------------------------------------


def test_crops_lie_about_their_eyes():
    picture = torch.zeros(1, 3, SIZE, SIZE)
    landmarks = torch.tensor([[[90.0, 120.0], [160.0, 122.0]]])
    picture[0, :, 120, 90] = 1
    picture[0, :, 122, 160] = 2
    crops = cut(picture, landmarks)
    assert crops.shape == (1, 2, 3, 40, 64)
    assert crops[0, :, 0, 20, 32].tolist() == [1, 2]
    mask = openings(landmarks)[0, 0]
    assert mask[120, 90] > 0.99
    assert mask[122, 160] > 0.99
    assert mask[180, 128] < 0.01


def test_a_mirrored_look_is_to_the_other_side(cast_folder):
    eyes = Eyes.of_cast(read_cast(cast_folder), {})
    assert eyes.share.sum() == pytest.approx(1)
    looks = [eyes.draw(1, np.random.default_rng(seed)) for seed in range(40)]
    own = {tuple(gaze) for gaze in eyes.gaze.numpy().round(4).tolist()}
    for look in looks:
        x, y = look.gaze[0].numpy().round(4).tolist()
        assert (x, y) in own or (-x, y) in own
        left, right = look.landmarks[0, :, 0].tolist()
        assert 0 < left < right < SIZE
    assert len({look.gaze[0, 0].sign().item() for look in looks}) > 1


def test_factors_look_at_the_viewer_and_gaze_is_away_from_there(cast_folder):
    cast = read_cast(cast_folder)
    eyes = Eyes.of_cast(cast, {})
    usual = -EYES_STAY * eyes.factors[:, YAW] * YAW_DEGREES
    np.testing.assert_allclose(eyes.factors[:, GAZE_X] * X_DEGREES, usual)
    shown = np.array([r.factors[GAZE_X] * X_DEGREES for r in cast.records])
    np.testing.assert_allclose(eyes.gaze_against_head[:, 0], shown, atol=1e-4)


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def told(cast_folder, tmp_path, monkeypatch) -> list[object]:
    """A fitted run of 64², its weights and companions, and lessons of two steps."""
    monkeypatch.setattr(
        fit_generator, "STAGES", (GeneratorStage(32, 8, 4e-3, 0.0), GeneratorStage(64, 8, 4e-3, 0.0))
    )
    monkeypatch.setattr(fit_generator, "BATCH", 2)
    stages = (Stage(32, 2, 2, 1, lr=1e-3, keep=1.0), Stage(64, 2, 2, 1, lr=1e-3, keep=1.0, adversarial=0.1))
    monkeypatch.setattr(fit_gaze, "STAGES", stages)
    monkeypatch.setattr(fit_gaze, "CRITIC_FIRST", 0)
    monkeypatch.setattr(fit_gaze, "READER_STEPS", 2)
    monkeypatch.setattr(fit_gaze, "REPORT_EVERY", 1)
    monkeypatch.setattr(eyes_module, "READER_BATCH", 2)
    small = ["--channel-base", "256", "--channel-max", "8"]
    run = tmp_path / "run"
    invoke(fit_generator.main, "--cast", cast_folder, "--state", run, *small, "--through", 64)
    torch.manual_seed(0)
    weights = tmp_path / "old" / "p.safetensors"
    fit_gaze.save_generator(weights, Generator(SMALL), {"title": "small", "action_units": VOCABULARY})
    generator = load_generator(weights)
    seeing = Encoder(SMALL.num_ws)
    seeing.start_from_latents(torch.randn(300, W_DIM))
    write_companion(generator, ENCODER, float_tensors(seeing), {})
    write_companion(generator, AU_READER, float_tensors(AuReader()), {"action_units": VOCABULARY})
    without_gaze = [name for name in CONTROLS if not name.startswith("gaze")]
    model = tiny_model(num_ws=SMALL.num_ws)
    save_pseudo_autoencoder(model, "residual", generator, (12, 43), without_gaze, "three pictures")
    options = {
        "--fitted": run,
        "--weights": weights,
        "--state": tmp_path / "state",
        "--out": tmp_path / "new",
    }
    return [cast_folder, *(part for pair in options.items() for part in pair)]


def test_the_road_from_a_fitted_run_to_tied_weights(told, tmp_path):
    assert "p.safetensors" not in invoke(fit_gaze.main, *told, "--minutes", 0).splitlines()[-1]
    assert not (tmp_path / "new").exists()  # no minutes, no weights; the reader of gaze is kept
    out = invoke(fit_gaze.main, *told)
    assert "p.pseudo_autoencoder.safetensors" in out
    old, new = (load_generator(tmp_path / name / "p.safetensors") for name in ("old", "new"))
    assert load_networks(new.path).pseudo_autoencoder.learned_controls == CONTROLS
    for kind in (ENCODER, AU_READER):
        before, after = read_companion(old, kind), read_companion(new, kind)
        assert after.metadata == {**before.metadata, "generator_sha256": new.sha256}
        assert all(torch.equal(tensor, after.tensors[name]) for name, tensor in before.tensors.items())
    for name, tensor in old.generator.mapping.state_dict().items():
        assert torch.equal(tensor, new.generator.mapping.state_dict()[name])
    assert new.metadata == old.metadata
    lines = (tmp_path / "state" / "gaze.jsonl").read_text().splitlines()
    assert len(lines) == 4


def test_a_dry_run_writes_nothing(told, tmp_path):
    out = invoke(fit_gaze.main, *told, "--dry-run")
    assert "pictures of eyes" in out
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "new").exists()


def test_old_weights_are_not_overwritten(told, tmp_path):
    with pytest.raises(AssertionError, match="there the old weights are"):
        invoke(fit_gaze.main, *told, "--out", tmp_path / "old")
