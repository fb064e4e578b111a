"""Frames into files: a video, numbered pictures, or nothing at all.

A file gets its final name when it is whole: until then a video is `NAME.part.mp4` beside it. What cannot be
written is an `InputError` when the recorder is made, before anything has been rendered.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from installation.errors import InputError
from installation.ports import Frame, Image, Request, Sink
from installation.stage.pacing import frame_rate
from installation.stage.pictures import resize
from installation.stage.placement import letterbox

# crf 17 is where x264 is taken to be transparent: a portrait's slow gradients band visibly above 20.
X264_OPTIONS = {"crf": "17", "preset": "medium"}
BT709 = 1  # the number of this standard in matrix, primaries and transfer alike
LIMITED_RANGE = 1


class Recorder(Sink, Protocol):
    """A Sink whose frames are kept, if they are all there."""

    def abandon(self) -> None:
        """Give up: nothing that is not whole stays behind."""
        ...


def open_recorder(path: Path, fps: float | Fraction, size_px: tuple[int, int]) -> Recorder:
    """What `record OUT.mp4|DIR/` means: a video for a name in .mp4, else a folder of pictures."""
    if path.suffix.lower() == ".mp4" and not path.is_dir():
        return VideoRecorder(path, fps, size_px)
    if path.suffix and not path.is_dir():
        raise InputError(f"{path}: a recording is a video (NAME.mp4) or a folder of PNGs (NAME/)")
    return PngRecorder(path, size_px)


def refuse_private(frame: Frame) -> None:
    """
    Raises:
        ValueError: a visitor's face is in the frame.
    """
    if frame.is_private:
        raise ValueError("a visitor's face is for the wall alone: it is never written")


class VideoRecorder:
    """A Sink that is an H.264 video at a constant frame rate: its n-th frame is shown at n / fps."""

    def __init__(self, path: Path, fps: float | Fraction, size_px: tuple[int, int]) -> None:
        try:
            import av  # a machine that only shows the portrait can do without it
        except ImportError as error:
            raise InputError("recording a video needs PyAV: pip install av") from error
        width, height = size_px
        if width % 2 or height % 2:
            even = f"{width + width % 2}x{height + height % 2}"
            raise InputError(f"{path}: a video's sides are even numbers: not {width}x{height} but {even}")
        self.num_frames = 0
        self._path = path
        self._part = path.with_suffix(".part.mp4")
        self._fitter = Fitter(size_px)
        self._new_frame = av.VideoFrame.from_ndarray
        self._rate = frame_rate(fps)
        _reserve_file(self._part, path)
        # faststart: the index goes to the front, so that a browser plays the film while it still loads.
        self._container = av.open(str(self._part), "w", options={"movflags": "+faststart"})
        self._stream = self._add_stream(width, height)
        self._is_open = True

    def _add_stream(self, width: int, height: int) -> Any:
        """Colours are tagged, not left to a player's guess, which goes by the height of the picture."""
        stream = self._container.add_stream("libx264", rate=self._rate, options=X264_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.time_base = 1 / self._rate
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED_RANGE
        return stream

    def show(self, frame: Frame) -> None:
        """Append `frame.image`. Its place is its number, not `frame.t_ns`: a pacer has made them agree."""
        refuse_private(frame)
        picture = self._new_frame(self._fitter.fit(frame.image), format="rgb24")
        picture = picture.reformat(
            format="yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED_RANGE, interpolation="BICUBIC"
        )
        picture.pts, picture.time_base = self.num_frames, 1 / self._rate
        self._container.mux(self._stream.encode(picture))
        self.num_frames += 1

    def requests(self) -> Iterator[Request]:
        return iter(())

    def abandon(self) -> None:
        self._is_open = False
        with suppress(OSError):  # the full disk that is the reason for giving up
            self._container.close()
        self._part.unlink(missing_ok=True)

    def close(self) -> None:
        """Finish the file and name it, after Ctrl-C too: a shorter film is a film. Twice does no harm."""
        if not self._is_open:
            return
        self._is_open = False
        if self.num_frames:
            self._container.mux(self._stream.encode(None))
        self._container.close()
        if self.num_frames:
            os.replace(self._part, self._path)
        else:
            self._part.unlink()


class PngRecorder:
    """A Sink that is a folder of `000000.png`, `000001.png`, …: each one whole, or not there."""

    def __init__(self, directory: Path, size_px: tuple[int, int]) -> None:
        self.num_frames = 0
        self._directory = directory
        self._part = directory / "frame.part.png"
        self._fitter = Fitter(size_px)
        _reserve_file(self._part, directory)
        self._part.unlink()
        if any(re.fullmatch(r"\d{6}\.png", entry.name) for entry in directory.iterdir()):
            raise InputError(f"{directory}: holds another recording; empty it or name another folder")

    def show(self, frame: Frame) -> None:
        """Write the next picture."""
        refuse_private(frame)
        is_encoded, png = cv2.imencode(".png", cv2.cvtColor(self._fitter.fit(frame.image), cv2.COLOR_RGB2BGR))
        assert is_encoded
        self._part.write_bytes(png.tobytes())  # not cv2.imwrite: on Windows it knows no names beyond ASCII
        os.replace(self._part, self._directory / f"{self.num_frames:06d}.png")
        self.num_frames += 1

    def requests(self) -> Iterator[Request]:
        return iter(())

    def abandon(self) -> None:
        self.close()

    def close(self) -> None:
        self._part.unlink(missing_ok=True)


class NullSink:
    """A Sink that shows nothing: the whole show, for a machine without a screen and for measurements."""

    def __init__(self) -> None:
        self.num_frames = 0

    def show(self, frame: Frame) -> None:
        self.num_frames += 1

    def requests(self) -> Iterator[Request]:
        return iter(())

    def close(self) -> None:
        pass


class Fitter:
    """Scales pictures into one black canvas (width, height), which it lends out: copy it to keep it."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        width, height = size_px
        if width < 1 or height < 1:
            raise InputError(f"size: {width}x{height} is no size; say for example 1024x1024")
        self._size_px = size_px
        self._canvas: Image = np.zeros((height, width, 3), np.uint8)

    def fit(self, image: Image) -> Image:
        """[H, W, 3] → [height, width, 3], uint8 RGB, aspect kept; one of that size comes back as it is."""
        height, width, _ = image.shape
        if image.shape == self._canvas.shape:
            return image
        box = letterbox((width, height), self._size_px)
        inside = self._canvas[box.top : box.top + box.height, box.left : box.left + box.width]
        inside[:] = resize(image, (box.width, box.height))
        return self._canvas


def _reserve_file(part: Path, wanted: Path) -> None:
    """Create `part` and its folders, empty: what the system refuses, it refuses now and in one line."""
    try:
        if wanted.is_dir() and part.parent != wanted:
            raise IsADirectoryError(None, "it is a folder")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError as error:
        raise InputError(f"{wanted}: cannot be written: {error.strerror}") from error
