"""Faces in a camera's pictures, found beside whoever shows these."""

import os
import time
from functools import partial
from pathlib import Path

from installation.ports import Image
from installation.stage.camera_faces import CameraFaces, FoundFace, find_faces
from tests.cameras import until
from tests.sight.faces import collins, seen

FACE = FoundFace(1, 2, 3, 4, is_readable=True)


def find_when(go_on: Path, image: Image) -> list[FoundFace]:
    """One face, and a note of each look, once there is a file of that name."""
    with go_on.with_suffix(".looks").open("a") as notes:
        notes.write("look\n")
    while not go_on.exists():
        time.sleep(0.01)
    return [FACE]


def die(image: Image) -> list[FoundFace]:
    os._exit(3)


def test_nobody_waits_for_a_look(tmp_path: Path) -> None:
    go_on = tmp_path / "go_on"
    with CameraFaces(partial(find_when, go_on)) as faces:
        picture = seen(collins())
        for _ in range(5):
            assert faces.seen(picture) == ()
        until(go_on.with_suffix(".looks").exists)
        assert faces.seen(picture) == ()
        go_on.touch()
        until(lambda: faces.seen(picture) == (FACE,))
        num_looks = len(go_on.with_suffix(".looks").read_text().splitlines())
        assert num_looks <= 2  # a picture that comes while another is looked at is not


def test_a_process_that_dies_finds_nothing_more() -> None:
    with CameraFaces(die) as faces:
        picture = seen(collins())
        faces.seen(picture)
        until(lambda: faces._look is not None and faces._look.done())
        for _ in range(3):
            assert faces.seen(picture) == ()


def test_real_faces_are_found_and_small_ones_are_not_readable() -> None:
    (near,) = find_faces(seen(collins(), 460, 200))
    assert near.is_readable
    assert 100 < near.left < near.right < 300 and near.right - near.left > 50
    (far,) = find_faces(seen(collins(), 200, 320))
    assert not far.is_readable
    assert find_faces(seen(collins(), 460)[:60]) == []
