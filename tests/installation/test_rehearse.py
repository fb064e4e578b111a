"""Rehearsal as curators type it: simulate, explain, preview; and that what is rehearsed is what is played."""

import json
import subprocess
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from installation.notation.document import parse_choreography
from installation.performance import Performance
from installation.portrait import Portrait
from installation.ports import Tick
from installation.score.conductor import Conductor
from installation.score.hours import Hours, Slot
from installation.score.rehearsal import Understudy, openings, play
from installation.stage import pictures
from run_installation import CHOREOGRAPHY, ROOT, entry
from tests.installation.fakes import FakeSynthesizer, FakeTargetModel, anchor
from tests.models.tiny import write_tiny_person, write_tiny_weights

S = 1_000_000_000
SHIPPED = sorted(ROOT.joinpath("choreographies").glob("*.yaml"))

SCORE = """\
version: 1
title: Dusk
person: 42
seed: 5
defaults: {onset: 0.5s..1s, hold: 2s..4s}
gestures:
  tender: {emotion: happy, intensity: marked}
  doubt: {aus: {inner brow raiser: 0.8, AU04: slight}, yaw: 8}
  glance: {aus: {AU05: 0.6}, hold: 9s}
  rest: {emotion: neutral}
  unused: {emotion: awed}
moods:
  morning:
    gestures: {tender: 3, doubt: 1, rest: 1}
    no_repeat: 1
    dwell: 4min..6min
    next: {dusk: 3, morning: 1}
  dusk: {gestures: {doubt: 1, rest: 1, tender: 1}, choose: cycle, dwell: 4min..6min, next: {morning: 1}}
  night: {gestures: {doubt: 1, rest: 1}, person: 7, dwell: 5h, next: {night: 1}}
cues:
  - {at: "11:30", do: glance, interrupt: now}
  - {at: "12:00", mood: night}
  - {at: "11:40", person: 9, fade: 90s}
  - {when: visitor_arrives, do: glance}
  - {at: "23:30", mood: dusk}
"""
SITE = """\
version: 1
timezone: America/Argentina/Buenos_Aires
hours: {tue..sun: [11:00-11:50, 11:55-19:00], mon: closed}
"""


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Run a command in a folder with a score and a site; → exit code, standard output, standard error."""
    tmp_path.joinpath("s.yaml").write_text(SCORE)
    tmp_path.joinpath("site.yaml").write_text(SITE)

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        capsys.readouterr()
        code = entry([str(arg) for arg in args])
        return code, *capsys.readouterr()

    return run


def row(out: str, name: str) -> list[str]:
    """The words of the only line that begins with a name."""
    (line,) = [line for line in out.splitlines() if line.strip().startswith(f"{name} ")]
    return line.split()


# --- the show that is played --------------------------------------------------------------------------------


@pytest.mark.parametrize("motion", ["linear", "expressive", "chained"])
def test_the_phrases_are_those_of_the_performance(motion):
    """With cues that interrupt, people who come and go, a break, and a night: at whatever ticks there are."""
    text = SCORE.replace("hold: 2s..4s", f"hold: 2s..4s, motion: {motion}")
    score = parse_choreography(text.replace("12:00", "23:58").encode(), "s.yaml")
    hours = Hours(ZoneInfo("UTC"), ((Slot(time(11), time(11, 32)), Slot(time(23, 55), time(0, 5))),) * 7)
    start = int(datetime(2026, 1, 6, 11, tzinfo=UTC).timestamp()) * S
    opened = tuple(openings(hours, start, start + 14 * 3600 * S))
    played = list(play(score, 5, hours, start, opened, 42, Understudy()))

    portrait = Portrait(FakeTargetModel(), dict.fromkeys((42, 7, 9), anchor()), 42)
    show = Performance(Conductor(score, 5, hours, portrait, 42), portrait, FakeSynthesizer())
    rng, seen = np.random.default_rng(0), []
    for opening in opened:
        first, last = opening.start_utc_ns, opening.end_utc_ns - 1
        for utc_ns in sorted([first, *rng.integers(first, last, 400).tolist(), last]):
            show.pose_at(Tick(utc_ns - start, utc_ns))
            (now,) = [each for each in played if each.start_utc_ns <= utc_ns < each.end_utc_ns]
            assert show.phrase == now.phrase
            seen.append(now.phrase)
    assert len(opened) == 2
    assert {phrase.why.asked_by for phrase in seen} == {"", "cue 1", "cue 2"}  # cue 5 falls in the break
    assert {phrase.mood for phrase in seen} == {"morning", "dusk", "night"}
    assert any(each.end_utc_ns < start + each.phrase.end_ns for each in played)


# --- simulate -----------------------------------------------------------------------------------------------


def test_simulate_tells_moods_gestures_cues_and_what_never_came(cli):
    code, out, err = cli("simulate", "s.yaml", "--hours", 2)
    assert code == 0
    assert out.startswith("Dusk\nTue 6 Jan 2026 11:00 to 13:00, UTC · seed 5 · open 2 h · ")
    assert row(out, "night")[1:3] == ["50", "%"]
    assert row(out, "glance")[-2:] == ["1", "▏"]
    assert "unused" in err  # the file's own warning
    assert row(out, "1  gesture glance")[-2:] == ["11:30", "11:30"]
    assert row(out, "2  mood night")[-2:] == ["12:00", "12:00"]
    assert "visitor arrives   no visitors come to a rehearsal" in out
    assert "23:30             never in this time" in out
    assert row(out, "ways that passed by neutral")[-1] == "0"
    never = out[out.index("Never came") :]
    assert row(never, "gestures") == ["gestures", "unused"]
    assert row(never, "cues") == ["cues", "5", "(mood", "dusk)"]
    assert "moods" not in never


def test_the_same_options_tell_the_same_and_other_dice_tell_another_day(cli):
    first = cli("simulate", "s.yaml", "--hours", 1)
    assert cli("simulate", "s.yaml", "--hours", 1, "--start", "2026-01-06T11:00", "--seed", 5) == first
    for option in (("--seed", 6), ("--start", "2026-01-07T11:00")):
        assert cli("simulate", "s.yaml", "--hours", 1, *option)[1] != first[1]


def test_json_says_the_same_in_seconds(cli):
    code, out, _ = cli("simulate", "s.yaml", "--hours", 2, "--json")
    told = json.loads(out)
    assert code == 0
    assert list(told) == [
        "title", "seed", "timezone", "start", "end", "open", "seconds", "num_gestures", "moods", "gestures",
        "stays", "people", "cues", "longest_stay", "longest_run", "num_no_ops", "num_redrawn",
        "num_past_neutral", "mean_distance", "never",
    ]  # fmt: skip
    assert told["start"] == "2026-01-06T11:00:00.000+00:00"
    assert told["seconds"] == 7200
    assert sum(each["seconds"] for each in told["moods"].values()) == pytest.approx(7200, abs=0.01)
    assert sum(each["share"] for each in told["gestures"].values()) == pytest.approx(1, abs=1e-4)
    assert told["num_gestures"] == sum(each["num_times"] for each in told["gestures"].values())
    assert [stay["end"] for stay in told["stays"][:-1]] == [stay["start"] for stay in told["stays"][1:]]
    assert told["longest_stay"]["mood"] == "night"
    assert told["cues"][2] == {
        "cue": 2, "at": "2026-01-06T12:00:00.000+00:00", "gesture": None, "mood": "night", "person": None,
    }  # fmt: skip
    assert [stay["person"] for stay in told["people"]] == [42, 9, 7]
    assert told["never"] == {"moods": [], "gestures": ["unused"], "cues": [5]}


def test_a_site_has_its_hours_and_its_clock(cli):
    told = json.loads(cli("simulate", "s.yaml", "--hours", 2, "--json", "--site", "site.yaml")[1])
    assert [times["end"][11:16] for times in told["open"]] == ["11:50", "13:00"]
    assert told["start"].endswith("-03:00")
    assert told["seconds"] == 115 * 60
    code, out, _ = cli("simulate", "s.yaml", "--site", "site.yaml", "--start", "2026-01-05T11:00")
    assert (code, "Closed all the time; it opens on Tue 6 Jan 2026 11:00." in out) == (0, True)
    closed = json.loads(
        cli("simulate", "s.yaml", "--site", "site.yaml", "--start", "2026-01-05T11:00", "--json")[1]
    )
    assert (closed["seconds"], closed["longest_stay"], closed["longest_run"]) == (0, None, None)


def test_the_plot_shows_moods_cues_and_closed_hours(cli, tmp_path):
    options = ("--hours", 2, "--start", "2026-01-06T10:30", "--site", "site.yaml")
    assert cli("simulate", "s.yaml", *options, "--plot", "p.png")[0] == 0
    picture = cv2.imread(str(tmp_path / "p.png"))[..., ::-1]
    assert picture.shape[1] == 1800
    colours = set(np.unique(picture @ np.array([1 << 16, 1 << 8, 1])).tolist())
    assert {0x0072B2, 0xE69F00, 0x009E73, 0xEFF0F1} <= colours  # three moods, and what is closed
    cli("simulate", "s.yaml", *options, "--plot", "q.png")
    assert tmp_path.joinpath("p.png").read_bytes() == tmp_path.joinpath("q.png").read_bytes()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_choreographies_can_be_rehearsed(cli, path):
    code, out, _ = cli("simulate", path, "--hours", 1, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["num_past_neutral"], told["num_no_ops"]) == (0, 0)
    assert cli("explain", path, "--at", "50min")[0] == 0


def test_a_title_cannot_write_on_the_terminal(cli, tmp_path):
    tmp_path.joinpath("s.yaml").write_text(SCORE.replace("title: Dusk", r'title: "\e[31mDusk"'))
    assert "\x1b" not in cli("simulate", "s.yaml", "--hours", 0.1)[1]


# --- explain ------------------------------------------------------------------------------------------------


def test_explain_tells_what_plays_and_why(cli):
    code, out, _ = cli("explain", "s.yaml", "--at", "11:12")
    assert code == 0
    assert out.startswith("Dusk\nTue 6 Jan 2026 11:12:00, UTC · 12 min into the show · seed 5\n")
    assert cli("explain", "s.yaml", "--at", "12min")[1] == out == cli("explain", "s.yaml", "--at", "720s")[1]
    told = json.loads(cli("simulate", "s.yaml", "--hours", 1, "--json")[1])
    (mood,) = [stay["mood"] for stay in told["stays"] if stay["start"] <= "2026-01-06T11:12" < stay["end"]]
    assert row(out, "mood")[1] == f"{mood},"
    assert row(out, "person") == ["person", "42"]


def moment(cli, gesture: str, mood: str) -> str:
    """What is told of some instant of that mood at which that gesture is played."""
    for seconds in range(10, 1700, 7):
        out = cli("explain", "s.yaml", "--at", f"{seconds}s")[1]
        if row(out, "gesture")[1] == f"{gesture}," and row(out, "mood")[1] == f"{mood},":
            return out
    raise AssertionError(f"{gesture} is not played in {mood}")


def test_a_weighted_gesture_is_told_with_the_chances_there_were(cli):
    out = moment(cli, "tender", "morning")
    drawn = out[out.index("Drawn from") : out.index("Left out")]
    assert row(drawn, "› tender")[2] == "3"
    assert "75 %" in drawn
    assert drawn.count("›") == 1
    assert row(out, "leads to") == ["leads", "to", "dusk", "75", "%,", "morning", "25", "%"]
    face = out[out.index("Face") : out.index("Around")]
    assert "AU12 lip corner puller" in face
    assert "(marked, C)" in face


def test_a_gesture_in_its_turn_and_its_controls_are_told(cli):
    out = moment(cli, "doubt", "dusk")
    assert "plays its gestures in their order   it was the turn of doubt" in out
    assert row(out, "tender") == ["tender", "not", "its", "turn"]
    assert row(out, "yaw") == ["yaw", "8", "degrees"]
    assert "AU01 inner brow raiser   0.80 (strong, D)" in out
    assert "AU04 brow lowerer        0.40 (slight, B)" in out


def test_what_asked_for_a_gesture_is_told_and_what_it_cut_short(cli):
    out = cli("explain", "s.yaml", "--at", "11:30")[1]
    assert "cue 1: gesture glance, 11:30   asked for it" in out
    before = cli("explain", "s.yaml", "--at", "1799.99s")[1]
    assert "cut short by" in before
    assert row(before, "next")[1:3] == ["11:30:00", "glance"]
    brought = cli("explain", "s.yaml", "--at", "12:00:05")[1]
    assert row(brought, "mood")[1] == "night,"
    assert row(brought, "person") == ["person", "7"]
    assert "until the day ends" in brought


def test_the_show_begins_after_nothing(cli):
    out = cli("explain", "s.yaml", "--at", "0s")[1]
    assert "the show begins" in out
    assert row(out, "before") == ["before", "nothing", "that", "day"]


def test_a_time_into_the_show_is_one_on_the_clock_and_may_be_on_another_day(cli):
    site = ("--site", "site.yaml", "--start", "2026-01-06T09:00")
    out = cli("explain", "s.yaml", "--at", "3h", *site)[1]
    assert "Tue 6 Jan 2026 12:00:00, America/Argentina/Buenos_Aires · 3 h into the show" in out
    assert cli("explain", "s.yaml", "--at", "12:00", *site)[1] == out
    assert "Wed 7 Jan 2026 12:00:00" in cli("explain", "s.yaml", "--at", "27h", *site)[1]


def test_a_night_past_midnight_belongs_to_its_day(cli, tmp_path):
    tmp_path.joinpath("night.yaml").write_text("version: 1\nhours: {every day: 20:00-02:00}\n")
    site = ("--site", "night.yaml", "--start", "2026-01-06T20:00")
    out = cli("explain", "s.yaml", "--at", "01:30", *site)[1]
    assert "Wed 7 Jan 2026 01:30:00, UTC · 5 h 30 min into the show" in out


# --- preview ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return write_tiny_weights(tmp_path_factory.mktemp("weights"))


def faces(path: Path, row_number: int, num: int) -> list[bytes]:
    """The faces of a row of a sheet."""
    sheet, px, gap = cv2.imread(str(path)), pictures.FACE_PX, pictures.GAP_PX
    top = pictures.MARGIN_PX + pictures.TITLE_PX + row_number * (px + pictures.CAPTION_PX + gap)
    left = pictures.MARGIN_PX + pictures.NAMES_PX
    return [
        sheet[top : top + px, left + k * (px + gap) : left + k * (px + gap) + px].tobytes()
        for k in range(num)
    ]


def test_preview_draws_each_mood_on_its_person_and_last_what_no_mood_plays(cli, tmp_path, weights):
    named = ("--weights", weights)
    code, out, err = cli("preview", "s.yaml", "-o", "sheet.png", *named)
    assert (code, out) == (0, "sheet.png\n")
    assert "gestures.unused" in err
    morning, dusk = faces(tmp_path / "sheet.png", 0, 3), faces(tmp_path / "sheet.png", 1, 3)
    night, rest = faces(tmp_path / "sheet.png", 2, 2), faces(tmp_path / "sheet.png", 3, 3)
    assert morning == [dusk[2], dusk[0], dusk[1]]
    assert not set(night) & set(morning)  # somebody else
    assert len({*morning, *night, *rest}) == 8  # two in no mood, and white paper
    cli("preview", "s.yaml", "-o", "again.png", *named)
    assert tmp_path.joinpath("again.png").read_bytes() == tmp_path.joinpath("sheet.png").read_bytes()
    cli("preview", "s.yaml", "-o", "other.png", "--person", 3, *named)
    assert not set(faces(tmp_path / "other.png", 0, 3)) & set(morning)
    assert faces(tmp_path / "other.png", 2, 2) == night  # the mood has the last word


def test_preview_takes_people_in_files_and_goes_on_below_where_a_row_is_full(cli, tmp_path, weights):
    write_tiny_person(tmp_path / "ada.safetensors", weights)
    names = [f"g{k}" for k in range(10)]
    gestures = ", ".join(f"{name}: {{aus: {{AU12: 0.{k}}}}}" for k, name in enumerate(names))
    played = ", ".join(f"{name}: 1" for name in names)
    head = f"version: 1\nperson: ada.safetensors\ngestures: {{{gestures}}}\n"
    text = f"{head}moods: {{m: {{gestures: {{{played}}}}}}}\n"
    tmp_path.joinpath("s.yaml").write_text(text)
    assert cli("preview", "s.yaml", "-o", "sheet.png", "--weights", weights)[0] == 0
    drawn = faces(tmp_path / "sheet.png", 0, pictures.MAX_COLUMNS) + faces(tmp_path / "sheet.png", 1, 2)
    assert len(set(drawn)) == len(names)


def test_names_on_a_sheet_keep_their_accents():
    def sheet(name: str) -> np.ndarray:
        face = np.zeros((8, 8, 3), np.uint8)
        return pictures.contact_sheet("t", [pictures.Row("m", [], [pictures.Cell(face, name)])])

    drawn = [sheet(name).tobytes() for name in ("sueno", "sueño", "suéno", "sue\uffffo")]
    assert len(set(drawn)) == len(drawn)
    assert sheet("a" * 99).shape == sheet("a").shape


# --- what is refused, and what is not needed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("simulate nowhere.yaml", "nowhere.yaml: cannot be read"),
        ("simulate s.yaml --site nowhere.yaml", "nowhere.yaml: cannot be read"),
        ("simulate s.yaml --hours 0", "--hours"),
        ("simulate s.yaml --hours 1e9", "--hours"),
        ("simulate s.yaml --start noon", "--start"),
        ("simulate s.yaml --hours 0.1 --plot p.xyz", ".xyz"),
        ("simulate s.yaml --hours 0.1 --plot nowhere/p.png", "nowhere/p.png: cannot be written"),
        (
            "simulate broken.yaml",
            "broken.yaml:3:24: moods.m.gestures: unknown gesture 'tendre'; did you mean",
        ),
        ("explain broken.yaml --at 1h", "broken.yaml:3:24:"),
        ("explain s.yaml", "--at"),
        ("explain s.yaml --at soon", "--at 'soon': expected a time of that day such as 18:03, or how far"),
        ("explain s.yaml --at 90", "--at '90': expected"),
        ("explain s.yaml --at=-5s", "--at '-5s': expected"),
        ("explain s.yaml --at 1s..2s", "--at '1s..2s': expected"),
        ("explain s.yaml --at 25:00", "--at '25:00': expected"),
        ("explain s.yaml --at 32d", "--at 32d: at most 31d"),
        ("explain s.yaml --at 10:59", "--at 10:59: the show begins at 11:00"),
        ("explain s.yaml --at 11:52 --site site.yaml", "--at 11:52: closed then"),
        ("explain s.yaml --at 12:00 --site site.yaml --start 2026-01-05", "--at 12:00: "),
        ("explain s.yaml --at 10h --site site.yaml", "--at 10h: closed then"),
        ("preview broken.yaml -o p.png --weights {}", "broken.yaml:3:24:"),
        ("preview s.yaml --weights {}", "--output"),
        ("preview s.yaml -o p.xyz --weights {}", ".xyz"),
        ("preview s.yaml -o p.png --person ada.safetensors --weights {}", "no such person file"),
        ("preview s.yaml -o p.png --weights nowhere", "no such weights file"),
    ],
)
def test_wrong_input_is_one_clear_line(cli, tmp_path, weights, args, message):
    score = "version: 1\ngestures: {tender: {emotion: happy}}\nmoods: {m: {gestures: {tendre: 1}}}\n"
    tmp_path.joinpath("broken.yaml").write_text(score)
    code, out, err = cli(*args.format(weights).split())
    assert (code, out) == (2, "")
    faults = [line for line in err.splitlines() if "warning:" not in line]
    assert message in faults[-1]
    assert "Traceback" not in err
    assert not list(tmp_path.glob("p.*"))


def test_a_place_that_never_opens_is_one_clear_line(cli, tmp_path):
    tmp_path.joinpath("never.yaml").write_text("version: 1\nhours: {mon..sun: closed}\n")
    code, _, err = cli("explain", "s.yaml", "--at", "1h", "--site", "never.yaml")
    assert code == 2
    assert err.splitlines()[-1].startswith("--at 1h: closed then; on ")


@pytest.mark.parametrize("command", [["simulate", "--hours", "0.1"], ["explain", "--at", "1min"]])
def test_a_rehearsal_does_not_wait_for_pytorch(command):
    args = [command[0], str(CHOREOGRAPHY), *command[1:]]
    code = f"import run_installation as r, sys; sys.exit(r.entry({args}) or 'torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False).returncode
        == 0
    )
