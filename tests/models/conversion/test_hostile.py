"""Whatever a file would do to who unpickles it, here it does nothing, and is one line."""

import encodings.cp437  # noqa: F401  # in which zipfile reads names: it may be imported now, and not then
import os
import random
import socket
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from run_installation import entry
from tests.models.conversion import hostile
from tests.models.conversion.writers import (
    CLAMPED,
    FORMATS,
    SMALL,
    generator_of,
    installed,
    rosinality_training,
)

Convert = Callable[[Path], tuple[int, str]]
HARMLESS_READS = ("r", "rb")


class Watch:
    """What the interpreter reports of itself: code made, files written, programs started, modules sought."""

    FORBIDDEN = (
        *("exec", "compile", "import", "pickle.find_class", "os.", "subprocess.", "socket.", "shutil."),
        *(
            "ctypes.",
            "marshal.",
            "tempfile.",
            "urllib.",
            "webbrowser.",
            "code.",
            "function.",
            "sys._getframe",
        ),
    )
    ALLOWED = ("os.listdir", "os.scandir", "os.unlink", "os.remove")

    def __init__(self) -> None:
        self.is_on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if not self.is_on:
            return
        is_written = event == "open" and args[1] not in HARMLESS_READS and args[1] is not None
        if is_written or (event.startswith(self.FORBIDDEN) and event not in self.ALLOWED):
            self.seen.append(f"{event} {str(args)[:200]}")


@pytest.fixture(scope="session")
def watch() -> Watch:
    return Watch()


@pytest.fixture
def convert(watch, capsys, tmp_path, monkeypatch) -> Convert:
    """Convert a file; → the exit code and standard error. Nothing may be run, whatever becomes of it."""
    (tmp_path / "own").mkdir()
    monkeypatch.chdir(tmp_path / "own")
    FORMATS["rosinality"](tmp_path / "warm", generator_of(SMALL))
    assert entry(["convert", str(tmp_path / "warm"), "-o", "warm.safetensors"]) == 0  # what is imported late
    (tmp_path / "own" / "warm.safetensors").unlink()
    capsys.readouterr()

    def run(path: Path) -> tuple[int, str]:
        watch.seen.clear()
        watch.is_on = True
        try:
            code = entry(["convert", str(path), "-o", "out.safetensors"])
        finally:
            watch.is_on = False
        err = capsys.readouterr().err
        if code == 0:
            return code, err
        assert watch.seen == []
        assert list((tmp_path / "own").iterdir()) == []
        return code, err

    return run


def refused(convert: Convert, path: Path) -> str:
    code, err = convert(path)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert err.endswith("\n") and err[:-1].isprintable()
    assert err.startswith(str(path)) or not str(path).isprintable()
    assert "unusual" not in err  # somebody thought of it
    assert len(err) < 400
    return err


def test_the_watch_hears_what_a_loader_does(watch, tmp_path):
    watch.seen.clear()
    watch.is_on = True
    try:
        hostile.harm(hostile.reduce_exec(tmp_path / "sentinel"))
    finally:
        watch.is_on = False
    heard = " ".join(watch.seen)
    assert all(event in heard for event in ("pickle.find_class", "compile", "exec"))


# --- what would run something -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", hostile.RUNNING)
def test_nothing_is_run(name, convert, tmp_path):
    sentinel, path = tmp_path / "sentinel", tmp_path / "hostile.pkl"
    code = hostile.CODES.get(name)
    if code is not None:
        hostile.register(code)
    try:
        content = hostile.RUNNING[name](sentinel)
        path.write_bytes(content)
        refused(convert, path)
        assert not sentinel.exists()
        with installed():
            try:
                hostile.harm(content)
            except Exception:  # of some the harm is done before they fail
                assert sentinel.exists()
        assert sentinel.exists(), "this file harms nobody: it proves nothing"
    finally:
        if code is not None:
            hostile.unregister(code)


@pytest.mark.parametrize("make", [hostile.in_an_archive, hostile.in_a_legacy_file])
def test_nothing_is_run_in_what_torch_saves(make, convert, tmp_path):
    (tmp_path / "hostile.pt").write_bytes(make(tmp_path / "sentinel"))
    assert "system', which no generator needs; nothing was run" in refused(convert, tmp_path / "hostile.pt")
    assert not (tmp_path / "sentinel").exists()


@pytest.mark.parametrize(
    "name",
    [
        *("os system", "posix system", "builtins eval", "__builtin__ eval", "importlib import_module"),
        *("torch load", "torch.serialization load", "torch.hub load", "torch.jit load", "numpy load"),
        *("numpy core.multiarray.scalar", "numpy.core.multiarray scalar.__self__", "numpy.core multiarray"),
        *("collections OrderedDict.__class__", "torch._utils _rebuild_tensor_v2.__globals__", "torch nn"),
        *(
            "torch.storage _load_from_bytes.__globals__",
            "dnnlib.util call_func_by_name",
            "copyreg _reconstructor",
        ),
        *(
            "torch_utils.persistence _src_to_module",
            "torch._utils _rebuild_wrapper_subclass",
            "builtins getattr",
        ),
    ],
)
def test_no_other_name_is_known(name, convert, tmp_path):
    module, attribute = name.split(" ")
    path = tmp_path / "a.pkl"
    for asked in (
        hostile.named(module, attribute),
        b"c" + f"{module}\n{attribute}\n".encode(),
    ):
        path.write_bytes(hostile.PROTO + asked + b".")
        assert f"asks for '{module}.{attribute}'" in refused(convert, path)


