"""Recordings, read back by the library that players use."""

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from installation.errors import InputError
from installation.ports import Frame, Image, Sink
from installation.stage.recorder import Fitter, NullSink, PngRecorder, VideoRecorder, open_recorder

SKIN, HAIR, WALL = (224, 172, 140), (58, 36, 24), (90, 110, 120)


def picture(side: int = 64) -> Image:
    """Three bands of a portrait's colours."""
    image = np.empty((side, side, 3), np.uint8)
    image[: side // 2], image[side // 2 :], image[:, : side // 4] = SKIN, HAIR, WALL
    return image


def record(sink: Sink, num_frames: int, image: Image | None = None) -> None:
    for k in range(num_frames):
        sink.show(Frame(picture() if image is None else image, k * 33_333_333))
    assert not list(sink.requests())


def read(path: Path) -> list[Image]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


@pytest.mark.parametrize("fps", [30, 59.94, Fraction(30_000, 1001)])
def test_a_video_has_its_frames_rate_and_codec(tmp_path: Path, fps: float | Fraction) -> None:
    path = tmp_path / "out.mp4"
    sink = VideoRecorder(path, fps, (64, 64))
    record(sink, 45)
    sink.close()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.frames, stream.width, stream.height) == (45, 64, 64)
        assert stream.average_rate == stream.base_rate == Fraction(fps).limit_denominator(1001)
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        seconds = [frame.time for frame in container.decode(stream)]
    assert seconds == pytest.approx([k / float(fps) for k in range(45)], abs=1e-3)


def test_a_video_keeps_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    sink = VideoRecorder(path, 30, (64, 64))
    record(sink, 10)
    sink.close()
    for image in read(path):
        for (y, x), colour in {(8, 48): SKIN, (56, 48): HAIR, (32, 4): WALL}.items():
            assert np.abs(image[y, x].astype(int) - colour).max() <= 4


def test_a_video_says_which_colours_it_means(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    sink = VideoRecorder(path, 30, (64, 64))
    record(sink, 2)
    sink.close()
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert context.colorspace == context.color_primaries == context.color_trc == 1  # BT.709
        assert context.color_range == 1  # limited


def test_a_video_can_be_played_while_it_loads(tmp_path: Path) -> None:
    sink = VideoRecorder(tmp_path / "out.mp4", 30, (64, 64))
    record(sink, 3)
    sink.close()
    content = (tmp_path / "out.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_a_frame_of_another_shape_is_fitted_on_black(tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    sink = VideoRecorder(path, 30, (192, 96))
    record(sink, 3, np.full((32, 32, 3), 200, np.uint8))
    sink.close()
    image = read(path)[-1]
    assert image.shape == (96, 192, 3)
    assert image[:, :40].max() < 12 and image[:, -40:].max() < 12
    assert np.abs(image[:, 56:136].astype(int) - 200).max() <= 3


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "out.mp4"
    sink = VideoRecorder(path, 30, (64, 64))
    record(sink, 3)
    assert not path.exists()
    assert path.with_suffix(".part.mp4").exists()
    sink.close()
    sink.close()
    assert [entry.name for entry in path.parent.iterdir()] == ["out.mp4"]


def test_a_recording_without_frames_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"an older film")
    VideoRecorder(tmp_path / "out.mp4", 30, (64, 64)).close()
    assert list(tmp_path.iterdir()) == [tmp_path / "out.mp4"]
    assert (tmp_path / "out.mp4").read_bytes() == b"an older film"


def test_an_interrupted_recording_is_a_shorter_film(tmp_path: Path) -> None:
    def images() -> Iterator[Image]:
        yield from [picture()] * 7
        raise KeyboardInterrupt

    sink = VideoRecorder(tmp_path / "out.mp4", 30, (64, 64))
    try:
        for image in images():
            sink.show(Frame(image, 0))
    except KeyboardInterrupt:
        sink.close()
    assert len(read(tmp_path / "out.mp4")) == 7


@pytest.mark.parametrize("name", ["file/out.mp4", "folder.mp4", "file"])
def test_what_cannot_be_written_is_refused_before_anything_is_rendered(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.mp4").mkdir()
    kind = VideoRecorder if name.endswith(".mp4") else None
    with pytest.raises(InputError, match="cannot be written: ") as refusal:
        kind(tmp_path / name, 30, (64, 64)) if kind else PngRecorder(tmp_path / name, (64, 64))
    assert "\n" not in str(refusal.value)


def test_odd_sizes_are_refused_with_the_next_even_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="256x64"):
        VideoRecorder(tmp_path / "out.mp4", 30, (255, 64))
    assert not list(tmp_path.iterdir())


def test_without_pyav_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match="pip install av"):
        VideoRecorder(tmp_path / "out.mp4", 30, (64, 64))


def test_pictures_are_numbered_and_exact(tmp_path: Path) -> None:
    sink = PngRecorder(tmp_path / "frames", (64, 64))
    record(sink, 3)
    sink.close()
    names = sorted(entry.name for entry in (tmp_path / "frames").iterdir())
    assert names == ["000000.png", "000001.png", "000002.png"]
    written = cv2.imread(str(tmp_path / "frames" / "000002.png"))
    assert written is not None
    assert np.array_equal(cv2.cvtColor(written, cv2.COLOR_BGR2RGB), picture())


def test_two_recordings_are_not_mixed_in_one_folder(tmp_path: Path) -> None:
    record(PngRecorder(tmp_path, (64, 64)), 2)
    with pytest.raises(InputError, match="another recording"):
        PngRecorder(tmp_path, (64, 64))


def test_the_name_chooses_the_recorder(tmp_path: Path) -> None:
    video = open_recorder(tmp_path / "out.MP4", 30, (64, 64))
    assert isinstance(video, VideoRecorder)
    video.close()
    assert isinstance(open_recorder(tmp_path / "frames", 30, (65, 65)), PngRecorder)
    (tmp_path / "v1.0").mkdir()
    assert isinstance(open_recorder(tmp_path / "v1.0", 30, (64, 64)), PngRecorder)
    with pytest.raises(InputError, match=r"NAME\.mp4"):
        open_recorder(tmp_path / "out.avi", 30, (64, 64))


@pytest.mark.parametrize(("side", "size"), [(64, 16), (16, 64), (64, 48)])
def test_scaling_keeps_the_mean_colour(side: int, size: int) -> None:
    fitted = Fitter((size, size)).fit(picture(side))
    assert fitted.shape == (size, size, 3)
    assert np.abs(fitted.mean((0, 1)) - picture(side).mean((0, 1))).max() < 1


def test_a_size_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="0x64"):
        Fitter((0, 64))


def test_the_null_sink_counts() -> None:
    sink = NullSink()
    record(sink, 5)
    sink.close()
    assert sink.num_frames == 5


@pytest.mark.parametrize("name", ["out.mp4", "frames"])
def test_a_visitors_face_is_never_written(tmp_path: Path, name: str) -> None:
    sink = open_recorder(tmp_path / name, 30, (64, 64))
    with pytest.raises(ValueError, match="for the wall alone"):
        sink.show(Frame(picture(), 0, is_private=True))
    sink.close()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
