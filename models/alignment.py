"""Faces in pictures, and the square that FFHQ's alignment cuts out for each: files, cameras, data alike.

MTCNN (Zhang et al., "Joint face detection and alignment using multitask cascaded convolutional networks",
2016) finds five points; a frame hangs on four of them (Karras et al., "A style-based generator architecture",
appendix A). Everything downstream reads faces in this frame alone.

Points are x, y in pixels; the centre of the top left pixel is (0, 0). Pictures are uint8 RGB [H, W, 3].
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.pictures import ALIGNED_PX

Picture = NDArray[np.uint8]  # [H, W, 3] RGB
Points = NDArray[np.float64]  # [n, 2] px
Vector = NDArray[np.float64]  # [2] px

# FFHQ's numbers.
EYE_SPANS: Final = 2.0  # half a side in distances between the eyes …
FACE_SPANS: Final = 1.8  # … or in distances from eyes to mouth, whichever is more
CENTRE_SHARE: Final = 0.1  # where between eyes (0) and mouth (1) the middle is


class FaceError(Exception):
    """A picture holds no face that can be read; the message is one line that says why, and what instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    box: NDArray[np.float64]  # [4] x0, y0, x1, y1 px
    landmarks: Points  # [5, 2] image-left eye, image-right eye, nose, image-left mouth corner, right
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    image: Picture  # [256, 256, 3]
    face: Face  # where it was
    num_faces: int  # in the whole picture; the largest one was taken


def align(image: Picture, finder: "FaceFinder") -> Aligned:
    """The largest face of a picture, in FFHQ's frame.

    Raises:
        FaceError: there is no face, or it is cut off, turned away, or too small.
    """
    faces = finder.faces(image)
    if not faces:
        raise FaceError(
            "no face found; take a picture in which a face looks at the camera and fills a tenth of it"
        )
    face = faces[0]
    refuse_unreadable(face.landmarks, image.shape)
    return Aligned(crop(image, face.landmarks), face, len(faces))


# --- can it be read? ----------------------------------------------------------------------------------------

MIN_EYE_DISTANCE_PX: Final = 24.0  # the aligned picture has 64; enlarged further it shows no expression
# How far beside the eyes' middle the nose may be, in distances between the eyes. It is 0.55 tan(yaw) on the
# mean of people, so this is about ±40° …
MAX_NOSE_SHIFT: Final = 0.5
# … beyond which, by 60°, the nose is hard to find; but the eyes are close together: their distance over that
# from eyes to mouth is 0.8 in front, 0.6 at 40°, 0.45 at 60°, and no expression takes it there.
MIN_EYES_TO_MOUTH: Final = 0.45
# Where between eyes (0) and mouth (1) MTCNN sees the nose: 0.55 at rest, 0.25 at 40° up, 0.75 at 40° down.
NOSE_HEIGHTS: Final = (0.2, 0.8)


def refuse_unreadable(landmarks: Points, shape: tuple[int, ...]) -> None:
    """Five points [5, 2] px in a picture of `shape` [H, W, …] → nothing, or why this face cannot be read.

    Raises:
        FaceError: the face is cut off, turned away, or too small.
    """
    if (landmarks < 0).any() or (landmarks > np.array(shape[1::-1]) - 1).any():
        raise FaceError("the face is cut off by the picture's edge; take a picture in which it is whole")
    eyes, mouth = landmarks[:2].mean(0), landmarks[3:].mean(0)
    eye_to_eye, eyes_to_mouth, nose = landmarks[1] - landmarks[0], mouth - eyes, landmarks[2] - eyes
    distance, height = np.hypot(*eye_to_eye), np.hypot(*eyes_to_mouth)
    nose_shift = nose @ eye_to_eye / distance**2
    nose_height = nose @ eyes_to_mouth / height**2
    is_aside = abs(nose_shift) > MAX_NOSE_SHIFT or distance < MIN_EYES_TO_MOUTH * height
    if is_aside or not NOSE_HEIGHTS[0] < nose_height < NOSE_HEIGHTS[1]:
        raise FaceError("the face is turned away; take a picture in which it looks towards the camera")
    if distance < MIN_EYE_DISTANCE_PX:
        raise FaceError(
            f"the face is too small: {distance:.0f} pixels between the eyes, and {MIN_EYE_DISTANCE_PX:.0f} "
            "are the least; come closer, or take a larger picture"
        )


