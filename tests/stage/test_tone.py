"""How much light the screen gives, and how it comes and goes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.hanging import Hanging
from installation.stage.tone import LEVELS, PANEL_GAMMA, Fade, tone_of, toned

GAMMAS, SHARES = st.floats(0.5, 2), st.floats(0.2, 1)
SECOND_NS = 1_000_000_000


def test_what_is_not_said_costs_nothing() -> None:
    assert tone_of(Hanging()) is None
    assert toned((1, 2, 3), None) == (1, 2, 3)


@given(gamma=GAMMAS, brightness=SHARES)
def test_darker_stays_darker_and_black_black(gamma: float, brightness: float) -> None:
    tone = tone_of(Hanging(gamma=gamma, brightness=brightness))
    if tone is None:
        assert gamma == brightness == 1
        return
    assert tone.shape == (LEVELS,) and tone.dtype == np.uint8
    assert tone[0] == 0
    assert (np.diff(tone.astype(int)) >= 0).all()


@given(gamma=GAMMAS)
def test_gamma_leaves_white_white_and_moves_the_middle(gamma: float) -> None:
    tone = tone_of(Hanging(gamma=gamma, brightness=1))
    if tone is not None:
        assert tone[255] == 255
        assert (tone[128] < 128) == (round(255 * (128 / 255) ** gamma) < 128)


@given(brightness=SHARES)
def test_half_the_brightness_is_half_the_light(brightness: float) -> None:
    white = toned((255, 255, 255), tone_of(Hanging(brightness=brightness)))[0]
    assert (white / 255) ** PANEL_GAMMA == pytest.approx(brightness, abs=0.01)


def test_a_fade_takes_its_time_and_may_turn_round() -> None:
    fade = Fade(2 * SECOND_NS)
    assert fade.light(0) == fade.light(SECOND_NS) == 0
    up = fade.towards(SECOND_NS, is_lit=True)
    assert [up.light(SECOND_NS * k // 2) for k in (2, 4, 6, 9)] == [0, 0.5, 1, 1]
    assert up.towards(2 * SECOND_NS, is_lit=True) is up
    down = up.towards(2 * SECOND_NS, is_lit=False)  # from where it stood
    assert [down.light(SECOND_NS * k) for k in (2, 3, 4, 5)] == [0.5, 0.25, 0, 0]


@given(st.lists(st.tuples(st.integers(0, 10**8), st.booleans()), max_size=60))
def test_no_light_jumps(steps: list[tuple[int, bool]]) -> None:
    fade, t_ns, before = Fade(2 * SECOND_NS), 0, 0.0
    for passed_ns, is_lit in steps:
        t_ns += passed_ns
        light = fade.light(t_ns)
        assert 0 <= light <= 1
        assert abs(light - before) <= 1.5 * passed_ns / (2 * SECOND_NS) + 1e-9
        fade, before = fade.towards(t_ns, is_lit=is_lit), light


def test_a_fade_of_no_time_is_a_cut() -> None:
    fade = Fade(0).towards(5, is_lit=True)
    assert fade.light(5) == 1
    assert fade.towards(5, is_lit=False).light(5) == 0
