"""A visit: what the eyes see, made into what the portrait does, with scripted eyes and fake networks."""

from dataclasses import dataclass, field, replace
from datetime import time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from installation.performance import Performance
from installation.ports import Command, Detail, Likeness, Sighting, Tick, Visitor
from installation.score.choreography import Choreography
from installation.score.encounter import ERASED_FADE_NS, Happening, Seen, Stage, TakeUp
from installation.score.hours import Hours, Slot
from installation.visit import VISITOR
from installation.wiring import visit_with
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS
from tests.installation.fakes import BEGAN, NEUTRAL, NUM_WS, anchor, performance_of, tick
from tests.score.shows import score

S = 1_000_000_000
FPS = 20
THEM = Visitor(1, azimuth_deg=8.0, elevation_deg=-3.0, size=0.3, is_facing=True)
SMILE = tuple(0.8 if unit == AU_INDEX[12] else 0.0 for unit in range(NUM_AUS))
SHORT = "visitor: {dwell: 1s, stay: 4s, fade: 1s, linger: 2s, cooldown: 10s}\n"


@dataclass
class ScriptedEyes:
    """Sees a visitor between two instants, and answers a request after a second."""

    comes_ns: int = S
    goes_ns: int = 60 * S
    doubts: tuple[str, ...] = ()
    is_live: bool = True
    visitor: Visitor = THEM
    asked_ns: int | None = None
    request: int = 0
    num_forgotten: int = 0
    t_ns: int = 0
    log: list[str] = field(default_factory=list)

    def look(self, t_ns: int) -> Sighting:
        self.t_ns = t_ns
        there = (self.visitor,) if self.comes_ns <= t_ns < self.goes_ns else ()
        return Sighting(there, self._likeness())

    def _likeness(self) -> Likeness | None:
        if self.asked_ns is None or self.t_ns < self.asked_ns + S:
            return None
        if self.doubts:
            return Likeness(self.request, None, (), self.doubts)
        return Likeness(self.request, np.full((NUM_WS, 512), 3.0, np.float32), SMILE)

    def project(self, request: int, visitor: int) -> None:
        self.asked_ns, self.request = self.t_ns, request
        self.log.append(f"project {visitor}")

    def forget(self) -> None:
        self.asked_ns = None
        self.num_forgotten += 1
        self.log.append("forget")

    def rest(self) -> None:
        self.log.append("rest")

    def wake(self) -> None:
        self.log.append("wake")


def show_of(
    eyes: ScriptedEyes, text: str = SHORT, consent: str = "dwell", hours: Hours | None = None
) -> Performance:
    performance = performance_of(choreography(text))
    if hours:
        performance.conductor.hours = hours
    performance.visit = visit_with(eyes, performance, consent)
    return performance


def choreography(text: str) -> Choreography:
    return score(text)


