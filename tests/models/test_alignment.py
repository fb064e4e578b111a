"""Faces found in photographs, and the frame that is cut out about them.

The faces are Eileen Collins (NASA) and Grace Hopper (US Navy): both photographs are in the public domain.
"""

from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from models.alignment import (
    DETECTION_PX,
    FaceError,
    FaceFinder,
    align,
    crop,
    crop_matrix,
    crop_quad,
    refuse_unreadable,
)
from models.photographs import read_photograph
from models.pictures import ALIGNED_PX
from tests.models.test_photographs import ORIENTATION, STORED
from tests.training.conftest import WHOLE_CAST
from training.cast.manifest import read_cast

ROOM = (10_000, 10_000, 3)  # the shape of a picture that cuts off nothing


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="module")
def collins() -> np.ndarray:
    """[512, 512, 3]; 43 px between the eyes."""
    return astronaut()


@pytest.fixture(scope="module")
def hopper() -> np.ndarray:
    """[600, 512, 3]; 84 px between the eyes."""
    return read_photograph(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg")


@pytest.fixture(scope="module")
def face_of_collins(finder, collins) -> np.ndarray:
    return finder.faces(collins)[0].landmarks


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """Mean, in grey levels."""
    return float(np.abs(a.astype(float) - b).mean())


def resized(image: np.ndarray, scale: float) -> np.ndarray:
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation)


