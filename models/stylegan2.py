"""StyleGAN2 in plain PyTorch operations: no compiled extension, any device, the same modules to train and to
play.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020, with skip synthesis. State
names follow NVlabs' implementation (`mapping.fc0.weight`, `synthesis.b8.conv0.affine.bias`, …), so that
published checkpoints map one to one.

Weight modulation is written as activation scaling: the input is scaled by the style, convolved with the
shared weight, and the output scaled by the demodulation factor. It is the same sum as modulating the weight
(section 2.2, eq. 1–3), but weights stay static and a batch needs no grouped convolution.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log2, sqrt
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NoiseMode = Literal["none", "const", "random"]
LIMITS = {"channel_base": 2**16, "channel_max": 1024, "z_dim": 2048, "w_dim": 2048, "num_mapping_layers": 16}
LRELU_GAIN = sqrt(2)  # keeps the variance of activations through a leaky ReLU of slope 0.2


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a generator looks like. Everything that is needed to build the modules that a state fits.

    It may come from a file of a stranger, so every number is checked before anything is built.

    Raises:
        ValueError: the resolution is not a power of two in 32…1024, or another number is out of its range.
    """

    resolution: int = 128
    channel_base: int = 4096  # channels at resolution r: min(channel_base / r, channel_max)
    channel_max: int = 256
    z_dim: int = 512
    w_dim: int = 512
    num_mapping_layers: int = 8
    mapping_lr_multiplier: float = 0.01
    conv_clamp: float | None = None  # activations are clamped to ± this; checkpoints trained in fp16 say 256

    def __post_init__(self) -> None:
        if self.resolution not in (32, 64, 128, 256, 512, 1024):
            raise ValueError(f"resolution {self.resolution}: must be a power of two from 32 to 1024")
        for name, limit in LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= limit:
                raise ValueError(f"{name} {value!r}: must be a whole number from 1 to {limit}")
        for name in ("mapping_lr_multiplier", "conv_clamp"):
            value = getattr(self, name)
            is_absent = name == "conv_clamp" and value is None
            if not is_absent and not (type(value) in (int, float) and 0 < value < 1e6):
                raise ValueError(f"{name} {value!r}: must be a number above 0")

    @property
    def resolutions(self) -> tuple[int, ...]:
        """4, 8, …, resolution: one block each."""
        return tuple(2**k for k in range(2, int(log2(self.resolution)) + 1))

    @property
    def num_ws(self) -> int:
        """Rows of ws: one for each convolution and one for the last RGB."""
        return 2 * len(self.resolutions)

    def channels(self, resolution: int) -> int:
        return max(1, min(self.channel_base // resolution, self.channel_max))


# --- layers -------------------------------------------------------------------------------------------------


def drawn(*shape: int, divisor: float = 1.0) -> Tensor:
    """Normal numbers; on the meta device their shape alone: drawing there would import a compiler first."""
    numbers = torch.empty(shape)
    return numbers if numbers.is_meta else numbers.normal_().div_(divisor)


class FullyConnected(nn.Module):
    """y = (W · lr_multiplier/√in) x + b · lr_multiplier: a linear layer with equalised learning rate."""

    def __init__(self, num_in: int, num_out: int, bias: float = 0.0, lr_multiplier: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(drawn(num_out, num_in, divisor=lr_multiplier))
        self.bias = nn.Parameter(torch.full((num_out,), bias / lr_multiplier))
        self.weight_gain = lr_multiplier / sqrt(num_in)
        self.bias_gain = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)


def leaky_relu(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2) * LRELU_GAIN


def fir_kernel(num_channels: int, like: Tensor) -> Tensor:
    """The low-pass filter [1,3,3,1] ⊗ [1,3,3,1], gain 4 for upsampling by 2: [num_channels, 1, 4, 4]."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=like.dtype, device=like.device) / 4
    return torch.outer(taps, taps).expand(num_channels, 1, 4, 4)


def upsample(x: Tensor) -> Tensor:
    """[N, C, H, W] → [N, C, 2H, 2W] through the low-pass filter."""
    num_channels = x.shape[1]
    return F.conv_transpose2d(x, fir_kernel(num_channels, x), stride=2, padding=1, groups=num_channels)


class SynthesisLayer(nn.Module):
    """Modulated 3×3 convolution, noise, bias, leaky ReLU; `is_up` doubles the resolution first."""

    noise_const: Tensor

    def __init__(
        self, num_in: int, num_out: int, arch: Architecture, resolution: int, is_up: bool = False
    ) -> None:
        super().__init__()
        self.affine = FullyConnected(arch.w_dim, num_in, bias=1.0)
        self.weight = nn.Parameter(drawn(num_out, num_in, 3, 3).contiguous(memory_format=torch.channels_last))
        self.bias = nn.Parameter(torch.zeros(num_out))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.register_buffer("noise_const", drawn(resolution, resolution))
        self.resolution = resolution
        self.is_up = is_up
        self.clamp = arch.conv_clamp
        self.frozen: dict[torch.dtype, tuple[Tensor, Tensor]] = {}

    def freeze(self, *dtypes: torch.dtype) -> None:
        """For playing: compute once what the weight alone decides; it must not change any more."""
        self.frozen = {}
        self.frozen = {dtype: self._weight_and_energy(dtype) for dtype in dtypes}

    def _weight_and_energy(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """The weight as `dtype`, and its squared length per channel pair [I, O] that demodulation needs."""
        if dtype in self.frozen:
            return self.frozen[dtype]
        return self.weight.to(dtype), self.weight.square().sum((2, 3)).t()

    def forward(self, x: Tensor, w: Tensor, noise_mode: NoiseMode) -> Tensor:
        """x [N, I, H, W] of any float dtype, w [N, w_dim] float32 → [N, O, r, r] of x's dtype."""
        styles = self.affine(w)  # [N, I]
        weight, energy = self._weight_and_energy(x.dtype)
        demodulation = (styles.square() @ energy + 1e-8).rsqrt()  # [N, O]
        x = x * styles[:, :, None, None].to(x.dtype)
        x = self._convolve(x, weight)
        offset = self.bias[:, None, None]
        if noise_mode != "none":
            offset = offset + self._noise(x, noise_mode) * self.noise_strength
        # A leaky ReLU lets a gain through: given to its input, it costs no pass of its own over the pixels.
        gain = LRELU_GAIN * demodulation[:, :, None, None]
        x = F.leaky_relu(torch.addcmul((LRELU_GAIN * offset).to(x.dtype), x, gain.to(x.dtype)), 0.2)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        if not self.is_up:
            return F.conv2d(x, weight, padding=1)
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)  # [N, O, 2H + 1, 2W + 1]
        num_channels = x.shape[1]
        return F.conv2d(x, fir_kernel(num_channels, x), padding=1, groups=num_channels)

    def _noise(self, x: Tensor, noise_mode: NoiseMode) -> Tensor:
        if noise_mode == "const":
            return self.noise_const
        return torch.randn(len(x), 1, self.resolution, self.resolution, device=x.device)


class ToRGB(nn.Module):
    """Modulated 1×1 convolution to three channels, without demodulation or activation."""

    def __init__(self, num_in: int, arch: Architecture) -> None:
        super().__init__()
        self.affine = FullyConnected(arch.w_dim, num_in, bias=1.0)
        self.weight = nn.Parameter(drawn(3, num_in, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.weight_gain = 1 / sqrt(num_in)
        self.clamp = arch.conv_clamp

    def forward(self, x: Tensor, w: Tensor, share: Tensor | float = 1.0) -> Tensor:
        """x [N, I, H, W] of any float dtype, w [N, w_dim] → [N, 3, H, W] float32: RGB is summed in full.

        A `share` in [0, 1] of it is taken before it is clamped: from styles and bias, not from every pixel.
        """
        styles = self.affine(w) * self.weight_gain * share  # [N, I]
        x = x * styles[:, :, None, None].to(x.dtype)
        rgb = F.conv2d(x, self.weight.to(x.dtype)).float() + (self.bias * share)[:, None, None].float()
        return rgb if self.clamp is None else rgb.clamp(-self.clamp, self.clamp)


# --- networks -----------------------------------------------------------------------------------------------


class MappingNetwork(nn.Module):
    """z [N, z_dim] → w [N, w_dim]: normalised, then `num_mapping_layers` fully connected layers."""

    w_avg: Tensor

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        sizes = [arch.z_dim] + [arch.w_dim] * arch.num_mapping_layers
        for index, (num_in, num_out) in enumerate(pairwise(sizes)):
            setattr(
                self, f"fc{index}", FullyConnected(num_in, num_out, lr_multiplier=arch.mapping_lr_multiplier)
            )
        self.num_layers = arch.num_mapping_layers
        self.register_buffer("w_avg", torch.zeros(arch.w_dim))

    def forward(self, z: Tensor) -> Tensor:
        x = z.float() * (z.float().square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for index in range(self.num_layers):
            x = leaky_relu(getattr(self, f"fc{index}")(x))
        return x


@dataclass(frozen=True)
class Level:
    """A resolution r at which the network can stop; its picture is computed when it is asked for."""

    torgb: ToRGB
    x: Tensor  # activations [N, C, r, r]
    w: Tensor  # [N, w_dim], the row of the RGB
    below: Tensor | None  # the picture at r/2, upsampled: [N, 3, r, r] float32; 4×4 has none

    @property
    def resolution(self) -> int:
        return self.x.shape[-1]

    @cached_property
    def rgb(self) -> Tensor:
        """The picture [N, 3, r, r] float32."""
        return self.with_share(1.0)

    def with_share(self, share: Tensor | float) -> Tensor:
        """The same with a share in [0, 1] of the level's own RGB: from `below`, at 0, to `rgb`, at 1."""
        own: Tensor = self.torgb(self.x, self.w, share)
        return own if self.below is None else self.below + own


class SynthesisBlock(nn.Module):
    """One resolution: two convolutions (one at 4×4) and the RGB that is added to the upsampled sum so far."""

    def __init__(self, arch: Architecture, resolution: int) -> None:
        super().__init__()
        num_out = arch.channels(resolution)
        self.is_first = resolution == 4
        if self.is_first:
            self.const = nn.Parameter(drawn(num_out, 4, 4))
        else:
            self.conv0 = SynthesisLayer(arch.channels(resolution // 2), num_out, arch, resolution, is_up=True)
        self.conv1 = SynthesisLayer(num_out, num_out, arch, resolution)
        self.torgb = ToRGB(num_out, arch)

    def forward(
        self, x: Tensor, rgb: Tensor | None, ws: Tensor, noise_mode: NoiseMode
    ) -> tuple[Tensor, Tensor]:
        """x [N, C, r/2, r/2] (4×4: the constant), rgb [N, 3, r/2, r/2], ws [N, 2 or 3, w_dim] → both at r.

        A row of ws for each convolution, then the RGB's.
        """
        level = self.level(x, rgb, ws, noise_mode)
        return level.x, level.rgb

    def level(self, x: Tensor, rgb: Tensor | None, ws: Tensor, noise_mode: NoiseMode) -> Level:
        """The same, before the picture is computed."""
        row = 0
        if not self.is_first:
            x = self.conv0(x, ws[:, row], noise_mode)
            row += 1
        x = self.conv1(x, ws[:, row], noise_mode)
        return Level(self.torgb, x, ws[:, row + 1], None if rgb is None else upsample(rgb))


class SynthesisNetwork(nn.Module):
    """ws [N, num_ws, w_dim] → pictures, one at every resolution on the way."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        for resolution in arch.resolutions:
            setattr(self, f"b{resolution}", SynthesisBlock(arch, resolution))

    def pyramid(
        self, ws: Tensor, noise_mode: NoiseMode = "const", dtype: torch.dtype = torch.float32
    ) -> Iterator[Tensor]:
        """Yield the picture at 4, 8, …: each [N, 3, r, r] float32, nominally in [-1, 1]. Activations are
        `dtype`.

        Raises:
            ValueError: ws is not [N, num_ws, w_dim].
        """
        return (level.rgb for level in self.levels(ws, noise_mode, dtype))

    def levels(
        self, ws: Tensor, noise_mode: NoiseMode = "const", dtype: torch.dtype = torch.float32
    ) -> Iterator[Level]:
        """Yield what the pictures of `pyramid` are computed from.

        Raises:
            ValueError: ws is not [N, num_ws, w_dim].
        """
        if ws.ndim != 3 or ws.shape[1:] != (self.arch.num_ws, self.arch.w_dim):
            raise ValueError(f"ws {list(ws.shape)}: must be [N, {self.arch.num_ws}, {self.arch.w_dim}]")
        ws = ws.float()
        const: Tensor = self.b4.const  # type: ignore[assignment, union-attr]  # b4 is set by name above
        x = const.to(dtype).expand(len(ws), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        rgb: Tensor | None = None
        row = 0
        for resolution in self.arch.resolutions:
            num_convolutions = 1 if resolution == 4 else 2
            rows = ws[
                :, row : row + num_convolutions + 1
            ]  # the RGB shares its row with the next block's conv0
            level: Level = getattr(self, f"b{resolution}").level(x, rgb, rows, noise_mode)
            yield level
            x, rgb = level.x, level.rgb
            row += num_convolutions

    def forward(
        self,
        ws: Tensor,
        resolution: int | None = None,
        noise_mode: NoiseMode = "const",
        dtype: torch.dtype = torch.float32,
        share: Tensor | float = 1.0,
    ) -> Tensor:
        """The picture [N, 3, r, r] float32 at `resolution` (default: the largest), stopping there, with a
        `share` in [0, 1] of its last block's own RGB. With none it is the picture at r/2, upsampled.

        Raises:
            ValueError: the generator does not have this resolution, or ws is not [N, num_ws, w_dim].
        """
        stop = resolution or self.arch.resolution
        if stop not in self.arch.resolutions:
            raise ValueError(
                f"resolution {stop}: this generator has {', '.join(map(str, self.arch.resolutions))}"
            )
        levels = self.levels(ws, noise_mode, dtype)
        return next(level for level in levels if level.resolution == stop).with_share(share)


class Generator(nn.Module):
    """Mapping and synthesis: `G_ema` of a checkpoint."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        self.mapping = MappingNetwork(arch)
        self.synthesis = SynthesisNetwork(arch)

    def broadcast(self, w: Tensor) -> Tensor:
        """w [N, w_dim] → ws [N, num_ws, w_dim]: from W into W+."""
        return w[:, None].expand(-1, self.arch.num_ws, -1)

    def map(self, z: Tensor, truncation_psi: float = 1.0, truncation_cutoff: int | None = None) -> Tensor:
        """z [N, z_dim] → ws [N, num_ws, w_dim]; rows below the cut-off (default: all) go towards w_avg."""
        ws = self.broadcast(self.mapping(z)).clone()
        rows = slice(truncation_cutoff)
        ws[:, rows] = self.mapping.w_avg.lerp(ws[:, rows], truncation_psi)
        return ws

    def forward(
        self,
        z: Tensor,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        noise_mode: NoiseMode = "const",
    ) -> Tensor:
        """z [N, z_dim] → pictures [N, 3, resolution, resolution] float32, nominally in [-1, 1]."""
        return self.synthesis(self.map(z, truncation_psi, truncation_cutoff), noise_mode=noise_mode)  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped


def to_uint8(rgb: Tensor) -> Tensor:
    """[N, 3, H, W] float in [-1, 1] → [N, H, W, 3] uint8 RGB, rounded."""
    return (rgb * 127.5 + 128).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()
