"""StyleGAN2's synthesis, literally as it was published: slow, and the measure of what is gained.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020, section 2.2 and figure 2,
and "Training Generative Adversarial Networks with Limited Data", NeurIPS 2020. Their implementation has three
operations, each with a plain PyTorch path where its CUDA extensions cannot be had. They are written here anew
from the formulas, each step a pass of its own as there:

    modulated convolution   w' = s·w, w'' = w'/√(Σ w'² + ε) for every sample; then a group for every sample
    upfirdn2d               zeros put between the pixels, margins, a convolution with the whole 4×4 filter
    bias_act                bias, leaky ReLU, gain and clamp one after the other

float32, NCHW, constant noise always added; to 8 bits on the host, as generate.py does. Only tests use this.
"""

from collections.abc import Mapping
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from installation.ports import Image, Latent
from models.stylegan2 import Architecture, Generator

FIR = [1.0, 3.0, 3.0, 1.0]


def upfirdn2d(x: Tensor, kernel: Tensor, up: int, margins: tuple[int, int], gain: float) -> Tensor:
    """x [N, C, H, W] → zeros between pixels → `margins` before and after → filtered with `kernel` [k, k]."""
    num, channels, height, width = x.shape
    x = x.reshape(num, channels, height, 1, width, 1)
    x = F.pad(x, [0, up - 1, 0, 0, 0, up - 1]).reshape(num, channels, height * up, width * up)
    x = F.pad(x, [*margins, *margins])
    taps = (kernel * gain).flip([0, 1])[None, None].repeat(channels, 1, 1, 1)
    return F.conv2d(x, taps, groups=channels)


def bias_act(x: Tensor, bias: Tensor, *, is_linear: bool, gain: float, clamp: float | None) -> Tensor:
    """Bias, activation, gain, clamp."""
    x = x + bias.reshape(1, -1, 1, 1)
    if not is_linear:
        x = F.leaky_relu(x, 0.2)
    if gain != 1:
        x = x * gain
    return x if clamp is None else x.clamp(-clamp, clamp)


def modulated_conv2d(
    x: Tensor, weight: Tensor, styles: Tensor, kernel: Tensor, *, up: int, is_demodulated: bool
) -> Tensor:
    """x [N, I, H, W], weight [O, I, k, k], styles [N, I] → [N, O, up·H, up·W]."""
    num, num_in, height, width = x.shape
    num_out, _, side, _ = weight.shape
    modulated = weight[None] * styles.reshape(num, 1, num_in, 1, 1)  # [N, O, I, k, k]
    if is_demodulated:
        factors = (modulated.square().sum([2, 3, 4]) + 1e-8).rsqrt()  # [N, O]
        modulated = modulated * factors.reshape(num, num_out, 1, 1, 1)
    x = x.reshape(1, num * num_in, height, width)  # the samples are groups
    if up == 1:
        x = F.conv2d(x, modulated.reshape(num * num_out, num_in, side, side), padding=side // 2, groups=num)
    else:
        transposed = modulated.transpose(1, 2).reshape(num * num_in, num_out, side, side)
        x = F.conv_transpose2d(x, transposed, stride=up, groups=num)  # [1, N·O, 2H + 1, 2W + 1]
        x = upfirdn2d(x, kernel, up=1, margins=(1, 1), gain=up**2)
    return x.reshape(num, num_out, height * up, width * up)


class LiteralSynthesis:
    """The synthesis network over a generator's own state, by the same names."""

    def __init__(self, arch: Architecture, state: Mapping[str, Tensor]) -> None:
        """`state` is what `Generator.state_dict()` gives."""
        self.arch = arch
        self.state = {name: value.detach().float().contiguous() for name, value in state.items()}
        taps = torch.tensor(FIR)
        self.kernel = torch.outer(taps, taps) / taps.sum().square()

    def picture(self, ws: Tensor, resolution: int | None = None) -> Tensor:
        """ws [N, num_ws, w_dim] → [N, 3, r, r] float32, nominally in [-1, 1]; r: where it stops."""
        x = self.state["synthesis.b4.const"][None].repeat(len(ws), 1, 1, 1)
        rgb, row = None, 0
        for side in self.arch.resolutions:
            block = f"synthesis.b{side}"
            for layer, up in (("conv1", 1),) if side == 4 else (("conv0", 2), ("conv1", 1)):
                x = self._convolve(f"{block}.{layer}", x, ws[:, row], up)
                row += 1
            own = self._to_rgb(f"{block}.torgb", x, ws[:, row])
            rgb = own if rgb is None else upfirdn2d(rgb, self.kernel, up=2, margins=(2, 1), gain=4) + own
            if side == resolution:
                break
        assert rgb is not None
        return rgb

    def _styles(self, layer: str, w: Tensor) -> Tensor:
        weight, bias = self.state[f"{layer}.affine.weight"], self.state[f"{layer}.affine.bias"]
        return torch.addmm(bias[None], w, (weight * (1 / sqrt(weight.shape[1]))).t())

    def _convolve(self, layer: str, x: Tensor, w: Tensor, up: int) -> Tensor:
        weight, styles = self.state[f"{layer}.weight"], self._styles(layer, w)
        noise = self.state[f"{layer}.noise_const"] * self.state[f"{layer}.noise_strength"]
        x = modulated_conv2d(x, weight, styles, self.kernel, up=up, is_demodulated=True)
        x = x.add_(noise)
        bias = self.state[f"{layer}.bias"]
        return bias_act(x, bias, is_linear=False, gain=sqrt(2), clamp=self.arch.conv_clamp)

    def _to_rgb(self, layer: str, x: Tensor, w: Tensor) -> Tensor:
        weight = self.state[f"{layer}.weight"]
        styles = self._styles(layer, w) * (1 / sqrt(weight.shape[1]))
        x = modulated_conv2d(x, weight, styles, self.kernel, up=1, is_demodulated=False)
        bias = self.state[f"{layer}.bias"]
        return bias_act(x, bias, is_linear=True, gain=1, clamp=self.arch.conv_clamp)


class LiteralSynthesizer:
    """From a latent to 8 bits on the host, as the published generate.py has it."""

    def __init__(self, generator: Generator) -> None:
        self.network = LiteralSynthesis(generator.arch, generator.state_dict())

    @torch.inference_mode()
    def synthesize(self, ws: Latent) -> Image:
        """ws [num_ws, 512] float32 → [r, r, 3] uint8 RGB."""
        rgb = self.network.picture(torch.from_numpy(ws)[None])
        return (rgb.permute(0, 2, 3, 1) * 127.5 + 128).clamp(0, 255).to(torch.uint8)[0].cpu().numpy()
