"""The command `hang`: which monitor, which way up, which camera; asked on the spot, and kept in a site.yaml.

A test card on every monitor, then what the camera sees, and what has been chosen is written where `run` finds
it. Of the file that was there only those values change.
"""

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol, Self

from installation.choosing import KEYS, Choice, Step, chosen, with_monitors
from installation.errors import InputError
from installation.hanging import Hanging
from installation.notation.site_edit import edited, written
from installation.notation.site_keys import CAMERA, FIT, MONITOR, ROTATION
from installation.notation.values import OFF
from installation.ports import NANOSECONDS, Clock, Image
from installation.saving import replace_file
from installation.site import Site
from installation.stage.camera import Camera
from installation.stage.camera_faces import CameraFaces, Find, find_faces
from installation.stage.camera_images import take_image
from installation.stage.camera_list import cameras
from installation.stage.camera_view import Rate, View, drawn_view
from installation.stage.child import leave_no_dump
from installation.stage.display import has_screen
from installation.stage.pacing import SystemClock
from installation.stage.placement import turned
from installation.stage.shared import SharedLatest
from installation.stage.test_card import Card, drawn_card
from installation.stage.wall import Wall
from installation.texts import REPRODUCIBLE, own_site_path, read_text_file, site_in
from installation.wording import say

NEW_SITE: Final = (
    b"# Where the portrait hangs. docs/site.yaml has everything that can be said here.\nversion: 1\n"
)
FPS: Final = 60  # of looking at keys and camera

Values = dict[str, int | str]


class Screens(Protocol):
    """`Wall`, or what a test puts in its place."""

    @property
    def sizes_px(self) -> tuple[tuple[int, int], ...]: ...

    def show(self, image: Image, hanging: Hanging, t_ns: int, *, is_private: bool = False) -> None: ...

    def keys(self, t_ns: int) -> list[str]: ...


def hang(site: Path | None = None) -> Path | None:
    """Ask, and write what was chosen; → the file, or None where whoever was asked left.

    Without `site` it is the site.yaml in the user's configuration folder.

    Raises:
        InputError: the file has faults, there is no screen, or the file cannot be written.
    """
    path = site or own_site_path()
    before = site_in(content_of(path), path, REPRODUCIBLE)
    if not has_screen():
        where = "start it at the computer that the monitor is connected to, or write DISPLAY=:0 before it"
        raise InputError(f"hang: no screen here; {where}")
    leave_no_dump()  # of a camera's pictures
    with closing(Wall()) as wall:
        choice = begun(before, len(wall.sizes_px), cameras())
        choice = ask(choice, wall, SystemClock(), lambda source: Camera(source, say), find_faces)
    if choice.step is Step.LEFT:
        say("left; nothing was written")
        return None
    say(f"chosen: {told(values_of(choice))}")
    keep(choice, path)
    return path


def begun(site: Site, num_monitors: int, found: tuple[str, ...]) -> Choice:
    """What is chosen before a key is pressed: what the file says; where it names no camera, the first one."""
    named = None if site.camera is None else str(site.camera)
    sources = found if named is None or named in found else (named, *found)
    is_none = not sources or (CAMERA.name in site.places and named is None)
    camera = None if is_none else sources.index(named or sources[0])
    return with_monitors(Choice(num_monitors, sources, site.hanging, camera), num_monitors)


# -- asking --------------------------------------------------------------------------------------------------