# --- the frame ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Quad:
    """A square somewhere in a picture, however turned; it may reach beyond."""

    centre: Vector
    half: Vector  # half of its side, along its own x axis

    @property
    def down(self) -> Vector:
        """Half of its side, along its own y axis."""
        return np.array([-self.half[1], self.half[0]])

    @property
    def side(self) -> float:
        return 2 * float(np.hypot(*self.half))

    @property
    def corners(self) -> Points:
        """[4, 2] top left, bottom left, bottom right, top right: the order of FFHQ's `quad`."""
        x, y = self.half, self.down
        return self.centre + np.stack([-x - y, -x + y, x + y, x - y])

    def matrix(self, size: int) -> NDArray[np.float64]:
        """[2, 3]: from pixels of the square, drawn `size` × `size`, to pixels of the picture."""
        x, y = 2 * self.half / size, 2 * self.down / size
        return np.stack([x, y, self.corners[0] + (x + y) / 2], axis=1)


def crop_quad(landmarks: Points) -> Quad:
    """FFHQ's square about a face, from its five points [5, 2].

    e the eyes' middle, d from eye to eye, m from e to the mouth's middle, and R a quarter turn:
    x = (d − R m) normalised · max(2 ‖d‖, 1.8 ‖m‖), centre = e + 0.1 m. The nose plays no part.
    """
    eyes, mouth = landmarks[:2].mean(0), landmarks[3:].mean(0)
    eye_to_eye, eye_to_mouth = landmarks[1] - landmarks[0], mouth - eyes
    # Both say which way is "right": the eyes, and the normal of the line from eyes to mouth.
    half = eye_to_eye + np.array([eye_to_mouth[1], -eye_to_mouth[0]])
    half = (
        half / np.hypot(*half) * max(EYE_SPANS * np.hypot(*eye_to_eye), FACE_SPANS * np.hypot(*eye_to_mouth))
    )
    return Quad(eyes + CENTRE_SHARE * eye_to_mouth, half)


def crop_matrix(landmarks: Points, size: int) -> NDArray[np.float64]:
    """[2, 3]: from pixels of the crop to pixels of the picture, as `cv2.WARP_INVERSE_MAP` wants it."""
    return crop_quad(landmarks).matrix(size)


def crop(image: Picture, landmarks: Points, size: int = ALIGNED_PX) -> Picture:
    """The face with these five points [5, 2] in FFHQ's frame: uint8 RGB [size, size, 3].

    What the picture lacks is mirrored in, and blurred. An open mouth makes the frame larger; pictures of one
    person that are to match share the landmarks of one.
    """
    quad = crop_quad(landmarks)
    return _blurred_beyond(cut_out(image, quad, size), quad, image.shape)


# --- resampling ---------------------------------------------------------------------------------------------

OVERSAMPLING: Final = 2  # pixels are drawn from so many, squared, of the warped picture
MARGIN_PX: Final = 3  # of source around the square, for the interpolation
# In shares of the square: how far beyond the picture a blur begins, and its sigma; how far until it is full.
BLURS: Final = ((0.0, 0.01), (0.02, 0.03), (0.06, 0.07), (0.12, 0.12))
BLUR_RAMP: Final = 0.03


