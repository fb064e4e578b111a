"""The mailboxes of a show, all made by the supervisor, and where others find their names."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final, Self

from installation.options import Show
from installation.saving import PRIVATE, replace_file
from installation.stage.shared import SharedLatest
from installation.supervision import frames, preview, requests
from installation.supervision.safety import SHIPPED_WEIGHTS
from installation.supervision.wires import Wires

JSON_BYTES: Final = 1 << 16


class Mailboxes:
    """A context, in which they are there."""

    def __init__(self, show: Show) -> None:
        side = max(frames.side_of(show.weights), frames.side_of(SHIPPED_WEIGHTS))
        sizes = dict.fromkeys((field.name for field in fields(Wires)), JSON_BYTES)
        sizes |= {"frames": frames.capacity(side), "preview": frames.capacity(preview.SIDE_PX)}
        sizes |= dict.fromkeys(("keys", "desk", "lan_desk"), requests.CAPACITY)
        with ExitStack() as stack:
            boxes = {
                name: stack.enter_context(closing(SharedLatest.create(size))) for name, size in sizes.items()
            }
            self._stack = stack.pop_all()
        self.wires = Wires(**{name: box.name for name, box in boxes.items()})
        self.frames, self.status = boxes["frames"], boxes["status"]
        self.health, self.preview = boxes["health"], boxes["preview"]
        self.keys = requests.RequestPost(boxes["keys"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


@contextmanager
def announced(path: Path, wires: Wires, desk: tuple[str, int] | None) -> Iterator[None]:
    """Meanwhile a file says who plays here, by which mailboxes, and where the site's desk is: whoever may read
    it may ask for things.
    """
    who: dict[str, Any] = {"pid": os.getpid(), "started_utc_ns": time.time_ns(), "wires": asdict(wires)}
    host, port = desk or ("", 0)
    who["desk"] = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}") if desk else None
    with suppress(OSError):  # a disk that is full: the show goes on without being found
        replace_file(path, json.dumps(who).encode(), mode=PRIVATE)
    try:
        yield
    finally:
        with suppress(OSError, ValueError, KeyError, TypeError):
            if json.loads(path.read_bytes())["pid"] == os.getpid():
                path.unlink()
