"""What the networks that read faces share: the layers of MobileNetV2, from pixels to a small map of features.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018. Its weights come with
those of the whole reader; training starts from weights that have seen photographs (ImageNet), because ours
see rendered people only, and are then asked about real ones.
"""

from typing import Final

import torch.nn.functional as F
from torch import Tensor, nn, tensor
from torchvision.models import mobilenet_v2

INPUT_PX: Final = 160
MAP_PX: Final = 5  # of the features that are mixed at last
# Mean and deviation of ImageNet's pictures in [0, 1], which the first layer expects to have been taken out.
MEAN: Final = (0.485, 0.456, 0.406)
DEVIATION: Final = (0.229, 0.224, 0.225)

# How far the trunk goes → channels and stride. What follows in the network is made for a thousand classes.
SHORT, LONG = 14, 17
CHANNELS: Final = {SHORT: 96, LONG: 160}
STRIDES: Final = {SHORT: 16, LONG: 32}


class Trunk(nn.Module):
    """Pictures [N, 3, R, R] in [-1, 1], resampled to 160² → features [N, C, 160/stride, 160/stride]."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, num_layers: int) -> None:
        super().__init__()
        self.layers = mobilenet_v2(weights=None).features[:num_layers]
        self.register_buffer("mean", tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", tensor(DEVIATION).view(1, 3, 1, 1), persistent=False)

    def prepared(self, pictures: Tensor) -> Tensor:
        """What the first layer sees: [N, 3, 160, 160] of about unit variance."""
        if pictures.shape[-1] != INPUT_PX:
            size = (INPUT_PX, INPUT_PX)
            pictures = F.interpolate(pictures, size=size, mode="bilinear", antialias=True)
        return ((pictures + 1) / 2 - self.mean) / self.deviation

    def forward(self, pictures: Tensor) -> Tensor:
        features: Tensor = self.layers(self.prepared(pictures))
        return features


def compact(num_layers: int, num_channels: int, num_out: int) -> nn.Sequential:
    """A trunk's features → [N, num_out]: squeezed to `num_channels` on 5 × 5 places, then mixed."""
    width = INPUT_PX // STRIDES[num_layers] // MAP_PX
    squeeze = nn.Conv2d(CHANNELS[num_layers], num_channels, 2 * width - 1, stride=width, padding=width - 1)
    places = num_channels * MAP_PX**2
    return nn.Sequential(
        squeeze, nn.BatchNorm2d(num_channels), nn.ReLU(), nn.Flatten(), nn.Linear(places, num_out)
    )
