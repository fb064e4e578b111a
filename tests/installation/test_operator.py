"""What is asked of a show, by whom, when, and in whatever order: it does what it can, and goes on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.errors import InputError
from installation.operator import MOST_DRAWN
from installation.performance import Performance
from installation.portrait import Portrait, Pose
from installation.ports import Command, Move, Play, Request, Tick, Try
from installation.score.conductor import Conductor
from installation.score.gesture import Gesture, Span
from installation.score.hours import Hours, Slot, instant
from installation.visit import VISITOR
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROL_SPANS, CONTROLS
from tests.installation.fakes import (
    ALWAYS,
    BEGAN,
    FakeSynthesizer,
    FakeTargetModel,
    anchor,
    digest,
    tick,
)
from tests.installation.test_visit import SHORT, ScriptedEyes, show_of
from tests.score.shows import score

S = 1_000_000_000
UTC = ZoneInfo("UTC")
STEP = 30  # requests come at instants that frames have at 30 and at 60 a second


@dataclass
class Studio:
    """Draws people, and notes what is said."""

    drawn: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def draw(self, number: int) -> Pose:
        if number == 666:
            raise InputError("person 666: cannot be drawn")
        self.drawn.append(number)
        home = anchor()
        return replace(home, ws=home.ws + np.float32(number % 7))


def asked_show(
    text: str = "", hours: Hours = ALWAYS, learned: Sequence[str] = CONTROLS
) -> tuple[Performance, Studio]:
    studio, choreography = Studio(), score(text)
    people = {who: studio.draw(who) for who in (1, *choreography.people)}
    studio.drawn.clear()
    portrait = Portrait(FakeTargetModel(), people, 1, learned, (4, 12, 24, 25))
    conductor = Conductor(choreography, 7, hours, portrait, 1)
    show = Performance(
        conductor, portrait, FakeSynthesizer(), name="s.yaml", draw=studio.draw, say=studio.lines.append
    )
    return show, studio


def poses(show: Performance, since_s: float, until_s: float, fps: int = 30) -> list[Pose]:
    return [show.pose_at(tick(k * S // fps)) for k in range(round(since_s * fps), round(until_s * fps))]


# --- play and try -------------------------------------------------------------------------------------------


def test_gesture_and_mood_play_now_and_by_whom_is_told():
    show, _ = asked_show()
    poses(show, 0, 2)
    show.obey(Play(gesture="start", by="osc"), tick(2 * S))
    assert (show.phrase.gesture, show.phrase.start_ns, show.phrase.why.asked_by) == ("start", 2 * S, "osc")
    show.obey(Play(mood="night"), tick(3 * S))
    assert (show.phrase.mood, show.phrase.start_ns, show.phrase.why.mood_by) == ("night", 3 * S, "somebody")


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (Play(gesture="x"), "play: the score has no gesture 'x'; ignored"),
        (Play(mood="x\ny"), "play: the score has no mood 'x\\ny'; ignored"),
        (Play(person="x"), "play: the score names no person 'x'; ignored"),
        (Play(person=VISITOR), "play: the score names no person 'visitor'; ignored"),
        (Play(person=666), "play: person 666: cannot be drawn; ignored"),
        (Move("AU99", 0.3), "move: 'AU99' is no part of a face; ignored"),
    ],
    ids=str,
)
def test_what_the_score_does_not_know_is_said_and_changes_nothing(request_, line):
    show, studio = asked_show()
    poses(show, 0, 2)
    before = show.phrase, set(show.portrait.people)
    show.obey(request_, tick(2 * S))
    assert (show.phrase, set(show.portrait.people)) == before
    assert studio.lines == [line]


def test_what_is_said_is_said_once_a_second_at_most():
    show, studio = asked_show()
    poses(show, 0, 1)
    for k in range(60 * 10):
        show.obey(Play(gesture=f"x{k}"), tick(S + k * S // 60))
    assert len(studio.lines) == 10


def test_a_gesture_that_is_tried_is_played_as_far_as_it_has_been_learned():
    show, _ = asked_show()
    poses(show, 0, 2)
    trial = Gesture("new", None, None, {12: 0.6, 33: 0.9}, onset=Span(0, 0), hold=Span(0, 0))
    show.obey(Try(trial, "the desk"), tick(2 * S))
    assert (show.phrase.gesture, show.phrase.why.asked_by) == ("new", "the desk")
    assert {k: v for k, v in enumerate(show.phrase.target) if v} == {AU_INDEX[12]: 0.6}
    assert show.phrase.onset_ns == 40_000_000  # no cut


# --- people -------------------------------------------------------------------------------------------------


def test_somebody_whom_the_score_does_not_name_is_drawn_once_and_does_not_pile_up():
    show, studio = asked_show()
    before = set(show.portrait.people)
    for k, number in enumerate([40, 40, *range(50, 70), 69, 1, 9]):
        poses(show, k, k + 0.2)
        show.obey(Play(person=number), tick(k * S + S // 5))
        assert show.conductor.casting.shown == number
    assert studio.drawn == [40, *range(50, 70)]
    assert set(show.portrait.people) - before == set(range(70 - MOST_DRAWN, 70))
    poses(show, 30, 90)


def test_who_was_asked_for_again_is_kept_for_longer():
    show, _ = asked_show()
    poses(show, 0, 1)
    for number in (50, 51, 52, 53, 50, 54):
        show.obey(Play(person=number), tick(S))
    assert 50 in show.portrait.people and 51 not in show.portrait.people


def test_a_score_that_names_somebody_who_was_drawn_keeps_them():
    show, studio = asked_show()
    poses(show, 0, 1)
    show.obey(Play(person=40), tick(S))
    other = score("person: 40")
    show.offer(other, 7, {40: studio.draw(40), 9: studio.draw(9)}, 40)
    for number in range(50, 60):
        show.obey(Play(person=number), tick(2 * S))
    assert 40 in show.portrait.people
    poses(show, 2, 30)


def test_a_visitor_goes_before_whom_somebody_asks_for():
    eyes = ScriptedEyes()
    show = show_of(eyes, SHORT)
    now = [k * S // 20 for k in range(20 * 30)]
    asked = False
    for t_ns in now:
        show.step(tick(t_ns))
        if VISITOR in show.portrait.people and not asked:
            asked = True
            show.obey(Play(person=VISITOR), tick(t_ns))  # nobody may ask for them to stay
            assert show.conductor.casting.asked is None
            show.obey(Play(person=9), tick(t_ns))
            assert show.conductor.casting.shown == VISITOR
        if asked and VISITOR not in show.portrait.people:
            break
    assert asked and show.conductor.casting.shown == 9


# --- by hand ------------------------------------------------------------------------------------------------


def test_a_part_moved_by_hand_is_shown_and_let_go_of():
    show, alone = asked_show()[0], asked_show()[0]
    poses(show, 0, 2), poses(alone, 0, 2)
    for k in range(30):
        show.obey(Move("AU12", 0.7), tick(2 * S + k * S // 30))
        show.obey(Move("yaw", 90.0), tick(2 * S + k * S // 30))
        pose = show.pose_at(tick(2 * S + k * S // 30))
        alone.pose_at(tick(2 * S + k * S // 30))
    assert pose.aus[AU_INDEX[12]] == pytest.approx(0.7)
    assert pose.controls[CONTROLS.index("yaw")] == CONTROL_SPANS["yaw"].highest
    portrait, now = show.portrait, 3 * S
    bare = portrait.at(now)
    held = portrait.moved(bare, show.operator.hand.at(now), now)
    wanted = show.portrait.model.mixing.T @ np.subtract(
        (*held.aus, *held.controls), (*bare.aus, *bare.controls)
    )
    np.testing.assert_allclose(held.ws - bare.ws, np.broadcast_to(wanted, held.ws.shape), atol=2e-3)
    assert digest(poses(show, 3, 8)) != digest(poses(alone, 3, 8))
    assert digest(poses(show, 8, 20)) == digest(poses(alone, 8, 20))
    assert show.operator.hand.is_empty


def test_the_eyes_that_a_hand_turns_are_seen_from_before_the_picture():
    """As a gesture's: at [0, 0] they meet the viewer's."""
    by_hand, by_score = asked_show("")[0], asked_show("")[0]
    poses(by_hand, 0, 1), poses(by_score, 0, 1)
    by_score.obey(Try(Gesture("look", None, None, controls={"gaze_x": 3.0})), tick(S))
    for k in range(20):
        by_hand.obey(Move("gaze_x", 3.0), tick(S + k * S // 30))
    end_ns = by_score.phrase.start_ns + by_score.phrase.onset_ns
    gaze = CONTROLS.index("gaze_x")
    assert by_hand.pose_at(tick(5 * S // 2)).controls[gaze] == pytest.approx(
        by_score.pose_at(tick(end_ns)).controls[gaze]
    )


@pytest.mark.parametrize("part", ["AU33", "age"])
def test_what_the_weights_have_not_learned_stays_as_it_is(part):
    learned = [name for name in CONTROLS if name != "age"]
    show, alone = asked_show(learned=learned)[0], asked_show(learned=learned)[0]
    poses(show, 0, 1), poses(alone, 0, 1)
    show.obey(Move(part, 1.0), tick(S))
    assert digest(poses(show, 1, 3)) == digest(poses(alone, 1, 3))
    assert show.operator.hand.is_empty


def test_a_face_that_nobody_holds_costs_nothing():
    show, _ = asked_show()
    poses(show, 0, 1)
    show.obey(Move("AU12", 0.7), tick(S))
    asked = show.portrait.model.asked
    num = len(asked)
    show.pose_at(tick(S + S // 30))
    num_held = len(asked) - num
    poses(show, 1.1, 6)
    num = len(asked)
    show.pose_at(tick(6 * S))
    assert len(asked) - num == num_held - 2


# --- pause, blackout, closed doors --------------------------------------------------------------------------


def test_a_paused_face_stays_and_lives_on():
    show, _ = asked_show()
    poses(show, 0, 3)
    show.obey(Command.PAUSE, tick(3 * S))
    still = poses(show, 6, 60, fps=10)
    assert {pose.aus for pose in still} == {show.phrase.target}
    assert len({pose.ws.tobytes() for pose in still}) == len(still)
    show.obey(Command.RESUME, tick(60 * S))
    assert show.phrase.start_ns == 60 * S


def test_a_blackout_is_dark_and_the_show_goes_on_until_light_or_the_day_ends():
    show, _ = asked_show()
    midnight_ns = instant(date(2026, 1, 7), time(), UTC) - BEGAN
    show.step(tick(0))
    show.obey(Command.BLACKOUT, tick(0))
    frame = show.step(tick(S))
    assert frame.is_dark and not frame.image.any()
    show.step(tick(60 * S))
    assert show.phrase.number > 10
    show.obey(Command.LIGHT, tick(60 * S))
    assert not show.step(tick(61 * S)).is_dark
    show.obey(Command.BLACKOUT, tick(61 * S))
    assert show.step(tick(midnight_ns - S)).is_dark
    show.step(tick(midnight_ns + S))
    assert not show.step(tick(midnight_ns + 2 * S)).is_dark


def test_in_a_blackout_nobodys_face_is_taken_up_and_whose_is_there_is_forgotten():
    eyes = ScriptedEyes()
    show = show_of(eyes, SHORT, consent="key")
    show.step(tick(0))
    show.obey(Command.BLACKOUT, tick(0))
    for k in range(20 * 20):
        show.obey(Command.AGREE, tick(k * S // 20))
        assert show.step(tick(k * S // 20)).is_dark
    assert not [line for line in eyes.log if line.startswith("project")]
    show.obey(Command.LIGHT, tick(20 * S))
    for k in range(20 * 20, 20 * 24):
        show.step(tick(k * S // 20))
    assert not [line for line in eyes.log if line.startswith("project")]  # an old word is no consent


def test_while_the_doors_are_closed_nothing_is_done_and_that_is_said():
    mornings = Hours(UTC, ((Slot(time(11), time(12)),),) * 7)
    show, studio = asked_show(hours=mornings)
    show.step(tick(0))
    closed_ns = 3700 * S
    show.step(tick(closed_ns))
    phrase = show.phrase
    asked: list[Request] = [
        Command.GO,
        Play(mood="night"),
        Move("AU12", 0.5),
        Command.BLACKOUT,
        Command.PAUSE,
    ]
    for k, request in enumerate([*asked, Command.QUIT]):
        show.obey(request, tick(closed_ns + 2 * k * S))
    assert show.phrase is phrase and not show.is_blackout and show.operator.hand.is_empty
    assert [line.split(":")[0] for line in studio.lines] == ["go", "play", "move", "blackout", "pause"]
    assert all(line.endswith("the doors are closed; ignored") for line in studio.lines)


# --- to begin where another show stood ----------------------------------------------------------------------


def restarted(show: Performance, now: Tick, **changes: object) -> tuple[Performance, bool]:
    kept = show.resume_at(now)
    assert kept is not None
    other, _ = asked_show()
    later = BEGAN + now.t_ns + 5 * S
    return other, other.resume_from(replace(kept, **changes), later)


def later(t_ns: int, since_ns: int) -> Tick:
    """A tick of a show that began five seconds after another one had stood there."""
    return Tick(t_ns, BEGAN + since_ns + 5 * S + t_ns)


@pytest.mark.parametrize("stood_s", [1, 2.3, 17, 60])
def test_a_show_begins_with_the_face_that_another_one_ended_with(stood_s):
    show, _ = asked_show()
    poses(show, 0, stood_s)
    show.obey(Play(mood="night"), tick(round(stood_s * S)))
    now = tick(round((stood_s + 0.4) * S))
    show.obey(Play(person=40), now)
    last = show.pose_at(now)
    other, fits = restarted(show, now)
    first = other.pose_at(later(0, now.t_ns))
    assert fits and first.aus == last.aus
    assert other.conductor.casting.shown == 40
    assert other.phrase.number == show.phrase.number + 1 and other.phrase.mood == "night"
    track = []
    for k in range(60 * 4):  # without the small life, whose eyes jump
        other.pose_at(later(k * S // 60, now.t_ns))
        track.append(other.portrait.at(k * S // 60).ws)
    assert max(np.abs(b - a).max() for a, b in pairwise(track)) < 1.5


def test_a_show_that_stood_in_the_dark_or_still_begins_so():
    show, _ = asked_show()
    poses(show, 0, 3)
    show.obey(Command.PAUSE, tick(3 * S))
    show.obey(Command.BLACKOUT, tick(3 * S))
    other, fits = restarted(show, tick(5 * S))
    assert fits and other.step(later(0, 5 * S)).is_dark
    other.obey(Command.LIGHT, later(S, 5 * S))
    assert other.pose_at(later(20 * S, 5 * S)).aus == show.portrait.aus_at(5 * S)


@pytest.mark.parametrize(
    "other",
    [
        {"day": 1},
        {"seed": 8},
        {"choreography": "t.yaml"},
        {"title": "T"},
        {"mood": "no"},
        {"utc_ns": 1 << 61},
    ],
    ids=str,
)
def test_another_show_or_day_is_not_gone_on_with(other):
    show, _ = asked_show()
    poses(show, 0, 3)
    begun, fits = restarted(show, tick(3 * S), **other)
    fresh, _ = asked_show()
    assert not fits
    instants = [Tick(k * S // 10, BEGAN + 8 * S + k * S // 10) for k in range(100)]
    assert digest([begun.pose_at(at) for at in instants]) == digest([fresh.pose_at(at) for at in instants])


@pytest.mark.parametrize("person", [666, VISITOR, "gone.safetensors", None])
def test_whoever_is_not_there_any_more_is_whom_the_score_names(person):
    show, _ = asked_show()
    poses(show, 0, 3)
    other, fits = restarted(show, tick(3 * S), person=person)
    other.pose_at(later(0, 3 * S))
    assert fits and other.conductor.casting.shown == 1


@given(
    aus=st.tuples(*[st.floats(0, 1)] * NUM_AUS), changes=st.tuples(*[st.floats(-360, 360)] * len(CONTROLS))
)
@settings(max_examples=30, deadline=None)
def test_whatever_face_is_kept_is_one_that_can_be_played(aus, changes):
    show, _ = asked_show()
    show.step(tick(0))
    other, _ = restarted(show, tick(0), aus=aus, changes=changes)
    pose = other.pose_at(later(0, 0))
    own = other.portrait.people[1].controls
    for name, value, mine in zip(CONTROLS, pose.controls, own, strict=True):
        span = CONTROL_SPANS[name]
        assert min(mine, span.lowest) - 1e-6 <= value <= max(mine, span.highest) + 1e-6
    assert np.isfinite(pose.ws).all()


def test_nothing_of_a_visitor_is_kept():
    eyes = ScriptedEyes()
    show = show_of(eyes, SHORT)
    lonely, num_there = show_of(ScriptedEyes(comes_ns=1 << 60), SHORT), 0
    for k in range(20 * 16):
        now = tick(k * S // 20)
        show.step(now)
        lonely.step(now)
        num_there += VISITOR in show.portrait.people
        assert show.resume_at(now) == lonely.resume_at(now)
    assert num_there > 100


# --- whatever is asked for ----------------------------------------------------------------------------------

requests = st.one_of(
    st.sampled_from([command for command in Command if command is not Command.QUIT]),
    st.builds(Play, mood=st.sampled_from(["day", "night", "mask", "x"])),
    st.builds(Play, gesture=st.sampled_from(["a", "b", "c", "glance", "start", "x"])),
    st.builds(Play, person=st.sampled_from([1, 9, 40, 41, 666, "x", VISITOR])),
    st.builds(
        Move,
        part=st.sampled_from(["AU12", "AU24", "AU25", "yaw", "gaze_x", "AU33", "x"]),
        value=st.one_of(st.none(), st.floats(0, 1), st.floats(-400, 400)),
    ),
    st.builds(
        Try,
        gesture=st.builds(
            Gesture,
            name=st.sampled_from(["a", "new"]),
            emotion=st.sampled_from([None, "happy", "angry"]),
            intensity=st.none(),
            aus=st.dictionaries(st.sampled_from([4, 12, 24, 25]), st.floats(0, 1), max_size=3),
            controls=st.dictionaries(st.sampled_from(CONTROLS), st.floats(-360, 360), max_size=2),
            onset=st.sampled_from([Span(0, 0), Span(S // 2, S)]),
            hold=st.sampled_from([Span(0, 0), Span(S, 2 * S)]),
        ),
    ),
)
scripts = st.lists(st.tuples(st.integers(0, 12 * STEP), requests), max_size=30).map(
    lambda script: sorted(script, key=lambda each: each[0])
)


@dataclass
class Track:
    """What was seen of a show, and whether any transition passed neutral."""

    poses: list[Pose] = field(default_factory=list)
    is_dark: list[bool] = field(default_factory=list)


def watched(show: Performance, script: Sequence[tuple[int, Request]], fps: int, seconds: int = 16) -> Track:
    """Requests at their instants, after the frame of these, as the loop does."""
    track, waiting = Track(), list(script)
    for frame in range(seconds * fps):
        now = tick(frame * S // fps)
        track.is_dark.append(show.step(now).is_dark)
        track.poses.append(show.pose_at(now))
        while waiting and waiting[0][0] * S // STEP <= now.t_ns:
            show.obey(waiting.pop(0)[1], now)
    return track


@pytest.mark.parametrize("motion", ["linear", "expressive", "chained"])
@given(script=scripts)
@settings(max_examples=10, deadline=None)
def test_the_same_requests_make_the_same_show_at_30_and_at_60_frames(motion, script):
    tracks = []
    for fps in (30, 60):
        show, _ = asked_show()
        show.conductor.score = replace(show.conductor.score, motion=motion)
        tracks.append(watched(show, script, fps))
    assert digest(tracks[0].poses) == digest(tracks[1].poses[::2])
    assert tracks[0].is_dark == tracks[1].is_dark[::2]


@pytest.mark.parametrize("motion", ["linear", "expressive"])
@given(script=scripts)
@settings(max_examples=10, deadline=None)
def test_whatever_is_asked_for_the_show_goes_on_without_a_jump_and_not_by_neutral(motion, script):
    show, studio = asked_show()
    show.conductor.score = replace(show.conductor.score, motion=motion)
    track = watched(show, script, 120)
    assert all("\n" not in line for line in studio.lines)
    for pose in track.poses:
        assert all(-1e-9 <= value <= 1 + 1e-9 for value in pose.aus)
    # A frame moves what the shortest onset allows: a unit of 0 to 1 in 40 ms, by its steepest ease.
    steps = [max(abs(b - a) for a, b in zip(p.aus, q.aus, strict=True)) for p, q in pairwise(track.poses)]
    assert max(steps) < 0.6
    path = show.portrait._transition.path
    source, target = sum(path.source[:NUM_AUS]), sum(path.target[:NUM_AUS])
    span_ns = path.end_ns - show.phrase.start_ns
    for k in range(21):
        shown = sum(path.at(show.phrase.start_ns + k * span_ns // 20)[:NUM_AUS])
        assert shown >= min(source, target) - 1e-9
    number = show.phrase.number
    show.obey(Command.RESUME, tick(17 * S))
    show.pose_at(tick(60 * S))
    assert show.phrase.number > number + 5


@given(script=scripts)
@settings(max_examples=10, deadline=None)
def test_a_request_never_moves_the_picture_by_itself(script):
    """The latent just after a request is that of just before it: what is asked for begins from there."""
    show, _ = asked_show()
    for step, request in script:
        now = tick(step * S // STEP)
        before = show.pose_at(now)
        show.obey(request, now)
        after = show.pose_at(now)
        np.testing.assert_allclose(after.ws, before.ws, atol=2e-4)
        assert after.aus == pytest.approx(before.aus, abs=1e-9)


@given(
    script=scripts,
    comes=st.integers(0, 6 * STEP),
    lasts=st.integers(0, 8 * STEP),
    consent=st.sampled_from(["dwell", "key"]),
)
@settings(max_examples=20, deadline=None)
def test_whatever_is_asked_for_a_visitor_is_forgotten_and_never_seen_in_the_dark(
    script, comes, lasts, consent
):
    goes = comes + lasts
    eyes = ScriptedEyes(comes_ns=comes * S // STEP, goes_ns=goes * S // STEP)
    show = show_of(eyes, SHORT, consent)
    waiting = list(script)
    for frame in range(20 * STEP + 30):
        now = tick(frame * S // STEP)
        shown = show.step(now)
        assert not (shown.is_dark and (shown.is_private or shown.image.any()))
        assert shown.is_dark == show.is_blackout
        assert shown.is_private or shown.is_dark or VISITOR not in show.portrait.people
        kept = show.resume_at(now)
        assert kept is not None and kept.person != VISITOR
        while waiting and waiting[0][0] <= frame:
            show.obey(waiting.pop(0)[1], now)
    assert VISITOR not in show.portrait.people  # gone for six seconds: the linger and the fade, and some
