"""From what a reader of a format has found to a generator of ours, or to the reason why it cannot be one.

The widths are read off the tensors, whose shapes cannot lie; what leaves no trace in a shape (the learning
rate multiplier, the clamp) the reader of the format has to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Final

import torch
from torch import Tensor

from models.conversion.pickles import shown
from models.conversion.tensors import Numbers
from models.conversion.window import Refused
from models.stylegan2 import Architecture, Generator, MappingNetwork

NUM_AVERAGED: Final = 4096  # people whose mean w_avg is, where the source has none
MAX_NUMBERS: Final = 2**28  # of a generator; config-f's at 1024² has 2^25, and twice its widths 2^27
SEED: Final = 0  # of those people, and of noise that the source has not kept
FILTER: Final = torch.tensor([1.0, 3.0, 3.0, 1.0]).outer(torch.tensor([1.0, 3.0, 3.0, 1.0])) / 64
INSTEAD: Final = "convert a StyleGAN2 with skip connections, as config-f has them"


@dataclass(frozen=True, slots=True)
class Parts:
    """A generator as a file has it: under our names, not read yet."""

    source_format: str
    numbers: Mapping[str, Numbers]
    filters: Iterable[Numbers] = ()  # low-pass filters, of whatever gain
    mapping_lr_multiplier: float = 0.01
    conv_clamp: float | None = None
    has_noise: bool = True  # without it, strengths are 0


@dataclass(frozen=True, slots=True)
class Foreign:
    """Somebody else's generator as ours: float32, complete, finite."""

    source_format: str
    architecture: Architecture
    state: dict[str, Tensor]
    notes: tuple[str, ...]  # what was made up, each a sentence without its stop


def assemble(parts: Parts) -> Foreign:
    """Compare names and shapes with those of the generator that they seem to be, then read the numbers.

    Raises:
        Refused: they are of no generator of ours, or hold numbers that are none.
    """
    arch = _architecture(parts)
    with torch.device("meta"):
        shapes = {name: tuple(tensor.shape) for name, tensor in Generator(arch).state_dict().items()}
    numbers, notes = _with_noise(parts, shapes)
    has_average = "mapping.w_avg" in numbers
    _compare(numbers, shapes, {} if has_average else {"mapping.w_avg"})
    for fir in parts.filters:
        _check_filter(fir)
    state = {name: _read(name, numbers[name]) for name in shapes if name in numbers}
    if not has_average:
        state["mapping.w_avg"] = _average(arch, state)
        notes.append(f"it keeps no average face: w_avg is the mean of {NUM_AVERAGED} people")
    return Foreign(parts.source_format, arch, state, tuple(notes))


def _architecture(parts: Parts) -> Architecture:
    """The widths that the shapes have: min(channel_base / r, channel_max) at each resolution r."""
    num_layers = _count(parts.numbers, "mapping.fc{}.weight", range(64))
    resolution = 2 ** (1 + _count(parts.numbers, "synthesis.b{}.conv1.weight", [2**k for k in range(2, 24)]))
    first, last = (_shape(parts, f"mapping.fc{index}.weight") for index in (0, max(0, num_layers - 1)))
    const = _shape(parts, "synthesis.b4.const")
    if len(const) != 3 or const[1:] != (4, 4):
        height_width = " × ".join(map(str, const[1:]))
        raise Refused(f"begins with {height_width} and not 4 × 4: its pictures are not square; {INSTEAD}")
    blocks = [2**k for k in range(2, resolution.bit_length())]
    channels = {block: _shape(parts, f"synthesis.b{block}.conv1.weight")[0] for block in blocks}
    try:
        return Architecture(
            resolution=resolution,
            channel_base=max(block * num for block, num in channels.items()),
            channel_max=max(channels.values()),
            z_dim=first[-1],
            w_dim=last[0],
            num_mapping_layers=num_layers,
            mapping_lr_multiplier=parts.mapping_lr_multiplier,
            conv_clamp=parts.conv_clamp,
        )
    except ValueError as error:
        raise Refused(f"cannot be played here ({error}); name another file") from None


