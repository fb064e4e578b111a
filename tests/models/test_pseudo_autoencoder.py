"""The pseudo-autoencoder: as published, its layers, its five copies of u, its layouts; and the residual."""

import numpy as np
import pytest
import torch
from torch import nn

from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS, NUM_CONTROLS
from models.pseudo_autoencoder import NUM_MOVES, PRESETS, SPANS, PseudoAutoencoder

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


@pytest.mark.parametrize("preset", list(PRESETS))
def test_what_comes_out_has_the_size_of_what_went_in(preset):
    model = PseudoAutoencoder(preset, NUM_WS)
    assert model(torch.randn(3, NUM_WS, 512), torch.rand(3, model.num_moves)).shape == (3, NUM_WS, 512)


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


# --- the residual model -------------------------------------------------------------------------------------


def taught(num_ws: int = NUM_WS, seed: int = 0) -> PseudoAutoencoder:
    """A residual model whose heads say something."""
    torch.manual_seed(seed)
    model = PseudoAutoencoder("residual", num_ws)
    model.standardise(torch.randn(50, num_ws, 512))
    torch.nn.init.normal_(model.decoder[-1].weight)
    return model


def test_nothing_asked_nothing_changed():
    """w + g(w, 0) − g(w, 0) is w: to the bit, whatever has been learned."""
    ws = torch.randn(5, NUM_WS, 512) * 30
    assert torch.equal(taught()(ws, torch.zeros(5, NUM_MOVES)), ws)


def test_it_sets_out_as_a_copy():
    ws = torch.randn(2, NUM_WS, 512)
    assert torch.equal(PseudoAutoencoder("residual", NUM_WS)(ws, torch.rand(2, NUM_MOVES)), ws)


def test_the_linear_part_is_what_was_solved_for():
    """Alike for everybody, a row at a time, and not touched by training."""
    model, changes = PseudoAutoencoder("residual", NUM_WS), torch.randn(NUM_MOVES, NUM_WS * 512)
    model.standardise(torch.randn(20, NUM_WS, 512) * 5)
    model.start_linear(changes)
    ws, u = torch.randn(3, NUM_WS, 512), torch.rand(3, NUM_MOVES)
    torch.testing.assert_close(model(ws, u) - ws, (u @ changes).view_as(ws), rtol=1e-3, atol=1e-3)
    assert not model.linear.weight.requires_grad


@pytest.mark.parametrize("num_ws", [4, 6, 10, 18])
def test_any_generator_has_its_rows(num_ws):
    model = taught(num_ws)
    assert model(torch.randn(2, num_ws, 512), torch.rand(2, NUM_MOVES)).shape == (2, num_ws, 512)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_blink_moves_as_closed_eyes_do(preset):
    torch.manual_seed(0)
    model = taught() if preset == "residual" else PseudoAutoencoder(preset, NUM_WS)
    ws, lids, blink = torch.randn(1, NUM_WS, 512), torch.zeros(1, NUM_AUS), torch.zeros(1, NUM_AUS)
    lids[0, AU_INDEX[43]] = blink[0, AU_INDEX[45]] = 0.7
    assert not torch.allclose(model(ws, blink), model(ws, lids))
    model.move_alike(45, 43)
    torch.testing.assert_close(model(ws, blink), model(ws, lids))


def test_controls_are_asked_for_in_degrees_and_years():
    model, ws = taught(), np.random.default_rng(0).standard_normal((NUM_WS, 512)).astype(np.float32)
    for index, name in enumerate(CONTROLS):
        controls = [0.0] * NUM_CONTROLS
        controls[index] = SPANS[index]
        moves = torch.zeros(1, NUM_MOVES)
        moves[0, NUM_AUS + index] = 1
        with torch.no_grad():
            expected = model(torch.from_numpy(ws)[None], moves)[0].numpy()
        np.testing.assert_allclose(
            model.predict(ws, (0.0,) * NUM_AUS, controls), expected, rtol=1e-5, err_msg=name
        )


def test_the_published_model_does_not_hear_controls():
    model, ws = PseudoAutoencoder("paper", NUM_WS), torch.randn(1, NUM_WS, 512)
    asked = torch.rand(1, NUM_MOVES)
    turned = asked.clone()
    turned[:, NUM_AUS:] += 1
    assert torch.equal(model(ws, asked), model(ws, turned))


def test_controls_are_read_in_degrees_and_years():
    model = taught()
    model.control_reading[:, 0] = torch.nn.functional.one_hot(torch.tensor(3), 512)
    model.control_mean[0] = 0.5
    ws = model.mean.expand(NUM_WS, -1).clone()
    ws[:, 3] += 2
    assert model.read_controls(ws.numpy())[0] == pytest.approx(2.5 * SPANS[0], rel=1e-5)