def cut_out(image: Picture, quad: Quad, size: int) -> Picture:
    """A square of a picture, [size, size, 3]; what it lacks is mirrored in.

    Warping looks at 16 pixels of the source, however many lie under one of the result: so a large source is
    first averaged down, to twice the resolution that is wanted, and the warped one then by half.
    """
    fine = OVERSAMPLING * size
    source, origin = _neighbourhood(image, quad)
    shrink = max(1.0, quad.side / fine)
    height, width = (max(1, round(length / shrink)) for length in source.shape[:2])
    scale = np.array([width / source.shape[1], height / source.shape[0]])
    if shrink > 1:
        source = np.asarray(cv2.resize(source, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    matrix = quad.matrix(fine)
    matrix[:, 2] += 0.5 - origin  # (0, 0) is now the corner of the top left pixel, as scaling wants it
    matrix *= scale[:, None]
    matrix[:, 2] -= 0.5
    warped = cv2.warpAffine(
        source,
        matrix,
        (fine, fine),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(cv2.resize(warped, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _neighbourhood(image: Picture, quad: Quad) -> tuple[Picture, Vector]:
    """The part of the picture that a square is drawn from, what is mirrored included; and where it begins."""
    extent = np.array(image.shape[1::-1])
    low = np.floor(quad.corners.min(0)).astype(int) - MARGIN_PX
    high = np.ceil(quad.corners.max(0)).astype(int) + MARGIN_PX
    low, high = np.minimum(low, 2 * extent - high), np.maximum(high, -low)
    low, high = low.clip(0, extent - 1), high.clip(1, extent)
    return image[low[1] : high[1], low[0] : high[0]], low.astype(np.float64)


def _blurred_beyond(cropped: Picture, quad: Quad, shape: tuple[int, ...]) -> Picture:
    """A crop [R, R, 3] with what was mirrored in blurred, the more the further it is from the picture.

    Hair and wall go on, out of focus; a second pair of eyes does not.
    """
    last = np.array(shape[1::-1]) - 1
    if (quad.corners >= 0).all() and (quad.corners <= last).all():
        return cropped
    size = len(cropped)
    rows, columns = np.mgrid[:size, :size]
    points = _mapped(quad.matrix(size), np.stack([columns, rows], axis=-1))  # [R, R, 2] in the picture
    beyond = np.maximum(points - last, -points).clip(0)
    depth = np.hypot(beyond[..., 0], beyond[..., 1])[..., None] / quad.side
    blended = cropped.astype(np.float32)
    for start, sigma in BLURS:
        share = ((depth - start) / BLUR_RAMP).clip(0, 1).astype(np.float32)
        blurred = cv2.GaussianBlur(blended, (0, 0), sigma * size, borderType=cv2.BORDER_REPLICATE)
        blended += (blurred - blended) * share
    return (blended + 0.5).clip(0, 255).astype(np.uint8)


# --- finding ------------------------------------------------------------------------------------------------

DETECTION_PX: Final = 640  # always: memory would grow with every new size
MIN_FACE_PX: Final = 40  # there; smaller ones are mostly not faces
PYRAMID_FACTOR: Final = 0.6  # from one size of face that is looked for to the next
MIN_PROBABILITY: Final = 0.95
GREY: Final = 128

NUM_LOOKS: Final = 3  # each leaves a third of the error before it
LOOK_PX: Final = 128  # of the aligned picture that is looked at again
NET_PX: Final = 48  # what the last of MTCNN's three networks sees
LOOK_HALF: Final = 0.6  # of the half side of FFHQ's square: the face alone, as in that network's training
NOSE_SHARE: Final = 0.8  # how far the middle of a turned face is on the other side from where the nose points
# Scale, and steps to the right and down in half sides of FFHQ's square: the mean of seven looks is steadier.
LOOKS: Final = (
    (1.0, 0.0, 0.0),
    (0.93, 0.0, 0.0),
    (1.07, 0.0, 0.0),
    (1.0, 0.05, 0.0),
    (1.0, -0.05, 0.0),
    (1.0, 0.0, 0.05),
    (1.0, 0.0, -0.05),
)


class FaceFinder:
    """MTCNN, on the CPU; its weights come in facenet-pytorch's wheel.

    The points that it finds wander by 2 % of the distance between the eyes when a face is moved, turned or
    enlarged a little. So its last network looks again, several times, at the face brought upright: 0.2 %.
    """

    def __init__(self) -> None:
        from facenet_pytorch import MTCNN

        self._mtcnn: Any = MTCNN(
            min_face_size=MIN_FACE_PX, factor=PYRAMID_FACTOR, keep_all=True, device="cpu"
        )

    def faces(self, image: Picture) -> list[Face]:
        """The faces in a picture of any size, uint8 RGB [H, W, 3]; the largest first."""
        letterboxed, scale = _letterboxed(image)
        boxes, probabilities, landmarks = self._mtcnn.detect(letterboxed, landmarks=True)
        if boxes is None:
            return []
        faces = [
            Face(
                box=_unscaled(box.reshape(2, 2), scale).ravel(),
                landmarks=self._looked_again(image, _unscaled(points, scale)),
                probability=float(probability),
            )
            for box, points, probability in zip(boxes, landmarks, probabilities, strict=True)
            if probability > MIN_PROBABILITY
        ]
        return sorted(faces, key=lambda face: crop_quad(face.landmarks).side, reverse=True)

    @torch.inference_mode()
    def _looked_again(self, image: Picture, landmarks: Points) -> Points:
        """Five points [5, 2] px → the same, found anew in the aligned picture."""
        for _ in range(NUM_LOOKS):
            matrix = crop_matrix(landmarks, LOOK_PX)
            aligned = cut_out(image, crop_quad(landmarks), LOOK_PX)
            squares = _squares(_mapped(_inverse(matrix), landmarks))
            seen = np.stack([cut_out(aligned, square, NET_PX) for square in squares])
            shares = self._mtcnn.onet(_normalised(seen))[1].numpy()
            shares = np.stack([shares[:, :5], shares[:, 5:]], axis=-1)  # [looks, 5, 2] of their squares
            found = [
                _mapped(square.matrix(1), points - 0.5)
                for square, points in zip(squares, shares, strict=True)
            ]
            landmarks = _mapped(matrix, np.mean(found, axis=0))
        return landmarks


def _letterboxed(image: Picture) -> tuple[Picture, Vector]:
    """→ [640, 640, 3], the picture in its top left corner and grey beside; and by how much it was scaled."""
    height, width = image.shape[:2]
    ratio = DETECTION_PX / max(height, width)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    interpolation = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    letterboxed = np.full((DETECTION_PX, DETECTION_PX, 3), GREY, np.uint8)
    letterboxed[: size[1], : size[0]] = cv2.resize(image, size, interpolation=interpolation)
    return letterboxed, np.array([size[0] / width, size[1] / height])


def _unscaled(points: Any, scale: Vector) -> Points:
    """[n, 2] of the letterboxed picture → of the one that it was; MTCNN's arrays are of objects."""
    unscaled: Points = (np.asarray(points, np.float64) + 0.5) / scale - 0.5
    return unscaled


def _squares(landmarks: Points) -> list[Quad]:
    """Where to look for the face whose points, in the aligned picture, are about these."""
    middle = landmarks[[0, 1, 3, 4]].mean(0)
    middle[0] -= NOSE_SHARE * (landmarks[2, 0] - middle[0])
    unit = LOOK_PX / 2
    return [
        Quad(middle + unit * np.array([right, down]), np.array([scale * LOOK_HALF * unit, 0.0]))
        for scale, right, down in LOOKS
    ]


def _normalised(pictures: Picture) -> torch.Tensor:
    """[N, H, W, 3] uint8 → [N, 3, H, W] in [−1, 1), as MTCNN's networks see them."""
    return (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 127.5) / 128


def _mapped(matrix: NDArray[np.float64], points: Points) -> Points:
    """Points [n, 2] through an affine map [2, 3]."""
    mapped: Points = points @ matrix[:, :2].T + matrix[:, 2]
    return mapped


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.invertAffineTransform(matrix), np.float64)