def transformed(image: np.ndarray, degrees: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture turned and scaled on a larger canvas; and the matrix [2, 3] that did it."""
    image = resized(image, scale)
    height, width = image.shape[:2]
    side = int(np.hypot(height, width)) + 1
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    turn[:, 2] += (side - width) / 2, (side - height) / 2
    canvas = cv2.warpAffine(image, turn, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    grow = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2], [0, 0, 1]])
    return canvas, turn @ grow


def mapped(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]


# --- the frame ----------------------------------------------------------------------------------------------


def ffhq_quad(landmarks: np.ndarray) -> np.ndarray:
    """As FFHQ's script has it, number by number: four corners (x, y), from the top left one downwards."""
    (lx, ly), (rx, ry), _, (mlx, mly), (mrx, mry) = landmarks.tolist()
    eye_x, eye_y = (lx + rx) / 2, (ly + ry) / 2
    to_eye_x, to_eye_y = rx - lx, ry - ly
    to_mouth_x, to_mouth_y = (mlx + mrx) / 2 - eye_x, (mly + mry) / 2 - eye_y
    x0, x1 = to_eye_x + to_mouth_y, to_eye_y - to_mouth_x
    length = (x0**2 + x1**2) ** 0.5
    eyes_apart = (to_eye_x**2 + to_eye_y**2) ** 0.5
    face_length = (to_mouth_x**2 + to_mouth_y**2) ** 0.5
    half = max(eyes_apart * 2.0, face_length * 1.8)
    x0, x1 = x0 / length * half, x1 / length * half
    y0, y1 = -x1, x0
    c0, c1 = eye_x + to_mouth_x * 0.1, eye_y + to_mouth_y * 0.1
    return np.array(
        [
            [c0 - x0 - y0, c1 - x1 - y1],
            [c0 - x0 + y0, c1 - x1 + y1],
            [c0 + x0 + y0, c1 + x1 + y1],
            [c0 + x0 - y0, c1 + x1 - y1],
        ]
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_frame_is_ffhqs(seed):
    rng = np.random.default_rng(seed)
    upright = np.array([[-30, 0], [30, 0], [0, 35], [-25, 65], [25, 65]]) + rng.normal(0, 8, (5, 2))
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks = upright @ turn.T * rng.uniform(0.3, 10) + rng.uniform(-100, 2000, 2)
    np.testing.assert_allclose(crop_quad(landmarks).corners, ffhq_quad(landmarks))


def test_the_matrix_takes_the_corners_of_the_crop_to_those_of_the_frame(face_of_collins):
    size = 100
    ends = np.array([[0, 0], [0, size], [size, size], [size, 0]]) - 0.5  # pixel centres are whole numbers
    corners = mapped(crop_matrix(face_of_collins, size), ends)
    np.testing.assert_allclose(corners, crop_quad(face_of_collins).corners)


@pytest.mark.parametrize("eyes_apart", [9, 31, 64, 100, 333])
@pytest.mark.parametrize("degrees", [0, 17, 140])
def test_every_pixel_of_the_crop_shows_the_place_that_the_matrix_says(eyes_apart, degrees):
    """A picture whose colours are its coordinates, seen through crops that enlarge and that shrink."""
    x, y = np.meshgrid(np.linspace(0, 255, 2001), np.linspace(255, 0, 2001))
    ramp = np.round(np.stack([x, y, x / 2 + y / 2], -1)).astype(np.uint8)
    face = np.array([[-0.5, 0], [0.5, 0], [0, 0.6], [-0.4, 1.1], [0.4, 1.1]]) * eyes_apart
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks = face @ turn.T + 1000.3
    rows, columns = np.mgrid[:ALIGNED_PX, :ALIGNED_PX]
    places = mapped(crop_matrix(landmarks, ALIGNED_PX), np.stack([columns, rows], -1).astype(float))
    red, green = places[..., 0] / 2000 * 255, 255 - places[..., 1] / 2000 * 255
    expected = np.stack([red, green, (red + green) / 2], -1)
    error = crop(ramp, landmarks) - expected
    assert np.abs(error).max() < 1
    assert np.abs(error.mean((0, 1))).max() < 0.3  # rounding, thrice


@pytest.mark.parametrize("eyes_apart", [160, 300, 777])
def test_shrinking_shows_no_pattern_of_pixels(eyes_apart):
    """The finest stripes, 127.5 levels about their mean, become nearly the grey that they are from afar."""
    stripes = np.zeros((4000, 4000, 3), np.uint8)
    stripes[:, ::2] = 255
    face = np.array([[-0.5, 0], [0.5, 0.05], [0, 0.6], [-0.4, 1.1], [0.4, 1.1]]) * eyes_apart + 1900
    cropped = crop(stripes, face)
    assert abs(cropped.mean() - 127.5) < 1
    assert cropped.std() < 25


def test_a_picture_wider_than_opencv_warps(face_of_collins, collins):
    wide = np.full((512, 40_000, 3), 128, np.uint8)
    wide[:, 39_000:39_512] = collins
    far = crop(wide, face_of_collins + np.array([39_000, 0]))
    assert np.array_equal(far, crop(collins, face_of_collins))


# --- beyond the picture -------------------------------------------------------------------------------------


def test_a_frame_that_leaves_the_picture_is_the_same_inside(collins, face_of_collins):
    whole, cut = crop(collins, face_of_collins), crop(collins[40:], face_of_collins - np.array([0, 40]))
    inverse = cv2.invertAffineTransform(crop_matrix(face_of_collins, ALIGNED_PX))
    edge = int(mapped(inverse, np.array([[225.0, 40.0]]))[0, 1])
    assert 20 < edge < 60
    assert difference(cut[edge + 8 :], whole[edge + 8 :]) < 0.5
    assert difference(cut[:edge], whole[:edge]) > 5


def test_what_is_missing_goes_on_out_of_focus():
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    landmarks = np.array([[150, 60], [250, 60], [200, 110], [160, 170], [240, 170]], float)
    cropped = crop(noise, landmarks).astype(float)  # the frame begins 127 px above: a third of it is missing
    assert cropped[120:].std() > 40
    assert cropped[:40].std() < 6
    assert abs(cropped[:40].mean() - 127.5) < 12  # neither black nor white


# --- finding ------------------------------------------------------------------------------------------------


def test_a_face_is_where_it_is(finder, collins, hopper):
    expected = {
        "collins": (collins, [[204, 100], [247, 102], [224, 127], [203, 141], [245, 143]]),
        "hopper": (hopper, [[223, 192], [306, 187], [268, 238], [231, 278], [306, 273]]),
    }
    for name, (image, points) in expected.items():
        (face,) = finder.faces(image)
        distance = np.hypot(*(face.landmarks - points).T)
        assert distance.max() < 0.08 * (points[1][0] - points[0][0]), name
        assert face.probability > 0.99
        x0, y0, x1, y1 = face.box
        assert (face.landmarks > [x0, y0]).all() and (face.landmarks < [x1, y1]).all()


@pytest.mark.parametrize(("degrees", "scale"), [(0, 0.7), (0, 2.3), (-30, 1), (12, 0.8), (30, 3), (20, 6)])
def test_turned_and_scaled_a_face_gives_nearly_the_same_crop(finder, collins, degrees, scale):
    image, matrix = transformed(collins, degrees, scale)
    upright, turned = align(collins, finder), align(image, finder)
    distance = np.hypot(*(turned.face.landmarks - mapped(matrix, upright.face.landmarks)).T)
    assert distance.max() < 0.03 * 43 * scale  # of what is between the eyes
    blurred = [cv2.GaussianBlur(aligned.image, (0, 0), 2) for aligned in (upright, turned)]
    assert difference(*blurred) < 4


def test_however_the_camera_was_held_the_crop_is_the_same(finder, collins, tmp_path):
    expected = align(collins, finder).image
    for orientation, stored in STORED.items():
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        path = tmp_path / f"{orientation}.png"
        Image.fromarray(np.ascontiguousarray(stored(collins))).save(path, exif=exif, compress_level=1)
        assert np.array_equal(align(read_photograph(path), finder).image, expected)


@pytest.mark.parametrize(("scales", "largest"), [((1.0, 1.0), "hopper"), ((2.0, 0.7), "collins")])
def test_of_two_faces_the_largest_is_taken(finder, collins, hopper, scales, largest):
    left, right = resized(collins, scales[0]), resized(hopper, scales[1])
    both = np.full((max(len(left), len(right)), left.shape[1] + right.shape[1], 3), 128, np.uint8)
    both[: len(left), : left.shape[1]] = left
    both[: len(right), left.shape[1] :] = right
    alone, offset = (left, 0) if largest == "collins" else (right, left.shape[1])
    expected = align(alone, finder).face.landmarks
    aligned = align(both, finder)
    assert aligned.num_faces == 2
    distance = np.hypot(*(aligned.face.landmarks - np.array([offset, 0]) - expected).T)
    assert distance.max() < 0.03 * (expected[1, 0] - expected[0, 0])
    sides = [crop_quad(face.landmarks).side for face in finder.faces(both)]
    assert sides[0] > 1.3 * sides[1]


def test_a_crowd_is_counted(finder, collins, hopper):
    collins, hopper = collins[0:230, 110:340], hopper[60:420, 90:450]
    crowd = np.full((900, 1200, 3), 110, np.uint8)
    widths = np.linspace(120, 290, 12).astype(int)
    for k, width in enumerate(widths):
        portrait = cv2.resize((collins, hopper)[k % 2], (width, width), interpolation=cv2.INTER_AREA)
        x, y = k % 4 * 300, k // 4 * 300
        crowd[y : y + width, x : x + width] = portrait
    faces = finder.faces(crowd)
    assert len(faces) == align(crowd, finder).num_faces == 12
    sides = [crop_quad(face.landmarks).side for face in faces]
    assert sides == sorted(sides, reverse=True)
    assert faces[0].landmarks[2] @ [1, 0] > 900 and faces[0].landmarks[2] @ [0, 1] > 600  # the last one


@pytest.mark.parametrize("shape", [(1, 1), (480, 640), (600, 500), (20, 3000), (3000, 2000)])
def test_detection_sees_one_size_whatever_the_pictures(finder, monkeypatch, shape):
    sizes = []

    def detect(image, landmarks):
        sizes.append(image.shape)
        return None, [None], None

    monkeypatch.setattr(finder._mtcnn, "detect", detect)
    assert finder.faces(np.zeros((*shape, 3), np.uint8)) == []
    assert sizes == [(DETECTION_PX, DETECTION_PX, 3)]


def test_a_cameras_picture_need_not_be_contiguous(finder, collins):
    bgr = np.ascontiguousarray(collins[..., ::-1])
    assert np.array_equal(align(bgr[..., ::-1], finder).image, align(collins, finder).image)


# --- what cannot be read ------------------------------------------------------------------------------------


def refusal(image: np.ndarray, finder: FaceFinder) -> str:
    with pytest.raises(FaceError) as error:
        align(image, finder)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_without_a_face_there_is_no_crop(finder):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (480, 640, 3), dtype=np.uint8)
    clouds = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 12), None, 0, 255, cv2.NORM_MINMAX)
    for image in (noise, clouds, np.zeros((480, 640, 3), np.uint8), noise[:1, :1], noise[:32]):
        assert refusal(image, finder).startswith("no face found")


