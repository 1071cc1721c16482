"""Whether what a format has and answers is what the contract says. Each raises TypeError or ValueError where not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace

from holdfast_daemon.formats.base import Document, Facts, Layout, Part, Reading, Recognition

MOST_LETTERS = 4096


def checked_layouts(said: Mapping[str, Layout]) -> dict[str, Layout]:
    """As they are: at least one, each of patterns that stay in their folder."""
    found = {text(name): _checked_layout(layout) for name, layout in said.items()}
    if not found:
        raise TypeError("there is no layout")
    return found


def _checked_layout(layout: Layout) -> Layout:
    if not isinstance(layout, Layout):
        raise TypeError(f"{type(layout).__name__} instead of a layout")
    for field in fields(layout):
        value = getattr(layout, field.name)
        paths = value if isinstance(value, tuple) else [value] if isinstance(value, str) and value else []
        fits = type(value) is type(field.default)
        if not fits or not all(_is_relative(path, may_leave=field.name == "beside") for path in paths):
            raise TypeError(f"the {field.name} of a layout cannot be {value!r}")
    return layout


def _is_relative(path: object, *, may_leave: bool) -> bool:
    """Every component is one; ``..`` is only where it may leave the folder."""
    components = path.split("/") if isinstance(path, str) else [""]
    return all(each not in ("", ".") and (may_leave or each != "..") for each in components)


def checked_conversions(said: Mapping[str, str]) -> dict[str, str]:
    """As they are, each with what it is."""
    return {text(name): text(sentence) for name, sentence in said.items()}


def kinds(said: Collection[str]) -> frozenset[str]:
    """A collection of words, not one word."""
    if isinstance(said, str) or not all(isinstance(kind, str) for kind in said):
        raise TypeError(f"{said!r} is no collection of words")
    return frozenset(said)


def text(said: object) -> str:
    """Text that can be sent: cut where it is endless, what is not Unicode written out."""
    if not isinstance(said, str):
        raise TypeError(f"{type(said).__name__} instead of text")
    whole = said if said.isascii() else said.encode("utf-8", "backslashreplace").decode()
    return whole if len(whole) <= MOST_LETTERS else f"{whole[:MOST_LETTERS]}…"


def checked_reading(reading: Reading) -> Reading:
    """With texts that can be sent; every key there once."""
    if not isinstance(reading, Reading) or not isinstance(reading.recognition, Recognition):
        raise TypeError("no reading")
    parts = tuple(map(checked_part, reading.parts))
    if len({part.key for part in parts}) < len(parts):
        raise ValueError("two parts of one key")
    writer = reading.recognition.writer
    recognition = replace(
        reading.recognition, generation=text(reading.recognition.generation),
        writer=None if writer is None else text(writer),
    )  # fmt: skip
    warnings = tuple(map(text, reading.warnings))
    return replace(
        reading, recognition=recognition, parts=parts, facts=_checked_facts(reading.facts), warnings=warnings
    )


def checked_part(part: Part) -> Part:
    """The very part, where nothing about it is wrong."""
    if not isinstance(part, Part) or not isinstance(part.content, bytes):
        raise TypeError("no part")
    for array in part.arrays:
        if not 0 <= array.offset <= array.offset + array.size_bytes <= len(part.content):
            raise ValueError(f"array {text(array.name)!r} lies outside its part")
    said = (part.key, part.name, part.kind)
    safe = tuple(map(text, said))
    facts = _checked_facts(part.facts)
    if safe == said and facts is part.facts:
        return part
    return replace(part, key=safe[0], name=safe[1], kind=safe[2], facts=facts)


def _checked_facts(facts: Facts) -> Facts:
    if all(_is_plain(name) and _is_plain(value) for name, value in facts.items()):
        return facts
    return {text(name): value if _is_number(value) else text(str(value)) for name, value in facts.items()}


def _is_plain(value: object) -> bool:
    return _is_number(value) or (isinstance(value, str) and len(value) <= MOST_LETTERS and value.isascii())


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, bool) or (isinstance(value, int) and -(2**63) <= value < 2**63)


def checked_document(document: Document) -> Document:
    """The very document: not empty, bytes to bytes."""
    items: Iterable[tuple[object, object]] = document.items()
    if not document or not all(isinstance(path, bytes) and isinstance(content, bytes) for path, content in items):
        raise TypeError("no document")
    return document
