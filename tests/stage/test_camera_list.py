"""Which cameras are found, in folders that stand for /dev."""

import sys
from pathlib import Path

import pytest

from installation.stage.camera_device import Device
from installation.stage.camera_list import cameras

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which cameras there are")


def plug(folder: Path, number: int, **links: str) -> None:
    """A device, and the names in the folders of links that lead to it."""
    device = folder / f"video{number}"
    device.touch()
    for place, name in links.items():
        link = folder / "v4l" / place.replace("_", "-") / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(device)


def found(folder: Path) -> list[str]:
    return [str(Path(camera).relative_to(folder)) for camera in cameras(folder, folder / "v4l")]


def test_where_there_is_none(tmp_path: Path) -> None:
    assert cameras(tmp_path, tmp_path / "v4l") == ()
    assert cameras(tmp_path / "none", tmp_path / "none") == ()


def test_a_camera_is_told_once_by_its_surest_name(tmp_path: Path) -> None:
    for number, kind in enumerate(("index0", "index1")):  # pictures, and what is told of them
        plug(tmp_path, number, by_id=f"usb-A-video-{kind}", by_path=f"pci-1-video-{kind}")
    assert found(tmp_path) == ["v4l/by-id/usb-A-video-index0"]


def test_two_of_a_kind_are_told_by_their_places(tmp_path: Path) -> None:
    plug(tmp_path, 0, by_id="usb-A-video-index0", by_path="pci-1-video-index0")
    plug(tmp_path, 2, by_path="pci-2-video-index0")  # the name was taken
    plug(tmp_path, 3, by_path="pci-2-video-index1")
    assert found(tmp_path) == ["v4l/by-id/usb-A-video-index0", "v4l/by-path/pci-2-video-index0"]


def test_devices_without_names_come_last_in_their_order(tmp_path: Path) -> None:
    plug(tmp_path, 10)
    plug(tmp_path, 9)
    plug(tmp_path, 0, by_id="usb-A-video-index0")
    assert found(tmp_path) == ["v4l/by-id/usb-A-video-index0", "video9", "video10"]


def test_a_name_that_leads_nowhere_is_no_camera(tmp_path: Path) -> None:
    plug(tmp_path, 0, by_id="usb-A-video-index0")
    (tmp_path / "video0").unlink()
    assert found(tmp_path) == []


def test_what_is_found_can_be_opened(tmp_path: Path) -> None:
    plug(tmp_path, 4, by_id="usb-A-video-index0")
    (camera,) = cameras(tmp_path, tmp_path / "v4l")
    assert Device(camera, tmp_path, tmp_path / "v4l").where() == str(tmp_path / "video4")
