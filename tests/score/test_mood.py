"""The mood scheduler: which gesture comes next, and when the mood changes."""

from collections import Counter
from itertools import pairwise

import pytest

from installation.notation.document import parse_choreography
from installation.score.choreography import Choreography
from installation.score.dice import show_dice
from installation.score.gesture import is_same_face as is_no_op
from installation.score.mood import MoodScheduler
from installation.score.motion import path_of
from installation.score.phrase import Phrase
from models.action_units import NUM_AUS
from models.controls import NUM_CONTROLS

S = 1_000_000_000
NEUTRAL = (0.0,) * NUM_AUS
UNMOVED = (0.0,) * NUM_CONTROLS

GESTURES = """
version: 1
defaults: {onset: 0.5s..1s, hold: 1s..2s}
gestures:
  a: {emotion: happy}
  b: {emotion: sad}
  c: {emotion: angry}
  d: {emotion: awed}
"""


def score(text: str) -> Choreography:
    return parse_choreography(text.encode(), "s.yaml")


def play(choreography: Choreography, num: int, *, seed: int = 1, day: int = 0) -> list[Phrase]:
    """The first phrases of a show in which each one is played to its end."""
    scheduler = MoodScheduler(choreography, show_dice(seed, day))
    phrases: list[Phrase] = []
    for _ in range(num):
        reached, now_ns = (phrases[-1].target, phrases[-1].end_ns) if phrases else (NEUTRAL, 0)
        phrases.append(scheduler.next_phrase(now_ns, reached))
    return phrases


def names(phrases: list[Phrase]) -> list[str]:
    return [phrase.gesture for phrase in phrases]


def test_the_same_seed_plays_the_same_show() -> None:
    choreography = score(GESTURES + "moods: {m: {gestures: {a: 1, b: 1, c: 1, d: 1}, dwell: 5s}}")
    assert play(choreography, 50) == play(choreography, 50)
    assert play(choreography, 50) != play(choreography, 50, day=1)
    assert play(choreography, 50) != play(choreography, 50, seed=2)


