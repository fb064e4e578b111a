"""The picture loss: zero for the right picture, larger for worse ones, and largest where faces live."""

import pytest
import torch

from training.losses import PerceptualDistance, attention_maps, pyramid_loss

LANDMARKS = torch.tensor([[[0.38, 0.48], [0.62, 0.48], [0.5, 0.62], [0.41, 0.76], [0.59, 0.76]]])


def pyramid_of(picture: torch.Tensor) -> list[torch.Tensor]:
    sizes = [2**k for k in range(2, picture.shape[-1].bit_length())]
    return [torch.nn.functional.interpolate(picture, size=(r, r), mode="area") for r in sizes]


def test_attention_is_on_the_face_and_averages_one():
    (attention,) = attention_maps(LANDMARKS)
    assert attention.mean() == pytest.approx(1)
    row, _ = divmod(int(attention.flatten().argmax()), 32)
    assert 12 <= row <= 26
    assert attention[0, 15, 12] > 2 * attention[0, 0, 0]


def test_the_right_picture_costs_nothing_and_noise_costs_more_the_more_there_is():
    torch.manual_seed(0)
    target, noise = torch.rand(1, 3, 64, 64) * 2 - 1, torch.randn(1, 3, 64, 64)
    attention = attention_maps(LANDMARKS)
    costs = [float(pyramid_loss(pyramid_of(target + s * noise), target, attention)) for s in (0, 0.1, 0.2)]
    assert costs[0] == pytest.approx(0, abs=1e-6)
    assert costs[0] < costs[1] < costs[2]


def test_a_fault_in_an_eye_costs_more_than_one_in_the_backdrop():
    target, attention = torch.zeros(1, 3, 64, 64), attention_maps(LANDMARKS)

    def cost(row: int, column: int) -> float:
        picture = target.clone()
        picture[:, :, row : row + 4, column : column + 4] = 1
        return float(pyramid_loss(pyramid_of(picture), target, attention))

    assert cost(29, 23) > 2 * cost(2, 2)


def test_the_perceptual_distance_sees_blur_and_gives_gradients():
    torch.manual_seed(0)
    distance, sharp = PerceptualDistance(), torch.rand(2, 3, 64, 64) * 2 - 1
    blurred = torch.nn.functional.avg_pool2d(sharp, 3, 1, 1).requires_grad_()
    costs = distance(blurred, sharp)
    assert costs.shape == (2,)
    assert bool((costs > distance(sharp, sharp)).all())
    costs.sum().backward()
    assert float(blurred.grad.abs().sum()) > 0
