"""Where the mapping's first layers begin: near the answer.

Most factors are a component of z, scaled; the others (sex, a hair style, a beard or none) jump at thresholds.
Layers that start at random learn neither within any reasonable time: their units all bend at the origin, and
what is a plain copy has to be found. So each layer carries every component of z along unchanged, in the
straight part of the leaky rectifier; its other units bend at thresholds of those components along which the
factors are not straight, or of mixes of such units; and the last layer is solved for by least squares.
Training then only sharpens.
"""

import torch
from torch import Tensor

from models.stylegan2 import FullyConnected, leaky_relu

OFFSET = 4.0  # what is carried stays this much above zero: |z| < 4 never meets the bend
GAIN = 2**0.5  # of the rectifier
NUM_BINS = 16
NUM_LOOKED_AT = 8_192  # people are enough to see where factors bend
NUM_SOLVED = 50_000  # and for the least squares
STEEPNESS = 2.0  # of a threshold, against the component's deviation
MIXED = 4  # inputs of a mixing unit
BENT_SHARE = 2.0  # how likely such an input is a bent unit, against 1 for a component
RIDGE = 20.0  # against the sum of squares of some ten thousand people


def effective(layer: FullyConnected) -> tuple[Tensor, Tensor]:
    """The layer's weight [O, I] and bias [O], its gains applied."""
    return layer.weight.detach() * layer.weight_gain, layer.bias.detach() * layer.bias_gain


@torch.no_grad()
def copy_effective(layer: FullyConnected, weight: Tensor, bias: Tensor) -> None:
    layer.weight.copy_(weight / layer.weight_gain)
    layer.bias.copy_(bias / layer.bias_gain)


@torch.no_grad()
def start_layers(
    layers: list[FullyConnected], z: Tensor, target: Tensor, matters: Tensor, num_components: int
) -> None:
    """Set `layers` [512 → 512 each] so that they nearly give target + OFFSET.

    z [N, 512], normalised, of which the first `num_components` mean something; target [N, 512] standardised
    factors, padded; matters [512] ≥ 0, how far each of them moves w.
    """
    generator = torch.Generator().manual_seed(0)
    looked_at = slice(NUM_LOOKED_AT)
    shares = bending(z[looked_at, :num_components], target[looked_at], matters)
    z, target = z[:NUM_SOLVED], target[:NUM_SOLVED]
    x = _first(layers[0], z, shares)
    for layer in layers[1:-1]:
        x = _mixing(layer, x, shares, generator)
    _solve(layers[-1], x, target)


def bending(z: Tensor, target: Tensor, matters: Tensor) -> Tensor:
    """Where thresholds are needed: z [N, C], target [N, F] → shares [C] of sum 1.

    A component's share is the deviation of the factors' means over NUM_BINS bins of it from a straight line.
    """
    goal = (target - target.mean(0)) * matters.sqrt()
    slope = z.t() @ goal / len(z)  # [C, F]: z is white, so each component's own regression
    order = z.argsort(0)[: len(z) // NUM_BINS * NUM_BINS]
    chance = NUM_BINS * goal.square().mean(0).sum() / len(z)  # of the means, without any meaning
    bends = []
    for component, ranks in enumerate(order.t()):
        bins = ranks.view(NUM_BINS, -1)
        line = z[bins, component].mean(1, keepdim=True) * slope[component]
        bends.append((goal[bins].mean(1) - line).square().sum(1).mean() - chance)
    deviation = torch.stack(bends).clamp(min=0).sqrt()
    return deviation / deviation.sum()


def _first(layer: FullyConnected, z: Tensor, shares: Tensor) -> Tensor:
    """Carry the components, and bend at quantiles of those that need it; → what the layer then gives."""
    weight, bias = torch.zeros_like(layer.weight), torch.zeros_like(layer.bias)
    carried = torch.arange(len(shares))
    weight[carried, carried] = 1 / GAIN
    bias[carried] = OFFSET / GAIN
    # The other units stand along the cumulated shares: whose stretch one stands on tells its component, and
    # how far along it is the quantile at which it bends.
    free = torch.arange(len(shares), len(weight))
    at = (free - len(shares) + 0.5) / len(free)
    owner = torch.searchsorted(shares.cumsum(0), at).clamp(max=len(shares) - 1)
    quantile = 1 - (shares.cumsum(0)[owner] - at) / shares[owner]
    weight[free, owner] = STEEPNESS
    bias[free] = -STEEPNESS * torch.special.ndtri(quantile.clamp(0.01, 0.99))
    copy_effective(layer, weight, bias)
    return leaky_relu(layer(z))


def _mixing(layer: FullyConnected, x: Tensor, shares: Tensor, generator: torch.Generator) -> Tensor:
    """Carry on, and mix a few bent units and components in each other unit; → what the layer then gives."""
    weight, bias = torch.zeros_like(layer.weight), torch.zeros_like(layer.bias)
    num_carried, num_free = len(shares), len(weight) - len(shares)
    carried = torch.arange(num_carried)
    weight[carried, carried] = 1 / GAIN  # OFFSET stays what it was
    likely = torch.cat([shares, torch.full((num_free,), BENT_SHARE / num_free)])
    mean, deviation = x.mean(0), x.std(0) + 1e-3
    for unit in range(num_carried, len(weight)):
        inputs = torch.multinomial(likely, MIXED, generator=generator)
        mix = torch.randn(MIXED, generator=generator) * 0.6 / deviation[inputs]
        weight[unit, inputs] = mix
        bias[unit] = 0.7 * torch.randn((), generator=generator) - (mix * mean[inputs]).sum()
    copy_effective(layer, weight, bias)
    return leaky_relu(layer(x))


def _solve(layer: FullyConnected, x: Tensor, target: Tensor) -> None:
    """The layer's weights by ridge regression on what the layers before it give."""
    inputs = torch.cat([x, torch.ones(len(x), 1)], 1).double()
    goal = (target.double() + OFFSET) / GAIN
    gram = inputs.t() @ inputs + RIDGE * torch.eye(inputs.shape[1], dtype=torch.float64)
    solution = torch.linalg.solve(gram, inputs.t() @ goal).float()
    copy_effective(layer, solution[:-1].t(), solution[-1])
