"""A hand on a face: no step, whatever is told when; the same at any frame rate; and let go of in time."""

from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.score.hand import (
    FOLLOW_S,
    PARTS,
    RELEASE_AFTER_NS,
    RELEASE_NS,
    TAKE_NS,
    TRACE,
    Hand,
    Held,
    with_hand,
)
from installation.score.motion import RIVALS
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS

S = 1_000_000_000
MS = 1_000_000
DAY_90 = 90 * 24 * 3600 * S
OVER_NS = RELEASE_AFTER_NS + RELEASE_NS

messages = st.lists(
    st.tuples(
        st.integers(0, 8 * S),
        st.sampled_from(["AU12", "AU24", "AU25", "yaw"]),
        st.one_of(st.none(), st.floats(0, 1)),
    ),
    max_size=40,
).map(lambda told: sorted(told, key=lambda each: each[0]))


def played(told, instants, since=0):
    """What is held at the instants, of a hand that is told so."""
    hand, waiting, held = Hand(), list(told), []
    for t_ns in instants:
        while waiting and waiting[0][0] <= t_ns:
            at_ns, part, value = waiting.pop(0)
            hand.move(part, value, since + at_ns)
        held.append(dict(hand.at(since + t_ns)))
    return held


@given(told=messages)
@settings(max_examples=40, deadline=None)
def test_neither_share_nor_what_is_held_ever_steps(told):
    """Per millisecond a share moves no more than the steepest smoothstep, and so does what it makes of 0."""
    track = played(told, range(0, 14 * S, MS))
    assert track[-1] == {}
    for part in ("AU12", "AU24", "AU25", "yaw"):
        shares = [held[part].share if part in held else 0.0 for held in track]
        assert all(0 <= share <= 1 for share in shares)
        assert max(abs(b - a) for a, b in pairwise(shares)) <= 1.5 * MS / TAKE_NS + 1e-9
        shown = [held[part].share * held[part].value if part in held else 0.0 for held in track]
        assert all(-1e-9 <= value <= 1 + 1e-9 for value in shown)
        fastest = 1.5 * MS / TAKE_NS + MS / S / FOLLOW_S
        assert max(abs(b - a) for a, b in pairwise(shown)) <= fastest


