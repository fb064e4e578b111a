"""rosinality's `.pt` (stylegan2-pytorch): `g_ema`, a state dictionary, and in converted files `latent_avg`.

Its tensors are NVlabs' in other shapes. Nothing says how the modules were built but the tensors themselves:
the learning rate multiplier is a default of its source that no option of its programs changes.
"""

from collections.abc import Callable, Iterator, Mapping
from math import log2
from typing import Final

from torch import Tensor

from models.conversion.assembly import INSTEAD, Parts
from models.conversion.pickles import Value, shown
from models.conversion.tensors import Numbers, Resolve, numbers_of
from models.conversion.window import Refused

SOURCE: Final = "rosinality PyTorch file"
MAX_TENSORS: Final = 1024  # a generator of 1024² has 171

View = Callable[[Tensor], Tensor]


def _as_it_is(tensor: Tensor) -> Tensor:
    return tensor


def _first(tensor: Tensor) -> Tensor:
    return tensor[0]


def _plane(tensor: Tensor) -> Tensor:
    return tensor[0, 0]


def _flat(tensor: Tensor) -> Tensor:
    return tensor.reshape(-1)


def _scalar(tensor: Tensor) -> Tensor:
    return tensor.reshape([])


def _names(resolution: int, num_mapping_layers: int) -> Iterator[tuple[str, str, View]]:
    """Our name, rosinality's, and how to look at it."""
    for index in range(num_mapping_layers):
        yield f"mapping.fc{index}.weight", f"style.{index + 1}.weight", _as_it_is
        yield f"mapping.fc{index}.bias", f"style.{index + 1}.bias", _as_it_is
    yield "synthesis.b4.const", "input.input", _first
    yield from _convolution("synthesis.b4.conv1", "conv1", "noises.noise_0")
    yield from _rgb("synthesis.b4.torgb", "to_rgb1")
    for i in range(int(log2(resolution)) - 2):
        block = f"synthesis.b{2 ** (i + 3)}"
        yield from _convolution(f"{block}.conv0", f"convs.{2 * i}", f"noises.noise_{2 * i + 1}")
        yield from _convolution(f"{block}.conv1", f"convs.{2 * i + 1}", f"noises.noise_{2 * i + 2}")
        yield from _rgb(f"{block}.torgb", f"to_rgbs.{i}")


def _convolution(ours: str, theirs: str, noise: str) -> Iterator[tuple[str, str, View]]:
    yield from _modulated(ours, theirs)
    yield f"{ours}.bias", f"{theirs}.activate.bias", _flat
    yield f"{ours}.noise_strength", f"{theirs}.noise.weight", _scalar
    yield f"{ours}.noise_const", noise, _plane


def _rgb(ours: str, theirs: str) -> Iterator[tuple[str, str, View]]:
    yield from _modulated(ours, theirs)
    yield f"{ours}.bias", f"{theirs}.bias", _flat


def _modulated(ours: str, theirs: str) -> Iterator[tuple[str, str, View]]:
    yield f"{ours}.weight", f"{theirs}.conv.weight", _first
    yield f"{ours}.affine.weight", f"{theirs}.conv.modulation.weight", _as_it_is
    yield f"{ours}.affine.bias", f"{theirs}.conv.modulation.bias", _as_it_is


def parts(tree: Value, storage_of: Resolve) -> Parts:
    """`g_ema` of what torch.save saved.

    Raises:
        Refused: it is not there, or is no StyleGAN2 that can be played here.
    """
    if not isinstance(tree, dict) or not isinstance(tree.get("g_ema"), dict):
        raise Refused("has no g_ema: it is no checkpoint of rosinality's StyleGAN2; name another file")
    found = _tensors(tree["g_ema"], storage_of)
    resolution = 2 ** (2 + sum(f"convs.{2 * i}.conv.weight" in found for i in range(20)))
    num_layers = sum(f"style.{index + 1}.weight" in found for index in range(64))
    numbers, used = dict[str, Numbers](), set[str]()
    for ours, theirs, view in _names(resolution, num_layers):
        used.add(theirs)
        if theirs in found:
            numbers[ours] = _seen_as(found[theirs], view, theirs)
    filters = {name for name in found if name.endswith(".kernel")}
    unknown = sorted(found.keys() - used - filters)
    if unknown:
        raise Refused(f"has {shown(unknown[0])}, which rosinality's StyleGAN2 has not; {INSTEAD}")
    if tree.get("latent_avg") is not None:
        numbers["mapping.w_avg"] = numbers_of(tree["latent_avg"], storage_of).seen_as(_flat)
    return Parts(SOURCE, numbers, [found[name] for name in sorted(filters)])


def _tensors(state: Mapping[Value, Value], storage_of: Resolve) -> dict[str, Numbers]:
    if len(state) > MAX_TENSORS or not all(isinstance(name, str) for name in state):
        raise Refused("has more tensors than a StyleGAN2, or some without names; name another file")
    return {name: numbers_of(value, storage_of) for name, value in state.items()}


def _seen_as(numbers: Numbers, view: View, name: str) -> Numbers:
    try:
        return numbers.seen_as(view)
    except (RuntimeError, IndexError):
        raise Refused(f"has {name} {list(numbers.shape)}, which a StyleGAN2 has not; {INSTEAD}") from None
