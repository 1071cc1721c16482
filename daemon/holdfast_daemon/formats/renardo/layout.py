r"""Where the pieces of a Renardo session file lie, exact to the byte.

Renardo joins texts without escaping, but also without trimming, so a reader that goes by header triples (a
line of 80 ``#``, ``######## NAME``, a line of 80 ``#``) gets back more than Renardo's own, which trims
(renardo.md 1.5). A file whose line ends are all ``\r\n`` or all ``\r`` is read as if they were ``\n``: that
is how Renardo means it, and it can be undone. A file that mixes them is left as it is.
"""

from __future__ import annotations

import re
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
    return next(iter(_triples(text)), None) is not None


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
    startup = _STARTUP.match(text)
    triples = _triples(text)
    if startup:
        end = triples[0].start() if triples else len(text)
        content, joint = _without_line_ends(text[startup.end() : end], 2)
        first = Piece(kind="startup", raw_name=startup["name"], header=startup[0], content=content, joint=joint)
        return "F3", [first, *_named(text, triples)]
    if triples and triples[0].start() == 0:
        return "F2", _named(text, triples)
    return _unnamed(text)


def _triples(text: bytes) -> list[re.Match[bytes]]:
    return [
        match
        for match in _TRIPLE.finditer(text)
        if match.start() == 0 or text[match.start() - 1 : match.start()] in (b"\n", b"\r")
    ]


def _named(text: bytes, triples: list[re.Match[bytes]]) -> list[Piece]:
    pieces = []
    ends = [*(triple.start() for triple in triples), len(text)]
    for triple, end in zip(triples, ends[1:], strict=True):
        between = text[triple.end() : end]
        content, joint = (between, b"") if triple is triples[-1] else _without_line_ends(between, 1)
        pieces.append(Piece(kind="buffer", raw_name=triple["name"], header=triple[0], content=content, joint=joint))
    return pieces


def _unnamed(text: bytes) -> tuple[str, list[Piece]]:
    joint = b"\n" + SEPARATOR + b"\n\n"
    if b"\r" in text:
        joint = joint.replace(b"\n", b"\r\n") if joint not in text else joint
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
