"""Encoder and refinement on small real networks: what moves, what holds it, what is refused."""

import gc
import weakref
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from models.checkpoint import CheckpointError, load_generator
from models.encoder import CODE_SIZE, Encoder, load_encoder
from models.pictures import as_tensor
from models.projection import (
    LEASH,
    LIKENESS,
    PERSON_SHARE,
    ROWS_LEASH,
    SCENE_LEASH,
    STEP,
    Projection,
    Refinement,
    Signs,
    attention,
    feature_distance,
    pixel_distance,
    project,
    refined,
    sharpness,
)
from models.stylegan2 import to_uint8
from tests.models.tiny import TINY, write_tiny_encoder, write_tiny_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = write_tiny_weights(tmp_path_factory.mktemp("weights"))
    write_tiny_encoder(path)
    return load_generator(path)


@pytest.fixture(scope="module")
def encoder(weights):
    return load_encoder(weights)


@pytest.fixture
def picture(weights) -> np.ndarray:
    """Somebody whom the generator draws, as large as an aligned picture."""
    torch.manual_seed(3)
    with torch.inference_mode():
        rgb = weights.generator(torch.randn(1, TINY.z_dim))
        return to_uint8(torch.nn.functional.interpolate(rgb, (256, 256), mode="bicubic"))[0].numpy()


def test_an_encoder_starts_at_the_mean_latent_and_along_the_principal_directions():
    torch.manual_seed(0)
    w = torch.randn(600, 512) * torch.linspace(3, 0.1, 512) + 5
    encoder = Encoder(TINY.num_ws).eval()
    encoder.start_from_latents(w)
    with torch.no_grad():
        ws = encoder(torch.zeros(2, 3, 256, 256))
    assert ws.shape == (2, TINY.num_ws, 512)
    assert float((ws - ws[:, :1]).abs().max()) == 0  # no offsets yet
    codes = (w - w.mean(0)) @ torch.linalg.pinv(encoder.directions.weight).t()
    torch.testing.assert_close(codes.var(0, unbiased=False), torch.ones(CODE_SIZE), atol=0.01, rtol=0)


def test_refinement_comes_closer_and_no_step_is_the_encoder_alone(weights, encoder, picture):
    seen = as_tensor([picture])
    with torch.no_grad():
        start = encoder(seen)
    torch.testing.assert_close(refined(start, seen, weights.generator, encoder, 0).ws, start)
    weight = attention(256)
    errors = []
    for num_steps in (0, 5, 40):
        ws = refined(start, seen, weights.generator, encoder, num_steps).ws
        with torch.no_grad():
            errors.append(float(pixel_distance(weights.generator.synthesis(ws), seen, weight)))
    assert errors[2] < errors[1] < errors[0]


def test_the_leash_holds_on_to_the_manifold(weights, encoder, picture, monkeypatch):
    """With a strong leash on rows and on distance, less is moved, and the rows stay nearer to one another."""
    seen = as_tensor([picture])
    with torch.no_grad():
        start = encoder(seen)

    def moved() -> tuple[float, float]:
        change = refined(start, seen, weights.generator, encoder, 30).ws - start
        return float(change.norm()), float((change - change.mean(1, keepdim=True)).norm())

    held = moved()
    monkeypatch.setattr("models.projection.LEASH", 0.0)
    monkeypatch.setattr("models.projection.ROWS_LEASH", 0.0)
    monkeypatch.setattr("models.projection.SCENE_LEASH", 0.0)
    free = moved()
    assert held[0] < free[0]
    assert held[1] < free[1]


def test_a_projection_is_a_latent_and_its_picture(weights, encoder, picture):
    projection = project(picture, weights.generator, encoder, 2)
    assert projection.ws.shape == (TINY.num_ws, 512)
    assert projection.ws.dtype == np.float32
    with torch.no_grad():
        drawn = to_uint8(weights.generator.synthesis(torch.from_numpy(projection.ws)[None]))[0].numpy()
    np.testing.assert_array_equal(projection.picture, drawn)


def test_at_home_the_scene_comes_near_the_portraits_and_the_rest_stays_the_persons(weights, encoder, picture):
    rng = np.random.default_rng(0)
    home = rng.standard_normal((TINY.num_ws, 512)).astype(np.float32)
    wanted = encoder.scene_of(torch.from_numpy(home)[None])[0].numpy()
    for num_steps in (0, 3):
        own = project(picture, weights.generator, encoder, num_steps)
        there = project(picture, weights.generator, encoder, num_steps, home)
        assert np.linalg.norm(there.scene - wanted) < 0.5 * np.linalg.norm(own.scene - wanted)
        told, kept = (of_person(encoder, found) for found in (own, there))
        torch.testing.assert_close(kept, PERSON_SHARE * told, atol=1e-3, rtol=1e-3)


def of_person(encoder: Encoder, found: Projection) -> torch.Tensor:
    """What tells them from the mean of people, light and backdrop apart."""
    ws = torch.from_numpy(found.ws)[None]
    return (ws - encoder.in_scene(encoder.directions.bias.expand_as(ws), encoder.scene_of(ws)))[0]


# --- in slices ----------------------------------------------------------------------------------------------


def refinement_of(weights, encoder, picture, num_steps: int) -> Refinement:
    return Refinement(picture, weights.generator, encoder, num_steps)


