"""Where sessions of IGV lie: wherever its user saved them, among data of any size; and its autosaves (igv.md 2).

Its own folder is ``~/igv``, or where the user moved it to: Java keeps that among its preferences
(``DirectoryManager.java``, ``igvDir``); one named with ``--igvDirectory`` is told nobody. In it are ``autosave`` and
``prefs.properties``, which names the last sessions (``prefs/Constants.java``, ``IGV.Session.recent.sessions``).
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator

from holdfast_daemon.formats.base import Layout, ReadText

_AUTOSAVES = ("exit_session_autosave.*", "session_autosave*.*")
#: IGV writes its autosaves in place, after it has made them empty; a timed one is gone as soon as the next is there.
LAYOUTS = {
    "sessions": Layout(
        files=(*_AUTOSAVES, *(f"autosave/{name}" for name in _AUTOSAVES)),
        recognised=("*.[Xx][Mm][Ll]", "*.[Jj][Ss][Oo][Nn]", "*.xml.gz", "*.session"),
    )
}

#: Of IGV 2, and of IGV 3.
_NODES = ("org/broad/igv", "org/igv")
_MOVED = re.compile(r'<entry\s+key="igvDir"\s+value="([^"]*)"')
_RECENT = re.compile(r"^IGV\.Session\.recent\.sessions=(.*)$", re.MULTILINE)


def known_places(home: str, read_text: ReadText) -> Iterator[str]:
    """The folders of autosaves, and those of the sessions that were open lately, each once."""
    own_folders = [*dict.fromkeys([*_moved_to(home, read_text), posixpath.join(home, "igv")])]
    yield from (posixpath.join(folder, "autosave") for folder in own_folders)
    files = [file for folder in own_folders for file in _recent_in(folder, read_text)]
    yield from dict.fromkeys(posixpath.dirname(file) for file in files if posixpath.isabs(file))


def _moved_to(home: str, read_text: ReadText) -> Iterator[str]:
    for node in _NODES:
        found = _MOVED.search(read_text(posixpath.join(home, ".java/.userPrefs", node, "prefs.xml")) or "")
        if found:
            yield html.unescape(found[1])


def _recent_in(folder: str, read_text: ReadText) -> list[str]:
    """Paths, and URLs, which are no places."""
    found = _RECENT.search(read_text(posixpath.join(folder, "prefs.properties")) or "")
    return found[1].strip().split(";") if found else []
