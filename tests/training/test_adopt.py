"""A generator of which nothing is known gets its companions from pictures, and can be played."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import matplotlib as mpl
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from skimage.data import astronaut

import run_installation
from installation.errors import InputError
from installation.loading import draw_person, load_face_reader, load_networks, load_projector
from models import au_reader, encoder, pseudo_autoencoder
from models.action_units import VOCABULARY
from models.au_reader import AuReader
from models.checkpoint import (
    companion_path,
    file_sha256,
    load_generator,
    read_checkpoint,
    save_generator,
    write_companion,
)
from models.encoder import Encoder
from models.photographs import read_photograph
from models.stylegan2 import Architecture, Generator
from models.whole_pictures import is_whole_at_every_size, with_whole_pictures
from tests.models.tiny import write_tiny_encoder, write_tiny_weights
from tests.training.commands import invoke
from training import adopt, adopted_encoder, reader_fit
from training.adopted_encoder import FindLatents, aligned_pictures, start_from_another
from training.fit_pseudo_autoencoder import Plan, random_people
from training.lessons import Additions
from training.reader_fit import float_tensors, start_from_photographs
from training.run import run_command
from training.sources import read_samples

GRACE_HOPPER = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
KINDS = (au_reader.KIND, encoder.KIND, pseudo_autoencoder.KIND)
# Of other sizes than the generator whose readers it takes, so that nothing fits by chance.
FOREIGN = Architecture(64, channel_base=512, channel_max=8, z_dim=48, w_dim=320, num_mapping_layers=3)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    return write_foreign(tmp_path / "foreign" / "faces.safetensors", seed=4)


def write_foreign(path: Path, seed: int) -> Path:
    torch.manual_seed(seed)
    save_generator(path, Generator(FOREIGN), {})
    return path


@pytest.fixture(scope="module")
def readers_of(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_tiny_weights(tmp_path_factory.mktemp("own"))
    write_tiny_encoder(path)
    torch.manual_seed(0)
    reader = AuReader()
    start_from_photographs(reader.trunk)  # so that it tells pictures apart
    metadata = {"action_units": VOCABULARY}
    write_companion(load_generator(path), au_reader.KIND, float_tensors(reader), metadata)
    return path


@pytest.fixture(scope="module")
def osu_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people as OSU's folder has them; what they show is only said."""
    folder = tmp_path_factory.mktemp("osu")
    people = {101: astronaut()[:320, 60:380], 102: read_photograph(GRACE_HOPPER)[:420, 80:460]}
    for subject, picture in people.items():
        for emotion, gain in ((1, 1.0), (2, 0.9), (3, 0.8)):
            path = folder / f"{emotion:02d}_{subject}_1.jpg"
            assert cv2.imwrite(str(path), (picture[..., ::-1] * gain).astype(np.uint8))
    rows = [
        f"{subject},{emotion},{emotion == 2:d},{emotion == 3:d}"
        for subject in people
        for emotion in (1, 2, 3)
    ]
    (folder / "AU_annotation_all_subjects.csv").write_text("\n".join(["subject,emotion,AU12,AU15", *rows]))
    return folder


@pytest.fixture(autouse=True, scope="module")
def short() -> Iterator[None]:
    """A few steps of everything."""
    plan = Plan(lr=0.05, epochs=2, batch=4, additions=Additions(interrupted=0.3, transplanted=0.5))
    values = {
        adopt: {"ENCODER_STEPS": 4, "REFINEMENT_STEPS": 1, "NUM_PICTURES": 4, "PLAN": plan},
        adopted_encoder: {"BATCH_EACH": 1, "NUM_WATCHED": 2, "NUM_SOLVED": 8},
        reader_fit: {"REPORT_EVERY": 2},
    }
    with pytest.MonkeyPatch.context() as patch:
        for module, own in values.items():
            for name, value in own.items():
                patch.setattr(module, name, value)
        yield


