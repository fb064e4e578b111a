"""The command that turns another project's StyleGAN2 into a generator of this one."""

import glob
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import torch

from installation.errors import InputError
from installation.notation.problems import printable
from installation.wording import say
from models.checkpoint import CheckpointError, file_sha256, read_checkpoint, write_checkpoint
from models.conversion import Foreign, read_foreign

SUFFIX: Final = ".safetensors"


def convert(source: Path, output: Path, title: str | None, licence: str | None) -> None:
    """Write `output` from a checkpoint of NVlabs' (PyTorch, TensorFlow) or rosinality's.

    Weights stay float32: what range a stranger's have nobody knows. A file that is there already and says the
    same of itself is left alone, as its companions know it by its bytes.

    Raises:
        InputError: the checkpoint cannot be read or played, or the output not written.
    """
    _check(source, output)
    try:
        foreign = read_foreign(source)
        metadata = _metadata(foreign, source, title, licence)
        if not _is_written(output, metadata):
            _keep_companions(output)
            write_checkpoint(output, "generator", foreign.state, metadata, torch.float32)
    except (CheckpointError, ValueError) as error:
        raise InputError(printable(str(error))) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{output}: cannot be written ({reason}); name another file with -o") from None
    for note in foreign.notes:
        say(f"{source}: {note}")
    say(f"{_described(foreign)}; to move it: python -m training.adopt {output} (docs/adopt.md)")
    print(output)


def _check(source: Path, output: Path) -> None:
    if output.suffix != SUFFIX:
        raise InputError(f"{output}: what is written is safetensors; name a file NAME{SUFFIX} with -o")
    if output.is_dir():
        raise InputError(f"{output}: is a folder; name a file in it with -o")
    for path in (output, output.with_suffix(".partial")):  # the latter is what is written at first
        if path.exists() and source.exists() and path.samefile(source):
            raise InputError(f"{output}: would be written over {source}, which is read; name another with -o")


def _keep_companions(output: Path) -> None:
    """What was made for a generator in a day is worth nothing without it.

    Raises:
        InputError: there is a generator with companions in the place of the output.
    """
    companions = sorted(output.parent.glob(f"{glob.escape(output.stem)}.*{SUFFIX}"))
    if output.exists() and companions:
        what = f"{companions[0].name} beside it was made for the generator that is there"
        raise InputError(f"{output}: would be replaced, and {what}; name another file with -o")


def _metadata(foreign: Foreign, source: Path, title: str | None, licence: str | None) -> dict[str, str]:
    metadata = {
        "architecture": json.dumps(asdict(foreign.architecture)),
        "title": title or source.stem,
        "source_format": foreign.source_format,
        "source_file": source.name,
        "source_sha256": file_sha256(source),
        "licence": licence,
    }
    # A file's name need not be text; what is not is written as question marks.
    return {
        key: value.encode("utf-8", "replace").decode("utf-8")
        for key, value in metadata.items()
        if value is not None
    }


def _is_written(output: Path, metadata: Mapping[str, str]) -> bool:
    if not output.is_file():
        return False
    try:
        there = read_checkpoint(output, "generator").metadata
    except CheckpointError:
        return False
    return {key: value for key, value in there.items() if key not in ("kind", "version")} == metadata


def _described(foreign: Foreign) -> str:
    arch = foreign.architecture
    num = sum(tensor.numel() for tensor in foreign.state.values())
    return f"{foreign.source_format}: {arch.resolution} × {arch.resolution}, {num / 1e6:.1f} million numbers"
