"""The evaluation of the readers: tiny networks, a cast of eight flat pictures, a face wherever it looks."""

import json

import cv2
import numpy as np
import pytest
import torch

from models.action_units import AU_INDEX, CATEGORIES, NUM_AUS
from models.alignment import Aligned, FaceError
from models.au_reader import AuReader, Reading
from models.checkpoint import load_generator, write_checkpoint, write_companion
from models.encoder import KIND as ENCODER
from models.encoder import Encoder
from models.stylegan2 import Architecture
from tests.models.tiny import TINY, write_tiny_weights
from tests.training.commands import invoke
from training import fit_au_reader
from training.cast import manifest
from training.cast.manifest import Cast, read_cast
from training.evaluation.readers import __main__ as command
from training.evaluation.readers import (
    categories,
    identity,
    likeness,
    material,
    photographs,
    projections,
    scene,
    sheet,
    units,
    visitors,
    who,
)
from training.evaluation.readers import cost as cost_part
from training.evaluation.readers.material import Amounts, Material, Seen
from training.evaluation.report import SkippedError
from training.evaluation.sheets import BAND_PX, CELL_PX
from training.factor_network import FactorGenerator
from training.identity import KIND as IDENTITY
from training.identity import IdentityReader
from training.reader_fit import float_tensors
from training.run import save_state

HELD_OUT = {"024_00", "024_01", "00005"}  # at rest, happy, and one of the population
FEW = Amounts(held_out=None, training=None, projected=2, sheet=2, frames=1)


@pytest.fixture
def weights(tmp_path):
    """A tiny generator with all its companions, untrained."""
    path = write_tiny_weights(tmp_path)
    generator = load_generator(path)
    fit_au_reader.save(AuReader(), (12,), generator)
    write_companion(generator, ENCODER, float_tensors(Encoder(TINY.num_ws)), {})
    return path


