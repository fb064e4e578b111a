"""The files that people write, choreographies and sites, to objects: without weights, and without PyTorch."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import platformdirs

from installation.errors import InputError
from installation.notation import document
from installation.notation.problems import InvalidScore
from installation.notation.site_file import is_choreography, is_site, parse_site
from installation.score.hours import Hours
from installation.site import Site
from models.action_units import ACTION_UNITS
from models.controls import CONTROLS

# Where no site says where: a recording of 18:00 is one of 18:00 anywhere.
REPRODUCIBLE: Final = ZoneInfo("UTC")
LONGEST_BYTES: Final = 2**26


def read_score(
    path: Path,
    units: Collection[int] = ACTION_UNITS,
    controls: Collection[str] = CONTROLS,
    hours: Hours | None = None,
    today: date | None = None,
) -> document.Reading:
    """Read and check a score; `units` and `controls` are those that the weights at hand have learned, and
    `hours` those of the place where it is to be played from `today` on.

    Raises:
        InputError: every fault of the file, `file:line:col: path: message`, one a line.
    """
    return score_in(read_text_file(path), path, units, controls, hours, today)


def score_in(
    raw: bytes,
    path: Path,
    units: Collection[int] = ACTION_UNITS,
    controls: Collection[str] = CONTROLS,
    hours: Hours | None = None,
    today: date | None = None,
) -> document.Reading:
    """As `read_score`, of the bytes that were read from `path`."""
    try:
        return document.read_choreography(raw, str(path), units, controls, hours, today)
    except InvalidScore as invalid:
        if is_site(raw):
            raise InputError(f"{path}: this is a place, not a choreography; write --site {path}") from None
        raise InputError(str(invalid)) from None


def read_site(path: Path | None, default_zone: ZoneInfo) -> Site:
    """Read and check a site.yaml; without one, a place in that zone that is always open.

    Raises:
        InputError: every fault of the file.
    """
    if path is None:
        return Site(Hours.always(default_zone))
    return site_in(read_text_file(path), path, default_zone)


def site_in(raw: bytes, path: Path, default_zone: ZoneInfo) -> Site:
    """As `read_site`, of the bytes that were read from `path`."""
    try:
        return parse_site(raw, str(path), default_zone)
    except InvalidScore as invalid:
        if is_choreography(raw):
            raise InputError(
                f"{path}: this is a choreography, not a place; write it without --site"
            ) from None
        raise InputError(str(invalid)) from None


def own_site_path() -> Path:
    """The site.yaml in the user's configuration folder, whether or not it is there."""
    return platformdirs.user_config_path("living-portrait") / "site.yaml"


def read_text_file(path: Path) -> bytes:
    """
    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_BYTES)  # whoever parses it refuses less; a device has no end
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a file that is there") from None
