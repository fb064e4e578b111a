"""The composition root: each command builds what it needs, wires it, runs it, and shuts it down."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from installation.errors import InputError
from installation.loading import Networks, draw_person, load_networks, read_choreography, read_learned_units
from installation.performance import Performance
from installation.portrait import Portrait, Pose, expressed
from installation.ports import NANOSECONDS, Command, Sink
from installation.score.dice import show_dice
from installation.score.expression import parse_expression
from installation.score.fields import Refused
from installation.score.gesture import draw_target
from installation.score.life import Life
from installation.score.lint import lint_gesture
from installation.score.mood import MoodScheduler
from installation.stage import pictures
from installation.stage.display import Display, has_screen
from installation.stage.pacing import Pacer, SystemClock, VirtualClock
from installation.stage.recorder import NullSink, open_recorder
from installation.stage.synthesizer import TorchSynthesizer, choose_device
from models.action_units import ACTION_UNITS

DEFAULT_PERSON = 15
FALLBACK_SECONDS = 20.0
FALLBACK_PATH = Path("build/portrait.mp4")


# --- what the commands are told -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Options:
    """A group of command-line options, picked by name."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        return cls(**{field.name: options[field.name] for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Sitter(Options):
    """Who sits for the portrait, and what draws them."""

    weights: Path
    device: str
    person: int | None
    truncation: float


@dataclass(frozen=True, slots=True)
class Show(Sitter):
    """What is played."""

    choreography: Path
    seed: int | None


@dataclass(frozen=True, slots=True)
class Screen(Options):
    """Where it is shown."""

    fps: float
    windowed: bool
    monitor: int
    headless: bool
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Recording(Options):
    """What is written."""

    output: Path
    seconds: float
    fps: float
    size: int
    start: datetime


# --- the show -----------------------------------------------------------------------------------------------


def run(show: Show, screen: Screen) -> None:
    """Show the portrait until Esc, Ctrl-C or the given time; without a screen, record it instead."""
    if not screen.headless and not has_screen():
        say("no screen here")
        seconds = screen.seconds or FALLBACK_SECONDS
        record(show, Recording(FALLBACK_PATH, seconds, fps=30, size=512, start=today()))
        return
    performance = prepare(show, today().date(), is_live=True)
    sink = (
        NullSink() if screen.headless else Display(is_fullscreen=not screen.windowed, monitor=screen.monitor)
    )
    try:
        play(performance, sink, Pacer(SystemClock(), screen.fps), screen.seconds)
    finally:
        sink.close()


def record(show: Show, recording: Recording) -> None:
    """Write the show to a file, in its own time."""
    performance = prepare(show, recording.start.date(), is_live=False)
    recorder = open_recorder(recording.output, recording.fps, (recording.size, recording.size))
    say(f"recording {recording.seconds:g} s to {recording.output}")
    try:
        play(performance, recorder, Pacer(VirtualClock(), recording.fps), recording.seconds)
        recorder.close()
    except BaseException as error:
        recorder.abandon()
        if isinstance(error, OSError):  # PyAV's are OSErrors too
            raise InputError(f"{recording.output}: writing failed ({error.strerror})") from None
        raise
    print(recording.output)


def prepare(show: Show, day: date, *, is_live: bool) -> Performance:
    """Read and wire a show for one day; what is recorded, instead of shown live, is drawn exactly."""
    return wire(load_networks(show.weights), show, day, is_live=is_live)


def wire(networks: Networks, show: Show, day: date, *, is_live: bool) -> Performance:
    """Choreography, dice, portrait and synthesizer, joined."""
    choreography = read_choreography(show.choreography, networks.pseudo_autoencoder.learned_units)
    for warning in choreography.warnings:
        say(str(warning))
    anchor = sit(networks, show, choreography.person)
    portrait = Portrait(networks.pseudo_autoencoder.model, anchor)
    named = choreography.seed if show.seed is None else show.seed
    seed = 0 if named == "daily" else int(named)  # the day is part of the draw either way
    scheduler = MoodScheduler(choreography, show_dice(seed, day.toordinal()))
    life = Life(show_dice(seed, day.toordinal(), "life"))
    return Performance(scheduler, life, portrait, synthesizer_of(networks, show.device, is_live=is_live))


