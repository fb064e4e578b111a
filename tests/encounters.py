"""Visitors by the thousand: what the portrait does with them, and that nothing of them is left.

    python -m tests.encounters 1000

Show time and the eyes are scripted; choreography, conductor, encounter, portrait and their wiring are those
of a show. Everybody's face is a canary (tests/traces.py): while they are there it is found, and afterwards in
no object that lives, no word that was said, and no report of a crash.
"""

import gc
import json
import random
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from installation.notation.document import parse_choreography
from installation.performance import Performance
from installation.portrait import Portrait
from installation.ports import NANOSECONDS, Command, Detail, Frame, Image, Latent, Likeness, Sighting, Visitor
from installation.score.choreography import Choreography
from installation.score.conductor import Conductor
from installation.score.encounter import Stage
from installation.score.gesture import Span
from installation.score.visitors import LONGEST_MEMORY_NS, Hospitality
from installation.wiring import visit_with
from models.controls import NUM_CONTROLS
from tests.installation.fakes import ALWAYS, UNMOVED, FakeSynthesizer, FakeTargetModel, anchor, tick
from tests.traces import Canary, Deeds, Search, everything, is_in_text, overheard, reachable, watched_deeds

Figures = dict[str, float | int | str | bool]

S: Final = NANOSECONDS
FPS: Final = 10
PROJECTION_NS: Final = 2 * S
ERASE_NS: Final = S  # within which an operator's erase has to be done
EVERY: Final = 10  # from one measurement of memory to the next, in encounters


# --- the show -----------------------------------------------------------------------------------------------

SCORE: Final = """
version: 1
title: company
person: 1
defaults: {{onset: 0.3s..0.8s, hold: 0.2s..1s, motion: {motion}}}
gestures:
  rest: {{aus: {{AU17: 0.2}}}}
  smile: {{aus: {{AU12: 0.6, AU06: 0.4}}, yaw: 4}}
  wonder: {{aus: {{AU01: 0.5, AU02: 0.6}}, gaze: [5, 0]}}
moods:
  alone: {{gestures: {{rest: 1, smile: 1, wonder: 1}}}}
  company: {{gestures: {{smile: 1, wonder: 1}}, dwell: 4s..8s, next: {{alone: 1}}}}
cues:
  - {{when: visitor_arrives, do: wonder, mood: company, interrupt: now}}
  - {{when: visitor_leaves, mood: alone}}
"""

# From one that forgets at once to one that would never.
HASTY: Final = Hospitality(dwell_ns=S, stay=Span(2 * S, 4 * S), fade_ns=S, linger_ns=S, cooldown_ns=0)
CLINGING: Final = replace(HASTY, stay=Span(900 * S, 900 * S), fade_ns=20 * S, linger_ns=600 * S)
SHOWS: Final = (
    ("linear", HASTY),
    ("expressive", HASTY),
    ("chained", HASTY),
    ("expressive", Hospitality(cooldown_ns=0)),
    ("expressive", CLINGING),
    ("linear", CLINGING),
)


class TargetModel(FakeTargetModel):
    """Without a memory of what it was asked; and heads are turned by a few degrees at most."""

    def predict(self, ws: Latent, u: Sequence[float], controls: Sequence[float] = UNMOVED) -> Latent:
        return ws + np.asarray((*u, *controls), np.float32) @ self.mixing

    def read_controls(self, ws: Latent) -> tuple[float, ...]:
        return tuple(map(float, np.tanh(ws[0, :NUM_CONTROLS] / 9)))


class BreakdownError(Exception):
    """Raised on purpose."""


class Synthesizer(FakeSynthesizer):
    """Breaks down when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.is_broken = False

    def synthesize(self, ws: Latent, detail: Detail | None = None) -> Image:
        if self.is_broken:
            raise BreakdownError("the synthesizer has broken down")
        return super().synthesize(ws, detail)


# --- who comes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor, and what happens to them."""

    number: int
    kind: str
    comes_ns: int
    leaves_ns: int
    erased_ns: int | None = None

    @property
    def canary(self) -> Canary:
        return Canary(self.number)


