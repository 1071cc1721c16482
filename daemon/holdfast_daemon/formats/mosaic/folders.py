"""Where sessions of Mosaic lie: wherever its user saved them, among data of any size; and which it remembers.

Its recent files are in its settings (``src/mosaic/settings.py``: ``QSettings("Mosaic")``, ``ui/recent_files``). On
Linux that is a text file of Qt's own making, as 1.3.2 was seen to write it: several files are texts between commas; one
alone is a list in Qt's stream of version 4.0.
"""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Iterator, Mapping

from holdfast_daemon.formats.base import Layout, ReadText
from holdfast_daemon.formats.mosaic.session import has_mark
from holdfast_daemon.formats.mosaic.wrapping import STATE, begins_as_indexed

LAYOUTS = {"sessions": Layout(recognised=("*",))}

_SUFFIXES = (".pickle", ".mosaic")
_RECENT = re.compile(r"^\[ui\]$(?:\n(?!\[).*)*?\nrecent_files=(.*)$", re.MULTILINE)
_ONE = re.compile(r'"?@Variant\((.*)\)"?', re.DOTALL)
_TEXT = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^",\\]|\\.)+))\s*(?:,|$)', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,6})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
#: A list of one text: the types of both, and how many there are.
_LIST_OF_ONE = struct.pack(">III", 9, 1, 10)


def begins(beginning: bytes) -> bool:
    """As a pickle that soon has the mark of Mosaic's container, or with an index that names the pickle: where a
    thumbnail comes first, the mark may be far behind."""
    if beginning[:1] == b"\x80":
        return has_mark(beginning)
    return begins_as_indexed(beginning) and (has_mark(beginning) or f'"{STATE}"'.encode() in beginning)


def known_places(environment: Mapping[str, str], home: str, read_text: ReadText) -> Iterator[str]:
    """The folders of the sessions that were open lately, each once."""
    settings = environment.get("XDG_CONFIG_HOME") or posixpath.join(home, ".config")
    found = _RECENT.search(read_text(posixpath.join(settings, "Mosaic.conf")) or "")
    files = _texts(found[1]) if found else []
    yield from dict.fromkeys(posixpath.dirname(file) for file in files if file.endswith(_SUFFIXES))


def _texts(value: str) -> list[str]:
    one = _ONE.fullmatch(value)
    if one is None:
        return [_unescaped(match[1] or match[2] or "") for match in _TEXT.finditer(value)]
    packed = _unescaped(one[1]).encode("latin-1", "replace")
    if not packed.startswith(_LIST_OF_ONE):
        return []
    return [packed[len(_LIST_OF_ONE) + 4 :].decode("utf-16-be", "replace")]


def _unescaped(text: str) -> str:
    """Without the backslashes of Qt's text files."""
    return _ESCAPE.sub(_letter, text)


def _letter(escape: re.Match[str]) -> str:
    if escape[1] or escape[2]:
        code = int(escape[1], 16) if escape[1] else int(escape[2], 8)
        return chr(code) if code <= 0x10FFFF else "\ufffd"
    return _LETTERS.get(escape[3], escape[3])
