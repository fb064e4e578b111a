"""Saves of every kind, on real files; the looks at them, and the clock, are scripted where they can be."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.stage import watch
from installation.stage.watch import LOOK_MS, MISSING_NS, MOST_BYTES, SETTLE_NS, settled

ENDLESS_S = 30  # nothing that works takes so long
LOOK_NS = LOOK_MS * 1_000_000
NUM_SETTLE = SETTLE_NS // LOOK_NS + 1  # looks until a file at rest is read
NUM_MISSING = MISSING_NS // LOOK_NS + 1

Content = bytes | OSError
Step = Callable[[], object]


@dataclass
class Watched:
    """A file looked at by script: what is done to it before each look, and what came of that."""

    path: Path
    now_ns: int = 0
    is_noticed: bool = False
    seen: list[Content] = field(default_factory=list)

    def play(self, steps: Sequence[Step | None], *, are_noticed: bool = False) -> list[Content]:
        """One look for each step, each followed by as many as it takes to be sure; → what was read in all."""
        nothing: list[Step | None] = [None] * (NUM_MISSING + 1)
        self.seen += settled(self.path, self._looks([*steps, *nothing], are_noticed), lambda: self.now_ns)
        return self.seen

    def _looks(self, steps: Sequence[Step | None], are_noticed: bool) -> Iterator[bool]:
        for step in steps:
            if step:
                step()
            self.now_ns += LOOK_NS
            yield are_noticed and step is not None


REST: list[Step | None] = [None] * NUM_SETTLE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "score.yaml"
    file.write_bytes(b"old")
    return file


def replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(".score.swp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def link(path: Path, target: Path) -> None:
    """Make a file a link, or another one, at once."""
    temporary = path.with_name("link.tmp")
    temporary.symlink_to(target)
    os.replace(temporary, path)


def append(path: Path, part: bytes) -> None:
    with path.open("ab") as file:
        file.write(part)


# -- by script


def test_the_file_is_read_at_the_start_and_after_each_save(path: Path) -> None:
    rename, in_place = (lambda: replace(path, b"renamed")), (lambda: path.write_bytes(b"in place"))
    assert Watched(path).play([*REST, rename, *REST, in_place]) == [b"old", b"renamed", b"in place"]


def test_one_that_is_deleted_and_written_anew_is_never_missed(path: Path) -> None:
    away: list[Step | None] = [None] * (NUM_MISSING - 2)
    seen = Watched(path).play([*REST, path.unlink, *away, lambda: path.write_bytes(b"new")])
    assert seen == [b"old", b"new"]


def test_one_that_stays_away_is_told_once_and_read_when_it_is_back(path: Path) -> None:
    away: list[Step | None] = [None] * (3 * NUM_MISSING)
    old, fault, new = Watched(path).play([*REST, path.unlink, *away, lambda: path.write_bytes(b"new")])
    assert (old, new) == (b"old", b"new")
    assert isinstance(fault, FileNotFoundError)


def test_one_that_was_never_there_is_told(tmp_path: Path) -> None:
    (fault,) = Watched(tmp_path / "never.yaml").play([])
    assert isinstance(fault, FileNotFoundError)


def test_what_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    (fault,) = Watched(tmp_path).play([None] * (3 * NUM_MISSING))  # a folder
    assert isinstance(fault, OSError)


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=5), st.integers(1, NUM_SETTLE - 1)), max_size=20))
@settings(max_examples=50, deadline=None)
def test_a_save_in_parts_is_read_whole(tmp_path_factory: pytest.TempPathFactory, parts) -> None:
    """Whatever the parts, and the pauses between them, that are shorter than a file at rest."""
    path = tmp_path_factory.mktemp("parts") / "score.yaml"
    steps: list[Step | None] = [*REST, lambda: path.write_bytes(b"")]
    for part, num_looks in parts:
        steps += [lambda part=part: append(path, part), *[None] * (num_looks - 1)]
    path.write_bytes(b"old")
    assert Watched(path).play(steps) == [b"old", b"".join(part for part, _ in parts)]


def test_what_changes_while_it_is_read_is_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, later = watch._read, [b" in two", b" parts"]

    def slowly(file: Path) -> Content:
        content = read(file)
        if later and content != b"old":
            append(file, later.pop(0))
        return content

    monkeypatch.setattr(watch, "_read", slowly)
    assert Watched(path).play([*REST, lambda: path.write_bytes(b"new")]) == [b"old", b"new in two parts"]


def test_links_are_followed_wherever_they_change(path: Path, tmp_path: Path) -> None:
    """A link takes the file's place, leads elsewhere, its target is edited, a folder on its way swapped."""
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "score.yaml").write_bytes(name.encode())
    target, current = tmp_path / "b" / "score.yaml", tmp_path / "current"
    steps: list[Step | None] = []
    for step in (
        lambda: link(path, tmp_path / "a" / "score.yaml"),
        lambda: link(path, target),
        lambda: target.write_bytes(b"b, edited"),
        lambda: replace(target, b"b, replaced"),
        lambda: (link(current, Path("a")), link(path, Path("current/score.yaml"))),
        lambda: link(current, Path("c")),
    ):
        steps += [*REST, step]
    seen = Watched(path).play(steps)
    assert seen == [b"old", b"a", b"b", b"b, edited", b"b, replaced", b"a", b"c"]


def test_a_ring_of_links_is_a_file_that_cannot_be_read(path: Path) -> None:
    old, fault = Watched(path).play([*REST, lambda: link(path, path)])
    assert old == b"old" and isinstance(fault, OSError)
    assert watch._folders(path) == watch._folders(path.parent / "other.yaml")


