"""What Renardo itself would show of a session file: its own reader, step by step.

The places are in the tag v1.0.0a10: the server's ``routes/api.py`` line 939 (strict UTF-8, universal
newlines) and ``webclient/src/CodeEditor.svelte`` lines 986-1078. That reader cuts at every run of 80 ``#``
and trims, so it is for telling people what they will see, never for history.
"""

from __future__ import annotations

import re

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.renardo.layout import as_lines_of_lf

#: A tab's name and its text.
Tab = tuple[str, str]

#: What JavaScript's ``trim`` removes; Python's ``strip`` without an argument removes other characters.
JAVASCRIPT_WHITE = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
JAVASCRIPT_WHITE += "\u2028\u2029\u202f\u205f\u3000\ufeff"

_SEPARATOR = "#" * 80
_RULE = "//" + "=" * 78
# JavaScript's dot stands for neither of these four.
_STARTUP = re.compile(f"{_RULE}\n// STARTUP_FILE: ([^\n\r\u2028\u2029]+)\n{_RULE}\n")
_NAME = re.compile("######## ([^\n\r\u2028\u2029]+)(?:\n|$)")


def trimmed(text: str) -> str:
    """As JavaScript's ``trim``."""
    return text.strip(JAVASCRIPT_WHITE)


def shown_name(name: str) -> str:
    """A buffer's name as Renardo reads it: its header is trimmed, and before the name stands ``########``."""
    return name.rstrip(JAVASCRIPT_WHITE)


def as_renardo_would(content: bytes) -> tuple[Tab, ...]:
    """The tabs after loading, startup first. Raises DamagedDocument where Renardo could not open it."""
    try:
        text = as_lines_of_lf(content).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedDocument(f"not UTF-8 at byte {error.start}: Renardo cannot open this file") from error
    startup, rest = _startup_and_rest(text)
    tabs = _tabs_of(_split(rest))
    if startup:
        tabs.insert(0, startup)
    return tuple(tabs) or (("Untitled", ""),)


def _startup_and_rest(text: str) -> tuple[Tab | None, str]:
    """The startup section ends at its first blank line, which may lie in the buffers."""
    for header in _STARTUP.finditer(text):
        end = text.find("\n\n", header.end() + 1)
        if end == -1:
            break
        startup = (header[1], text[header.end() : end])
        return startup, _cut(text, header.start(), end + 2)
    return None, text


def _cut(text: str, start: int, end: int) -> str:
    """Renardo cuts the section's length off the file's start, wherever the section was."""
    if start == 0:
        return text[end:]
    units = len(text[start:end].encode("utf-16-le"))
    return text.encode("utf-16-le")[units:].decode("utf-16-le", "surrogatepass")


def _split(text: str) -> list[str]:
    r"""As ``text.split(/\n?#{80}\n?/)``: the first separator has a line end between two, not the second."""
    pieces = text.split(_SEPARATOR)
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        begin = 1 if index > 0 and piece.startswith("\n") else 0
        end = len(piece) - 1 if index < last and piece.endswith("\n") and len(piece) > begin else len(piece)
        pieces[index] = piece[begin:end]
    return pieces


def _tabs_of(pieces: list[str]) -> list[Tab]:
    tabs: list[Tab] = []
    remaining = iter(enumerate(pieces))
    for index, raw in remaining:
        piece = trimmed(raw)
        if not piece:
            continue
        if not piece.startswith("######## "):
            tabs.append((f"Untitled {len(tabs) + 1}", piece))
            continue
        name = _NAME.match(piece)
        if name and index + 1 < len(pieces):
            tabs.append((name[1], trimmed(next(remaining)[1])))
    return tabs
