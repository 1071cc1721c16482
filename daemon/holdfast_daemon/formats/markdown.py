"""Markdown that shows what it was made of, whatever that holds: no content ends its own fence, cell or heading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from holdfast_daemon.formats.base import Part, Reading

_SHORTEST_FENCE = 3
#: What Markdown or HTML would obey within a line.
_OBEYED = re.compile(r"([\\`*_{}\[\]<>#|~&])")
_LINES = re.compile(r"[\r\n\u2028\u2029\x00-\x1f\x7f]+")


def page(*pieces: str) -> bytes:
    """All of them, one behind the other."""
    return ("".join(pieces).rstrip("\n") + "\n").encode()


def fenced(text: str, language: str = "") -> str:
    """A block of code, with a fence that is longer than any in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(_SHORTEST_FENCE, longest + 1)
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{fence}{language}\n{text}{end}{fence}\n"


def inline(text: str) -> str:
    """One line that reads as the text does."""
    return _OBEYED.sub(r"\\\1", _LINES.sub(" ", text)).strip()


def heading(level: int, text: str) -> str:
    """With an empty line behind it."""
    return f"{'#' * level} {inline(text)}\n\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Nothing where there are no rows; a value that is None is an empty cell."""
    lines = ["| " + " | ".join("" if cell is None else inline(str(cell)) for cell in row) + " |\n" for row in rows]
    if not lines:
        return ""
    return "".join([f"| {' | '.join(columns)} |\n", f"|{' --- |' * len(columns)}\n", *lines, "\n"])


def facts_table(reading: Reading) -> str:
    """What the format knows of the whole."""
    recognition = reading.recognition
    known = {"generation": recognition.generation, "writer": recognition.writer, **reading.facts}
    return table(("", ""), [(name, value) for name, value in known.items() if value not in (None, "")])


def blocks(parts: Iterable[tuple[Part, str, str]]) -> str:
    """Each part as code under its name, of its text and language; one without text says how large it is."""
    found = []
    for part, text, language in parts:
        content = fenced(text, language) if text or not part.content else f"{len(part.content):,} bytes\n"
        found.append(f"{heading(2, part.name)}{content}\n")
    return "".join(found)
