"""Without an encoder: a small generator and what reads action units find a face by themselves."""

import numpy as np
import pytest
import torch

from models.au_reader import load_au_reader
from models.checkpoint import load_generator
from models.pictures import as_tensor
from models.projection import PERSON_SHARE, Refinement, Signs, attention, pixel_distance, project
from models.stand_in import PATIENCE, StandIn
from models.stylegan2 import to_uint8
from tests.models.tiny import TINY, write_tiny_reader, write_tiny_weights


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    path = write_tiny_weights(tmp_path_factory.mktemp("adopted"))
    write_tiny_reader(path)
    return load_generator(path)


@pytest.fixture(scope="module")
def stand_in(loaded) -> StandIn:
    return StandIn(loaded.generator, load_au_reader(loaded))


@pytest.fixture
def picture(loaded) -> np.ndarray:
    """Somebody whom the generator draws, as large as an aligned picture."""
    torch.manual_seed(3)
    with torch.inference_mode():
        rgb = loaded.generator(torch.randn(1, TINY.z_dim))
        return to_uint8(torch.nn.functional.interpolate(rgb, (256, 256), mode="bicubic"))[0].numpy()


def test_everybody_begins_as_the_mean_of_all(loaded, stand_in, picture):
    ws = project(picture, loaded.generator, stand_in, 0).ws
    assert ws.shape == (TINY.num_ws, 512)
    assert (ws == ws[:1]).all()
    torch.manual_seed(9)
    with torch.no_grad():
        w = loaded.generator.mapping(torch.randn(2000, TINY.z_dim)).numpy()
    assert np.linalg.norm(ws[0] - w.mean(0)) < 0.2 * np.linalg.norm(w - w.mean(0), axis=1).mean()


def test_steps_alone_find_a_face(loaded, stand_in, picture):
    seen, weight = as_tensor([picture]), attention(256)
    errors = []
    for num_steps in (0, 8, 30):
        ws = torch.from_numpy(project(picture, loaded.generator, stand_in, num_steps).ws)[None]
        with torch.no_grad():
            errors.append(float(pixel_distance(loaded.generator.synthesis(ws), seen, weight)))
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 0.6 * errors[0]


def test_it_takes_longer_and_can_be_done_early(loaded, stand_in, picture):
    refinement = Refinement(picture, loaded.generator, stand_in, 5)
    assert refinement.num_left == 5 * PATIENCE
    refinement.finish_in(2)
    assert [refinement.step() for _ in range(3)] == [True, True, False]


def test_nobody_knows_where_its_light_is(loaded, stand_in, picture):
    home = np.random.default_rng(0).standard_normal((TINY.num_ws, 512)).astype(np.float32)
    there, own = (project(picture, loaded.generator, stand_in, 1, where).ws for where in (home, None))
    mean = stand_in.directions.bias.numpy()
    np.testing.assert_allclose(there - mean, PERSON_SHARE * (own - mean), atol=1e-5)


def test_its_doubts_are_blur_and_what_is_left_between_the_two(loaded, stand_in, picture):
    assert Signs(sharpness=0.1, remainder=0.5).doubts == ()
    assert "unlike" in Signs(sharpness=0.1, remainder=9.0).doubts[0]
    grey = Refinement(np.full((256, 256, 3), 90, np.uint8), loaded.generator, stand_in, 3)
    assert "blurred" in grey.doubts[0]
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    noisy = Refinement(noise, loaded.generator, stand_in, 3)
    assert noisy.doubts == ()  # sharp: what is left can only be known at the end


def test_it_sees_as_the_au_reader_does(loaded, stand_in, picture):
    seen = as_tensor([picture])
    trunk = load_au_reader(loaded).trunk
    x = trunk.layers[:2](trunk.prepared(seen))
    torch.testing.assert_close(
        next(stand_in.features(seen)), x / (x.square().sum(1, keepdim=True).sqrt() + 1e-5)
    )
