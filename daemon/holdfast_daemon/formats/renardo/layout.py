r"""Where the pieces of a Renardo session file lie, exact to the byte.

Renardo joins texts without escaping, but also without trimming, so a reader that goes by header triples (a
line of 80 ``#``, ``######## NAME``, a line of 80 ``#``) gets back more than Renardo's own, which trims
(renardo.md 1.5). A file whose line ends are all ``\r\n`` or all ``\r`` is read as if they were ``\n``: that
is how Renardo means it, and it can be undone. A file that mixes them is left as it is.

Renardo never writes anything before the first header, but people do: a comment, a blank line. Such a file
keeps its generation, so that nobody takes it for damage; white space there belongs to the first header, and
a text is a buffer without a name, as it is to Renardo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Newline = Literal["lf", "crlf", "cr", "mixed"]

BOM = b"\xef\xbb\xbf"
SEPARATOR = b"#" * 80
RULE = b"//" + b"=" * 78
LINE_END: dict[Newline, bytes] = {"lf": b"\n", "crlf": b"\r\n", "cr": b"\r"}

# The literal beginnings let the regex engine skip through megabytes; a lookbehind would undo that.
_END = rb"(?:\r\n|\r|\n)"
_TRIPLE = re.compile(re.escape(SEPARATOR) + _END + rb"#{8} (?P<name>[^\r\n]*)" + _END + rb"#{80}(?:\r\n|\r|\n|\Z)")
_STARTUP = re.compile(
    re.escape(RULE) + _END + rb"// STARTUP_FILE: (?P<name>[^\r\n]+)" + _END + rb"//={78}(?:\r\n|\r|\n|\Z)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One text with the header before it and the line ends that join it to the next.

    ``raw_name`` is None where the generation has no names.
    """

    kind: str
    raw_name: bytes | None
    header: bytes
    content: bytes
    joint: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """A whole file; ``line_end`` is the one that new lines get inside the text that pieces hold."""

    generation: str
    newline: Newline
    line_end: bytes
    has_bom: bool
    pieces: tuple[Piece, ...]

    @property
    def begins_with_mark(self) -> bool:
        """Whether the first line is a header's, which is how Renardo's own files are told (renardo.md 1.4)."""
        return self.pieces[0].header.startswith((RULE, SEPARATOR))

    @property
    def begins_with_text(self) -> bool:
        """Whether something without a header comes first, as in the generations without headers it always does."""
        return not self.pieces[0].header


def layout_of(document_bytes: bytes) -> Layout:
    """Never fails: what has no header is one piece of generation F0."""
    has_bom = document_bytes.startswith(BOM)
    raw = document_bytes[len(BOM) :] if has_bom else document_bytes
    newline, line_end = _newline_of(raw)
    text = as_lines_of_lf(raw) if newline in ("crlf", "cr") else raw
    generation, pieces = _pieces_of(text)
    return Layout(generation=generation, newline=newline, line_end=line_end, has_bom=has_bom, pieces=tuple(pieces))


def as_lines_of_lf(text: bytes) -> bytes:
    r"""Every line end as ``\n``: what Python's universal newlines make of it."""
    if b"\r" not in text:
        return text
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def header_of(kind: str, raw_name: bytes, line_end: bytes) -> bytes:
    """The three lines before a buffer or a startup text."""
    rule, prefix = (RULE, b"// STARTUP_FILE: ") if kind == "startup" else (SEPARATOR, b"######## ")
    return rule + line_end + prefix + raw_name + line_end + rule + line_end


def holds_triple(text: bytes) -> bool:
    """Whether a strict reader would see a buffer's header in this text."""
    return next(_headers(_TRIPLE, text, len(text)), None) is not None


def holds_startup_header(text: bytes) -> bool:
    """Whether Renardo would take this text for the startup section of a file without one."""
    return _STARTUP.search(text) is not None


def _newline_of(raw: bytes) -> tuple[Newline, bytes]:
    both = raw.count(b"\r\n")
    counts: dict[Newline, int] = {"lf": raw.count(b"\n") - both, "crlf": both, "cr": raw.count(b"\r") - both}
    used = [newline for newline, count in counts.items() if count]
    if len(used) > 1:
        return "mixed", LINE_END[max(used, key=lambda newline: counts[newline])]
    return (used[0] if used else "lf"), b"\n"


def _pieces_of(text: bytes) -> tuple[str, list[Piece]]:
    triples = list(_headers(_TRIPLE, text, len(text)))
    end = triples[0].start() if triples else len(text)
    startup = next(_headers(_STARTUP, text, end), None)
    begin = startup.start() if startup else end
    lead = text[:begin]
    if lead.strip() and (not triples or _joint_in(lead) in lead):
        return _unnamed(text)
    blank = b"" if lead.strip() else lead
    pieces = [_piece(None, b"", lead, 1)] if lead.strip() else []
    if startup:
        pieces.append(_piece(startup["name"], blank + startup[0], text[startup.end() : end], 2, kind="startup"))
        return "F3", [*pieces, *_named(text, triples, b"")]
    if triples:
        return "F2", [*pieces, *_named(text, triples, blank)]
    return _unnamed(text)


def _piece(raw_name: bytes | None, header: bytes, between: bytes, line_ends: int, kind: str = "buffer") -> Piece:
    """``between`` is all up to the next header: the text, then the ``line_ends`` that join it to that."""
    content, joint = _without_line_ends(between, line_ends)
    return Piece(kind=kind, raw_name=raw_name, header=header, content=content, joint=joint)


def _headers(pattern: re.Pattern[bytes], text: bytes, end: int) -> Iterator[re.Match[bytes]]:
    """Those before ``end`` that begin a line, the earlier one where two overlap."""
    position = 0
    while match := pattern.search(text, position, end):
        if _begins_line(text, match.start()):
            yield match
            position = match.end()
        else:  # the end of a longer line; a true header may begin inside of the match
            position = match.start() + 1


def _begins_line(text: bytes, place: int) -> bool:
    return place == 0 or text[place - 1 : place] in (b"\n", b"\r")


def _named(text: bytes, triples: list[re.Match[bytes]], blank: bytes) -> list[Piece]:
    """``blank`` is the white space before the first header."""
    ends = [*(triple.start() for triple in triples), len(text)][1:]
    return [
        _piece(
            triple["name"],
            triple[0] if triple is not triples[0] else blank + triple[0],
            text[triple.end() : end],
            0 if triple is triples[-1] else 1,
        )
        for triple, end in zip(triples, ends, strict=True)
    ]


def _joint_in(text: bytes) -> bytes:
    """What stands between two buffers without names; in a file of mixed line ends the ones that it has."""
    joint = b"\n" + SEPARATOR + b"\n\n"
    return joint.replace(b"\n", b"\r\n") if b"\r" in text and joint not in text else joint


def _unnamed(text: bytes) -> tuple[str, list[Piece]]:
    joint = _joint_in(text)
    texts = text.split(joint)
    joints = [joint] * (len(texts) - 1) + [b""]
    pieces = [
        Piece(kind="buffer", raw_name=None, header=b"", content=content, joint=between)
        for content, between in zip(texts, joints, strict=True)
    ]
    return ("F1" if len(pieces) > 1 else "F0"), pieces


def _without_line_ends(text: bytes, count: int) -> tuple[bytes, bytes]:
    """The text without its last ``count`` line ends, and those line ends."""
    end = len(text)
    for _ in range(count):
        if text.endswith(b"\r\n", 0, end):
            end -= 2
        elif text.endswith((b"\r", b"\n"), 0, end):
            end -= 1
    return text[:end], text[end:]
