"""Before anything imports pygame: no window, no sound, no greeting; nothing in the user's folders."""

import os
import tempfile

import pytest

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"
CACHE = tempfile.TemporaryDirectory(prefix="portrait-cache-")  # one for all tests: graphs are converted once
os.environ["XDG_CACHE_HOME"] = CACHE.name
STATE = tempfile.TemporaryDirectory(prefix="portrait-state-")  # where shows stood, and their logs
os.environ["XDG_STATE_HOME"] = STATE.name


def pytest_sessionfinish(session: pytest.Session) -> None:
    CACHE.cleanup()
    STATE.cleanup()
