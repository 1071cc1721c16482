"""What looks like damage in a session file: what Renardo 1.0.0a10 does to one that it loads and saves (renardo.md 3.4),
and what is left where it stops in the middle of writing, as it empties the file first (3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast_daemon.formats.base import Part, Reading
from holdfast_daemon.formats.renardo.layout import as_lines_of_lf, header_of

_NAMED = ("F2", "F3")


def session_suspicion(old: Reading, new: Reading) -> str | None:
    """Buffers with text before, and now none, or none that has text, or no headers, or a beginning of it all."""
    had, has = _buffers(old), _buffers(new)
    texts = sum(bool(part.content.strip()) for part in had)
    if not texts:
        return None
    if not has:
        left = "only the startup section is left" if new.parts else "nothing is left"
        return f"{left} of a session that had {texts} buffers with text"
    if not any(part.content.strip() for part in has):
        return f"every buffer is empty, and {texts} had text"
    if old.recognition.generation not in _NAMED:
        return None
    if new.recognition.generation not in _NAMED:
        return "the headers of a session with named buffers are gone"
    return _cut_off(had, has)


def _buffers(reading: Reading) -> list[Part]:
    return [part for part in reading.parts if part.kind == "buffer"]


def _cut_off(had: Sequence[Part], has: Sequence[Part]) -> str | None:
    """That the file ends within a buffer, or a header, that others followed. Where it ends between two buffers
    somebody may have closed the rest, and where it ends in the last one, shortened it."""
    if len(has) >= len(had):
        return None
    *same, (name, last) = map(_told, has)
    *before, (was_name, was) = map(_told, had[: len(has)])
    if same != before or name != was_name:
        return None
    header = header_of("buffer", had[len(has)].name.encode("utf-8", "replace"), b"\n")
    is_beginning = (was + b"\n" + header).startswith(last)
    if not is_beginning or last.rstrip() == was.rstrip():
        return None
    return f"it is cut off in or behind buffer {name}, and {len(had) - len(has)} that followed are gone"


def _told(part: Part) -> tuple[str, bytes]:
    """Name and text; a file that is cut between the two bytes of a line end seems to mix several kinds."""
    return part.name, as_lines_of_lf(part.content)
