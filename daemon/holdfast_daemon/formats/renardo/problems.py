r"""What Renardo would not hold, said per part and before anything is written (renardo.md 1.3 and 1.6).

Two severities: a *refusal* is a part that Renardo would split, rename or drop; a *loss* is a part that comes
back changed, mostly trimmed, as every part does that ends in a line end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.renardo.layout import (
    SEPARATOR,
    as_lines_of_lf,
    holds_startup_header,
    holds_triple,
)
from holdfast_daemon.formats.renardo.shown import shown_name, trimmed

#: A part's key and a sentence for people.
Problem = tuple[str, str]


def problems(parts: Sequence[Part]) -> list[Problem]:
    """Refusals, then losses."""
    return refusals(parts) + losses(parts)


def refusals(parts: Sequence[Part]) -> list[Problem]:
    """What would be split, renamed or dropped."""
    found = [(part.key, sentence) for part in parts for sentence in _of_name(part)]
    has_startup = any(part.kind == "startup" for part in parts)
    for index, part in enumerate(parts):
        if part.kind == "startup":
            found.extend((part.key, sentence) for sentence in _of_startup(part, index))
        elif part.kind == "buffer":
            found.extend((part.key, sentence) for sentence in _of_buffer(part, has_startup))
        else:
            found.append((part.key, f"a session file holds buffers and a startup text, not a {part.kind}"))
    return found


def losses(parts: Sequence[Part]) -> list[Problem]:
    """What comes back changed although it is held."""
    return [(part.key, sentence) for part in parts for sentence in _lost_of(part, part.content)]


def losses_that_matter(parts: Sequence[Part]) -> list[Problem]:
    """The same but for the line ends at a text's end, which nearly every text has and nobody misses."""
    return [(part.key, sentence) for part in parts for sentence in _lost_of(part, part.content.rstrip(b"\r\n"))]


def _of_name(part: Part) -> Iterator[str]:
    if not trimmed(part.name):
        yield "the name is empty"
    if any(character in part.name for character in "\r\n\u2028\u2029"):
        yield "the name is more than one line"
    if part.kind == "buffer" and "#" * 80 in part.name:
        yield "the name holds 80 or more # in a row, where Renardo would cut"
    if any("\ud800" <= character <= "\udfff" for character in part.name):
        yield "the name is not valid Unicode"


def _of_buffer(part: Part, has_startup: bool) -> Iterator[str]:
    if SEPARATOR in part.content:
        yield "the text holds 80 or more # in a row, where Renardo would cut it"
    if not has_startup and holds_startup_header(part.content):
        yield "the text holds a startup header, which Renardo would take for the session's own"


def _of_startup(part: Part, index: int) -> Iterator[str]:
    if index:
        yield "the startup text comes first, and there is one only"
    text = as_lines_of_lf(part.content)
    if not text:
        yield "the startup text is empty: Renardo would read on into the buffers; one space would do"
    elif shown_startup(text).rstrip(b"\n") != text.rstrip(b"\n"):
        yield "the startup text has a blank line, where Renardo would cut it; a space on it would do"
    if holds_triple(part.content):
        yield "the startup text holds a buffer's header"


def shown_startup(text: bytes) -> bytes:
    r"""What Renardo keeps of a startup text with ``\n`` line ends: all before the first blank line."""
    closed = text + b"\n\n"
    return closed[: closed.find(b"\n\n", 1)]


def _lost_of(part: Part, content: bytes) -> Iterator[str]:
    """``content``: as much of the part's as is asked about."""
    if part.kind == "buffer" and part.name != shown_name(part.name):
        yield "Renardo drops white space after the name"
    if b"\r" in part.content:
        yield r"Renardo turns every line end into \n"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        yield f"the text is not UTF-8 at byte {error.start}: Renardo cannot open the file"
        return
    if part.kind == "buffer" and text != trimmed(text):
        yield "Renardo trims white space before and after the text"
    if part.kind == "startup" and text.endswith(("\n", "\r")):
        yield "Renardo drops line ends after the startup text"
