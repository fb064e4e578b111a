"""What the desk knows of the show: the newest of each mailbox, and nothing besides.

Whatever is read here was written by the portrait's own processes. Nothing is kept but the newest, and of a
visitor no picture is ever there: a preview that is withheld takes the place of the one before.
"""

import io
import json
from collections.abc import Mapping
from contextlib import ExitStack, closing
from typing import Any, Final, Self

from PIL import Image as Pillow

from installation.stage.shared import SharedLatest
from installation.supervision.frames import is_withheld, unpacked
from installation.supervision.wires import Wires

QUALITY: Final = 80  # of a JPEG
NOTHING: Final = b""  # the preview of what is not to be seen here

Json = Mapping[str, Any]


class Board:
    """Reads the mailboxes of a show. None of its methods ever waits."""

    def __init__(self, status: SharedLatest, health: SharedLatest, preview: SharedLatest) -> None:
        self._status, self._health, self._preview = status, health, preview
        self._now: dict[str, Json | None] = {"status": None, "health": None}

    @classmethod
    def attached(cls, wires: Wires, stack: ExitStack) -> Self:
        """To the show that has made these mailboxes, until the stack is left.

        Raises:
            FileNotFoundError: it is no more.
        """
        names = (wires.status, wires.health, wires.preview)
        return cls(*(stack.enter_context(closing(SharedLatest.attached(name))) for name in names))

    def now(self) -> dict[str, Json | None]:
        """The newest `status` and `health`; None before there was one."""
        for name, mailbox in (("status", self._status), ("health", self._health)):
            stamped = mailbox.take()
            if stamped is not None:
                self._now[name] = json.loads(stamped.value)
        return dict(self._now)

    @property
    def status(self) -> Json | None:
        """What plays and why."""
        return self.now()["status"]

    @property
    def health(self) -> Json | None:
        """How worker, screen and machine are."""
        return self.now()["health"]

    def preview(self) -> bytes | None:
        """A new preview as JPEG, NOTHING where it is withheld; None where there is no new one."""
        stamped = self._preview.take()
        return None if stamped is None else jpeg_of(stamped.value)


def jpeg_of(payload: bytes) -> bytes:
    """A preview as it is in its mailbox, as JPEG; NOTHING where it is withheld, or a visitor is in it."""
    if is_withheld(payload) or (frame := unpacked(payload)).is_private or not frame.image.size:
        return NOTHING
    written = io.BytesIO()
    Pillow.fromarray(frame.image).save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
