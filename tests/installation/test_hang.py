"""The command `hang`: what is asked, what is shown meanwhile, and what is written."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import platformdirs
import pygame
import pytest

from installation import hang
from installation.choosing import Choice, Step
from installation.errors import InputError
from installation.hanging import Hanging
from installation.notation.site_file import parse_site
from installation.ports import Image
from installation.site import Site
from installation.stage import wall as walls
from installation.stage.camera import Camera
from installation.stage.camera_faces import CameraFaces
from installation.stage.camera_list import cameras
from installation.stage.pacing import SystemClock, VirtualClock
from installation.stage.test_card import CHOSEN, Card, drawn_card
from run_installation import ROOT, entry
from tests.cameras import PATIENCE_S, Bench, ScriptedLens
from tests.installation.found import no_faces, one_face

FIRST, SECOND = "usb-First_Camera-video-index0", "usb-Second_Camera-video-index0"
SIZES_PX = ((640, 360), (320, 480))


def parse(raw: bytes) -> Site:
    return parse_site(raw, "site.yaml", ZoneInfo("UTC"))


def no_camera(source: str) -> Camera:
    raise AssertionError(f"nobody asked for {source}")


@dataclass
class Screens:
    """Monitors that note what they show, and a person who presses keys."""

    press: Callable[["Screens"], list[str]]
    sizes_px: tuple[tuple[int, int], ...] = SIZES_PX
    shown: dict[int, tuple[Image, Hanging, bool]] = field(default_factory=dict)
    num_shown: int = 0

    def show(self, image: Image, hanging: Hanging, t_ns: int, *, is_private: bool = False) -> None:
        self.shown[hanging.monitor] = image, hanging, is_private
        self.num_shown += 1

    def keys(self, t_ns: int) -> list[str]:
        return self.press(self)


def typist(*keys: str) -> Callable[[Screens], list[str]]:
    """One key after the other."""
    waiting = iter(keys)
    return lambda _: [next(waiting)]


# -- asking --------------------------------------------------------------------------------------------------


def test_each_monitor_shows_its_card_and_the_chosen_one_is_turned() -> None:
    seen: list[dict[int, tuple[Image, Hanging, bool]]] = []
    keys = iter(["right", "up", "a", "f", "escape"])

    def press(screens: Screens) -> list[str]:
        seen.append(dict(screens.shown))
        return [next(keys)]

    screens = Screens(press)
    end = hang.ask(Choice(2), screens, VirtualClock(), no_camera, no_faces)
    assert end.step is Step.LEFT
    wanted = [
        [Card(SIZES_PX[0], Hanging(0), True), Card(SIZES_PX[1], Hanging(1))],
        [Card(SIZES_PX[0], Hanging(0)), Card(SIZES_PX[1], Hanging(1), True)],
        [Card(SIZES_PX[0], Hanging(0)), Card(SIZES_PX[1], Hanging(1, 90), True)],
        [Card(SIZES_PX[0], Hanging(0)), Card(SIZES_PX[1], Hanging(1, 90), True)],
        [Card(SIZES_PX[0], Hanging(0)), Card(SIZES_PX[1], Hanging(1, 90, "cover"), True)],
    ]
    for shown, cards in zip(seen, wanted, strict=True):
        for monitor, card in enumerate(cards):
            image, hanging, _ = shown[monitor]
            np.testing.assert_array_equal(image, drawn_card(card))
            assert hanging.rotation == card.hanging.rotation
    assert screens.num_shown == 2 + 2 + 1 + 1  # nothing is drawn twice


def test_monitors_may_come_and_go_meanwhile() -> None:
    num_looks = 0

    def press(screens: Screens) -> list[str]:
        nonlocal num_looks
        num_looks += 1
        if num_looks == 1:
            screens.sizes_px, screens.shown = SIZES_PX[:1], {}
            return []
        np.testing.assert_array_equal(
            screens.shown[0][0], drawn_card(Card(SIZES_PX[0], Hanging(), is_chosen=True))
        )
        if num_looks == 2:
            screens.sizes_px, screens.shown = SIZES_PX, {}
            return []
        return ["return", "return"]

    end = hang.ask(Choice(2, hanging=Hanging(1)), Screens(press), VirtualClock(), no_camera, no_faces)
    assert (end.num_monitors, end.hanging.monitor, end.step) == (2, 0, Step.DONE)


def test_without_a_camera_it_says_so_and_goes_on() -> None:
    views: list[Image] = []

    def press(screens: Screens) -> list[str]:
        views.append(screens.shown[0][0])
        return ["return"]

    end = hang.ask(
        Choice(1, hanging=Hanging(0, 90)), Screens(press, SIZES_PX[:1]), VirtualClock(), no_camera, no_faces
    )
    assert end.step is Step.DONE and end.source is None
    assert views[1].shape[0] > views[1].shape[1]  # upright, as the monitor hangs
    assert (views[1] == CHOSEN).all(-1).any()  # what is said


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, (64, 48))


def sources(tmp_path: Path) -> tuple[str, ...]:
    return cameras(tmp_path, tmp_path / "v4l")


def opener(bench: Bench) -> Callable[[str], Camera]:
    return lambda source: Camera(source, lambda line: None, device=bench.device(source), open_=ScriptedLens)


def sees(screens: Screens, grey: int) -> bool:
    """Whether a camera's picture is shown that is so light."""
    image, _, is_private = screens.shown[0]
    return is_private and bool(
        (abs(image.astype(int) - grey - 1) <= 3).all(-1).sum() > 0.1 * image[..., 0].size
    )


