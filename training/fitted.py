"""A run of `training.fit_generator`, as the generator that renders factors."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import torch
from torch import Tensor

from models.stylegan2 import Architecture
from training.factor_network import FactorGenerator
from training.run import StateError, load_state

BLOCK: Final = re.compile(r"generator\.synthesis\.b(\d+)\.conv1\.bias")
FREE_VECTORS: Final = "factors.free.weight"  # [2 · num_scenes, …]: each scene as rendered, and mirrored


class FittedRun(NamedTuple):
    """What a run has come to."""

    model: FactorGenerator  # averaged, in evaluation mode, on the CPU
    scenes: dict[str, int]  # scene → its row among the free vectors


def load_run(folder: Path) -> FittedRun:
    """Read `folder`/state.pt.

    Raises:
        StateError: there is no state, or one of another version of the fit.
    """
    path = folder / "state.pt"
    saved = load_state(path)
    if saved is None:
        raise StateError(f"{path}: no such state; name a folder of training.fit_generator")
    try:
        tensors = saved["average"]
        model = FactorGenerator(architecture_of(tensors), len(tensors[FREE_VECTORS]) // 2)
        model.load_state_dict(tensors)
    except (KeyError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise StateError(f"{path}: not a state of this version of the fit ({reason})") from error
    scenes = {key: row for row, key in enumerate(saved.get("scenes", ()))}
    return FittedRun(model.eval().requires_grad_(False), scenes)


def load_fitted(folder: Path) -> FactorGenerator:
    """The model of a run; raises as `load_run` does."""
    return load_run(folder).model


def architecture_of(tensors: Mapping[str, Tensor]) -> Architecture:
    """Read off the shapes of a fitted model's tensors, as a state does not name it.

    Raises:
        ValueError: no tensor belongs to a synthesis network.
    """
    matches = ((BLOCK.fullmatch(name), tensor) for name, tensor in tensors.items())
    channels = {int(match[1]): len(tensor) for match, tensor in matches if match}
    if not channels:
        raise ValueError("it holds no synthesis network")
    top = max(channels)
    return Architecture(top, channel_base=channels[top] * top, channel_max=max(channels.values()))


@torch.no_grad()
def is_exported_as(fitted: FactorGenerator, exported: Mapping[str, Tensor]) -> bool:
    """Whether a weights file's synthesis network is the fitted one, up to half precision."""
    own = fitted.generator.synthesis.state_dict()
    other = {name.removeprefix("synthesis."): t for name, t in exported.items() if "synthesis." in name}
    return own.keys() == other.keys() and all(
        torch.equal(tensor.half(), other[name].half()) for name, tensor in own.items()
    )
