"""A supervised show, put together, and taken apart at its end."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installation.options import Screen, Show
from installation.ports import Command, Sink
from installation.score.resume import as_json
from installation.site import Site
from installation.stage.display import FADE_S, Display
from installation.stage.display_power import DisplayPower
from installation.stage.pacing import SystemClock
from installation.stage.recorder import NullSink
from installation.stage.signals import SignalRemote, ending_as_asked
from installation.supervision import notify, state
from installation.supervision.care import Care
from installation.supervision.clerk import Clerk
from installation.supervision.folders import LOG, RUNNING, STATE, TIMELINE, log_folder, state_folder
from installation.supervision.hand import Target, let_nobody_stay
from installation.supervision.health import Observer
from installation.supervision.logbook import Logbook, Timeline, tell
from installation.supervision.mailboxes import Mailboxes
from installation.supervision.running import announced, folder_alone
from installation.supervision.safety import files_of
from installation.supervision.supervisor import Instruments, Supervisor
from installation.supervision.worker import Task, work


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be shown, and where."""

    show: Show
    site: Site
    screen: Screen
    fps: float


def supervise(plan: Plan, target: Target = work) -> None:
    """Show it until it is over or somebody leaves. `target` is what the worker runs.

    Raises:
        InputError: it cannot be played, and there is somebody to tell it to.
    """
    with ExitStack() as stack:
        enter = stack.enter_context
        stack.callback(let_nobody_stay)
        folder = enter(folder_alone(state_folder(), tell))
        log = log_folder() if folder == state_folder() else folder
        crier, clerk = Clerk(), Clerk()
        logbook = enter(closing(Logbook(log / LOG, clerk, crier)))
        enter(crier)
        enter(clerk)  # who keeps things ends first, and may complain
        say = logbook.say
        enter(ending_as_asked(say))
        signals = enter(closing(SignalRemote()))
        mailboxes = enter(Mailboxes(plan.show))
        enter(announced(folder / RUNNING, mailboxes.wires, plan.site.desk))
        timeline = Timeline(folder / TIMELINE, clerk, say)
        keeper = state.Keeper(folder / STATE, clerk, say)
        care = Care(
            Task(plan.show, plan.site, plan.fps, plan.screen.seconds, resumed(plan, folder / STATE, say)),
            mailboxes.wires,
            mailboxes.frames,
            target,
            say=say,
            note=timeline.note,
            is_attended=notify.address() is None,
        )
        stack.callback(care.close, lambda: mailboxes.keys.post(Command.QUIT))
        care.tend(time.monotonic_ns())  # it takes seconds to begin, in which the rest is put together
        desk = desk_of(plan, mailboxes, folder, say)
        power = enter(closing(power_of(plan, say)))
        notifier = enter(closing(notify.Notifier(notify.address())))
        sink = enter(closing(sink_of(plan, say)))
        observer = Observer(
            mailboxes.health,
            lambda: care.pid,
            folder,
            files_of(plan.show),
        )
        instruments = Instruments(logbook, timeline, keeper, notifier, power, observer)
        supervisor = Supervisor(
            plan.site.hours, plan.show.choreography, sink, [signals], mailboxes, care, instruments
        )
        observer.tell = supervisor.health
        enter(observer)
        supervisor.live(lambda: enter(desk))


def sink_of(plan: Plan, say: Callable[[str], None]) -> Sink:
    if plan.screen.headless:
        return NullSink()
    return Display(plan.site.hanging, is_fullscreen=not plan.screen.windowed, fade_s=FADE_S, say=say)


def desk_of(
    plan: Plan, mailboxes: Mailboxes, folder: Path, say: Callable[[str], None]
) -> AbstractContextManager[object]:
    """Who keeps the site's desk going, if it has one."""
    if plan.site.desk is None:
        return nullcontext()
    from installation.desk.process import minded

    return minded(mailboxes.wires, plan.site.desk, folder, say)


def power_of(plan: Plan, say: Callable[[str], None]) -> DisplayPower:
    """What switches the display; nothing does, where there is none."""
    off = None if plan.screen.headless else plan.site.display_off
    return DisplayPower(plan.site.hours, off, plan.site.display_on, say)


def resumed(plan: Plan, path: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Where the show of a moment ago stood, if this is the same one; nothing: it begins anew."""
    kept = state.read(path, say)
    if kept is None:
        return {}
    choreography, resume = kept
    is_same = choreography == plan.show.choreography.absolute()
    is_fresh = state.is_fresh(resume, plan.site.hours, SystemClock().utc_ns())
    return as_json(resume) if is_same and is_fresh else {}
