"""The portrait: straight lines from face to face, whatever interrupts them."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from installation.portrait import Portrait, delta
from installation.score.phrase import Phrase
from installation.score.transition import EASES
from models.action_units import NUM_AUS
from tests.installation.fakes import FakeTargetModel, anchor

S = 1_000_000_000
PHRASE = Phrase(0, "mood", "gesture", (0.0,) * NUM_AUS, 0, S, 2 * S, "minimum_jerk", is_chained=False)

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
