"""A dry run of a text, in a process of its own: it may take long, or for ever, and is then ended."""

import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

from installation.desk.answers import Wrong
from installation.desk.score import Playing
from installation.notation.document import parse_choreography
from installation.rehearse import Plan, as_json
from installation.score.rehearsal import rehearse
from installation.stage.child import settle

MOST_HOURS: Final = 7 * 24
LONGEST_S: Final = 60.0
END_S: Final = 3.0


def rehearsed(raw: bytes, playing: Playing, num_hours: float, longest_s: float = LONGEST_S) -> dict[str, Any]:
    """What so many hours from now hold of a text that can be played: as `simulate --json` tells it.

    Raises:
        Wrong: it takes too long.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_rehearse,
        args=(theirs, raw, playing, num_hours, time.time_ns()),
        name="rehearsal",
        daemon=True,
    )
    process.start()
    theirs.close()
    try:
        if ours.poll(longest_s):
            told: dict[str, Any] = ours.recv()
            return told
    except EOFError:
        pass  # it has been killed, perhaps for its memory
    finally:
        process.kill()
        process.join(END_S)
        ours.close()
    raise Wrong(503, f"{num_hours:g} hours of this take too long to rehearse; try fewer")


def _rehearse(told: Connection, raw: bytes, playing: Playing, num_hours: float, utc_ns: int) -> None:
    settle()
    told.send(rehearsal_of(raw, playing, num_hours, utc_ns))


def rehearsal_of(raw: bytes, playing: Playing, num_hours: float, utc_ns: int) -> dict[str, Any]:
    """The same, here and now: so many hours from an instant."""
    plan = Plan(
        parse_choreography(raw, playing.path.name),
        playing.seed,
        playing.hours,
        utc_ns,
        playing.sitter.resident,
    )
    rehearsal = rehearse(plan.score, plan.seed, plan.hours, utc_ns, num_hours, plan.resident)
    return as_json(plan, rehearsal)