def test_cameras_are_shown_live_one_after_the_other(tmp_path: Path, bench: Bench) -> None:
    bench.plug(FIRST, 0, grey=90)
    bench.plug(SECOND, 2, grey=180)
    found = sources(tmp_path)
    assert len(found) == 2
    script: list[tuple[Callable[[Screens], bool], list[str]]] = [
        (lambda screens: True, ["return"]),
        (lambda screens: sees(screens, 90), ["n"]),
        (lambda screens: sees(screens, 180), ["0"]),
        (lambda screens: not sees(screens, 180), ["n", "n"]),
        (lambda screens: sees(screens, 180), ["return"]),
    ]
    deadline_s = time.monotonic() + PATIENCE_S

    def press(screens: Screens) -> list[str]:
        assert time.monotonic() < deadline_s
        return script.pop(0)[1] if script[0][0](screens) else []

    files = set(tmp_path.rglob("*"))
    start = Choice(1, found, camera=0)
    end = hang.ask(start, Screens(press, SIZES_PX[:1]), SystemClock(), opener(bench), no_faces)
    assert (end.step, end.source) == (Step.DONE, found[1])
    assert set(tmp_path.rglob("*")) == files  # nothing of what was seen


def test_a_box_goes_about_each_face(tmp_path: Path, bench: Bench) -> None:
    bench.plug(FIRST, 0, grey=90)
    bright: list[bool] = []
    deadline_s = time.monotonic() + PATIENCE_S

    def press(screens: Screens) -> list[str]:
        assert time.monotonic() < deadline_s
        image = screens.shown[0][0]
        middle = image[image.shape[0] // 3 : image.shape[0] // 2]  # of the picture, below what is written
        bright.append(bool((abs(middle.astype(int) - CHOSEN) < 40).all(-1).any()))
        return ["return"] if bright[-1] else []

    choice = Choice(1, sources(tmp_path), camera=0, step=Step.CAMERA)
    screens = Screens(press, SIZES_PX[:1])
    end = hang.ask(choice, screens, SystemClock(), opener(bench), one_face)
    assert end.step is Step.DONE and len(bright) > 1


@pytest.mark.parametrize("mode", ["hang", "refuse", "crash"])
def test_a_camera_that_fails_hinders_nobody(tmp_path: Path, bench: Bench, mode: str) -> None:
    bench.plug(FIRST, 0, mode)
    num_looks = 0

    def press(screens: Screens) -> list[str]:
        nonlocal num_looks
        num_looks += 1
        return {1: ["return"], 30: ["0"], 31: ["return"]}.get(num_looks, [])

    start = Choice(1, sources(tmp_path), camera=0)
    end = hang.ask(start, Screens(press, SIZES_PX[:1]), SystemClock(), opener(bench), no_faces)
    assert end.step is Step.DONE and end.source is None


def test_the_trouble_of_a_camera_is_shown(tmp_path: Path, bench: Bench) -> None:
    bench.plug(FIRST, 0, "refuse")
    cameras_open: list[Camera] = []

    def open_camera(source: str) -> Camera:
        cameras_open.append(opener(bench)(source))
        return cameras_open[0]

    choice = Choice(1, sources(tmp_path), camera=0, step=Step.CAMERA)
    with CameraFaces(no_faces) as faces, hang.Sight(choice, open_camera, faces) as sight:
        view, deadline_s = sight.view(), time.monotonic() + PATIENCE_S
        while view is None or not view.trouble:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
            view = sight.view()
    assert "it cannot be opened" in view.trouble and view.image is None


# -- what is chosen before a key is pressed ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found", "known", "source"),
    [
        ("", (), (), None),
        ("", ("/dev/a", "/dev/b"), ("/dev/a", "/dev/b"), "/dev/a"),
        ("camera: off", ("/dev/a",), ("/dev/a",), None),
        ("camera: /dev/b", ("/dev/a", "/dev/b"), ("/dev/a", "/dev/b"), "/dev/b"),
        ("camera: /dev/c", ("/dev/a",), ("/dev/c", "/dev/a"), "/dev/c"),  # unplugged: its trouble is shown
        ("camera: 1", ("/dev/a",), ("1", "/dev/a"), "1"),
        ("camera: 1", (), ("1",), "1"),
    ],
)
def test_it_begins_with_what_the_file_says(
    text: str, found: tuple[str, ...], known: tuple[str, ...], source: str | None
) -> None:
    site = parse(f"version: 1\nmonitor: 3\nrotation: 90\nmargin: 0.1\n{text}\n".encode())
    choice = hang.begun(site, 2, found)
    assert choice.hanging == replace(site.hanging, monitor=1)  # the last one there is
    assert (choice.cameras, choice.source) == (known, source)