class Adopted(NamedTuple):
    """A generator with companions and the run that made them, and what that printed."""

    weights: Path
    told: str


@pytest.fixture(scope="module")
def adopted_once(short, readers_of, osu_folder, tmp_path_factory: pytest.TempPathFactory) -> Adopted:
    weights = write_foreign(tmp_path_factory.mktemp("adopted") / "faces.safetensors", seed=4)
    return Adopted(weights, invoke(adopt.main, weights, "--osu", osu_folder, "--readers-of", readers_of))


@pytest.fixture
def adopted(adopted_once, tmp_path) -> Adopted:
    """A copy, to be spoilt."""
    copy = shutil.copytree(adopted_once.weights.parent, tmp_path / "adopted")
    return Adopted(copy / adopted_once.weights.name, adopted_once.told)


def tensors(weights: Path) -> dict[str, np.ndarray]:
    """Every number of the companions."""
    return {
        f"{kind} {name}": tensor.numpy()
        for kind in KINDS
        for name, tensor in read_checkpoint(companion_path(weights, kind), kind).tensors.items()
    }


def assert_same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert a.keys() == b.keys()
    for name, values in a.items():
        np.testing.assert_array_equal(values, b[name])


def test_the_whole_road_from_a_foreign_generator_to_a_portrait(adopted, tmp_path):
    weights, told = adopted
    assert "of 6 pictures: 6 projected" in told
    assert told.rstrip().splitlines()[-1].startswith("python run_installation.py --weights ")
    for part in ("AU reader", "encoder", "latents", "pseudo-autoencoder", "the whole"):
        assert any(line.startswith(part) and line.endswith("MB") for line in told.splitlines())
    networks = load_networks(weights)
    loaded = networks.pseudo_autoencoder
    assert (loaded.learned_units, loaded.learned_controls) == ((12, 15), ())
    assert not loaded.are_people_neutral
    assert load_projector(networks).encoder.num_ws == FOREIGN.num_ws
    # People come as they are: what this one shows has been read in its picture.
    pose = draw_person(networks, 1, 0.8)
    assert any(pose.aus)
    moved = loaded.model.predict(pose.ws, (0.5,) * 43)
    assert np.isfinite(moved).all() and moved.shape == (FOREIGN.num_ws, FOREIGN.w_dim)
    for command in (["portrait"], ["strip", "--to", "happy"]):
        out = tmp_path / f"{command[0]}.png"
        options = ["-o", str(out), "--person", "1", "--weights", str(weights), "--device", "cpu"]
        drawn = CliRunner().invoke(run_installation.main, [*command, *options], catch_exceptions=False)
        assert drawn.exit_code == 0, drawn.output
        assert cv2.imread(str(out)).shape[0] >= 64


def test_the_reader_is_a_copy_and_knows_its_new_generator(adopted_once, readers_of):
    weights = adopted_once.weights
    own, copy = (
        read_checkpoint(companion_path(path, au_reader.KIND), au_reader.KIND)
        for path in (readers_of, weights)
    )
    assert all(torch.equal(tensor, copy.tensors[name]) for name, tensor in own.tensors.items())
    assert copy.metadata["generator_sha256"] == file_sha256(weights)
    load_face_reader(load_networks(weights))


def test_what_is_there_stays_until_it_is_asked_for_again(adopted, readers_of, osu_folder):
    options = [adopted.weights, "--osu", osu_folder, "--readers-of", readers_of]
    first = tensors(adopted.weights)
    told = invoke(adopt.main, *options[:1], *options[3:])  # nothing to learn: no pictures are needed
    assert told.count("there already") == 3
    assert_same(tensors(adopted.weights), first)
    # One that is gone is made from what the others and the store have: no picture is projected anew.
    companion_path(adopted.weights, pseudo_autoencoder.KIND).unlink()
    folder = adopted.weights.with_name("faces.adoption") / "latents"
    latents = set(folder.rglob("*.npy"))
    assert invoke(adopt.main, *options).count("there already") == 2
    assert set(folder.rglob("*.npy")) == latents
    assert_same(tensors(adopted.weights), first)
    assert invoke(adopt.main, *options, "--again").count("deleted") >= 3
    assert_same(tensors(adopted.weights), first)


