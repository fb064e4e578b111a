"""The faces of gestures: drawn elsewhere, once, and by a process that goes when it is not needed."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from multiprocessing.connection import Connection
from os import _exit
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from installation.desk.face_process import draw_faces
from installation.desk.faces import NUM_KEPT, Draw, Faces, Sitter, face_key
from installation.score.gesture import Gesture, Span
from installation.stage.child import settle
from run_installation import ROOT, WEIGHTS

SITTER = Sitter(WEIGHTS, 15)
HAPPY, SAD = Gesture("glad", "happy", 0.8), Gesture("down", "sad", 0.8)
PATIENCE_S = 60  # a process has to start on a machine that may be busy


def until(holds: Callable[[], object]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s, "it never came"
        time.sleep(0.005)


def asked(faces: Faces, *gestures: Gesture) -> list[str]:
    keys = [faces.key(gesture) for gesture in gestures]
    faces.ask(dict(zip(keys, gestures, strict=True)))
    return keys


# --- what draws, in the process -----------------------------------------------------------------------------


def draw_names(connection: Connection, idle_s: float = PATIENCE_S) -> None:
    """The name of each gesture in the place of its face; one that is called `death` ends the process."""
    while connection.poll(idle_s):
        try:
            task = connection.recv()
        except EOFError:
            return
        if task.gesture.name == "death":
            _exit(1)
        connection.send((task.key, f"{task.gesture.name} {task.sitter.resident}".encode()))


def draw_one(connection: Connection) -> None:
    """As the real one begins, and an end after each face."""
    settle()
    task = connection.recv()
    connection.send((task.key, task.gesture.name.encode()))


def draw_nothing(connection: Connection) -> None:
    connection.send((connection.recv().key, b""))


# --- tests --------------------------------------------------------------------------------------------------


def test_a_face_is_what_the_gesture_looks_like_and_nothing_else() -> None:
    key = face_key(HAPPY, SITTER)
    assert key == face_key(replace(HAPPY, name="other", hold=Span(1, 2), ease="cosine"), SITTER)
    others = [
        replace(HAPPY, intensity=0.7),
        replace(HAPPY, emotion="sad"),
        replace(HAPPY, aus={12: 0.5}),
        replace(HAPPY, controls={"yaw": 5.0}),
    ]
    keys = {face_key(each, SITTER) for each in others}
    keys |= {face_key(HAPPY, Sitter(WEIGHTS, 16)), face_key(HAPPY, SITTER, is_binary=True)}
    assert len(keys | {key}) == 7
    assert all(set(each) <= set("0123456789abcdef") and len(each) == 32 for each in keys)


@given(st.dictionaries(st.integers(1, 46), st.floats(0, 1), max_size=5))
def test_a_key_does_not_depend_on_the_order_of_units(aus: dict[int, float]) -> None:
    backwards = dict(reversed(aus.items()))
    assert face_key(Gesture("", None, None, aus), SITTER) == face_key(
        Gesture("", None, None, backwards), SITTER
    )


def test_other_weights_at_the_same_path_make_other_faces(tmp_path: Path) -> None:
    sitter = Sitter(tmp_path / "any.safetensors", 15)
    keys = {face_key(HAPPY, sitter)}
    for content in (b"one", b"three"):
        sitter.weights.write_bytes(content)
        keys.add(face_key(HAPPY, sitter))
    assert len(keys) == 3


def test_it_is_drawn_with_the_real_weights_for_a_desk_that_has_no_torch() -> None:
    with Faces(SITTER) as faces:
        glad, down = asked(faces, HAPPY, SAD)
        until(lambda: faces.get(glad) and faces.get(down))
        pictures = [Image.open(BytesIO(faces.get(key) or b"")) for key in (glad, down)]
    assert [picture.size for picture in pictures] == [(128, 128)] * 2
    one, other = (np.asarray(picture, np.float32) for picture in pictures)
    differs = np.abs(one - other).mean(axis=2)
    assert differs[80:110, 40:90].mean() > 3 * differs[:20].mean(), "they differ in the mouth"
    script = "import sys, installation.desk.faces; sys.exit('torch' in sys.modules or 'cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_weights_that_cannot_be_read_draw_nothing_and_that_is_known(tmp_path: Path) -> None:
    with Faces(Sitter(tmp_path / "none.safetensors", 15)) as faces:
        (key,) = asked(faces, HAPPY)
        until(lambda: not faces.is_coming(key))
        assert faces.get(key) is None


def test_the_process_goes_when_nothing_is_asked_and_comes_again() -> None:
    with Faces(SITTER, partial(draw_names, idle_s=0.01)) as faces:
        (glad,) = asked(faces, HAPPY)
        until(lambda: faces.get(glad))
        until(lambda: not faces.is_drawing)
        (down,) = asked(faces, SAD)
        until(lambda: faces.get(down))
        assert faces.get(glad) == b"glad 15"


def test_one_that_ends_before_its_work_is_done_has_a_successor() -> None:
    with Faces(SITTER, draw_one) as faces:
        glad, down = asked(faces, HAPPY, SAD)
        until(lambda: faces.get(glad) and faces.get(down))


def test_whose_face_it_is_may_change() -> None:
    with Faces(SITTER, draw_names) as faces:
        (first,) = asked(faces, HAPPY)
        faces.sit(Sitter(WEIGHTS, 16))
        (second,) = asked(faces, HAPPY)
        until(lambda: faces.get(first) and faces.get(second))
        assert (faces.get(first), faces.get(second)) == (b"glad 15", b"glad 16")


def test_a_process_that_dies_is_given_up_after_a_few_tries() -> None:
    with Faces(SITTER, draw_names) as faces:
        death, glad = asked(faces, Gesture("death", None, None, {1: 0.1}), HAPPY)
        until(lambda: not faces.is_drawing)
        assert not faces.is_coming(death) and not faces.is_coming(glad)
        (glad,) = asked(faces, HAPPY)
        until(lambda: faces.get(glad))


def test_what_cannot_be_drawn_is_not_asked_for_again() -> None:
    with Faces(SITTER, draw_nothing) as faces:
        (key,) = asked(faces, HAPPY)
        until(lambda: not faces.is_drawing)
        asked(faces, HAPPY)
        assert not faces.is_drawing and not faces.is_coming(key) and faces.get(key) is None


def test_no_more_faces_are_kept_than_so_many() -> None:
    many = [Gesture(f"{number}", None, None, {1: number / 2000}) for number in range(NUM_KEPT + 20)]
    with Faces(SITTER, draw_names) as faces:
        keys: list[str] = []
        for start in range(0, len(many), 100):
            keys += asked(faces, *many[start : start + 100])
            until(lambda: not any(map(faces.is_coming, keys)))  # noqa: B023 - it is called here and now
        assert [faces.get(key) is None for key in keys] == [True] * 20 + [False] * NUM_KEPT


@pytest.mark.parametrize("draw", [draw_names, draw_faces])
def test_nothing_of_it_stays_when_it_is_closed(draw: Draw) -> None:
    faces = Faces(SITTER, draw)
    (key,) = asked(faces, HAPPY)
    faces.close()
    until(lambda: not faces.is_drawing)
    asked(faces, SAD)
    assert not faces.is_drawing and not faces.is_coming(key)
