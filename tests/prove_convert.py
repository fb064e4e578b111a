"""Every format at the size of published generators: whether numbers arrive, the time and the memory it takes.

python -m tests.prove_convert
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch
from safetensors import safe_open

from models.stylegan2 import Architecture, Generator
from run_installation import ROOT
from tests.models.conversion.writers import (
    dumps,
    generator_of,
    nvlabs,
    persistent,
    rosinality,
    rosinality_training,
    tensorflow_network,
)

CONFIG_F = Architecture(1024, 32768, 512)
LARGEST = 3e-7  # TensorFlow keeps a style's bias less 1: adding it again rounds
MAX_SECONDS, MAX_MB = 30.0, 500  # MB beyond what is imported: four times the weights

Figures = dict[str, float | int | str | bool]

# In a process of its own, whose memory is this conversion's: → seconds, MB with everything imported, peak MB.
CONVERT = """
import sys, time
import models.conversion, installation.convert
from run_installation import entry
def peak():  # not getrusage's: that begins with the memory of the process that started this one
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
imported, began = peak(), time.perf_counter()
code = entry(["convert", sys.argv[1], "-o", sys.argv[2]])
print([time.perf_counter() - began, imported, peak()])
sys.exit(code)
"""


def conversion() -> Figures:
    """config-f at 1024² out of each project's file: every number as it was, in seconds and little memory."""
    torch.manual_seed(0)
    generator = generator_of(CONFIG_F)
    num = sum(tensor.numel() for tensor in generator.state_dict().values())
    figures: Figures = {"numbers_millions": round(num / 1e6, 1)}
    holds = True
    with tempfile.TemporaryDirectory() as folder:
        for name, write in WRITERS.items():
            path, out = Path(folder) / name, Path(folder) / f"{name}.safetensors"
            write(path, generator)
            figures[f"{name}_mb"] = path.stat().st_size // 10**6
            command = [sys.executable, "-c", CONVERT, str(path), str(out)]
            told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
            seconds, imported_mb, peak_mb = json.loads(told.splitlines()[-1])
            largest = _largest_difference(out, generator, has_average="training" not in name)
            figures |= {
                f"{name}_largest_difference": largest,
                f"{name}_seconds": round(seconds, 1),
                f"{name}_peak_mb": peak_mb,
            }
            figures["imported_mb"] = imported_mb
            holds = (
                holds and largest <= LARGEST and seconds <= MAX_SECONDS and peak_mb - imported_mb <= MAX_MB
            )
            path.unlink()
            figures["written_mb"] = out.stat().st_size // 10**6
            out.unlink()
    return {**figures, "holds": holds}


def _largest_difference(out: Path, generator: Generator, *, has_average: bool) -> float:
    """Of any number from that of which the file was made."""
    largest = 0.0
    with safe_open(out, framework="pt") as file:
        assert set(file.keys()) == set(generator.state_dict())
        for name, tensor in generator.state_dict().items():
            if has_average or name != "mapping.w_avg":
                largest = max(largest, float((file.get_tensor(name) - tensor).abs().max()))
    return largest


# Files as they are published: with the generator that trained, and a discriminator of the same size.


def _nvlabs(path: Path, generator: Generator) -> None:
    path.write_bytes(nvlabs(generator, G=persistent(deepcopy(generator)), D=persistent(deepcopy(generator))))


def _tensorflow(path: Path, generator: Generator) -> None:
    path.write_bytes(dumps(tuple(tensorflow_network(generator) for _ in range(3))))


WRITERS: dict[str, Callable[[Path, Generator], None]] = {
    "nvlabs": _nvlabs,
    "tensorflow": _tensorflow,
    "rosinality": rosinality,
    "rosinality_legacy": lambda path, generator: rosinality(path, generator, is_zip=False),
    "rosinality_training": rosinality_training,
}


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}: {figure}\n" for name, figure in conversion().items())
