"""Pictures to look at before believing a figure: gestures of six people; two ways as film and as strip."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from training.dataset import NEUTRAL, Expressions
from training.evaluation.faces import Pictures, resized
from training.evaluation.report import Part, SkippedError
from training.evaluation.sheets import Sheet, labelled
from training.evaluation.transfer.eyes import drawn
from training.evaluation.transfer.laboratory import MODELS, Laboratory
from training.evaluation.transfer.models import DELTA, makers
from training.evaluation.transfer.trials import STUDIO, folds_of
from training.evaluation.transfer.ways import Errand, stations, walk

QUALITY: Final = 85
CELL_PX: Final = 176
MARGIN_PX: Final = 112  # at the left, for the rows' names
# Unit by unit and together, with an open mouth and a closed one; the last two were never taught.
GESTURES: Final = (
    (NEUTRAL, "happy"),
    ("happy", "angry"),
    ("sad", "surprised"),
    ("disgusted", "fearful"),
    ("angry", "happily_disgusted"),
    (NEUTRAL, "awed"),
)
WALKED: Final = ("happily_surprised", "angry")
STRIP: Final = 7  # frames
FPS, FRAMES, HELD = 24, 49, 12  # of the film: there, and at both ends


def measure_sheets(lab: Laboratory) -> Part:
    """Write everything into the folder's figures."""
    people = whom(lab)
    if not people:
        raise SkippedError("nobody of the cast is held out from the generator")
    folder = lab.place.folder / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, who in enumerate(people, start=1):
        paths.append(folder / f"people_{number}.jpg")
        write_jpeg(paths[-1], person_sheet(lab, who))
    errand, fold = errand_of(lab, people[0])
    paths += [folder / "ways.jpg", folder / "ways.mp4"]
    write_jpeg(paths[-2], strip(lab, errand, fold))
    write_film(paths[-1], film(lab, errand, fold))
    files = [path.name for path in paths]
    figures = {
        "files": files,
        "people": [traits_of(lab, who) for who in people],
        "gestures": [list(pair) for pair in GESTURES],
        "walked": list(WALKED),
    }
    return Part("Sheets", figures, [str(path) for path in paths])


def whom(lab: Laboratory) -> list[str]:
    """People whom neither the generator nor their fold's models have met: the first of them by name."""
    folds = folds_of(lab.shown)
    found = sorted(
        {sample.subject for sample in lab.shown.samples if sample.is_held_out and sample.group == STUDIO}
    )
    found = [subject for subject in found if folds[subject] < lab.amounts.folds]
    return found[: lab.amounts.sheets]


def traits_of(lab: Laboratory, subject: str) -> list[str]:
    return list(next(sample.traits for sample in lab.shown.samples if sample.subject == subject))


def _rows(shown: Expressions, subject: str) -> dict[str, int]:
    return {
        sample.label: row
        for row, sample in enumerate(shown.samples)
        if sample.subject == subject and sample.group == STUDIO
    }


# --- gestures -----------------------------------------------------------------------------------------------


def person_sheet(lab: Laboratory, subject: str) -> Sheet:
    """A column a gesture; rows: S, then T̂ of everybody, the projected T, and the real one."""
    rows, fold = _rows(lab.shown, subject), folds_of(lab.shown)[subject]
    pairs = [pair for pair in GESTURES if set(pair) <= rows.keys()]
    source, target = (torch.tensor([rows[pair[k]] for pair in pairs]) for k in (0, 1))
    made = makers(lab, fold)
    shown = {"S, projected": lab.shown.ws[source]}
    shown |= {name: made[name][0]()(lab.shown, source, target) for name in (DELTA, *MODELS)}
    shown["T, projected"] = lab.shown.ws[target]
    pictures = {name: drawn(lab.material.generator, ws) for name, ws in shown.items()}
    pictures["T, rendered"] = lab.aligned(target.tolist())
    names = [f"{_short(s)} > {_short(t)}" for s, t in pairs]
    return with_names(labelled(cells(list(pictures.values())), names), list(pictures))


def _short(name: str) -> str:
    return name.replace("happily_", "happily ").replace("_", " ")


def cells(rows: Sequence[Pictures]) -> Sheet:
    """Rows of pictures → one picture."""
    return np.concatenate([np.concatenate([resized(p, CELL_PX) for p in row], 1) for row in rows])


def with_names(sheet: Sheet, names: Sequence[str]) -> Sheet:
    """A margin with the rows' names at the left of a sheet with a band above."""
    margin = np.zeros((len(sheet), MARGIN_PX, 3), np.uint8)
    first = len(sheet) - len(names) * CELL_PX
    for index, name in enumerate(names):
        origin = (6, first + index * CELL_PX + CELL_PX // 2)
        cv2.putText(margin, name, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (210, 210, 210), 1, cv2.LINE_AA)
    return np.concatenate([margin, sheet], axis=1)


def write_jpeg(path: Path, sheet: Sheet) -> None:
    """Raises OSError where it cannot be written, which cv2 keeps to itself."""
    if not cv2.imwrite(str(path), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
        raise OSError(f"{path}: cannot be written")


# --- ways ---------------------------------------------------------------------------------------------------


def errand_of(lab: Laboratory, subject: str) -> tuple[Errand, int]:
    """The way that is shown, and whose models go it."""
    shown, rows = lab.shown, _rows(lab.shown, subject)
    s, t = (rows[name] for name in WALKED)
    return Errand(shown.ws[s], shown.ws[t], shown.aus[s], shown.aus[t]), folds_of(shown)[subject]


def strip(lab: Laboratory, errand: Errand, fold: int) -> Sheet:
    """Both models, directly and by way of neutral, frame by frame."""
    rows = {}
    for preset in MODELS:
        model = lab.best_model(preset, fold)
        for name, by_neutral in ((preset, False), (f"{preset}, around", True)):
            aus = stations(errand, (STRIP + 1) // 2 if by_neutral else STRIP, by_neutral=by_neutral)
            rows[name] = drawn(lab.material.generator, walk(model, errand, aus))
    columns = [f"{k}/{STRIP - 1}" for k in range(STRIP)]
    return with_names(labelled(cells(list(rows.values())), columns), list(rows))


def film(lab: Laboratory, errand: Errand, fold: int) -> list[NDArray[np.uint8]]:
    """The residual model's two ways side by side, there and back."""
    model = lab.best_model("residual", fold)
    num = (FRAMES + 1) // 2
    direct, around = (
        drawn(lab.material.generator, walk(model, errand, stations(errand, n, by_neutral=by_neutral)))
        for n, by_neutral in ((FRAMES, False), (num, True))
    )
    frames = [np.concatenate(pair, axis=1) for pair in zip(direct, around, strict=True)]
    there = [frames[0]] * HELD + frames + [frames[-1]] * HELD
    return there + there[::-1]


def write_film(path: Path, frames: Sequence[NDArray[np.uint8]]) -> None:
    """Frames [H, W, 3] RGB → H.264, as every browser plays it."""
    import av

    height, width, _ = frames[0].shape
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream: Any = container.add_stream("libx264", rate=Fraction(FPS), options={"crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")))
        container.mux(stream.encode())