# What somebody does, and how long they are there; of a show with its own hospitality.
KINDS: Final[dict[str, Callable[[Hospitality, random.Random], float]]] = {
    "passes by": lambda h, d: d.uniform(0.2, 1.0),
    "looks": lambda h, d: d.uniform(1.2, 1.5 + h.dwell_ns / S),
    "leaves while their face is looked for": lambda h, d: 2.6 + h.dwell_ns / S,
    "is not found": lambda h, d: 8 + h.dwell_ns / S,
    "leaves while it turns": lambda h, d: 4.5 + h.dwell_ns / S + d.uniform(0, h.fade_ns / S),
    "leaves while it is them": lambda h, d: 5 + (h.dwell_ns + h.fade_ns) / S + d.uniform(0, 2),
    "stays to the end": lambda h, d: 8 + (h.dwell_ns + 2 * h.fade_ns + min(h.stay.high_ns, 60 * S)) / S,
    "is erased": lambda h, d: 9 + (h.dwell_ns + h.fade_ns) / S,
    "is erased at once": lambda h, d: 6 + h.dwell_ns / S,
}


def guest(number: int, comes_ns: int, hospitality: Hospitality, dice: random.Random) -> Guest:
    kind = dice.choice(list(KINDS))
    there_s = KINDS[kind](hospitality, dice)
    erased_s = None
    if kind == "is erased":
        erased_s = there_s - 3
    elif kind == "is erased at once":
        erased_s = dice.uniform(1.5, 4.5 + hospitality.dwell_ns / S)
    return Guest(
        number,
        kind,
        comes_ns,
        comes_ns + round(there_s * S),
        None if erased_s is None else comes_ns + round(erased_s * S),
    )


class ScriptedEyes:
    """`Eyes` before which one guest after the other appears."""

    is_live: Final = True

    def __init__(self, num_ws: int) -> None:
        self.guest: Guest | None = None
        self.num_projected = 0
        self._num_ws = num_ws
        self._now_ns = 0
        self._request: tuple[int, int] | None = None  # which, and when it is answered
        self._likeness: Likeness | None = None

    def look(self, t_ns: int) -> Sighting:
        self._now_ns = t_ns
        if self._request and t_ns >= self._request[1]:
            self._likeness, self._request = self._found(self._request[0]), None
        return Sighting(self._visitors(t_ns), self._likeness)

    def _visitors(self, t_ns: int) -> tuple[Visitor, ...]:
        guest = self.guest
        if guest is None or not guest.comes_ns <= t_ns < guest.leaves_ns:
            return ()
        is_blinking = t_ns // (S // 2) % 8 == 0
        aside = 12.0 * ((t_ns - guest.comes_ns) / (guest.leaves_ns - guest.comes_ns) - 0.5)
        aus = guest.canary.shown_aus()
        return (Visitor(guest.number, aside, 1.0, 0.3, True, 0.9 if is_blinking else 0.05, aus),)

    def _found(self, request: int) -> Likeness:
        assert self.guest is not None
        if self.guest.kind == "is not found":
            return Likeness(request, doubts=("the likeness is poor",))
        return Likeness(request, self.guest.canary.ws(self._num_ws), self.guest.canary.aus())

    def rest(self) -> None: ...

    def wake(self) -> None: ...

    def project(self, request: int, visitor: int) -> None:
        self.num_projected += 1
        self._likeness, self._request = None, (request, self._now_ns + PROJECTION_NS)

    def forget(self) -> None:
        self._likeness = self._request = None


