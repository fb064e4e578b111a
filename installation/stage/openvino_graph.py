"""The synthesis network as a graph of OpenVINO: converted once, and kept in the user's cache folder.

Converting takes seconds, reading what was converted takes hundredths of one. A file of the cache is

    SHA-256 of what follows | length of the XML, 8 bytes, little-endian | XML | weights

named after all that it was made of. It is written beside its place and then moved there, so that two
processes at once cannot disturb each other, and it is used only if its digest is right: one that is truncated
or foreign is made anew. Where nothing can be written, the graph is converted at every start.
"""

import hashlib
import os
import sys
import tempfile
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import platformdirs
import torch
from torch import Tensor, nn

import models.stylegan2
from installation.stage.synthesizer import freeze, noise_mode_of, stops
from models.stylegan2 import Generator, NoiseMode, SynthesisNetwork, to_uint8

SUFFIX: Final = ".graph"
NUM_KEPT: Final = 4  # a change of weights or of version leaves a file behind: the oldest go
DIGEST_BYTES: Final = 32
LENGTH_BYTES: Final = 8


def import_openvino() -> Any:
    """OpenVINO without its telemetry, which on import would write a number of this user into the home folder
    and send it away; in its place OpenVINO then takes the empty one that it brings along.

    Raises:
        ImportError: it is not installed, or cannot be loaded.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: it cannot be imported
    import openvino

    return openvino


@cache
def the_core() -> Any:
    """OpenVINO's entrance, of which a process has one for as long as it lives.

    Each sets up a stack for signals and, when it goes, brings back the one it found: of two, that may be one
    that the other has taken away with it, and the next signal ends the process.

    Raises:
        ImportError: it is not installed, or cannot be loaded.
    """
    return import_openvino().Core()


def cache_folder() -> Path:
    return platformdirs.user_cache_path("living-portrait")


def read_or_convert(generator: Generator, folder: Path | None = None) -> Any:
    """An `openvino.Model`: ws [num_ws, w_dim] and share [] to [r, r, 3] uint8, an output for each stop."""
    openvino = import_openvino()
    try:
        folder = folder or cache_folder()
    except RuntimeError:  # whose home is nowhere: without HOME, and without an account
        return _convert(generator)
    path = folder / f"{_key(generator, openvino.__version__)}{SUFFIX}"
    parts = _read(path)
    if parts is not None:
        with suppress(RuntimeError):  # of OpenVINO, which judges otherwise: convert again
            return the_core().read_model(*parts)
    model = _convert(generator)
    with suppress(OSError, RuntimeError):  # no room, or no right to write: the next start converts again
        _write(path, model)
    return model


# --- conversion ---------------------------------------------------------------------------------------------


class _Pictures(nn.Module):
    """A picture at every stop, each with its own block's share; what is not asked for is not computed."""

    def __init__(self, synthesis: SynthesisNetwork, noise_mode: NoiseMode) -> None:
        super().__init__()
        self.synthesis = synthesis
        self.noise_mode: NoiseMode = noise_mode

    def forward(self, ws: Tensor, share: Tensor) -> tuple[Tensor, ...]:
        levels = self.synthesis.levels(ws[None], self.noise_mode)
        resolutions = stops(self.synthesis.arch)
        return tuple(
            to_uint8(level.with_share(share))[0] for level in levels if level.resolution in resolutions
        )


def _convert(generator: Generator) -> Any:
    openvino = import_openvino()
    freeze(generator.synthesis, torch.float32)  # else every frame would add up the demodulation's energies
    pictures = _Pictures(generator.synthesis, noise_mode_of(generator.synthesis)).eval()
    ws = torch.zeros(generator.arch.num_ws, generator.arch.w_dim)
    with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
        warnings.simplefilter("ignore")  # of tracing: Python's branches on shapes, which here are static
        return openvino.convert_model(
            pictures, example_input=(ws, torch.ones([])), input=[list(ws.shape), []]
        )


# --- the cache ----------------------------------------------------------------------------------------------


def _key(generator: Generator, version: str) -> str:
    """Of all that decides the graph: the weights, the architecture, its stops, OpenVINO, and the code that is
    traced.
    """
    noise_mode = noise_mode_of(generator.synthesis)
    digest = hashlib.sha256(f"{generator.arch} {stops(generator.arch)} {noise_mode} {version}".encode())
    for source in (Path(models.stylegan2.__file__), Path(__file__)):
        digest.update(source.read_bytes())
    for name, tensor in generator.synthesis.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().float().contiguous().numpy().data)
    return digest.hexdigest()[:32]


def _read(path: Path) -> tuple[bytes, bytes] | None:
    """XML and weights; None where there is no whole file."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    with suppress(OSError):  # read alone is enough
        path.touch()  # used: others are older
    body = memoryview(content)[DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != content[:DIGEST_BYTES]:
        return None
    end = LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES], "little")
    return bytes(body[LENGTH_BYTES:end]), bytes(body[end:])


def _write(path: Path, model: Any) -> None:
    """Raises OSError or, from OpenVINO, RuntimeError: it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="making-") as folder:
        xml, weights, whole = (Path(folder) / name for name in ("graph.xml", "graph.bin", "whole"))
        import_openvino().save_model(model, xml, compress_to_fp16=False)
        structure = xml.read_bytes()
        body = len(structure).to_bytes(LENGTH_BYTES, "little") + structure + weights.read_bytes()
        whole.write_bytes(hashlib.sha256(body).digest() + body)
        os.replace(whole, path)
    kept = sorted(path.parent.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in kept[NUM_KEPT:]:
        file.unlink(missing_ok=True)
