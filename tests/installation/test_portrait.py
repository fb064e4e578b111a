"""The portrait: straight lines from face to face, whatever interrupts them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from installation.portrait import Portrait, Pose, Transition, anchor_at, delta, expressed
from installation.score.phrase import Phrase
from installation.score.transition import EASES
from models.action_units import NUM_AUS
from models.controls import CONTROL_SPANS, CONTROLS, NUM_CONTROLS
from tests.installation.fakes import NEUTRAL, NUM_WS, UNMOVED, FakeTargetModel, anchor
from tests.models.tiny import tiny_model

S = 1_000_000_000
PHRASE = Phrase(0, "mood", "gesture", (0.0,) * NUM_AUS, 0, S, 2 * S, "minimum_jerk", is_chained=False)

AUs = tuple[float, ...]
aus_vectors = st.lists(st.floats(0, 1), min_size=NUM_AUS, max_size=NUM_AUS).map(tuple)


def portrait_at(aus: tuple[float, ...], *, is_chained: bool = False) -> Portrait:
    """A portrait that has reached `aus` at 1 s."""
    portrait = Portrait(FakeTargetModel(), anchor())
    portrait.begin(replace(PHRASE, target=aus, is_chained=is_chained))
    return portrait


@given(source=aus_vectors, target=aus_vectors, ease=st.sampled_from(sorted(EASES)), share=st.floats(0, 1))
def test_every_transition_is_the_straight_segment_from_gesture_to_gesture(source, target, ease, share):
    portrait = portrait_at(source)
    portrait.begin(replace(PHRASE, target=target, start_ns=2 * S, ease=ease))
    start, end = portrait.at(2 * S), portrait.at(3 * S)
    pose = portrait.at(2 * S + round(share * S))
    direction, path = np.subtract(end.aus, start.aus), np.subtract(pose.aus, start.aus)
    length = float(direction @ direction)
    a = float(path @ direction) / length if length else 0.0
    np.testing.assert_allclose(path, a * direction, atol=1e-9)  # on the line, so never by way of neutral
    assert -1e-9 <= a <= 1 + 1e-9
    np.testing.assert_allclose(pose.ws, start.ws + (end.ws - start.ws) * a, atol=2e-3)
    assert start.aus == source
    assert end.aus == target


@given(source=aus_vectors, target=aus_vectors, share=st.floats(0, 1))
def test_a_unit_that_both_gestures_show_never_weakens_below_the_weaker(source, target, share):
    portrait = portrait_at(source)
    portrait.begin(replace(PHRASE, target=target, start_ns=2 * S))
    on_the_way = portrait.at(2 * S + round(share * S)).aus
    assert all(a >= min(s, t) - 1e-12 for a, s, t in zip(on_the_way, source, target, strict=True))


def test_an_interrupted_transition_starts_from_where_it_is():
    smile, frown = (1.0,) + (0.0,) * 42, (0.0,) * 42 + (1.0,)
    portrait = portrait_at(smile)
    before = portrait.at(S // 2)
    portrait.begin(replace(PHRASE, target=frown, start_ns=S // 2))
    after = portrait.at(S // 2)
    assert after.aus == before.aus
    assert np.array_equal(after.ws, before.ws)
    assert 0 < before.aus[0] < 1


def test_targets_are_computed_from_the_anchor():
    portrait = portrait_at((1.0,) * NUM_AUS)
    portrait.begin(replace(PHRASE, start_ns=2 * S))
    assert portrait.model.asked[-1] == delta(anchor().aus, PHRASE.target)
    assert np.array_equal(portrait.at(9 * S).ws, anchor().ws)


def test_chained_targets_are_computed_from_the_latest_pose():
    on, off = (1.0,) * NUM_AUS, (0.0,) * NUM_AUS
    portrait = portrait_at(on, is_chained=True)
    portrait.begin(replace(PHRASE, target=off, start_ns=2 * S, is_chained=True))
    assert portrait.model.asked[-1] == (-1.0,) * NUM_AUS
    portrait.begin(replace(PHRASE, target=on, start_ns=2 * S + S // 2, is_chained=True))
    assert all(0 < u < 1 for u in portrait.model.asked[-1])  # interrupted part-way: a fractional u


# --- controls -----------------------------------------------------------------------------------------------


def test_controls_are_read_from_the_latent_and_changed_from_there():
    model, start = FakeTargetModel(), anchor()
    assert start.controls == model.read_controls(start.ws)
    wanted = tuple(range(NUM_CONTROLS))
    pose = expressed(model, start, (0.5,) * NUM_AUS, wanted)
    assert pose.controls == wanted
    assert model.asked[-1] == (0.5,) * NUM_AUS
    assert model.controls_asked[-1] == delta(start.controls, wanted)
    assert expressed(model, pose, NEUTRAL).controls == wanted
    assert model.controls_asked[-1] == UNMOVED


def test_a_transition_blends_controls_as_it_does_units():
    wanted = tuple(span.highest for span in CONTROL_SPANS.values())
    source = anchor()
    target = expressed(FakeTargetModel(), source, (1.0,) * NUM_AUS, wanted)
    transition = Transition(source, target, 0, S, "linear")
    assert (transition.at(0).controls, transition.at(S).controls) == (source.controls, wanted)
    halfway = transition.at(S // 2)
    np.testing.assert_allclose(halfway.controls, np.add(source.controls, wanted) / 2)
    assert halfway.aus == (0.5,) * NUM_AUS


@pytest.mark.parametrize("is_chained", [False, True])
def test_a_score_leaves_controls_where_the_person_has_them(is_chained):
    portrait = portrait_at((0.5,) * NUM_AUS, is_chained=is_chained)
    portrait.begin(replace(PHRASE, target=(1.0,) * NUM_AUS, start_ns=2 * S, is_chained=is_chained))
    assert portrait.at(9 * S).controls == anchor().controls
    assert set(portrait.model.controls_asked) == {UNMOVED}


# --- drift --------------------------------------------------------------------------------------------------


def person(model) -> Pose:
    """Somebody who was seen smiling a little."""
    ws = np.random.default_rng(2).standard_normal((NUM_WS, 16)).astype(np.float32)
    return anchor_at(model, ws, (0.25,) * NUM_AUS)


def ends(
    portrait: Portrait, targets: Sequence[AUs], num_gestures: int, *, is_chained: bool
) -> list[set[bytes]]:
    """Play so many gestures, half of them cut short; → for each target, every latent that it ended in."""
    dice, ended, start_ns = np.random.default_rng(3), [set() for _ in targets], 0
    for chosen in dice.integers(len(targets), size=num_gestures):
        portrait.begin(replace(PHRASE, target=targets[chosen], start_ns=start_ns, is_chained=is_chained))
        ended[chosen].add(portrait.at(start_ns + S).ws.tobytes())
        start_ns += int(dice.integers(2 * S))
    return ended


def test_after_ten_thousand_gestures_each_still_ends_in_the_same_bytes():
    torch.manual_seed(0)
    model = tiny_model("residual", NUM_WS, 16)
    dice = np.random.default_rng(4)
    targets = [person(model).aus, NEUTRAL, *(tuple(aus) for aus in dice.random((10, NUM_AUS)).tolist())]
    ended = ends(Portrait(model, person(model)), targets, 10_000, is_chained=False)
    assert [len(latents) for latents in ended] == [1] * len(targets)
    assert ended[0] == {person(model).ws.tobytes()}
    assert len(set.union(*ended)) == len(targets)


def test_the_published_chain_drifts():
    torch.manual_seed(0)
    model = tiny_model("paper", NUM_WS, 16)
    ended = ends(Portrait(model, person(model)), [NEUTRAL, (1.0,) * NUM_AUS], 50, is_chained=True)
    assert min(map(len, ended)) > 1


@given(seed=st.integers(0, 99), aus=aus_vectors)
def test_nothing_asked_of_the_residual_model_is_the_person_to_the_bit(seed, aus):
    torch.manual_seed(seed)
    model = tiny_model("residual", NUM_WS, 16)
    somebody = anchor_at(model, person(model).ws, aus)
    assert expressed(model, somebody, aus).ws.tobytes() == somebody.ws.tobytes()
    moved = tuple(own + 1 for own in somebody.controls)
    for position in range(len(CONTROLS)):
        one = tuple(moved[i] if i == position else own for i, own in enumerate(somebody.controls))
        assert not np.array_equal(expressed(model, somebody, aus, one).ws, somebody.ws)
