"""The choreographies: what a curator copies from has to be right, and to play as it says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import yaml

from installation.loading import load_networks
from installation.notation.document import choreography_schema, parse_choreography, read_choreography
from installation.options import DEFAULT_PERSON
from installation.score.choreography import CHOOSES, EVENTS, Choreography, Timed
from installation.score.conductor import Conductor
from installation.score.gesture import Gesture
from installation.score.hours import Hours, instant
from installation.score.phrase import Phrase
from installation.score.rehearsal import Step, Understudy
from installation.score.transition import EASES
from models.action_units import CATEGORIES
from run_installation import CHOREOGRAPHY, ROOT, WEIGHTS

S: Final = 1_000_000_000
HOUR_S: Final = 3600
UTC: Final = ZoneInfo("UTC")

FILES: Final = sorted((ROOT / "choreographies").glob("*.yaml"))
SHEETS: Final = sorted((ROOT / "docs" / "choreography").glob("*.yaml"))

A_THURSDAY: Final = date(2026, 12, 24)  # a day on which most of the dated cues play
FULL: Final = 0.45  # of a unit, from which on it is seen across a room


@dataclass(frozen=True)
class Outing:
    """When a choreography is watched: for two hours or longer, in which everything comes."""

    at: str = "11:00"
    num_hours: float = 2
    visits: bool = False


OUTINGS: Final = {
    "weather": Outing("17:30"),
    "the_long_afternoon": Outing(visits=True),
    "la_visita": Outing(visits=True),
    "las_tres": Outing("13:30"),
    "horas_de_sala": Outing("11:00", 10),
}


def name_of(path: Path) -> str:
    return path.stem


each_file = pytest.mark.parametrize("path", FILES, ids=name_of)


def score_of(path: Path) -> Choreography:
    return parse_choreography(path.read_bytes(), path.name)


@dataclass(frozen=True)
class Played:
    phrase: Phrase
    step: Step


def play(
    score: Choreography, day: date, at: str, seconds: float, visits: bool = False
) -> tuple[list[Played], Understudy]:
    """A show from a time of day on; with visits, somebody comes every five minutes, stays for two, and is
    taken up for one.
    """
    hours, face = Hours.always(UTC), Understudy()
    resident = DEFAULT_PERSON if score.person is None else score.person
    seed = score.seed if isinstance(score.seed, int) else 0
    conductor = Conductor(score, seed, hours, face, resident, is_alive=False)
    began = instant(day, time.fromisoformat(at), UTC)
    comings = [
        (60 + 300 * k + after_s, event)
        for k in range(999)
        for after_s, event in zip((0, 3, 30, 90, 120), EVENTS, strict=True)
    ]
    played = []
    for at_s, event in comings if visits else ():
        if at_s < seconds:
            phrases = conductor.notify(event, at_s * S, began + at_s * S)
            played += [Played(phrase, face.step) for phrase in phrases]
    end_ns = round(seconds * S)
    played += [Played(phrase, face.step) for phrase in conductor.advance(end_ns, began + end_ns)]
    return played, face


@cache
def outing(path: Path) -> tuple[list[Played], Understudy]:
    out = OUTINGS.get(path.stem, Outing())
    return play(score_of(path), A_THURSDAY, out.at, out.num_hours * HOUR_S, out.visits)


@pytest.fixture(scope="module")
def learned():
    """The units and controls that the weights in the repository have learned."""
    loaded = load_networks(WEIGHTS).pseudo_autoencoder
    return loaded.learned_units, loaded.learned_controls


# --- the files ----------------------------------------------------------------------------------------------


def test_there_are_six():
    assert {path.stem for path in FILES} == {
        "the_long_afternoon", "weather", "la_visita", "horas_de_sala", "las_tres", "paper",
    }  # fmt: skip
    assert CHOREOGRAPHY in FILES


@pytest.mark.parametrize("path", [*FILES, *SHEETS], ids=name_of)
def test_a_strict_check_finds_nothing(path, learned):
    units, controls = learned
    warnings = read_choreography(path.read_bytes(), path.name, units, controls).warnings
    assert [str(warning) for warning in warnings] == []


@each_file
def test_a_file_begins_with_its_purpose(path):
    text, score = path.read_text(encoding="utf-8"), score_of(path)
    first = text.splitlines()[0]
    assert first.startswith(f"# {score.title}: ")
    assert first.endswith((".", ","))
    assert "$schema=choreography.schema.json" in text or path.stem == "paper"
    assert max(map(len, text.splitlines())) <= 125


def is_timing_of_faces(gesture: Gesture) -> bool:
    """Sadness is slow to come; surprise and disgust are fast; they, anger and fear are no masks."""
    emotion = gesture.emotion or ""
    if emotion == "sad":
        return gesture.onset.low_ns >= 0.8 * S
    if emotion.endswith(("surprised", "disgusted")):
        return gesture.onset.high_ns <= 0.8 * S and gesture.hold.high_ns <= 3 * S
    return not emotion.endswith(("angry", "fearful")) or gesture.hold.high_ns <= 4 * S


@pytest.mark.parametrize("path", [path for path in FILES if path.stem != "paper"], ids=name_of)
def test_expressions_take_their_time(path):
    gestures = score_of(path).gestures.values()
    assert [gesture.name for gesture in gestures if not is_timing_of_faces(gesture)] == []


def promises() -> dict[str, Callable[[Choreography], bool]]:
    """What the comments at the heads of the files say that one can copy from them."""

    def daily(score: Choreography) -> bool:
        return score.seed == "daily" and not score.arcs and {cue.when for cue in score.cues} == set(EVENTS)

    def weather(score: Choreography) -> bool:
        short = [mood for mood in score.moods.values() if mood.dwell.high_ns <= 16 * S]
        held = all(gesture.hold.high_ns <= 2.5 * S for gesture in score.gestures.values())
        lit = [gesture for gesture in score.gestures.values() if "light_azimuth" in gesture.controls]
        away = all(mood.name not in mood.next for mood in score.moods.values())
        return len(short) == len(score.moods) - 1 and held and away and len(lit) >= 8

    def visits(score: Choreography) -> bool:
        kinds = {cue.when for cue in score.cues}
        mirrors = any(mood.mirror for mood in score.moods.values())
        return mirrors and kinds == set(EVENTS) and {cue.is_immediate for cue in score.cues} == {True, False}

    def hours(score: Choreography) -> bool:
        timed = [cue.when for cue in score.cues if isinstance(cue.when, Timed)]
        lit = {gesture.controls.get("light_azimuth") for gesture in score.gestures.values()}
        some_days, every_day = (
            [len(each.days) < 7 for each in timed].count(is_some) for is_some in (True, False)
        )
        dated = [each for each in timed if each.dates]
        return min(some_days, every_day, len(dated)) > 0 and len(lit) >= 5 and None not in lit

    def three(score: Choreography) -> bool:
        ends = [arc.begins_ns + arc.lasts_ns for arc in score.arcs]
        return set(score.people) == {57, 49, 22} and max(ends) == 90 * 24 * HOUR_S * S

    def paper(score: Choreography) -> bool:
        return score.is_chained and {each.emotion for each in score.gestures.values()} == set(CATEGORIES)

    return {
        "the_long_afternoon": daily, "weather": weather, "la_visita": visits,
        "horas_de_sala": hours, "las_tres": three, "paper": paper,
    }  # fmt: skip


@each_file
def test_a_file_keeps_what_its_comment_promises(path):
    assert promises()[path.stem](score_of(path))


def keys_of(schema: Mapping[str, Any], node: Any, way: str = "") -> Iterator[str]:
    """Every key of the language that a file uses, as `moods.next`."""
    if "properties" in schema and isinstance(node, dict):
        for key, value in node.items():
            yield f"{way}{key}"
            if way != "gestures." or key != "aus":
                yield from keys_of(schema["properties"][key], value, f"{way}{key}.")
    elif isinstance(schema.get("additionalProperties"), dict) and isinstance(node, dict):
        for value in node.values():
            yield from keys_of(schema["additionalProperties"], value, way)
    elif isinstance(node, list) and "items" in schema:
        for value in node:
            yield from keys_of(schema["items"], value, way)


def all_keys(schema: Mapping[str, Any], way: str = "") -> Iterator[str]:
    for key, below in schema.get("properties", {}).items():
        yield f"{way}{key}"
        if key != "aus":
            yield from all_keys(below, f"{way}{key}.")
    for below in (schema.get("additionalProperties"), schema.get("items")):
        if isinstance(below, dict):
            yield from all_keys(below, way)


def test_the_whole_language_is_spoken():
    schema, used = choreography_schema(), set[str]()
    scores = [score_of(path) for path in FILES]
    for path in FILES:
        used |= set(keys_of(schema, yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert set(all_keys(schema)) - used == set()
    assert {each.ease for score in scores for each in score.gestures.values()} == set(EASES)
    assert {mood.choose for score in scores for mood in score.moods.values()} == set(CHOOSES)
    assert {cue.when for score in scores for cue in score.cues if isinstance(cue.when, str)} == set(EVENTS)
    assert {score.motion for score in scores} == {"expressive", "chained"}
    assert {type(score.seed) for score in scores} == {int, str}


# --- as they play -------------------------------------------------------------------------------------------


@each_file
def test_everything_comes_and_every_gesture_can_be_seen(path):
    score, (played, _) = score_of(path), outing(path)
    assert {each.phrase.mood for each in played} == set(score.moods)
    assert {each.phrase.gesture for each in played} == set(score.gestures)
    assert [each.phrase.gesture for each in played if each.step.is_no_op] == []
    assert not any(each.step.is_past_neutral for each in played)


@each_file
def test_moods_last_as_long_as_they_say(path):
    score, (played, _) = score_of(path), outing(path)
    phrases = [each.phrase for each in played]
    stays = [list(group) for _, group in groupby(phrases, lambda phrase: phrase.why.mood_since_ns)]
    assert all(phrase.mood == stay[0].mood for stay in stays for phrase in stay)
    for stay in stays:
        why, dwell = stay[0].why, score.moods[stay[0].mood].dwell
        assert dwell.low_ns <= why.mood_until_ns - why.mood_since_ns <= dwell.high_ns
    by_dice = [(stay, then) for stay, then in pairwise(stays) if not is_called(score, then[0])]
    for stay, then in by_dice:
        assert stay[-1].start_ns < stay[0].why.mood_until_ns <= then[0].start_ns
        assert then[0].mood in score.moods[stay[0].mood].next


def is_called(score: Choreography, phrase: Phrase) -> bool:
    """Whether a cue may have brought the mood that begins with a phrase."""
    return phrase.mood in {cue.mood for cue in score.cues}


def num_clear(phrases: list[Phrase], until_ns: int) -> int:
    """How many different expressions are read from afar: several units at once, held for a second."""
    held = [phrase for phrase in phrases if phrase.start_ns + phrase.onset_ns + S <= until_ns]
    clear = [phrase for phrase in held if sum(strength >= FULL for strength in phrase.target) >= 2]
    return len({phrase.gesture for phrase in clear if phrase.hold_ns >= S})


@pytest.mark.parametrize("day", [date(2026, 3, number) for number in range(1, 11)], ids=str)
def test_the_first_minute_of_the_default_is_clear_and_not_restless(day):
    score = score_of(CHOREOGRAPHY)
    phrases = [each.phrase for each in play(score, day, "11:00", 60)[0]]
    assert num_clear(phrases, 60 * S) >= 4
    assert 8 <= len(phrases) <= 16


def test_the_attendant_moves_about_once_a_minute():
    played, _ = outing(ROOT / "choreographies" / "horas_de_sala.yaml")
    assert 0.7 <= len(played) / (10 * 60) <= 1.5


def test_each_of_the_three_is_there_and_has_the_family_s_gestures():
    score = score_of(ROOT / "choreographies" / "las_tres.yaml")
    played, face = play(score, A_THURSDAY, "11:00", 10 * HOUR_S)
    family = {"media sonrisa", "ojos cerrados", "ceño", "cejas al cielo"}
    ends = [since_ns for since_ns, _ in face.people[1:]] + [10 * HOUR_S * S]
    there, shown = dict.fromkeys(score.people, 0), {who: set[str]() for who in score.people}
    for (since_ns, who), end_ns in zip(face.people, ends, strict=True):
        there[who] += end_ns - since_ns
        shown[who] |= {each.phrase.gesture for each in played if since_ns <= each.phrase.start_ns < end_ns}
    assert all(lasts_ns >= 0.15 * 10 * HOUR_S * S for lasts_ns in there.values())
    assert all(family <= gestures for gestures in shown.values())


def test_a_visitor_is_greeted_once_and_others_get_a_glance():
    score = score_of(ROOT / "choreographies" / "la_visita.yaml")
    conductor = Conductor(score, 0, Hours.always(UTC), Understudy(), DEFAULT_PERSON, is_alive=False)
    began, seen = instant(A_THURSDAY, time(11), UTC), {}
    for at_s in (60, 61, 70):
        shown = list(conductor.notify(EVENTS[0], at_s * S, began + at_s * S))
        seen[at_s] = shown[-1].gesture if shown and shown[-1].start_ns == at_s * S else "nothing"
    assert seen == {60: "recognises", 61: "nothing", 70: "glance"}
    assert conductor.phrase is not None
    assert conductor.phrase.mood == "company"
