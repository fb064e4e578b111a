"""The show as a program: what happens to it while it is being put together."""

import signal
from pathlib import Path

import pytest

from installation import app
from installation.options import Show
from installation.site import Site
from installation.stage.recorder import NullSink
from installation.stage.signals import NAME
from run_installation import CHOREOGRAPHY
from tests.installation.fakes import ALWAYS

SHOW = Show(Path("none"), "cpu", None, None, CHOREOGRAPHY, seed=None)


def test_signals_are_heard_while_the_show_is_being_loaded(monkeypatch):
    """One that asks how the frames come would else end it, one that ends it would do so without a word."""
    if not hasattr(signal, NAME):
        pytest.skip(f"this system has no {NAME}")
    asked = getattr(signal, NAME)

    def load(_weights):
        assert signal.getsignal(asked) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        signal.raise_signal(asked)
        signal.raise_signal(signal.SIGTERM)

    told = []
    monkeypatch.setattr(app, "load_networks", load)
    monkeypatch.setattr(app, "say", told.append)
    app.perform(SHOW, Site(ALWAYS), 30, None, NullSink())
    assert told == ["stopped"]
