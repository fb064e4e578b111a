"""The encounter: its course, whoever comes, goes, agrees or objects; and that everybody is forgotten."""

import time
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.score.choreography import EVENTS
from installation.score.encounter import Consent, Event, Forget, Happening, LetGo, Project, Stage, TakeUp
from installation.score.gesture import Span
from installation.score.visitors import Hospitality, Visitor
from tests.score.hall import MS, STEP_NS, Hall, S, Scene, check, names, scene, somebody

USUAL = Hospitality(stay=Span(20 * S, 20 * S))
QUICK = Hospitality(dwell_ns=S, stay=Span(3 * S, 5 * S), fade_ns=2 * S, linger_ns=3 * S, cooldown_ns=4 * S)
A, B = somebody(1), somebody(2, size=0.6)


def instants(happenings: list[Happening]) -> dict[str, int]:
    return dict(zip(names(happenings), (each.t_ns for each in happenings), strict=True))


# -- the course of one encounter


def test_somebody_comes_looks_is_taken_up_lived_as_and_forgotten() -> None:
    hall = Hall(USUAL)
    told = hall.play(scene(1), scene(60, A), scene(60))
    assert names(told) == [
        "visitor_arrives",
        "visitor_stays",
        "Project",
        "visitor_taken_up",
        "TakeUp",
        "visitor_let_go",
        "LetGo",
        "Forget",
        "visitor_leaves",
    ]
    when = instants(told)
    assert when["visitor_arrives"] == 1300 * MS
    assert when["visitor_stays"] == 2000 * MS
    assert when["Project"] == 6000 * MS
    assert when["TakeUp"] == 7500 * MS
    assert when["LetGo"] == 33_500 * MS  # a fade and a stay
    assert when["Forget"] == 39_500 * MS
    assert when["visitor_leaves"] == 63_000 * MS
    check(hall)


def test_the_stages_follow_one_another() -> None:
    hall, stages = Hall(USUAL), [Stage.ALONE]
    for _ in range(450):
        hall.play(Scene(1, (A,)))
        if hall.encounter.stage is not stages[-1]:
            stages.append(hall.encounter.stage)
    assert stages == [*Stage, Stage.ENGAGED]  # and they are still there


def test_all_events_are_the_score_s() -> None:
    hall = Hall(USUAL)
    told = hall.play(scene(60, A), scene(60))
    assert {each.name for each in told if isinstance(each, Event)} == set(EVENTS)


def test_the_stay_is_drawn() -> None:
    stays = set()
    hall = Hall(Hospitality(stay=Span(5 * S, 9 * S), cooldown_ns=0))
    for number in range(1, 9):
        when = instants(hall.play(scene(40, somebody(number)), scene(5)))
        stays.add(when["LetGo"] - when["TakeUp"] - 6 * S)
    assert len(stays) == 8 and all(5 * S <= stay <= 9 * S for stay in stays)


@pytest.mark.parametrize(
    "passer_by", [somebody(size=0.05), somebody(is_facing=False)], ids=["far away", "looks elsewhere"]
)
def test_who_does_not_come_near_and_look_is_noticed_and_no_more(passer_by: Visitor) -> None:
    hall = Hall(USUAL)
    assert names(hall.play(scene(60, passer_by), scene(5))) == ["visitor_arrives", "visitor_leaves"]


def test_a_flicker_is_nobody() -> None:
    hall = Hall(USUAL)
    assert not hall.play(*(scene(0.2, A), scene(0.4)) * 50)
    assert hall.encounter.stage is Stage.ALONE


def test_somebody_missed_for_a_moment_has_not_left() -> None:
    hall = Hall(USUAL)
    told = hall.play(*(scene(1.2, A), scene(0.4)) * 40)
    assert "visitor_leaves" not in names(told)
    assert names(told).count("TakeUp") == 1


