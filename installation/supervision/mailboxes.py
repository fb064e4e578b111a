"""The mailboxes of a show, all made by the supervisor."""

from contextlib import ExitStack, closing
from dataclasses import fields
from typing import Final, Self

from installation.options import WEIGHTS, Show
from installation.stage.shared import SharedLatest
from installation.supervision import frames, preview, requests
from installation.supervision.wires import Wires

JSON_BYTES: Final = 1 << 16


class Mailboxes:
    """A context, in which they are there."""

    def __init__(self, show: Show) -> None:
        side = max(frames.side_of(show.weights), frames.side_of(WEIGHTS))
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
