"""Every backend draws what the plain modules draw, noise and clamped activations too; and one is chosen."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from installation.errors import InputError
from installation.ports import Detail, Synthesizer
from installation.stage import backends, openvino_graph, openvino_synthesizer
from installation.stage.backends import RACE_NS, Backend, Choice, backend_of, live_synthesizer, race
from installation.stage.cuda_synthesizer import GraphSynthesizer
from installation.stage.openvino_synthesizer import OpenVinoSynthesizer
from installation.stage.pacing import SystemClock
from installation.stage.synthesizer import TorchSynthesizer, stops
from models.checkpoint import load_generator
from models.stylegan2 import Architecture, Generator, to_uint8
from run_installation import WEIGHTS
from tests.bench.players import psnr_db
from tests.machines import MS, Machine

CPU = torch.device("cpu")
TINY = Architecture(resolution=256, channel_base=1024, channel_max=16, num_mapping_layers=2)
CLAMPED = Architecture(
    resolution=256, channel_base=1024, channel_max=16, num_mapping_layers=2, conv_clamp=0.8
)
DETAILS = [Detail(side, share) for side in (128, 256) for share in (1.0, 0.4, 0.0)]


def generator_of(arch: Architecture, noise: float = 0.0) -> Generator:
    """Weights that have learned nothing, with noise of this strength."""
    torch.manual_seed(0)
    generator = Generator(arch).eval().requires_grad_(False)
    for layer in generator.synthesis.modules():
        if hasattr(layer, "noise_strength"):
            layer.noise_strength.fill_(noise)
    return generator


def latent_of(generator: Generator, seed: int = 1) -> np.ndarray:
    torch.manual_seed(seed)
    return generator.map(torch.randn(1, generator.arch.z_dim), 0.7)[0].numpy()


@torch.inference_mode()
def plain(generator: Generator, ws: np.ndarray, detail: Detail) -> np.ndarray:
    """The modules as they are trained, noise and all."""
    rgb = generator.synthesis(torch.from_numpy(ws)[None], detail.resolution, "const", share=detail.share)
    return to_uint8(rgb)[0].numpy()


@pytest.fixture(params=[(TINY, 0.0), (TINY, 0.7), (CLAMPED, 0.7)], ids=["plain", "noise", "clamp"])
def generator(request) -> Generator:
    return generator_of(*request.param)


def test_noise_and_clamp_are_seen():
    """Else what follows would compare nothing."""
    pictures = [
        plain(generator_of(*each), latent_of(generator_of(TINY)), Detail(256))
        for each in ((TINY, 0.0), (TINY, 0.7), (CLAMPED, 0.7))
    ]
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


def synthesizers(generator: Generator, dtype: torch.dtype, cache) -> list[Synthesizer]:
    return [
        TorchSynthesizer(generator, CPU, dtype),
        GraphSynthesizer(generator, CPU, dtype, lambda draw: draw),
        *([OpenVinoSynthesizer(generator, dtype, 1, cache)] if has_openvino() else []),
    ]


def has_openvino() -> bool:
    try:
        openvino_graph.import_openvino()
    except ImportError:
        return False
    return True


needs_openvino = pytest.mark.skipif(not has_openvino(), reason="OpenVINO is not installed")


def test_in_float32_all_draw_the_same(generator, tmp_path):
    ws = latent_of(generator)
    for synthesizer in synthesizers(generator, torch.float32, tmp_path):
        assert synthesizer.resolutions == (128, 256) and synthesizer.resolution == 256
        for detail in DETAILS:
            wanted = plain(generator, ws, detail).astype(int)
            assert abs(synthesizer.synthesize(ws, detail) - wanted).max() <= 1, (synthesizer, detail)
        assert np.array_equal(synthesizer.synthesize(ws), synthesizer.synthesize(ws, Detail(256)))


def test_in_bfloat16_nearly(generator, tmp_path):
    ws = latent_of(generator)
    for synthesizer in synthesizers(generator, torch.bfloat16, tmp_path):
        for detail in DETAILS:
            assert psnr_db(synthesizer.synthesize(ws, detail), plain(generator, ws, detail)) > 35


def test_a_picture_is_not_written_over_by_the_next_one(generator, tmp_path):
    first, second = latent_of(generator, 1), latent_of(generator, 2)
    for synthesizer in synthesizers(generator, torch.float32, tmp_path):
        image = synthesizer.synthesize(first)
        kept = image.copy()
        assert not np.array_equal(synthesizer.synthesize(second), kept)
        assert np.array_equal(image, kept)
        assert np.array_equal(synthesizer.synthesize(first), kept)


@needs_openvino
def test_openvino_draws_the_shipped_weights_as_the_modules_do(tmp_path):
    generator = load_generator(WEIGHTS).generator
    exact, fast = (
        OpenVinoSynthesizer(generator, dtype, 1, tmp_path) for dtype in (torch.float32, torch.bfloat16)
    )
    for seed in range(4):
        ws = latent_of(generator, seed)
        wanted = plain(generator, ws, Detail(generator.arch.resolution))
        assert abs(exact.synthesize(ws) - wanted.astype(int)).max() <= 1
        assert psnr_db(fast.synthesize(ws), wanted) >= 40


def test_the_graphs_of_a_card_are_recorded_once_for_each_resolution(generator):
    """The card's own part has never run; what is recorded draws from buffers that stay where they are."""
    recorded, drawn = [], []

    def record(draw):
        recorded.append(draw)
        return lambda: (drawn.append(draw), draw())

    synthesizer = GraphSynthesizer(generator, CPU, torch.float32, record)
    ws = latent_of(generator)
    assert len(recorded) == 2 and not drawn
    for detail in DETAILS:
        synthesizer.synthesize(ws, detail)
    assert [recorded.index(draw) for draw in drawn] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("resolution", "found"),
    [
        (32, (32,)),
        (64, (64,)),
        (128, (128,)),
        (256, (128, 256)),
        (512, (128, 256, 512)),
        (1024, (256, 512, 1024)),
    ],
)
def test_nobody_stops_where_nothing_can_be_recognised(resolution, found):
    assert stops(Architecture(resolution)) == found