def _count(numbers: Mapping[str, Numbers], name: str, indices: Iterable[int]) -> int:
    """How many there are of `name`, one after the other."""
    num = 0
    for index in indices:
        if name.format(index) not in numbers:
            break
        num += 1
    return num


def _shape(parts: Parts, name: str) -> tuple[int, ...]:
    numbers = parts.numbers.get(name)
    if numbers is None or not numbers.shape:
        raise Refused(f"has no {name} ({parts.source_format}): it is no StyleGAN2; {INSTEAD}")
    return numbers.shape


def _with_noise(parts: Parts, shapes: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, Numbers], list[str]]:
    """Where the source was made without noise it has strength 0; where it keeps none, it is drawn anew."""
    numbers, notes = dict(parts.numbers), list[str]()
    generator = torch.Generator().manual_seed(SEED)
    consts = [name for name in shapes if name.endswith("noise_const") and name not in numbers]
    for name in consts:
        drawn = torch.randn(shapes[name], generator=generator) * parts.has_noise
        numbers[name] = Numbers(shapes[name], drawn.clone)
    if not parts.has_noise:
        zero = Numbers((), lambda: torch.zeros([]))
        numbers |= {name: zero for name in shapes if name.endswith("noise_strength")}
    elif consts:
        notes.append(f"it keeps no noise for {len(consts)} layers: drawn anew, as its own program does")
    return numbers, notes


def _compare(
    numbers: Mapping[str, Numbers], shapes: Mapping[str, tuple[int, ...]], absent: Iterable[str]
) -> None:
    missing = sorted(shapes.keys() - numbers.keys() - set(absent))
    if missing:
        raise Refused(f"has no {missing[0]}: it is no StyleGAN2 with skip connections; {INSTEAD}")
    unknown = sorted(numbers.keys() - shapes.keys())
    if unknown:
        raise Refused(f"has {shown(unknown[0])}, which a StyleGAN2 has not; {INSTEAD}")
    for name, shape in shapes.items():
        if name in numbers and numbers[name].shape != shape:
            is_rgb = name.endswith("torgb.weight") and numbers[name].shape[1:] == shape[1:]
            why = ": its pictures are not RGB" if is_rgb else ""
            found = list(numbers[name].shape)
            raise Refused(f"has {name} {found} where {list(shape)} is played here{why}; {INSTEAD}")
    # Tensors may share their numbers, so that a small file could have a large generator.
    if sum(map(prod, shapes.values())) > MAX_NUMBERS:
        raise Refused(f"has more than {MAX_NUMBERS:,} numbers, as no StyleGAN2 has; name another file")


def _check_filter(fir: Numbers) -> None:
    if fir.shape == FILTER.shape:
        taps = fir.read().float()
        if taps.isfinite().all() and taps.sum() > 0 and torch.allclose(taps / taps.sum(), FILTER, atol=1e-5):
            return
    raise Refused(f"filters with something else than [1, 3, 3, 1] when it enlarges; {INSTEAD}")


def _read(name: str, numbers: Numbers) -> Tensor:
    tensor = numbers.read().to(torch.float32, copy=True, memory_format=torch.contiguous_format)
    if not bool(tensor.isfinite().all()):
        raise Refused(f"has numbers in {name} that are none: its training diverged; take an earlier one")
    return tensor


def _average(arch: Architecture, state: Mapping[str, Tensor]) -> Tensor:
    """The mean w of people drawn by a fixed seed: [w_dim]."""
    with torch.device("meta"):
        mapping = MappingNetwork(arch)
    own = {name.removeprefix("mapping."): tensor for name, tensor in state.items() if "mapping." in name}
    mapping.load_state_dict(own | {"w_avg": torch.zeros(arch.w_dim)}, assign=True)
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        average: Tensor = mapping(torch.randn(NUM_AVERAGED, arch.z_dim, generator=generator)).mean(0)
    return average
