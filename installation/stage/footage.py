"""A video file as a camera: the picture that it shows at an instant, round and round."""

from collections.abc import Generator
from pathlib import Path
from typing import Final, NamedTuple

import av
import numpy as np
from av.video.frame import VideoFrame

from installation.errors import InputError
from installation.ports import NANOSECONDS, Image
from installation.stage.camera_images import fitted

STEP_NS: Final = NANOSECONDS // 25  # between the frames of a file that does not say


class Decoded(NamedTuple):
    """A frame, and when it is shown after the first one; for so long, if it is the last one."""

    start_ns: int
    step_ns: int
    frame: VideoFrame


class Footage:
    """The file, decoded as time goes on."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            InputError: it is no file, no video, or one of which no frame can be read.
        """
        self._path = path
        self._round_ns = 0  # when the present round began
        self._image: Image | None = None
        self._frames, self._shown, self._ahead = _begun(path)

    def at(self, t_ns: int) -> Image:
        """What it shows `t_ns` after its beginning: RGB uint8 [H, W, 3], upright, no side longer than 1280.

        Times do not go back. Past its end it begins again; a file cut short is as long as can be read.

        Raises:
            InputError: it is to begin again and has become unreadable.
        """
        while (end_ns := self._end_ns()) <= t_ns - self._round_ns:
            if self._ahead is None:
                self._round_ns += (t_ns - self._round_ns) // end_ns * end_ns
                self._frames, self._shown, self._ahead = _begun(self._path)
            else:
                self._shown, self._ahead = self._ahead, next(self._frames, None)
            self._image = None
        if self._image is None:
            self._image = fitted(_upright(self._shown.frame))
        return self._image

    def close(self) -> None:
        """Let go of the file."""
        self._frames.close()

    def _end_ns(self) -> int:
        """When what is shown gives way to the next frame or round, after the beginning of this one."""
        return self._ahead.start_ns if self._ahead else self._shown.start_ns + self._shown.step_ns


Frames = Generator[Decoded, None, None]


def _begun(path: Path) -> tuple[Frames, Decoded, Decoded | None]:
    """A round: the frames that are yet to come after the first two, and those.

    Raises:
        InputError: there is not even one.
    """
    frames = _decoded(path)
    first = next(frames, None)
    if first is None:
        raise InputError(f"{path}: no picture in it can be read; use a video such as NAME.mp4")
    return frames, first, next(frames, None)


def _decoded(path: Path) -> Frames:
    """The frames of a file, as far as it can be read.

    Raises:
        InputError: it cannot be opened as a video.
    """
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(f"{path}: {error.strerror}; use a video such as NAME.mp4") from error
    with container:
        if not container.streams.video or _is_still(container.format.name):
            raise InputError(f"{path}: there is no picture in it; use a video such as NAME.mp4")
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1  # it is the portrait that needs the cores
        step_ns = int(NANOSECONDS / stream.average_rate) if stream.average_rate else STEP_NS
        start_ns, first_ns = -step_ns, None
        try:
            for frame in container.decode(stream):
                start_ns += step_ns
                if frame.pts is not None and frame.time_base is not None:
                    pts_ns = int(frame.pts * frame.time_base * NANOSECONDS)
                    first_ns = pts_ns if first_ns is None else first_ns
                    start_ns = pts_ns - first_ns
                yield Decoded(start_ns, step_ns, frame)
        except av.error.FFmpegError:
            return  # cut short, or damaged from here on


def _is_still(form: str) -> bool:
    """Whether FFmpeg has taken a photograph, or even a text, for a video."""
    return form.endswith("_pipe") or form in ("image2", "tty")


def _upright(frame: VideoFrame) -> Image:
    """RGB, turned as the file says that it was held."""
    image = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90)))
