"""The head's arithmetic, on a head that is a cube."""

from typing import Any

import numpy as np
import pytest

from tests.training.cube import CUBE, CUBE_QUADS
from training.cast.head.mesh import rotation
from training.cast.head.model import ANCESTRIES, JOINTS, MACRO_VALUES, PARTS, HeadModel, macro_weights
from training.cast.shapes import NUM_SHAPES, SHAPE_LABELS
from training.cast.traits import Identity, Phenotype

PHENOTYPE = Phenotype(0.3, 0.7, 0.4, 0.5, 0.8, african=0.2, asian=0.3, caucasian=0.5)
MACROS = ("african-male-young", "female-old-maxmuscle-averageweight")


def arrays() -> dict[str, np.ndarray[Any, Any]]:
    generator = np.random.default_rng(0)
    return {
        "template": CUBE,
        "weights": np.tile([0.4, 0.3, 0.2, 0.1], (8, 1)),
        "macro_labels": np.array(MACROS),
        "macro_shapes": generator.normal(size=(2, 8, 3)),
        "shape_labels": np.array(SHAPE_LABELS),
        "raised": generator.normal(size=(NUM_SHAPES, 8, 3)),
        "lowered": generator.normal(size=(NUM_SHAPES, 8, 3)),
        "action_labels": np.array(["jawOpen", "jawLeft", "cheekPuff", "tongueOut"]),
        "actions": generator.normal(size=(4, 8, 3)),
        "lips": np.zeros(98),
        "cavity": np.zeros(98),
        **{f"quads.{part}": CUBE_QUADS for part in PARTS},
        **{f"joint.{joint}": np.array([index, index + 1]) for index, joint in enumerate(JOINTS)},
    }


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return HeadModel.of(arrays())


def test_shapes_add_up_by_their_values(model: HeadModel) -> None:
    shape = [0.0] * NUM_SHAPES
    rest = model.neutral(Identity(PHENOTYPE, tuple(shape), is_female=False))
    shape[3], shape[5] = 0.5, -0.25
    moved = model.neutral(Identity(PHENOTYPE, tuple(shape), is_female=False))
    np.testing.assert_allclose(moved - rest, 0.5 * model.raised[3] + 0.25 * model.lowered[5], atol=1e-6)


def test_macro_weights_are_shares_of_the_people_around() -> None:
    everyone = [
        f"{ancestry}-{gender}-{age}"
        for ancestry in ANCESTRIES
        for gender in MACRO_VALUES["gender"]
        for age in MACRO_VALUES["age"]
    ]
    weights = dict(zip(everyone, macro_weights(tuple(everyone), PHENOTYPE), strict=True))
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["asian-female-child"] == 0  # 0.7 lies between young and old
    assert weights["asian-male-young"] == pytest.approx(0.3 * 0.7 * 0.9)


def test_actions_add_up_and_unknown_ones_are_refused(model: HeadModel) -> None:
    moved = model.with_actions(CUBE, {"jawOpen": 0.5, "jawLeft": -1.0})
    expected = 0.5 * model.actions["jawOpen"] - model.actions["jawLeft"]
    np.testing.assert_allclose(moved - CUBE, expected, atol=1e-12)
    with pytest.raises(ValueError, match=r"no action 'earWiggle'; known are jawOpen, jawLeft, "):
        model.with_actions(CUBE, {"earWiggle": 1.0})


def test_a_head_does_more_than_arkit_names(model: HeadModel) -> None:
    assert set(model.actions) >= {"cheekSuck", "jawClench", "nostrilCompress", "nostrilDilate"}
    clench = model.actions["jawClench"]
    assert (clench[:, 0] * CUBE[:, 0] >= 0).all()  # outwards on both sides
    assert model.actions["tongueUp"][:, 2].max() == pytest.approx(0.014)
    assert model.actions["tongueLeft"][:, 0].max() == pytest.approx(0.011)
    np.testing.assert_allclose(model.actions["cheekSuck"], -0.62 * model.actions["cheekPuff"])


def test_a_head_that_is_not_turned_stays(model: HeadModel) -> None:
    turn = model.turned(CUBE, rotation())
    np.testing.assert_allclose(turn.head(CUBE), CUBE, atol=1e-12)
    np.testing.assert_allclose(turn.bend(CUBE, model.weights), CUBE, atol=1e-12)


def test_the_head_turns_by_the_whole_angle_and_the_chest_stays(model: HeadModel) -> None:
    whole = rotation(15, -10, 5)
    turn = model.turned(CUBE, whole)
    np.testing.assert_allclose(turn.bones[0].rotation, whole, atol=1e-9)
    head_only = np.tile([1.0, 0, 0, 0], (8, 1))
    np.testing.assert_allclose(turn.bend(CUBE, head_only), turn.head(CUBE), atol=1e-12)
    np.testing.assert_allclose(turn.bend(CUBE, np.zeros((8, 4))), CUBE, atol=1e-12)


def test_the_lowest_vertebra_turns_about_its_joint(model: HeadModel) -> None:
    neck = model.joint(CUBE, "neck")
    lowest = model.turned(CUBE, rotation(20)).bones[1]
    np.testing.assert_allclose(lowest(neck), neck, atol=1e-12)


def test_head_data_of_other_shapes_are_refused() -> None:
    other = arrays() | {"shape_labels": np.array(SHAPE_LABELS[::-1])}
    with pytest.raises(ValueError, match="hold other shapes"):
        HeadModel.of(other)