def test_short_looks_away_are_forgiven_and_long_ones_are_not() -> None:
    away = somebody(is_facing=False)
    when = instants(Hall(USUAL).play(scene(3, A), scene(1.5, away), scene(10, A)))
    assert when["Project"] == 6500 * MS  # a second and the dwell, less what was looked away
    when = instants(Hall(USUAL).play(scene(3, A), scene(2.5, away), scene(10, A)))
    assert when["Project"] == 10_500 * MS  # all over again
    assert names(Hall(USUAL).play(scene(3, A), scene(2.5, away), scene(3, A))).count("visitor_stays") == 1


def test_who_steps_back_a_little_is_still_near() -> None:
    near, less, far = somebody(size=0.13), somebody(size=0.1), somebody(size=0.08)
    assert "Project" in names(Hall(USUAL).play(scene(1.5, near), scene(10, less)))
    assert "Project" not in names(Hall(USUAL).play(scene(1.5, near), scene(10, far)))
    assert "visitor_stays" not in names(Hall(USUAL).play(scene(10, less)))


# -- consent


@pytest.mark.parametrize("consent", ["key", "osc"])
def test_by_key_or_message_nobody_is_taken_up_unasked(consent: Consent) -> None:
    hall = Hall(USUAL, consent)
    assert names(hall.play(scene(60, A))) == ["visitor_arrives", "visitor_stays"]
    told = hall.play(scene(60, A, has_agreed=True), scene(20))
    assert instants(told)["Project"] == 60 * S
    check(hall)


def test_an_agreement_of_nobody_counts_for_nobody() -> None:
    hall = Hall(USUAL, "key")
    told = hall.play(
        scene(1, has_agreed=True), scene(0.5, A, has_agreed=True), scene(20, A), scene(5), scene(20, B)
    )
    assert "Project" not in names(told)


def test_an_agreement_ends_with_the_encounter() -> None:
    hall = Hall(USUAL, "key", answers=(None,))
    hall.play(scene(2, A), scene(1, A, has_agreed=True), scene(5))
    assert "Project" not in names(hall.play(scene(30, B)))


def test_where_it_is_by_dwelling_a_key_adds_nothing() -> None:
    hall = Hall(USUAL)
    assert "Project" not in names(hall.play(scene(2, A), scene(2, A, has_agreed=True)))


# -- likenesses


def test_a_poor_likeness_is_not_shown_and_tried_again_after_a_while_three_times_at_most() -> None:
    hall = Hall(USUAL, answers=((10, False),))
    told = hall.play(scene(200, A), scene(5))
    projects = [each.t_ns for each in told if isinstance(each, Project)]
    assert projects == [5 * S, 10 * S, 20 * S]
    assert [each.t_ns for each in told if isinstance(each, Forget)] == [6 * S, 11 * S, 21 * S]
    assert "TakeUp" not in names(told)
    check(hall)


def test_another_visitor_has_three_tries_of_their_own() -> None:
    hall = Hall(USUAL, answers=((10, False),))
    told = hall.play(scene(60, A), scene(60, A, B), scene(5))
    assert [each.visitor for each in told if isinstance(each, Project)] == [1] * 3 + [2] * 3
    check(hall)


def test_the_second_likeness_may_be_good() -> None:
    hall = Hall(USUAL, answers=((10, False), (10, True)))
    assert names(hall.play(scene(15, A)))[-4:] == ["Forget", "Project", "visitor_taken_up", "TakeUp"]


def test_without_an_answer_it_is_given_up() -> None:
    hall = Hall(USUAL, answers=(None,))
    told = hall.play(scene(36, A))
    assert instants(told)["Forget"] == 35 * S
    assert hall.encounter.stage is Stage.PROJECTING  # again
    hall.play(scene(200, A), scene(5))
    check(hall)


def test_an_answer_to_what_was_asked_before_is_not_heard() -> None:
    hall = Hall(USUAL, answers=((50, True), None))
    told = hall.play(scene(7, A), scene(3), scene(20, B), scene(5))
    assert [each.visitor for each in told if isinstance(each, Project)] == [1, 2]
    assert "TakeUp" not in names(told)


