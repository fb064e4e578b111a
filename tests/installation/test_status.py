"""The status: what a show tells of itself, and what it never tells of a visitor."""

import json
from dataclasses import replace
from datetime import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from installation.app import play
from installation.ports import Command, Frame, Move, Play
from installation.score.hours import Hours, Slot
from installation.score.resume import as_json, resume_in
from installation.stage.frame_times import FrameTimes
from installation.stage.pacing import Pacer, VirtualClock
from installation.stage.shared import SharedLatest
from installation.status import CAPACITY, TOLD_NS, About, StatusTeller, payload_of, static_of, status_of
from installation.visit import VISITOR
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS
from tests.installation.fakes import BEGAN, FakeSynthesizer, tick
from tests.installation.test_operator import asked_show, poses
from tests.installation.test_visit import SHORT, THEM, ScriptedEyes, show_of

S = 1_000_000_000
ABOUT = About(Path("s.yaml"), Path("w.safetensors"), Path("site.yaml"))
KEYS = """
    version utc_ns t_ns pid zone show doors playing next cues person is_visitor visit aus controls
    held is_paused is_dark is_blackout frames camera resume
"""


@pytest.fixture
def mailbox():
    box = SharedLatest.create(CAPACITY)
    yield box
    box.close()


def told(show, now):
    """As whoever reads the JSON has it."""
    return json.loads(payload_of(status_of(show, now, static_of(show, now, ABOUT))))