def test_a_face_of_few_pixels_is_too_small(finder, collins):
    message = refusal(resized(collins, 0.4), finder)
    assert message.startswith("the face is too small: 17 pixels between the eyes")
    align(resized(collins, 0.6), finder)


def test_half_a_face_is_cut_off(finder, hopper):
    assert refusal(hopper[:270], finder).startswith("the face is cut off")


def head(yaw: float = 0, pitch: float = 0, roll: float = 0, jaw: float = 0) -> np.ndarray:
    """The five points of a turned head [5, 2] px, seen from afar; the cast's proportions on its mean.

    Degrees; yaw + is image right, pitch + is up. `jaw`: how far an open mouth lowers its corners.
    """
    mouth = 1.2 + jaw
    points = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.72, 0.55], [-0.4, mouth, 0.1], [0.4, mouth, 0.1]])
    (cy, sy), (cp, sp), (cr, sr) = (
        (np.cos(angle), np.sin(angle)) for angle in np.deg2rad([yaw, pitch, roll])
    )
    turn_aside = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll_over = np.array([[cr, -sr], [sr, cr]])
    return (points @ (nod @ turn_aside).T)[:, :2] @ roll_over.T * 100 + 1000


@pytest.mark.parametrize("roll", [0, -30, 90])
@pytest.mark.parametrize("yaw", [-35, -20, 0, 35])
@pytest.mark.parametrize("jaw", [0, 0.25])
def test_a_face_may_be_turned_a_little(roll, yaw, jaw):
    refuse_unreadable(head(yaw=yaw, roll=roll, jaw=jaw), ROOM)


