"""Files that nobody meant to write: valid ones gone wrong, text that looks like YAML, and bytes.

Whatever a file holds, reading it ends soon, with a score or with `InvalidScore`; and a score can be
played, and is nothing that an editor marks.
`fuzz` reads as many files as one likes, the same ones every time.
"""

import gc
import random
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from installation.notation.document import choreography_schema, read_choreography
from installation.notation.problems import InvalidScore
from installation.score.choreography import EVENTS, Choreography
from installation.score.conductor import Conductor
from installation.score.hours import Hours
from installation.score.phrase import NANOSECONDS
from installation.score.rehearsal import Understudy
from tests.notation.editor import is_accepted
from tests.notation.test_document import EVERYTHING, EXAMPLE

ROOT: Final = Path(__file__).parents[2]
HOURS: Final = Hours.always(ZoneInfo("America/Argentina/Buenos_Aires"))
START_UTC_NS: Final = 1_798_153_190 * NANOSECONDS  # ten seconds before a cue of the example
PLAYED_S: Final = 60
SCHEMA: Final = choreography_schema()

# What stands in scores, and what has broken programs that read YAML.
_WORDS: Final = """
    version title person seed defaults life gestures moods start cues arcs emotion intensity aus gaze yaw age
    light onset hold offset ease motion choose no_repeat dwell next fade at days dates when do mood interrupt
    cooldown from over visitor follow take_up stay linger expression mirror released kept visitor_stays
    visitor_taken_up visitor_let_go happy neutral AU12 AU05 AU43 brow_lowerer m day rest weighted shuffle
    cycle chained expressive daily 42 4294967296 0 1 -1 0.5 +20 1e400 1e-320 .nan .inf 0x1F 010 1_000 2s
    40ms 0s 1ms
    0.4s..1.0s 5s..1s 999999999d 4min..9min 18:00 25:00 2026-12-24 [mon] [8,0] [1e308,-1e308] off on yes null
    ~ true ada.safetensors <<: *a &a !!str !x { } [ ] , : - ? | > ' " # % @ ` --- ...
"""
_CHARACTERS: Final = (
    "\t",
    "\n",
    "\r\n",
    " ",
    "  ",
    "\\",
    "\xa0",
    "\u2028",
    "\ufeff",
    "\0",
    "é",
    "💀",
    "\u202e",
)
WORDS: Final = (*_WORDS.split(), *_CHARACTERS, "x" * 300)


def seeds() -> list[str]:
    """Valid files, to go wrong."""
    shipped = sorted((ROOT / "choreographies").glob("*.yaml"))
    return [EXAMPLE, EVERYTHING, *(path.read_text("utf-8") for path in shipped)]


# -- files ---------------------------------------------------------------------------------------------------


def mutated(dice: random.Random, text: str) -> bytes:
    """A valid file in which a few things went wrong."""
    lines = text.split("\n")
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        dice.choice(MUTATIONS)(dice, lines)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _lose(dice: random.Random, lines: list[str]) -> None:
    if lines:
        del lines[dice.randrange(len(lines))]


def _repeat(dice: random.Random, lines: list[str]) -> None:
    lines.insert(dice.randint(0, len(lines)), dice.choice(lines or [""]))


def _swap(dice: random.Random, lines: list[str]) -> None:
    if lines:
        a, b = dice.randrange(len(lines)), dice.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]


def _indent(dice: random.Random, lines: list[str]) -> None:
    if lines:
        at = dice.randrange(len(lines))
        lines[at] = (
            dice.choice(("  ", " ", "\t", "- ")) + lines[at] if dice.random() < 0.5 else lines[at].lstrip()
        )


def _change_a_word(dice: random.Random, lines: list[str]) -> None:
    if lines:
        at = dice.randrange(len(lines))
        words = lines[at].split(" ")
        words[dice.randrange(len(words))] = dice.choice(WORDS)
        lines[at] = " ".join(words)


def _change_a_value(dice: random.Random, lines: list[str]) -> None:
    """`key: value` with another value, which may be right."""
    if lines:
        at = dice.randrange(len(lines))
        parts = lines[at].split(": ")
        number = dice.randrange(len(parts))
        tail = parts[number].lstrip("abcdefghijklmnopqrstuvwxyz0123456789._+-")
        parts[number] = dice.choice(WORDS) + tail
        lines[at] = ": ".join(parts)


