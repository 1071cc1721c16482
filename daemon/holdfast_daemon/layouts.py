"""Which relative paths of a watched folder belong to which session: the patterns of its layout, met. Pure.

A path is raw bytes, relative to the folder's root, ``/`` between its components and none empty; ``b""`` is the root.
Names need not be UTF-8: a byte that is not is met as one character. What the daemon itself puts there is nobody's.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import call
from typing import Literal, NamedTuple

from holdfast_daemon.formats.base import Layout
from holdfast_daemon.formats.trees import TEMPORARY

#: Below an application's folder in the sessions folder: where its archived sessions are.
ARCHIVE = "archived"

#: The sessions folder: ``APP/LEAF`` and ``APP/archived/LEAF``, a file or a folder; what is hidden beside the
#: applications' folders is nobody's.
SESSIONS = Layout(
    files=("*/*", f"*/{ARCHIVE}/*"),
    folders=("*/*", "*/.*", f"*/{ARCHIVE}/*", f"*/{ARCHIVE}/.*"),
    passed=(f"*/{ARCHIVE}",),
)

#: Whether a file there is a session whatever it holds, or only where its format recognises it.
Candidate = Literal["certain", "recognised"]

#: What editors put beside a file for as long as they have it open: Vim, Emacs, GLib. Nobody's session.
_FLEETING = re.compile(rb"\..*\.sw[a-px]|4913|\.#.*|#.*#|\.goutputstream-.*", re.DOTALL)


def session_path(layout: Layout, path: bytes) -> bytes | None:
    """The session that this path is, or would be, or lies in; None for what belongs to none. A path alone does not
    tell a file from a folder: what is a folder may be skipped nevertheless, and ``is_candidate`` says which of the two
    may be the session."""
    names = _names(path)
    patterns = _patterns(layout)
    if names is None or patterns.skip(names[:-1]):
        return None
    depth = patterns.depth_of_folder(names)
    if depth is not None:
        return path if depth == len(names) else b"/".join(path.split(b"/", depth)[:depth])
    is_file = _any_meets(patterns.files, names) or _any_meets(patterns.recognised, names)
    return path if is_file else None


def is_candidate(layout: Layout, path: bytes, *, is_folder: bool) -> Candidate | None:
    """Whether what lies there, a folder or a regular file, may be a session itself, and on which condition."""
    names = _names(path)
    patterns = _patterns(layout)
    if names is None or patterns.skip(names if is_folder else names[:-1]):
        return None
    depth = patterns.depth_of_folder(names)
    if is_folder:
        return "certain" if depth == len(names) else None
    if depth is not None and depth < len(names):
        return None
    if _any_meets(patterns.files, names):
        return "certain"
    return "recognised" if _any_meets(patterns.recognised, names) else None


def is_folder_session(layout: Layout, path: bytes) -> bool:
    """Whether a folder there is a session."""
    return is_candidate(layout, path, is_folder=True) is not None


def enters(layout: Layout, folder: bytes) -> bool:
    """Whether sessions, or files of one, may lie in this folder or below it: then it is walked, and watched."""
    names = _names(folder)
    patterns = _patterns(layout)
    if names is None or patterns.skip(names):
        return False
    return not names or patterns.depth_of_folder(names) is not None or patterns.lead_on(names)


def is_fleeting(leaf: bytes) -> bool:
    """Whether a file of this name is an editor's, there for as long as it has another one open."""
    return _FLEETING.fullmatch(leaf) is not None


#: Says whether a component is met.
_Meets = Callable[[str], object]
_Pattern = tuple[_Meets, ...]


class _Patterns(NamedTuple):
    """A layout, made ready. ``folders``: the shorter first, as the outermost folder has all that is below it."""

    files: tuple[_Pattern, ...]
    recognised: tuple[_Pattern, ...]
    folders: tuple[_Pattern, ...]
    passed: tuple[_Pattern, ...]
    skipped: tuple[_Pattern, ...]
    skipped_names: tuple[_Meets, ...]

    def depth_of_folder(self, names: Sequence[str]) -> int | None:
        """How many of the components are the folder that is a session and holds the rest; None where none does."""
        for pattern in self.folders:
            depth = len(pattern)
            if depth <= len(names) and _meets(pattern, names) and not _any_meets(self.passed, names[:depth]):
                return depth
        return None

    def lead_on(self, names: Sequence[str]) -> bool:
        """Whether a longer path that begins so is met."""
        longer = (pattern for pattern in (*self.files, *self.recognised, *self.folders) if len(pattern) > len(names))
        return any(_meets(pattern, names) for pattern in longer)

    def skip(self, folders: Sequence[str]) -> bool:
        """Whether the folder of these components, or one that it lies in, is skipped."""
        for pattern in self.skipped:
            if len(pattern) <= len(folders) and _meets(pattern, folders):
                return True
        return any(meets(name) for meets in self.skipped_names for name in folders)


@lru_cache(maxsize=256)
def _patterns(layout: Layout) -> _Patterns:
    folders = sorted((_pattern(each, of_folders=True) for each in layout.folders), key=len)
    return _Patterns(
        files=tuple(_pattern(each) for each in layout.files),
        recognised=tuple(_pattern(each) for each in layout.recognised),
        folders=((),) if layout.whole else tuple(folders),
        passed=tuple(_pattern(each, of_folders=True) for each in layout.passed),
        skipped=tuple(tuple(map(_component, each.split("/"))) for each in layout.skipped if "/" in each),
        skipped_names=tuple(_component(each) for each in layout.skipped if "/" not in each),
    )


def _pattern(said: str, *, of_folders: bool = False) -> _Pattern:
    """All components name folders but the last, which does so ``of_folders`` only."""
    *folders, last = said.split("/")
    return (*(_component(each, no_hidden=True) for each in folders), _component(last, no_hidden=of_folders))


def _component(said: str, *, no_hidden: bool = False) -> _Meets:
    """``no_hidden``: a hidden name is met by a component only that begins with a dot too."""
    guard = r"(?!\.)" if no_hidden and not said.startswith(".") else ""
    return re.compile(guard + fnmatch.translate(said)).match


def _meets(pattern: _Pattern, names: Sequence[str]) -> bool:
    """Whether they agree as far as the shorter goes."""
    return all(map(call, pattern, names))


def _any_meets(patterns: Sequence[_Pattern], names: Sequence[str]) -> bool:
    return any(len(pattern) == len(names) and _meets(pattern, names) for pattern in patterns)


def _names(path: bytes) -> list[str] | None:
    """The components as text; None where the daemon itself has made what one of them names."""
    if TEMPORARY in path and any(name.startswith(TEMPORARY) for name in path.split(b"/")):
        return None
    return path.decode("utf-8", "surrogateescape").split("/") if path else []
