"""How fast the portrait is here: `make bench`. Medians of one run; compare ratios, not machines."""

import platform
import statistics
import time
from collections.abc import Callable

import torch

from installation.loading import draw_person, load_networks
from installation.portrait import expressed
from installation.stage.synthesizer import TorchSynthesizer, choose_device
from models.action_units import NUM_AUS
from models.stylegan2 import to_uint8
from run_installation import WEIGHTS

NUM_FRAMES = 60


def median_ms(*calls: Callable[[], object]) -> list[float]:
    """Medians of several calls taken in turn, so that a slow moment of the machine meets all of them."""
    times: list[list[float]] = [[] for _ in calls]
    for frame in range(NUM_FRAMES + 5):
        for call, taken in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            if frame >= 5:
                taken.append((time.perf_counter() - started) * 1e3)
    return [statistics.median(taken) for taken in times]


@torch.inference_mode()
def main() -> None:
    networks = load_networks(WEIGHTS)
    generator, model = networks.generator.generator, networks.pseudo_autoencoder.model
    ws = draw_person(networks, 0, 0.8).ws
    anchor = draw_person(networks, 0, 0.8)
    rows = torch.from_numpy(ws)[None]
    reference, target = median_ms(
        lambda: to_uint8(generator.synthesis(rows, noise_mode="const")),
        lambda: expressed(model, anchor, (0.5,) * NUM_AUS),
    )
    exact = TorchSynthesizer(generator, choose_device("auto"))
    (exact_ms,) = median_ms(lambda: exact.synthesize(ws))
    live = TorchSynthesizer(generator, choose_device("auto"), is_live=True)
    (live_ms,) = median_ms(lambda: live.synthesize(ws))
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{generator.arch.resolution}², one frame, median of {NUM_FRAMES}")
    print(f"plain modules, float32   {reference:6.1f} ms")
    print(f"recording, float32       {exact_ms:6.1f} ms   {reference / exact_ms:4.1f}×")
    print(
        f"live, {str(live.dtype).removeprefix('torch.'):<18} {live_ms:6.1f} ms   {reference / live_ms:4.1f}×"
    )
    print(f"a new target A(w, u)     {target:6.1f} ms")


if __name__ == "__main__":
    main()
