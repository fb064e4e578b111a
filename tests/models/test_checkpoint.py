"""Weights on disk: read back as written, and refused in one sentence when something is wrong."""

import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models.action_units import ACTION_UNITS
from models.checkpoint import CheckpointError, companion_path, load_generator, save_generator
from models.pseudo_autoencoder import load_pseudo_autoencoder
from models.stylegan2 import Generator
from tests.models.tiny import TINY, write_tiny_companion, write_tiny_weights


def test_a_generator_survives_the_disk(tmp_path):
    generator = Generator(TINY)
    save_generator(tmp_path / "g.safetensors", generator, {"title": "a title"})
    loaded = load_generator(tmp_path / "g.safetensors")
    assert loaded.metadata["title"] == "a title"
    assert loaded.generator.arch == TINY
    for name, tensor in generator.state_dict().items():
        torch.testing.assert_close(loaded.generator.state_dict()[name], tensor.half().float())


def test_weights_that_have_diverged_are_not_written(tmp_path):
    generator = Generator(TINY)
    generator.mapping.w_avg.fill_(1e6)
    with pytest.raises(ValueError, match="w_avg does not fit float16"):
        save_generator(tmp_path / "g.safetensors", generator, {})
    assert not list(tmp_path.iterdir())


def test_saving_leaves_nothing_half_written(tmp_path):
    save_generator(tmp_path / "new" / "g.safetensors", Generator(TINY), {})
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["g.safetensors"]


def one_line(error: pytest.ExceptionInfo) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="no such weights file") as error:
        load_generator(tmp_path / "nowhere.safetensors")
    assert "nowhere.safetensors" in one_line(error)


@pytest.mark.parametrize("keep", [0, 7, 100, 0.5, 0.999])
def test_a_truncated_file_is_refused(tmp_path, keep):
    path = write_tiny_weights(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else keep])
    with pytest.raises(CheckpointError, match="not a whole safetensors file") as error:
        load_generator(path)
    one_line(error)


def test_a_pickle_is_refused_without_being_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (tmp_path.joinpath("exploded").touch, ())

    path = tmp_path / "bomb.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        load_generator(path)
    assert not (tmp_path / "exploded").exists()


def test_another_kind_is_refused(tmp_path):
    generator = write_tiny_weights(tmp_path)
    with pytest.raises(CheckpointError, match="holds 'pseudo_autoencoder', not a generator") as error:
        load_generator(companion_path(generator, "pseudo_autoencoder"))
    one_line(error)


IMPOSSIBLE = (
    *("", "{}}", "[]", "null", "[" * 100_000),
    *(
        '{"resolution": 33}',
        '{"resolution": "big"}',
        '{"colour": 1}',
        '{"conv_clamp": "x"}',
        '{"z_dim": true}',
    ),
    *('{"channel_base": 0}', '{"channel_base": 256.5}', '{"channel_base": 10000000000000}'),
    *('{"num_mapping_layers": 1000000000}', '{"mapping_lr_multiplier": 0}'),
)


@pytest.mark.parametrize("architecture", IMPOSSIBLE, ids=range(len(IMPOSSIBLE)))
def test_an_impossible_architecture_is_refused(tmp_path, architecture):
    path = tmp_path / "odd.safetensors"
    metadata = {"kind": "generator", "version": "1", "architecture": architecture}
    save_file({"x": torch.zeros(1)}, path, metadata=metadata)
    with pytest.raises(CheckpointError, match="architecture cannot be read") as error:
        load_generator(path)
    one_line(error)


def test_tensors_that_do_not_fit_their_metadata_are_refused(tmp_path):
    path = tmp_path / "odd.safetensors"
    metadata = {"kind": "generator", "version": "1", "architecture": json.dumps({"resolution": 32})}
    save_file({"x": torch.zeros(1)}, path, metadata=metadata)
    with pytest.raises(CheckpointError, match="do not fit") as error:
        load_generator(path)
    one_line(error)


def test_a_companion_is_read_with_its_generator(tmp_path):
    loaded = load_pseudo_autoencoder(load_generator(write_tiny_weights(tmp_path)))
    assert loaded.learned_units == tuple(unit for unit in ACTION_UNITS if unit != 39)
    ws = np.zeros((TINY.num_ws, 512), np.float32)
    assert loaded.model.predict(ws, (0.5,) * 43).shape == ws.shape


def test_a_companion_of_another_generator_is_refused(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    path, other = write_tiny_weights(ours, seed=0), write_tiny_weights(theirs, seed=1)
    companion_path(path, "pseudo_autoencoder").write_bytes(
        companion_path(other, "pseudo_autoencoder").read_bytes()
    )
    with pytest.raises(CheckpointError, match="made for another generator") as error:
        load_pseudo_autoencoder(load_generator(path))
    one_line(error)


def test_a_missing_companion_is_named(tmp_path):
    path = write_tiny_weights(tmp_path)
    companion_path(path, "pseudo_autoencoder").unlink()
    with pytest.raises(CheckpointError, match=r"tiny\.pseudo_autoencoder\.safetensors: missing"):
        load_pseudo_autoencoder(load_generator(path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preset": "magic"}, "unknown preset 'magic'"),
        ({"action_units": "1 2 3"}, "another list of action units"),
        ({"learned_units": "1 two"}, "names 'two'"),
    ],
)
def test_a_companion_of_another_making_is_refused(tmp_path, changes, message):
    path = write_tiny_weights(tmp_path)
    write_tiny_companion(path, changes=changes)
    with pytest.raises(CheckpointError, match=message) as error:
        load_pseudo_autoencoder(load_generator(path))
    one_line(error)
