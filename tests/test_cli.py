"""The command line as users type it: results on standard output, one line a fault, an exit code."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from installation.ports import Frame
from installation.stage.recorder import open_recorder
from models.checkpoint import companion_path
from run_installation import ROOT, entry, main
from tests.models.tiny import write_tiny_encoder, write_tiny_person, write_tiny_reader, write_tiny_weights
from tests.sight.faces import collins, seen

CHOREOGRAPHIES = sorted(ROOT.joinpath("choreographies").glob("*.yaml"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return write_tiny_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def cli(capfd, monkeypatch, tmp_path, weights):
    """Run a command in an empty folder with tiny weights; → exit code, standard output, standard error."""

    def run(*args: str | Path, with_weights: bool = True) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        capfd.readouterr()
        named = ["--weights", weights] if with_weights else []
        code = entry([str(arg) for arg in (*args, *named)])
        return code, *capfd.readouterr()

    return run


def video_frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


# --- what works --------------------------------------------------------------------------------------------


def test_record_writes_a_video_of_the_length_and_size_asked_for(cli, tmp_path):
    code, out, _ = cli("record", "a.mp4", "--seconds", 2, "--fps", 12, "--size", 64, "--seed", 7)
    assert (code, out) == (0, "a.mp4\n")
    frames = video_frames(tmp_path / "a.mp4")
    assert len(frames) == 24
    assert frames[0].shape == (64, 64, 3)


def test_record_writes_pictures_and_the_same_options_write_the_same_ones(cli, tmp_path):
    for folder in ("a", "b"):
        code, out, _ = cli("record", f"{folder}/", "--seconds", 1, "--fps", 8, "--size", 48, "--seed", 7)
        assert (code, out) == (0, f"{folder}\n")
    first, second = (sorted(tmp_path.joinpath(folder).iterdir()) for folder in ("a", "b"))
    assert [path.name for path in first] == [f"{k:06d}.png" for k in range(8)]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    cli("record", "c/", "--seconds", 1, "--fps", 8, "--size", 48, "--seed", 7, "--start", "2026-01-07")
    third = sorted(tmp_path.joinpath("c").iterdir())
    assert [path.read_bytes() for path in first] != [path.read_bytes() for path in third]


def test_run_without_a_screen_says_so_and_records(cli, tmp_path):
    code, out, err = cli("run", "--seconds", 0.5)
    assert (code, out) == (0, "build/portrait.mp4\n")
    assert "no screen" in err
    assert len(video_frames(tmp_path / "build" / "portrait.mp4")) == 15


def test_run_is_what_no_command_means(cli, tmp_path):
    code, out, _ = cli(CHOREOGRAPHIES[0], "--seconds", 0.2)
    assert (code, out) == (0, "build/portrait.mp4\n")


def test_headless_plays_and_writes_nothing(cli, tmp_path):
    code, out, _ = cli("run", "--headless", "--seconds", 0.2)
    assert (code, out) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def seeing(tmp_path_factory) -> Path:
    """Tiny weights that see, too."""
    path = write_tiny_weights(tmp_path_factory.mktemp("seeing"))
    write_tiny_reader(path)
    write_tiny_encoder(path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Somebody who stands still for two seconds."""
    path = tmp_path_factory.mktemp("clip") / "visitors.mp4"
    recorder = open_recorder(path, 10, (320, 240))
    for k in range(20):
        recorder.show(Frame(cv2.resize(seen(collins()), (320, 240)), k * 100_000_000))
    recorder.close()
    return path


def test_a_recording_sees_the_visitors_of_a_video(cli, tmp_path, seeing, clip):
    options = ["--seconds", "2", "--fps", "5", "--size", "32", "--weights", seeing]
    assert cli("record", "blind", *options, with_weights=False)[0] == 0
    for folder in ("seeing", "again"):
        assert cli("record", folder, *options, "--webcam", clip, with_weights=False)[0] == 0
    pictures = {
        name: [path.read_bytes() for path in sorted((tmp_path / name).iterdir())]
        for name in ("blind", "seeing", "again")
    }
    assert pictures["seeing"] == pictures["again"] != pictures["blind"]


