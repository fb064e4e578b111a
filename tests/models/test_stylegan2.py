"""StyleGAN2: equal to the published implementation, and usable in every way the runtime uses it."""

import pytest
import torch

from models.stylegan2 import Architecture, Generator, to_uint8, upsample
from tests.models.parity import CONFIGS, differences
from tests.models.reference import named_z


@pytest.mark.parametrize("config", CONFIGS)
def test_equals_the_published_implementation_with_noise_and_truncation(config):
    found = differences(config)
    assert {"w", "image"} <= set(found)
    assert max(found.values()) < 1e-4


def tiny(**changes) -> Generator:
    torch.manual_seed(0)
    return Generator(
        Architecture(**{"resolution": 32, "channel_base": 256, "channel_max": 16, **changes})
    ).eval()


@pytest.mark.parametrize("resolution", [32, 64, 128, 256, 512, 1024])
@torch.no_grad()
def test_every_resolution_has_its_rows_and_its_size(resolution):
    arch = Architecture(resolution, channel_base=resolution, channel_max=4, num_mapping_layers=1)
    generator = Generator(arch).eval()
    assert arch.num_ws == 2 * (resolution.bit_length() - 1) - 2
    assert generator(named_z(1)).shape == (1, 3, resolution, resolution)


@pytest.mark.parametrize("resolution", [0, 16, 33, 2048])
def test_another_resolution_is_refused(resolution):
    with pytest.raises(ValueError, match="power of two"):
        Architecture(resolution)


@torch.no_grad()
def test_stopping_early_gives_the_picture_that_the_pyramid_has_there():
    generator = tiny()
    ws = generator.map(named_z(2))
    pyramid = {rgb.shape[-1]: rgb for rgb in generator.synthesis.pyramid(ws)}
    assert list(pyramid) == [4, 8, 16, 32]
    for resolution, rgb in pyramid.items():
        assert torch.equal(generator.synthesis(ws, resolution), rgb)
    with pytest.raises(ValueError, match="this generator has 4, 8, 16, 32"):
        generator.synthesis(ws, 64)


@torch.no_grad()
def test_without_the_share_of_its_last_block_a_picture_is_the_one_below_it_enlarged():
    generator = tiny()
    ws = generator.map(named_z(2))
    for resolution in (8, 16, 32):
        below, whole = generator.synthesis(ws, resolution // 2), generator.synthesis(ws, resolution)
        assert torch.equal(generator.synthesis(ws, resolution, share=0.0), upsample(below))
        for full in (1.0, torch.tensor(1.0)):
            assert torch.equal(generator.synthesis(ws, resolution, share=full), whole)
        half = generator.synthesis(ws, resolution, share=torch.tensor(0.5))
        torch.testing.assert_close(half, (upsample(below) + whole) / 2)
    assert not generator.synthesis(ws, 4, share=0.0).any()


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_both_ends_of_the_share_are_exact_where_activations_are_clamped(dtype):
    torch.manual_seed(0)
    arch = Architecture(resolution=32, channel_base=128, channel_max=8, num_mapping_layers=2, conv_clamp=0.5)
    generator = Generator(arch)
    for module in generator.synthesis.modules():
        if hasattr(module, "bias") and module.bias.shape == (3,):
            module.bias.fill_(0.4)  # so that a share of the bias counts, and the clamp is met
    ws = generator.map(torch.randn(2, arch.z_dim))
    below, whole = (list(generator.synthesis.pyramid(ws, dtype=dtype))[k] for k in (-2, -1))
    for none, full in ((0.0, 1.0), (torch.tensor(0.0), torch.tensor(1.0))):
        assert torch.equal(generator.synthesis(ws, 32, dtype=dtype, share=none), upsample(below))
        assert torch.equal(generator.synthesis(ws, 32, dtype=dtype, share=full), whole)
    assert float((whole - upsample(below)).abs().max()) == pytest.approx(0.5, abs=1e-5)  # clamped


@torch.no_grad()
def test_ws_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"must be \[N, 8, 512\]"):
        tiny().synthesis(torch.zeros(1, 7, 512))


@torch.no_grad()
def test_truncation_draws_the_rows_below_the_cut_off_to_the_average():
    generator = tiny()
    generator.mapping.w_avg.normal_()
    whole, half = generator.map(named_z(1)), generator.map(named_z(1), 0.5, truncation_cutoff=3)
    assert torch.equal(half[:, 3:], whole[:, 3:])
    torch.testing.assert_close(half[:, :3], (whole[:, :3] + generator.mapping.w_avg) / 2)
    torch.testing.assert_close(generator.map(named_z(1), 0.0)[0, 0], generator.mapping.w_avg)


@torch.no_grad()
def test_random_noise_differs_and_constant_noise_does_not():
    generator = tiny()
    for layer in generator.synthesis.modules():
        if hasattr(layer, "noise_strength"):
            layer.noise_strength.fill_(0.5)
    ws = generator.map(named_z(1))
    draw = lambda mode: generator.synthesis(ws, noise_mode=mode)  # noqa: E731
    assert torch.equal(draw("const"), draw("const"))
    assert not torch.equal(draw("random"), draw("random"))
    assert not torch.equal(draw("const"), draw("none"))


@torch.no_grad()
def test_a_frozen_generator_plays_what_it_was_trained_to():
    generator = tiny()
    ws = generator.map(named_z(1))
    trained, exact = generator.synthesis(ws, dtype=torch.bfloat16), generator.synthesis(ws)
    for layer in generator.synthesis.modules():
        if hasattr(layer, "freeze"):
            layer.freeze(torch.bfloat16)
    assert torch.equal(generator.synthesis(ws, dtype=torch.bfloat16), trained)
    assert torch.equal(generator.synthesis(ws), exact)  # frozen for another precision: computed as ever


@torch.no_grad()
def test_bfloat16_stays_within_a_grey_level_or_two_of_float32():
    generator = tiny()
    ws = generator.map(named_z(2))
    exact, fast = generator.synthesis(ws), generator.synthesis(ws, dtype=torch.bfloat16)
    error = (exact - fast).square().mean().sqrt() / exact.std()
    assert float(error) < 0.02


def test_a_batch_is_its_pictures_one_by_one():
    generator = tiny()
    ws = generator.map(named_z(3))
    with torch.no_grad():
        batch = generator.synthesis(ws)
        each = torch.cat([generator.synthesis(row[None]) for row in ws])
    torch.testing.assert_close(batch, each, atol=1e-5, rtol=1e-4)


def test_gradients_reach_every_weight_and_the_latent():
    generator = tiny()
    ws = generator.map(named_z(1)).detach().requires_grad_()
    generator.synthesis(ws, noise_mode="const").square().mean().backward()
    assert ws.grad is not None
    assert bool((ws.grad.abs().sum(-1) > 0).all())
    assert all(p.grad is not None for name, p in generator.named_parameters() if "mapping" not in name)


def test_uint8_rounds_and_clips():
    rgb = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]).view(1, 1, 1, 5).expand(1, 3, 1, 5)
    assert to_uint8(rgb)[0, 0, :, 0].tolist() == [0, 0, 128, 255, 255]