# -- writing -------------------------------------------------------------------------------------------------

CHOICE = Choice(2, ("/dev/v4l/by-id/usb-A-video-index0", "1"), Hanging(1, 270, "cover"), 0, Step.DONE)
OLD = b"# mine\r\nversion: 1\r\nrotation: 0   # up\r\nbrightness: 0.8\r\ntitle: 'monitor: 9'"
NEW = (
    b"# mine\r\nversion: 1\r\nmonitor: 1\r\nrotation: 270   # up\r\nfit: cover\r\n"
    b"camera: /dev/v4l/by-id/usb-A-video-index0\r\nbrightness: 0.8\r\ntitle: 'monitor: 9'"
)


def kept(path: Path, choice: Choice = CHOICE) -> bytes:
    """What is in the file afterwards."""
    hang.keep(
        replace(choice, hanging=replace(choice.hanging, brightness=parse(OLD).hanging.brightness)), path
    )
    return path.read_bytes()


def test_of_a_file_only_what_was_chosen_changes(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes(OLD)
    path.chmod(0o640)
    assert kept(path) == NEW
    assert path.stat().st_mode & 0o777 == 0o640
    assert kept(path) == NEW
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_and_its_folder_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "site.yaml"
    hang.keep(CHOICE, path)
    site = parse(path.read_bytes())
    assert site.hanging == CHOICE.hanging and site.camera == CHOICE.source
    assert path.read_bytes().startswith(b"# ") and path.read_bytes().endswith(b"\n")


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "place.yaml", tmp_path / "site.yaml"
    target.write_bytes(OLD)
    link.symlink_to(target)
    assert kept(link) == NEW
    assert link.is_symlink() and target.read_bytes() == NEW


def test_of_cameras_nothing_is_written_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    hang.keep(Choice(1), path)
    assert "camera" not in parse(path.read_bytes()).places
    hang.keep(replace(CHOICE, camera=None), path)
    assert b"camera: off\n" in path.read_bytes()
    hang.keep(replace(CHOICE, camera=1), path)
    assert parse(path.read_bytes()).camera == 1


def test_a_file_that_is_wrong_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes(b"version: 1\nrotation: 45\nmonitor: x\n")
    with pytest.raises(InputError, match=r"(?s)site.yaml:2:11: rotation.*site.yaml:3:10: monitor"):
        hang.keep(CHOICE, path)
    assert path.read_bytes() == b"version: 1\nrotation: 45\nmonitor: x\n"


@pytest.mark.parametrize("edit", [lambda raw, _: raw, lambda raw, _: b"version: 1\n", lambda raw, _: b"{"])
def test_what_does_not_say_what_was_meant_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: Callable[[bytes, hang.Values], bytes]
) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes(OLD)
    monkeypatch.setattr(hang, "edited", edit)
    with pytest.raises(
        InputError, match="cannot be changed here; write into it by hand: monitor: 1, rotation"
    ):
        kept(path)
    assert path.read_bytes() == OLD