def ask(
    choice: Choice,
    screens: Screens,
    clock: Clock,
    open_camera: Callable[[str], Camera],
    find: Find,
) -> Choice:
    """Show cards, and then the camera's pictures, until there is nothing left to be chosen."""
    shown: dict[int, Card] = {}  # by monitor
    sizes_px: tuple[tuple[int, int], ...] = ()
    start_ns, t_ns = clock.now_ns(), 0
    with CameraFaces(find) as faces, ExitStack() as stack:
        sight: Sight | None = None
        while choice.is_open:
            if sizes_px != (sizes_px := screens.sizes_px):
                shown.clear()
                choice = with_monitors(choice, len(sizes_px))
            if choice.step is Step.CAMERA:
                if sight is None or sight.source != choice.source:
                    stack.close()
                    sight = stack.enter_context(Sight(choice, open_camera, faces))
                show_view(choice, screens, sight.view(), t_ns)
            show_cards(choice, screens, shown, t_ns)
            clock.sleep_until_ns(start_ns + t_ns + NANOSECONDS // FPS)
            t_ns = clock.now_ns() - start_ns
            for name in screens.keys(t_ns):
                choice = chosen(choice, KEYS[name]) if name in KEYS else choice
    return choice


def show_cards(choice: Choice, screens: Screens, shown: dict[int, Card], t_ns: int) -> None:
    """A card on every monitor that shows another one, or none; but where the camera's view is."""
    for monitor, size_px in enumerate(screens.sizes_px):
        is_chosen = monitor == choice.hanging.monitor
        card = Card(size_px, choice.hanging if is_chosen else Hanging(monitor), is_chosen)
        if shown.get(monitor) != card and not (is_chosen and choice.step is Step.CAMERA):
            screens.show(drawn_card(card), card.hanging, t_ns)
            shown[monitor] = card


def show_view(choice: Choice, screens: Screens, view: View | None, t_ns: int) -> None:
    """What the camera sees, on the chosen monitor, the right way up; None: what is shown stays."""
    if view is not None:
        hanging = choice.hanging
        upright_px = turned(screens.sizes_px[hanging.monitor], hanging.rotation)
        screens.show(drawn_view(upright_px, view), hanging, t_ns, is_private=True)


class Sight:
    """What the chosen camera sees. A context, in which it is open; its driver may hang, this does not."""

    def __init__(self, choice: Choice, open_camera: Callable[[str], Camera], faces: CameraFaces) -> None:
        self.source = choice.source
        self._open_camera, self._faces = open_camera, faces
        self._rate = Rate()
        number = 0 if choice.camera is None else choice.camera + 1
        self._view = View(self.source or "", number, len(choice.cameras))
        self._is_told = False

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self.source is not None:
                self._camera = stack.enter_context(self._open_camera(self.source))
                self._images = stack.enter_context(closing(SharedLatest.attached(self._camera.images)))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def view(self) -> View | None:
        """What there is to be shown; None: nothing new."""
        before, is_told = self._view, self._is_told
        self._is_told = True
        if self.source is not None:
            stamped = take_image(self._images)
            fps = self._rate.note(stamped)
            if stamped is not None:
                faces = self._faces.seen(stamped.value)
                self._view = replace(self._view, image=stamped.value, fps=fps, trouble="", faces=faces)
            elif (trouble := self._camera.trouble) != self._view.trouble:
                self._view = replace(self._view, image=None if trouble else before.image, trouble=trouble)
        return None if is_told and self._view is before else self._view


# -- writing -------------------------------------------------------------------------------------------------


def values_of(choice: Choice) -> Values:
    """What is to stand in the file. Of cameras nothing, where there is none to be chosen."""
    hanging, source = choice.hanging, choice.source
    values: Values = {MONITOR.name: hanging.monitor, ROTATION.name: hanging.rotation, FIT.name: hanging.fit}
    if choice.cameras:
        values[CAMERA.name] = OFF if source is None else int(source) if source.isdecimal() else source
    return values


def told(values: Values) -> str:
    """As it could be typed."""
    return ", ".join(f"{name}: {written(value)}" for name, value in values.items())


def content_of(path: Path) -> bytes:
    """What is in the file; where there is none, the beginning of one."""
    return read_text_file(path) if path.exists() else NEW_SITE


def keep(choice: Choice, path: Path) -> None:
    """Change the file so that it says what was chosen.

    Raises:
        InputError: that cannot be done; the file is as it was.
    """
    raw, values = content_of(path), values_of(choice)  # anew: somebody may have edited it meanwhile
    by_hand = f"write into it by hand: {told(values)}"
    before = site_in(raw, path, REPRODUCIBLE)
    result = edited(raw, changes(before, values))
    try:
        after = site_in(result, path, REPRODUCIBLE)
    except InputError:
        after = None
    if after is None or meaning(after) != meaning(
        replace(before, hanging=choice.hanging, camera=after.camera)
    ):
        raise InputError(f"{path}: is written in a way that cannot be changed here; {by_hand}")
    try:
        replace_file(path, result)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); {by_hand}") from None


def changes(site: Site, values: Values) -> Values:
    """Those that the file does not say yet."""
    said: Values = {
        MONITOR.name: site.hanging.monitor,
        ROTATION.name: site.hanging.rotation,
        FIT.name: site.hanging.fit,
        CAMERA.name: OFF if site.camera is None else site.camera,
    }
    return {name: value for name, value in values.items() if name not in site.places or said[name] != value}


def meaning(site: Site) -> Site:
    """A place, whatever the lines on which it stands."""
    return replace(site, places={}, warnings=())