def test_everything_is_told_of_a_show_that_plays():
    show, _ = asked_show('cues: [{at: "18:00", mood: night}, {at: "12:00", person: 9}]')
    poses(show, 0, 5)
    now = tick(5 * S)
    show.obey(Play(mood="night", by="the desk"), now)
    for k in range(20):
        show.obey(Move("AU12", 0.6), tick(5 * S + k * S // 30))
    now = tick(6 * S)
    show.pose_at(now)
    status = told(show, now)
    assert list(status) == KEYS.split()
    assert (status["utc_ns"], status["t_ns"], status["zone"]) == (BEGAN + 6 * S, 6 * S, "UTC")
    assert status["show"]["choreography"] == "s.yaml" and status["show"]["site"] == "site.yaml"
    assert status["show"]["moods"] == ["day", "night", "mask"]
    assert (status["show"]["resident"], status["show"]["people"], status["show"]["seed"]) == (1, [9], 7)
    assert status["show"]["units"] == [4, 12, 24, 25] and list(status["show"]["controls"]) == list(CONTROLS)
    assert status["doors"] == {"is_open": True, "change_utc_ns": None, "told": "open"}
    playing, phrase = status["playing"], show.phrase
    assert (playing["mood"], playing["mood_by"], playing["number"]) == ("night", "the desk", phrase.number)
    assert playing["start_utc_ns"] == BEGAN + phrase.start_ns
    assert playing["onset_s"] + playing["hold_s"] == pytest.approx((phrase.end_ns - phrase.start_ns) / S)
    assert playing["mood_until_utc_ns"] - playing["mood_since_utc_ns"] == 3600 * S
    assert set(playing["weights"]) | set(playing["excluded"]) == {"b", "c"}
    assert [each["mood"] for each in status["next"]] == ["night"] * 3
    assert status["next"][0]["utc_ns"] == BEGAN + phrase.end_ns
    assert [(each["name"], each["at_utc_ns"] - BEGAN) for each in status["cues"][:2]] == [
        ("cue 2", 3600 * S),
        ("cue 1", 7 * 3600 * S),
    ]
    assert status["cues"][0]["person"] == 9 and status["cues"][1]["mood"] == "night"
    assert (status["person"], status["is_visitor"], status["visit"]) == (1, False, "nobody")
    assert len(status["aus"]) == NUM_AUS and status["aus"][AU_INDEX[12]] == pytest.approx(0.6, abs=0.01)
    assert status["held"] == {"AU12": 0.6}
    assert status["camera"] == {"is_there": False, "trouble": ""} and status["frames"] is None
    assert resume_in(status["resume"]) == show.resume_at(now)


def test_what_is_foreseen_comes():
    show, _ = asked_show()
    poses(show, 0, 5)
    coming = told(show, tick(5 * S))["next"]
    begun = []
    for k in range(150, 900):
        show.pose_at(tick(k * S // 30))
        if not begun or begun[-1]["utc_ns"] != BEGAN + show.phrase.start_ns:
            phrase = show.phrase
            begun.append({"gesture": phrase.gesture, "mood": phrase.mood, "utc_ns": BEGAN + phrase.start_ns})
    assert begun[1:4] == coming


def test_pause_blackout_and_closed_doors_are_told():
    mornings = Hours(ZoneInfo("UTC"), ((Slot(time(11), time(12)),),) * 7)
    show, _ = asked_show(hours=mornings)
    show.step(tick(0))
    show.obey(Command.PAUSE, tick(0))
    show.obey(Command.BLACKOUT, tick(0))
    status = told(show, tick(0))
    assert status["is_paused"] and status["is_dark"] and status["is_blackout"] and status["next"] == []
    assert status["doors"]["told"] == "open until 12:00"
    show.obey(Command.LIGHT, tick(S))
    assert not told(show, tick(S))["is_dark"]
    show.step(tick(3600 * S))
    status = told(show, tick(3600 * S))
    assert status["is_dark"] and not status["is_blackout"] and status["playing"] is None
    assert status["doors"]["change_utc_ns"] == BEGAN + 24 * 3600 * S


def test_before_it_has_begun_there_is_little_to_tell():
    show, _ = asked_show()
    status = told(show, tick(0))
    assert status["playing"] is None and status["next"] == [] and status["resume"] is None
    assert status["person"] == 1


@pytest.mark.parametrize("keeps", ["released", "kept"])
def test_of_a_visitor_nothing_is_told_but_how_far_the_encounter_has_come(keeps):
    """Beside a show that nobody visits, which plays the same."""
    text = SHORT.replace("{", "{expression: " + keeps + ", ")
    reading = tuple(0.1 + 0.02 * unit for unit in range(NUM_AUS))
    smiling = replace(THEM, aus=reading, closure=0.3)
    show, lonely = show_of(ScriptedEyes(visitor=smiling), text), show_of(ScriptedEyes(comes_ns=1 << 60), text)
    for each in (show.conductor, lonely.conductor):
        gestures = {"a": 1.0, "glance": 1.0}
        day = replace(each.score.moods["day"], gestures=gestures, mirror=1.0)
        each.score = replace(each.score, moods={**each.score.moods, "day": day})
    stages, mirrored = set(), 0
    for k in range(20 * 30):
        now = tick(k * S // 20)
        pose, other = show.pose_at(now), lonely.pose_at(now)
        status, alone = told(show, now), told(lonely, now)
        stages.add(status.pop("visit"))
        assert alone.pop("visit") == "alone"
        assert status.pop("is_visitor") == (VISITOR in show.portrait.people)
        assert not alone.pop("is_visitor")
        mirrored += not (pose.ws == other.ws).all()
        assert status == alone
    assert {"living", "letting go"} <= stages and mirrored > 100


def test_trouble_with_the_camera_is_told():
    show = show_of(ScriptedEyes(), SHORT)
    show.step(tick(0))
    show.visit.trouble = "camera: gone"
    assert told(show, tick(0))["camera"] == {"is_there": True, "trouble": "camera: gone"}


# --- to the mailbox -----------------------------------------------------------------------------------------


class Counting(SharedLatest):
    """Keeps what is posted."""

    @classmethod
    def made(cls):
        box = cls.create(CAPACITY)
        box.posted = []
        return box

    def post(self, payload, t_ns):
        self.posted.append(json.loads(bytes(payload)))
        super().post(payload, t_ns)


def test_it_is_told_four_times_a_second_and_when_something_changes():
    box = Counting.made()
    show, _ = asked_show()
    teller = StatusTeller(box, ABOUT)
    try:
        for k in range(60 * 20):
            now = tick(k * S // 60)
            show.pose_at(now)
            if k == 607:
                show.obey(Command.PAUSE, now)
            teller.tell(show, now)
    finally:
        box.close()
    instants = [status["t_ns"] for status in box.posted]
    begun = {status["playing"]["start_utc_ns"] - BEGAN for status in box.posted}
    frames = {-(-start_ns * 60 // S) * S // 60 for start_ns in begun}
    assert frames <= set(instants)
    assert 607 * S // 60 in instants and box.posted[-1]["is_paused"]
    gaps = [b - a for a, b in pairwise(instants)]
    assert max(gaps) <= TOLD_NS + S // 60
    assert 80 <= len(instants) <= 80 + len(begun) + 2


def test_it_is_told_from_the_loop_with_how_the_frames_come(mailbox):
    class Idle:
        def show(self, frame: Frame) -> None: ...

        def requests(self):
            return iter(())

        def close(self) -> None: ...

    show, clock = asked_show()[0], VirtualClock(start_utc_ns=BEGAN)
    show.synthesizer = FakeSynthesizer()
    pacer, times = Pacer(clock, 30), FrameTimes(clock, Fraction(30))
    teller = StatusTeller(mailbox, ABOUT, times, pacer)
    play(show, Idle(), pacer, 10, times=times, tellers=[teller])
    status = json.loads(mailbox.take().value)
    assert status["frames"] == {
        "fps": 30.0,
        "p50_ms": pytest.approx(33.3, abs=0.1),
        "p99_ms": pytest.approx(33.3, abs=0.1),
        "late": 0,
        "num": pytest.approx(299, abs=10),
        "side": 8,
        "stalls": 0,
    }


def test_a_score_that_is_too_large_is_told_without_its_names():
    show, _ = asked_show()
    poses(show, 0, 1)
    now = tick(S)
    status = status_of(show, now, static_of(show, now, ABOUT))
    many = {f"a gesture with a long name, {k}": 1.0 for k in range(3000)}
    status["show"] = {**status["show"], "gestures": list(many)}
    status["playing"] = {**status["playing"], "weights": many}
    payload = payload_of(status)
    assert len(payload) <= CAPACITY
    assert json.loads(payload)["resume"] == as_json(show.resume_at(now))