def test_the_video_that_is_seen_is_not_written_over(cli, tmp_path, seeing, clip):
    own = tmp_path / "clip.mp4"
    own.write_bytes(clip.read_bytes())
    code, _, err = cli("record", own, "--webcam", own, "--weights", seeing, with_weights=False)
    assert code == 2
    assert "is the video that --webcam sees; write to another file" in err
    assert own.read_bytes() == clip.read_bytes()


def test_without_a_screen_a_camera_is_not_recorded_from(cli, tmp_path, seeing):
    code, out, err = cli("run", "--seconds", "0.2", "--webcam", "7", "--weights", seeing, with_weights=False)
    assert (code, out) == (0, "build/portrait.mp4\n")
    assert "recording without the camera: a visitor's face is never written" in err


def test_a_portrait_is_the_same_person_each_time(cli, tmp_path):
    for name, person in (("a.png", 3), ("b.png", 3), ("c.png", 4)):
        assert cli("portrait", "-o", name, "--person", person)[:2] == (0, f"{name}\n")
    a, b, c = (cv2.imread(str(tmp_path / name)) for name in ("a.png", "b.png", "c.png"))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    cli("portrait", "-o", "large.png", "--size", 100)
    assert cv2.imread(str(tmp_path / "large.png")).shape == (100, 100, 3)


@pytest.mark.parametrize(
    ("command", "picture"),
    [
        ("portrait -o {}.png", "{}.png"),
        ("strip -o {}.png", "{}.png"),
        ("record {}/ --seconds 0.1", "{}/000000.png"),
    ],
)
def test_a_person_in_a_file_sits_wherever_a_person_is_taken(cli, tmp_path, weights, command, picture):
    write_tiny_person(tmp_path / "ada.safetensors", weights)
    for name, person in (("a", 3), ("b", "ada.safetensors"), ("c", "ada.safetensors")):
        assert cli(*command.format(name).split(), "--person", person)[0] == 0
    a, b, c = (tmp_path.joinpath(picture.format(name)).read_bytes() for name in "abc")
    assert a != b == c


def test_a_show_needs_nothing_that_reads_photographs(cli, monkeypatch, tmp_path, weights):
    for name in ("PIL", "facenet_pytorch", "models.alignment", "models.au_reader", "models.projection"):
        monkeypatch.setitem(sys.modules, name, None)
    write_tiny_person(tmp_path / "ada.safetensors", weights)
    assert cli("run", "--headless", "--seconds", 0.1, "--person", "ada.safetensors")[0] == 0
    assert cli("portrait", "-o", "a.png", "--person", "ada.safetensors")[0] == 0


def test_a_strip_puts_squares_side_by_side_and_nothing_on_them(cli, tmp_path):
    gestures = ("--from", "AU12=0.8, AU06=C", "--to", "happily surprised")
    assert cli("strip", "-o", "s.png", *gestures, "--alphas", "0,.5,1")[0] == 0
    strip = cv2.imread(str(tmp_path / "s.png"))
    assert strip.shape == (32, 96, 3)
    cli("strip", "-o", "l.png", *gestures, "--alphas", "0,.5,1", "--labels")
    labelled = cv2.imread(str(tmp_path / "l.png"))
    assert np.array_equal(labelled[:32], strip)
    assert labelled.shape[0] > 32


def test_a_unit_that_the_weights_have_not_learned_is_a_warning_that_names_it(cli):
    code, _, err = cli("strip", "-o", "s.png", "--to", "AU39=1")
    assert code == 0
    assert "AU39 (nostril compressor)" in err


def test_a_control_that_the_weights_have_not_learned_is_a_warning_that_names_it(cli):
    code, _, err = cli("strip", "-o", "s.png", "--to", "AU12=1, age=70")
    assert (code, err.count("\n")) == (0, 1)
    assert "control 'age'" in err


