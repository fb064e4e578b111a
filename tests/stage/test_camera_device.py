"""Devices and the links to them, in a folder that stands for /dev."""

import pickle
import sys
from pathlib import Path

import pytest

from installation.errors import InputError
from installation.stage.camera_device import Device, is_device

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a camera is an index and no more")


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    for folder in ("by-id", "by-path"):
        (tmp_path / "v4l" / folder).mkdir(parents=True)
    return tmp_path


def plug(devices: Path, number: int, **links: str) -> Path:
    path = devices / f"video{number}"
    path.touch()
    for folder, name in links.items():
        (devices / "v4l" / folder.replace("_", "-") / name).symlink_to(path)
    return path


def unplug(devices: Path, number: int) -> None:
    path = devices / f"video{number}"
    for link in (devices / "v4l").glob("*/*"):
        if link.resolve() == path:
            link.unlink()
    path.unlink()


def device(devices: Path, source: str = "0") -> Device:
    return Device(source, devices, devices / "v4l")


@pytest.mark.parametrize(("source", "is_one"), [("0", True), ("/dev/video2", True), ("a.mp4", False)])
def test_a_source_is_a_camera_or_a_file(source: str, is_one: bool) -> None:
    assert is_device(source) is is_one


@pytest.mark.parametrize("folder", ["by_id", "by_path"])
def test_one_that_comes_back_under_another_number_is_found(devices: Path, folder: str) -> None:
    found = device(devices)
    path = plug(devices, 0, **{folder: "camera"})
    assert found.where() == str(path)
    unplug(devices, 0)
    plug(devices, 0, **{folder: "another"})
    with pytest.raises(InputError, match="it is not there"):
        found.where()
    assert not found.is_there()
    path = plug(devices, 2, **{folder: "camera"})
    assert found.where() == str(path) and found.is_there()


def test_what_it_is_goes_before_where_it_is_plugged_in(devices: Path) -> None:
    plug(devices, 0, by_id="camera", by_path="left")
    plug(devices, 1, by_id="another", by_path="right")
    found = device(devices)
    found.where()
    unplug(devices, 0)
    unplug(devices, 1)
    plug(devices, 0, by_id="another", by_path="left")
    path = plug(devices, 1, by_id="camera", by_path="right")
    assert found.where() == str(path)


def test_one_that_appears_later_is_remembered_from_then_on(devices: Path) -> None:
    found = device(devices)
    assert not found.is_there()
    plug(devices, 0, by_id="camera")
    assert found.is_there()
    unplug(devices, 0)
    path = plug(devices, 4, by_id="camera")
    assert found.where() == str(path)


def test_one_without_a_link_is_its_number(devices: Path) -> None:
    found = device(devices)
    path = plug(devices, 0)
    assert found.where() == str(path)
    unplug(devices, 0)
    assert not found.is_there()


def test_a_link_is_followed_wherever_it_leads(devices: Path) -> None:
    plug(devices, 1, by_id="camera", by_path="left")
    link = str(devices / "v4l" / "by-id" / "camera")
    found = device(devices, link)
    assert found.where() == str(devices / "video1")
    unplug(devices, 1)
    assert not found.is_there()
    plug(devices, 3, by_id="camera", by_path="right")
    assert found.where() == str(devices / "video3")


def test_it_takes_its_memory_to_another_process(devices: Path) -> None:
    found = device(devices)
    plug(devices, 0, by_id="camera")
    found.where()
    unplug(devices, 0)
    plug(devices, 5, by_id="camera")
    assert pickle.loads(pickle.dumps(found)).where() == str(devices / "video5")


def test_a_file_is_where_it_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    assert not Device(str(path)).is_there()
    path.touch()
    assert Device(str(path)).where() == str(path)