def test_companions_of_another_generator_are_refused_and_made_anew(adopted, readers_of, osu_folder):
    before = tensors(adopted.weights)
    write_foreign(adopted.weights, seed=5)
    with pytest.raises(InputError, match="made for another generator"):
        load_networks(adopted.weights)
    told = invoke(adopt.main, adopted.weights, "--osu", osu_folder, "--readers-of", readers_of)
    assert told.count("made for another generator") == 3
    load_networks(adopted.weights)
    # The run lives in the same folder, and nothing of the other generator's was taken up.
    bias = "encoder directions.bias"
    assert (tensors(adopted.weights)[bias] != before[bias]).any()
    assert len(list(adopted.weights.with_name("faces.adoption").glob("encoder-*.pt"))) == 2


def test_a_run_that_was_stopped_goes_on(monkeypatch, foreign, readers_of, osu_folder):
    options = [foreign, "--osu", osu_folder, "--readers-of", readers_of]
    told = invoke(adopt.main, *options, "--minutes", 0)
    assert "encoder: 0 minutes are over; the same command goes on" in told
    assert companion_path(foreign, au_reader.KIND).is_file()
    assert not companion_path(foreign, encoder.KIND).exists()
    state = foreign.with_name("faces.adoption")
    (saved,) = state.glob("encoder-*.pt")
    assert torch.load(saved, weights_only=True)["step"] == 0
    # The encoder sets out only once, and pictures are aligned only once.
    monkeypatch.delattr(adopt, "start_from_another")
    monkeypatch.delattr(adopted_encoder, "Framer")
    told = invoke(adopt.main, *options)
    assert torch.load(saved, weights_only=True)["step"] == 4
    parts = [json.loads(line)["part"] for line in (state / "minutes.jsonl").read_text().splitlines()]
    assert parts == ["AU reader", "encoder", "encoder", "latents", "pseudo-autoencoder"]
    load_networks(foreign)


def test_a_dry_run_prints_and_writes_nothing(foreign, readers_of, osu_folder):
    told = invoke(
        adopt.main, foreign, "--osu", osu_folder, "--readers-of", readers_of, "--dry-run", "--again"
    )
    assert "6 pictures" in told
    assert list(foreign.parent.iterdir()) == [foreign]


# --- what is wrong is one line ------------------------------------------------------------------------------


def failure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *args: object) -> str:
    monkeypatch.setattr("sys.argv", ["adopt", *map(str, args)])
    with pytest.raises(SystemExit) as stopped:
        run_command(adopt.main)
    assert stopped.value.code == 2
    return capsys.readouterr().err.rstrip().splitlines()[-1]


def test_without_pictures_or_checkpoint_one_line_says_what_to_give(
    capsys, monkeypatch, foreign, readers_of, osu_folder, tmp_path
):
    empty = tmp_path / "empty"
    empty.mkdir()
    nobody = tmp_path / "nobody"
    nobody.mkdir()
    cv2.imwrite(str(nobody / "wall.png"), np.full((80, 80, 3), 90, np.uint8))
    readers = ["--readers-of", readers_of]
    for args, words in (
        ([foreign, *readers], "--cast FOLDER .* or --osu FOLDER"),
        ([tmp_path / "none.safetensors", "--osu", osu_folder], "no such weights file"),
        ([foreign, "--osu", empty, *readers], "neither a cast nor a picture"),
        ([foreign, "--osu", nobody, *readers], "no face in any picture"),
        ([foreign, "--osu", osu_folder, "--readers-of", foreign], "encoder.*missing"),
    ):
        assert re.search(words, failure(capsys, monkeypatch, *args))


