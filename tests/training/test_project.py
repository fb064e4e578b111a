"""Projection at scale: whatever is killed, and whoever does the work, the same bytes lie in the store."""

import gc
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest
import torch
from click import BadParameter
from skimage.data import astronaut

from models.alignment import FaceFinder, align
from models.checkpoint import CheckpointError, load_generator
from models.photographs import read_photograph
from tests.models.tiny import TINY, write_tiny_encoder, write_tiny_weights
from tests.training.commands import invoke
from training.dataset import Sample
from training.latent_store import Result, Store, Way
from training.project import WEIGHTS, main
from training.projector import BATCH, Projector, Setup, Task, tasks_of
from training.run import run_command
from training.sources import read_samples

GRACE_HOPPER = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
NUM_STEPS = 2

# Ray leaves its own processes' handles to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file <_io.* name='/dev/null':ResourceWarning"),
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]


def write(path: Path, rgb: np.ndarray) -> None:
    assert cv2.imwrite(str(path), np.ascontiguousarray(rgb[..., ::-1]))


@pytest.fixture(scope="module")
def portraits() -> list[np.ndarray]:
    """Two people, cropped in different ways: two batches and a bit, and every one with a face."""
    whole = [astronaut()[:320, 60:380], read_photograph(GRACE_HOPPER)[:420, 80:460]]
    return [whole[k % 2][k // 2 :, :: -1 if k // 2 % 2 else 1] for k in range(2 * BATCH + 3)]


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    path = write_tiny_weights(tmp_path_factory.mktemp("weights"))
    write_tiny_encoder(path)
    return path


@pytest.fixture(scope="module")
def setup(weights) -> Setup:
    return Setup(weights, NUM_STEPS, 32, "cpu")


@pytest.fixture(scope="module")
def way(weights) -> Way:
    return Way.through(load_generator(weights), NUM_STEPS, 32)


@pytest.fixture(scope="module")
def pictures(portraits, tmp_path_factory) -> Path:
    """A folder of them, and of what is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for index, portrait in enumerate(portraits):
        write(folder / f"{index:02d}.png", portrait)
    write(folder / "wall.png", np.full((200, 300, 3), 90, np.uint8))
    (folder / "damaged.jpg").write_bytes(GRACE_HOPPER.read_bytes()[:3000])
    (folder / "empty.jpg").touch()
    return folder


def options(pictures: Path, out: Path, weights: Path) -> list[str]:
    return list(
        map(str, (pictures, out, "--weights", weights, "--steps", NUM_STEPS, "--px", 32, "--device", "cpu"))
    )


@pytest.fixture(scope="module")
def one_run(pictures, weights, tmp_path_factory) -> tuple[Path, str]:
    """A store that nothing disturbed, and what the run said."""
    out = tmp_path_factory.mktemp("latents") / "store"
    return out, invoke(main, *options(pictures, out, weights))


def contents(store: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in store.rglob("*")
        if path.suffix != ".partial" and path.is_file()
    }


# --- the store ----------------------------------------------------------------------------------------------


def sample_of(picture: Path, framed_by: Path | None = None) -> Sample:
    nothing = np.zeros(0, np.float32)
    return Sample(picture, "somebody", "", nothing, nothing, framed_by or picture, "pictures")


def test_an_address_is_all_that_a_latent_depends_on(tmp_path, portraits):
    for name, portrait in zip("abc", portraits, strict=False):
        write(tmp_path / f"{name}.png", portrait)
    (tmp_path / "copy.png").write_bytes((tmp_path / "a.png").read_bytes())
    a, b, copy = (tmp_path / name for name in ("a.png", "b.png", "copy.png"))
    store, way = Store(tmp_path), Way(24, 128, "11", "22")
    address = store.address(sample_of(a), way)
    assert store.address(sample_of(copy), way) == address
    others = [store.address(sample, way) for sample in (sample_of(b), sample_of(a, b), sample_of(b, a))]
    changed = [
        Way(23, 128, "11", "22"),
        Way(24, 64, "11", "22"),
        Way(24, 128, "12", "22"),
        Way(24, 128, "11"),
    ]
    others += [store.address(sample_of(a), other) for other in changed]
    assert len({address, *others}) == 8


def test_addresses_stay_what_they_were(tmp_path):
    """Thousands of latents lie under such names already."""
    (tmp_path / "a").write_bytes(b"a picture")
    (tmp_path / "b").write_bytes(b"its frame")
    address = Store(tmp_path).address(sample_of(tmp_path / "a", tmp_path / "b"), Way(24, 128, "11", "22"))
    assert address == "3a03d1f660e392838e91e648d0ac05f946c4143efe89dd19a0175b2f1c9cf99d"


def test_results_come_back_and_half_written_ones_do_not(tmp_path):
    store = Store(tmp_path / "new")
    store.open()
    ws = np.arange(6, dtype=np.float32).reshape(2, 3)
    store.write("aa11", Result(ws))
    store.write("bb22", Result(None, "no face found"))
    (store.folder / "aa" / "aa33.0123.partial").write_bytes(b"half")
    np.testing.assert_array_equal(store.read("aa11").ws, ws)
    assert store.read("bb22") == Result(None, "no face found")
    assert store.read("aa33") is None
    assert [store.has(address) for address in ("aa11", "bb22", "aa33")] == [True, True, False]
    assert [store.refusal(address) for address in ("aa11", "bb22", "aa33")] == [None, "no face found", None]


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="no space"):
        Store(tmp_path).write("aa11", Result(np.zeros(3, np.float32)))
    assert contents(tmp_path) == {}
    assert not list(tmp_path.rglob("*.partial"))


# --- a latent is its picture's alone ------------------------------------------------------------------------


def test_a_latent_depends_neither_on_its_company_nor_on_the_number_of_threads():
    """Of the shipped weights, to the last bit: the whole network's shapes, as the store's files are made."""
    face = align(astronaut(), FaceFinder()).image
    faces = [np.roll(face, 5 * k, axis=1) for k in range(2 * BATCH - 1)]
    projector = Projector(Setup(WEIGHTS, 1, 128, "cpu"))
    together = projector.latents(faces[:BATCH])
    elsewhere = projector.latents([*faces[BATCH:], faces[0]])
    assert elsewhere[-1].tobytes() == together[0].tobytes()
    num_threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        alone = projector.latents(faces[3:4])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(num_threads)
    assert alone[0].tobytes() == together[3].tobytes()
    assert len({ws.tobytes() for ws in together}) == BATCH


# --- what cannot be projected -------------------------------------------------------------------------------


def test_what_cannot_be_read_is_written_down_and_not_tried_again(one_run, pictures, weights, monkeypatch):
    out, said = one_run
    assert "of 22 pictures: 19 projected, 3 refused, 0 left" in said
    for line in ("1 refused, no face found: wall.png", "1 refused, an empty file: empty.jpg"):
        assert line in said
    assert "damaged.jpg" in said
    monkeypatch.setattr("training.project.Projector", None)  # nobody is asked
    again = invoke(main, *options(pictures, out, weights))
    assert "22 pictures, 0 to do" in again
    assert "19 projected, 3 refused" in again


def test_a_subjects_pictures_are_all_in_the_frame_of_one(tmp_path, setup, way, portraits):
    neutral, moved, wall, small = (tmp_path / f"{name}.png" for name in ("neutral", "moved", "wall", "small"))
    write(neutral, portraits[0])
    write(moved, np.roll(portraits[0], 4, axis=1))
    write(wall, np.full_like(portraits[0], 90))
    write(small, portraits[0][:-40])
    samples = [
        sample_of(moved, neutral),
        sample_of(moved),
        sample_of(neutral, wall),
        sample_of(small, neutral),
    ]
    (task,) = tasks_of(samples, Store(tmp_path), way)
    framed, own, faceless, other_size = Projector(setup).project(task)
    assert framed.ws.shape == (TINY.num_ws, TINY.w_dim)
    assert framed.ws.dtype == np.float32
    assert np.abs(framed.ws - own.ws).max() > 1e-3
    assert (faceless.ws, faceless.reason) == (None, "no face found")
    assert "another size" in other_size.reason


def test_what_was_replaced_since_it_was_addressed_is_refused(tmp_path, setup, way, portraits):
    """Else a machine that sees another folder would store its latents under these names."""
    picture = tmp_path / "a.png"
    write(picture, portraits[0])
    with pytest.raises(OSError, match="every machine needs the same files"):
        Projector(setup).project(Task((sample_of(picture),), ("00" * 32,)))


def test_copies_are_done_once(tmp_path, way, portraits):
    for name in ("a.png", "b.png"):
        write(tmp_path / name, portraits[0])
    (task,) = tasks_of([sample_of(tmp_path / "a.png"), sample_of(tmp_path / "b.png")], Store(tmp_path), way)
    assert len(task.samples) == 1


# --- runs ---------------------------------------------------------------------------------------------------

KILLED_IN_THE_TENTH_FILE = """
import os, signal, sys
from training.project import main
replace, written = os.replace, []
def killed(source, target):
    written.append(target)
    if len(written) == 10:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = killed
main(sys.argv[1:])
"""


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(one_run, pictures, weights, tmp_path):
    out = tmp_path / "store"
    command = [sys.executable, "-c", KILLED_IN_THE_TENTH_FILE, *options(pictures, out, weights)]
    killed = subprocess.run(command, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len(contents(out)) == 9
    assert len(list(out.rglob("*.partial"))) == 1
    assert "22 pictures, 13 to do" in invoke(main, *options(pictures, out, weights))
    assert contents(out) == contents(one_run[0])


def test_no_minutes_are_no_work_and_a_dry_run_writes_nothing(pictures, weights, tmp_path):
    out = tmp_path / "store"
    assert "22 to do" in invoke(main, *options(pictures, out, weights), "--dry-run")
    assert not out.exists()
    assert "22 left" in invoke(main, *options(pictures, out, weights), "--minutes", 0)
    assert contents(out) == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nothing store", "nothing"),
        ("pictures pictures/wall.png/store", "name another folder"),
        ("pictures store --group studio", "there is pictures"),
        ("pictures store --px 100", "--px"),
        ("pictures store --weights gone.safetensors", "gone.safetensors"),
    ],
)
def test_what_is_wrong_is_one_line(arguments, message, pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("nothing").mkdir()
    Path("pictures").symlink_to(pictures)
    monkeypatch.setattr(sys, "argv", ["project", *arguments.split()])
    with pytest.raises(SystemExit, match="2"):
        run_command(main)
    said = capsys.readouterr().err
    assert message in said.splitlines()[-1]
    assert "Traceback" not in said


def test_weights_without_an_encoder_are_refused(pictures, tmp_path):
    with pytest.raises(CheckpointError, match="encoder"):
        invoke(main, *options(pictures, tmp_path / "store", write_tiny_weights(tmp_path)))


# --- a farm -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def farm():
    """A cluster of two cores, and the module that knows Ray."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[farm]'")
    from training import farm

    with farm.connected(farm.LOCAL, num_cores=2):
        yield farm
    gc.collect()  # what Ray leaves, it leaves here


def test_two_actors_write_what_one_process_writes(farm, one_run, pictures, weights, tmp_path):
    out = tmp_path / "store"
    said = invoke(main, *options(pictures, out, weights), "--ray", "local")
    assert "19 projected, 3 refused, 0 left" in said
    assert contents(out) == contents(one_run[0])


def test_a_killed_process_loses_nothing(farm, one_run, pictures, setup, way, tmp_path):
    import ray

    store = Store(tmp_path)
    todo = tasks_of(read_samples([pictures]), store, way)
    with farm.Farm(setup, len(todo)) as actors:
        pids = {actor: ray.get(actor.__ray_call__.remote(lambda _: os.getpid())) for actor in actors.actors}
        everything = actors.project(iter(todo))
        done = [next(everything)]
        (lost,) = actors.doing.values()
        assert lost.task is not None
        os.kill(pids[lost.actor], signal.SIGKILL)
        done += everything
    for task, results in done:
        for address, result in zip(task.addresses, results, strict=True):
            store.write(address, result)
    assert sum(len(task.samples) for task, _ in done) == 22
    assert contents(tmp_path) == contents(one_run[0])


def test_what_an_actor_finds_amiss_is_said_as_it_is(farm, setup, portraits, tmp_path):
    write(tmp_path / "a.png", portraits[0])
    task = Task((sample_of(tmp_path / "a.png"),), ("00" * 32,))
    with farm.Farm(setup, 1) as actors, pytest.raises(OSError, match="same files at the same paths"):
        list(actors.project(iter([task])))


def test_a_dead_actor_is_replaced_and_gets_its_task_again(farm, setup, monkeypatch, tmp_path):
    class DyingOnce:
        def __init__(self, _: Setup) -> None:
            pass

        def open(self) -> None:
            pass

        def project(self, task: Task) -> list[Result]:
            if not (tmp_path / "died").exists():
                (tmp_path / "died").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return [Result(None, "done") for _ in task.samples]

    monkeypatch.setattr(farm, "_Actor", DyingOnce)
    task = Task((sample_of(tmp_path),), ("00" * 32,))
    with farm.Farm(setup, 1) as actors:
        assert [results for _, results in actors.project(iter([task]))] == [[Result(None, "done")]]
    assert (tmp_path / "died").exists()


def test_a_farm_whose_actors_only_die_gives_up(farm, setup, monkeypatch):
    class Dying:
        def __init__(self, _: Setup) -> None:
            pass

        def open(self) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(farm, "_Actor", Dying)
    monkeypatch.setattr(farm, "MOST_DEATHS", 0)
    with farm.Farm(setup, 1) as actors, pytest.raises(farm.FarmError, match="one after another"):
        list(actors.project(iter([])))


def test_where_no_cluster_answers_nobody_waits(farm):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        farm.refuse_unreachable(f"ray://127.0.0.1:{port}")
    with pytest.raises(ConnectionError):
        farm.refuse_unreachable(f"127.0.0.1:{port}")
    farm.refuse_unreachable("auto")


def test_a_cluster_without_a_gpu_has_no_place_for_cuda(farm):
    assert farm.places(None) == ("cpu", 2)
    with pytest.raises(farm.FarmError, match="no cuda"):
        farm.places("cuda")


def test_without_ray_it_says_what_to_install(pictures, weights, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "training.farm", raising=False)
    arguments = [*options(pictures, tmp_path / "store", weights), "--ray", "local"]
    with pytest.raises(BadParameter, match="pip install"):
        main.main(arguments, standalone_mode=False)