@given(told=messages, step_ms=st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_it_is_where_it_is_at_any_frame_rate_and_on_any_day(told, step_ms):
    instants = [step_ms * k * MS for k in range(200)]
    coarse = played([(-(-t // (50 * MS)) * 50 * MS, part, value) for t, part, value in told], instants)
    fine_instants = sorted({*instants, *range(0, instants[-1], 50 * MS)})
    fine = dict(
        zip(
            fine_instants,
            played([(-(-t // (50 * MS)) * 50 * MS, part, value) for t, part, value in told], fine_instants),
            strict=True,
        )
    )
    later = played(
        [(-(-t // (50 * MS)) * 50 * MS, part, value) for t, part, value in told], fine_instants, DAY_90
    )
    assert later == list(fine.values())
    if 50 % step_ms == 0:  # then frames fall upon the messages
        assert coarse == [fine[t_ns] for t_ns in instants]


def test_a_part_is_taken_followed_and_let_go_of():
    hand = Hand()
    hand.move("AU12", 0.6, S)
    assert hand.at(S) == {"AU12": Held(0.0, 0.6)}
    assert hand.at(S + TAKE_NS // 4)["AU12"] == Held(0.15625, 0.6)  # a smoothstep
    assert hand.at(S + TAKE_NS // 2)["AU12"] == Held(0.5, 0.6)
    assert hand.at(S + TAKE_NS)["AU12"] == Held(1.0, 0.6)
    hand.move("AU12", 0.2, 2 * S)
    assert hand.at(2 * S)["AU12"].value == 0.6
    assert hand.at(2 * S + 100 * MS)["AU12"].value == pytest.approx(0.4, abs=0.01)
    assert hand.at(3 * S)["AU12"].value == pytest.approx(0.2, abs=1e-5)
    assert hand.wanted(3 * S) == {"AU12": 0.2}
    last_ns = 2 * S + RELEASE_AFTER_NS
    assert hand.at(last_ns)["AU12"].share == 1
    assert hand.wanted(last_ns) == {}
    assert hand.at(last_ns + RELEASE_NS // 2)["AU12"].share == 0.5
    assert not hand.is_empty
    assert hand.at(last_ns + RELEASE_NS + 1) == {}
    assert hand.is_empty


def test_none_lets_go_at_once():
    hand = Hand()
    hand.move("yaw", 5.0, 0)
    hand.move("yaw", None, 2 * S)
    assert hand.at(2 * S)["yaw"].share == 1
    assert hand.at(2 * S + RELEASE_NS // 2)["yaw"].share == 0.5
    hand.move("yaw", None, 2 * S + RELEASE_NS // 2)  # it goes on going
    assert hand.at(2 * S + RELEASE_NS + 1) == {}
    hand.move("pitch", None, 0)
    assert hand.is_empty


def test_what_is_let_go_of_on_its_way_comes_no_nearer():
    hand = Hand()
    hand.move("AU12", 1.0, 0)
    hand.move("AU12", None, TAKE_NS // 2)
    shares = [hand.at(TAKE_NS // 2 + k * RELEASE_NS // 20)["AU12"].share for k in range(10)]
    assert shares[0] == 0.5 and shares == sorted(shares, reverse=True)
    assert hand.at(TAKE_NS // 2 + RELEASE_NS // 2 + 1) == {}


def test_thirty_messages_a_second_give_a_smooth_way():
    """A slider drawn evenly: the value goes as evenly, a time constant or two behind it."""
    hand, values = Hand(), []
    for k in range(60):
        hand.move("AU12", k / 60, k * S // 30)
        values += [hand.at(k * S // 30 + part * S // 120)["AU12"].value for part in range(4)]
    speeds = [(b - a) * 120 for a, b in pairwise(values[60:])]
    assert min(speeds) > 0.45 and max(speeds) < 0.55  # half an intensity a second
    lag = (59 / 60 - values[-4]) / 0.5
    assert FOLLOW_S < lag < 3 * FOLLOW_S


def test_a_sender_that_comes_back_finds_the_part_where_it_is():
    hand = Hand()
    hand.move("AU12", 1.0, 0)
    before = hand.at(OVER_NS - RELEASE_NS // 2)["AU12"]
    hand.move("AU12", 0.0, OVER_NS - RELEASE_NS // 2)
    assert hand.at(OVER_NS - RELEASE_NS // 2)["AU12"] == before
    assert hand.at(OVER_NS + S)["AU12"].share == 1


@given(part=st.text(max_size=6), value=st.one_of(st.none(), st.floats()))
def test_what_is_no_part_or_no_number_is_nothing(part, value):
    hand = Hand()
    hand.move(part, value, 0)
    assert hand.is_empty or (part in PARTS and value is not None)
    for number in (nan, inf, -inf):
        hand.move("AU12", number, 0)
        hand.move("yaw", number, 0)
    assert set(hand.at(0)) <= {part}


@given(told=st.lists(st.tuples(st.sampled_from(sorted(PARTS)), st.floats(-500, 500)), max_size=200))
def test_memory_is_bounded_and_intensities_are_kept(told):
    hand = Hand()
    for k, (part, value) in enumerate(told):
        hand.move(part, value, k * MS)
    held = hand.at(len(told) * MS)
    assert len(held) <= len(PARTS) == NUM_AUS + len(CONTROLS)
    assert all(-1e-9 <= each.value <= 1 + 1e-9 for part, each in held.items() if part not in CONTROLS)


# --- on a face ----------------------------------------------------------------------------------------------

intensities = st.floats(0, 1)
faces = st.lists(intensities, min_size=NUM_AUS, max_size=NUM_AUS).map(tuple)
hands = st.dictionaries(st.integers(0, NUM_AUS - 1), st.builds(Held, intensities, intensities), max_size=8)


@given(aus=faces, held=hands)
def test_a_hand_leaves_intensities_and_moves_what_it_holds_alone(aus, held):
    moved = with_hand(aus, held)
    assert all(-1e-12 <= value <= 1 + 1e-12 for value in moved)
    for unit in range(NUM_AUS):
        if unit not in held and not any(rival in held for rival in RIVALS[unit]):
            assert moved[unit] == aus[unit]
    assert with_hand(aus, {}) == aus


@given(aus=faces, held=hands, unit=st.integers(0, NUM_AUS - 1), value=st.floats(TRACE, 1))
def test_a_unit_that_is_held_takes_the_place_of_its_rivals(aus, held, unit, value):
    rivals = RIVALS[unit]
    alone = {other: each for other, each in held.items() if other not in rivals} | {unit: Held(1.0, value)}
    moved = with_hand(aus, alone)
    assert all(moved[rival] == 0 for rival in rivals)
    if not any(other in alone for other in rivals):
        assert moved[unit] == value


@given(one=st.floats(TRACE, 1), other=st.floats(TRACE, 1))
def test_of_two_rivals_that_are_held_the_stronger_one_stays(one, other):
    lips, mouth = AU_INDEX[24], AU_INDEX[25]
    moved = with_hand((0.0,) * NUM_AUS, {lips: Held(1.0, one), mouth: Held(1.0, other)})
    assert moved[lips] / one + moved[mouth] / other == pytest.approx(1)
    if abs(one - other) >= TRACE:
        assert min(moved[lips], moved[mouth]) == pytest.approx(0, abs=1e-9)
        assert max(moved[lips], moved[mouth]) == pytest.approx(max(one, other))


@given(aus=faces, held=hands, unit=st.integers(0, NUM_AUS - 1), share=intensities, value=intensities)
def test_what_is_hardly_held_hardly_changes_a_face(aus, held, unit, share, value):
    """So that nothing steps as a hand takes a part, or lets go of it."""
    before = with_hand(aus, {other: each for other, each in held.items() if other != unit})
    after = with_hand(aus, held | {unit: Held(share * 1e-6, value)})
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 1e-4