def test_nobody_is_taken_up_who_is_not_in_view() -> None:
    hall = Hall(USUAL, answers=((10, True),))
    told = hall.play(scene(5.5, A), scene(1.5), scene(1, A))
    assert instants(told)["TakeUp"] == 7 * S


# -- who leaves


def test_who_leaves_while_their_face_is_looked_for_is_forgotten_at_once() -> None:
    hall = Hall(USUAL, answers=((50, True),))
    told = hall.play(scene(6, A), scene(10))
    assert names(told)[-2:] == ["Forget", "visitor_leaves"]
    assert instants(told)["Forget"] == 8 * S  # as soon as they count as gone


@pytest.mark.parametrize("shown_s", [1, 15], ids=["turning", "living"])
def test_who_leaves_is_stayed_for_a_moment_and_forgotten(shown_s: int) -> None:
    hall = Hall(USUAL)
    told = hall.play(scene(6.5 + shown_s, A), scene(20))
    when = instants(told)
    assert when["LetGo"] == (11_500 + 1000 * shown_s) * MS
    assert when["Forget"] - when["LetGo"] == 6 * S
    check(hall)


def test_who_comes_back_in_time_goes_on_being_lived_as() -> None:
    hall = Hall(USUAL)
    told = hall.play(scene(15, A), scene(4), scene(40, A))
    assert instants(told)["LetGo"] == 32_500 * MS


def test_whatever_the_score_says_nobody_is_remembered_for_a_minute() -> None:
    for hospitality in (
        Hospitality(linger_ns=100 * S, fade_ns=2 * S, stay=Span(500 * S, 500 * S)),
        Hospitality(linger_ns=0, fade_ns=300 * S),
        Hospitality(linger_ns=60 * S, fade_ns=60 * S, stay=Span(0, 0)),
    ):
        hall = Hall(hospitality)
        hall.play(scene(90, A), scene(400))
        check(hall)
        assert "TakeUp" in names(hall.told)


# -- several


def test_a_larger_face_does_not_take_the_encounter_over_nor_restart_it() -> None:
    hall = Hall(USUAL)
    told = hall.play(scene(3, A), scene(30, B, A), scene(5, B))
    assert instants(told)["Project"] == 5 * S
    assert hall.told.count(Event("visitor_stays", S)) == 1
    assert [each.visitor for each in told if isinstance(each, Project)] == [1]
    assert [name for name in names(told) if name.startswith("visitor_")][:2] == [
        "visitor_arrives",
        "visitor_stays",
    ]


def test_the_first_who_comes_and_the_last_who_goes() -> None:
    hall = Hall(Hospitality(takes_up=False))
    told = hall.play(scene(5, A), scene(5, A, B), scene(5, B), scene(5))
    assert names(told) == ["visitor_arrives", "visitor_stays", "visitor_stays", "visitor_leaves"]
    assert instants(told)["visitor_leaves"] == 17 * S


def test_whoever_looks_is_engaged_before_who_was_there_first_and_does_not() -> None:
    hall = Hall(USUAL)
    hall.play(scene(5, somebody(1, is_facing=False)), scene(3, somebody(1, is_facing=False), B))
    assert (hall.encounter.stage, hall.encounter.visitor) == (Stage.ENGAGED, 2)


def test_the_next_one_has_their_turn_when_the_first_has_left() -> None:
    hall = Hall(USUAL)
    told = hall.play(scene(3, A, B), scene(7, B))
    assert [each.visitor for each in told if isinstance(each, Project)] == [2]


def test_after_an_encounter_another_has_their_turn_before_the_same_one_again() -> None:
    hall = Hall(USUAL)
    told = hall.play(scene(100, A, B))
    assert [each.visitor for each in told if isinstance(each, Project)] == [1, 2]


