"""The pseudo-autoencoder, as published: its layers, its five copies of u, its two layouts."""

import numpy as np
import pytest
import torch
from torch import nn

from models.action_units import NUM_AUS
from models.pseudo_autoencoder import PseudoAutoencoder

NUM_WS = 6


def linear_sizes(part: nn.Module) -> list[tuple[int, int]]:
    return [
        (layer.in_features, layer.out_features) for layer in part.modules() if isinstance(layer, nn.Linear)
    ]


def test_the_layers_are_the_published_ones():
    model = PseudoAutoencoder("paper", NUM_WS)
    assert linear_sizes(model.encoder) == [(512, 512), (512, 512)]
    assert linear_sizes(model.decoder) == [(512 + 5 * 43, 512), (512, 512)]


def test_flat_is_one_map_over_all_rows():
    model = PseudoAutoencoder("paper-flat", NUM_WS)
    assert linear_sizes(model.encoder) == [(NUM_WS * 512, 512), (512, 512)]
    assert linear_sizes(model.decoder) == [(512 + 5 * 43, 512), (512, NUM_WS * 512)]


def test_the_five_copies_of_u_are_copies():
    """The same total weight on any copy of a unit has the same effect."""
    torch.manual_seed(0)
    model = PseudoAutoencoder("paper", NUM_WS)
    ws, u = torch.randn(1, NUM_WS, 512), torch.rand(1, NUM_AUS)
    before = model(ws, u)
    weight = model.decoder[0].weight.data
    first, fifth = weight[:, 512 : 512 + 43].clone(), weight[:, 512 + 4 * 43 :].clone()
    weight[:, 512 : 512 + 43], weight[:, 512 + 4 * 43 :] = fifth, first
    torch.testing.assert_close(model(ws, u), before)


def test_training_sets_out_as_a_copy():
    model = PseudoAutoencoder("paper", NUM_WS)
    model.start_as_copy()
    ws = torch.rand(2, NUM_WS, 512) * 4 - 1
    torch.testing.assert_close(model(ws, torch.rand(2, NUM_AUS)), ws)
    with pytest.raises(ValueError, match="as wide as w"):
        PseudoAutoencoder("paper-flat", NUM_WS).start_as_copy()


@pytest.mark.parametrize("preset", ["paper", "paper-flat"])
def test_what_comes_out_has_the_size_of_what_went_in(preset):
    model = PseudoAutoencoder(preset, NUM_WS)
    assert model(torch.randn(3, NUM_WS, 512), torch.rand(3, NUM_AUS)).shape == (3, NUM_WS, 512)


def test_shared_rows_do_not_see_each_other():
    model = PseudoAutoencoder("paper", NUM_WS)
    ws, u = torch.randn(1, NUM_WS, 512), torch.rand(1, NUM_AUS)
    changed = ws.clone()
    changed[:, 0] += 1
    assert torch.equal(model(ws, u)[:, 1:], model(changed, u)[:, 1:])


def test_numpy_and_torch_agree():
    model = PseudoAutoencoder("paper", NUM_WS)
    ws, u = np.random.default_rng(0).standard_normal((NUM_WS, 512)).astype(np.float32), (0.25,) * NUM_AUS
    with torch.no_grad():
        expected = model(torch.from_numpy(ws)[None], torch.full((1, NUM_AUS), 0.25))[0].numpy()
    np.testing.assert_array_equal(model.predict(ws, u), expected)