def test_nothing_is_deleted_before_all_that_takes_its_place_can_be_made(
    capsys, monkeypatch, adopted, readers_of, osu_folder, tmp_path
):
    again = [adopted.weights, "--again", "--readers-of"]
    for args, words in (
        ([*again, adopted.weights, "--osu", osu_folder], "cannot be made from themselves"),
        ([*again, readers_of, "--osu", tmp_path / "none"], "no such folder"),
    ):
        assert words in failure(capsys, monkeypatch, *args)
        assert len(tensors(adopted.weights)) > 0


def test_pictures_of_strangers_teach_no_expression(
    capsys, monkeypatch, foreign, readers_of, osu_folder, tmp_path
):
    for path in osu_folder.glob("*.jpg"):
        (tmp_path / "strangers").mkdir(exist_ok=True)
        (tmp_path / "strangers" / path.name).write_bytes(path.read_bytes())
    args = [foreign, "--osu", tmp_path / "strangers", "--readers-of", readers_of]
    assert "known action units" in failure(capsys, monkeypatch, *args)


# --- the parts ----------------------------------------------------------------------------------------------


def test_it_is_measured_on_people_who_are_held_out_or_on_a_fifth(osu_folder):
    samples = read_samples([osu_folder])
    assert adopt.held_out_subjects(samples) == frozenset()  # two people are too few
    many = [replace(sample, subject=f"osu/{k}") for k in range(10) for sample in samples[:2]]
    assert adopt.held_out_subjects(many) == {"osu/0", "osu/5"}
    marked = [replace(sample, is_held_out=sample.subject == "osu/3") for sample in many]
    assert adopt.held_out_subjects(marked) == {"osu/3"}


def test_faces_are_framed_by_the_neutral_picture_and_kept(osu_folder, tmp_path, monkeypatch):
    samples = read_samples([osu_folder])
    pictures = aligned_pictures(samples, 10, tmp_path)
    assert pictures.shape == (6, 256, 256, 3)
    monkeypatch.delattr(adopted_encoder, "Framer")
    np.testing.assert_array_equal(aligned_pictures(samples, 10, tmp_path), pictures)


def test_the_start_finds_people_where_a_line_leads_from_what_is_seen_to_who_it_is(monkeypatch):
    monkeypatch.setattr(adopted_encoder, "NUM_WATCHED", 16)
    monkeypatch.setattr(adopted_encoder, "NUM_SOLVED", 160)
    monkeypatch.setattr(adopted_encoder, "photographed", lambda picture, rng, jitter: picture)
    torch.manual_seed(0)
    generator = Generator(replace(FOREIGN, z_dim=2)).eval().requires_grad_(False)
    judge = Encoder(8).eval().requires_grad_(False)
    start_from_photographs(judge.trunk)
    latents = random_people(generator, 600)[:, 0]
    task = FindLatents(generator, np.zeros((2, 256, 256, 3), np.uint8), latents, judge)
    model = Encoder(FOREIGN.num_ws, FOREIGN.w_dim)
    start_from_another(model, latents, task)
    assert task.figures(model)["w_error"] < 0.5


def test_small_pictures_are_the_large_one_shrunk_where_they_were_not_taught():
    torch.manual_seed(0)
    generator = Generator(FOREIGN).eval().requires_grad_(False)
    assert is_whole_at_every_size(generator)
    assert with_whole_pictures(generator) is generator
    generator.synthesis.b64.torgb.bias.add_(1)  # a colour that only the largest size has
    assert not is_whole_at_every_size(generator)
    whole = with_whole_pictures(generator)
    ws = generator.map(torch.randn(2, FOREIGN.z_dim))
    large = generator.synthesis(ws)
    torch.testing.assert_close(whole.synthesis(ws), large)
    torch.testing.assert_close(whole.synthesis(ws, 32), torch.nn.functional.avg_pool2d(large, 2))
