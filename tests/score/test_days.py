"""Days and clocks: each day its own show, whatever the clock on the wall does."""

from datetime import date, time, timedelta
from itertools import pairwise

import pytest

from installation.score.conductor import Conductor
from installation.score.hours import Hours, Slot
from installation.score.phrase import Phrase
from tests.score.shows import BERLIN, S, at, conductor, play, score

# --- days ---------------------------------------------------------------------------------------------------

MORNINGS = Hours(BERLIN, ((Slot(time(11), time(19)),),) * 7)


def morning(show: Conductor, t_ns: int, utc_ns: int) -> list[tuple[int, str, tuple[float, ...]]]:
    """The first minutes of a day, counted from its opening."""
    phrases = [p for k in range(300) for p in show.advance(t_ns + k * S, utc_ns + k * S)]
    return [(p.start_ns - t_ns, p.gesture, p.target) for p in phrases]


def test_ninety_days_are_ninety_mornings_and_the_same_ones_again():
    days = [date(2026, 2, 1) + timedelta(days=number) for number in range(90)]  # the clocks change among them
    show, _ = conductor(score(), MORNINGS)
    list(show.advance(0, at("18:00", days[0] - timedelta(days=1))))
    mornings, began = [], at("18:00", days[0] - timedelta(days=1))
    for day in days:
        opening = at("11:00", day)
        mornings.append(morning(show, opening - began, opening))
        late_morning = at("11:20", day)
        list(show.advance(late_morning - began, late_morning))
    assert len({tuple(each) for each in mornings}) == 90
    for number in (0, 41, 57, 89):
        afresh, _ = conductor(score(), MORNINGS)
        assert morning(afresh, 0, at("11:00", days[number])) == mornings[number]


def test_a_night_with_the_doors_closed_is_not_played_after_the_fact():
    show, face = conductor(score(), MORNINGS)
    began = at("18:59")
    list(show.advance(0, began))
    t_ns = at("11:00:01", date(2026, 1, 7)) - began
    list(show.advance(t_ns, began + t_ns))
    assert len(face.begun) < 5
    assert any(phrase.start_ns == t_ns - S for phrase in face.begun)


def test_midnight_begins_a_day_where_it_is_always_open_at_any_frame_rate():
    text = 'cues: [{at: "23:59:58", do: start, interrupt: now}, {at: "00:00:01", do: start, interrupt: now}]'
    tracks = []
    for fps in (0.2, 30):
        show, _ = conductor(score(text))
        tracks.append(play(show, at("23:59:30"), 90, fps=fps))
    assert tracks[0] == tracks[1]
    starts = {start for start, _, _ in tracks[0]}
    assert {28 * S, 30 * S, 31 * S} <= starts


def test_a_clock_that_is_set_back_does_not_play_a_cue_twice_and_one_set_back_far_is_believed():
    show, face = conductor(score('cues: [{at: "18:00", do: start, interrupt: now}]'))
    began = at("17:59")
    play(show, began, 90)
    assert [p.gesture for p in face.begun].count("start") == 1
    play(show, began - 45 * S, 150, since=91)
    assert [p.gesture for p in face.begun].count("start") == 1
    a_day = 86_400 * S
    play(show, began - a_day - 100 * S, 300, since=151)
    assert [p.gesture for p in face.begun].count("start") == 2


def test_the_small_life_of_a_day_does_not_jump_when_the_day_begins():
    show, _ = conductor(score())
    began = at("23:59:50")
    movements = []
    for frame in range(60 * 20):
        t_ns = frame * S // 60
        list(show.advance(t_ns, began + t_ns))
        movements.append(show.life_at(t_ns))
    around = movements[60 * 9 : 60 * 13]
    steps = [
        max(abs(a - b) for a, b in zip(m.controls[:2], n.controls[:2], strict=True))
        for m, n in pairwise(around)
    ]
    assert 0 < max(steps) < 0.1


# --- clocks that jump ---------------------------------------------------------------------------------------

DAILY = """
    cues:
      - {at: "12:00", do: start}
      - {at: "14:00", do: start, interrupt: now}
      - {at: "18:00", mood: night, interrupt: now}
      - {at: "18:10", person: 7}
    """


def walk(show: Conductor, clock: list[tuple[int, int]]) -> list[Phrase]:
    """Show times with what the clock says at each: nothing may begin before what has been shown."""
    phrases, shown_ns = [], 0
    for t_ns, utc_ns in clock:
        for phrase in show.advance(t_ns, utc_ns):
            assert shown_ns <= phrase.start_ns <= t_ns
            phrases.append(phrase)
        shown_ns = t_ns
    return phrases


@pytest.mark.parametrize("step_s", [-3600, 5, 10, 600, 7200, 86_400, 40 * 86_400, -86_400])
@pytest.mark.parametrize("began", ["11:59:50", "13:59:50", "17:59:50", "23:59:50"])
def test_nothing_begins_in_what_has_been_shown_however_the_clock_jumps(step_s, began):
    """A stall, a clock set right, a machine that wakes: of all of it the face sees a tenth of a second."""
    before = [(k * S // 10, at(began) + k * S // 10) for k in range(150)]
    after = [(15 * S + k * S // 10, at(began) + (15 + step_s) * S + k * S // 10) for k in range(300)]
    show, _ = conductor(score(DAILY))
    phrases = walk(show, before + after)
    assert phrases[-1].end_ns > after[-1][0]


def test_a_clock_that_jumps_into_a_day_finds_it_as_its_cues_have_left_it():
    show, face = conductor(score(DAILY))
    later = at("18:30", date(2026, 1, 9)) - 20 * S
    phrases = walk(show, [(k * S, at("11:00") + k * S) for k in range(20)])
    phrases = walk(show, [(k * S, later + k * S) for k in range(20, 60)])
    assert {phrase.mood for phrase in phrases} == {"night"}
    assert "start" not in {phrase.gesture for phrase in phrases}
    assert [who for who, _, _ in face.became] == [7]
