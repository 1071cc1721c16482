"""A session file as parts, with what Renardo's own reader would make of it as warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from holdfast_daemon.formats.base import DamagedDocument, Part, Reading, Recognition
from holdfast_daemon.formats.changes import count_lines
from holdfast_daemon.formats.renardo.layout import Layout, Piece, as_lines_of_lf, layout_of
from holdfast_daemon.formats.renardo.problems import refusals, shown_startup
from holdfast_daemon.formats.renardo.shown import Tab, as_renardo_would, shown_name, trimmed

#: By generation: is it concluded from the bytes alone, and is that conclusion worth choosing Renardo for.
INFERRED = {"F0": True, "F1": True, "F2": False, "F3": False}
CERTAIN = {"F0": False, "F1": True, "F2": True, "F3": True}

#: A file full of separators would otherwise warn without end.
MOST_WARNINGS = 100


def recognition_of(layout: Layout) -> Recognition:
    """No generation says which version of Renardo wrote it. A header further down is a conclusion, not a mark."""
    generation = layout.generation
    is_headed = generation in ("F2", "F3")
    return Recognition(
        generation=generation,
        inferred=INFERRED[generation] or (is_headed and not layout.begins_with_mark),
        certain=CERTAIN[generation] and not (generation == "F2" and layout.begins_with_text),
    )


def read_session(content: bytes) -> Reading:
    """Every part exact to the byte, line ends apart; never fails."""
    layout = layout_of(content)
    parts = parts_of(layout)
    startup = next((part.name for part in parts if part.kind == "startup"), None)
    return Reading(
        recognition=recognition_of(layout),
        parts=parts,
        facts={
            "buffers": sum(part.kind == "buffer" for part in parts),
            "newline": layout.newline,
            "startup": startup,
            "byte_order_mark": layout.has_bom,
        },
        warnings=tuple(islice(_warnings(content, parts, layout.generation), MOST_WARNINGS)),
    )


def parts_of(layout: Layout) -> tuple[Part, ...]:
    """Keys by place, since names repeat: every buffer of 1.0.0a10 is called Untitled."""
    parts = []
    number = 0
    for piece in layout.pieces:
        number += piece.kind == "buffer"
        key = "startup" if piece.kind == "startup" else f"buffer-{number}"
        facts = {"lines": count_lines(piece.content), "size_bytes": len(piece.content)}
        name = _name_of(piece, number)
        parts.append(Part(key=key, name=name, kind=piece.kind, content=piece.content, facts=facts))
    return tuple(parts)


def _name_of(piece: Piece, number: int) -> str:
    """Valid Unicode whatever the bytes; a buffer without a name gets the one that Renardo would give."""
    if piece.raw_name is None:
        return f"Untitled {number}"
    return piece.raw_name.decode("utf-8", "backslashreplace")


def _warnings(content: bytes, parts: tuple[Part, ...], generation: str) -> Iterator[str]:
    try:
        shown = as_renardo_would(content)
    except DamagedDocument as error:
        yield str(error)
        return
    named = generation in ("F2", "F3")
    missing = Counter(shown)
    if not named:
        missing = Counter(("", text) for _, text in shown)
    reasons: dict[str, str] = {}
    for key, sentence in refusals(parts):
        reasons.setdefault(key, sentence)
    for part in parts:
        tab = _expected_tab(part, named)
        if missing[tab]:
            missing[tab] -= 1
        elif named or tab[1]:
            reason = reasons.get(part.key, "what stands before it is read otherwise")
            yield f"{part.kind} {part.name}: Renardo shows something else: {reason}"
    for name, text in missing.elements():
        if named or text:
            yield f"Renardo shows a tab {name or 'of its own'} that is no part of this session: {_glimpse(text)}"


def _expected_tab(part: Part, named: bool) -> Tab:
    """What Renardo shows where it reads the part whole; that it trims is no difference."""
    text = as_lines_of_lf(part.content)
    if part.kind == "startup":
        kept = shown_startup(text)
        is_whole = kept.rstrip(b"\n") == text.rstrip(b"\n")
        return part.name, (kept if is_whole else text).decode("utf-8")
    return (shown_name(part.name) if named else ""), trimmed(text.decode("utf-8"))


def _glimpse(text: str) -> str:
    first = text.partition("\n")[0]
    return repr(first if len(first) <= 40 else first[:40] + "…")
