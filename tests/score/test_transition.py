"""Transitions: exact at both ends, straight in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.score.transition import EASES, alpha, between

ease_names = st.sampled_from(sorted(EASES))
fractions = st.floats(0, 1)


@pytest.mark.parametrize("ease", sorted(EASES))
def test_an_ease_goes_from_0_to_1_without_going_back(ease: str) -> None:
    path = [alpha(ease, elapsed, 1000) for elapsed in range(1001)]
    assert (path[0], path[1000]) == (0.0, 1.0)
    assert path[500] == pytest.approx(0.75 if ease == "decelerate" else 0.5)
    assert path == sorted(path)


@given(ease_names, st.integers(-(10**18), 10**18), st.integers(0, 10**18))
def test_alpha_stays_in_range(ease: str, elapsed_ns: int, onset_ns: int) -> None:
    assert 0.0 <= alpha(ease, elapsed_ns, onset_ns) <= 1.0


@given(ease_names, st.integers(1, 10**18))
def test_alpha_is_exact_at_both_ends(ease: str, onset_ns: int) -> None:
    assert alpha(ease, -1, onset_ns) == alpha(ease, 0, onset_ns) == 0.0
    assert alpha(ease, onset_ns, onset_ns) == alpha(ease, onset_ns + 1, onset_ns) == 1.0


@given(fractions, fractions, fractions)
def test_the_way_between_two_values_is_exact_at_both_ends(start: float, end: float, part: float) -> None:
    assert (between(start, end, 0.0), between(start, end, 1.0)) == (start, end)
    assert min(start, end) <= between(start, end, part) <= max(start, end)
    assert between(start, end, part) == pytest.approx((1 - part) * start + part * end, abs=1e-12)
    assert between(start, start, part) == start