# --- the claim ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Findings:
    """What has been found: all of it is to be empty but the counts of what happened."""

    kinds: Counter[str] = field(default_factory=Counter)
    num_taken_up: int = 0
    num_seen_there: int = 0  # guests whose canary was found while they were taken up: the search works
    num_crashes: int = 0
    left: Counter[str] = field(default_factory=Counter)  # where traces were, after a forgetting
    said: Counter[str] = field(default_factory=Counter)  # what has told of them

    def figures(self) -> Figures:
        return {
            "encounters": self.kinds.total(),
            "taken_up": self.num_taken_up,
            "found_while_there": self.num_seen_there,
            "crashes_on_purpose": self.num_crashes,
            "found_afterwards": self.left.total(),
            "found_in_words": self.said.total(),
            "where": ", ".join(f"{place} ({n}x)" for place, n in (self.left + self.said).most_common(4)),
        }


class Evening:
    """Guests, one after the other, before one show."""

    def __init__(self, motion: str, hospitality: Hospitality, findings: Findings) -> None:
        score = parse_choreography(SCORE.format(motion=motion).encode(), "company.yaml")
        company = replace(score.moods["company"], mirror=0.6)
        score = replace(score, visitor=hospitality, moods={**score.moods, "company": company})
        self.show = performance_of(score)
        self.hospitality, self.findings = hospitality, findings
        self.t_ns = 0

    def receive(self, guest: Guest, *, is_thorough: bool, is_crashing: bool) -> None:
        """One of them, from before they come until they have to be forgotten."""
        self.findings.kinds[guest.kind] += 1
        self.eyes.guest, was_taken_up = guest, False
        forgotten_ns = guest.leaves_ns + self.memory_ns
        while self.t_ns < forgotten_ns:
            is_taken_up = self.encounter.stage in (Stage.TURNING, Stage.LIVING)
            if is_taken_up and not was_taken_up:
                self.findings.num_taken_up += 1
                self._meet(guest, is_crashing=is_crashing)
            was_taken_up = is_taken_up
            if guest.erased_ns is not None and self.t_ns >= guest.erased_ns:
                self._erase(guest)
                guest = replace(guest, erased_ns=None)
            self.step()
        self._look_for(guest, is_thorough=is_thorough)

    def step(self) -> Frame:
        """A frame; fewer of them while nothing happens."""
        is_quiet = self.encounter.stage is Stage.ALONE
        self.t_ns += S if is_quiet else S // FPS
        return self.show.step(tick(self.t_ns))

    @property
    def memory_ns(self) -> int:
        """Within which somebody who has left is forgotten: what is said of the score, and never more than
        what is said of all.
        """
        kindness = self.hospitality
        own_ns = kindness.linger_ns + kindness.fade_ns + 12 * S  # until the mirror, too, is clear
        return min(LONGEST_MEMORY_NS, own_ns)

    # -- what is looked at

    def _meet(self, guest: Guest, *, is_crashing: bool) -> None:
        """While they are taken up: their face is there, and is told to nobody."""
        sighting = self.eyes.look(self.t_ns)
        found = Search(guest.canary).among(reachable([self.show]))
        self.findings.num_seen_there += bool(found)
        self._hear("repr", repr((sighting, sighting.likeness, self.show.visit, self.show)))
        if is_crashing:
            self._hear("crash", "".join(traceback.format_exception(self._crash())))

    def _crash(self) -> BreakdownError:
        synthesizer = self.show.synthesizer
        assert isinstance(synthesizer, Synthesizer)
        synthesizer.is_broken = True
        try:
            self.step()
        except BreakdownError as trouble:
            self.findings.num_crashes += 1
            return trouble
        finally:
            synthesizer.is_broken = False
        raise AssertionError("it was to break down")

    def _erase(self, guest: Guest) -> None:
        """The latent is gone within a second, though they are still there and looked at."""
        self.show.obey(Command.ERASE, tick(self.t_ns))
        until_ns = self.t_ns + ERASE_NS
        while self.t_ns + S // FPS <= until_ns:
            self.step()
        self._find(Search(guest.canary, is_shown_told=False).among(reachable([self.show])), "erased: ")

    def _look_for(self, guest: Guest, *, is_thorough: bool) -> None:
        """Nobody is there any more: nothing is left, neither in the show nor, thoroughly, anywhere."""
        search = Search(guest.canary)
        self._find(search.among(reachable([self.show])))
        if is_thorough:
            self._find(search.among(everything(search)), "anywhere: ")
            report = traceback.TracebackException.from_exception(self._crash(), capture_locals=True)
            self._hear("crash afterwards", "".join(report.format()))

    def _find(self, found: list[str], when: str = "") -> None:
        self.findings.left.update(when + place for place in found)

    def _hear(self, where: str, text: str) -> None:
        self.findings.said[where] += is_in_text(text)

    @property
    def eyes(self) -> ScriptedEyes:
        assert self.show.visit is not None and isinstance(self.show.visit._eyes, ScriptedEyes)
        return self.show.visit._eyes

    @property
    def encounter(self):  # type: ignore[no-untyped-def]
        assert self.show.visit is not None
        return self.show.visit.encounter


