"""Gains: what is read in a model's pictures against what is read in the true ones; controls that arrive."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS, NUM_CONTROLS
from models.pseudo_autoencoder import NUM_MOVES, SPANS, PseudoAutoencoder
from training.calibration import MOST, calibrate, calibrate_units
from training.dataset import Expressions, Sample

NUM_WS, W_DIM, SMILE, TURN = 4, 8, 0, 1  # the components of w that the pictures show
DEGREES = 20.0


class Synthesis(nn.Module):
    """Flat pictures: red is w's first component, green its second."""

    def forward(self, ws: Tensor, **told: object) -> Tensor:
        return ws[:, 0, :3, None, None].expand(-1, -1, 256, 256)


class Generator:
    synthesis = Synthesis()


class Reader(nn.Module):
    """Sees the smile in red, and the turn in green."""

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        red, green = pictures.mean((2, 3))[:, :2].unbind(1)
        aus, angles = torch.zeros(len(pictures), NUM_AUS), torch.zeros(len(pictures), 4)
        aus[:, AU_INDEX[12]], angles[:, 0] = red, green * DEGREES
        return aus, angles


def truth() -> Tensor:
    """What a whole unit of each move adds to ws: smiles go into red, turns into green."""
    changes = torch.zeros(NUM_MOVES, NUM_WS, W_DIM)
    changes[AU_INDEX[12], :, SMILE] = 0.5
    changes[NUM_AUS, :, TURN] = SPANS[0] / DEGREES
    return changes


@pytest.fixture
def shown() -> Expressions:
    """Six people at rest, smiling, and turned by 10°."""
    rng, samples, latents, nowhere = np.random.default_rng(0), [], [], Path()
    for number in range(6):
        who = rng.uniform(-0.3, 0.3, W_DIM)
        for smile, yaw in ((0.0, 0.0), (0.8, 0.0), (0.0, 10.0)):
            aus, controls = np.zeros(NUM_AUS, np.float32), np.zeros(NUM_CONTROLS, np.float32)
            aus[AU_INDEX[12]], controls[0] = smile, yaw
            samples.append(Sample(nowhere, str(number), "", aus, controls, nowhere, "studio"))
            ws = np.broadcast_to(who, (NUM_WS, W_DIM)).astype(np.float32).copy()
            ws[:, SMILE] += smile * 0.5
            ws[:, TURN] += yaw / DEGREES
            latents.append(ws)
    return Expressions.of(samples, latents)


def model_of(shown: Expressions, share: float, turned: float = 1.0) -> PseudoAutoencoder:
    """A model that gives this share of what is asked."""
    model = PseudoAutoencoder("residual", NUM_WS, W_DIM)
    model.standardise(shown.ws)
    changes = truth() * share
    changes[NUM_AUS:] *= turned / share
    model.start_linear(changes.flatten(1))
    return model


@pytest.mark.parametrize(("share", "gain"), [(1.0, 1.0), (0.8, 1.25), (1.3, 1.0), (0.2, MOST)])
def test_units_are_asked_for_until_they_arrive(shown, share, gain):
    """Never weaker than asked, and never so strong that the face falls apart."""
    model = model_of(shown, share)
    calibrate_units(model, Generator(), Reader(), shown)
    torch.testing.assert_close(model.gain[:NUM_AUS], torch.full((NUM_AUS,), gain), rtol=1e-4, atol=1e-4)
    assert (model.gain[NUM_AUS:] == 1).all()


def test_controls_that_arrive_are_named_and_strengthened(shown):
    model = model_of(shown, 1.0, turned=0.8)
    assert calibrate(model, Generator(), Reader(), shown) == ("yaw",)
    assert model.gain[NUM_AUS + CONTROLS.index("yaw")] == pytest.approx(1.25, rel=1e-3)


def test_a_control_that_does_not_arrive_was_not_learned(shown):
    model = model_of(shown, 1.0, turned=0.1)
    assert calibrate(model, Generator(), Reader(), shown) == ()
    assert (model.gain[NUM_AUS:] == 1).all()


def test_a_model_that_moves_nothing_is_left_as_it_is(shown):
    model = PseudoAutoencoder("residual", NUM_WS, W_DIM)
    assert calibrate(model, Generator(), Reader(), shown) == ()
    assert (model.gain == 1).all()


def test_without_pairs_there_is_nothing_to_learn(shown):
    model = model_of(shown, 0.5)
    assert calibrate(model, Generator(), Reader(), shown.rows([0, 3])) == ()
    assert (model.gain == 1).all()
