"""People by number, the same z for ever; and in files, read back exactly or refused in one sentence."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from models.checkpoint import CheckpointError, load_generator
from models.people import load_person, person_z, save_person
from tests.models.tiny import TINY, tiny_person, write_tiny_person, write_tiny_weights


def test_a_persons_z_is_the_one_it_has_always_been():
    z = person_z(42)
    assert z.shape == (1, 512)
    assert z[0, :3].tolist() == pytest.approx([0.4967141530, -0.1382643012, 0.6476885381])


def test_people_differ_and_are_standard_normal():
    z = torch.cat([person_z(number) for number in (0, 1, 2**32 - 1)])
    assert len({tuple(row.tolist()) for row in z}) == 3
    assert float(z.mean()) == pytest.approx(0, abs=0.1)
    assert float(z.std()) == pytest.approx(1, abs=0.1)


# --- in files ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    return load_generator(write_tiny_weights(tmp_path_factory.mktemp("weights")))


def test_a_person_survives_the_disk_to_the_last_bit(tmp_path, generator):
    person = tiny_person()
    save_person(tmp_path / "ada.safetensors", person, generator.sha256)
    loaded = load_person(tmp_path / "ada.safetensors", generator)
    assert loaded.ws.dtype == np.float32
    assert np.array_equal(loaded.ws, person.ws)
    assert (loaded.aus, loaded.controls) == (person.aus, person.controls)
    assert (loaded.title, loaded.source) == (person.title, person.source)
    assert [path.name for path in tmp_path.iterdir()] == ["ada.safetensors"]


def test_a_person_that_cannot_be_written_leaves_nothing(tmp_path, generator):
    tmp_path.joinpath("taken.safetensors").mkdir()
    with pytest.raises(IsADirectoryError):
        save_person(tmp_path / "taken.safetensors", tiny_person(), generator.sha256)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.safetensors"]


def test_a_photographs_name_need_not_be_text(tmp_path, generator):
    person = dataclasses.replace(tiny_person(), title="Zo\udceb", source="Zoë.jpg")
    save_person(tmp_path / "zoe.safetensors", person, generator.sha256)
    loaded = load_person(tmp_path / "zoe.safetensors", generator)
    assert (loaded.title, loaded.source) == ("Zo?", "Zoë.jpg")


def refused(path, generator) -> str:
    with pytest.raises(CheckpointError) as error:
        load_person(path, generator)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    return message


def test_a_missing_person_is_named(tmp_path, generator):
    assert "no such person file" in refused(tmp_path / "ada.safetensors", generator)


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_truncated_person_is_refused(tmp_path, generator, keep):
    path = write_tiny_person(tmp_path / "ada.safetensors", generator.path)
    path.write_bytes(path.read_bytes()[:keep])
    assert "not a whole safetensors file" in refused(path, generator)


def test_a_generator_is_no_person(generator):
    assert "holds 'generator', not a person" in refused(generator.path, generator)


def test_a_person_of_another_generator_is_refused(tmp_path, generator):
    other = write_tiny_weights(tmp_path, seed=1)
    path = write_tiny_person(tmp_path / "ada.safetensors", other)
    message = refused(path, generator)
    assert "made for another generator" in message
    assert message.endswith("project the photograph again for tiny.safetensors")


ROWS = (TINY.num_ws, TINY.w_dim)
NOT_FINITE = torch.zeros(ROWS)
NOT_FINITE[3, 4] = torch.nan


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ws": torch.zeros(ROWS, dtype=torch.float16)}, f"ws is float16 {list(ROWS)}, not float32"),
        ({"ws": torch.zeros(ROWS, dtype=torch.bfloat16)}, "ws is bfloat16"),
        ({"ws": torch.zeros(1, *ROWS)}, f"ws is float32 {[1, *ROWS]}"),
        ({"ws": torch.zeros(14, 512)}, f"ws is float32 [14, 512], not float32 {list(ROWS)}"),
        ({"ws": NOT_FINITE}, "not a finite number"),
        ({"ws": None}, "holds no 'ws'"),
        ({"version": "2"}, "format version '2'"),
        ({"generator_sha256": "\x1b[2J"}, "made for another generator ('\\x1b[2J'"),
        ({"generator_sha256": None}, "made for another generator (''"),
        ({"action_units": "1 2 3"}, "another list of action units"),
        ({"aus": None}, "holds no 'aus'"),
        ({"aus": "0 0.5"}, "2 intensities, not 43"),
        ({"aus": " ".join(["0.5"] * 44)}, "44 intensities, not 43"),
        ({"aus": " ".join(["0"] * 42 + ["1.001"])}, "intensity 1.001 is outside 0 to 1"),
        ({"aus": " ".join(["-0.1"] * 43)}, "intensity -0.1 is outside 0 to 1"),
        ({"aus": " ".join(["nan"] * 43)}, "intensity nan is outside 0 to 1"),
        ({"aus": " ".join(["strong"] * 43)}, "strong"),
        ({"controls": "{"}, "no person ("),
        ({"controls": "[" * 100_000}, "no person ("),
        ({"controls": "[]"}, "its controls are no mapping"),
        ({"controls": '{"yaw": "left"}'}, "control 'yaw' is neither a number nor a pair of them"),
        ({"controls": '{"yaw": true}'}, "control 'yaw' is neither"),
        ({"controls": '{"gaze": [1, 2, 3]}'}, "control 'gaze' is neither"),
        ({"controls": '{"gaze": [1, [2]]}'}, "control 'gaze' is neither"),
        ({"controls": '{"gaze": [1, Infinity]}'}, "control 'gaze' is not a finite number"),
        ({"controls": '{"yaw": NaN}'}, "control 'yaw' is not a finite number"),
        ({"controls": json.dumps({"yaw": 10**400})}, "no person ("),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_no_person_can_be_is_refused(tmp_path, generator, changes, message):
    path = write_tiny_person(tmp_path / "ada.safetensors", generator.path)
    with safe_open(path, framework="pt") as file:
        metadata, ws = file.metadata(), file.get_tensor("ws")
    ws = changes.get("ws", ws)
    metadata |= {name: value for name, value in changes.items() if name != "ws"}
    kept = {name: value for name, value in metadata.items() if value is not None}
    save_file({"x": torch.zeros(1)} if ws is None else {"ws": ws}, path, metadata=kept)
    assert message in refused(path, generator)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ws": np.zeros(ROWS)}, "float64"),
        ({"ws": np.full(ROWS, np.nan, np.float32)}, "finite"),
        ({"aus": (0.0,) * 42}, "42 intensities"),
        ({"aus": (1.5,) * 43}, "outside 0 to 1"),
        ({"controls": {"gaze": (0.0, float("inf"))}}, "'gaze'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_could_not_be_read_again_is_no_person(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(tiny_person(), **changes)
