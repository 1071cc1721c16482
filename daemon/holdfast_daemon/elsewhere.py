"""Whether an application keeps its sessions somewhere else by now than where its adopted folder is."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from holdfast_daemon.formats.base import Format
from holdfast_daemon.sites import Site

SETTINGS_BYTES = 4 * 1024 * 1024


def moved_on(sites: Sequence[Site], formats: Mapping[str, Format], environment: Mapping[str, str]) -> list[str]:
    """A sentence for each application none of whose known places is watched, though a folder of it was adopted: its
    user has set another one. Nothing is adopted by that. Reads the applications' settings."""
    home = environment.get("HOME") or os.path.expanduser("~")
    said = []
    for app in sorted({site.app for site in sites if site.app is not None}):
        form = formats.get(app)
        roots = {site.root for site in sites if site.app == app}
        known = [] if form is None else form.known_places(environment, home, read_text)
        places = [path for path in (os.path.realpath(os.fsencode(place)) for place in known) if os.path.isdir(path)]
        if places and roots.isdisjoint(places):
            place = places[0].decode(errors="backslashreplace")
            said.append(
                f"{app} keeps its sessions in {place!r} now, which is not watched: holdfast folder add does that"
            )  # fmt: skip
    return said


def read_text(path: str) -> str | None:
    """What ``known_places`` opens settings with: None for what is no regular file (a FIFO would be waited for without
    end), or cannot be read as text."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8") as source:
            return source.read(SETTINGS_BYTES)
    except (OSError, UnicodeDecodeError, ValueError):
        return None
