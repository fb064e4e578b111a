"""The way from face to face: each unit in its own time, none by way of neutral."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.score.motion import NUM_PARTS, RIVALS, Path, path_of
from installation.score.phrase import Phrase
from installation.score.transition import EASES
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS

S = 1_000_000_000
Face = tuple[float, ...]

faces = st.lists(st.floats(0, 1), min_size=NUM_AUS, max_size=NUM_AUS)
turns = st.lists(st.floats(-10, 10), min_size=len(CONTROLS), max_size=len(CONTROLS))
parts = st.builds(lambda aus, controls: (*aus, *controls), faces, turns)
lags = st.lists(st.floats(0, 1, exclude_max=True), min_size=NUM_PARTS, max_size=NUM_PARTS).map(tuple)
shares = st.floats(0, 4)


@st.composite
def phrases(draw: st.DrawFn) -> Phrase:
    durations = st.integers(40_000_000, 3 * S)
    return Phrase(
        number=0,
        mood="",
        gesture="",
        target=(),
        start_ns=draw(st.integers(0, 90 * 86_400 * S)),
        onset_ns=draw(durations),
        hold_ns=draw(st.integers(0, 3 * S)),
        ease=draw(st.sampled_from(sorted(EASES))),
        motion=draw(st.sampled_from(["linear", "expressive", "chained"])),
        release_ns=draw(st.integers(0, 6 * S)),
        lags=draw(lags),
    )


def face(**intensities: float) -> Face:
    parts = [0.0] * NUM_PARTS
    for unit, intensity in intensities.items():
        parts[AU_INDEX[int(unit[2:])]] = intensity
    return tuple(parts)


PHRASE = Phrase(0, "", "", (), 0, S, 2 * S, "minimum_jerk", "expressive", 3 * S // 2, (0.5,) * NUM_PARTS)
SMILE, FROWN = face(AU06=0.8, AU12=1.0), face(AU01=0.7, AU04=1.0, AU15=0.9)


@given(phrases(), parts, parts, shares)
def test_every_part_goes_from_its_value_to_its_target_without_turning_back(phrase, source, target, share):
    path = path_of(phrase, source, target)
    instants = [phrase.start_ns + round(share * phrase.onset_ns * k / 8) for k in range(9)]
    track = [path.at(t_ns) for t_ns in instants]
    for start, end, way in zip(source, target, zip(*track, strict=True), strict=True):
        assert all(min(start, end) <= value <= max(start, end) for value in way)
        assert list(way) == sorted(way, reverse=end < start)


@given(phrases(), parts, parts)
def test_a_path_is_exact_at_both_ends_and_ends_within_its_phrase(phrase, source, target):
    path = path_of(phrase, source, target)
    assert path.at(phrase.start_ns) == source
    assert path.at(path.end_ns) == path.at(10**19) == target
    assert path.end_ns <= phrase.end_ns


def shown(path: Path, t_ns: int) -> float:
    """How much face there is."""
    return sum(path.at(t_ns)[:NUM_AUS])


@given(phrases(), parts, parts, shares)
def test_no_face_passes_neutral(phrase, source, target, share):
    """There is never less of a face on the way than at the poorer of its two ends."""
    path = path_of(phrase, source, target)
    least = min(sum(source[:NUM_AUS]), sum(target[:NUM_AUS]))
    assert shown(path, phrase.start_ns + round(share * phrase.onset_ns)) >= least - 1e-9


def test_a_slow_onset_and_a_quick_release_leave_no_empty_face_between():
    phrase = replace(PHRASE, onset_ns=3 * S, release_ns=S // 10)
    path = path_of(phrase, SMILE, FROWN)
    assert min(shown(path, k * S // 50) for k in range(151)) >= sum(SMILE) - 1e-9


def arrival_ns(path: Path, unit: int) -> int:
    return path.ways[AU_INDEX[unit]].end_ns


def test_brows_lead_and_releases_are_slower():
    path = path_of(PHRASE, SMILE, FROWN)
    ways = path.ways
    assert ways[AU_INDEX[4]].start_ns < ways[AU_INDEX[15]].start_ns
    assert arrival_ns(path, 4) < arrival_ns(path, 15) <= S
    assert arrival_ns(path, 12) == 3 * S // 2


def test_the_eyes_are_there_before_the_head():
    target = list(face())
    for name in ("gaze_x", "yaw"):
        target[NUM_AUS + CONTROLS.index(name)] = 10.0
    path = path_of(PHRASE, face(), target)
    gaze, yaw = (path.ways[NUM_AUS + CONTROLS.index(name)] for name in ("gaze_x", "yaw"))
    assert gaze.start_ns < yaw.start_ns
    assert gaze.end_ns < yaw.end_ns / 2


def test_units_that_cannot_hold_together_do_not_linger_beside_each_other():
    assert AU_INDEX[25] in RIVALS[AU_INDEX[24]]
    path = path_of(PHRASE, face(AU24=1.0, AU04=1.0), face(AU25=1.0))
    assert arrival_ns(path, 24) == arrival_ns(path, 25) < arrival_ns(path, 4)


@pytest.mark.parametrize("motion", ["linear", "chained"])
def test_other_motions_move_as_one(motion):
    path = path_of(replace(PHRASE, motion=motion), SMILE, FROWN)
    assert len(set(path.ways)) == 1
    half = path.at(S // 2)
    assert half == pytest.approx([(a + b) / 2 for a, b in zip(SMILE, FROWN, strict=True)])