def play(performance: Performance, sink: Sink, pacer: Pacer, seconds: float | None) -> None:
    """The loop: for each tick a frame, until the time is over, somebody leaves, or Ctrl-C."""
    try:
        while True:
            tick = pacer.tick()
            if seconds is not None and tick.t_ns >= round(seconds * NANOSECONDS):
                return
            sink.show(performance.step(tick))
            for command in sink.commands():
                if command is Command.QUIT:
                    return
                if command is Command.GO:
                    performance.go(tick.t_ns)
    except KeyboardInterrupt:
        say("stopped")
    finally:
        if pacer.num_stalls:
            say(f"{pacer.num_stalls} times a frame or more behind")


# --- pictures -----------------------------------------------------------------------------------------------


def portrait(sitter: Sitter, output: Path, size: int | None) -> None:
    """Write one person's face."""
    networks = load_networks(sitter.weights)
    image = synthesizer_of(networks, sitter.device).synthesize(sit(networks, sitter).ws)
    pictures.write(output, image if size is None else pictures.resize(image, (size, size)))
    print(output)


def strip(
    sitter: Sitter, source: str, target: str, alphas: Sequence[float], output: Path, *, is_labelled: bool
) -> None:
    """Write the way from one gesture to another: w_S + (w_T − w_S)·α for each α."""
    networks = load_networks(sitter.weights)
    anchor = sit(networks, sitter)
    synthesizer = synthesizer_of(networks, sitter.device)
    ends = [gesture_of(networks, anchor, written) for written in (source, target)]
    images = [synthesizer.synthesize(ends[0].ws + (ends[1].ws - ends[0].ws) * alpha) for alpha in alphas]
    labels = [f"{alpha:g}" for alpha in alphas] if is_labelled else None
    pictures.write(output, pictures.side_by_side(images, labels))
    print(output)


def gesture_of(networks: Networks, anchor: Pose, written: str) -> Pose:
    """The anchor's person with a gesture's AUs, its optional units drawn by the same dice each time."""
    try:
        asked = parse_expression(written)
    except Refused as refused:
        raise InputError(f"{written}: {refused}") from None
    for control in asked.controls:
        say(f"{written}: these weights have not learned the control '{control}'; it is left out")
    for finding in lint_gesture(asked.gesture, networks.pseudo_autoencoder.learned_units):
        say(f"{written}: {finding.message}")
    target = draw_target(asked.gesture, show_dice(0, 0))
    return expressed(networks.pseudo_autoencoder.model, anchor, target)


# --- the parts ----------------------------------------------------------------------------------------------


def sit(networks: Networks, sitter: Sitter, otherwise: int | None = None) -> Pose:
    """The sitter's anchor: the person on the command line, else the choreography's, else the house's."""
    person = otherwise if sitter.person is None else sitter.person
    return draw_person(networks, DEFAULT_PERSON if person is None else person, sitter.truncation)


def synthesizer_of(networks: Networks, device: str, *, is_live: bool = False) -> TorchSynthesizer:
    return TorchSynthesizer(networks.generator.generator, choose_device(device), is_live=is_live)


def check(files: Sequence[Path], weights: Path, *, is_strict: bool) -> None:
    """Raises InputError with every fault of every file."""
    faults, learned = [], units_to_check_for(weights)
    for file in files:
        try:
            choreography = read_choreography(file, learned)
        except InputError as error:
            faults.append(str(error))
            continue
        warnings = [str(warning) for warning in choreography.warnings]
        faults += warnings if is_strict else []
        for warning in () if is_strict else warnings:
            say(warning)
        if not (is_strict and warnings):
            counts = f"{len(choreography.gestures)} gestures, {len(choreography.moods)} moods"
            print(f"{file}: {choreography.title or 'untitled'}: {counts}")
    if faults:
        raise InputError("\n".join(faults))


def units_to_check_for(weights: Path) -> tuple[int, ...]:
    """The units that the weights have learned; all of them, and a warning, where there are no weights."""
    try:
        return read_learned_units(weights)
    except InputError as error:
        say(f"{error}: not checking for units that are not learned")
        return ACTION_UNITS


def today() -> datetime:
    """Civil time where the portrait hangs: what a visitor's watch says."""
    return datetime.now().astimezone()


def say(message: str) -> None:
    """To whoever is watching the program; results go to standard output."""
    print(message, file=sys.stderr)
