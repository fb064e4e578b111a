"""The converted graph in the cache: found again, made anew if it is harmed, done without if it must."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from installation.ports import Detail
from installation.stage import openvino_graph, openvino_synthesizer
from installation.stage.openvino_graph import NUM_KEPT, SUFFIX
from installation.stage.openvino_synthesizer import OpenVinoSynthesizer
from models.stylegan2 import Architecture, Generator

try:
    openvino_graph.import_openvino()  # not by importorskip, which would start the telemetry
except ImportError:
    pytest.skip("OpenVINO is not installed", allow_module_level=True)

SMALL = Architecture(resolution=32, channel_base=128, channel_max=8, num_mapping_layers=1)


def generator_of(seed: int = 0) -> Generator:
    torch.manual_seed(seed)
    return Generator(SMALL).eval().requires_grad_(False)


def picture(generator: Generator, cache: Path | None) -> np.ndarray:
    ws = np.random.default_rng(0).standard_normal((SMALL.num_ws, SMALL.w_dim)).astype(np.float32)
    return OpenVinoSynthesizer(generator, torch.float32, 1, cache).synthesize(ws)


@pytest.fixture
def conversions(monkeypatch) -> list[Generator]:
    """Those that were converted."""
    convert, converted = openvino_graph._convert, []

    def counted(generator):
        converted.append(generator)
        return convert(generator)

    monkeypatch.setattr(openvino_graph, "_convert", counted)
    return converted


def test_it_is_converted_once(tmp_path, conversions):
    generator, cache = generator_of(), tmp_path / "not" / "there"
    first = picture(generator, cache)
    assert np.array_equal(picture(generator, cache), first)
    assert len(conversions) == 1
    assert [path.suffix for path in cache.iterdir()] == [SUFFIX]  # and nothing half made


def test_other_weights_are_another_graph(tmp_path, conversions):
    one, other = generator_of(0), generator_of(1)
    pictures = [picture(one, tmp_path), picture(other, tmp_path), picture(one, tmp_path)]
    assert np.array_equal(pictures[0], pictures[2]) and not np.array_equal(pictures[0], pictures[1])
    one.synthesis.b32.conv1.bias.data[0] += 1
    assert not np.array_equal(picture(one, tmp_path), pictures[0])
    assert len(conversions) == 3


def test_other_stops_are_another_graph(tmp_path, conversions, monkeypatch):
    """They are its outputs: a program that stops elsewhere would take one for the other."""
    generator = generator_of()
    picture(generator, tmp_path)
    for module in (openvino_graph, openvino_synthesizer):
        monkeypatch.setattr(module, "stops", lambda arch: (16, 32))
    assert OpenVinoSynthesizer(generator, torch.float32, 1, tmp_path).synthesize(
        np.zeros((SMALL.num_ws, SMALL.w_dim), np.float32), Detail(16)
    ).shape == (16, 16, 3)
    assert len(conversions) == 2


def test_a_folder_that_can_only_be_read_is_read(tmp_path, conversions, monkeypatch):
    def read_only(*_):
        raise OSError(30, "Read-only file system")

    generator = generator_of()
    picture(generator, tmp_path)
    monkeypatch.setattr(Path, "touch", read_only)
    monkeypatch.setattr(openvino_graph, "_write", read_only)
    picture(generator, tmp_path)
    assert len(conversions) == 1


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    return content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]


def foreign(content: bytes) -> bytes:
    """Whole, by its digest, and no graph."""
    body = (5).to_bytes(8, "little") + b"hello" + b"you"
    return openvino_graph.hashlib.sha256(body).digest() + body


@pytest.mark.parametrize("harm", [truncated, flipped, foreign, lambda _: b""])
def test_a_harmed_file_is_made_anew(tmp_path, conversions, harm):
    generator = generator_of()
    first = picture(generator, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(harm(path.read_bytes()))
    for _ in range(2):
        assert np.array_equal(picture(generator, tmp_path), first)
    assert len(conversions) == 2


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path, conversions):
    (tmp_path / "file").write_bytes(b"")
    for _ in range(2):
        picture(generator_of(), tmp_path / "file")
    assert len(conversions) == 2


def test_who_has_no_home_does_without(conversions, monkeypatch):
    def homeless(*_, **__):
        raise RuntimeError("could not determine the home directory for '~/.cache'")

    monkeypatch.setattr(openvino_graph.platformdirs, "user_cache_path", homeless)
    assert picture(generator_of(), None).shape == (32, 32, 3)
    assert len(conversions) == 1


def test_a_full_disk_leaves_nothing_behind(tmp_path, conversions, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    picture(generator_of(), tmp_path)
    assert len(conversions) == 1 and not list(tmp_path.iterdir())


def test_several_at_once_do_not_disturb_each_other(tmp_path):
    model = openvino_graph._convert(generator_of())
    path = tmp_path / f"one{SUFFIX}"
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            list(pool.map(lambda _: openvino_graph._write(path, model), range(4)))
            assert openvino_graph._read(path) is not None
    assert list(tmp_path.iterdir()) == [path]


def test_the_oldest_files_go(tmp_path):
    model = openvino_graph._convert(generator_of())
    for number in range(NUM_KEPT + 2):
        path = tmp_path / f"{number}{SUFFIX}"
        openvino_graph._write(path, model)
        os.utime(path, (number, number))
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["2", "3", "4", "5"]


def test_nothing_is_written_home_nor_sent(tmp_path):
    """OpenVINO's telemetry would do both when it is imported."""
    code = (
        "import socket, sys, threading\n"
        "def no(*_): raise AssertionError('a connection')\n"
        "socket.socket.connect = no\n"
        "from installation.stage.openvino_graph import _convert, import_openvino\n"
        "from tests.stage.test_openvino_graph import generator_of\n"
        "_convert(generator_of())\n"
        "assert not [name for name in sys.modules if name.startswith('openvino_telemetry.')]\n"
        "assert threading.active_count() == 1\n"
    )
    home = {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, **home, "PYTHONPATH": str(root)}
    environment.pop("PYTEST_CURRENT_TEST", None)
    subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, check=True)
    assert not list(tmp_path.iterdir())