# --- the choice ---------------------------------------------------------------------------------------------


def run_race(
    costs_ms: dict[str, float], load=lambda _seconds: 1.0
) -> tuple[dict[str, float], dict[str, int], Machine]:
    machine = Machine(load)
    counts = dict.fromkeys(costs_ms, 0)

    def runner(name):
        def run():
            counts[name] += 1
            machine.work(costs_ms[name])

        return run

    return race({name: runner(name) for name in costs_ms}, machine), counts, machine


def test_the_fastest_wins_and_the_hopeless_are_not_run_to_the_end():
    costs, counts, machine = run_race({"fast": 17, "near": 28, "slow": 43, "hopeless": 400})
    assert min(costs, key=costs.get) == "fast"
    assert counts["hopeless"] == counts["slow"] == 2 < counts["fast"]
    assert machine.seconds < 2


def test_a_slow_moment_does_not_decide():
    moments = lambda seconds: 30.0 if 0.21 < seconds < 0.23 else 1.0  # noqa: E731
    costs, _, _ = run_race({"fast": 17, "near": 25}, moments)
    assert min(costs, key=costs.get) == "fast"


@given(st.lists(st.floats(0.5, 3000), min_size=1, max_size=4))
def test_a_race_is_over_soon_and_rightly(costs_ms):
    costs, counts, machine = run_race({str(index): cost for index, cost in enumerate(costs_ms)})
    assert costs[min(costs, key=costs.get)] == pytest.approx(min(costs_ms) * MS, rel=1e-3)
    assert max(counts.values()) <= 21
    assert machine.seconds <= RACE_NS / 1e9 + 2 * sum(costs_ms) / 1e3 + 3 * 4 * 2 * min(costs_ms) / 1e3


def test_what_is_chosen_is_said_in_a_line(generator, tmp_path):
    told = []
    synthesizer = live_synthesizer(generator, "cpu", SystemClock(), told.append, tmp_path)
    (line,) = told
    assert line.startswith("drawing with ") and line.endswith(" at 256²") and "float" in line
    ws = latent_of(generator)
    assert psnr_db(synthesizer.synthesize(ws), plain(generator, ws, Detail(256))) > 35


