"""What crosses between the show and the sight process: numbers at fixed places, never pickled objects.

A report is what is seen at an instant. What is asked is a state, not a message, for the newest wins: the
latest request, and how often everything was to be forgotten, so that no forgetting is lost behind a request.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from installation.ports import Likeness, Sighting, Visitor
from models.action_units import NUM_AUS

MOST_VISITORS: Final = 8
MOST_DOUBTS: Final = 6
DOUBT_BYTES: Final = 160
TROUBLE_BYTES: Final = 240

VISITOR_TYPE: Final = np.dtype(
    [
        ("number", np.int64),
        ("azimuth_deg", np.float64),
        ("elevation_deg", np.float64),
        ("size", np.float64),
        ("is_facing", np.bool_),
        ("closure", np.float64),  # NaN: not seen
        ("has_aus", np.bool_),
        ("aus", np.float64, NUM_AUS),
    ]
)
ASKED: Final = np.dtype([("request", np.int64), ("visitor", np.int64), ("num_forgets", np.int64)])


@dataclass(frozen=True, slots=True)
class Report:
    """What the sight process says."""

    sighting: Sighting
    born_ns: int  # when the process began: what was asked before, it has never heard
    num_forgets: int  # how often it has forgotten everything


@dataclass(frozen=True, slots=True)
class Asked:
    """What the show wants."""

    request: int = 0  # the latest; 0: none
    visitor: int = 0  # of whom
    num_forgets: int = 0  # since the show began

    def packed(self) -> bytes:
        return np.array((self.request, self.visitor, self.num_forgets), ASKED).tobytes()

    @classmethod
    def unpacked(cls, payload: bytes) -> "Asked":
        return cls(*(int(number) for number in np.frombuffer(payload, ASKED)[0]))


def report_type(num_ws: int, w_dim: int) -> np.dtype[np.void]:
    """Of reports for a generator's latents [num_ws, w_dim]."""
    likeness = np.dtype(
        [
            ("request", np.int64),
            ("has_ws", np.bool_),
            ("ws", np.float32, (num_ws, w_dim)),
            ("aus", np.float64, NUM_AUS),
            ("doubts", f"S{DOUBT_BYTES}", MOST_DOUBTS),
        ]
    )
    return np.dtype(
        [
            ("born_ns", np.int64),
            ("num_forgets", np.int64),
            ("trouble", f"S{TROUBLE_BYTES}"),
            ("num_visitors", np.int64),
            ("visitors", VISITOR_TYPE, MOST_VISITORS),
            ("has_likeness", np.bool_),
            ("likeness", likeness),
        ]
    )


def packed(report: Report, kind: np.dtype[np.void]) -> bytes:
    """A report as bytes; visitors, doubts and words for which there is no room are left out."""
    record = np.zeros((), kind)
    sighting, visitors = report.sighting, report.sighting.visitors[:MOST_VISITORS]
    record["born_ns"], record["num_forgets"] = report.born_ns, report.num_forgets
    record["trouble"] = _encoded(sighting.trouble, TROUBLE_BYTES)
    record["num_visitors"] = len(visitors)
    for place, visitor in zip(record["visitors"], visitors, strict=False):
        _write_visitor(place, visitor)
    if sighting.likeness is not None:
        record["has_likeness"] = True
        _write_likeness(record["likeness"], sighting.likeness)
    return record.tobytes()


def unpacked(payload: bytes, kind: np.dtype[np.void]) -> Report:
    """
    Raises:
        ValueError: the payload is no report about latents of that shape.
    """
    record = np.frombuffer(payload, kind)[0]
    visitors = (_read_visitor(place) for place in record["visitors"][: record["num_visitors"]])
    likeness = _read_likeness(record["likeness"]) if record["has_likeness"] else None
    sighting = Sighting(tuple(visitors), likeness, _decoded(record["trouble"]))
    return Report(sighting, int(record["born_ns"]), int(record["num_forgets"]))


def _write_visitor(place: NDArray[np.void] | np.void, visitor: Visitor) -> None:
    place["number"] = visitor.number
    place["azimuth_deg"], place["elevation_deg"] = visitor.azimuth_deg, visitor.elevation_deg
    place["size"], place["is_facing"] = visitor.size, visitor.is_facing
    place["closure"] = np.nan if visitor.closure is None else visitor.closure
    if visitor.aus is not None:
        place["has_aus"], place["aus"] = True, visitor.aus


def _read_visitor(place: NDArray[np.void] | np.void) -> Visitor:
    closure = float(place["closure"])
    return Visitor(
        int(place["number"]),
        float(place["azimuth_deg"]),
        float(place["elevation_deg"]),
        float(place["size"]),
        bool(place["is_facing"]),
        None if np.isnan(closure) else closure,
        tuple(place["aus"].tolist()) if place["has_aus"] else None,
    )


def _write_likeness(place: NDArray[np.void] | np.void, likeness: Likeness) -> None:
    place["request"] = likeness.request
    if likeness.ws is not None:
        place["has_ws"], place["ws"] = True, likeness.ws
        place["aus"] = likeness.aus
    for index, doubt in enumerate(likeness.doubts[:MOST_DOUBTS]):
        place["doubts"][index] = _encoded(doubt, DOUBT_BYTES)


def _read_likeness(place: NDArray[np.void] | np.void) -> Likeness:
    doubts = tuple(_decoded(doubt) for doubt in place["doubts"] if doubt)
    if not place["has_ws"]:
        return Likeness(int(place["request"]), doubts=doubts)
    return Likeness(int(place["request"]), place["ws"].copy(), tuple(place["aus"].tolist()), doubts)


def _encoded(words: str, num_bytes: int) -> bytes:
    return words.encode()[:num_bytes]


def _decoded(words: bytes) -> str:
    return words.decode(errors="ignore")  # a letter may have been cut