# --- what would take for ever -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bombs() -> dict[str, bytes]:
    return hostile.bombs()


def test_bombs_are_refused_and_quickly(bombs, convert, tmp_path):
    for name, content in bombs.items():
        path = tmp_path / "bomb"
        path.write_bytes(content)
        began_s = time.process_time()
        try:
            refused(convert, path)
        except AssertionError as error:
            raise AssertionError(name) from error
        assert time.process_time() - began_s < 10, name


def test_billions_of_one_thing_are_never_counted(convert, tmp_path):
    (tmp_path / "a.pkl").write_bytes(hostile.laughs(240_000))
    assert "where a network belongs" in refused(convert, tmp_path / "a.pkl")


# --- files that are none ------------------------------------------------------------------------------------


def test_files_that_are_none_are_named(convert, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**40)
    reasons = {
        "folder": "is a folder",
        "loop": "symbolic links",
        "gone": "no such file",
        "pipe": "no ordinary file",
        "socket": "no ordinary file",
        "sparse": "more than 4 GB",
        "absent": "no such file",
    }
    for name, reason in reasons.items():
        assert reason in refused(convert, tmp_path / name)
    assert "no ordinary file" in refused(convert, Path("/dev/zero"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\xef\xbb\xbf \r\n<html>", "web page"),
        (b"Not Found", "is a text"),
        (b'{"error": "denied"}', "is a text"),
        (b"(dp0\n.", "is a text"),  # a pickle of protocol 0: no checkpoint is one
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), "is compressed; unpack it"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\x1f\x8b\x08" + bytes(40), "gunzip"),
        (b"\x10\x00\x00\x00\x00\x00\x00\x00{}", "safetensors already"),
        (b"\x89PNG\r\n", "no checkpoint that is known here"),
        (bytes(1000), "no checkpoint that is known here"),
        (b"PK\x03\x04" + bytes(1000), "damaged archive"),
        (b"\x80\x04ctfutil\nNetwork\n.", "older than StyleGAN2"),
        (b"\x80\x04N.", "of no StyleGAN2"),
        (b"\x80\x04}.", "has no G_ema"),
        (b"\x80\x04).", "holds 0 things and not G, D and Gs"),
        (b"\x80\x04NNN\x87.", "where a network belongs"),
        (b"\x80\x04\xff", "no pickle"),
    ],
)
def test_what_it_is_is_told_by_what_is_in_it(content, reason, convert, tmp_path):
    for name in ("a.pkl", "a.pt", "a.safetensors"):
        (tmp_path / name).write_bytes(content)
        assert reason in refused(convert, tmp_path / name)


def test_of_archives_it_says_what_to_unpack(convert, tmp_path):
    path = tmp_path / "a.zip"
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.writestr("folder/network.pt", bytes(1000))
        assert "unpack it, and name the .pkl or .pt in it" in refused(convert, path)
    path.write_bytes(hostile.archive(b"\x80\x02}.", **{"0": bytes(4)}))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("archive/constants.pkl", b"\x80\x02).")
    assert "is a program (TorchScript)" in refused(convert, path)


def test_a_name_that_is_no_text_stays_on_one_line(convert, tmp_path):
    for name in (b"\xff\xfe.pkl", "ein\nzwei\x1b[2J\u202e.pkl".encode()):
        path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))  # noqa: PTH118  # of bytes
        path.write_bytes(hostile.reduce(tmp_path / "sentinel"))
        code, err = convert(path)
        assert (code, len(err.splitlines())) == (2, 1)
        assert not (tmp_path / "sentinel").exists()


# --- damage -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, bytes]:
    """Each format, by name."""
    folder, generator = tmp_path_factory.mktemp("whole"), generator_of(CLAMPED)
    for name, write in FORMATS.items():
        write(folder / name, generator_of(SMALL) if name.startswith("rosinality") else generator)
    rosinality_training(folder / "training", generator_of(SMALL))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", [*FORMATS, "training"])
def test_every_cut_is_noticed(name, whole, convert, tmp_path):
    content, dice = whole[name], random.Random(name)
    path = tmp_path / "cut"
    for keep in [*range(1, 40), *(dice.randrange(len(content)) for _ in range(20)), len(content) - 1]:
        path.write_bytes(content[:keep])
        refused(convert, path)


@pytest.mark.parametrize("name", [*FORMATS, "training"])
def test_damage_is_one_line_or_another_number(name, whole, convert, tmp_path):
    """Bytes turned over anywhere, more of them where names and sizes are."""
    content, dice = whole[name], random.Random(name)
    path = tmp_path / "damaged"
    num_refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(dice.choice((1, 1, 3, 20))):
            near = dice.choice((0, 0, len(content) - 4000))
            at = dice.choice((dice.randrange(len(content)), near + dice.randrange(4000)))
            damaged[at] = dice.randrange(256)
        path.write_bytes(damaged)
        code, err = convert(path)
        assert code in (0, 2)
        assert "unusual" not in err
        num_refused += code == 2
        if code == 2:
            assert len(err.splitlines()) == 1
        Path("out.safetensors").unlink(missing_ok=True)
    assert num_refused > 5