def test_a_strip_turns_the_face(cli, tmp_path):
    towards = {"a": "yaw=10, gaze=[8, 0]", "b": "yaw=-10, gaze=[8, 0]", "c": "yaw=10, light=[40, 25]"}
    for name, target in towards.items():
        assert cli("strip", "-o", f"{name}.png", "--to", target) == (0, f"{name}.png\n", "")
    ends = {name: cv2.imread(str(tmp_path / f"{name}.png"))[:, -32:].tobytes() for name in towards}
    assert len(set(ends.values())) == 3


def test_a_control_beyond_what_was_shown_stops_there_and_is_a_warning_with_the_bounds(cli, tmp_path):
    code, _, err = cli("strip", "-o", "a.png", "--to", "yaw=90")
    assert (code, err) == (0, "yaw=90: yaw 90 is outside -12 to 12; 12 is taken\n")
    cli("strip", "-o", "b.png", "--to", "yaw=12")
    assert tmp_path.joinpath("a.png").read_bytes() == tmp_path.joinpath("b.png").read_bytes()


@pytest.mark.parametrize("path", CHOREOGRAPHIES, ids=lambda path: path.stem)
def test_the_shipped_choreographies_are_clean_with_the_shipped_weights(cli, path):
    code, _, err = cli("check", "--strict", path, with_weights=False)
    assert (code, err) == (0, "")


def test_a_unit_in_a_score_that_the_weights_have_not_learned_is_a_located_warning(cli, tmp_path):
    score = "version: 1\ngestures: {a: {aus: {AU39: 1}}, b: {emotion: happy}}\n"
    tmp_path.joinpath("s.yaml").write_text(score + "moods: {m: {gestures: {a: 1, b: 1}}}\n")
    code, _, err = cli("check", "s.yaml")
    assert code == 0
    assert err.startswith("s.yaml:2:28: warning: gestures.a.aus.AU39: these weights have not learned AU39")
    assert "AU39" in cli("run", "--headless", "--seconds", 0.1, "s.yaml")[2]


@pytest.mark.parametrize(
    "command",
    [[], *([name] for name in main.commands)],
)
def test_every_command_explains_itself(cli, command):
    code, out, _ = cli(*command, "--help", with_weights=False)
    assert code == 0
    assert "Usage:" in out
    needs_weights = command and command[0] not in ("simulate", "explain", "convert", "hang", "desk", "doctor")
    assert not needs_weights or "--weights" in out


# --- what is refused: exit code 2, one line a fault, nothing left behind -----------------------------------


def refused(result: tuple[int, str, str]) -> str:
    code, out, err = result
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    return err


def test_an_unknown_gesture_is_one_line_with_its_place(cli, tmp_path):
    score = "version: 1\ngestures: {tender: {emotion: happy}}\nmoods: {m: {gestures: {tendre: 1}}}\n"
    tmp_path.joinpath("s.yaml").write_text(score)
    err = refused(cli("record", "a.mp4", "--choreography", "s.yaml"))
    assert err == "s.yaml:3:24: moods.m.gestures: unknown gesture 'tendre'; did you mean 'tender'?\n"
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]


@pytest.mark.parametrize(
    "score", ["gestures: [", "\tversion: 1", "a: &a [*a]", "", "\x00", "version: 1\nversion: 1"], ids=range(6)
)
def test_broken_yaml_is_lines_with_places(cli, tmp_path, score):
    tmp_path.joinpath("s.yaml").write_text(score)
    err = refused(cli("check", "s.yaml"))
    assert all(line.startswith("s.yaml:") for line in err.splitlines())


