"""A bundle becomes a session: all of it, or nothing where it is here already."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdfast.bundles import Bundle, Snapshot
from holdfast.destinations import new_beside, put_in_place
from holdfast.part_files import file_name
from holdfast.plans import Plan, replied
from holdfast.sources import EarlierDocument
from holdfast_protocol.chunking import new_hash
from holdfast_protocol.errors import Ambiguous, Exists, NotFound, Unreadable
from holdfast_protocol.messages import LIMITS, Load, Loaded, Log, Saved, Show, Shown, Snapshots
from holdfast_protocol.model import Ref, SessionRow
from holdfast_protocol.names import shown

if TYPE_CHECKING:
    from holdfast.verbs import Verbs

_PIECE_BYTES = 1024 * 1024
#: As a file of a session is called in a bundle.
_NUMBERED = re.compile(r"[0-9]+ (.+)", re.DOTALL)


def taken_in(
    verbs: Verbs, bundle: Bundle, name: str | None, *, published: bool, other_names: Sequence[str] | None = None
) -> Plan[Saved]:
    """``bundle`` was verified; ``other_names`` as for any document. Raises Exists, BadName, BadField, TooLarge,
    NoSpace, Damaged."""
    known = yield from _known(bundle, name)
    if known is not None:
        return known
    head = bundle.head
    earlier = [EarlierDocument(bundle.document(each), each.line(), each.pins) for each in bundle.snapshots[:-1]]
    return (
        yield from verbs.import_document(
            name or bundle.name, bundle.document(head), app=bundle.app, published=published, message=head.line(),
            tags=bundle.tags, note=bundle.note, pins=head.pins, history=earlier, other_names=other_names,
            unless_known=True,
        )
    )  # fmt: skip


def write_resources(bundle: Bundle, folder: str) -> list[str]:
    """The files that it brought for its session, put into ``folder`` as they were called; their paths. Raises Exists
    where another file has the name of one, Unreadable."""
    written = []
    try:
        os.makedirs(folder, exist_ok=True)
        for file, name in zip(bundle.resources, _names(bundle), strict=True):
            path = os.path.join(folder, name)
            if not _is_there(path, file.hash):
                target = os.path.realpath(os.fsencode(path))
                with put_in_place(target, None, new_beside(target)) as out:
                    out.writelines(bundle.pieces(file))
            written.append(path)
    except OSError as problem:
        raise Unreadable(f"{shown(folder)} cannot be written: {problem.strerror or problem}", path=folder) from problem
    return written


def _names(bundle: Bundle) -> list[str]:
    """Without the number that each has in a bundle: an index is found by the name of its file, and ``relink`` finds by
    names. It stays where two would be alike; nothing is hidden, and no name does anything to a terminal."""
    members = [file.member.rpartition("/")[2] for file in bundle.resources]
    own = [file_name(name[1] if (name := _NUMBERED.fullmatch(member)) else member) for member in members]
    counts = Counter(name.lower() for name in own)
    return [
        name if name and counts[name.lower()] == 1 else file_name(member) or "file"
        for name, member in zip(own, members, strict=True)
    ]


def _is_there(path: str, whole: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            found = new_hash()
            while piece := file.read(_PIECE_BYTES):
                found.update(piece)
            if found.digest() == whole:
                return True
    except FileNotFoundError:
        return False
    raise Exists(f"{shown(path)} is there already, and is another file", path=path)


def _known(bundle: Bundle, name: str | None) -> Plan[Saved | None]:
    """The session that was exported, in its own house; or what an earlier import of the bundle made."""
    if name is None:
        try:
            ref = Ref(id=bundle.session, snapshot=bundle.head.snapshot)
            found = yield from replied(Show(ref=ref, parts=False), Shown)
            if not found.session.deleted:
                return _unchanged(found.session, bundle.head.snapshot)
        except (NotFound, Ambiguous):
            pass
    ref = Ref(app=bundle.app, name=name or bundle.name)
    try:
        head = yield from replied(Load(ref=ref), Loaded)
    except (NotFound, Ambiguous):
        return None
    if head.session.deleted:
        return None
    if _is_document(bundle.head, head):
        return _unchanged(head.session, head.snapshot)
    snapshot = yield from _imported(head.session.id, bundle.head.line())
    return None if snapshot is None else _unchanged(head.session, snapshot)


def _is_document(snapshot: Snapshot, loaded: Loaded) -> bool:
    return {file.path: file.hash for file in snapshot.files} == {row.path: row.hash for row in loaded.files}


def _imported(session: str, message: str) -> Plan[str | None]:
    """The snapshot of which an import said the same."""
    offset = 0
    while True:
        page = yield from replied(Log(ref=Ref(id=session), limit=LIMITS["rows_count"], offset=offset), Snapshots)
        for row in page.rows:
            if row.cause == "imported" and row.message == message:
                return row.snapshot
        offset += len(page.rows)
        if not page.more:
            return None


def _unchanged(session: SessionRow, snapshot: str) -> Saved:
    return Saved(outcome="unchanged", session=session, snapshot=snapshot)
