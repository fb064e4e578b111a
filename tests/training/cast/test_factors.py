from dataclasses import replace

import numpy as np
import pytest

from training.cast.actions import ACTIONS, actions_for, mirrored_actions
from training.cast.factors import (
    EXPRESSION,
    FACTOR_NAMES,
    IDENTITY,
    NUM_FACTORS,
    SCENE,
    factor_vector,
    mirror_factors,
    neutral_people,
)
from training.cast.people import LATENT_SIZE, latent_sitting
from training.cast.shapes import SHAPE_LABELS
from training.cast.traits import Scene, Sitting


@pytest.fixture
def sitting() -> Sitting:
    return latent_sitting(np.random.default_rng(5).normal(size=LATENT_SIZE))


def mirrored_scene(scene: Scene) -> Scene:
    turned = ("side", "yaw", "roll", "body", "gaze_x", "glow_x")
    return replace(scene, **{name: -getattr(scene, name) for name in turned})


def test_274_named_factors_in_three_parts() -> None:
    assert NUM_FACTORS == len(set(FACTOR_NAMES)) == 274
    assert [len(FACTOR_NAMES[part]) for part in (IDENTITY, EXPRESSION, SCENE)] == [204, 47, 23]
    assert FACTOR_NAMES[EXPRESSION] == tuple(f"action.{name}" for name in ACTIONS)
    assert all(name.startswith("scene.") for name in FACTOR_NAMES[SCENE])


def test_the_average_person_at_rest_is_all_finite_and_faces_the_viewer() -> None:
    (factors,) = neutral_people(np.zeros((1, LATENT_SIZE)))
    named = dict(zip(FACTOR_NAMES, factors, strict=True))
    assert np.isfinite(factors).all()
    assert (factors[EXPRESSION] == 0).all()
    assert named["scene.yaw"] == named["scene.gaze_x"] == 0


def test_kinds_are_one_hot() -> None:
    factors = neutral_people(np.random.default_rng(6).normal(size=(100, LATENT_SIZE)))
    for kind in ("hair.style.", "beard.kind.", "neckline."):
        columns = [index for index, name in enumerate(FACTOR_NAMES) if name.startswith(kind)]
        assert (factors[:, columns].sum(1) == 1).all()


def test_no_latent_gives_no_row() -> None:
    assert neutral_people(np.zeros((0, LATENT_SIZE))).shape == (0, NUM_FACTORS)


def test_every_factor_varies_over_people_and_faces() -> None:
    people = neutral_people(np.random.default_rng(7).normal(size=(1500, LATENT_SIZE)))
    constant = {name for name, spread in zip(FACTOR_NAMES, people.std(0), strict=True) if spread == 0}
    assert constant == {"recipe"} | {f"action.{name}" for name in ACTIONS}


def test_an_unknown_action_is_named(sitting: Sitting) -> None:
    with pytest.raises(ValueError, match="not among the 47 actions of the cast: eyeLookUpLeft"):
        factor_vector(sitting.person, sitting.scene, {"eyeLookUpLeft": 1.0})


def test_mirroring_twice_is_nothing() -> None:
    factors = np.random.default_rng(8).normal(size=(4, NUM_FACTORS))
    assert not np.array_equal(mirror_factors(factors), factors)
    np.testing.assert_array_equal(mirror_factors(mirror_factors(factors)), factors)


def test_the_mirror_of_a_left_lit_scene_is_a_right_lit_one(sitting: Sitting) -> None:
    left = replace(sitting.scene, side=1.0)
    factors = factor_vector(sitting.person, left, {})
    expected = factor_vector(sitting.person, mirrored_scene(left), {})
    np.testing.assert_array_equal(mirror_factors(factors)[SCENE], expected[SCENE])


def test_the_mirror_swaps_left_and_right_of_the_face(sitting: Sitting) -> None:
    identity, look = sitting.person.identity, sitting.person.look
    swap = {"l-": "r-", "r-": "l-"}
    shape = dict(zip(SHAPE_LABELS, identity.shape, strict=True))
    other_shape = tuple(shape[swap.get(label[:2], label[:2]) + label[2:]] for label in SHAPE_LABELS)
    other = replace(
        sitting.person,
        identity=replace(identity, shape=other_shape),
        look=replace(look, hair=replace(look.hair, part=-look.hair.part)),
    )
    assert other_shape != identity.shape
    actions = actions_for({46: 0.8, 30: 0.5, 12: 1.0, 37: 0.6})
    np.testing.assert_array_equal(
        mirror_factors(factor_vector(sitting.person, sitting.scene, actions)),
        factor_vector(other, mirrored_scene(sitting.scene), mirrored_actions(actions)),
    )


def test_the_mirror_changes_only_what_has_a_side() -> None:
    ones = np.ones(NUM_FACTORS)
    turned = {name for name, value in zip(FACTOR_NAMES, mirror_factors(ones), strict=True) if value < 0}
    assert turned == {
        *(
            "action.jawLeft",
            "action.tongueLeft",
            "hair.part",
            "scene.yaw",
            "scene.roll",
            "scene.gaze_x",
            "scene.glow_x",
        ),
        *("scene.side", "scene.side_key_azimuth", "scene.side_rim_power", "scene.side_rim_azimuth"),
    }