@pytest.fixture
def identity_file(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "identity.safetensors"
    write_checkpoint(path, IDENTITY, float_tensors(IdentityReader()), {})
    return path


@pytest.fixture
def state(tmp_path):
    """A run of fit_generator that was saved at once."""
    model = FactorGenerator(Architecture(resolution=32, channel_base=128, channel_max=8), 1)
    save_state(tmp_path / "state" / "state.pt", {"average": model.state_dict()})
    return tmp_path / "state"


@pytest.fixture
def everywhere_a_face(monkeypatch):
    """MTCNN finds none in flat pictures: here the whole picture is one."""

    def align(image, finder):
        return Aligned(cv2.resize(image, (256, 256)), None, 1)

    monkeypatch.setattr(material, "align", align)
    monkeypatch.setattr(photographs, "align", align)
    monkeypatch.setattr(material, "FaceFinder", Nobody)


class Nobody:
    """A finder that finds nobody."""

    def faces(self, image):
        return []


@pytest.fixture
def tiny(weights, identity_file, state, cast_folder, tmp_path, everywhere_a_face, monkeypatch):
    """All that the parts need, but dlib."""
    monkeypatch.setattr(manifest, "is_held_out", lambda record: record.name in HELD_OUT)
    monkeypatch.setattr(material, "FaceReader", without_dlib)
    monkeypatch.setattr(projections, "STEPS", (0, 1, 2))
    monkeypatch.setattr(projections, "USUAL", 1)
    return Material(load_generator(weights), FEW, [cast_folder], state, identity_file, tmp_path / "sheets")


@pytest.fixture
def one_thread(monkeypatch):
    monkeypatch.setattr(cost_part, "THREADS", (1,))
    monkeypatch.setattr(cost_part, "WARM_UP", 0)


def without_dlib(*_):
    raise SkippedError("dlib is missing")


def vector(**intensities) -> np.ndarray:
    """AU12=.5 → [43]."""
    aus = np.zeros(NUM_AUS)
    for label, intensity in intensities.items():
        aus[AU_INDEX[int(label.removeprefix("AU"))]] = intensity
    return aus


# --- agreement with the truth -------------------------------------------------------------------------------


def test_agreement_is_of_the_units_that_are_shown():
    truth = np.stack([vector(AU1=a, AU12=1 - a) for a in (0.0, 0.2, 0.6, 1.0)])
    read = truth.copy()
    read[:, AU_INDEX[12]] = truth[::-1, AU_INDEX[12]]
    angles = np.zeros((4, 4))
    found = units.agreement(units.Shown(read, angles), units.Shown(truth, angles))
    assert list(found) == [1, 12]
    assert found[1] == 1
    assert found[12] < 0
    assert units.agreement(units.Shown(read[:1], angles), units.Shown(truth[:1], angles)) == {}


def test_what_agrees_too_little_is_marked():
    counts = dict.fromkeys(AU_INDEX, 0) | {1: 3, 12: 4, 46: 1}
    of_units = {"renders": {1: 0.95, 12: 0.85, 46: 0.1}, "drawn": {1: 0.75, 12: 0.85, 46: None}}
    lines = {line[:4]: line for line in units.unit_lines(of_units, counts) if line[:2] == "AU"}
    assert len(lines) == len(units.UNITS) + 1  # the 16, and what else is shown
    assert "0.950  " in lines["AU01"] and "0.750 < 0.8" in lines["AU01"]
    assert "0.850 < 0.9" in lines["AU12"] and lines["AU12"].rstrip().endswith("0.850")
    assert list(lines)[-1] == "AU46" and "–" in lines["AU46"]


def test_angles_are_compared_in_degrees():
    truth = np.array([[0, 0, 0, 0], [10, 2, 4, 6], [20, 8, 4, 6.0]])
    read = truth + np.array([1, -2, 0, 0])
    figures = units.angle_figures(units.Shown(np.zeros((3, 43)), read), units.Shown(np.zeros((3, 43)), truth))
    assert figures["yaw"] == {"degrees": 1, "correlation": 1}
    assert figures["pitch"]["degrees"] == 2
    still = units.angle_figures(units.Shown(truth, read * 0), units.Shown(truth, truth))
    assert still["yaw"]["correlation"] is None


# --- categories ---------------------------------------------------------------------------------------------


def test_the_ceiling_is_what_the_rule_makes_of_the_true_units():
    """Prototypes that are nobody else's are told; the three that share theirs cannot be."""
    prototypes = np.stack([vector(**{f"AU{unit}": 0.9 for unit in c.prototype}) for c in CATEGORIES.values()])
    counts = categories.confusion(list(CATEGORIES), categories.said_of(prototypes))
    alone = ["neutral", "happy", "angry", "surprised", "disgusted", "happily_disgusted"]
    for name in alone:
        row = categories.NAMES.index(name)
        assert counts[row, row] == 1
    shared = [categories.NAMES.index(name) for name in ("sadly_disgusted", "appalled", "hatred")]
    assert counts[shared, shared].sum() == 1
    assert counts.sum() == 22
    assert categories.accuracy(counts) == np.trace(counts) / 22


def test_mistakes_are_named_by_how_often_they_are_made():
    counts = categories.confusion(["sad", "sad", "awed", "happy"], ["angry", "angry", "fearful", "happy"])
    assert categories.mistakes(counts) == ["sad → angry (2)", "awed → fearful (1)"]
    assert categories.accuracy(counts) == 0.25


def test_confusion_is_plotted(tmp_path):
    pytest.importorskip("matplotlib")
    counts = categories.confusion(["sad", "awed"], ["sad", "fearful"])
    path = categories.plotted(counts, counts, tmp_path / "new")
    height, width = cv2.imread(str(path)).shape[:2]
    assert width > 1.5 * height > 600


# --- who is who ---------------------------------------------------------------------------------------------


def test_the_equal_error_rate_is_where_both_errors_meet():
    same = np.array([True, True, False, False])
    assert who.equal_error_rate(np.array([0.9, 0.8, 0.2, 0.1]), same) == 0
    assert who.equal_error_rate(np.array([0.1, 0.2, 0.8, 0.9]), same) == 1
    assert who.equal_error_rate(np.array([0.9, 0.3, 0.5, 0.1]), same) == 0.5
    assert np.isnan(who.equal_error_rate(np.array([0.9, 0.3]), np.array([True, True])))


def test_distances_order_pairs_as_cosines_do():
    codes = np.random.default_rng(0).standard_normal((2, 6, 128))
    codes /= np.linalg.norm(codes, axis=2, keepdims=True)
    cosines = codes[0] @ codes[1].T
    assert (who.likeness(*codes).ravel().argsort() == cosines.ravel().argsort()).all()


def on_a_line(*places: float) -> np.ndarray:
    """Codes that differ in one number."""
    codes = np.zeros((len(places), who.CODE_SIZE))
    codes[:, 0] = places
    return codes


def test_ranks_are_counted_among_others():
    gallery = who.Gallery(np.array([1, 2, 3, 4]), {"x": on_a_line(0.0, 1.0, 2.0, np.nan)})

    def rank(person: int, seen: float, wanted: float) -> float:
        return who.ranks("x", on_a_line(seen), on_a_line(wanted), np.array([person]), gallery)[0]

    assert rank(1, 0.1, 0.0) == 1  # their own picture in the gallery is nobody else's
    assert rank(1, 1.9, 0.0) == 3
    assert rank(9, 0.9, 0.7) == 2  # the one without a face is in nobody's way
    assert rank(9, 0.5, 0.0) == 3  # ties count against
    assert rank(9, np.nan, 0.0) == 4
    assert np.isnan(rank(9, 0.0, np.nan))


def test_at_most_a_hundred_others_are_asked():
    gallery = who.Gallery(np.arange(300), {})
    others = gallery.others(7)
    assert len(others) == 100
    assert 7 not in others
    assert {others[0], others[-1]} == {0, 299}


def test_pairs_are_split_by_what_is_changed():
    codes = on_a_line(0.0, 0.1, 0.2, 5.0, 5.1)
    people, still = np.array([1, 1, 1, 2, 2]), np.array([True, True, False, True, True])
    figures = identity.pair_figures(codes, people, still)
    assert figures["all"] == {"same": 4, "different": 6, "auc": 1, "eer": 0}
    assert (figures["expressions"]["same"], figures["expressions"]["different"]) == (2, 4)
    lit = figures["another light, pose or gaze"]
    assert (lit["same"], lit["different"]) == (2, 2)


def test_two_witnesses_that_say_the_same_agree():
    codes = np.random.default_rng(1).standard_normal((20, 128))
    gallery = who.Gallery(np.arange(20), {material.OURS: codes, material.OUTSIDER: 2 * codes})
    assert identity.agreement(gallery) == {
        "people": 20,
        "spearman": 1,
        "same_most_alike": 1,
        "in_first_ten": 1,
    }
    nobody = who.Gallery(np.arange(20), {material.OURS: codes, material.OUTSIDER: codes * np.nan})
    assert "nothing to say" in identity.agreement_line(identity.agreement(nobody))


# --- the encoder's faces ------------------------------------------------------------------------------------


def test_half_of_the_faces_are_subjects_and_known_by_another_expression(cast_folder):
    records = read_cast(cast_folder).records
    seen = Seen(Cast(records), np.zeros((len(records), 1)), len(records))
    names = [record.name for record in records]
    chosen = [names[row] for row in likeness.chosen_rows(seen, 4)]
    assert chosen == ["024_00", "024_01", "00005", "00009"]
    assert [names[row] for row in likeness.chosen_rows(seen, 3)] == ["024_00", "00005", "00009"]
    assert names[likeness.wanted_row(seen, names.index("024_00"))] == "024_01"
    assert names[likeness.wanted_row(seen, names.index("024_01"))] == "024_00"
    assert names[likeness.wanted_row(seen, names.index("00009"))] == "00009"


def test_a_median_is_of_what_could_be_measured():
    figures = {"some": np.array([1.0, np.nan, 2.0, 6.0]), "none": np.array([np.nan])}
    assert likeness.medians(figures) == {"some": 2.0, "none": None}


def test_a_border_is_backdrop_and_no_shoulder():
    pictures = np.zeros((1, 64, 64, 3), np.uint8)
    pictures[:, :4] = 255
    pictures[:, :32, :4] = pictures[:, :32, -4:] = 255
    assert (scene.border(pictures) == 1).all()
    assert scene.border(pictures).shape == (1, 4 * 64 + 2 * 28 * 4, 3)


# --- photographs --------------------------------------------------------------------------------------------


def test_a_reading_is_described_for_people():
    reading = Reading(tuple(vector(AU12=0.9, AU25=0.8, AU43=0.1)), 3.2, -1.0, (0.5, -2.0))
    lines = photographs.described("she", reading)
    assert lines[0] == "she: happy"
    assert "AU12 lip corner puller 0.90, AU25 lips part 0.80" in lines[1]
    assert "AU43 eyes closed 0.10" in lines[2]
    assert lines[4].strip() == "yaw +3.2°, pitch -1.0°; gaze +0.5° right, -2.0° up"


def test_a_photograph_without_a_face_says_so(tiny, monkeypatch):
    def align(image, finder):
        raise FaceError("no face found")

    monkeypatch.setattr(photographs, "align", align)
    tiny.photographs = {"wall": np.zeros((8, 8, 3), np.uint8)}
    assert photographs.measure_photographs(tiny).lines == ["wall: no face found"]


# --- the parts ----------------------------------------------------------------------------------------------


def test_the_reader_is_measured_on_renders_through_a_camera_and_drawn_again(tiny):
    part = units.measure_units(tiny)
    assert part.figures["pictures"] == 3
    assert part.figures["people"] == 2
    shown = {"AU06", "AU12", "AU20", "AU25", "AU43"}
    assert {name: set(own) for name, own in part.figures["icc"].items()} == dict.fromkeys(
        ("renders", "camera", "drawn"), shown
    )
    assert part.lines[0] == "MTCNN finds a readable face in 3 of 3 held-out renders"


def test_categories_are_measured_on_the_studio(tiny):
    figures = categories.measure_categories(tiny).figures
    assert figures["pictures"] == 2
    assert figures["ceiling"] == 1  # at rest and happy
    assert figures["chance"] == pytest.approx(1 / 22, abs=1e-4)


def test_projections_beside_the_nearest_picture(tiny):
    part = likeness.measure_likeness(tiny)
    assert "dlib: skipped, dlib is missing" in part.figures["notes"]
    rows = part.figures["clean"]
    assert list(rows["L1 in [-1, 1]"]) == ["itself", "nearest", "0 steps", "1 steps", "2 steps"]
    assert rows["L1 in [-1, 1]"]["itself"] == 0
    assert rows["units kept: mean difference"]["itself"] == 0
    assert rows["identity reader, by the same picture: share at rank 1"]["itself"] is not None
    assert set(part.figures["scene"]) == {"before", "in_its_scene"}


def test_the_sheet_has_a_row_a_face_and_ten_columns(tiny):
    tiny.photographs = {"wall": np.full((64, 64, 3), 99, np.uint8)}
    path = sheet.measure_sheet(tiny).figures["file"]
    height, width = cv2.imread(path).shape[:2]
    assert (height, width) == (BAND_PX + 3 * CELL_PX, 10 * CELL_PX)


def test_visitors_are_looked_for_by_their_projections_and_by_the_nearest_picture(tiny, monkeypatch):
    monkeypatch.setattr(visitors, "NUM_STEPS", 1)
    tiny.photographs = {"wall": np.full((64, 64, 3), 99, np.uint8)}
    part = visitors.measure_visitors(tiny)
    assert part.figures["pictures"] == 3
    rows = part.figures["renders"]
    assert list(rows["L1 in [-1, 1]"]) == ["nearest", "projection"]
    for group in ("by another expression", "by the same picture"):
        assert 1 <= rows[f"identity reader, {group}: rank"]["projection"] <= 3
    found = part.figures["photographs"]["identity reader"]
    assert list(found) == [
        f"{a} → {b}"
        for maker in ("nearest", "projection")
        for a, b in ((maker, "photograph"), ("photograph", maker))
    ]
    assert all(1 <= rank <= 3 for ranks in found.values() for rank in ranks)  # two in the gallery, and itself
    height, width = cv2.imread(str(tiny.sheets / visitors.FILE)).shape[:2]
    assert (height, width) == (BAND_PX + 3 * CELL_PX, 7 * CELL_PX)


def test_visitors_without_photographs_and_folder(tiny, monkeypatch):
    def nobody(*_):
        raise SkippedError("no photograph")

    monkeypatch.setattr(visitors, "NUM_STEPS", 0)
    monkeypatch.setattr(visitors, "aligned_faces", nobody)
    tiny.sheets = None
    tiny.photographs = {"wall": np.zeros((64, 64, 3), np.uint8)}
    part = visitors.measure_visitors(tiny)
    assert "photographs: skipped, no photograph" in part.figures["notes"]
    assert "photographs" not in part.figures


def test_every_network_is_timed_and_every_file_weighed(tiny, identity_file, one_thread):
    tiny.photographs = {"wall": np.zeros((64, 64, 3), np.uint8)}
    threads = torch.get_num_threads()
    figures = cost_part.measure_cost(tiny).figures
    assert len(figures["milliseconds"]) == 5
    assert identity_file.name in figures["megabytes"]
    assert len(figures["megabytes"]) == 5
    assert torch.get_num_threads() == threads


# --- what is missing ----------------------------------------------------------------------------------------


def test_pictures_without_a_face_leave_nothing_to_measure(tiny, monkeypatch):
    def align(image, finder):
        raise FaceError("no face found")

    monkeypatch.setattr(material, "align", align)
    with pytest.raises(SkippedError, match="no face in the 3 held-out pictures"):
        units.measure_units(tiny)


def test_without_a_state_nothing_is_drawn(tiny):
    tiny._state = None
    part = units.measure_units(tiny)
    assert set(part.figures["icc"]) == {"renders", "camera"}
    assert any("--state" in note for note in part.figures["notes"])


def test_a_run_without_readers_and_cast_says_what_is_left_out(tmp_path, one_thread, monkeypatch):
    monkeypatch.setattr(command, "CASTS", [])
    weights, file = write_tiny_weights(tmp_path), tmp_path / "new" / "f.json"
    out = invoke(
        command.main, "--weights", weights, "--identity", tmp_path / "none", "--quick", "--json", file
    )
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert set(command.PARTS) <= set(figures)
    assert "au: skipped" in out and "tiny.au_reader.safetensors: missing" in figures["au"]["skipped"]
    assert "tiny.encoder.safetensors: missing" in figures["encoder"]["skipped"]
    assert "training.fit_identity makes it" in figures["identity"]["skipped"]
    assert "--sheets" in figures["sheet"]["skipped"]
    assert "tiny.encoder.safetensors: missing" in figures["visitors"]["skipped"]


def test_a_cast_is_asked_for(weights, monkeypatch):
    monkeypatch.setattr(command, "CASTS", [])
    assert "au: skipped, no cast: name its folder with --cast" in invoke(
        command.main, "--weights", weights, "--part", "au"
    )


def test_a_dry_run_prints_and_measures_nothing(tmp_path):
    assert "Config(" in invoke(command.main, "--weights", tmp_path / "none.safetensors", "--dry-run")