def test_where_nothing_can_be_written_it_is_told_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    by_hand = "by hand: monitor: 1, rotation: 270, fit: cover, camera: /dev/v4l/by-id/usb-A-video-index0"
    with pytest.raises(InputError, match=by_hand):
        hang.keep(CHOICE, tmp_path / "file" / "site.yaml")
    path = tmp_path / "site.yaml"
    path.write_bytes(OLD)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(InputError, match=rf"site.yaml: cannot be written \(Permission denied\); .*{by_hand}"):
        kept(path)
    assert path.read_bytes() == OLD
    assert set(tmp_path.iterdir()) == {path, tmp_path / "file"}


# -- the command ---------------------------------------------------------------------------------------------


class Keyboard(VirtualClock):
    """A clock by which a key is pressed at each turn of the loop."""

    keys: Iterator[int]

    def sleep_until_ns(self, instant_ns: int) -> None:
        super().sleep_until_ns(instant_ns)
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=next(self.keys)))


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run `hang` on the dummy driver, with these keys; → exit code, what was printed and said."""

    def run(keys: list[int], *args: str | Path) -> tuple[int, str, str]:
        Keyboard.keys = iter(keys)
        monkeypatch.setattr(hang, "has_screen", lambda: True)
        monkeypatch.setattr(hang, "cameras", lambda: ())
        monkeypatch.setattr(hang, "SystemClock", Keyboard)
        code = entry(["hang", *map(str, args)])
        assert not pygame.display.get_init()
        return code, *capsys.readouterr()

    return run


ACCEPT = [pygame.K_UP, pygame.K_RETURN, pygame.K_RETURN]


def test_the_command_writes_and_says_what_it_wrote(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes(OLD)
    code, out, err = command(ACCEPT, "--site", path, "--no-show")
    assert (code, out) == (0, f"{path}\n")
    assert "chosen: monitor: 0, rotation: 90, fit: whole" in err
    assert parse(path.read_bytes()).hanging == Hanging(0, 90, brightness=0.8)


def test_without_a_file_it_is_the_user_s_own(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: tmp_path / name)
    code, out, _ = command(ACCEPT, "--no-show")
    assert (code, out) == (0, f"{tmp_path / 'living-portrait' / 'site.yaml'}\n")


def test_esc_writes_nothing(command: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    code, out, err = command([pygame.K_UP, pygame.K_RETURN, pygame.K_ESCAPE], "--site", path)
    assert (code, out) == (0, "")
    assert "nothing was written" in err and not path.exists()


def test_the_portrait_is_shown_with_it(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(os, "execv", lambda path, args: programs.append((path, args)))
    path = tmp_path / "site.yaml"
    assert command(ACCEPT, "--site", path, "--seconds", "3")[0] == 0
    ((program, args),) = programs
    assert program == args[0] == sys.executable
    assert args[1:] == [str(ROOT / "run_installation.py"), "run", "--site", str(path), "--seconds", "3.0"]
    assert command([pygame.K_ESCAPE], "--site", path)[0] == 0
    assert len(programs) == 1


def test_a_file_with_faults_is_told_before_anything_is_asked(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walls, "Display", None)
    path = tmp_path / "site.yaml"
    path.write_bytes(b"version: 1\nrotation: 45\n")
    code, _, err = command([], "--site", path)
    assert code == 2 and f"{path}:2:11: rotation" in err
    code, _, err = command([], "--site", tmp_path)
    assert code == 2 and "cannot be read" in err


def test_without_a_screen_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry(["hang", "--site", str(tmp_path / "site.yaml")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1) and err.startswith("hang: no screen here")
    assert not list(tmp_path.iterdir())


# -- a real window, real keys --------------------------------------------------------------------------------

SCREEN_PX = (600, 800)


@pytest.fixture
def x_server(tmp_path: Path) -> Iterator[str]:
    """The name of an X server whose picture is a file in `tmp_path`."""
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed, and no other X server may be disturbed")
    screen = ["-screen", "0", f"{SCREEN_PX[0]}x{SCREEN_PX[1]}x24", "-fbdir", str(tmp_path)]
    # -r: on a busy machine a key may be down for so long that it would repeat itself
    command = ["Xvfb", "-displayfd", "1", *screen, "-nolisten", "tcp", "-r"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.send_signal(signal.SIGTERM)


def screen_pixels(shot: Path) -> Image:
    """What the X server shows, [H, W, 3] RGB: its framebuffer is a file in XWD's format."""
    raw, (width, height) = shot.read_bytes(), SCREEN_PX
    pixels = np.frombuffer(raw[len(raw) - 4 * width * height :], np.uint8)
    return pixels.reshape(height, width, 4)[..., 2::-1]


