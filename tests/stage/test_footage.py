"""Video files that are written here, and played as a camera."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from struct import pack

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.errors import InputError
from installation.ports import NANOSECONDS, Frame, Image
from installation.stage.camera_images import LONGEST_SIDE_PX
from installation.stage.footage import Footage
from installation.stage.recorder import VideoRecorder

NUM_FRAMES = 12
FPS = 25
STEP_NS = NANOSECONDS // FPS
LENGTH_NS = NUM_FRAMES * STEP_NS


def grey(number: int, size_px: tuple[int, int] = (64, 48)) -> Image:
    """A picture that says which frame it is."""
    return np.full((size_px[1], size_px[0], 3), 20 * number, np.uint8)


def number_of(image: Image) -> int:
    return round(float(image.mean()) / 20)


def write(path: Path, images: list[Image], fps: Fraction = Fraction(FPS)) -> Path:
    recorder = VideoRecorder(path, fps, (images[0].shape[1], images[0].shape[0]))
    for image in images:
        recorder.show(Frame(image, 0))
    recorder.close()
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("clip") / "clip.mp4", [grey(k) for k in range(NUM_FRAMES)])


@given(steps_ns=st.lists(st.integers(0, 3 * STEP_NS), max_size=30), jump=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_it_shows_the_frame_of_the_instant_round_and_round(clip: Path, steps_ns, jump: int) -> None:
    """However often it is asked, and however far it jumps."""
    footage, t_ns = Footage(clip), 0
    for k, step_ns in enumerate([0, *steps_ns, 0]):
        t_ns += step_ns + (jump * LENGTH_NS if k == 3 else 0)
        image = footage.at(t_ns)
        assert image.shape == (48, 64, 3) and image.dtype == np.uint8
        assert number_of(image) == t_ns % LENGTH_NS // STEP_NS
    footage.close()


def test_the_same_times_give_the_same_pictures(clip: Path) -> None:
    first, second = Footage(clip), Footage(clip)
    for t_ns in range(0, 2 * LENGTH_NS, STEP_NS // 2):
        assert np.array_equal(first.at(t_ns), second.at(t_ns))


def test_a_rate_that_is_no_whole_number_does_not_drift(tmp_path: Path) -> None:
    ntsc = Fraction(30_000, 1001)
    footage = Footage(write(tmp_path / "ntsc.mp4", [grey(k) for k in range(NUM_FRAMES)], ntsc))
    length_ns = int(NUM_FRAMES * NANOSECONDS / ntsc)
    middle_ns = int((5 + Fraction(1, 2)) * NANOSECONDS / ntsc)
    assert [number_of(footage.at(k * length_ns + middle_ns)) for k in range(20)] == [5] * 20


@pytest.mark.parametrize(
    ("size_px", "shown_px"),
    [((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), ((640, 480), (640, 480))],
)
def test_a_large_one_is_made_smaller(
    tmp_path: Path, size_px: tuple[int, int], shown_px: tuple[int, int]
) -> None:
    image = Footage(write(tmp_path / "large.mp4", [grey(5, size_px)])).at(0)
    assert (image.shape[1], image.shape[0]) == shown_px and max(image.shape) <= LONGEST_SIDE_PX
    assert number_of(image) == 5


def test_colours_come_back_as_red_green_blue(tmp_path: Path) -> None:
    red = np.full((48, 64, 3), (200, 60, 30), np.uint8)
    image = Footage(write(tmp_path / "red.mp4", [red])).at(0)
    assert np.abs(image.astype(int) - red).max() < 12


def test_a_telephone_held_upright_is_upright(tmp_path: Path) -> None:
    """Its file says in a matrix that it is to be turned a quarter, clockwise."""
    left_is_dark = grey(0)
    left_is_dark[:, 32:] = 200
    path = write(tmp_path / "upright.mp4", [left_is_dark])
    content, one = path.read_bytes(), 0x1_0000
    still, turned = pack(">iii", one, 0, 0), pack(">iiiiii", 0, one, 0, -one, 0, 0)
    place = content.index(still, content.index(b"tkhd"))
    path.write_bytes(content[:place] + turned + content[place + len(turned) :])
    image = Footage(path).at(0)
    assert image.shape == (64, 48, 3)
    assert image[:28].mean() < 20 and image[36:].mean() > 180


def test_one_that_is_cut_short_is_played_as_far_as_it_goes(tmp_path: Path, clip: Path) -> None:
    """As the raw stream of a camera that lost its power has it: no index, and its last picture halved."""
    import av

    path = tmp_path / "cut.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(NUM_FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey(k), format="rgb24")))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    footage = Footage(path)
    numbers = [number_of(footage.at(k * STEP_NS)) for k in range(3 * NUM_FRAMES)]
    last = max(numbers)
    assert 1 <= last < NUM_FRAMES - 1
    assert all(after in ((before + 1) % (last + 1), before) for before, after in pairwise(numbers))


@pytest.mark.parametrize("content", [b"", b"hello\n" * 100, bytes(10_000)])
def test_what_is_no_video_is_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"notes\.mp4: .*; use a video such as NAME\.mp4$"):
        Footage(path)


def test_what_is_not_there_or_has_no_picture_is_refused(tmp_path: Path) -> None:
    import av

    with pytest.raises(InputError, match="No such file"):
        Footage(tmp_path / "none.mp4")
    with pytest.raises(InputError, match="directory"):
        Footage(tmp_path)
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        silence.sample_rate = 8000
        container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="no picture"):
        Footage(path)


def test_one_that_vanishes_is_missed_when_it_is_to_begin_again(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip.read_bytes())
    footage = Footage(path)
    path.unlink()
    assert number_of(footage.at(LENGTH_NS - 1)) == NUM_FRAMES - 1
    with pytest.raises(InputError, match="No such file"):
        footage.at(LENGTH_NS)


@pytest.mark.parametrize("name", ["notes.txt", "photo.png", "photo.jpg"])
def test_a_text_or_a_photograph_is_no_video(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix == ".txt":
        path.write_text("what FFmpeg would draw as a picture\n" * 40)
    else:
        cv2.imwrite(str(path), np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(InputError, match="use a video such as NAME"):
        Footage(path)
