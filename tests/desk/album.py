"""Screenshots of the page, as a telephone and as a desktop show it: `python -m tests.desk.album FOLDER`.

What they show is the fake show with the faces of the real weights, and a day that could have been.
"""

import argparse
import base64
import json
import random
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from selenium.webdriver import Chrome

from installation.desk.face_process import prepared
from installation.desk.faces import Faces, Sitter, Task
from installation.ports import Frame, Image
from installation.supervision.frames import packed, withheld
from tests.desk.browser import DESKTOP, PHONE, browser, resize
from tests.desk.opened import opened
from tests.desk.stage import SCORE, WEIGHTS, FakeShow, S, staged

SECTIONS: Final = ("now", "health", "choreography", "hand", "day")


@dataclass
class Posing(FakeShow):
    """A fake show whose pictures are the faces of its gestures."""

    faces: dict[str, Image] = field(default_factory=dict)

    def picture(self) -> bytes:
        t_ns = time.monotonic_ns()
        if self.is_visitor:
            return withheld(t_ns)
        image = self.faces.get(self.gesture, next(iter(self.faces.values())))
        return packed(Frame(image * np.uint8(not self.is_blackout), t_ns, is_dark=self.is_blackout))


def drawn(show: FakeShow) -> dict[str, Image]:
    """The faces of all its gestures."""
    sitter = Sitter(WEIGHTS, 15)
    draw = prepared(sitter)
    return {name: draw(Task("", sitter, gesture, False)) for name, gesture in show.score.gestures.items()}


def a_day(moods: list[str], utc_ns: int) -> list[dict[str, object]]:
    """Doors from 11:00 to 19:00, moods of some minutes, visitors, and what went wrong."""
    dice, zone = random.Random(5), ZoneInfo("Europe/Berlin")
    today = datetime.fromtimestamp(utc_ns // S, zone).replace(minute=0, second=0, microsecond=0)
    events: list[tuple[int, str, str]] = []
    for day in (today - timedelta(days=1), today):
        opening_ns, closing_ns = (int(day.replace(hour=hour).timestamp()) * S for hour in (11, 19))
        events.append((opening_ns, "doors", "open until 19:00"))
        events.append((closing_ns, "doors", "closed until 11:00; the picture is dark"))
        at_ns = opening_ns
        while at_ns < closing_ns:
            events.append((at_ns, "mood", dice.choices(moods, (6, 3, 3, 2, 1, 2))[0]))
            at_ns += dice.randint(35, 340) * S
        events.append((closing_ns - 5400 * S, "fault", "worker: no frame for 10 s"))
        events.append((closing_ns - 5394 * S, "worker", "plays again"))
        events.append((opening_ns + 8460 * S, "camera", "no picture; its cable, or somebody else has it"))
        events.append((opening_ns + 8492 * S, "camera", "back"))
    told = [event for event in sorted(events) if event[0] < utc_ns]
    return [{"utc_ns": at_ns, "kind": kind, "text": text} for at_ns, kind, text in told]


LOG: Final = """\
2026-11-23T09:59:48.752242Z drawing with OpenVINO, bfloat16, one thread: 18.8 ms at 256²
2026-11-23T09:59:50.972675Z the desk is at http://127.0.0.1:8080/
2026-11-23T12:21:40.404750Z camera: no picture; its cable, or somebody else has it
2026-11-23T12:22:12.396855Z camera: it sees again
2026-11-23T14:03:10.397159Z the_long_afternoon.yaml: reloaded; playing from the next gesture
2026-11-23T14:59:50.922191Z frames: 60.0 fps, p50 16.7 p95 17.1 p99 18.0 ms, late 3 of 3600 (0.08 %)
"""


def shoot(driver: Chrome, path: Path) -> None:
    """What is seen."""
    asked = {"format": "jpeg", "quality": 85}
    path.write_bytes(base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", asked)["data"]))


def open_section(driver: Chrome, url: str, name: str) -> None:
    driver.get(f"{url}#{name}")
    driver.refresh()
    time.sleep(2.5)


def photograph(driver: Chrome, url: str, folder: Path) -> None:
    """Every section at both sizes, as it opens and as it is used."""
    for device, size in (("phone", PHONE), ("desktop", DESKTOP)):
        resize(driver, size)
        for name in SECTIONS:
            open_section(driver, url, name)
            shoot(driver, folder / f"{name}-{device}.jpg")
            for act, script in ACTS.get(name, {}).items():
                driver.execute_script(script)
                time.sleep(8 if act == "rehearsal" else 2)
                shoot(driver, folder / f"{act}-{device}.jpg")
            driver.execute_script("sessionStorage.clear()")


TYPE: Final = """
const area = document.querySelector("#text");
const type = (old, text) => {
  const start = area.value.indexOf(old);
  area.focus();
  area.setSelectionRange(start, start + old.length);
  document.execCommand("insertText", false, text);
};
"""
ACTS: Final = {
    "choreography": {
        "gestures": TYPE
        + 'type("intensity: 0.75", "intensity: 0.75"); area.scrollTop = 22 * 32; scrollTo(0, 0)',
        "errors": TYPE + 'type("tender: 3", "tendr: 3"); area.scrollTop = 60 * 32; scrollTo(0, 0)',
        "rehearsal": TYPE
        + 'type("tendr: 3", "tender: 9"); type("startled: 1, ", "");'
        + 'setTimeout(() => document.querySelector("#rehearse").click(), 900)',
    },
    "hand": {
        "held": "for (const [part, value] of [['AU12', 0.55], ['AU06', 0.4], ['AU24', 0.3], ['yaw', 6]]) {"
        "const slider = document.getElementById(`slide-${part}`); slider.value = value;"
        "slider.dispatchEvent(new Event('input')); } document.querySelector('#save-name').value = 'sly';"
        "document.querySelector('#save-name').dispatchEvent(new Event('input'))",
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portrait-album-")))
        stage = stack.enter_context(staged(place, SCORE))
        stage.show = posing = Posing(stage.show.choreography)
        posing.faces = drawn(posing)
        day = a_day(list(stage.show.score.moods), time.time_ns())
        stage.timeline.write_text("".join(json.dumps(event) + "\n" for event in day))
        stage.log.write_text(LOG)
        faces = stack.enter_context(Faces(Sitter(WEIGHTS, 15)))
        url = stack.enter_context(opened(stage, faces))
        driver = stack.enter_context(browser())
        photograph(driver, url, folder)


if __name__ == "__main__":
    main()
