"""Where a show stood: the file is whole or as it was before, and read as strictly as anybody's."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.ports import NANOSECONDS
from installation.score.hours import Hours
from installation.score.resume import ResumeError
from installation.supervision.clerk import Clerk
from installation.supervision.state import FRESH_NS, SAVE_NS, Keeper, is_fresh, kept_in, payload_of, read
from run_installation import ROOT
from tests.supervision.workers import kept

SCORE = Path("s.yaml")
WHOLE = payload_of(kept(3), SCORE)


def test_what_is_kept_is_read_again(tmp_path):
    path, told = tmp_path / "new" / "state.json", []
    resume = kept(3, person=7)
    with Clerk() as clerk:
        Keeper(path, clerk, told.append).keep(resume, SCORE, 0)
    assert read(path, told.append) == (SCORE.absolute(), resume)
    assert told == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["state.json"]


def test_it_is_written_when_a_phrase_begins_but_not_too_often(tmp_path):
    path, told = tmp_path / "state.json", []
    with Clerk() as clerk:
        keeper = Keeper(path, clerk, told.append)
        for number, now_ns in ((1, 0), (2, SAVE_NS - 1), (1, 2 * SAVE_NS)):
            keeper.keep(kept(number), SCORE, now_ns)
    found = read(path, told.append)
    assert found is not None and found[1].num_phrases == 1


def test_what_is_not_there_is_nothing_to_talk_of(tmp_path):
    told: list[str] = []
    assert read(tmp_path / "state.json", told.append) is None
    assert told == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        WHOLE[:-1],
        WHOLE[: len(WHOLE) // 2],
        b"\0" * len(WHOLE),
        b"[" * 100_000,
        WHOLE + b" " * (1 << 16),
        WHOLE.replace(b'"version": 1', b'"version": 2'),
        WHOLE.replace(b'"version": 1', b'"version": true'),
        WHOLE.replace(b'"seed": 7', b'"seed": "7"'),
        json.dumps({**json.loads(WHOLE), "visitor": 1}).encode(),
        b"null",
        b"\xff\xfe",
    ],
)
def test_what_is_broken_is_said_and_ignored(tmp_path, raw):
    path, told = tmp_path / "state.json", []
    path.write_bytes(raw)
    assert read(path, told.append) is None
    assert len(told) == 1 and told[0].startswith(f"{path}: ") and "anew" in told[0]
    assert path.read_bytes() == raw


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8))
def test_a_file_that_is_damaged_anywhere_is_a_state_or_none(place, damage):
    raw = WHOLE[:place] + damage + WHOLE[place + len(damage) :]
    with suppress(ResumeError):
        assert kept_in(raw)[1].choreography is not None


def test_only_the_same_day_and_a_moment_ago_are_gone_on_from():
    hours, now_ns = Hours.always(ZoneInfo("UTC")), time.time_ns() // (86_400 * NANOSECONDS)
    noon_ns = now_ns * 86_400 * NANOSECONDS + 43_200 * NANOSECONDS
    day = (date(1970, 1, 1).toordinal()) + now_ns
    resume = replace(kept(3), utc_ns=noon_ns, day=day)
    assert is_fresh(resume, hours, noon_ns + FRESH_NS)
    assert not is_fresh(resume, hours, noon_ns + FRESH_NS + 1)
    assert not is_fresh(resume, hours, noon_ns - 1)  # the clock was set back
    assert not is_fresh(replace(resume, day=day - 1), hours, noon_ns)


@pytest.mark.skipif(sys.platform == "win32", reason="another kind of killing")
def test_a_writer_that_is_killed_leaves_it_whole(tmp_path):
    assert killed_while_saving(tmp_path / "state.json", 8) == 0


def killed_while_saving(path: Path, num: int) -> int:
    """→ after how many of so many kills the file was broken."""
    num_broken = 0
    for number in range(num):
        command = [sys.executable, "-m", "tests.supervision.savers", str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as saver:
            assert saver.stdout is not None and saver.stdout.readline() == b"begun\n"
            time.sleep(0.001 * (number % 13))
            saver.send_signal(signal.SIGKILL)
        try:
            kept_in(path.read_bytes())
        except (ResumeError, OSError):
            num_broken += 1
    assert len(list(path.parent.iterdir())) <= 2  # it, and what the last one was writing
    return num_broken


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_disk_that_is_full_is_said_once_and_what_was_kept_stays(tmp_path):
    path, told = tmp_path / "state.json", []
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Clerk() as clerk:
        keeper = Keeper(path, clerk, told.append)
        keeper.keep(kept(1), SCORE, 0)
        await_idle(clerk)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
            for number in range(2, 5):
                keeper.keep(kept(number), SCORE, number * SAVE_NS)
            await_idle(clerk)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, ignored)
        assert len(told) == 1 and "cannot be written (File too large)" in told[0]
        assert kept_in(path.read_bytes())[1].num_phrases == 1
        assert [each.name for each in tmp_path.iterdir()] == ["state.json"]
        keeper.keep(kept(9), SCORE, 9 * SAVE_NS)
    assert kept_in(path.read_bytes())[1].num_phrases == 9


def await_idle(clerk: Clerk) -> None:
    """Until it has done what it was given."""
    from threading import Event

    done = Event()
    clerk.do(done.set)
    assert done.wait(30)


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path):
    """A file where the folder should be: whoever the tests run as, nothing can be written there."""
    (tmp_path / "portrait").write_text("in the way")
    told: list[str] = []
    with Clerk() as clerk:
        keeper = Keeper(tmp_path / "portrait" / "state.json", clerk, told.append)
        for number in range(3):
            keeper.keep(kept(number), SCORE, number * SAVE_NS)
    assert len(told) == 1 and "cannot be written" in told[0]
    assert os.listdir(tmp_path) == ["portrait"]  # noqa: PTH208
