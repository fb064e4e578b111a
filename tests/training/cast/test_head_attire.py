"""What is worn on the head: glasses and coverings."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from training.cast.head import eyes
from training.cast.head.coverings import FLAT_EAR, Attachment, Covering, covering
from training.cast.head.glasses import SIDES, Face, Front, WornGlasses, glasses
from training.cast.head.mesh import Floats, Quads, rotation
from training.cast.head.model import HeadModel
from training.cast.head.scarf import upper_hull
from training.cast.head.skull import CENTRE, Shell
from training.cast.head.strands import Strands
from training.cast.head.sweeps import NUM_SIDES, sweep
from training.cast.traits import COVERINGS, GLASSES, Glasses
from training.cast.traits import Covering as CoveringSpec

GREY = (0.2, 0.2, 0.2)
CAPS = tuple(kind for kind in COVERINGS if kind != "scarf")


def sockets_of(head: HeadModel) -> list[eyes.Socket]:
    return [eyes.socket(head, head.template, side) for side in ("l", "r")]


def mirrored(points: Floats) -> Floats:
    return points * [-1, 1, 1]


def distances(points: Floats, others: Floats) -> Floats:
    """From each point to the nearest of the others [n], m."""
    return np.asarray(cKDTree(others).query(points)[0])


# -- sweeps --------------------------------------------------------------------------------------------------


def uses_of_edges(quads: Quads) -> Quads:
    sides = np.sort(np.stack([quads, np.roll(quads, -1, 1)], 2).reshape(-1, 2), 1)
    return np.asarray(np.unique(sides, axis=0, return_counts=True)[1])


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_sweep_follows_its_path_and_is_closed_where_told(is_closed: bool) -> None:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    path = np.stack([np.cos(angle), np.zeros(40), np.sin(angle)], 1)
    points, quads = sweep(path, 0.02, 0.01, [0, 1.0, 0], is_closed=is_closed)
    sections = points.reshape(40, NUM_SIDES, 3)
    np.testing.assert_allclose(sections.mean(1), path, atol=1e-9)
    off_axis = np.abs(points[:, 1])
    assert off_axis.max() == pytest.approx(0.01, rel=0.05)
    assert np.abs(np.hypot(points[:, 0], points[:, 2]) - 1).max() <= 0.02 + 1e-9
    assert ((uses_of_edges(quads) == 1).sum() == 0) == is_closed


# -- glasses -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=GLASSES)
def spec(request: pytest.FixtureRequest) -> Glasses:
    return Glasses(request.param, size=1.0, thickness=0.6, frame="dark", colour=GREY)


@pytest.fixture(scope="module")
def worn(head: HeadModel, spec: Glasses) -> WornGlasses:
    return glasses(head, head.template, sockets_of(head), spec)


def test_each_lens_is_in_front_of_its_eye(head: HeadModel, worn: WornGlasses) -> None:
    left, right = np.split(worn.lenses.points, 2)
    for socket, lens in zip(sockets_of(head), (left, right), strict=True):
        assert lens[:, 1].max() < socket.centre[1] - socket.radius
        low, high = lens.min(0), lens.max(0)
        assert low[0] < socket.centre[0] < high[0] and low[2] < socket.centre[2] < high[2]


def test_glasses_are_symmetric_on_a_symmetric_head(worn: WornGlasses) -> None:
    for points in (worn.frame.points, worn.lenses.points):
        assert distances(mirrored(points), points).max() < 2e-4


def test_glasses_stay_out_of_the_face_and_rest_on_both_ears(
    head: HeadModel, spec: Glasses, worn: WornGlasses
) -> None:
    face = Face.of(head, head.template)
    front = Front.fitted(face, sockets_of(head), spec)
    for side in SIDES:
        x, y, z = front.around(side).T
        assert (y < face.foremost(x, z)).all()
    ear = head.canonical[(np.abs(head.canonical[:, 0]) > 0.075) & (head.canonical[:, 2] > 0.73)]
    for side in SIDES:
        beside = worn.frame.points[side * worn.frame.points[:, 0] > 0]
        assert distances(beside, ear).min() < 0.004


def test_a_heavier_frame_is_bigger_and_wire_is_metal(
    head: HeadModel, spec: Glasses, worn: WornGlasses
) -> None:
    heavy, wire = (
        glasses(head, head.template, sockets_of(head), replace(spec, thickness=thickness)).frame
        for thickness in (1.0, 0.1)
    )
    assert np.ptp(heavy.points[:, 2]) > np.ptp(worn.frame.points[:, 2])
    assert set(np.unique(wire.metal)) == ({0.0, 1.0} if spec.shape == "browline" else {1.0})
    assert worn.frame.quads.max() == len(worn.frame.points) - 1
    assert len(np.unique(worn.frame.quads)) == len(worn.frame.metal) == len(worn.frame.points)


def test_glasses_turn_with_the_eyes(head: HeadModel, worn: WornGlasses) -> None:
    turn = head.turned(head.template, rotation(20, -8, 5))
    socket = sockets_of(head)[0]
    for points in (worn.frame.points, worn.lenses.points):
        at_rest = np.linalg.norm(points - socket.centre, axis=1)
        turned = np.linalg.norm(turn.head(points) - turn.head(socket.centre), axis=1)
        np.testing.assert_allclose(turned, at_rest, atol=1e-12)


# -- coverings -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def coverings(head: HeadModel) -> dict[str, Covering]:
    return {
        kind: covering(head, head.template, CoveringSpec(kind, GREY, (0.3, 0.6, 0.5)), "crop")
        for kind in COVERINGS
    }


@pytest.mark.parametrize("kind", COVERINGS)
def test_a_covering_never_covers_the_eyes(head: HeadModel, coverings: dict[str, Covering], kind: str) -> None:
    cloth = coverings[kind]
    seen = cloth.points[(cloth.inside > 0) & (cloth.points[:, 1] < -0.05)]
    for socket in sockets_of(head):
        assert np.linalg.norm((seen - socket.centre)[:, [0, 2]], axis=1).min() > 0.02


@pytest.mark.parametrize("kind", COVERINGS)
def test_all_but_a_headband_cover_the_crown(
    head: HeadModel, coverings: dict[str, Covering], kind: str
) -> None:
    crown = head.canonical[head.canonical[:, 2].argmax()]
    above = coverings[kind].points[np.linalg.norm((coverings[kind].points - crown)[:, :2], axis=1) < 0.02]
    if kind == "headband":
        assert not len(above)
    else:
        assert above[:, 2].max() > crown[2] + 0.004


@pytest.mark.parametrize("kind", COVERINGS)
def test_a_covering_at_rest_lies_as_it_was_fitted_and_turns_with_the_head(
    head: HeadModel, coverings: dict[str, Covering], kind: str
) -> None:
    cloth, rest = coverings[kind], head.canonical
    still = head.turned(head.template, rotation())
    np.testing.assert_allclose(cloth.at(still, rest), cloth.points, atol=1e-9)
    turn = head.turned(head.template, rotation(25))
    top = cloth.points[:, 2] > 0.80
    np.testing.assert_allclose(cloth.at(turn, rest)[top], turn.head(cloth.points)[top], atol=1e-3)
    low = cloth.points[:, 2] < 0.48
    np.testing.assert_allclose(cloth.at(turn, rest)[low], cloth.points[low], atol=5e-3)
    assert low.any() == (kind == "scarf")


def test_only_a_headscarf_lays_the_ears_flat(head: HeadModel, coverings: dict[str, Covering]) -> None:
    for kind in CAPS:
        assert coverings[kind].tucked(head.canonical) is head.canonical
    tucked = coverings["scarf"].tucked(head.canonical)
    moved = np.abs(tucked - head.canonical).max(1) > 0
    assert np.abs(tucked[moved, 0]) == pytest.approx(FLAT_EAR)
    assert 0 < moved.mean() < 0.3


def test_a_headscarf_gives_way_to_an_open_jaw(head: HeadModel, coverings: dict[str, Covering]) -> None:
    scarf = coverings["scarf"]
    still = head.turned(head.template, rotation())
    open_mouth = head.fine(head.with_actions(head.template, {"jawOpen": 1.0}))
    lowered = scarf.points[:, 2] - scarf.at(still, open_mouth)[:, 2]
    assert lowered.max() > 0.005
    assert np.abs(lowered[scarf.points[:, 2] > 0.80]).max() < 1e-4


@pytest.mark.parametrize("kind", CAPS)
def test_hair_is_pressed_under_a_covering(coverings: dict[str, Covering], kind: str) -> None:
    cloth = coverings[kind]
    offsets = cloth.points - cloth.centre
    reach = np.linalg.norm(offsets, axis=1)
    directions = offsets / reach[:, None]
    chosen = directions[::50]
    lengths = np.linspace(0.05, 0.20, 8)  # straight out through the cloth
    hair = Strands(cloth.centre + lengths[:, None] * chosen[:, None], np.ones((len(chosen), 8)))
    pressed = np.linalg.norm(cloth.pressed(hair).points - cloth.centre, axis=-1)
    assert (pressed <= lengths + 1e-12).all()
    outermost = [reach[near].max() for near in cKDTree(directions).query_ball_point(chosen, 0.05)]
    assert (pressed.max(1) < outermost).all()
    is_deep = lengths < 0.06
    np.testing.assert_allclose(pressed[:, is_deep], np.tile(lengths[is_deep], (len(chosen), 1)))


def test_a_covering_makes_room_for_hair(head: HeadModel) -> None:
    spec = CoveringSpec("turban", GREY, (0.5, 0.5, 0.5))
    styles = ("bald", "crop", "afro")
    tops = [covering(head, head.template, spec, style).points[:, 2].max() for style in styles]
    assert tops == sorted(tops)
    assert tops[2] - tops[0] == pytest.approx(0.012, abs=1e-3)


def test_no_hair_shows_with_a_headscarf_and_none_stays_none(coverings: dict[str, Covering]) -> None:
    strand = Strands(np.ones((1, 4, 3)), np.ones((1, 4)))
    assert len(coverings["scarf"].pressed(strand)) == 0
    assert len(coverings["beanie"].pressed(Strands.none())) == 0


def test_an_attachment_moves_as_the_skin_does(head: HeadModel) -> None:
    kept = head.canonical[:, 2] > 0.5
    attachment = Attachment(head.canonical, kept, CENTRE + np.eye(3) * 0.1, 16, 0.004)
    shift = np.array([0.01, -0.02, 0.03])
    np.testing.assert_allclose(attachment.of(np.tile(shift, (len(kept), 1))), np.tile(shift, (3, 1)))


# -- shells --------------------------------------------------------------------------------------------------


def test_a_shell_around_a_ball_is_a_ball_and_finds_heights() -> None:
    directions = np.random.default_rng(0).normal(size=(4000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    shell = Shell(CENTRE + 0.1 * directions, 12)
    points = shell.at_height(np.full(12, CENTRE[2] + 0.05), 0.01)
    np.testing.assert_allclose(points[:, 2], CENTRE[2] + 0.05, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(points - CENTRE, axis=1), 0.11, atol=1e-9)
    front = points[np.abs(shell.azimuths).argmin()]
    assert front[1] < CENTRE[1] and front[0] == pytest.approx(0)


def test_a_string_bridges_hollows_and_touches_the_heights() -> None:
    x = np.arange(6.0)
    y = np.array([3.0, 0, 1, 3, 2, 0])
    np.testing.assert_allclose(upper_hull(x, y), [3, 3, 3, 3, 2, 0])
