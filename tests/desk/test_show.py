"""The page before the show itself: supervisor, worker and desk as `run` starts them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from installation.notation.document import parse_choreography
from tests.desk.browser import DESKTOP, MISSING, resize
from tests.desk.stage import ROOT, SCORE
from tests.desk.test_process import free_port, is_served

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

WAIT_S = 60


@pytest.fixture
def score(tmp_path: Path) -> Path:
    path = tmp_path / "piece.yaml"
    path.write_bytes(SCORE.read_bytes())
    return path


@pytest.fixture
def url(score: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of the desk of a show that plays this score, and no other one's state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(score.parent / "state"))
    port = free_port()
    site = score.with_name("site.yaml")
    site.write_text(f"version: 1\ndesk: {port}\n")
    command = [sys.executable, "run_installation.py", "run", str(score), "--site", str(site), "--headless"]
    with subprocess.Popen(
        [*command, "--fps", "10", "--seconds", "240"], cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ
    ) as show:
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            show.send_signal(signal.SIGTERM)
            assert show.wait(30) == 0


def test_what_is_pressed_and_written_there_is_played(driver: Any, url: str, score: Path) -> None:
    resize(driver, DESKTOP)

    def find(selector: str) -> Any:
        return driver.find_element(By.CSS_SELECTOR, selector)

    def wait(is_so: Any) -> None:
        WebDriverWait(driver, WAIT_S, 0.1).until(lambda _: is_so())

    wait(lambda: is_served(int(url.rstrip("/").rpartition(":")[2])))
    driver.get(url)
    wait(lambda: find("#now .portrait img").is_displayed())
    find('#gestures [data-name="awed"]').click()
    wait(lambda: "awed" in find("#gesture").text.lower())
    assert "the desk asked for it" in find("#why").text
    find('nav a[href="#hand"]').click()
    wait(lambda: driver.find_elements(By.CSS_SELECTOR, "#slide-AU12"))
    driver.execute_script(
        "const slider = document.getElementById('slide-AU12'); slider.value = 0.6;"
        "slider.dispatchEvent(new Event('input'))"
    )
    now = "return fetch('/api/now').then((answer) => answer.json()).then((told) => told.status)"
    wait(lambda: driver.execute_script(now)["held"] == {"AU12": 0.6})
    find("#save-name").send_keys("sly")
    find("#save").click()
    wait(lambda: "sly" in driver.execute_script(now)["show"]["gestures"])
    assert parse_choreography(score.read_bytes(), "").gestures["sly"].aus == {12: 0.6}
    find("#let-go").click()
    wait(lambda: driver.execute_script(now)["held"] == {})
    driver.get("about:blank")