def test_phrases_follow_each_other_within_their_durations() -> None:
    phrases = play(score(GESTURES + "moods: {m: {gestures: {a: 1, b: 1}}}"), 200)
    assert [phrase.number for phrase in phrases] == list(range(200))
    assert all(later.start_ns == earlier.end_ns for earlier, later in pairwise(phrases))
    assert all(S // 2 <= phrase.onset_ns <= S <= phrase.hold_ns <= 2 * S for phrase in phrases)


def test_weights_are_how_often() -> None:
    counts = Counter(names(play(score(GESTURES + "moods: {m: {gestures: {a: 6, b: 3, c: 1, d: 0}}}"), 4000)))
    assert [counts[name] / 4000 for name in "abcd"] == pytest.approx([0.6, 0.3, 0.1, 0.0], abs=0.03)


@pytest.mark.parametrize("choose", ["weighted", "shuffle"])
@pytest.mark.parametrize("num", [1, 2, 3])
def test_no_repeat_looks_so_many_gestures_back(choose: str, num: int) -> None:
    mood = f"moods: {{m: {{gestures: {{a: 1, b: 1, c: 1, d: 1}}, choose: {choose}, no_repeat: {num}}}}}"
    played = names(play(score(GESTURES + mood), 400))
    for position, name in enumerate(played):
        assert name not in played[max(0, position - num) : position]


def test_no_repeat_gives_way_when_nothing_else_remains() -> None:
    played = names(play(score(GESTURES + "moods: {m: {gestures: {a: 1, b: 9}, no_repeat: 5}}"), 20))
    assert all(earlier != later for earlier, later in pairwise(played))


def test_cycle_keeps_the_order_of_the_file() -> None:
    played = names(
        play(score(GESTURES + "moods: {m: {gestures: {c: 1, a: 1, b: 0, d: 1}, choose: cycle}}"), 9)
    )
    assert played == ["c", "a", "d"] * 3


def test_shuffle_plays_each_once_a_round() -> None:
    played = names(
        play(score(GESTURES + "moods: {m: {gestures: {a: 1, b: 1, c: 1, d: 1}, choose: shuffle}}"), 40)
    )
    rounds = [played[start : start + 4] for start in range(0, 40, 4)]
    assert all(sorted(each) == list("abcd") for each in rounds)
    assert len({tuple(each) for each in rounds}) > 3


MOODS = """
moods:
  day: {gestures: {a: 1, b: 1}, dwell: 20s..30s, next: {night: 3, dawn: 1}}
  night: {gestures: {c: 1, d: 1}, dwell: 10s, next: {day: 1}}
  dawn: {gestures: {a: 1, d: 1}, dwell: 5s, next: {day: 1}}
"""


def stays(phrases: list[Phrase]) -> list[tuple[str, int, int]]:
    """Mood, first start and last start of each stay in a mood."""
    runs: list[tuple[str, int, int]] = []
    for phrase in phrases:
        if runs and runs[-1][0] == phrase.mood:
            runs[-1] = (phrase.mood, runs[-1][1], phrase.start_ns)
        else:
            runs.append((phrase.mood, phrase.start_ns, phrase.start_ns))
    return runs


def test_a_mood_is_left_at_the_first_boundary_after_its_dwell() -> None:
    longest_phrase_ns = 3 * S
    low = {"day": 20 * S, "night": 10 * S, "dawn": 5 * S}
    high = low | {"day": 30 * S}
    runs = stays(play(score(GESTURES + MOODS), 3000))
    for (mood, entered_ns, last_ns), (_, left_ns, _) in pairwise(runs):
        assert last_ns - entered_ns < high[mood]
        assert low[mood] <= left_ns - entered_ns < high[mood] + longest_phrase_ns


def test_moods_follow_by_their_weights() -> None:
    runs = [mood for mood, _, _ in stays(play(score(GESTURES + MOODS), 8000))]
    followers = Counter(later for earlier, later in pairwise(runs) if earlier == "day")
    assert followers["night"] / followers.total() == pytest.approx(0.75, abs=0.06)
    assert {later for earlier, later in pairwise(runs) if earlier != "day"} == {"day"}


@pytest.mark.parametrize("motion", ["linear", "chained"])
def test_no_phrase_changes_nothing(motion: str) -> None:
    text = f"""
version: 1
defaults: {{motion: {motion}}}
gestures:
  sad: {{emotion: sad}}
  cross: {{emotion: sadly angry}}   # the same prototype
  rest: {{emotion: neutral}}
moods: {{m: {{gestures: {{sad: 1, cross: 1, rest: 1}}}}}}
"""
    phrases = play(score(text), 500)
    assert not is_no_op(phrases[0].target, NEUTRAL)
    assert not any(is_no_op(later.target, earlier.target) for earlier, later in pairwise(phrases))
    assert all(phrase.motion == motion for phrase in phrases)


def test_chained_targets_switch_units_on_and_off() -> None:
    phrases = play(
        score(GESTURES.replace("hold: 1s..2s", "motion: chained") + "moods: {m: {gestures: {a: 1, b: 1}}}"),
        50,
    )
    assert all(intensity in (0.0, 1.0) for phrase in phrases for intensity in phrase.target)


@pytest.mark.parametrize("choose", ["weighted", "shuffle", "cycle"])
def test_a_mood_of_one_face_is_held_quietly(choose: str) -> None:
    text = f"""
version: 1
gestures: {{rest: {{emotion: neutral}}, calm: {{aus: {{AU12: 0.02}}}}}}
moods: {{m: {{gestures: {{rest: 1, calm: 1}}, choose: {choose}}}}}
"""
    phrases = play(score(text), 20)
    assert all(is_no_op(phrase.target, NEUTRAL) for phrase in phrases)
    assert all(later.start_ns > earlier.start_ns for earlier, later in pairwise(phrases))


def test_go_starts_the_next_phrase_at_once() -> None:
    choreography = score(GESTURES + "moods: {m: {gestures: {a: 1, c: 1}, choose: cycle}}")
    scheduler = MoodScheduler(choreography, show_dice(1, 0))
    first = scheduler.next_phrase(0, NEUTRAL)
    now_ns = first.onset_ns // 2
    halfway = path_of(first, (*NEUTRAL, *UNMOVED), (*first.target, *UNMOVED)).at(now_ns)[:NUM_AUS]
    second = scheduler.next_phrase(now_ns, halfway)
    assert (second.number, second.gesture, second.start_ns) == (1, "c", now_ns)