def test_a_notice_is_believed_where_the_file_looks_as_before(path: Path) -> None:
    """As on a drive that counts the time in steps of two seconds."""

    def same_look() -> None:
        before = path.stat()
        path.write_bytes(b"new")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def mark(_: Path) -> tuple[int, ...]:
        return (1,)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch, "mark_of", mark)
        assert Watched(path).play([*REST, same_look], are_noticed=True) == [b"old", b"new"]


def test_another_file_of_the_same_size_and_age_is_another_file(path: Path) -> None:
    def replace_alike() -> None:
        before = path.stat()
        replace(path, b"new")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert Watched(path).play([*REST, replace_alike]) == [b"old", b"new"]


def test_a_touch_reads_again_and_standing_still_does_not(path: Path) -> None:
    still: list[Step | None] = [None] * 100
    seen = Watched(path).play([*REST, *still, lambda: os.utime(path, ns=(0, 0)), *still])
    assert seen == [b"old", b"old"]


def test_a_huge_file_is_not_read_whole(path: Path) -> None:
    _, huge = Watched(path).play([*REST, lambda: path.write_bytes(bytes(2 * MOST_BYTES))])
    assert isinstance(huge, bytes) and len(huge) == MOST_BYTES


# -- in real time


class Following:
    """The contents of a file as a thread finds them, in real time."""

    def __init__(self, path: Path) -> None:
        self.stop, self.said = Event(), Queue[str]()
        self.seen = Queue[Content]()
        self.thread = threading.Thread(target=self._follow, args=(path,), daemon=True)

    def _follow(self, path: Path) -> None:
        for content in watch.contents(path, self.stop, self.said.put):
            self.seen.put(content)

    def __enter__(self) -> "Following":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(ENDLESS_S)
        assert not self.thread.is_alive()

    def next(self) -> Content:
        return self.seen.get(timeout=ENDLESS_S)


def test_saves_are_found_in_real_time(path: Path) -> None:
    with Following(path) as following:
        assert following.next() == b"old"
        replace(path, b"new")
        assert following.next() == b"new"
    assert following.said.empty() and following.seen.empty()


def test_a_notice_comes_from_the_folders_of_a_link_and_of_its_target(path: Path, tmp_path: Path) -> None:
    target, stop = tmp_path / "elsewhere" / "target.yaml", Event()
    target.parent.mkdir()
    target.write_bytes(b"target")
    link(path, target)
    looks = watch.notices(path, stop, pytest.fail)

    def is_noticed() -> bool:
        return any(next(looks) for _ in range(ENDLESS_S * 1000 // LOOK_MS))

    assert is_noticed()  # what may have happened before
    target.write_bytes(b"new")
    assert is_noticed()
    link(path, tmp_path / "other")
    assert is_noticed()
    stop.set()
    assert not any(looks)


def test_a_folder_that_was_made_anew_gives_notices(tmp_path: Path) -> None:
    path, stop = tmp_path / "drive" / "score.yaml", Event()
    path.parent.mkdir()
    looks = watch.notices(path, stop, pytest.fail)
    assert [next(looks), next(looks)] == [True, False]
    path.parent.rename(tmp_path / "unplugged")
    path.parent.mkdir()
    assert any(next(looks) for _ in range(ENDLESS_S * 1000 // LOOK_MS))  # watched again
    assert not any(next(looks) for _ in range(3))
    path.write_bytes(b"new")
    assert any(next(looks) for _ in range(ENDLESS_S * 1000 // LOOK_MS))
    stop.set()
    assert not any(looks)


def test_what_happens_beside_the_file_is_no_notice(path: Path) -> None:
    stop = Event()
    looks = watch.notices(path, stop, pytest.fail)
    assert next(looks)
    assert not next(looks)
    path.with_name("other.yaml").write_bytes(b"")
    assert not any(next(looks) for _ in range(3))
    path.write_bytes(b"new")
    assert any(next(looks) for _ in range(ENDLESS_S * 1000 // LOOK_MS))
    stop.set()
    assert not any(looks)


def test_a_folder_that_vanishes_and_comes_back_is_watched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MISSING_NS", 2 * SETTLE_NS)
    path = tmp_path / "drive" / "score.yaml"
    path.parent.mkdir()
    path.write_bytes(b"old")
    with Following(path) as following:
        assert following.next() == b"old"
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        path.write_bytes(b"new")
        assert following.next() == b"new"
        os.replace(path.parent, tmp_path / "unplugged")
        assert isinstance(following.next(), FileNotFoundError)
        os.replace(tmp_path / "unplugged", path.parent)
        assert following.next() == b"new"
        path.write_bytes(b"edited")
        assert following.next() == b"edited"
    assert following.said.empty()


def test_without_notices_it_says_so_once_and_looks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(*_: object, **__: object) -> Iterator[None]:
        raise OSError(28, "OS file watch limit reached")
        yield

    monkeypatch.setattr(watch.watchfiles, "watch", no_more)
    with Following(path) as following:
        assert following.next() == b"old"
        path.write_bytes(b"new")
        assert following.next() == b"new"
    (line,) = (following.said.get() for _ in range(following.said.qsize()))
    assert line.startswith(f"{path}: no notice of changes here") and "limit reached" in line


def test_it_stops_when_it_is_told_even_where_there_is_no_folder(tmp_path: Path) -> None:
    """`Following` fails where the thread goes on."""
    with Following(tmp_path / "no" / "folder.yaml") as following:
        assert following.seen.empty()