def until_shown(shot: Path, card: Card) -> None:
    wanted = np.rot90(drawn_card(card), -card.hanging.rotation // 90)
    deadline_s = time.monotonic() + PATIENCE_S
    while not np.array_equal(screen_pixels(shot), wanted):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_a_technician_at_a_real_screen(x_server: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SDL_VIDEODRIVER"}
    environment |= {"DISPLAY": x_server, "PYTHONPATH": str(ROOT)}
    path, shot = tmp_path / "here" / "site.yaml", tmp_path / "Xvfb_screen0"
    command = [sys.executable, "run_installation.py", "hang", "--site", str(path), "--no-show"]

    def press(key: str) -> None:
        subprocess.run(["xdotool", "key", key], env=environment, check=True, timeout=PATIENCE_S)

    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as program:
        try:
            card = Card(SCREEN_PX, Hanging(), is_chosen=True)
            until_shown(shot, card)
            for key, hanging in (
                ("Up", Hanging(0, 90)),
                ("Up", Hanging(0, 180)),
                ("r", Hanging(0, 270)),
                ("f", Hanging(0, 270, "cover")),
                ("Down", Hanging(0, 180, "cover")),
            ):
                press(key)
                until_shown(shot, replace(card, hanging=hanging))
            press("Return")
            press("Return")
            assert program.communicate(timeout=PATIENCE_S)[0] == f"{path}\n"
        finally:
            program.kill()  # what has ended is not
    assert program.returncode == 0
    assert parse(path.read_bytes()).hanging == Hanging(0, 180, "cover")
