"""The command `run`: where there is a screen, the show is supervised; elsewhere it is recorded.

Without PyTorch: whoever supervises a show is small, and starts at once.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from installation.options import Recording, Screen, Show
from installation.place import here, own_site, place_of, shown_at
from installation.stage.camera_device import is_device
from installation.stage.display import has_screen
from installation.supervision.supervise import Plan, supervise
from installation.wording import say

FALLBACK_SECONDS: Final = 20.0
FALLBACK_PATH: Final = Path("build/portrait.mp4")


def run(show: Show, screen: Screen, said: Collection[str] = ()) -> None:
    """Show the portrait until Esc, Ctrl-C or the given time; without a screen, record it instead.

    What the options named in `said` do not say, the site does.
    """
    show = replace(show, site=show.site or own_site())
    site = place_of(show, here())
    show = shown_at(site, show, said)
    if not screen.headless and not has_screen():
        say("no screen here")
        if show.webcam is not None and is_device(show.webcam):
            say("recording without the camera: a visitor's face is never written; --headless plays with it")
            show = replace(show, webcam=None)
        record_instead(show, screen, datetime.now(site.hours.zone), said)
        return
    if show.webcam is None and site.camera is not None:
        show = replace(show, webcam=site.camera if isinstance(site.camera, int) else Path(site.camera))
    monitor = screen.monitor if "monitor" in said else site.hanging.monitor
    site = replace(site, hanging=replace(site.hanging, monitor=monitor))
    supervise(Plan(show, site, screen, screen.fps if "fps" in said else site.fps))


def record_instead(show: Show, screen: Screen, now: datetime, said: Collection[str]) -> None:
    """Where nobody would see a window."""
    from installation import app

    seconds = screen.seconds or FALLBACK_SECONDS
    app.record(show, Recording(FALLBACK_PATH, seconds, fps=30, size=512, start=now), said, here())
