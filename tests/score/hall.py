"""A room with visitors, played before an encounter: who is in view when, what they do, what comes of
projections, and everything that has to hold whatever happens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from installation.score.dice import Dice
from installation.score.encounter import (
    GONE_NS,
    Answer,
    Consent,
    Encounter,
    Event,
    Forget,
    Happening,
    LetGo,
    Project,
    Seen,
    TakeUp,
)
from installation.score.visitors import LONGEST_MEMORY_NS, Hospitality, Visitor

S = 1_000_000_000
MS = 1_000_000
STEP_NS = 100 * MS  # a whole number of frames at 30 and at 60 a second


def somebody(number: int = 1, *, size: float = 0.3, is_facing: bool = True) -> Visitor:
    return Visitor(number, 0, 0, size, is_facing)


@dataclass(frozen=True)
class Scene:
    """What is to be seen for some steps; agreeing and erasing come at its beginning."""

    steps: int
    visitors: tuple[Visitor, ...] = ()
    has_agreed: bool = False
    is_erasing: bool = False


def scene(seconds: float, *visitors: Visitor, has_agreed: bool = False, is_erasing: bool = False) -> Scene:
    return Scene(round(seconds * S / STEP_NS), visitors, has_agreed, is_erasing)


@dataclass
class Hall:
    """Plays scenes. Projections take `answers`' steps, and are good or not, in their order, over and over."""

    hospitality: Hospitality = field(default_factory=Hospitality)
    consent: Consent = "dwell"
    answers: Sequence[tuple[int, bool] | None] = ((15, True),)  # None: no answer ever comes
    fps: int = 30
    told: list[Happening] = field(default_factory=list)
    erased_ns: list[int] = field(default_factory=list)
    absences: dict[int, list[list[int]]] = field(default_factory=dict)  # number → [from, until) …
    num_frames: int = 0

    def __post_init__(self) -> None:
        self.encounter = Encounter(self.hospitality, self.consent, Dice("hall"))
        self._pending: tuple[int, Answer] | None = None
        self._num_answers = 0
        self._seen: set[int] = set()

    @property
    def t_ns(self) -> int:
        """Of the next frame."""
        return self.num_frames * S // self.fps

    def play(self, *scenes: Scene) -> list[Happening]:
        """What happens in these scenes."""
        before = len(self.told)
        for each in scenes:
            begins_ns, is_first = self.t_ns, True
            while self.t_ns < begins_ns + each.steps * STEP_NS:
                self._frame(each, is_first)
                is_first = False
        return self.told[before:]

    def _frame(self, each: Scene, is_first: bool) -> None:
        t_ns, answer = self.t_ns, None
        if self._pending and self._pending[0] <= t_ns:
            answer = self._pending[1]
        if is_first:
            self._note(each, t_ns)
        seen = Seen(each.visitors, answer, is_first and each.has_agreed, is_first and each.is_erasing)
        happenings = self.encounter.advance(t_ns, seen)
        before_ns = (self.num_frames - 1) * S // self.fps
        for happening in happenings:
            assert before_ns <= happening.t_ns <= t_ns
            if isinstance(happening, Project):
                self._ask(happening)
            elif isinstance(happening, TakeUp):
                assert self._pending and self._pending[1].is_good and self._pending[0] <= t_ns
        self.told += happenings
        self.num_frames += 1

    def _ask(self, project: Project) -> None:
        planned = self.answers[self._num_answers % len(self.answers)]
        self._num_answers += 1
        if planned is None:
            self._pending = None
            return
        # Upon a step, so that all frame rates hear of it at the same instant.
        due_ns = (-(-project.t_ns // STEP_NS) + planned[0]) * STEP_NS
        self._pending = due_ns, Answer(project.request, planned[1])

    def _note(self, each: Scene, t_ns: int) -> None:
        if each.is_erasing:
            self.erased_ns.append(t_ns)
        in_view = {visitor.number for visitor in each.visitors}
        for number in self._seen - in_view:
            if self.absences[number][-1][1] != -1:
                self.absences[number].append([t_ns, -1])
        for number in in_view:
            spans = self.absences.setdefault(number, [[0, t_ns]])
            if spans[-1][1] == -1:
                spans[-1][1] = t_ns
        self._seen |= in_view


def names(happenings: Sequence[Happening]) -> list[str]:
    """`visitor_arrives`, `Project`, `TakeUp`, …"""
    return [each.name if isinstance(each, Event) else type(each).__name__ for each in happenings]


def check(hall: Hall) -> None:
    """What has to hold whatever happened."""
    assert [each.t_ns for each in hall.told] == sorted(each.t_ns for each in hall.told)
    _check_order(hall.told)
    _check_events(names(hall.told))
    _check_forgetting(hall)
    _check_pauses(hall)


def _check_order(told: Sequence[Happening]) -> None:
    """Projected, perhaps taken up, perhaps let go, forgotten; and nothing else."""
    may_follow: Mapping[str, tuple[str, ...]] = {
        "Forget": ("Project", "Forget"),
        "Project": ("TakeUp", "Forget"),
        "TakeUp": ("LetGo",),
        "LetGo": ("LetGo", "Forget"),  # a second time, faster, when it is to be erased
    }
    last, fade_ends_ns = "Forget", 0
    for each in told:
        if isinstance(each, Event):
            continue
        name = type(each).__name__
        assert name in may_follow[last], f"{name} after {last}"
        if last == "LetGo":
            assert each.t_ns <= fade_ends_ns
        if isinstance(each, LetGo):
            fade_ends_ns = each.t_ns + each.fade_ns
        last = name
    assert last == "Forget", "somebody has not been forgotten"


def _check_events(told: Sequence[str]) -> None:
    group = [name for name in told if name in ("visitor_arrives", "visitor_leaves")]
    assert group == (["visitor_arrives", "visitor_leaves"] * len(group))[: len(group)]
    for event, happening in (("visitor_taken_up", "TakeUp"), ("visitor_let_go", "LetGo")):
        at = [index for index, name in enumerate(told) if name == event]
        assert all(told[index + 1] == happening for index in at)
        assert len(at) == told.count("TakeUp")


def _check_forgetting(hall: Hall) -> None:
    forgotten_ns = [each.t_ns for each in hall.told if isinstance(each, Forget)]
    for project in hall.told:
        if isinstance(project, Project):
            until_ns = min(t_ns for t_ns in forgotten_ns if t_ns >= project.t_ns)
            for left_ns, back_ns in hall.absences[project.visitor]:
                if back_ns == -1 or back_ns > project.t_ns:
                    away_ns = min(until_ns, until_ns if back_ns == -1 else back_ns) - left_ns
                    assert away_ns <= LONGEST_MEMORY_NS - S
    for erased_ns in hall.erased_ns:
        assert any(erased_ns <= t_ns <= erased_ns + S for t_ns in forgotten_ns)
        assert not any(isinstance(each, TakeUp) and each.t_ns == erased_ns for each in hall.told)


def _check_pauses(hall: Hall) -> None:
    """From one face to the next; and nobody is tried too often before they have left, or been taken up."""
    rested_ns, tried_ns, was_shown = 0, dict[int, list[int]](), False
    latest = -1
    for each in hall.told:
        if isinstance(each, Project):
            assert each.t_ns >= rested_ns
            latest = each.visitor
            gone = (left_ns for left_ns, back_ns in hall.absences[latest] if back_ns - left_ns >= GONE_NS)
            here_ns = max((left_ns for left_ns in gone if left_ns < each.t_ns), default=0)
            tried_ns[latest] = [t_ns for t_ns in tried_ns.get(latest, []) if t_ns > here_ns] + [each.t_ns]
            assert len(tried_ns[latest]) <= 3
        elif isinstance(each, TakeUp):
            was_shown, tried_ns[latest] = True, []
        elif isinstance(each, Forget) and was_shown:
            was_shown, rested_ns = False, each.t_ns + hall.hospitality.cooldown_ns