@pytest.mark.parametrize("pitch", [-20, 20])
def test_a_face_may_look_up_or_down_a_little(pitch):
    refuse_unreadable(head(pitch=pitch), ROOM)


@pytest.mark.parametrize("turn", [{"yaw": -50}, {"yaw": 50}, {"yaw": 75}, {"pitch": 60}, {"pitch": -60}])
@pytest.mark.parametrize("roll", [0, 30])
def test_a_face_that_is_turned_away_is_refused(turn, roll):
    with pytest.raises(FaceError, match="turned away"):
        refuse_unreadable(head(roll=roll, **turn), ROOM)


def test_eyes_close_together_are_a_face_turned_away_wherever_its_nose_is():
    landmarks = head()
    landmarks[:2] = landmarks[:2].mean(0) + np.array([[-25, 0], [25, 0]])
    with pytest.raises(FaceError, match="turned away"):
        refuse_unreadable(landmarks, ROOM)


# --- the cast -----------------------------------------------------------------------------------------------


def test_the_casts_landmarks_and_frames_are_found(finder):
    if not WHOLE_CAST.is_dir():
        pytest.skip("the rendered cast (../shared/cast) is not beside this checkout")
    distances, sides, centres = [], [], []
    for record in read_cast(WHOLE_CAST).records[::80]:
        image = read_photograph(record.picture)
        (face, *_) = finder.faces(image)
        known = record.landmarks * record.size - 0.5
        distances.append(np.hypot(*(face.landmarks - known).T) / record.size * ALIGNED_PX)
        found, expected = crop_quad(face.landmarks), crop_quad(known)
        sides.append(found.side / expected.side)
        centres.append((found.centre - expected.centre) / expected.side)
    assert np.median(distances) < 3.5  # px of an aligned picture
    assert abs(np.median(sides) - 1) < 0.02 and np.std(sides) < 0.06
    assert np.abs(np.median(centres, axis=0)).max() < 0.01 and np.std(centres) < 0.015