def test_without_openvino_pytorch_draws(generator, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)  # whoever imports it is told that it is not there
    told = []
    synthesizer = live_synthesizer(generator, "cpu", SystemClock(), told.append, tmp_path)
    assert isinstance(synthesizer, TorchSynthesizer)
    assert told[0].startswith("OpenVINO cannot be used (import of openvino halted")
    assert told[1].startswith("drawing with PyTorch, ") and len(told) == 2


@needs_openvino
def test_its_graph_is_read_once_for_both_precisions(generator, tmp_path, monkeypatch):
    """Where nothing can be kept, that is to convert it: seconds."""
    read, num_read = openvino_synthesizer.read_or_convert, []
    monkeypatch.setattr(
        openvino_synthesizer, "read_or_convert", lambda *given: (num_read.append(1), read(*given))[1]
    )
    live_synthesizer(generator, "cpu", SystemClock(), lambda line: None, tmp_path)
    assert len(num_read) == 1


@needs_openvino
def test_where_openvino_cannot_compile_pytorch_draws(generator, tmp_path, monkeypatch):
    def fail(self, resolution):
        raise RuntimeError("Exception from src/plugins: unsupported\nand more")

    monkeypatch.setattr(OpenVinoSynthesizer, "_request", fail)
    told = []
    synthesizer = live_synthesizer(generator, "cpu", SystemClock(), told.append, tmp_path)
    assert isinstance(synthesizer, TorchSynthesizer)
    assert told[0] == (
        "OpenVINO cannot be used (Exception from src/plugins: unsupported); drawing without it"
    )
    assert told[1].startswith("drawing with PyTorch, ") and len(told) == 2


def test_a_card_that_fails_leaves_the_processor(generator, tmp_path, monkeypatch):
    def fail(_):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate\nand more")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(backends, "cuda_synthesizer", fail)
    told = []
    synthesizer = live_synthesizer(generator, "auto", SystemClock(), told.append, tmp_path)
    assert told[0] == (
        "the graphics card cannot be used (CUDA out of memory. Tried to allocate); drawing on the processor"
    )
    ws = latent_of(generator)
    assert psnr_db(synthesizer.synthesize(ws), plain(generator, ws, Detail(256))) > 35


def test_a_card_that_is_asked_for_and_not_there_is_an_error(generator, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a card")
    with pytest.raises(InputError, match="--device cuda"):
        live_synthesizer(generator, "cuda", SystemClock(), print, tmp_path)


@needs_openvino
def test_signals_reach_a_process_in_which_backends_have_come_and_gone(tmp_path):
    """Each core of OpenVINO's would leave the stack of another one's for them, which is gone."""
    code = (
        "import gc, signal, sys, torch\n"
        "from pathlib import Path\n"
        "from tests.stage.test_backends import CLAMPED, OpenVinoSynthesizer, generator_of\n"
        "made = [OpenVinoSynthesizer(generator_of(CLAMPED), torch.float32, 1, Path(sys.argv[1]))"
        " for _ in range(2)]\n"
        "for each in made: each.prepare()\n"
        "del made[0]; gc.collect(); del each, made[0]; gc.collect()\n"
        "signal.signal(signal.SIGINT, lambda *_: print('reached'))\n"
        "signal.raise_signal(signal.SIGINT)\n"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout == "reached\n"


@needs_openvino
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("backend", [Backend.TORCH, Backend.OPENVINO])
def test_a_backend_can_be_forced(backend, dtype, tmp_path):
    generator = generator_of(TINY)
    num_threads = torch.get_num_threads()
    try:
        synthesizer = backend_of(Choice(backend, dtype), generator, 1, tmp_path)
    finally:
        torch.set_num_threads(num_threads)
    assert synthesizer.dtype == dtype
    assert isinstance(synthesizer, OpenVinoSynthesizer) == (backend is Backend.OPENVINO)
