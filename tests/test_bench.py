"""The bench counts, times and compares what it says it does; how fast anything is here is no test."""

import pytest
import torch
from click.testing import CliRunner
from torch.utils.flop_counter import FlopCounterMode

from models.stylegan2 import Architecture
from tests.bench import __main__ as bench
from tests.bench.cost import multiply_adds
from tests.bench.players import latents, psnr_db, random_generator
from tests.bench.report import page
from tests.bench.targets import checked
from tests.bench.timing import Spread, interleaved_ms, ratios


@pytest.mark.parametrize(
    "arch",
    [Architecture(32, 512, 32), Architecture(64, 4096, 256), Architecture(256, 512, 16, w_dim=64)],
    ids=str,
)
@torch.no_grad()
def test_multiply_adds_are_those_of_the_operations(arch):
    generator = random_generator(arch)
    ws = torch.randn(1, arch.num_ws, arch.w_dim)
    with FlopCounterMode(display=False) as counter:
        generator.synthesis(ws, noise_mode="none")
    # The counter reckons a filter's transposed convolution by what goes in, as the formula does.
    assert 2 * multiply_adds(arch) == counter.get_total_flops()


def test_multiply_adds_of_config_f_are_as_known():
    assert multiply_adds(Architecture(1024, 32768, 512)) / 1e9 == pytest.approx(75.3, abs=0.2)


def test_everybody_is_timed_in_turn_and_the_first_round_counts_for_nothing():
    order = []
    calls = {name: lambda name=name: order.append(name) for name in "ab"}
    rounds = []
    taken = interleaved_ms(calls, 3, rounds.append)
    assert order == ["a", "a", "b", "b"] * 4
    assert {name: len(ms) for name, ms in taken.items()} == {"a": 3, "b": 3}
    assert rounds == [0, 1, 2, 3]


def test_what_takes_long_is_done_once_in_its_turn(monkeypatch):
    monkeypatch.setattr("tests.bench.timing.LONG_MS", -1.0)
    order = []
    interleaved_ms({name: lambda name=name: order.append(name) for name in "ab"}, 1)
    assert order == ["a", "b"] * 2


def test_a_ratio_is_that_of_its_own_round():
    assert ratios([10, 40], [5, 10]) == [2, 4]
    spread = Spread.of(list(range(101)))
    assert (spread.p10, spread.median, spread.p90) == (10, 50, 90)


def test_random_pictures_are_within_eight_bits():
    generator = random_generator(Architecture(64, 2048, 64))
    (ws,) = latents(generator, 1)
    rgb = generator.synthesis(torch.from_numpy(ws)[None])
    assert 0.05 < float(rgb.std()) < 1
    assert float((rgb.abs() > 1).float().mean()) < 0.02


def test_psnr_of_a_grey_level_and_of_none():
    one = torch.zeros(4, 4, 3, dtype=torch.uint8).numpy()
    assert psnr_db(one, one) == float("inf")
    assert psnr_db(one, one + 1) == pytest.approx(48.13, abs=0.01)


def player(name: str, ratio: float, num_threads: int = 2) -> dict[str, object]:
    spread = {"p10": 1.0, "p90": 2.0}
    return {
        "name": name,
        "num_threads": num_threads,
        "ms": {"median": 50 / ratio, **spread},
        "p99_ms": 60 / ratio,
        "ratio": {"median": ratio, **spread},
        "gflops": 10.0 * ratio,
        "psnr_db": 50.0,
        "memory_mb": 100.0,
    }


def unpaced(median: float, p99: float) -> dict[str, object]:
    times = {"median": median, "p10": median, "p90": median, "p99": p99, "num_frames": 9}
    return {"drawn": times, "shown": times}


def measured(ratio: float, instructions: str = "avx2") -> dict[str, object]:
    peaks = {"float32": 100.0, "bfloat16": 200.0}
    rows = [player("as published, float32", 1.0), player("OpenVINO, bfloat16", ratio)]
    rows.append(player("OpenVINO, bfloat16", 2 * ratio, num_threads=1))
    return {
        "machine": {
            "instructions": instructions,
            "cores": "2",
            "peaks": {"1": peaks, "2": peaks},
            "others": 0.0,
            "seconds": 1,
        },
        "show": {
            "window": "",
            "ms": {},
            "unpaced": {
                "256², the shipped weights": {"OpenVINO, bfloat16, 2": unpaced(5, 9)},
                "512², random weights": {
                    "OpenVINO, bfloat16, 2": unpaced(10, 14),
                    "OpenVINO, bfloat16, 1": unpaced(12.5, 14),
                    "OpenVINO, float32, 2": unpaced(40, 44),
                },
            },
            "others": 0.0,
            "seconds": 1,
        },
        "frames-512-16384-512": {
            "architecture": {"resolution": 512, "channel_base": 16384, "channel_max": 512},
            "gmac": 18.8,
            "players": {f"{row['name']}, {row['num_threads']}": row for row in rows},
            "others": 0.25,
            "seconds": 3,
        },
    }


@pytest.mark.parametrize(
    ("ratio", "instructions", "holds"),
    [(4.9, "avx2", False), (5.1, "avx2", True), (5.1, "amx_bf16", False), (8.1, "amx_bf16", True)],
)
def test_a_target_counts_all_cores_and_asks_more_of_a_processor_with_amx(ratio, instructions, holds):
    first = checked(measured(ratio, instructions))[0]
    assert first.holds is holds
    assert f"{ratio:.1f} ×" in first.found


def test_what_was_not_measured_is_said_and_holds_nothing():
    targets = checked(measured(6))
    assert [target.holds for target in targets if target.found == "not measured"] == [None] * 3
    assert "not measured" in page(measured(6))


def test_the_shown_frame_is_that_of_512_by_whoever_is_fastest_and_what_a_show_takes_is_said_too():
    speed, even, exact = checked(measured(6))[2:5]
    assert speed.holds and "100 (OpenVINO, bfloat16, 2 threads)" in speed.found
    assert "80 (OpenVINO, bfloat16, one thread); 512²" in speed.found
    assert even.holds and even.found.startswith("1.40 ×")
    assert exact.holds is False and exact.found.startswith("25 ")


def test_the_page_says_what_holds_and_whether_the_machine_was_idle():
    text = page(measured(4))
    assert "**does not hold**" in text and "| 25% |" in text
    assert "| OpenVINO, bfloat16 | 2 | 12.5 (1.0–2.0) | 80.0 | 4.0 (1.0–2.0) | 40 | 20% | 50 | 100 |" in text


def test_an_interrupted_run_goes_on_where_it_stood(monkeypatch, tmp_path):
    asked = []

    def measure(name, _effort, _told):
        asked.append(name)
        return measured(6)[name]

    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    monkeypatch.setattr(bench, "measure", measure)
    target = tmp_path / "performance.md"
    config = "frames-512-16384-512"

    def run(*options):
        return CliRunner().invoke(bench.main, options).exit_code

    assert run("machine") == 0
    assert run("machine", config, "--write", str(target)) == 0
    assert asked == ["machine", config]
    assert "6.0 ×" in target.read_text()
    assert len(list(tmp_path.glob("*.json"))) == 2
    assert run("machine", "--again") == 0
    assert asked[2:] == ["machine"]
    assert run("--quick", "--write", str(target)) == 2
