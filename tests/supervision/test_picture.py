"""What is on the wall while the worker draws, while there is none, and on the way from one to the other."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from installation.ports import NANOSECONDS, Frame
from installation.supervision.picture import AWAY_NS, DIM_NS, DIMMED, RETURN_NS, Picture

S = NANOSECONDS
PERIOD = S // 30
VISITOR = 255


def frame(level: int, side: int = 4, *, is_private: bool = False, is_dark: bool = False) -> Frame:
    return Frame(np.full((side, side, 3), level, np.uint8), 0, is_private, is_dark)


def level(shown: Frame | None) -> float:
    assert shown is not None
    assert (shown.image == shown.image[0, 0, 0]).all()
    return float(shown.image[0, 0, 0])


def test_before_the_first_frame_it_is_dark():
    shown = Picture().next(None, 0, is_open=True)
    assert shown is not None and shown.is_dark


def test_frames_are_shown_as_they_are_with_the_time_of_their_being_shown():
    picture = Picture()
    shown = picture.next(frame(200), 7 * S, is_open=True)
    assert level(shown) == 200
    assert shown is not None and shown.t_ns == 7 * S
    assert picture.next(None, 7 * S + PERIOD, is_open=True) is None  # nothing new


def played(picture: Picture, num: int, value: int = 200) -> int:
    """→ the time of the last of so many frames."""
    for k in range(num):
        picture.next(frame(value), k * PERIOD, is_open=True)
    return (num - 1) * PERIOD


def test_without_frames_the_last_one_is_dimmed_gently_and_comes_back_without_a_step():
    picture = Picture()
    last_ns = played(picture, 30)
    seen = [200.0]
    away_ns = last_ns + AWAY_NS
    for now_ns in range(away_ns, away_ns + 2 * DIM_NS, PERIOD):
        seen += [level(picture.next(None, now_ns, is_open=True))]
    assert abs(seen[-1] - 200 * DIMMED) <= 1
    assert max(abs(a - b) for a, b in pairwise(seen)) <= 4
    back, start_ns = [seen[-1]], last_ns + 10 * S
    for k in range(RETURN_NS // PERIOD + 2):
        back += [level(picture.next(frame(200, side=8), start_ns + k * PERIOD, is_open=True))]
    assert back[-1] == 200
    assert max(abs(a - b) for a, b in pairwise(back)) <= 8


def test_a_worker_that_is_dead_is_not_waited_for():
    picture = Picture()
    last_ns = played(picture, 3)
    picture.lose()
    assert level(picture.next(None, last_ns + PERIOD, is_open=True)) == 200


def test_a_visitor_is_not_kept():
    picture = Picture()
    last_ns = played(picture, 3)
    assert level(picture.next(frame(VISITOR, is_private=True), last_ns + PERIOD, is_open=True)) == VISITOR
    picture.lose()
    shown = picture.next(None, last_ns + 2 * PERIOD, is_open=True)
    assert level(shown) == 200
    assert shown is not None and not shown.is_private


def test_closed_doors_are_dark_whoever_is_away_and_opening_brings_the_still():
    picture = Picture()
    last_ns = played(picture, 3)
    picture.lose()
    shut = picture.next(None, last_ns + S, is_open=False)
    assert shut is not None and shut.is_dark
    opened = picture.next(None, last_ns + 2 * S, is_open=True)
    assert opened is not None and not opened.is_dark
    assert level(opened) >= 200 * DIMMED - 1


def test_a_blackout_outlives_the_worker():
    picture = Picture()
    last_ns = played(picture, 3)
    picture.next(frame(0, is_dark=True), last_ns + PERIOD, is_open=True)
    picture.lose()
    shown = picture.next(None, last_ns + S, is_open=True)
    assert shown is not None and shown.is_dark


EVENTS = st.sampled_from(["resident", "visitor", "dark", "nothing", "dies", "waits", "closes", "opens"])


@given(st.lists(EVENTS, max_size=60))
def test_whatever_happens_no_visitor_is_seen_without_a_worker_that_draws_them(events):
    """Nor is an open wall black, once there was a picture and nobody wanted it dark."""
    picture, now_ns, is_open, is_drawn, is_lit = Picture(), 0, True, False, False
    for event in events:
        now_ns += S if event == "waits" else PERIOD
        is_open = event == "opens" or (is_open and event != "closes")
        if event == "dies":
            picture.lose()
        newest = {
            "resident": frame(200),
            "visitor": frame(VISITOR, is_private=True),
            "dark": frame(0, is_dark=True),
        }.get(event)
        shown = picture.next(newest, now_ns, is_open=is_open)
        is_drawn = event == "visitor"
        if event in ("resident", "dark"):
            is_lit = event == "resident"
        if shown is None:
            continue
        assert shown.is_private == is_drawn
        if not is_drawn and shown.image.size:
            assert shown.image.max() <= 200
        if is_lit and is_open and event not in ("visitor", "closes"):
            assert not shown.is_dark
            assert shown.image.min() >= 200 * DIMMED - 1