def stages(performance: Performance, num_s: float, commands: dict[float, Command] | None = None) -> list:
    """(stage, whether the frame is private) a frame."""
    seen = []
    asked = dict(commands or {})
    for k in range(round(num_s * FPS)):
        now = tick(k * S // FPS)
        frame = performance.step(now)
        seen.append((performance.visit.encounter.stage, frame.is_private))
        for at_s in [at_s for at_s in asked if at_s * S <= now.t_ns]:
            performance.obey(asked.pop(at_s), now)
    return seen


def course(seen: list) -> list[Stage]:
    """The stages in their order."""
    order: list[Stage] = []
    for stage, _ in seen:
        if not order or order[-1] is not stage:
            order.append(stage)
    return order


def test_a_visitor_is_taken_up_lived_as_let_go_and_forgotten():
    eyes = ScriptedEyes()
    performance = show_of(eyes)
    seen = stages(performance, 16)
    way = "alone noticed engaged projecting turning living"
    assert [stage.value for stage in course(seen)][:7] == [*way.split(), "letting go"]
    assert eyes.log[0] == "project 1"
    assert eyes.num_forgotten == 1
    shown = (Stage.TURNING, Stage.LIVING, Stage.LETTING_GO)
    assert all(is_private == (stage in shown) for stage, is_private in seen)
    assert VISITOR not in performance.portrait.people


def test_what_the_visitor_showed_is_taken_out_or_kept():
    for keeps, expression in ((False, "released"), (True, "kept")):
        eyes = ScriptedEyes()
        performance = show_of(eyes, SHORT.replace("{", "{expression: " + expression + ", "))
        while VISITOR not in performance.portrait.people:
            stages_of_one(performance, eyes)
        assert performance.portrait.people[VISITOR].aus == (NEUTRAL if keeps else SMILE)


def stages_of_one(performance: Performance, eyes: ScriptedEyes) -> None:
    performance.step(tick(eyes.t_ns + S // FPS))


def test_a_poor_likeness_is_never_shown():
    eyes = ScriptedEyes(doubts=("the picture is blurred",))
    performance = show_of(eyes)
    seen = stages(performance, 20)
    assert Stage.PROJECTING in course(seen)
    assert Stage.TURNING not in course(seen)
    assert not any(is_private for _, is_private in seen)


def test_a_likeness_that_is_lost_at_the_last_moment_is_not_missed():
    """The process that found it has died between its answer and the visitor's coming back into view."""
    performance = show_of(ScriptedEyes())
    encounter, advance = performance.visit.encounter, performance.visit.encounter.advance

    def hasty(t_ns: int, seen: Seen) -> tuple[Happening, ...]:
        return (*advance(t_ns, seen), *((TakeUp(S, t_ns),) if t_ns == 2 * S else ()))

    encounter.advance = hasty
    stages(performance, 3)
    assert VISITOR not in performance.portrait.people


def test_a_recording_is_not_private():
    seen = stages(show_of(ScriptedEyes(is_live=False)), 10)
    assert Stage.LIVING in course(seen)
    assert not any(is_private for _, is_private in seen)


def test_consent_by_key_waits_for_it():
    performance = show_of(ScriptedEyes(), consent="key")
    assert Stage.PROJECTING not in course(stages(performance, 12))
    performance = show_of(ScriptedEyes(), consent="key")
    assert Stage.LIVING in course(stages(performance, 12, {5: Command.AGREE}))


def test_erasing_forgets_within_a_second():
    eyes = ScriptedEyes()
    performance = show_of(eyes)
    seen = stages(performance, 12, {7: Command.ERASE})
    private = [k / FPS for k, (_, is_private) in enumerate(seen) if is_private]
    assert private[0] < 7 < private[-1] < 7.6
    assert VISITOR not in performance.portrait.people
    assert eyes.num_forgotten >= 1


def test_erasing_while_they_are_let_go_goes_faster():
    performance = show_of(ScriptedEyes(), SHORT.replace("fade: 1s", "fade: 8s"))
    seen = stages(performance, 22.5)
    assert seen[-1] == (Stage.LETTING_GO, True)
    for k in range(FPS):
        now = tick(round(22.5 * S) + k * S // FPS)
        performance.step(now)
        if k == 0:
            performance.obey(Command.ERASE, now)
    assert VISITOR not in performance.portrait.people


MEANWHILE = {
    "a cue's person as they leave": ("cues: [{when: visitor_leaves, person: 5, interrupt: now}]", 7.0),
    "a cue's person at a time": ('cues: [{at: "11:00:11", person: 5, interrupt: now}]', 60.0),
    "a mood's person": ('cues: [{at: "11:00:11", mood: mask, interrupt: now}]', 60.0),
}


@pytest.mark.parametrize(("text", "goes_s"), MEANWHILE.values(), ids=MEANWHILE)
def test_somebody_else_who_is_wanted_while_a_visitor_is_let_go_comes_afterwards(text: str, goes_s: float):
    eyes = ScriptedEyes(goes_ns=round(goes_s * S))
    performance = show_of(eyes, SHORT.replace("fade: 1s", "fade: 4s") + text)
    seen = stages(performance, 30)
    assert [stage for stage in course(seen) if stage is Stage.LETTING_GO]
    assert VISITOR not in performance.portrait.people
    wanted = 9 if "mask" in text else 5
    there, anchor = performance.portrait.at(30 * S), performance.portrait.people[wanted]
    moved = there.ws - anchor.ws  # by the gesture, the same for everybody
    assert float(np.abs(moved - moved[0]).max()) < 1e-3


def test_a_score_with_another_resident_while_a_visitor_is_let_go():
    eyes = ScriptedEyes()
    performance = show_of(eyes, SHORT.replace("fade: 1s", "fade: 6s"))
    before = stages(performance, 17)
    assert before[-1][0] is Stage.LETTING_GO
    other = replace(performance.portrait.people[1], ws=performance.portrait.people[1].ws + 1)
    performance.offer(score(SHORT + "person: 3\n"), 1, {3: other}, 3)
    for k in range(12 * FPS):
        performance.step(tick(17 * S + k * S // FPS))
    assert VISITOR not in performance.portrait.people
    assert performance.conductor.casting.shown == 3


def test_an_erase_reaches_the_eyes_at_once_and_the_fade_after():
    eyes = ScriptedEyes()
    performance = show_of(eyes)
    stages(performance, 7)
    assert VISITOR in performance.portrait.people
    performance.obey(Command.ERASE, tick(7 * S))
    performance.step(tick(7 * S + S // FPS))
    assert eyes.num_forgotten == 1
    assert VISITOR in performance.portrait.people


def test_who_was_erased_and_comes_under_another_number_is_not_taken_up():
    """The sight was replaced meanwhile: whoever is new may be they."""
    eyes = ScriptedEyes()
    performance = show_of(eyes, SHORT.replace("cooldown: 10s", "cooldown: 1s"))
    look, number = eyes.look, THEM.number

    def troubled(t_ns: int) -> Sighting:
        sighting = look(t_ns)
        if 8 * S <= t_ns < 11 * S:
            return Sighting((), None, "sight: killed")
        return replace(sighting, visitors=tuple(replace(v, number=number) for v in sighting.visitors))

    eyes.look = troubled
    stages(performance, 7)
    performance.obey(Command.ERASE, tick(7 * S))
    asked = len([entry for entry in eyes.log if entry.startswith("project")])
    for k in range(30 * FPS):
        t_ns = 7 * S + k * S // FPS
        number = 2 if t_ns >= 11 * S else 1
        performance.step(tick(t_ns))
    assert len([entry for entry in eyes.log if entry.startswith("project")]) == asked


def test_closing_the_doors_forgets_whoever_is_there():
    eyes = ScriptedEyes()
    performance = show_of(eyes)
    stages(performance, 7)
    assert VISITOR in performance.portrait.people
    closed = Hours(performance.hours.zone, week=((),) * 7)
    performance.conductor.hours = closed
    frames = []
    for k in range(4 * FPS):
        t_ns = 7 * S + k * S // FPS
        frames.append(performance.step(Tick(t_ns, BEGAN + t_ns)))
    private = [frame.t_ns for frame in frames if frame.is_private]
    assert max(private) - 7 * S <= ERASED_FADE_NS  # and the resident falls asleep
    assert not frames[2 * FPS].is_dark and frames[-1].is_dark and not frames[-1].image.any()
    assert VISITOR not in performance.portrait.people
    assert eyes.num_forgotten == 1


def test_closed_doors_give_the_camera_free_and_take_it_again_before_they_open():
    morning = Hours(ZoneInfo("UTC"), ((Slot(time(11), time(11, 1)),),) * 7)
    eyes = ScriptedEyes(comes_ns=3600 * S)
    performance = show_of(eyes, hours=morning)
    day_ns = 86_400 * S
    told = {}
    for t_ns in (0, 59 * S, 60 * S, 70 * S, day_ns - 21 * S, day_ns - 20 * S, day_ns, day_ns + S):
        performance.step(tick(t_ns))
        told[t_ns], eyes.log = {"rest", "wake"} & set(eyes.log), []
    assert [told[t_ns] for t_ns in (0, 59 * S)] == [set(), set()]
    assert [told[t_ns] for t_ns in (60 * S, 70 * S, day_ns - 21 * S)] == [{"rest"}] * 3
    assert [told[t_ns] for t_ns in (day_ns - 20 * S, day_ns, day_ns + S)] == [{"wake"}, {"wake"}, set()]


def test_a_blackout_lets_a_visitor_go_and_keeps_the_camera():
    eyes = ScriptedEyes()
    performance = show_of(eyes)
    stages(performance, 7)
    assert VISITOR in performance.portrait.people
    performance.obey(Command.BLACKOUT, tick(7 * S))
    for k in range(FPS):
        assert performance.step(tick(7 * S + k * S // FPS)).is_dark
    assert VISITOR not in performance.portrait.people and "rest" not in eyes.log


class Buffers:
    """A `Synthesizer` that keeps the latest latent, and for each resolution what was last drawn there."""

    resolution = 8
    resolutions = (4, 8)

    def __init__(self) -> None:
        self.side = 8
        self.kept: dict[int, np.ndarray] = {}

    def synthesize(self, ws: np.ndarray, detail: Detail | None = None) -> np.ndarray:
        side = self.side if detail is None else detail.resolution
        self.latest = self.kept[side] = ws.copy()
        return np.full((side, side, 3), 99, np.uint8)

    def is_of(self, ws: np.ndarray) -> bool:
        """Whether anything kept is nearer to this latent than to the resident's."""
        home = anchor().ws
        kept = [self.latest, *self.kept.values()]
        return any(np.abs(each - ws).mean() < np.abs(each - home).mean() for each in kept)


@pytest.mark.parametrize("is_closing", [False, True])
def test_no_buffer_of_a_synthesizer_keeps_a_visitor_who_is_forgotten(is_closing):
    """They were drawn at two resolutions, and are forgotten in the dark, or while one of them is drawn."""
    performance = show_of(ScriptedEyes())
    buffers = performance.synthesizer = Buffers()
    theirs = np.full((NUM_WS, 512), 3.0, np.float32)
    for k in range(8 * FPS):
        now = tick(k * S // FPS)
        buffers.side = 8 if k < 7 * FPS else 4
        frame = performance.step(now)
    assert frame.is_private and set(buffers.kept) == {4, 8} and buffers.is_of(theirs)
    if is_closing:
        performance.conductor.hours = Hours(performance.hours.zone, week=((),) * 7)
    else:
        performance.obey(Command.ERASE, now)
    for k in range(8 * FPS, 10 * FPS):
        performance.step(tick(k * S // FPS))
    assert VISITOR not in performance.portrait.people
    assert not buffers.is_of(theirs)


def test_the_eyes_turn_to_a_visitor_at_once_and_back_when_they_have_gone():
    text = "visitor: {take_up: off}\nlife: {blinks: off, gaze: off, saccades: off, breath: off, stir: off}\n"
    eyes = ScriptedEyes(comes_ns=2 * S, goes_ns=10 * S)
    performance = show_of(eyes, text)
    gaze = CONTROLS.index("gaze_x")
    moved = {}
    for k in range(20 * FPS):
        now = tick(k * S // FPS)
        performance.step(now)
        moved[k / FPS] = performance.visit.go_on(now).controls[gaze]
    assert moved[1.95] == 0
    assert moved[2.5] > 2
    assert abs(moved[18.0]) < 0.1


def test_a_score_without_following_leaves_the_eyes_alone():
    performance = show_of(ScriptedEyes(), "visitor: {take_up: off, follow: off}")
    for k in range(5 * FPS):
        now = tick(k * S // FPS)
        performance.step(now)
        assert not any(performance.visit.go_on(now).controls)


def test_a_blink_is_answered():
    def lids(closes_ns: int) -> list[float]:
        """How far the portrait's are closed, 50 times a second, before somebody who blinks once at 5 s."""

        class Blinking(ScriptedEyes):
            def look(self, t_ns: int) -> Sighting:
                closure = 1.0 if closes_ns <= t_ns < 5.2 * S else 0.0
                return Sighting((Visitor(1, 0, 0, 0.3, True, closure, NEUTRAL),))

        performance = show_of(Blinking(), "life: {blinks: 3, gaze: off, saccades: off, stir: off}\n")
        closed = []
        for k in range(7 * 50):
            now = tick(k * S // 50)
            performance.step(now)
            closed.append(performance.conductor.life_at(now.t_ns).aus[AU_INDEX[45]])
        return closed

    blinking, staring = lids(5 * S), lids(6 * S)
    assert blinking[: 52 * 5] == staring[: 52 * 5]
    assert max(blinking[265:315]) > 0.4 > max(staring[265:315])


def test_cues_answer_the_events_of_a_visit():
    cues = "cues: [{when: visitor_arrives, do: glance}, {when: visitor_taken_up, do: start}]"
    performance = show_of(ScriptedEyes(), SHORT + cues)
    played = set()
    for k in range(8 * FPS):
        performance.step(tick(k * S // FPS))
        played.add(performance.phrase.gesture)
    assert {"glance", "start"} <= played


def test_a_mirror_mood_shows_what_the_visitor_shows():
    text = """
    visitor: {take_up: off}
    life: {blinks: off, gaze: off, saccades: off, breath: off, stir: off}
    """
    smiling = Visitor(1, 0, 0, 0.3, True, 0.0, SMILE)
    for mirror, is_shown in ((0.0, False), (0.7, True)):
        performance = show_of(ScriptedEyes(comes_ns=0, visitor=smiling), text)
        for mood in performance.conductor.score.moods.values():
            object.__setattr__(mood, "mirror", mirror)
        for k in range(4 * FPS):
            performance.step(tick(k * S // FPS))
        moved = performance.visit.go_on(tick(4 * S)).aus[AU_INDEX[12]]
        assert (moved > 0.4) == is_shown


def test_who_was_erased_is_not_mirrored_until_they_have_gone():
    smiling = Visitor(1, 0, 0, 0.3, True, 0.0, SMILE)
    eyes = ScriptedEyes(comes_ns=0, goes_ns=6 * S, visitor=smiling)
    performance = show_of(eyes, "visitor: {take_up: off}")
    for mood in performance.conductor.score.moods.values():
        object.__setattr__(mood, "mirror", 1.0)
    shown = {}
    for k in range(12 * FPS):
        now = tick(k * S // FPS)
        performance.step(now)
        shown[k / FPS] = performance.visit.go_on(now).aus[AU_INDEX[12]]
        if k == 3 * FPS:
            performance.obey(Command.ERASE, now)
        if k == 8 * FPS:
            eyes.comes_ns, eyes.goes_ns = 9 * S, 12 * S
    assert shown[2.95] > 0.5
    assert shown[4.0] == shown[5.95] == 0
    assert shown[11.0] > 0.5
