"""Transitions: exact at both ends, straight in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.score.transition import EASES, alpha, blend
from models.action_units import NUM_AUS

ease_names = st.sampled_from(sorted(EASES))
fractions = st.floats(0, 1)
aus = st.lists(st.floats(0, 1), min_size=NUM_AUS, max_size=NUM_AUS)


@pytest.mark.parametrize("ease", sorted(EASES))
def test_an_ease_goes_from_0_to_1_without_going_back(ease: str) -> None:
    path = [alpha(ease, elapsed, 1000) for elapsed in range(1001)]
    assert (path[0], path[1000]) == (0.0, 1.0)
    assert path[500] == pytest.approx(0.5)
    assert path == sorted(path)


@given(ease_names, st.integers(-(10**18), 10**18), st.integers(0, 10**18))
def test_alpha_stays_in_range(ease: str, elapsed_ns: int, onset_ns: int) -> None:
    assert 0.0 <= alpha(ease, elapsed_ns, onset_ns) <= 1.0


@given(ease_names, st.integers(1, 10**18))
def test_alpha_is_exact_at_both_ends(ease: str, onset_ns: int) -> None:
    assert alpha(ease, -1, onset_ns) == alpha(ease, 0, onset_ns) == 0.0
    assert alpha(ease, onset_ns, onset_ns) == alpha(ease, onset_ns + 1, onset_ns) == 1.0


@given(aus, aus)
def test_blend_is_exact_at_both_ends(start: list[float], end: list[float]) -> None:
    assert blend(start, end, 0.0) == tuple(start)
    assert blend(start, end, 1.0) == tuple(end)


@given(aus, aus, ease_names, st.integers(0, 1000))
def test_the_way_is_the_straight_segment_from_start_to_end(
    start: list[float], end: list[float], ease: str, elapsed: int
) -> None:
    """Every unit has come the same part of its own way, so no point of it is neutral unless an end is."""
    part = alpha(ease, elapsed, 1000)
    for unit, (a, b, now) in enumerate(zip(start, end, blend(start, end, part), strict=True)):
        assert min(a, b) <= now <= max(a, b), unit
        assert now == pytest.approx((1 - part) * a + part * b, abs=1e-12)


@given(aus, aus, fractions)
def test_a_unit_of_both_ends_never_weakens_on_the_way(
    start: list[float], end: list[float], part: float
) -> None:
    start[12] = end[12] = 0.7
    assert blend(start, end, part)[12] == 0.7


def test_vectors_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        blend([0.0], [0.0, 1.0], 0.5)
