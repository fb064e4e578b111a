"""Who is who from look to look, without a picture."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.sight.tracks import GONE_NS, LOST_NS, NUM_CONFIRMING, Place, Tracks

MS = 1_000_000
LOOK_NS = 83 * MS
HERE = Place(300.0, 200.0, 120.0)
THERE = Place(800.0, 220.0, 120.0)


def watched(looks: list[list[Place]], step_ns: int = LOOK_NS, tracks: Tracks | None = None) -> list[Tracks]:
    """After each look."""
    seen, t_ns = [], 0
    tracks = tracks or Tracks()
    for places in looks:
        tracks = tracks.looked(places, t_ns)
        seen.append(tracks)
        t_ns += step_ns
    return seen


def numbers(tracks: Tracks) -> list[int]:
    return [track.number for track in tracks.visitors]


def test_whoever_stays_keeps_their_number():
    seen = watched([[Place(300 + 3 * math.sin(k), 200, 120 + k % 3)] for k in range(50)])
    assert all(numbers(tracks) == [1] for tracks in seen[NUM_CONFIRMING - 1 :])


def test_what_is_seen_once_is_nobody():
    seen = watched([[HERE], [], [], [THERE], [], []])
    assert all(numbers(tracks) == [] for tracks in seen)


def test_who_walks_across_the_room_stays_the_same():
    """At 1.4 m/s, which is half the height of a face from look to look; and seen four times a second."""
    walk = [[Place(100 + 60 * k, 200 + 5 * k, 120)] for k in range(15)]
    assert numbers(watched(walk)[-1]) == [1]
    assert numbers(watched(walk[::3], 250 * MS)[-1]) == [1]


@pytest.mark.parametrize("num_hidden", range(1, 8))
def test_a_hand_before_the_face_is_no_leaving(num_hidden):
    seen = watched([[HERE]] * 10 + [[]] * num_hidden + [[HERE]])
    assert all(numbers(tracks) == [1] for tracks in seen[NUM_CONFIRMING:])


def test_whoever_comes_back_later_is_somebody_else():
    num_away = LOST_NS // LOOK_NS + 2
    seen = watched([[HERE]] * 10 + [[]] * num_away + [[HERE]] * 3)
    assert numbers(seen[9 + num_away]) == []
    assert numbers(seen[-1]) == [2]


def test_a_late_look_is_no_leaving_but_a_long_pause_is():
    before = watched([[HERE]] * 5)[-1]
    last_ns = 4 * LOOK_NS
    assert numbers(before.looked([HERE], last_ns + LOST_NS + 100 * MS)) == [1]
    after = before.looked([HERE], last_ns + GONE_NS + 1)
    assert [track.number for track in after.tracks] == [2]


def test_two_who_stand_side_by_side_are_not_taken_for_each_other():
    other = Place(430.0, 200.0, 120.0)
    seen = watched([[HERE, other] if k % 2 else [other, HERE] for k in range(20)])
    places = {track.number: track.place.x for track in seen[-1].tracks}
    assert len(places) == 2
    assert all(
        {track.number: track.place.x for track in tracks.tracks} == pytest.approx(places) for tracks in seen
    )


def test_somebody_far_behind_is_not_whoever_stood_before_them():
    seen = watched([[HERE]] * 5 + [[Place(300, 200, 50)]] * 3)
    assert set(numbers(seen[-1])) == {1, 2}


def test_the_largest_comes_first():
    small, large = Place(300, 200, 80), Place(800, 200, 160)
    tracks = watched([[small, large]] * 20)[-1]
    assert [track.place.height for track in tracks.visitors] == pytest.approx([160, 80])


def test_the_first_is_not_swapped_for_a_slightly_larger_one():
    seen = watched([[HERE]] * 20 + [[HERE, Place(800, 220, 140)]] * 40)
    assert all(numbers(tracks)[0] == 1 for tracks in seen[1:])


def test_the_first_gives_way_to_a_much_larger_one():
    seen = watched([[HERE]] * 20 + [[HERE, Place(800, 220, 240)]] * 40)
    assert numbers(seen[-1])[0] == 2


def test_whoever_hurries_past_close_by_does_not_become_the_first():
    passing = [[HERE, Place(-200 + 150 * k, 220, 200)] for k in range(12)]
    seen = watched([[HERE]] * 20 + passing)
    assert len(seen[-1].tracks) == 2
    assert all(numbers(tracks)[0] == 1 for tracks in seen[1:])


def test_hysteresis_two_alike_do_not_take_turns():
    looks = [[Place(300, 200, 120 + 20 * (k % 2)), Place(800, 200, 140 - 20 * (k % 2))] for k in range(60)]
    firsts = [numbers(tracks)[0] for tracks in watched(looks)[5:]]
    assert len(set(firsts)) == 1


def test_a_place_is_smoothed_and_arrives():
    looks = [[HERE]] * 10 + [[Place(HERE.x + 40, HERE.y, HERE.height)]] * 12
    xs = [tracks.tracks[0].place.x for tracks in watched(looks)]
    assert HERE.x < xs[10] < HERE.x + 30
    assert xs[-1] == pytest.approx(HERE.x + 40, abs=0.5)
    assert xs[10:] == sorted(xs[10:])


PLACES = st.lists(st.builds(Place, st.floats(0, 1280), st.floats(0, 720), st.floats(40, 600)), max_size=5)


@given(st.lists(st.tuples(PLACES, st.integers(1, 900)), max_size=25))
def test_whatever_is_seen(looks):
    """Every face is one track's; numbers are never given twice; nobody is seen who was lost."""
    tracks, t_ns, gone = Tracks(), 0, set()
    for places, step_ms in looks:
        t_ns += step_ms * MS
        before = {track.number for track in tracks.tracks}
        next_number = tracks.next_number
        tracks = tracks.looked(places, t_ns)
        now = {track.number for track in tracks.tracks}
        assert sorted(track.face for track in tracks.tracks if track.face is not None) == list(
            range(len(places))
        )
        assert len(now) == len(tracks.tracks)
        assert all(number >= next_number for number in now - before)
        assert not now & gone
        gone |= before - now
        assert all(t_ns - track.seen_ns <= GONE_NS for track in tracks.tracks)
        assert all(0 <= track.speed < math.inf and track.place.height > 0 for track in tracks.tracks)
