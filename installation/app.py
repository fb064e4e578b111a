"""The composition root: each command builds what it needs, wires it, runs it, and shuts it down.

Here are the commands of the show; those that make a single thing are in `stills.py`.
"""

import gc
import signal
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

import tzlocal

from installation.errors import InputError
from installation.hanging import Hanging
from installation.loading import Networks, load_networks, load_people
from installation.notation.problems import Problem, problem_at
from installation.notation.site_file import is_site
from installation.options import TRUNCATION, Recording, Screen, Show
from installation.performance import Performance
from installation.ports import NANOSECONDS, Command, Remote, Sink, Tick
from installation.reload import Reload
from installation.score.hours import Hours, instant
from installation.site import Site
from installation.stage.camera_device import is_device
from installation.stage.child import leave_no_dump
from installation.stage.display import FADE_S, Display, has_screen
from installation.stage.frame_times import FrameTimes
from installation.stage.osc import OscRemote
from installation.stage.pacing import Pacer, SystemClock, VirtualClock, frame_rate
from installation.stage.recorder import NullSink, open_recorder
from installation.stage.signals import SignalRemote
from installation.texts import REPRODUCIBLE, own_site_path, read_site, read_text_file, score_in
from installation.wiring import kept_up, live_eyes, ready, recorded_eyes, visit_with, wire
from installation.wording import Clock, counted, say
from models.action_units import ACTION_UNITS
from models.controls import CONTROLS

FALLBACK_SECONDS = 20.0
FALLBACK_PATH = Path("build/portrait.mp4")


# --- the show -----------------------------------------------------------------------------------------------


def run(show: Show, screen: Screen, said: Collection[str] = ()) -> None:
    """Show the portrait until Esc, Ctrl-C or the given time; without a screen, record it instead.

    What the options named in `said` do not say, the site does.
    """
    show = replace(show, site=show.site or own_site())
    site = place_of(show, here())
    show = shown_at(site, show, said)
    if not screen.headless and not has_screen():
        say("no screen here")
        if show.webcam is not None and is_device(show.webcam):
            say("recording without the camera: a visitor's face is never written; --headless plays with it")
            show = replace(show, webcam=None)
        now = datetime.now(site.hours.zone)
        seconds = screen.seconds or FALLBACK_SECONDS
        record(show, Recording(FALLBACK_PATH, seconds, fps=30, size=512, start=now), said, here())
        return
    if show.webcam is None and site.camera is not None:
        show = replace(show, webcam=site.camera if isinstance(site.camera, int) else Path(site.camera))
    perform(show, screen, site, said)


def perform(show: Show, screen: Screen, site: Site, said: Collection[str]) -> None:
    """The show, live."""
    if show.webcam is not None:
        leave_no_dump()
    hanging = replace(site.hanging, monitor=screen.monitor) if "monitor" in said else site.hanging
    fps = screen.fps if "fps" in said else site.fps
    with ending_as_asked(), ExitStack() as stack:
        # First of all: a signal that nobody hears yet would end the program.
        remotes: list[Remote] = [stack.enter_context(closing(SignalRemote()))]
        playing = read_text_file(show.choreography)
        networks = load_networks(show.weights)
        performance = wire(networks, show, site.hours, is_live=True)
        read = partial(ready, networks, show, site.hours)
        if show.webcam is not None:  # before there is a window: see import_readers
            home = performance.portrait.at(0).ws
            eyes = stack.enter_context(live_eyes(show.webcam, networks, home, site.camera_view))
            performance.visit = visit_with(eyes, performance, site.consent)
        sink = stack.enter_context(closing(sink_of(screen, hanging)))
        if site.osc:
            remotes.append(stack.enter_context(closing(OscRemote(*site.osc))))
        reload = stack.enter_context(Reload(show.choreography, playing, read, say))
        clock = SystemClock()
        performance.synthesizer = kept_up(performance, clock, fps)
        times = FrameTimes(clock, frame_rate(fps))
        gc.collect()
        gc.freeze()  # or once in a while all that is loaded would be walked through, for several frames
        stack.callback(gc.unfreeze)
        play(performance, sink, Pacer(clock, fps), screen.seconds, reload, remotes, times)