def test_who_never_leaves_is_taken_up_again_later_each_time() -> None:
    hall = Hall(USUAL)
    told = hall.play(scene(1200, A), scene(60))
    projects = [each.t_ns for each in told if isinstance(each, Project)]
    gaps = [later - earlier for earlier, later in pairwise(projects)]
    assert len(gaps) >= 3 and gaps == sorted(gaps) and len(set(gaps)) == len(gaps) and gaps[0] > 120 * S
    check(hall)


def test_who_comes_back_is_another_and_waits_for_the_rest_alone() -> None:
    hall = Hall(USUAL)
    told = hall.play(scene(60, A), scene(3), scene(60, somebody(7)), scene(60))
    forgotten, again = (
        next(each.t_ns for each in told if isinstance(each, Forget)),
        [each.t_ns for each in told if isinstance(each, Project)][1],
    )
    assert again == forgotten + 30 * S + 4 * S
    check(hall)


# -- erasing, and other scores


@pytest.mark.parametrize("begins_s", [0, 0.5, 2, 5.5, 8, 20, 33, 38, 50])
def test_erased_within_a_second_at_any_stage(begins_s: float) -> None:
    hall = Hall(USUAL)
    hall.play(scene(begins_s, A))
    t_ns = hall.t_ns
    told = hall.play(scene(100, A, is_erasing=True))
    assert any(isinstance(each, Forget) and each.t_ns <= t_ns + S for each in told)
    for each in told:
        assert not isinstance(each, LetGo) or each.fade_ns <= S // 2
    assert "Project" not in names(told), "who objects is not taken up again"
    assert hall.encounter.visitor == 1
    check(hall)


def test_a_key_that_is_held_down_does_not_put_off_the_forgetting() -> None:
    hall = Hall(USUAL)
    hall.play(scene(10, A))
    told = hall.play(*[scene(0.1, A, is_erasing=True)] * 30)
    assert instants(told)["visitor_let_go"] == 10 * S
    assert next(each.t_ns for each in told if isinstance(each, Forget)) == 10_500 * MS
    assert names(told).count("LetGo") == 1


def test_after_erasing_others_wait_for_the_rest() -> None:
    hall = Hall(USUAL)
    hall.play(scene(10, A), scene(1, A, is_erasing=True))
    told = hall.play(scene(60, B))
    assert instants(told)["Project"] == 10_500 * MS + 30 * S + 4 * S


def test_another_score_counts_from_the_next_encounter_on() -> None:
    hall = Hall(USUAL)
    hall.play(scene(10, A))
    hall.encounter.offer(Hospitality(fade_ns=3 * S, stay=Span(S, S), cooldown_ns=0))
    told = hall.play(scene(60, A), scene(5), scene(60, B))
    fades = [each.fade_ns for each in told if isinstance(each, LetGo | TakeUp)]
    assert fades == [6 * S, 3 * S, 3 * S]


def test_where_no_face_is_taken_up_any_more_it_is_let_go() -> None:
    for begins_s, expected in ((5.5, ["Forget"]), (8, ["visitor_let_go", "LetGo", "Forget"])):
        hall = Hall(USUAL)
        hall.play(scene(begins_s, A))
        hall.encounter.offer(Hospitality(takes_up=False))
        t_ns = hall.t_ns
        told = hall.play(scene(60, A))
        assert names(told) == expected
        assert abs(told[0].t_ns - t_ns) < 40 * MS, "at once"
        check(hall)


# -- whatever happens