def performance_of(score: Choreography) -> Performance:
    """A score played by stand-ins for the networks, before scripted eyes."""
    home, model = anchor(), TargetModel()
    portrait = Portrait(model, {1: home}, 1)
    performance = Performance(Conductor(score, 7, ALWAYS, portrait, 1), portrait, Synthesizer())
    performance.visit = visit_with(ScriptedEyes(len(home.ws)), performance, "dwell")
    return performance


def encounters(num: int, num_thorough: int, deeds: Deeds | None = None, seed: int = 0) -> Figures:
    """So many guests, shared among shows of several kinds; → what was found. After some of them everything
    that lives is looked through.
    """
    dice, findings, memory_mb = random.Random(seed), Findings(), []
    deeds = deeds or watched_deeds()
    every = num // num_thorough if num_thorough else num + 1
    evenings = [Evening(motion, hospitality, findings) for motion, hospitality in SHOWS]
    deeds.is_watching = True
    try:
        with overheard() as words:
            for number in range(1, num + 1):
                evening = evenings[number % len(evenings)]
                comes_ns = evening.t_ns + round(dice.uniform(1, 4) * S)
                evening.receive(
                    guest(number, comes_ns, evening.hospitality, dice),
                    is_thorough=number % every == 0,
                    is_crashing=number % 7 == 0,
                )
                if number % EVERY == 0:
                    memory_mb.append(resident_mb())
            findings.said["printed"] += is_in_text(words.getvalue())
    finally:
        deeds.is_watching = False
    figures = findings.figures()
    tenth = len(memory_mb) // 10
    growth = max(memory_mb[-tenth:]) - max(memory_mb[tenth : 2 * tenth]) if tenth else 0.0
    figures |= {
        "files_written": len(deeds.writes),
        "sockets": len(deeds.sockets),
        "deeds": ", ".join(sorted({*deeds.writes, *deeds.sockets})[:4]),
        "memory_growth_mb": round(growth, 2),
        "kinds": ", ".join(f"{kind} {n}" for kind, n in sorted(findings.kinds.items())),
    }
    figures["holds"] = (
        figures["found_while_there"] == figures["taken_up"] != 0
        and not (findings.left.total() or findings.said.total() or deeds.writes or deeds.sockets)
        and (num_thorough > 0 or growth < 10)
    )
    return figures


def resident_mb() -> float:
    """Of this process, rubbish collected."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def thousand_encounters() -> Figures:
    """1,000 encounters: nothing is written or sent, memory stays flat, and nothing of anybody is left: after
    each of them in the show, and after 25 more, which take memory for the search, in anything that lives.
    """
    flat, searched = encounters(1000, 0), encounters(100, 25, seed=1)
    figures = {
        f"{name}_when_searched": searched[name] for name in ("encounters", "found_afterwards", "where")
    }
    return flat | figures | {"holds": bool(flat["holds"] and searched["holds"])}


if __name__ == "__main__":
    wanted = int(sys.argv[1])
    sys.stdout.write(json.dumps(encounters(wanted, max(1, wanted // 25)), indent=1) + "\n")
