"""How values are said: exactly for programs, shortly for people."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast_protocol.model import Ref, SessionRow

_NANOSECONDS = 1_000_000_000
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
#: What a shell takes as it is.
_HARMLESS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_"
_AGES = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def iso_time(nanoseconds: int) -> str:
    """ISO 8601 in UTC with microseconds: ``2026-11-21T14:32:05.123456Z``."""
    seconds, rest = divmod(nanoseconds, _NANOSECONDS)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest // 1000:06d}Z"


def local_time(nanoseconds: int) -> str:
    """The day and minute on this machine's clock: ``2026-11-21 15:32``."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(nanoseconds // _NANOSECONDS))


def when(nanoseconds: int, *, to_terminal: bool) -> str:
    """For a person's eye, or for the next program of a pipe."""
    return local_time(nanoseconds) if to_terminal else iso_time(nanoseconds)


def ago(nanoseconds: int, *, to_terminal: bool) -> str:
    """``3 min ago`` for a person's eye, the time for the next program of a pipe."""
    if not to_terminal:
        return iso_time(nanoseconds)
    seconds = max(0, time.time_ns() - nanoseconds) // _NANOSECONDS
    unit, length = next(((unit, length) for unit, length in _AGES if seconds >= length), _AGES[-1])
    return f"{seconds // length} {unit} ago"


def size(size_bytes: int, *, to_terminal: bool) -> str:
    """``3.4 MiB`` for a person's eye, the number of bytes for the next program of a pipe."""
    if not to_terminal:
        return str(size_bytes)
    value, unit = float(size_bytes), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{size_bytes} B"


def fact(value: str | int | bool | None) -> str:
    """What a format says about a document."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def path_text(path: bytes) -> str:
    """A path as text; bytes that are not UTF-8 are written out (``\\xff``)."""
    return path.decode(errors="backslashreplace")


def shell_word(path: bytes) -> str:
    """What to type for this path: in quotes where a shell would split or obey it, and with what cannot be typed, or
    would not be seen, written out (``$'\\xff'``)."""
    try:
        text = path.decode()
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or not text:
        return "$'" + "".join(chr(each) if chr(each) in _HARMLESS else f"\\x{each:02x}" for each in path) + "'"
    if all(sign in _HARMLESS or not sign.isascii() for sign in text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def title(session: SessionRow) -> str:
    """What to type for this session: ``APP/NAME``."""
    return f"{session.app}/{session.name}"


def reference_text(ref: Ref) -> str:
    """The session of a reference as it was typed."""
    return f"{ref.app}/{ref.name}" if ref.app else ref.name


def marks(session: SessionRow) -> str:
    """What is not ordinary about a session, in words."""
    said = ("suspect", "diverged", "deleted", "archived", "template")
    words = [word for word in said if getattr(session, word)]
    words += ["fork"] if session.forked_from else []
    return ",".join(words) or "-"
