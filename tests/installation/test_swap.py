"""A show goes on with another score: at a boundary, from the face as it is, in the mood that it was in."""

from itertools import pairwise

import numpy as np
import pytest

from installation.performance import Performance
from installation.portrait import Pose
from installation.score.choreography import Who
from installation.score.phrase import Phrase
from tests.installation.edits import SCORE, WITHOUT_DUSK, at, edited, offer, score
from tests.installation.fakes import anchor, performance_of, tick

S = 1_000_000_000
FPS = 60


def offer_to(show: Performance, text: str, resident: Who = 1, seed: int = 7) -> None:
    offered = offer(text, resident, seed)
    show.offer(offered.score, offered.seed, offered.people, offered.resident)


def play(show: Performance, since_s: float, until_s: float) -> list[Pose]:
    """The poses of the frames from one second up to before the other."""
    return [
        show.pose_at(tick(frame * S // FPS)) for frame in range(round(since_s * FPS), round(until_s * FPS))
    ]


def largest_step(poses: list[Pose]) -> float:
    """By how much any unit moves at most from frame to frame."""
    return max(float(np.abs(np.subtract(b.aus, a.aus)).max()) for a, b in pairwise(poses))


def largest_move(poses: list[Pose]) -> float:
    """By how much the latent moves at most from frame to frame."""
    return max(float(np.abs(b.ws - a.ws).max()) for a, b in pairwise(poses))


def test_the_score_changes_at_the_boundary_and_not_before() -> None:
    show = performance_of(score())
    play(show, 0, 3.5)
    playing = show.phrase
    offer_to(show, edited(("before", "after"), ("onset: 0.4s, hold: 0.6s", "onset: 0.8s, hold: 1.2s")))
    play(show, 3.5, 4)
    assert show.phrase == playing and show.conductor.score.title == "before"
    play(show, 4, 4.2)
    assert playing is not None and show.phrase is not None
    assert show.conductor.score.title == "after"
    assert (show.phrase.number, show.phrase.start_ns) == (playing.number + 1, playing.end_ns)
    assert (show.phrase.onset_ns, show.phrase.hold_ns) == (8 * S // 10, 12 * S // 10)


def test_of_two_offers_the_newest_is_taken() -> None:
    show = performance_of(score())
    play(show, 0, 1.5)
    offer_to(show, edited(("before", "older")))
    offer_to(show, edited(("before", "newer")))
    play(show, 1.5, 2.5)
    assert show.conductor.score.title == "newer"


@pytest.mark.parametrize("motion", ["linear", "expressive", "chained"])
@pytest.mark.parametrize("before", ["linear", "expressive", "chained"])
def test_the_face_does_not_jump_where_the_score_changes(before: str, motion: str) -> None:
    """Offered in the midst of an onset: no frame moves further than the fastest gesture of its own."""
    text = edited(("motion: linear", f"motion: {before}"), ("hold: 0.6s", "hold: 0s"))
    show = performance_of(score(text))
    poses = play(show, 0, 4.2)
    changed = (
        text.replace(f"motion: {before}", f"motion: {motion}").replace("AU26", "AU25").replace("0.9", "0.3")
    )
    offer_to(show, changed.replace("gestures: {smile: 1, frown: 1}", "gestures: {open: 1, stare: 1}"))
    poses += play(show, 4.2, 12)
    reference = play(performance_of(score(text)), 0, 12)
    assert show.conductor.score.motion == motion
    assert largest_step(poses) <= 1 / FPS / (0.6 * 0.4) + 1e-9  # the shortest share of an onset
    assert largest_move(poses) < 2 * largest_move(reference)


def test_the_mood_stays_where_it_still_exists_and_is_the_first_one_where_not() -> None:
    evening = edited(("start: day", "start: dusk"))
    for text, mood in (
        (edited(("start: day", "start: day"), ("stare: 1}", "stare: 2}")), "dusk"),
        (edited(("  dusk: ", "  night: ")).replace("next: {dusk: 1}", "next: {night: 1}"), "day"),
    ):
        show = performance_of(score(evening))
        play(show, 0, 2.5)
        assert show.phrase is not None and show.phrase.mood == "dusk"
        offer_to(show, text)
        play(show, 2.5, 4)
        assert show.phrase.mood == mood


def test_a_person_who_is_gone_stays_until_the_boundary_and_turns_into_the_resident() -> None:
    show = performance_of(score(edited(("start: day", "start: dusk"))))
    before = play(show, 0, 2.5)[-1]
    offer_to(show, edited(("start: day", "start: dusk"), ("person: 2, ", ""), ("person: 1", "person: 3")), 3)
    poses = [before, *play(show, 2.5, 15)]
    assert show.conductor.casting.shown == 3
    reference = play(performance_of(score(edited(("start: day", "start: dusk")))), 0, 15)
    assert largest_move(poses) < 2 * largest_move(reference)
    np.testing.assert_allclose(show.portrait._morph.at(15 * S).ws, anchor().ws + 0.1)


def test_a_cue_that_waits_for_a_gesture_or_a_mood_that_is_gone_is_dropped() -> None:
    cues = f'cues: [{{at: "{at(1)}", do: stare}}, {{at: "{at(1)}", mood: dusk}}, {{at: "{at(1)}", do: open}}]'
    show = performance_of(score(edited(("onset: 0.4s", "onset: 0.5s")) + cues))  # a gesture of 1.1 s
    play(show, 0, 1.05)
    offer_to(show, WITHOUT_DUSK)
    play(show, 1.05, 1.2)
    assert show.phrase is not None
    assert (show.phrase.mood, show.phrase.gesture, show.phrase.why.asked_by) == ("day", "open", "cue 3")
    play(show, 1.2, 9)
    assert show.phrase.mood == "day"


@pytest.mark.parametrize("interrupt", ["now", "after_gesture"])
def test_a_cue_and_the_score_that_drops_it_may_fall_into_one_frame(interrupt: str) -> None:
    """The boundary at which the score changes comes between two frames, and a cue of the old one after it."""
    cue = f'cues: [{{at: "{at(60)}", do: stare, mood: dusk, person: 2, interrupt: {interrupt}}}]'
    show = performance_of(score(SCORE + cue))
    play(show, 0, 58.5)
    offer_to(show, WITHOUT_DUSK)
    play(show, 61, 65)
    assert show.phrase is not None and show.phrase.mood == "day"
    assert show.conductor.casting.shown == 1


def test_whom_the_old_score_still_brings_may_be_unknown_to_the_new_one() -> None:
    text = edited(("onset: 0.4s", "onset: 0.5s"))  # gestures of 1.1 s
    show = performance_of(score(text + f'cues: [{{at: "{at(61)}", person: 9}}]'))
    play(show, 0, 60.6)  # 0.1 s after a boundary
    offer_to(show, text)
    play(show, 60.6, 61.3)
    assert show.conductor.casting.shown == 9
    play(show, 61.3, 61.7)
    assert show.conductor.casting.shown == 1


def test_cues_of_the_new_score_are_played() -> None:
    show = performance_of(score())
    play(show, 0, 30)
    offer_to(show, SCORE + f'cues: [{{at: "{at(60)}", mood: dusk}}, {{at: "{at(20)}", do: open}}]')
    played = []
    for frame in range(30 * FPS, 63 * FPS):
        played += list(show.conductor.advance(frame * S // FPS, tick(frame * S // FPS).utc_ns))
    early = {phrase.gesture for phrase in played if phrase.start_ns < 60 * S}
    assert early == {"smile", "frown"}  # none late
    assert show.phrase is not None and show.phrase.mood == "dusk"


def test_life_fades_to_what_the_new_score_wants() -> None:
    show = performance_of(score())
    still = play(show, 0, 2.5)
    assert largest_move(still[95:115]) == 0  # a face that is held
    offer_to(show, edited(("saccades: off, breath: off, stir: off", "saccades: off, breath: 14, stir: 1")))
    poses = still + play(show, 2.5, 20)
    movement = show.conductor.life_at(20 * S)
    assert max(movement.aus) > 0.01
    reference = play(performance_of(score()), 0, 20)
    assert largest_move(poses) < 1.2 * largest_move(reference)


def test_the_dice_of_the_day_go_on() -> None:
    """An edit that changes nothing that is drawn plays the show that would have been."""
    show, other = performance_of(score()), performance_of(score())
    play(show, 0, 3.5)
    play(other, 0, 3.5)
    offer_to(show, edited(("before", "after"), ("AU04: 0.9", "AU04: 0.8")))
    for frame in range(210, 3000):
        show.pose_at(tick(frame * S // FPS))
        other.pose_at(tick(frame * S // FPS))
        assert show.phrase is not None and other.phrase is not None
        assert (show.phrase.gesture, show.phrase.start_ns) == (other.phrase.gesture, other.phrase.start_ns)
    assert show.conductor.score.title == "after"


def test_a_new_seed_counts_from_the_next_day() -> None:
    day_ns = 24 * 3600 * S

    def tracks(old: int, new: int) -> tuple[list[str], list[str]]:
        """The gestures of the rest of a day in which the seed is changed, and of the next morning."""
        show = performance_of(score(), old)
        play(show, 0, 2)
        offer_to(show, edited(("before", "after")), seed=new)
        today, morning = [], []
        for second in range(2, 60):
            today += [
                phrase.gesture for phrase in show.conductor.advance(second * S, tick(second * S).utc_ns)
            ]
        for second in range(60, 120):
            t = tick(second * S)
            morning += [phrase.gesture for phrase in show.conductor.advance(t.t_ns, t.utc_ns + day_ns)]
        return today, morning

    assert tracks(7, 8)[0] == tracks(7, 7)[0] != tracks(8, 8)[0]
    assert tracks(7, 8)[1] == tracks(8, 8)[1] != tracks(7, 7)[1]


def test_a_day_begins_as_a_score_says_that_came_in_the_night() -> None:
    """With its dice and its first mood, as if there had never been another."""
    text, day_ns = edited(("start: day", "start: dusk")), 24 * 3600 * S

    def morning(show: Performance) -> list[Phrase]:
        ticks = (tick(second * S) for second in range(60, 120))
        return [phrase for t in ticks for phrase in show.conductor.advance(t.t_ns, t.utc_ns + day_ns)]

    edited_at_night, as_ever = performance_of(score(), 7), performance_of(score(text), 8)
    play(edited_at_night, 0, 2)
    play(as_ever, 0, 2)
    offer_to(edited_at_night, text, seed=8)
    played = morning(edited_at_night)
    assert played == morning(as_ever)
    assert {phrase.mood for phrase in played} == {"dusk"}


def test_a_mood_that_is_to_be_shorter_ends_sooner() -> None:
    show = performance_of(score())
    play(show, 0, 2.5)
    offer_to(show, edited(("dwell: 1h, next: {day: 1}", "dwell: 5s, next: {dusk: 1}")))
    play(show, 2.5, 4.5)
    assert show.phrase is not None and show.phrase.mood == "day"
    play(show, 4.5, 6.5)
    assert show.phrase.mood == "dusk"