def test_a_descent_is_adam_with_steps_that_shrink_to_nothing(weights, encoder, picture):
    """The same in one loop, as a book would write it."""
    seen, num_steps = as_tensor([picture]), 6
    with torch.no_grad():
        start, wanted = encoder(seen), list(encoder.features(seen))
    code = torch.zeros(1, encoder.num_ws, CODE_SIZE, requires_grad=True)
    scene = torch.zeros(1, 16, requires_grad=True)
    optimizer, weight = torch.optim.Adam([code, scene], betas=(0.9, 0.99)), attention(256)
    for step in range(num_steps):
        optimizer.param_groups[0]["lr"] = STEP * (1 - step / num_steps)
        rgb = weights.generator.synthesis(encoder.moved(start, code, scene))
        loss = pixel_distance(rgb, seen, weight)
        loss = loss + LIKENESS * feature_distance(list(encoder.features(rgb)), wanted, weight)
        loss = loss + LEASH * code.square().mean(1).sum() + SCENE_LEASH * scene.square().sum()
        loss = loss + ROWS_LEASH * (code - code.mean(1, keepdim=True)).square().mean(1).sum()
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
    found = refined(start, seen, weights.generator, encoder, num_steps)
    torch.testing.assert_close(found.ws, encoder.moved(start, code, scene).detach(), atol=1e-4, rtol=1e-4)


def test_slices_make_the_projection_and_looking_in_between_changes_nothing(weights, encoder, picture):
    refinement = refinement_of(weights, encoder, picture, 5)
    looks = [refinement.projection()]
    while refinement.step():
        looks.append(refinement.projection())
    assert len(looks) == 6
    whole = project(picture, weights.generator, encoder, 5)
    np.testing.assert_array_equal(refinement.projection().ws, whole.ws)
    np.testing.assert_array_equal(refinement.projection().picture, whole.picture)
    assert all((a.ws != b.ws).any() for a, b in pairwise(looks))
    assert not refinement.step()


def test_who_has_no_more_time_is_done_early_and_arrives(weights, encoder, picture):
    """Steps shrink from where they were, so that the last is the smallest, however many are left."""
    refinement = refinement_of(weights, encoder, picture, 100)
    places = [refinement.projection().ws]
    for _ in range(10):
        assert refinement.step()
        places.append(refinement.projection().ws)
    refinement.finish_in(4)
    assert refinement.num_left == 4
    while refinement.step():
        places.append(refinement.projection().ws)
    assert len(places) == 15
    lengths = [float(np.linalg.norm(b - a)) for a, b in pairwise(places)]
    assert lengths[-1] < 0.5 * lengths[9]


def test_nobody_gets_more_steps_than_were_asked_for(weights, encoder, picture):
    refinement = refinement_of(weights, encoder, picture, 3)
    refinement.finish_in(50)
    assert refinement.num_left == 3
    refinement.finish_in(-7)
    assert refinement.num_left == 0
    assert not refinement.step()


def test_what_is_wrong_with_a_picture_is_known_before_any_step(weights, encoder):
    refinement = refinement_of(weights, encoder, np.full((256, 256, 3), 90, np.uint8), 3)
    assert refinement.num_left == 3
    assert "blurred" in refinement.doubts[0]


def test_a_face_is_told_by_nothing(weights, encoder, picture):
    refinement = refinement_of(weights, encoder, picture, 1)
    assert repr(refinement.projection()) == f"Projection(doubts={refinement.doubts!r})"
    assert "array" not in repr(refinement) and "tensor" not in repr(refinement)


def test_nothing_of_a_picture_is_kept_after_it(weights, encoder, picture):
    def num_pictures() -> int:
        return sum(type(one) is torch.Tensor and one.numel() >= 256 * 256 * 3 for one in gc.get_objects())

    gc.collect()
    image, before = picture.copy(), num_pictures()
    gone = weakref.ref(image)
    refinement = refinement_of(weights, encoder, image, 2)
    while refinement.step():
        pass
    projection = refinement.projection()
    assert num_pictures() > before
    del image, refinement
    assert gone() is None
    assert num_pictures() == before
    assert projection.ws.shape == (TINY.num_ws, 512)


@pytest.mark.parametrize("num_steps", [-1, 101])
def test_steps_outside_the_range_are_refused(weights, encoder, picture, num_steps):
    with pytest.raises(ValueError, match="from 0 to 100"):
        project(picture, weights.generator, encoder, num_steps)


def test_a_picture_that_is_not_aligned_is_refused(weights, encoder):
    with pytest.raises(ValueError, match="aligned picture"):
        project(np.zeros((128, 128, 3), np.uint8), weights.generator, encoder, 0)


def test_an_encoder_of_another_generator_is_refused(tmp_path):
    weights = write_tiny_weights(tmp_path)
    write_tiny_encoder(weights)
    write_tiny_weights(tmp_path, seed=1)
    with pytest.raises(CheckpointError, match="another generator"):
        load_encoder(load_generator(weights))


def test_blur_is_less_sharp():
    import cv2
    from skimage.data import astronaut

    image = cv2.resize(astronaut()[:256, 96:352], (256, 256))
    values = [sharpness(cv2.GaussianBlur(image, (0, 0), sigma)) for sigma in (0.1, 1.5, 4)]
    assert values[0] > values[1] > values[2]


def test_each_doubt_has_a_sign_and_good_pictures_have_none():
    good = Signs(sharpness=0.1, disagreement=0.3)
    assert good.doubts == ()
    assert "blurred" in replace(good, sharpness=0.001).doubts[0]
    assert "hidden" in replace(good, disagreement=0.9).doubts[0]
    assert len(Signs(0, 1).doubts) == 2


def test_a_picture_of_nothing_is_doubted(weights, encoder):
    assert "blurred" in project(np.full((256, 256, 3), 90, np.uint8), weights.generator, encoder, 0).doubts[0]