def _insert(dice: random.Random, lines: list[str]) -> None:
    if lines:
        at = dice.randrange(len(lines))
        column = dice.randint(0, len(lines[at]))
        lines[at] = lines[at][:column] + dice.choice(WORDS) + lines[at][column:]


def _nest(dice: random.Random, lines: list[str]) -> None:
    depth = dice.choice((3, 31, 33, 1000))
    opens, closes = dice.choice((("[", "]"), ("{a: ", "}")))
    lines.append(f"title: {opens * depth}{closes * dice.choice((depth, 0))}")


MUTATIONS: Final[tuple[Callable[[random.Random, list[str]], None], ...]] = (
    _lose, _repeat, _swap, _indent, _change_a_word, _change_a_value, _change_a_value, _insert, _nest
)  # fmt: skip


def babble(dice: random.Random) -> bytes:
    """Text that might be YAML."""
    return "".join(
        dice.choice(WORDS) + dice.choice(("", " ", ": ", "\n", "\n  ")) for _ in range(60)
    ).encode()


def noise(dice: random.Random) -> bytes:
    """Bytes."""
    return dice.randbytes(dice.randrange(400))


def a_file(dice: random.Random, valid: list[str]) -> bytes:
    """One of the three; mostly the first."""
    kind = dice.random()
    if kind < 0.8:
        return mutated(dice, dice.choice(valid))
    return babble(dice) if kind < 0.95 else noise(dice)


# -- what is done with them ----------------------------------------------------------------------------------


def read(raw: bytes) -> Choreography | None:
    """The score in a file; None: it is refused, with a reason in every line."""
    try:
        return read_choreography(raw, "a.yaml", hours=HOURS).choreography
    except InvalidScore as refused:
        invalid = refused
    assert all(problem.line >= 1 and problem.column >= 1 for problem in invalid.problems)
    assert all(line.isprintable() and line.startswith("a.yaml:") for line in str(invalid).split("\n"))
    return None


def play(score: Choreography) -> int:
    """Play a minute of a score, with visitors; → how many gestures there were."""
    conductor = Conductor(score, 7, HOURS, Understudy(), 0)
    num_phrases = 0
    for second in range(PLAYED_S):
        t_ns = second * NANOSECONDS
        num_phrases += len(list(conductor.advance(t_ns, START_UTC_NS + t_ns)))
        if second % 7 == 3:
            num_phrases += len(
                list(conductor.notify(EVENTS[second // 7 % len(EVENTS)], t_ns, START_UTC_NS + t_ns))
            )
        movement = conductor.life_at(t_ns)
        assert all(0 <= unit <= 1 for unit in movement.aus)
        assert all(abs(degrees) < 50 for degrees in movement.controls)
    assert num_phrases
    return num_phrases


@dataclass(slots=True)
class Figures:
    """What became of the files."""

    files: int = 0
    accepted: int = 0
    slowest_ms: float = 0.0  # of processor time
    largest_mb: float = 0.0  # of memory, beyond what was taken before
    crashes: int = 0


def fuzz(num: int, seed: int = 0) -> dict[str, float]:
    """Read so many files, play those that can be, and say how it went."""
    dice, valid, figures = random.Random(seed), seeds(), Figures()
    gc.collect()
    gc.freeze()  # or walking the heap of whatever else is imported is counted as reading
    for _ in range(num):
        raw = a_file(dice, valid)
        figures.files += 1
        try:
            figures.accepted += _try(raw, figures)
        except Exception as error:  # whatever it is, it is what is looked for
            figures.crashes += 1
            print(f"{type(error).__name__}: {error}\n{raw!r}")  # noqa: T201 - for whoever mends it
    return {
        "files": figures.files,
        "accepted": figures.accepted,
        "slowest_ms": round(figures.slowest_ms, 1),
        "largest_mb": round(figures.largest_mb, 2),
        "crashes": figures.crashes,
    }


def _try(raw: bytes, figures: Figures) -> bool:
    started = time.process_time()
    score = read(raw)
    figures.slowest_ms = max(figures.slowest_ms, (time.process_time() - started) * 1000)
    tracemalloc.start()
    try:
        read(raw)
        figures.largest_mb = max(figures.largest_mb, tracemalloc.get_traced_memory()[1] / 1e6)
    finally:
        tracemalloc.stop()
    if score is not None:
        assert is_accepted(raw, SCHEMA)
        play(score)
    return score is not None
