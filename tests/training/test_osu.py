"""OSU's photographs are read as the licensed folder has them, and whatever is amiss is said.

Nothing that is kept writes .xls, and what reads it should meet a file that a spreadsheet program would write.
So two are kept in fixtures/, written once with xlwt 1.3.0: `add_sheet(name)` and `write(row, column, value)`
of the values below, `row.set_cell_error` for the error, and nothing where there is None.

osu_rows.xls     summary: subject emotion 1 AU12 "au 25" AU25
                          101 1
                          "102" "Happy" 0 True 0.5
                          "102" 3 "C"
                          102 4 #DIV/0!
                 notes: made by hand. happy: subject AU1, 102 1.
osu_sheets.xls   summary: None Emotion AU4 AU12, 1 Neutral, 2 Happy None 230, 3 Sad 225, 4 Angry 228,
                          26 "Happily sad"
                 Happy: subject AU4 AU12, 339 None 1. 04: subject AU4 AU12, 339 1.
                 340: None emotion AU4 AU12, 2 Happy None 1, 3 Sad 1. Sheet6: nothing.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.action_units import AU_INDEX, CATEGORIES, au_label
from training.osu import Report, read_osu
from training.osu_table import Fault, OsuError

FIXTURES = Path(__file__).parent / "fixtures"


def picture(folder: Path, name: str) -> Path:
    emotion = int(name[:2])
    path = folder / f"{emotion // 4 * 4 + 1:02d}-00" / f"Images{emotion // 4 + 1}" / f"{name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (48, 64), (200, 80, emotion)).save(path)
    return path


def folder_of(path: Path, names: str, table: str = "", suffix: str = "csv") -> Path:
    """A folder of pictures by name, and of a spreadsheet by its lines."""
    path.mkdir(exist_ok=True)
    for name in names.split():
        picture(path, name)
    lines = [",".join(line.split()) for line in table.strip().splitlines()]
    (path / f"AU_annotation_all_subjects.{suffix}").write_text("\n".join(lines), encoding="utf-8")
    return path


def with_xls(path: Path, names: str, fixture: str) -> Path:
    for name in names.split():
        picture(path, name)
    shutil.copy(FIXTURES / fixture, path / "AU_annotation_all_subjects.xls")
    return path


def shown(folder: Path) -> dict[str, dict[str, float]]:
    """ "101 happy" → what is shown of action units, {"AU12": 0.5}."""
    samples, _ = read_osu(folder)
    return {
        f"{s.subject.removeprefix('osu/')} {s.label}": {
            au_label(unit): float(s.aus[index]) for unit, index in AU_INDEX.items() if s.aus[index]
        }
        for s in samples
    }


def report_of(folder: Path) -> Report:
    return read_osu(folder)[1]


def test_a_sample_says_whom_it_shows_and_by_what_it_is_framed(tmp_path):
    folder = folder_of(
        tmp_path / "osu", "01_007_3962 02_007_3963", "subject emotion AU12\n 7 1 -\n 7 2 1".replace("-", "")
    )
    samples, _ = read_osu(folder)
    neutral, happy = samples
    assert (neutral.subject, neutral.label, happy.label) == ("osu/007", "neutral", "happy")
    assert happy.picture.name == "02_007_3963.jpg"
    assert happy.framed_by == neutral.framed_by == neutral.picture
    assert happy.group == "osu" and happy.is_held_out and happy.traits == ()
    assert happy.aus.dtype == np.float32 and happy.aus.shape == (43,) and happy.aus[AU_INDEX[12]] == 1
    assert happy.controls.shape == (7,) and np.isnan(happy.controls).all()


def test_intensities_are_numbers_letters_and_blanks(tmp_path):
    table = "subject emotion AU1 AU2 AU4 AU12 AU25\n 101 2 1 0.25 c E"
    assert shown(folder_of(tmp_path, "02_101_1", table)) == {
        "101 happy": {"AU01": 1, "AU02": 0.25, "AU04": pytest.approx(0.6), "AU12": 1}
    }


@pytest.mark.parametrize("heading", ["AU4", "au04", "4", "04", "4.0", "AU_4", "AU-04", "AU4(brow)"])
def test_a_units_column_may_be_spelled_in_many_ways(tmp_path, heading):
    assert shown(folder_of(tmp_path, "02_101_1", f"subject emotion {heading}\n 101 2 1")) == {
        "101 happy": {"AU04": 1}
    }


@pytest.mark.parametrize(
    "emotion", ["8", "08", "8.0", "Happily_Surprised", "happily-surprised", "8_happily_surprised"]
)
def test_an_emotion_is_a_number_a_name_or_both(tmp_path, emotion):
    table = f"subject emotion AU12\n 101 {emotion} 1"
    assert shown(folder_of(tmp_path, "08_101_1", table)) == {"101 happily_surprised": {"AU12": 1}}


@pytest.mark.parametrize("subject", ["7", "007", "7.0", "S007"])
def test_a_subject_is_a_number_however_it_is_written(tmp_path, subject):
    table = f"subject emotion AU12\n {subject} 2 1"
    assert shown(folder_of(tmp_path, "02_007_1", table)) == {"007 happy": {"AU12": 1}}


def test_emotions_of_pictures_and_of_rows_count_from_0_or_from_1_each_for_itself(tmp_path):
    numbers = [f"{emotion:02d}" for emotion in range(1, 23)]
    rows = "\n".join(f"101 {emotion} {emotion / 100}" for emotion in range(22))
    folder = folder_of(tmp_path, " ".join(f"{n}_101_1" for n in numbers), f"subject emotion AU12\n{rows}")
    found = shown(folder)
    assert list(found) == [f"101 {category}" for category in CATEGORIES]
    assert [units.get("AU12", 0) for units in found.values()] == pytest.approx(
        [emotion / 100 for emotion in range(22)]
    )


def test_a_nought_among_numbers_from_1_is_no_emotion(tmp_path):
    table = "subject emotion AU12\n 101 0 1\n 101 2 1\n 101 22 1"
    folder = folder_of(tmp_path, "02_101_1 22_101_1", table)
    assert list(shown(folder)) == ["101 happy", "101 awed"]
    assert report_of(folder).faults[Fault.EMOTION] == ["row 2: '0'"]


def test_the_spreadsheets_own_names_decide_what_a_number_means(tmp_path):
    folder = folder_of(tmp_path, "04_101_1", "subject emotion AU4\n 101 4_angry 1")
    assert list(shown(folder)) == ["101 angry"]
    assert Fault.NUMBERS not in report_of(folder).faults
    folder = folder_of(tmp_path, "04_101_1", "subject emotion AU4\n 101 4 1")
    assert list(shown(folder)) == ["101 fearful"]
    assert report_of(folder).faults[Fault.NUMBERS][3] == "4 is fearful"


def test_a_heading_may_be_broken_into_lines(tmp_path):
    folder = folder_of(tmp_path, "02_101_1")
    text = 'subject,"emo\ntion","AU12\n(lip corner puller)"\n101, happy ,1\n'
    (folder / "AU_annotation_all_subjects.csv").write_text(text, encoding="utf-8")
    assert shown(folder) == {"101 happy": {"AU12": 1}}


def test_separators_are_commas_semicolons_or_tabs(tmp_path):
    folder = folder_of(tmp_path, "02_101_1")
    for separator, half in ((",", "0.5"), (";", "0,5"), ("\t", "0.5")):
        lines = [["subject", "emotion", "AU12"], ["101", "2", half]]
        text = "\ufeff" + "\r\n".join(separator.join(line) for line in lines)
        (folder / "AU_annotation_all_subjects.csv").write_text(text, encoding="utf-8", newline="")
        assert shown(folder) == {"101 happy": {"AU12": 0.5}}


# --- .xls ---------------------------------------------------------------------------------------------------


def test_a_summary_of_rows_is_read_from_xls_and_the_other_sheets_are_not(tmp_path):
    folder = with_xls(tmp_path, "01_101_1 01_102_2 02_102_3 03_102_4 04_102_5", "osu_rows.xls")
    assert shown(folder) == {
        "101 neutral": {},
        "102 neutral": {},
        "102 happy": {"AU12": 1, "AU25": 0.5},
        "102 sad": {"AU01": pytest.approx(0.6)},
    }
    faults = report_of(folder).faults
    assert faults[Fault.COLUMN] == ["AU25 again"]
    assert faults[Fault.CELL] == ['row 5, AU01: "an error of the spreadsheet\'s own"']
    assert faults[Fault.PICTURE] == ["04_102_5.jpg"]
    assert faults[Fault.NEUTRAL] == ["01_102_2.jpg"]


def test_a_summary_of_emotions_names_the_numbers_and_the_other_sheets_hold_the_rows(tmp_path):
    names = "01_339_1 02_339_2 04_339_3 26_339_4 02_340_1 03_340_2"
    folder = with_xls(tmp_path, names, "osu_sheets.xls")
    assert shown(folder) == {
        "339 neutral": {},
        "339 happy": {"AU12": 1},
        "339 angry": {"AU04": 1},
        "340 happy": {"AU12": 1},
        "340 sad": {"AU04": 1},
    }
    faults = report_of(folder).faults
    assert faults[Fault.EMOTION] == ["26: 'happily_sad'", "26 in 1 pictures' names"]
    assert faults[Fault.FRAME] == ["osu/340"]
    assert Fault.NUMBERS not in faults


def test_a_csv_is_read_before_an_xls(tmp_path):
    folder = with_xls(tmp_path, "02_102_1", "osu_rows.xls")
    folder_of(folder, "", "subject emotion AU4\n 102 2 1")
    assert shown(folder) == {"102 happy": {"AU04": 1}}


# --- what is amiss ------------------------------------------------------------------------------------------


def test_the_report_names_all_that_is_amiss(tmp_path):
    table = """
        subject emotion AU12 AU3 mood AU25
        101     neutral
        101     happy   1
        101     happy   0.5
        101     sad     2    0 0 x
        101     bored   1
        one     happy   1
        102     happy   1    1
        103     happy   1
    """
    folder = folder_of(tmp_path, "01_101_1 02_101_2 03_101_3 02_102_4 05_101_5 26_101_6 26_102_7", table)
    picture(folder, "02_101_9")
    picture(folder, "01_101_1").rename(folder / "01_101_1_detectface.jpg")
    picture(folder, "01_101_1")
    (folder / "06_101_8.jpg").write_bytes(b"\xff\xd8 cut short")
    (folder / "._02_101_2.jpg").write_bytes(b"hidden by a system")
    samples, report = read_osu(folder)
    assert [(s.subject, s.label) for s in samples] == [
        ("osu/101", "neutral"),
        ("osu/101", "happy"),
        ("osu/102", "happy"),
    ]
    assert samples[1].aus[AU_INDEX[12]] == 1  # of two rows, the first
    assert samples[2].framed_by == samples[2].picture
    assert {fault: list(words) for fault, words in report.faults.items() if fault is not Fault.NUMBERS} == {
        Fault.COLUMN: ["AU3", "mood"],
        Fault.CELL: ["row 5, AU12: '2'", "row 5, AU25: 'x'", "row 7, subject: 'one'"],
        Fault.EMOTION: ["row 6: 'bored'", "26 in 2 pictures' names"],
        Fault.ROW_AGAIN: ["row 4: 101 happy"],
        Fault.ROW: ["103 happy"],
        Fault.NAME: ["01_101_1_detectface.jpg"],
        Fault.PICTURE_AGAIN: ["02_101_9.jpg after 02_101_2.jpg"],
        Fault.UNREADABLE: ["06_101_8.jpg"],
        Fault.PICTURE: ["03_101_3.jpg", "05_101_5.jpg"],
        Fault.FRAME: ["osu/102"],
    }
    assert (report.num_pictures, report.num_rows, report.num_samples, report.num_subjects) == (7, 4, 3, 2)


def test_a_report_is_a_dozen_lines_with_the_first_few_of_many(tmp_path):
    rows = "\n".join(f"{subject} happy 1" for subject in range(101, 301))
    report = report_of(folder_of(tmp_path, "02_101_1", f"subject emotion AU12\n{rows}"))
    lines = str(report).splitlines()
    assert lines[0].endswith("1 samples of 1 subjects, from 1 pictures and 200 rows")
    assert "  199 rows without a picture: 102 happy; 103 happy; 104 happy …" in lines
    assert len(Fault) <= 12 and len(lines) <= 13


def test_a_whole_set_has_nothing_amiss(tmp_path):
    rows = [f"{subject} {n}_{name} 1" for subject in (101, 102) for n, name in enumerate(CATEGORIES, start=1)]
    names = " ".join(f"{n:02d}_{subject}_1" for subject in (101, 102) for n in range(1, 23))
    samples, report = read_osu(folder_of(tmp_path, names, "\n".join(["subject emotion AU12", *rows])))
    assert len(samples) == 44 and report.faults == {} and "\n" not in str(report)


@pytest.mark.parametrize(
    ("names", "table"),
    [
        ("", "subject emotion AU12\n 101 2 1"),
        ("01_101_1 02_101_2", ""),
        ("01_101_1 02_101_2", "subject emotion AU12"),
        ("01_101_1 02_101_2", "subject emotion AU12\n 305 2 1"),
        ("01_101_1 02_101_2", "subject emotion AU12\n 101 2 x"),
        ("01_101_1 02_101_2", "subject"),
        ("01_101_1 02_101_2", "subject emotion mood\n 101 2 1"),
        ("portrait", "subject emotion AU12\n 101 2 1"),
    ],
)
def test_a_folder_in_which_nothing_can_be_used_is_one_line(tmp_path, names, table):
    folder = folder_of(tmp_path, names.replace("portrait", ""), table)
    if names == "portrait":
        Image.new("RGB", (48, 64)).save(folder / "portrait.jpg")
    with pytest.raises(OsuError, match=r"AU_annotation_all_subjects\.csv: .*expected") as raised:
        read_osu(folder)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 600


def test_a_file_that_is_no_spreadsheet_is_one_line(tmp_path):
    folder = folder_of(tmp_path, "01_101_1", "", suffix="xls")
    for content in (
        b"",
        b"PK\x03\x04 an .xlsx under another name",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut short",
    ):
        (folder / "AU_annotation_all_subjects.xls").write_bytes(content)
        with pytest.raises(OsuError, match=r"cannot be read as \.xls \(.*\); save its table as") as raised:
            read_osu(folder)
        assert "\n" not in str(raised.value)


def test_a_folder_without_a_spreadsheet_is_one_line(tmp_path):
    picture(tmp_path, "01_101_1")
    with pytest.raises(OsuError, match=r"no AU_annotation_all_subjects\.xls or \.csv here"):
        read_osu(tmp_path)
