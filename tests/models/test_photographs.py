"""Files from strangers: whatever holds a picture is read, upright and RGB; whatever does not is one line."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from models import photographs
from models.photographs import PhotographError, read_photograph

ORIENTATION = 0x0112  # EXIF's tag
# How a camera that was held so stores an upright picture: what its orientation says, undone.
STORED = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.transpose(1, 0, 2),
    6: np.rot90,
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """[48, 64, 3]: Eileen Collins, photographed by NASA; in the public domain."""
    return np.ascontiguousarray(astronaut()[80:128, 190:254])


def saved(path: Path, pixels: np.ndarray | Image.Image, **options) -> Path:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.ascontiguousarray(pixels))
    image.save(path, **options)
    return path


def refusal(path: Path) -> str:
    """What is said about a file that cannot be used, without its name."""
    with pytest.raises(PhotographError) as error:
        read_photograph(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert len(message.splitlines()) == 1
    return message.removeprefix(f"{path}: ")


# --- what is read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "no suffix"])
def test_a_picture_is_read_as_it_was_saved(tmp_path, picture, name):
    kind = {} if "." in name else {"format": "PNG"}
    pixels = read_photograph(saved(tmp_path / name, picture, **kind))
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable
    assert np.array_equal(pixels, picture)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.avif"])
def test_a_lossy_picture_is_read_nearly_as_it_was(tmp_path, picture, name):
    pixels = read_photograph(saved(tmp_path / name, picture, quality=95))
    assert pixels.shape == picture.shape
    assert np.abs(pixels.astype(int) - picture).mean() < 4


@pytest.mark.parametrize(
    ("mode", "name", "tolerance"),
    [
        ("L", "a.png", 0),
        ("1", "a.png", 0),
        ("P", "a.gif", 0),
        ("P", "a.png", 0),
        ("CMYK", "a.tif", 2),
        ("CMYK", "a.jpg", 6),
        ("YCbCr", "a.jpg", 6),
        ("RGBX", "a.tif", 0),
    ],
)
def test_any_mode_becomes_rgb(tmp_path, picture, mode, name, tolerance):
    image = Image.fromarray(picture).convert(mode)
    pixels = read_photograph(saved(tmp_path / name, image))
    assert pixels.shape == picture.shape
    assert np.abs(pixels.astype(int) - np.array(image.convert("RGB"))).mean() <= tolerance


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_become_eight(tmp_path, name):
    levels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    pixels = read_photograph(saved(tmp_path / name, levels))
    assert np.array_equal(pixels[..., 0], np.round(levels / 257).astype(np.uint8))
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_floats_from_black_to_white_become_bytes(tmp_path):
    levels = np.linspace(-0.5, 1.5, 64 * 64, dtype=np.float32).reshape(64, 64)
    levels[0, 0] = np.nan
    pixels = read_photograph(saved(tmp_path / "a.tif", levels))
    assert np.abs(pixels[..., 1] - np.nan_to_num(levels).clip(0, 1) * 255).max() <= 0.5001


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_what_is_transparent_lies_on_mid_grey(tmp_path, picture, name):
    alpha = np.zeros((48, 64, 1), np.uint8)
    alpha[:16], alpha[16:32] = 255, 128
    pixels = read_photograph(saved(tmp_path / name, np.concatenate([picture, alpha], 2), lossless=True))
    assert np.array_equal(pixels[:16], picture[:16])
    assert np.abs(pixels[16:32] - (picture[16:32] / 2 + 64)).max() <= 2
    assert (pixels[32:] == 128).all()


def test_a_transparent_colour_of_a_palette_lies_on_mid_grey(tmp_path, picture):
    palette = Image.fromarray(picture).quantize(8)
    seen = np.array(palette.convert("RGB"))
    pixels = read_photograph(saved(tmp_path / "a.png", palette, transparency=3))
    seen[np.array(palette) == 3] = 128
    assert np.array_equal(pixels, seen)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tif"])
def test_of_an_animation_there_is_the_first_frame(tmp_path, name):
    first, *others = (Image.new("RGB", (40, 40), (level, level, level)) for level in (40, 120, 200))
    pixels = read_photograph(
        saved(tmp_path / name, first, save_all=True, append_images=others, duration=20, lossless=True)
    )
    assert pixels.shape == (40, 40, 3)
    assert (pixels == 40).all()


# --- which way is up ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", STORED)
def test_a_camera_may_be_held_in_any_way(tmp_path, picture, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = saved(tmp_path / "a.png", STORED[orientation](picture), exif=exif)
    assert np.array_equal(read_photograph(path), picture)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0MM\0*", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0 no such thing"]
)
def test_a_picture_with_damaged_exif_stays_as_it_is(tmp_path, picture, exif):
    assert np.array_equal(read_photograph(saved(tmp_path / "a.png", picture, exif=exif)), picture)


# --- what is refused ----------------------------------------------------------------------------------------


def test_there_has_to_be_a_file(tmp_path):
    assert refusal(tmp_path / "a.png").startswith("no such file")
    assert refusal(tmp_path).startswith("a folder")
    (tmp_path / "empty.jpg").touch()
    assert refusal(tmp_path / "empty.jpg").startswith("an empty file")
    assert refusal(tmp_path / "empty.jpg" / "a.jpg").startswith("cannot be opened (Not a directory)")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert refusal(tmp_path / "loop.jpg").startswith("cannot be opened")


@pytest.mark.parametrize(
    "content",
    [
        b"a face",
        b"\0" * 5000,
        b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="50"/></svg>',
        b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage",  # a program
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\xff\xd8\xff",
    ],
)
def test_what_is_no_picture_says_which_formats_are(tmp_path, content):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert "save it as JPEG or PNG" in refusal(path)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.avif", "a.tif", "a.gif", "a.bmp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(tmp_path, picture, name, share):
    path = saved(tmp_path / name, picture)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "JPEG or PNG" in refusal(path)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.bmp"])
def test_a_damaged_picture_is_read_or_refused_in_one_line(tmp_path, picture, name):
    path = saved(tmp_path / name, picture)
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    rng = np.random.default_rng(7)
    for _ in range(40):
        damaged = whole.copy()
        damaged[rng.integers(0, len(whole), 5)] = rng.integers(0, 256, 5)
        path.write_bytes(damaged.tobytes())
        assert num_lines_about(path) <= 1


def num_lines_about(path: Path) -> int:
    """How many lines are said about a file; none when it is read."""
    try:
        read_photograph(path)
    except PhotographError as error:
        return len(str(error).splitlines())
    return 0


def png_header(path: Path, width: int, height: int) -> Path:
    """A PNG that says it is so large, and has no pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("size", [(10_000, 10_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1), (68_000, 1000)])
def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(tmp_path, monkeypatch, size):
    def decode(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "load", decode)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    assert refusal(png_header(tmp_path / "a.png", *size)).startswith("more than 64 megapixels")


def test_the_largest_picture_is_read(tmp_path, monkeypatch, picture):
    monkeypatch.setattr(photographs, "MAX_PIXELS", 48 * 64)
    assert np.array_equal(read_photograph(saved(tmp_path / "a.png", picture)), picture)
    taller = np.concatenate([picture, picture[:1]])
    assert "megapixels" in refusal(saved(tmp_path / "b.png", taller))


@pytest.mark.parametrize("size", [(1, 1), (5000, 1), (31, 400)])
def test_a_picture_without_room_for_a_face_is_refused(tmp_path, size):
    message = refusal(saved(tmp_path / "a.png", Image.new("RGB", size)))
    assert message.startswith(f"{size[0]} × {size[1]} pixels are too few")
