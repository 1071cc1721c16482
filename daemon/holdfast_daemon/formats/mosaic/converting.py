"""A session in Mosaic's other container, or for another version of Mosaic. Most of it, the arrays above all, is taken
over as it lies there: a container is put around the very pickle, a version changes names and a few attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from holdfast_daemon.formats.base import CannotHold
from holdfast_daemon.formats.mosaic.emitter import Allowance, NotInspectable, written_document
from holdfast_daemon.formats.mosaic.eras import latest_of
from holdfast_daemon.formats.mosaic.reading import SECTION, taken_apart
from holdfast_daemon.formats.mosaic.session import Session, taken_for_session, unwrapped
from holdfast_daemon.formats.mosaic.texts import shown
from holdfast_daemon.formats.mosaic.versions import VERSIONS, Lost, Version, root_for
from holdfast_daemon.formats.mosaic.wrapping import INDEXED, PLAIN, STATE, Wrapping, newly_indexed, wrapped

CONVERSIONS = {
    PLAIN: "a pickle, as Mosaic's dialogs save and show it",
    INDEXED: "the container with an index (.mosaic), which has room for more than the session",
    "1.3.2": "for Mosaic 1.3.2, which has NumPy 2",
    "1.3.1": "for Mosaic 1.3.0 and 1.3.1, which have NumPy 1",
    "1.2.4": "for Mosaic 1.2.4",
}

#: A part's key ("" for the whole), and a sentence.
Losses = Sequence[tuple[str, str]]


def converted_session(content: bytes, to: str) -> tuple[bytes, Losses]:
    """The session in one of ``CONVERSIONS``, and what that cannot hold. Raises DamagedDocument, CannotHold."""
    wrapping, pickle = unwrapped(content)
    try:
        session = taken_for_session(content, wrapping, pickle)
    except NotInspectable as reason:
        if to in VERSIONS:
            raise CannotHold([("session", f"it is stored, not inspectable: {reason}")]) from reason
    if to == wrapping.kind:
        return content, ()
    state = memoryview(content)[wrapping.start : wrapping.end]
    if to == INDEXED:
        return newly_indexed([state], {}, wrapping.version or latest_of(pickle), wrapping.index), ()
    if to == PLAIN:
        return bytes(state), [*_outside_of(content, wrapping)]
    return _for_version(session, VERSIONS[to])


def _outside_of(content: bytes, wrapping: Wrapping) -> Iterator[tuple[str, str]]:
    """What a plain pickle has no place for."""
    for section in wrapping.sections:
        size = f"{section.end - section.start:,} bytes"
        if not section.name:
            yield "", f"A plain pickle has no place for {size} that the index does not tell of"
        elif section.name != STATE:
            yield f"{SECTION}-{section.name}", f"A plain pickle has no sections: {section.name} ({size})"
    members = [shown(name) for name in wrapping.index or () if name not in ("format_version", "version", "sections")]
    if members:
        yield "", f"A plain pickle has no place for what stands before this one: {', '.join(members)}"


def _for_version(session: Session, version: Version) -> tuple[bytes, Losses]:
    """In the container that it has, where that version knows it."""
    lost, content = Lost(), session.content
    root = root_for(session, version, lost)
    try:
        written = written_document(root, version.spelling, Allowance(16 * 1024 * 1024 + 4 * len(content), 1 << 40))
    except NotInspectable as reason:
        raise CannotHold([("session", str(reason))]) from reason
    pickle, losses = [*written.pieces, session.tail], _keyed(session, lost)
    wrapping = session.wrapping
    if wrapping.kind == INDEXED:
        model = replace(wrapping, index={**(wrapping.index or {}), "version": version.name})
        sections = {each.name: content[each.start : each.end] for each in wrapping.sections if each.name}
        return wrapped(model, content, pickle, sections), losses
    return b"".join(pickle), [*losses, *_outside_of(content, wrapping)]


def _keyed(session: Session, lost: Lost) -> list[tuple[str, str]]:
    """By the keys of the parts."""
    keys = {id(each.node): each.part.key for each in taken_apart(session)} if lost.rows else {}
    return [(keys[id(geometry)], sentence) for geometry, sentence in lost.rows]
