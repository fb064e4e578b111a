"""`convert` as users type it: weights that play, one line a fault, and nothing lost."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner

import run_installation
from models.checkpoint import file_sha256, load_generator, read_checkpoint
from models.pseudo_autoencoder import DEFAULT_PRESET, save_pseudo_autoencoder
from tests.models.conversion.writers import FORMATS, SMALL, generator_of, rosinality_training
from tests.models.tiny import tiny_model, write_tiny_reader


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Run `convert` in an empty folder; → exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*args: str | Path) -> tuple[int, str, str]:
        code = run_installation.entry(["convert", *map(str, args)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "faces.pkl"
    FORMATS["nvlabs"](path, generator_of(SMALL))
    return path


def refused(result: tuple[int, str, str]) -> str:
    code, out, err = result
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    return err


def test_the_result_is_printed_and_says_where_it_is_from(cli, source):
    code, out, err = cli("faces.pkl", "-o", "new/faces.safetensors", "--licence", "CC0")
    assert (code, out) == (0, "new/faces.safetensors\n")
    assert "32 × 32" in err and "python -m training.adopt new/faces.safetensors" in err
    metadata = load_generator(Path("new/faces.safetensors")).metadata
    assert metadata["source_format"] == "NVlabs PyTorch pickle"
    assert metadata["source_file"] == "faces.pkl"
    assert metadata["source_sha256"] == file_sha256(source)
    assert (metadata["title"], metadata["licence"]) == ("faces", "CC0")
    assert [path.name for path in Path("new").iterdir()] == ["faces.safetensors"]


def test_weights_are_kept_whole(cli, source):
    assert cli(source, "-o", "a.safetensors")[0] == 0
    checkpoint = read_checkpoint(Path("a.safetensors"), "generator")
    assert {tensor.dtype for tensor in checkpoint.tensors.values()} == {torch.float32}
    assert "licence" not in checkpoint.metadata


def test_what_was_made_up_is_said(cli, tmp_path):
    rosinality_training(tmp_path / "train.pt", generator_of(SMALL))
    code, out, err = cli("train.pt", "-o", "a.safetensors")
    assert (code, out) == (0, "a.safetensors\n")
    assert err.startswith("train.pt: it keeps no average face: w_avg is the mean of 4096 people\n")


def test_the_same_again_leaves_the_file_that_companions_know(cli, source):
    arguments = [source, "-o", "a.safetensors"]
    assert cli(*arguments)[0] == 0
    out = Path("a.safetensors")
    before = file_sha256(out), out.stat().st_mtime_ns
    assert cli(*arguments)[:2] == (0, "a.safetensors\n")
    assert (file_sha256(out), out.stat().st_mtime_ns) == before
    assert cli(*arguments, "--title", "Faces")[0] == 0
    assert load_generator(out).metadata["title"] == "Faces"


@pytest.mark.parametrize("before", [b"", b"something else"])
def test_what_is_there_is_replaced(cli, source, before):
    Path("a.safetensors").write_bytes(before)
    assert cli(source, "-o", "a.safetensors")[0] == 0
    assert load_generator(Path("a.safetensors")).generator.arch == SMALL


def test_what_is_there_stays_when_it_cannot_be_replaced(cli, source):
    assert cli(source, "-o", "a.safetensors")[0] == 0
    before = file_sha256(Path("a.safetensors"))
    source.write_bytes(source.read_bytes()[:-1000])
    refused(cli(source, "-o", "a.safetensors"))
    assert file_sha256(Path("a.safetensors")) == before
    assert sorted(path.name for path in Path().iterdir()) == ["a.safetensors", "faces.pkl"]


def test_the_input_is_never_written_over(cli, source):
    before = source.read_bytes()
    os.link(source, "linked.safetensors")
    Path("pointing.safetensors").symlink_to(source)
    source.rename("own.partial")  # as a file that is being written is called
    source.symlink_to("own.partial")
    for output in ("linked.safetensors", "pointing.safetensors", "own.safetensors"):
        assert "would be written over" in refused(cli(source, "-o", output))
    assert Path("own.partial").read_bytes() == before


def test_where_it_cannot_be_written_is_named(cli, source, tmp_path):
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "file").touch()
    for output, reason in (
        ("a.pkl", "name a file NAME.safetensors with -o"),
        ("a", "name a file NAME.safetensors with -o"),
        ("folder.safetensors", "is a folder"),
        ("file/a.safetensors", "cannot be written"),
    ):
        err = refused(cli(source, "-o", output))
        assert err.startswith(f"{output}: ") and reason in err


def test_a_full_disk_leaves_nothing(cli, source, monkeypatch):
    def write_bytes(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    assert "a.safetensors: cannot be written (No space left on device)" in refused(
        cli(source, "-o", "a.safetensors")
    )
    assert [path.name for path in Path().iterdir()] == ["faces.pkl"]


def test_an_unreadable_file_says_which(cli):
    assert refused(cli("none.pkl", "-o", "a.safetensors")).startswith("none.pkl: no such file")


@pytest.mark.parametrize("name", ["nvlabs", "tensorflow", "rosinality"])
def test_a_converted_generator_plays(name, cli, tmp_path):
    """With a companion it is a portrait as any other."""
    FORMATS[name](tmp_path / "theirs", generator_of(SMALL))
    weights = tmp_path / "a.safetensors"
    assert cli("theirs", "-o", weights)[0] == 0
    model = tiny_model(num_ws=SMALL.num_ws, w_dim=SMALL.w_dim)
    save_pseudo_autoencoder(model, DEFAULT_PRESET, load_generator(weights), (12,), (), "a test")
    write_tiny_reader(weights)
    options = ["portrait", "-o", "a.png", "--person", "3", "--weights", str(weights), "--device", "cpu"]
    drawn = CliRunner().invoke(run_installation.main, options, catch_exceptions=False)
    assert drawn.exit_code == 0, drawn.output
    assert np.ptp(cv2.imread("a.png")) > 0


def test_ctrl_c_is_no_success_and_leaves_nothing(tmp_path, monkeypatch, capsys):
    FORMATS["rosinality"](tmp_path / "in.pt", generator_of(SMALL))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)  # when all is written
    assert (
        run_installation.entry(["convert", str(tmp_path / "in.pt"), "-o", str(tmp_path / "out.safetensors")])
        == 130
    )
    assert capsys.readouterr().err.strip() == "stopped"
    assert [path.name for path in tmp_path.iterdir()] == ["in.pt"]


def test_a_generator_with_companions_is_not_replaced(cli, source):
    assert cli(source, "-o", "mine[1].safetensors")[0] == 0
    before = Path("mine[1].safetensors").read_bytes()
    Path("mine[1].pseudo_autoencoder.safetensors").write_bytes(b"a day's work")
    assert cli(source, "-o", "mine[1].safetensors")[0] == 0  # the same again, by the same bytes
    message = refused(cli(source, "-o", "mine[1].safetensors", "--title", "another"))
    assert "mine[1].pseudo_autoencoder.safetensors beside it" in message and "-o" in message
    assert Path("mine[1].safetensors").read_bytes() == before
