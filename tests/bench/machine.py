"""What the machine is, how fast it can be, and whether it had other things to do while it was measured."""

import os
import platform
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
import torch.nn.functional as F

from installation.stage.child import num_cores
from installation.stage.openvino_graph import import_openvino, the_core
from tests.bench.timing import interleaved_ms

FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8")
LIBRARIES = ("torch", "openvino", "numpy", "pygame")
CHANNELS, SIDE, MATRIX = 512, 64, 2048  # a large layer of StyleGAN2, and a large matrix


def described() -> dict[str, str]:
    """Processor, memory and versions; nothing that names the machine."""
    cpu = _first_words("/proc/cpuinfo", ":")
    memory = _first_words("/proc/meminfo", ":")
    flags = set(cpu.get("flags", "").split())
    return {
        "processor": cpu.get("model name", platform.processor() or platform.machine()),
        "instructions": " ".join(flag for flag in FLAGS if flag in flags) or "unknown",
        "cores": str(num_cores()),
        "memory": f"{int(memory.get('MemTotal', '0 kB').split()[0]) / 2**20:.0f} GiB",
        "GPU": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
        **{name: found for name in LIBRARIES if (found := _version(name))},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _first_words(path: str, separator: str) -> dict[str, str]:
    """The first value of each key; {} where the system has no such file."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split(separator, 1) for line in reversed(lines) if separator in line)
    return {key.strip(): value.strip() for key, value in pairs}


def has_amx() -> bool:
    return "amx_bf16" in described()["instructions"].split()


# --- whether it was idle ----------------------------------------------------------------------------------


def _busy_s() -> float:
    """How long the cores have been busy since the machine began, in seconds of a core; with those that a host
    took away.
    """
    user, nice, system, _idle, _wait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """What this process and its finished children have used, in the same unit."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextmanager
def others_watched() -> Iterator[Callable[[], float]]:
    """Within it, the call says which share of all cores others have used since: 0 is an idle machine."""
    busy, own, started = _busy_s(), _own_s(), time.monotonic()

    def share() -> float:
        others = (_busy_s() - busy) - (_own_s() - own)
        return max(0.0, others / ((time.monotonic() - started) * (os.cpu_count() or 1)))

    yield share


def peak_memory_mb() -> float:
    """The largest resident set of this process so far."""
    high = _first_words("/proc/self/status", ":").get("VmHWM")  # ru_maxrss also counts whoever started it
    return int(high.split()[0]) / 1024 if high else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- how fast it can be -----------------------------------------------------------------------------------


@torch.inference_mode()
def peaks(num_threads: int, num_rounds: int) -> dict[str, float]:
    """GFLOP/s in float32 and bfloat16, each the fastest round of a large convolution and a large product in
    PyTorch and of convolutions in OpenVINO.
    """
    torch.set_num_threads(num_threads)
    best = {}
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        work = _trials(dtype, num_threads)
        taken = interleaved_ms({key: call for key, (call, _) in work.items()}, num_rounds)
        best[name] = max(gflop / min(taken[key]) * 1e3 for key, (_, gflop) in work.items())
    return best


def _trials(dtype: torch.dtype, num_threads: int) -> dict[str, tuple[Callable[[], object], float]]:
    """Calls, and the 10⁹ operations of each."""
    x = torch.randn(1, CHANNELS, SIDE, SIDE).to(dtype).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(CHANNELS, CHANNELS, 3, 3).to(dtype).contiguous(memory_format=torch.channels_last)
    a, b = torch.randn(2, MATRIX, MATRIX).to(dtype)
    convolution = 2 * 9 * CHANNELS**2 * SIDE**2 / 1e9
    trials: dict[str, tuple[Callable[[], object], float]] = {
        "convolution": (lambda: F.conv2d(x, weight, padding=1), convolution),
        "product": (lambda: a @ b, 2 * MATRIX**3 / 1e9),
    }
    if _version("openvino"):
        trials["openvino"] = (_openvino_convolutions(dtype, num_threads), convolution * 4)
    return trials


def _openvino_convolutions(dtype: torch.dtype, num_threads: int) -> Callable[[], object]:
    """Four convolutions one after the other, so that what goes in and out of the graph counts little."""
    ov = import_openvino()
    from openvino import opset15 as ops

    rng = torch.Generator().manual_seed(0)
    inlet = x = ops.parameter([1, CHANNELS, SIDE, SIDE], ov.Type.f32)
    for _ in range(4):
        weight = torch.randn(CHANNELS, CHANNELS, 3, 3, generator=rng) / (3 * CHANNELS**0.5)
        x = ops.convolution(x, ops.constant(weight.numpy()), [1, 1], [1, 1], [1, 1], [1, 1])
    precision = "bf16" if dtype == torch.bfloat16 else "f32"
    hints = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": num_threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    request = the_core().compile_model(ov.Model([x], [inlet], "peak"), "CPU", hints).create_infer_request()
    request.set_input_tensor(ov.Tensor(torch.randn(1, CHANNELS, SIDE, SIDE).numpy()))
    infer: Callable[[], object] = request.infer
    return infer
