"""Where a show hangs: the site that it is for, and what that says of it. Without PyTorch."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import tzlocal

from installation.errors import InputError
from installation.notation.problems import problem_at
from installation.options import Show
from installation.site import Site
from installation.texts import own_site_path, read_site
from installation.wording import say


def place_of(show: Show, default_zone: ZoneInfo) -> Site:
    """The place that a show is for; what is doubtful about it is said."""
    site = read_site(show.site, default_zone)
    for warning in site.warnings:
        say(str(warning))
    return site


def own_site() -> Path | None:
    """The site.yaml in the user's configuration folder, if there is one."""
    path = own_site_path()
    if not path.is_file():
        return None
    say(f"the place is that of {path}")
    return path


def shown_at(site: Site, show: Show, said: Collection[str]) -> Show:
    """What is shown, with the site's in the place of what the command line leaves open.

    Raises:
        InputError: a file that the site names is not there, told at its line.
    """
    if show.site is None:
        return show
    files = files_of(site, show.site)
    if "weights" in files and "weights" not in said:
        show = replace(show, weights=files["weights"])
    if "choreography" in files and "choreography" not in said:
        show = replace(show, choreography=files["choreography"])
    return replace(show, host=files.get("person", site.person if isinstance(site.person, int) else None))


def files_of(site: Site, path: Path) -> dict[str, Path]:
    """The files that a site.yaml names, by their keys; paths are taken from its own folder.

    Raises:
        InputError: those that are not there, each told at its line.
    """
    named = {"weights": site.weights, "choreography": site.choreography, "person": site.person}
    files = {key: path.parent / name for key, name in named.items() if isinstance(name, str)}
    faults = [
        problem_at(
            str(path), place, f"no such file: {files[key]}; paths are taken from the folder of this file"
        )
        for key, place in site.places.items()
        if key in files and not files[key].is_file()
    ]
    if faults:
        raise InputError("\n".join(map(str, faults)))
    return files


def here() -> ZoneInfo:
    """The timezone of this machine, where no site says another."""
    return tzlocal.get_localzone()
