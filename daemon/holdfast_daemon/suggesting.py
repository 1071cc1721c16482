"""Where sessions may be on this machine: the applications' known places, and what a short look around finds.

Only names are looked at, and the beginnings of a few files; nothing is adopted by that.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from holdfast_daemon import layouts, surroundings
from holdfast_daemon import visible_files as files
from holdfast_daemon.elsewhere import read_text
from holdfast_daemon.formats.base import DamagedDocument, Format, Layout
from holdfast_daemon.scanning import Walk
from holdfast_daemon.sites import Site
from holdfast_protocol.model import SuggestionRow

LOOK_SECONDS = 3.0
LEVELS = 3
FOLDERS_COUNT = 5_000
#: So many files of a folder are opened to see whether an application's sessions are among them.
TRIED_FILES = 12
TRIED_BYTES = 16 * 1024 * 1024

_NOT_ENTERED = frozenset({b"node_modules", b"__pycache__", b"site-packages", b"proc", b"sys", b"dev"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A folder that an application may be given."""

    path: bytes
    app: str
    layout: str
    sessions_count: int

    def row(self, label: str | None) -> SuggestionRow:
        """As it goes out on the wire; ``label`` where it is adopted."""
        return SuggestionRow(
            path=self.path, app=self.app, layout=self.layout, sessions_count=self.sessions_count, label=label
        )  # fmt: skip


def suggestions(formats: Mapping[str, Format], environment: Mapping[str, str], folder: bytes) -> list[Suggestion]:
    """Known places first. ``folder``: where somebody works, looked at with what is above and below it."""
    home = environment.get("HOME") or os.path.expanduser("~")
    found: dict[tuple[bytes, str], Suggestion] = {}
    for form in formats.values():
        for place in form.known_places(environment, home, read_text):
            _add(found, form, os.fsencode(place))
    until = time.monotonic() + LOOK_SECONDS
    for near in _around(folder, os.fsencode(home)):
        if time.monotonic() > until:
            break
        for form in formats.values():
            for path in _places_in(form, near, until):
                _add(found, form, path)
    return [*found.values()]


def _add(found: dict[tuple[bytes, str], Suggestion], form: Format, place: bytes) -> None:
    path = os.path.realpath(place)
    if (path, form.app) in found or not os.path.isdir(path):
        return
    with contextlib.suppress(OSError):
        layout = surroundings.layout_for(form, path)
        count = _count(form, form.layouts[layout], path)
        found[path, form.app] = Suggestion(path=path, app=form.app, layout=layout, sessions_count=count)


def _places_in(form: Format, here: bytes, until: float) -> Iterator[bytes]:
    """By a folder of a telling name, or by files that the application recognises."""
    for name in form.within:
        inner = os.path.join(here, os.fsencode(name))
        if os.path.isdir(inner):
            yield inner
    recognised = [layout for layout in form.layouts.values() if layout.recognised]
    if any(_count(form, layout, here, until, enough=1) for layout in recognised):
        yield here


def _count(form: Format, layout: Layout, root: bytes, until: float | None = None, enough: int | None = None) -> int:
    """How many sessions are there, as far as was seen ``until`` then. What has to be recognised by content is tried
    for a few files only."""
    site = Site(label="", root=root, app=form.app, layout=layout)
    walk = Walk(site)
    count = tried = 0
    try:
        for _ in walk.steps():
            if until is not None and time.monotonic() > until:
                break
    except OSError:
        return 0
    for path, looks in sorted(walk.found.items()):
        whole = site.whole(path)
        if not looks and not _is_readable(whole):
            continue
        certain = layouts.is_candidate(layout, path, is_folder=False) != "recognised"
        if not certain and tried < TRIED_FILES:
            with contextlib.suppress(OSError, DamagedDocument):
                if form.begins(files.beginning_of(whole, surroundings.BEGINNING_BYTES)):
                    tried += 1
                    certain = os.path.getsize(whole) <= TRIED_BYTES and _is_recognised(form, whole)
        count += certain
        if enough is not None and count >= enough:
            break
    return count


def _is_readable(path: bytes) -> bool:
    """A regular file or a folder; no link, FIFO or the like, which is nobody's session."""
    return files.is_file(path) or (os.path.isdir(path) and not os.path.islink(path))


def _is_recognised(form: Format, path: bytes) -> bool:
    document = files.read_document(path, patient=False)
    recognition = form.recognise(document) if document else None
    return recognition is not None and recognition.certain


def _around(folder: bytes, home: bytes) -> Iterator[bytes]:
    """Somebody's folder, those above and those below it, then those below the home."""
    seen: set[bytes] = set()
    if os.path.isabs(folder):
        above = os.path.realpath(folder)
        while above != os.path.dirname(above):
            yield above
            above = os.path.dirname(above)
        yield from _below(os.path.realpath(folder), seen)
    yield from _below(os.path.realpath(home), seen)


def _below(folder: bytes, seen: set[bytes]) -> Iterator[bytes]:
    level = [folder]
    for _ in range(LEVELS + 1):
        deeper: list[bytes] = []
        for here in level:
            if here in seen or len(seen) >= FOLDERS_COUNT:
                continue
            seen.add(here)
            yield here
            with contextlib.suppress(OSError), os.scandir(here) as entries:
                deeper += sorted(entry.path for entry in entries if _is_entered(entry))
        level = deeper


def _is_entered(entry: os.DirEntry[bytes]) -> bool:
    hidden = entry.name.startswith(b".")
    return not hidden and entry.name not in _NOT_ENTERED and entry.is_dir(follow_symlinks=False)
