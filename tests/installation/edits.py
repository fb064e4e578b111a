"""A score that tests edit while it plays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from installation.notation.document import parse_choreography
from installation.reload import Offer
from installation.score.choreography import Choreography, Who
from tests.installation.fakes import anchor, tick

BEGAN: Final = datetime.fromtimestamp(tick(0).utc_ns / 1_000_000_000, UTC)  # of every show here
SOURCE: Final = "score.yaml"

SCORE: Final = """
version: 1
title: before
person: 1
defaults: {onset: 0.4s, hold: 0.6s, ease: linear, motion: linear}
life: {blinks: off, gaze: off, saccades: off, breath: off, stir: off}
gestures:
  smile: {aus: {AU12: 0.8, AU06: 0.5}}
  frown: {aus: {AU04: 0.9}}
  open: {aus: {AU26: 0.7}}
  stare: {aus: {AU05: 0.8}}
moods:
  day: {gestures: {smile: 1, frown: 1}, dwell: 1h, next: {day: 1}}
  dusk: {gestures: {open: 1, stare: 1}, dwell: 1h, person: 2, next: {dusk: 1}}
start: day
"""
WITHOUT_DUSK: Final = SCORE.replace("stare", "gape").replace("dusk", "night")
WRONG: Final = SCORE.replace("AU04", "AU99")


def edited(*edits: tuple[str, str]) -> str:
    """The score with some of its words replaced."""
    text = SCORE
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return text


def at(second: int) -> str:
    """What the clock on the wall shows at a second of the show."""
    return f"{BEGAN + timedelta(seconds=second):%H:%M:%S}"


def score(text: str = SCORE) -> Choreography:
    return parse_choreography(text.encode(), SOURCE)


def offer(text: str, resident: Who = 1, seed: int = 7) -> Offer:
    choreography = score(text)
    people = {who: replace(anchor(), ws=anchor().ws + 0.1) for who in choreography.people}
    return Offer(choreography, seed, people, resident)
