"""The portrait: straight lines from face to face, whatever interrupts them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from installation.portrait import Portrait, Pose, anchor_at, delta, expressed
from installation.score.life import Movement
from installation.score.motion import NUM_PARTS
from installation.score.phrase import Phrase
from installation.score.transition import EASES
from models.action_units import ACTION_UNITS, NUM_AUS
from models.controls import CONTROL_SPANS, CONTROLS, NUM_CONTROLS
from tests.installation.fakes import NEUTRAL, NUM_WS, UNMOVED, FakeTargetModel, anchor
from tests.models.tiny import tiny_model

S = 1_000_000_000
LAGS = (0.5,) * NUM_PARTS
PHRASE = Phrase(0, "mood", "gesture", (0.0,) * NUM_AUS, 0, S, 2 * S, "minimum_jerk", "linear", 2 * S, LAGS)
MOTIONS = ["linear", "expressive", "chained"]

AUs = tuple[float, ...]
aus_vectors = st.lists(st.floats(0, 1), min_size=NUM_AUS, max_size=NUM_AUS).map(tuple)


def portrait_of(model, *people: Pose, learned: Collection[str] = CONTROLS) -> Portrait:
    """A portrait of the first of these people, numbered from 0."""
    return Portrait(model, dict(enumerate(people)), 0, learned)


def portrait_at(aus: AUs, motion: str = "linear") -> Portrait:
    """A portrait that has reached `aus` at 1 s."""
    portrait = portrait_of(FakeTargetModel(), anchor(), other())
    portrait.begin(replace(PHRASE, target=aus, motion=motion))
    return portrait


def other() -> Pose:
    """Somebody else, who was seen frowning."""
    ws = np.random.default_rng(5).standard_normal((NUM_WS, 512)).astype(np.float32)
    return anchor_at(FakeTargetModel(), ws, (0.0, 0.0, 0.5, *NEUTRAL[3:]))


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
    portrait = portrait_at(on, "chained")
    portrait.begin(replace(PHRASE, target=off, start_ns=2 * S, motion="chained"))
    assert portrait.model.asked[-1] == (-1.0,) * NUM_AUS
    portrait.begin(replace(PHRASE, target=on, start_ns=2 * S + S // 2, motion="chained"))
    assert all(0 < u < 1 for u in portrait.model.asked[-1])  # interrupted part-way: a fractional u


@given(source=aus_vectors, target=aus_vectors, share=st.floats(0, 1))
def test_expressive_shows_the_face_of_the_units_on_their_way(source, target, share):
    portrait = portrait_at(source, "expressive")
    portrait.begin(replace(PHRASE, target=target, start_ns=3 * S, motion="expressive"))
    pose = portrait.at(3 * S + round(share * 3 * S))
    home = anchor()
    np.testing.assert_allclose(pose.ws, expressed(portrait.model, home, pose.aus).ws, atol=1e-5)
    assert portrait.at(6 * S).aus == target


@pytest.mark.parametrize("first", MOTIONS)
@pytest.mark.parametrize("second", MOTIONS)
def test_no_motion_jumps_where_another_takes_over(first, second):
    """Even a nonlinear A, interrupted part-way and taken up by another motion, moves by small steps alone."""
    torch.manual_seed(0)
    model = tiny_model("residual", NUM_WS, 16)
    portrait = portrait_of(model, person(model))
    portrait.begin(replace(PHRASE, target=(1.0,) * NUM_AUS, motion=first))
    before = portrait.at(S // 2 - 1)
    portrait.begin(replace(PHRASE, target=(0.0, 0.5) + (0.0,) * 41, start_ns=S // 2, motion=second))
    after = portrait.at(S // 2)
    np.testing.assert_allclose(after.ws, before.ws, atol=1e-5)
    steps = [portrait.at(S // 2 + k * S // 60).ws for k in range(120)]
    way = sum(float(np.abs(b - a).max()) for a, b in pairwise(steps))
    assert max(float(np.abs(b - a).max()) for a, b in pairwise(steps)) < way / 10


# --- people -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("motion", MOTIONS)
def test_one_person_turns_into_another_slowly_and_wholly(motion):
    portrait = portrait_at((0.5,) * NUM_AUS, motion)
    portrait.become(1, S // 2, 10 * S)
    portrait.begin(replace(PHRASE, target=(0.25,) * NUM_AUS, start_ns=3 * S, motion=motion))
    track = [portrait.at(k * S // 30).ws for k in range(30 * 12)]
    steps = [float(np.abs(b - a).max()) for a, b in pairwise(track)]
    assert 0 < max(steps) < 12 / 30
    portrait.begin(replace(PHRASE, target=(0.75,) * NUM_AUS, start_ns=12 * S, motion=motion))
    if motion != "chained":
        whole = expressed(portrait.model, other(), (0.75,) * NUM_AUS).ws
        np.testing.assert_allclose(portrait.at(20 * S).ws, whole, atol=1e-5)


def test_a_change_of_person_that_is_interrupted_goes_on_from_where_it_is():
    portrait = portrait_at(NEUTRAL)
    portrait.become(1, S, 10 * S)
    before = portrait.at(6 * S)
    portrait.become(0, 6 * S, 10 * S)
    np.testing.assert_allclose(portrait.at(6 * S).ws, before.ws, atol=1e-6)
    np.testing.assert_allclose(portrait.at(16 * S).ws, anchor().ws, atol=1e-5)


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


@pytest.mark.parametrize("motion", ["linear", "expressive"])
def test_a_gesture_moves_the_controls_that_it_names_and_the_next_one_lets_them_go(motion):
    portrait, home = portrait_at(NEUTRAL), anchor()
    turn_deg = portrait.begin(
        replace(PHRASE, start_ns=2 * S, motion=motion, controls={"gaze_x": 8.0, "gaze_y": 0.0, "age": 70.0})
    )
    shown = dict(zip(CONTROLS, portrait.at(4 * S).controls, strict=True))
    own = dict(zip(CONTROLS, home.controls, strict=True))
    aside = 8 - 0.8 * own["yaw"]  # of the viewer, against a head that is turned
    assert shown == pytest.approx(own | {"gaze_x": aside, "gaze_y": 0.0, "age": 70.0})
    assert turn_deg == pytest.approx(np.hypot(aside - own["gaze_x"], own["gaze_y"]))
    portrait.begin(replace(PHRASE, start_ns=5 * S, motion=motion))
    np.testing.assert_allclose(portrait.at(9 * S).ws, home.ws, atol=1e-4)
    assert portrait.at(9 * S).controls == pytest.approx(home.controls)


def test_what_is_beyond_reach_or_not_learned_is_left_out():
    portrait, home = portrait_of(FakeTargetModel(), anchor(), learned=["yaw"]), anchor()
    portrait.begin(replace(PHRASE, controls={"yaw": 90.0, "age": 70.0}, drifts={"pitch": 5.0}))
    shown = dict(zip(CONTROLS, portrait.at(2 * S).controls, strict=True))
    own = dict(zip(CONTROLS, home.controls, strict=True))
    assert shown == pytest.approx(own | {"yaw": CONTROL_SPANS["yaw"].highest})


def test_arcs_move_the_persons_own_controls_and_not_what_a_gesture_names():
    somebody = replace(anchor(), controls=(0.0, 0.0, 0.0, 0.0, 30.0, 0.0, 20.0))
    portrait = portrait_of(FakeTargetModel(), somebody)
    portrait.begin(replace(PHRASE, controls={"yaw": 5.0}, drifts={"age": 20.0, "yaw": 3.0}))
    shown = dict(zip(CONTROLS, portrait.at(2 * S).controls, strict=True))
    assert (shown["age"], shown["yaw"]) == (50.0, 5.0)
    portrait.begin(replace(PHRASE, start_ns=5 * S, drifts={"age": 200.0}))
    assert portrait.at(9 * S).controls[CONTROLS.index("age")] == CONTROL_SPANS["age"].highest


@pytest.mark.parametrize("motion", MOTIONS)
def test_a_gesture_without_controls_leaves_them_where_the_person_has_them(motion):
    portrait = portrait_at((0.5,) * NUM_AUS, motion)
    portrait.begin(replace(PHRASE, target=(1.0,) * NUM_AUS, start_ns=2 * S, motion=motion))
    assert portrait.at(9 * S).controls == anchor().controls
    assert set(portrait.model.controls_asked) == {UNMOVED}


# --- the small life -----------------------------------------------------------------------------------------


def movement(**controls: float) -> Movement:
    """A blink, with changes of controls."""
    aus = tuple(1.0 if unit == 45 else 0.0 for unit in ACTION_UNITS)
    return Movement(aus, tuple(controls.get(name, 0.0) for name in CONTROLS))


def test_the_small_life_is_laid_over_the_gesture():
    portrait = portrait_at((0.0,) * 10 + (0.25,) * 3 + (0.0,) * 30)  # nothing that lids mind
    pose = portrait.at(2 * S)
    alive = portrait.alive(pose, movement(gaze_x=3.0), 2 * S)
    added = portrait.model.predict(anchor().ws, movement().aus, movement(gaze_x=3.0).controls) - anchor().ws
    np.testing.assert_allclose(alive.ws - pose.ws, added, atol=1e-5)
    assert (alive.aus, alive.controls) == (pose.aus, pose.controls)


def test_lids_that_a_gesture_has_closed_are_not_closed_again():
    closed = tuple(1.0 if unit == 43 else 0.0 for unit in ACTION_UNITS)
    portrait = portrait_at(closed)
    pose = portrait.at(2 * S)
    np.testing.assert_array_equal(portrait.alive(pose, movement(), 2 * S).ws, pose.ws)


def test_life_leaves_out_what_the_weights_have_not_learned():
    portrait = portrait_of(FakeTargetModel(), anchor(), learned=["pitch"])
    pose = portrait.at(0)
    with_gaze, without = (portrait.alive(pose, movement(gaze_x=x), 0).ws for x in (3.0, 0.0))
    np.testing.assert_array_equal(with_gaze, without)


# --- drift --------------------------------------------------------------------------------------------------


def person(model) -> Pose:
    """Somebody who was seen smiling a little."""
    ws = np.random.default_rng(2).standard_normal((NUM_WS, 16)).astype(np.float32)
    return anchor_at(model, ws, (0.25,) * NUM_AUS)


def ends(portrait: Portrait, targets: Sequence[AUs], num_gestures: int, motion: str) -> list[set[bytes]]:
    """Play so many gestures, half of them cut short; → for each target, every latent that it ended in."""
    dice, ended, start_ns = np.random.default_rng(3), [set() for _ in targets], 0
    for chosen in dice.integers(len(targets), size=num_gestures):
        portrait.begin(replace(PHRASE, target=targets[chosen], start_ns=start_ns, motion=motion))
        ended[chosen].add(portrait.at(start_ns + 3 * S).ws.tobytes())
        start_ns += int(dice.integers(2 * S))
    return ended


@pytest.mark.parametrize("motion", ["linear", "expressive"])
def test_after_ten_thousand_gestures_each_still_ends_in_the_same_bytes(motion):
    torch.manual_seed(0)
    model = tiny_model("residual", NUM_WS, 16)
    dice = np.random.default_rng(4)
    targets = [person(model).aus, NEUTRAL, *(tuple(aus) for aus in dice.random((10, NUM_AUS)).tolist())]
    ended = ends(portrait_of(model, person(model)), targets, 10_000, motion)
    assert [len(latents) for latents in ended] == [1] * len(targets)
    assert ended[0] == {person(model).ws.tobytes()}
    assert len(set.union(*ended)) == len(targets)


def test_the_published_chain_drifts():
    torch.manual_seed(0)
    model = tiny_model("paper", NUM_WS, 16)
    ended = ends(portrait_of(model, person(model)), [NEUTRAL, (1.0,) * NUM_AUS], 50, "chained")
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