def test_check_reports_every_file_and_strict_makes_warnings_errors(cli, tmp_path):
    unused = "version: 1\ngestures: {a: {emotion: happy}, b: {emotion: sad}, c: {emotion: awed}}\n"
    tmp_path.joinpath("w.yaml").write_text(unused + "moods: {m: {gestures: {a: 1, b: 1}}}\n")
    tmp_path.joinpath("e.yaml").write_text("version: 2\n")
    code, _, err = cli("check", "w.yaml")
    assert code == 0
    assert "w.yaml:2:" in err
    err = refused(cli("check", "--strict", "w.yaml", "e.yaml", "none.yaml"))
    assert {line.split(":")[0] for line in err.splitlines()} == {"w.yaml", "e.yaml", "none.yaml"}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["strip", "-o", "s.png", "--to", "hapy"], "did you mean 'happy'?"),
        (["strip", "-o", "s.png", "--to", "AU99=1"], "AU99"),
        (["strip", "-o", "s.png", "--to", "AU12=7"], "outside 0 to 1"),
        (["strip", "-o", "s.png", "--to", "AU12=1, AU06"], "AU06"),
        (["strip", "-o", "s.png", "--to", "AU12=1, AU12=0.1"], "AU12 stands there twice"),
        (["strip", "-o", "s.png", "--to", "gaze=8"], "such as gaze=[8, 5]"),
        (["strip", "-o", "s.png", "--to", "yaw=nan"], "such as yaw=8"),
        (["strip", "-o", "s.png", "--alphas", "0,x"], "0,x"),
        (["strip", "-o", "s.png", "--alphas", "0,2"], "from 0 to 1"),
        (["portrait", "-o", "s.xyz"], ".xyz"),
        (["portrait", "-o", "nowhere/s.png"], "nowhere/s.png: cannot be written"),
        (["portrait", "-o", "s.png", "--person", "Ada"], "--person"),
        (["portrait", "-o", "s.png", "--person", "me.jpg"], "'me.jpg' is neither a number nor a person file"),
        (["portrait", "-o", "s.png", "--person", "-1"], "'-1' is neither a number nor a person file"),
        (["portrait", "-o", "s.png", "--person", "4294967296"], "not in the range"),
        (["record", "a.mp4", "--person", "ada.safetensors"], "ada.safetensors: no such person file"),
        (["project", "me.jpg"], "--output"),
        (["project", "me.jpg", "-o", "me.safetensors", "--steps", "101"], "--steps"),
        (["project", "me.jpg", "-o", "me.safetensors"], "tiny.au_reader.safetensors: missing"),
        (["express", "me.jpg", "-o", "s.png"], "--like"),
        (["express", "3", "--like", "me.jpg", "-o", "s.png"], "tiny.au_reader.safetensors: missing"),
        (["portrait"], "--output"),
        (["record", "a.avi"], "a.avi"),
        (["record", "/proc/none/a.mp4"], "/proc/none/a.mp4"),
        (["record", "a.mp4", "--size", "65"], "65"),
        (["record", "a.mp4", "--seconds", "0"], "--seconds"),
        (["record", "a.mp4", "--seconds", "nan"], "--seconds"),
        (["record", "a.mp4", "--seconds", "inf"], "--seconds"),
        (["portrait", "-o", "s.png", "--truncation", "nan"], "--truncation"),
        (["portait", "-o", "s.png"], "No such command 'portait'"),
        (["run", "nowhere.yaml"], "nowhere.yaml"),
        (["run", "--headless", "--colour"], "--colour"),
        (["portrait", "-o", "s.png", "--device", "cuda"], "CUDA"),
        (["run", "--webcam", "none.mp4"], "'none.mp4': no such video"),
        (["run", "--webcam", str(ROOT)], "is a folder; say a camera's number or device, or a video"),
        (
            ["record", "a.mp4", "--webcam", "../../../../../../dev/video7"],
            "what a camera sees is never written",
        ),
        (["record", "a.mp4", "--webcam", "0"], "'0' is no video: what a camera sees is never written"),
        (["record", "a.mp4", "--webcam", "/dev/video0"], "what a camera sees is never written"),
        (["record", "a.mp4", "--webcam", str(ROOT / "README.md")], "README.md"),
        (["run", "--webcam", str(CHOREOGRAPHIES[0])], "is a choreography; write --webcam 0"),
        (["run", "--headless", "--webcam", "0"], "tiny.au_reader.safetensors: missing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input_is_one_clear_line(cli, tmp_path, args, message):
    import torch

    if "cuda" in args and torch.cuda.is_available():
        pytest.skip("this machine has CUDA: asking for it is not wrong here")
    assert message in refused(cli(*args))
    assert not list(tmp_path.iterdir())


def test_missing_truncated_and_foreign_weights_are_one_line(cli, tmp_path, weights):
    assert "none.safetensors: no such weights file" in refused(
        cli("portrait", "-o", "a.png", "--weights", "none.safetensors", with_weights=False)
    )
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(weights.read_bytes()[:-100])
    err = refused(cli("portrait", "-o", "a.png", "--weights", cut, with_weights=False))
    assert "not a whole safetensors file" in err
    other = write_tiny_weights(tmp_path / "other", seed=5)
    own = companion_path(other, "pseudo_autoencoder")
    own.write_bytes(companion_path(weights, "pseudo_autoencoder").read_bytes())
    err = refused(cli("portrait", "-o", "a.png", "--weights", other, with_weights=False))
    assert "made for another generator" in err
    assert f"python -m training.adopt {other} --cast CAST makes it anew" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", ["run --headless --seconds 1", "record a.mp4", "portrait -o a.png"])
def test_a_generator_alone_says_what_is_missing_and_what_makes_it(cli, tmp_path, weights, command):
    big = tmp_path / "big.safetensors"
    big.write_bytes(weights.read_bytes())
    err = refused(cli(*command.split(), "--weights", big.name, with_weights=False))
    assert err == (
        "big.pseudo_autoencoder.safetensors: missing beside big.safetensors; "
        "python -m training.adopt big.safetensors --cast CAST makes it\n"
    )
    assert list(tmp_path.iterdir()) == [big]


def test_a_missing_video_library_is_one_line_and_pictures_still_work(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    err = refused(cli("record", "a.mp4", "--seconds", 1))
    assert "pip install av" in err
    assert len(err.splitlines()) == 1
    assert cli("record", "a/", "--seconds", 0.2)[0] == 0


def test_a_disk_that_fills_up_is_one_line_and_leaves_no_half_film(cli, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("installation.stage.recorder.VideoRecorder.show", full)
    assert "a.mp4: writing failed (No space left on device)" in refused(cli("record", "a.mp4"))
    assert not list(tmp_path.iterdir())


def test_check_works_without_weights_and_says_so(cli):
    code, _, err = cli("check", CHOREOGRAPHIES[0], "--weights", "none.safetensors", with_weights=False)
    assert code == 0
    assert "not checking for units" in err


def test_help_does_not_wait_for_pytorch():
    code = (
        "import run_installation, sys; run_installation.entry(['--help']); sys.exit('torch' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False).returncode
        == 0
    )


@pytest.mark.skipif(sys.platform == "win32", reason="services end otherwise there")
def test_whoever_ends_the_program_ends_it_as_ctrl_c_does(tmp_path, seeing, clip):
    """A service manager does, each night: nothing is left open, nor in shared memory."""
    command = [sys.executable, ROOT / "run_installation.py", "run", "--headless", "--fps", "5"]
    program = subprocess.Popen(
        [*command, "--webcam", clip, "--weights", seeing], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    assert program.stderr is not None
    deadline = time.monotonic() + 60
    mine = Path("/dev/shm").glob
    while len(list(mine(f"portrait-{program.pid}-*"))) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    program.send_signal(signal.SIGTERM)
    told = program.communicate(timeout=60)[1]
    assert program.returncode == 0
    assert "stopped" in told
    assert "Warning" not in told
    assert not list(mine(f"portrait-{program.pid}-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="processes have other streams there")
def test_a_program_without_its_streams_gives_their_numbers_to_nothing_else(tmp_path):
    """As it is begun with `>&- 2>&-`, or by some desktops: what is printed must not go into what it opens."""
    code = (
        "import os, sys, run_installation\n"
        "[os.close(number) for number in range(3)]\n"
        "run_installation.hold_standard_streams()\n"
        "with open(sys.argv[1], 'w') as file: print(file.fileno(), *map(os.path.samestat, *zip(\n"
        "    *((os.fstat(k), os.stat(os.devnull)) for k in range(3)))), file=file)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "told")], cwd=ROOT, check=True, timeout=60)
    assert (tmp_path / "told").read_text() == "3 True True True\n"