PEOPLE = st.lists(
    st.builds(
        somebody,
        st.integers(1, 4),
        size=st.sampled_from([0.05, 0.1, 0.3, 0.3, 0.3, 0.6]),
        is_facing=st.sampled_from([True, True, True, False]),
    ),
    max_size=3,
    unique_by=lambda visitor: visitor.number,
).map(tuple)
ANYTHING = st.builds(
    Scene,
    st.one_of(st.integers(1, 30), st.integers(1, 300)),
    PEOPLE,
    st.booleans(),
    st.sampled_from([False] * 9 + [True]),
)
LOOKING = st.builds(Scene, st.integers(10, 200), st.sampled_from([(A,), (A,), (A, B), (B, A)]), st.booleans())
SCENES = st.lists(st.one_of(LOOKING, LOOKING, ANYTHING), min_size=2, max_size=12).map(tuple)
SECONDS = st.integers(0, 80).map(lambda tenths: tenths * STEP_NS)
HOSPITALITIES = st.one_of(
    st.just(QUICK),
    st.builds(
        lambda dwell, low, more, fade, linger, cooldown: Hospitality(
            dwell_ns=dwell,
            stay=Span(low, low + more),
            fade_ns=fade,
            linger_ns=linger,
            cooldown_ns=cooldown,
        ),
        SECONDS,
        SECONDS,
        SECONDS,
        SECONDS,
        SECONDS,
        SECONDS,
    ),
)
A_GOOD_ONE = st.tuples(st.integers(1, 30), st.just(True))
AN_ANSWER = st.one_of(A_GOOD_ONE, A_GOOD_ONE, st.none(), st.tuples(st.integers(1, 80), st.booleans()))
ANSWERS = st.lists(AN_ANSWER, min_size=1, max_size=4).map(tuple)
CONSENTS = st.sampled_from(["dwell", "dwell", "key", "osc"])
NOBODY = scene(200)


@settings(max_examples=100, deadline=None)
@given(SCENES, HOSPITALITIES, CONSENTS, ANSWERS)
def test_whatever_happens_it_happens_in_order_and_everybody_is_forgotten(
    scenes: tuple[Scene, ...],
    hospitality: Hospitality,
    consent: Consent,
    answers: tuple[tuple[int, bool] | None, ...],
) -> None:
    hall = Hall(hospitality, consent, answers, fps=10)
    hall.play(*scenes, NOBODY)
    check(hall)
    assert (hall.encounter.stage, hall.encounter.visitor) == (Stage.ALONE, None)


@settings(max_examples=40, deadline=None)
@given(SCENES, HOSPITALITIES, CONSENTS, ANSWERS)
def test_the_same_at_thirty_and_at_sixty_frames_a_second(
    scenes: tuple[Scene, ...],
    hospitality: Hospitality,
    consent: Consent,
    answers: tuple[tuple[int, bool] | None, ...],
) -> None:
    halls = [Hall(hospitality, consent, answers, fps=fps) for fps in (30, 60)]
    half, whole = (hall.play(*scenes, scene(30)) for hall in halls)
    assert half == whole


def test_a_thousand_encounters_leave_nothing_behind() -> None:
    hall = Hall(QUICK, fps=10)

    def receive(first: int, num: int) -> None:
        for number in range(first, first + num):
            hall.play(scene(18, somebody(number)), scene(3, somebody(number + 5000, is_facing=False)))
        check(hall)
        assert names(hall.told).count("TakeUp") == num
        hall.told.clear()
        hall.absences.clear()
        hall._seen.clear()

    began = time.perf_counter()
    receive(1, 100)
    tracemalloc.start()
    try:
        receive(1001, 50)
        before, _ = tracemalloc.get_traced_memory()
        receive(2001, 50)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000
    receive(3001, 800)
    assert time.perf_counter() - began < 60
    assert len(hall.encounter._people) <= 2


def test_nothing_that_is_told_says_who() -> None:
    hall = Hall(USUAL)
    for each in hall.play(scene(60, A), scene(20)):
        assert all(isinstance(value, int | str) for value in (getattr(each, n) for n in each.__match_args__))


def test_every_happening_is_told_at_the_first_call_after_it() -> None:
    hall = Hall(Hospitality(stay=Span(20 * S + 1, 20 * S + 1)), fps=7)
    when = instants(hall.play(scene(100, A), scene(5)))  # the hall itself asserts it
    assert when["LetGo"] - when["TakeUp"] == 26 * S + 1
