"""The composition root: each command builds what it needs, wires it, runs it, and shuts it down.

Here are the commands of the show; those that make a single thing are in `stills.py`.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from installation.errors import InputError
from installation.loading import (
    Networks,
    draw_person,
    load_networks,
    person_of,
    read_choreography,
    read_person,
    told_at_person,
)
from installation.options import DEFAULT_PERSON, TRUNCATION, Recording, Screen, Show, Sitter
from installation.performance import Performance
from installation.portrait import Portrait, Pose
from installation.ports import NANOSECONDS, Command, Sink
from installation.score.choreography import Choreography
from installation.score.dice import show_dice
from installation.score.life import Life
from installation.score.mood import MoodScheduler
from installation.stage.display import Display, has_screen
from installation.stage.pacing import Pacer, SystemClock, VirtualClock
from installation.stage.recorder import NullSink, open_recorder
from installation.stage.synthesizer import TorchSynthesizer, choose_device
from models.action_units import ACTION_UNITS

FALLBACK_SECONDS = 20.0
FALLBACK_PATH = Path("build/portrait.mp4")


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
    portrait = Portrait(networks.pseudo_autoencoder.model, anchor_of(networks, show, choreography))
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


# --- the parts ----------------------------------------------------------------------------------------------


def anchor_of(networks: Networks, show: Show, choreography: Choreography) -> Pose:
    """The person on the command line, else the choreography's, else the house's."""
    if show.person is not None or choreography.person is None:
        return sit(networks, show)
    with told_at_person(choreography, show.choreography):
        return sit(networks, replace(show, person=person_of(choreography, show.choreography)))


def sit(networks: Networks, sitter: Sitter) -> Pose:
    """The sitter's anchor: a person drawn from a number, or read from a file in the AU state found there."""
    person = DEFAULT_PERSON if sitter.person is None else sitter.person
    if isinstance(person, int):
        return draw_person(networks, person, TRUNCATION if sitter.truncation is None else sitter.truncation)
    if sitter.truncation is not None:
        say(f"{person}: drawn as the file says; --truncation is for people by number")
    return read_person(networks, person)


def synthesizer_of(networks: Networks, device: str, *, is_live: bool = False) -> TorchSynthesizer:
    return TorchSynthesizer(networks.generator.generator, choose_device(device), is_live=is_live)


def check(files: Sequence[Path], weights: Path, *, is_strict: bool) -> None:
    """Raises InputError with every fault of every file."""
    faults, networks = [], networks_to_check_for(weights)
    for file in files:
        try:
            choreography = check_file(file, networks)
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


def check_file(file: Path, networks: Networks | None) -> Choreography:
    """The choreography, if these weights can play it, with whom it names."""
    learned = networks.pseudo_autoencoder.learned_units if networks else ACTION_UNITS
    choreography = read_choreography(file, learned)
    person = person_of(choreography, file)
    if networks and isinstance(person, Path):
        with told_at_person(choreography, file):
            read_person(networks, person)
    return choreography


def networks_to_check_for(weights: Path) -> Networks | None:
    """The weights that are to play; None, and a warning, where there are none."""
    try:
        return load_networks(weights)
    except InputError as error:
        say(f"{error}: not checking for units that are not learned, nor for people in files")
        return None


def today() -> datetime:
    """Civil time where the portrait hangs: what a visitor's watch says."""
    return datetime.now().astimezone()


def say(message: str) -> None:
    """To whoever is watching the program; results go to standard output."""
    print(message, file=sys.stderr)
