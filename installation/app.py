"""The composition root: each command builds what it needs, wires it, runs it, and shuts it down.

Here are the commands of the show; those that make a single thing are in `stills.py`.
"""

import gc
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from installation.errors import InputError
from installation.loading import Networks, load_networks, load_people
from installation.notation.problems import Problem
from installation.notation.site_file import is_site
from installation.options import TRUNCATION, Recording, Show
from installation.performance import Performance, Teller
from installation.place import files_of, here, place_of, shown_at
from installation.ports import NANOSECONDS, Command, Frame, Remote, Request, Sink, Tick
from installation.reload import Reload
from installation.score.hours import Hours, instant
from installation.score.resume import Resume
from installation.score.slumber import FADE_NS
from installation.site import Site
from installation.stage.child import leave_no_dump
from installation.stage.frame_times import FrameTimes
from installation.stage.osc import OscRemote
from installation.stage.osc_out import OscTeller
from installation.stage.pacing import Pacer, SystemClock, VirtualClock, frame_rate
from installation.stage.recorder import open_recorder
from installation.stage.shared import SharedLatest
from installation.stage.signals import SignalRemote, ending_as_asked
from installation.status import About, StatusTeller
from installation.telling import Telling
from installation.texts import REPRODUCIBLE, read_site, read_text_file, score_in
from installation.wiring import kept_up, live_eyes, ready, recorded_eyes, visit_with, wire
from installation.wording import counted, say, told_of_doors
from models.action_units import ACTION_UNITS
from models.controls import CONTROLS

REST_NS = NANOSECONDS // 5  # from one frame to the next while it is dark

# --- the show -----------------------------------------------------------------------------------------------


def perform(
    show: Show,
    site: Site,
    fps: float,
    seconds: float | None,
    sink: Sink,
    remotes: Sequence[Remote] = (),
    status: SharedLatest | None = None,
    resume: Resume | None = None,
) -> None:
    """The show, live: what `supervision.worker` runs. It goes on from where another one stood, if it is the
    same show, asks `remotes` what there is to do, and tells a mailbox how it goes.
    """
    if show.webcam is not None:
        leave_no_dump()
    with ending_as_asked(say), ExitStack() as stack:
        # First of all: a signal that nobody hears yet would end the program.
        heard: list[Remote] = [stack.enter_context(closing(SignalRemote())), *remotes]
        playing = read_text_file(show.choreography)
        networks = load_networks(show.weights)
        performance = wire(networks, show, site.hours, is_live=True)
        read = partial(ready, networks, show, site.hours)
        if show.webcam is not None:
            home = performance.portrait.at(0).ws
            eyes = stack.enter_context(live_eyes(show.webcam, networks, home, site.camera_view))
            performance.visit = visit_with(eyes, performance, site.consent)
        if site.osc:
            heard.append(stack.enter_context(closing(OscRemote(*site.osc, say))))
        reload = stack.enter_context(Reload(show.choreography, playing, read, say))
        clock = SystemClock()
        performance.synthesizer = kept_up(performance, clock, fps)
        times = FrameTimes(clock, frame_rate(fps))
        gc.collect()
        gc.freeze()  # or once in a while all that is loaded would be walked through, for several frames
        stack.callback(gc.unfreeze)
        if resume and not performance.resume_from(resume, clock.utc_ns()):
            say("this is another show than the one that was playing: it begins anew")
        pacer = Pacer(clock, fps)
        tellers: list[Teller] = []
        if status:
            about = About(show.choreography.absolute(), show.weights.absolute(), show.site)
            tellers.append(StatusTeller(status, about, times, pacer))
        if site.osc_out:
            teller = OscTeller(site.osc_out, site.osc_rate, Telling(), say)
            tellers.append(stack.enter_context(closing(teller)))
        play(performance, sink, pacer, seconds, reload, heard, times, tellers)


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


def play(
    performance: Performance,
    sink: Sink,
    pacer: Pacer,
    seconds: float | None,
    reload: Reload | None = None,
    remotes: Sequence[Remote] = (),
    times: FrameTimes | None = None,
    tellers: Sequence[Teller] = (),
) -> None:
    """The loop: for each tick a frame, until the time is over, somebody leaves, or Ctrl-C."""
    was_open, lit_ns = True, 0
    try:
        while True:
            tick = pacer.tick()
            if seconds is not None and tick.t_ns >= round(seconds * NANOSECONDS):
                return
            if reload:
                reload.poll(performance)
            is_dark = show_frame(performance, sink, tick, pacer, times).is_dark
            if was_open != (was_open := performance.is_open):
                say(told_of_doors(performance.hours, tick.utc_ns))
            asked = chain(sink.requests(), *(remote.requests() for remote in remotes))
            if not obeyed(performance, asked, tick, pacer, times):
                return
            for teller in tellers:
                teller.tell(performance, tick)
            lit_ns = lit_ns if is_dark else tick.t_ns
            if tick.t_ns - lit_ns > FADE_NS:
                pacer.rest(rest_ns(performance.change_utc_ns, tick.utc_ns))
    except KeyboardInterrupt:
        say("stopped")
    finally:
        if times:
            say(times.in_all(pacer.num_stalls))


def obeyed(
    performance: Performance, asked: Iterable[Request], tick: Tick, pacer: Pacer, times: FrameTimes | None
) -> bool:
    """Do what is asked for; → whether to go on."""
    for request in asked:
        if request is Command.QUIT:
            return False
        if request is Command.REPORT and times:
            say(times.so_far(pacer.num_stalls))
        performance.obey(request, tick)
    return True


def show_frame(
    performance: Performance, sink: Sink, tick: Tick, pacer: Pacer, times: FrameTimes | None
) -> Frame:
    """One frame, timed if its times are told and it is not a dark one."""
    if times:
        times.begin()
    frame = performance.step(tick)
    if times and not frame.is_dark:
        times.drawn(len(frame.image))
    sink.show(frame)
    if times and frame.is_dark:
        times.pause()
    elif times and (told := times.shown(pacer.num_stalls)):
        say(told)
    return frame


def rest_ns(change_ns: int | None, utc_ns: int) -> int:
    """How long nothing is due while it is dark: a moment, in which it still answers, and never beyond the
    next change of the doors.
    """
    return REST_NS if change_ns is None else min(REST_NS, change_ns - utc_ns)


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