@contextmanager
def ending_as_asked() -> Iterator[None]:
    """Whoever ends the program, a service manager or a closed terminal, ends it as Ctrl-C does: nothing is
    left open, and nothing in shared memory.
    """
    names = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    except KeyboardInterrupt:  # outside the loop, which has its own
        say("stopped")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def sink_of(screen: Screen, hanging: Hanging) -> Sink:
    if screen.headless:
        return NullSink()
    return Display(hanging, is_fullscreen=not screen.windowed, fade_s=FADE_S, say=say)


def record(
    show: Show, recording: Recording, said: Collection[str] = (), default_zone: ZoneInfo = REPRODUCIBLE
) -> None:
    """Write the show to a file, in its own time, whatever the opening hours.

    Raises:
        InputError: among others, what is to be written is the video that is to be seen.
    """
    output = recording.output
    if show.webcam is not None and output.exists() and output.samefile(Path(str(show.webcam))):
        raise InputError(f"{output}: is the video that --webcam sees; write to another file")
    site = place_of(show, default_zone)
    show = shown_at(site, show, said)
    start_utc_ns = instant(recording.start.date(), recording.start.time(), site.hours.zone)
    is_begun = site.hours.age_ns(start_utc_ns) > 0
    hours = Hours(site.hours.zone, opening=site.hours.opening if is_begun else None)
    performance = wire(load_networks(show.weights), show, hours, is_live=False)
    if show.webcam is not None:
        home = performance.portrait.at(0).ws
        eyes = recorded_eyes(show.webcam, show.weights, home, site.camera_view)
        performance.visit = visit_with(eyes, performance, site.consent)
    clock = VirtualClock(start_utc_ns=start_utc_ns)
    recorder = open_recorder(recording.output, recording.fps, (recording.size, recording.size))
    say(f"recording {recording.seconds:g} s to {recording.output}")
    try:
        play(performance, recorder, Pacer(clock, recording.fps), recording.seconds)
        recorder.close()
    except BaseException as error:
        recorder.abandon()
        if isinstance(error, OSError):  # PyAV's are OSErrors too
            raise InputError(f"{recording.output}: writing failed ({error.strerror})") from None
        raise
    print(recording.output)


def place_of(show: Show, default_zone: ZoneInfo) -> Site:
    """The place that a show is for; what is doubtful about it is said."""
    site = read_site(show.site, default_zone)
    for warning in site.warnings:
        say(str(warning))
    return site


def own_site() -> Path | None:
    """The site.yaml in the user's configuration folder, if there is one."""
    path = own_site_path()
    if not path.is_file():
        return None
    say(f"the place is that of {path}")
    return path


def shown_at(site: Site, show: Show, said: Collection[str]) -> Show:
    """What is shown, with the site's in the place of what the command line leaves open.

    Raises:
        InputError: a file that the site names is not there, told at its line.
    """
    if show.site is None:
        return show
    files = files_of(site, show.site)
    if "weights" in files and "weights" not in said:
        show = replace(show, weights=files["weights"])
    if "choreography" in files and "choreography" not in said:
        show = replace(show, choreography=files["choreography"])
    return replace(show, host=files.get("person", site.person if isinstance(site.person, int) else None))


def files_of(site: Site, path: Path) -> dict[str, Path]:
    """The files that a site.yaml names, by their keys; paths are taken from its own folder.

    Raises:
        InputError: those that are not there, each told at its line.
    """
    named = {"weights": site.weights, "choreography": site.choreography, "person": site.person}
    files = {key: path.parent / name for key, name in named.items() if isinstance(name, str)}
    faults = [
        problem_at(
            str(path), place, f"no such file: {files[key]}; paths are taken from the folder of this file"
        )
        for key, place in site.places.items()
        if key in files and not files[key].is_file()
    ]
    if faults:
        raise InputError("\n".join(map(str, faults)))
    return files


def play(
    performance: Performance,
    sink: Sink,
    pacer: Pacer,
    seconds: float | None,
    reload: Reload | None = None,
    remotes: Sequence[Remote] = (),
    times: FrameTimes | None = None,
) -> None:
    """The loop: for each tick a frame, until the time is over, somebody leaves, or Ctrl-C."""
    was_open = True
    try:
        while True:
            tick = pacer.tick()
            if was_open != (was_open := performance.hours.is_open(tick.utc_ns)):
                say(told_of_doors(performance.hours, tick.utc_ns))
            if seconds is not None and tick.t_ns >= round(seconds * NANOSECONDS):
                return
            if reload:
                reload.poll(performance)
            show_frame(performance, sink, tick, pacer, times)
            for request in chain(sink.requests(), *(remote.requests() for remote in remotes)):
                if request is Command.QUIT:
                    return
                if request is Command.REPORT and times:
                    say(times.so_far(pacer.num_stalls))
                performance.obey(request, tick)
    except KeyboardInterrupt:
        say("stopped")
    finally:
        if times:
            say(times.in_all(pacer.num_stalls))


def show_frame(
    performance: Performance, sink: Sink, tick: Tick, pacer: Pacer, times: FrameTimes | None
) -> None:
    """One frame, timed if its times are told and it is not a dark one."""
    if times is None or not performance.hours.is_open(tick.utc_ns):
        sink.show(performance.step(tick))
        if times:
            times.pause()
        return
    times.begin()
    frame = performance.step(tick)
    times.drawn(len(frame.image))
    sink.show(frame)
    if told := times.shown(pacer.num_stalls):
        say(told)


def told_of_doors(hours: Hours, utc_ns: int) -> str:
    """`closed until Tue 24 Nov 2026 11:00; the picture is dark`, or `open until 19:00`."""
    clock, change_ns = Clock(hours.zone, "%H:%M"), hours.next_change(utc_ns)
    if hours.is_open(utc_ns):
        return "open" if change_ns is None else f"open until {clock.at(change_ns)}"
    until = "" if change_ns is None else f" until {clock.day(change_ns)} {clock.at(change_ns)}"
    return f"closed{until}; the picture is dark"


def check(files: Sequence[Path], weights: Path, site: Path | None = None, *, is_strict: bool) -> None:
    """Choreographies, for the weights and the place where they are to be played; and sites.

    Raises:
        InputError: every fault of every file.
    """
    hours = None if site is None else read_site(site, here()).hours
    faults, networks = [], networks_to_check_for(weights)
    for file in files:
        try:
            checked = check_file(file, networks, hours)
        except InputError as error:
            faults.append(str(error))
            continue
        warnings = [str(warning) for warning in checked.warnings]
        faults += warnings if is_strict else []
        for warning in () if is_strict else warnings:
            say(warning)
        if not (is_strict and warnings):
            print(f"{file}: {checked.summary}")
    if faults:
        raise InputError("\n".join(faults))


@dataclass(frozen=True, slots=True)
class Checked:
    """What is to be said of a file that can be used."""

    summary: str
    warnings: tuple[Problem, ...]


def check_file(file: Path, networks: Networks | None, hours: Hours | None) -> Checked:
    """A site; or a choreography, if these weights can play it, with whom it names."""
    raw = read_text_file(file)
    if is_site(raw):
        site = read_site(file, here())
        files_of(site, file)
        return Checked(f"{site.title or 'untitled'}: a place in {site.hours.zone.key}", site.warnings)
    units = networks.pseudo_autoencoder.learned_units if networks else ACTION_UNITS
    controls = networks.pseudo_autoencoder.learned_controls if networks else CONTROLS
    today = datetime.now(hours.zone).date() if hours else None
    reading = score_in(raw, file, units, controls, hours, today)
    score = reading.choreography
    if networks:
        load_people(networks, score.people, file, TRUNCATION)
    counts = f"{counted(len(score.gestures), 'gesture')}, {counted(len(score.moods), 'mood')}"
    return Checked(f"{score.title or 'untitled'}: {counts}", reading.warnings)


def networks_to_check_for(weights: Path) -> Networks | None:
    """The weights that are to play; None, and a warning, where there are none."""
    try:
        return load_networks(weights)
    except InputError as error:
        say(f"{error}: not checking for units that are not learned, nor for people in files")
        return None


def here() -> ZoneInfo:
    """The timezone of this machine, where no site says another."""
    return tzlocal.get_localzone()
