"""From what a person named to the session, snapshot and part that it means."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from holdfast_daemon.formats.base import Part, Reading
from holdfast_daemon.sites import SESSIONS_FOLDER
from holdfast_daemon.store.base import Reader
from holdfast_daemon.store.nouns import Session, Snapshot
from holdfast_protocol.errors import Ambiguous, BadField, NotFound
from holdfast_protocol.model import Ref
from holdfast_protocol.names import shown

_AGO = re.compile(r"\{\s*(\d+)\s*(second|minute|hour|day|week)s?\s+ago\s*\}")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
PIN = "pin:"
_PREFIX = re.compile(r"[0-9a-fA-F]{4,32}")


@dataclass(frozen=True, slots=True)
class Named:
    """A session and the snapshot of it that a reference names."""

    session: Session
    snapshot: Snapshot


def find_session(reader: Reader, ref: Ref, *, deleted: bool = True) -> Session:
    """The one session that ``ref`` names; a live one wins over deleted ones. Raises NotFound, Ambiguous."""
    if ref.id is not None:
        found = reader.session(_raw(ref.id))
        if found is None or (found.deleted and not deleted):
            raise absent(ref)
        return found
    fitting = reader.sessions_fitting(ref.name, ref.app, ref.folder)
    live = [session for session in fitting if not session.deleted]
    if len(live) > 1:
        folders = len({session.folder for session in live}) > 1
        names = [_whole_name(session, with_folder=folders) for session in live]
        raise Ambiguous(f"{shown(ref.name)} is the name of several sessions", candidates=names)
    if live:
        return live[0]
    if fitting and deleted:
        return fitting[0]
    raise absent(ref)


def absent(ref: Ref) -> NotFound:
    """Nothing is called so, for whoever asks."""
    if ref.id is not None:
        return NotFound(f"There is no session {shown(ref.id)}", id=ref.id)
    whole = f"{ref.app}/{ref.name}" if ref.app else ref.name
    return NotFound(f"There is no session {shown(whole)}", name=whole)


def no_folder(label: str) -> NotFound:
    """None has this label, for whoever asks."""
    return NotFound(f"There is no folder {shown(label)}", folder=label)


def find_folder(reader: Reader, app: str, name: str, said: str | None) -> str:
    """The label of the folder that a save under this name goes to: the one that is named, else the one that has a
    session of that name, else the sessions folder. Raises NotFound, Ambiguous."""
    if said is not None:
        found = reader.folder(said)
        if found is None or found.removed:
            raise no_folder(said)
        return said
    live = [session for session in reader.sessions_fitting(name, app, None) if not session.deleted]
    if len(live) > 1:
        names = [_whole_name(session, with_folder=True) for session in live]
        raise Ambiguous(f"{shown(name)} is the name of several sessions", candidates=names)
    return live[0].folder if live else SESSIONS_FOLDER


def _whole_name(session: Session, *, with_folder: bool) -> str:
    return f"{session.app}/{session.name}" + (f" --folder {session.folder}" if with_folder else "")


def find(reader: Reader, ref: Ref, now: int) -> Named:
    """The session and the snapshot. ``now``: nanoseconds, for ``{2 hours ago}``."""
    session = find_session(reader, ref)
    return Named(session, find_snapshot(reader, session, ref.snapshot, now))


def find_snapshot(reader: Reader, session: Session, said: str, now: int) -> Snapshot:
    """Raises NotFound, Ambiguous, BadField."""
    if said in ("latest", "head"):
        return reader.need_snapshot(session.head)
    if said == "autosave":
        workspace = reader.workspace_of(session.id)
        newest = workspace.autosave if workspace is not None else None
        return _there(reader.snapshot(newest) if newest else reader.newest_autosave(session.id), session, said)
    if said == "good":
        return _there(reader.newest_good(session.id), session, said)
    if re.fullmatch(r"-\d{1,9}", said):
        return _there(_before_head(reader, session, int(said[1:])), session, said)
    if said.startswith(PIN):
        pinned = reader.pins(session.id).get(said.removeprefix(PIN))
        return _there(reader.snapshot(pinned) if pinned else None, session, said)
    ago = _AGO.fullmatch(said)
    if ago:
        return _there(_head_at(reader, session, now - int(ago[1]) * _SECONDS[ago[2]] * 10**9), session, said)
    if _PREFIX.fullmatch(said):
        fitting = reader.snapshot_by_prefix(session.id, said)
        if len(fitting) > 1:
            raise Ambiguous(f"@{said} fits several snapshots", candidates=[each.id.hex() for each in fitting])
        return _there(fitting[0] if fitting else None, session, said)
    kinds = "latest, -N, good, autosave, pin:LABEL, {2 hours ago}, an id's beginning"
    raise BadField(f"snapshot: @{shown(said)} is not one of {kinds}")


def find_parts(parts: Sequence[Part], said: Sequence[str], kinds: Collection[str] = ()) -> list[Part]:
    """The parts named by key or by unique name, and those of the kinds; in document order."""
    chosen = {find_part(parts, each).key for each in said}
    known_kinds(parts, kinds)
    return [part for part in parts if part.key in chosen or part.kind in kinds]


def known_kinds(parts: Sequence[Part], kinds: Collection[str]) -> set[str]:
    """The kinds, of each of which there is a part. Raises NotFound."""
    unknown = {*kinds} - {part.kind for part in parts}
    if unknown:
        raise NotFound(f"There is no part of kind {shown(min(unknown))}", kind=min(unknown))
    return {*kinds}


def find_part(parts: Sequence[Part], said: str) -> Part:
    """Raises NotFound; Ambiguous with the keys where a name fits several."""
    for part in parts:
        if part.key == said:
            return part
    fitting = [part for part in parts if part.name == said]
    if len(fitting) > 1:
        raise Ambiguous(f"{shown(said)} is the name of several parts", candidates=[part.key for part in fitting])
    if not fitting:
        raise NotFound(f"There is no part {shown(said)}", part=said)
    return fitting[0]


def find_content(reading: Reading, said: str) -> bytes:
    """The bytes of a part, or of an array in it, which is called ``PART/ARRAY``. Raises NotFound, Ambiguous."""
    named = reading.by_key(said)  # who reads a chat asks for each of its parts, one after the other
    if named is not None:
        return named.content
    parts = reading.parts
    try:
        return find_part(parts, said).content
    except NotFound:
        for at in (at for at, sign in enumerate(said) if sign == "/"):
            with contextlib.suppress(NotFound):
                part = find_part(parts, said[:at])
                array = next((each for each in part.arrays if each.name == said[at + 1 :]), None)
                if array is not None:
                    return part.content[array.offset : array.offset + array.size_bytes]
        raise


def _raw(identity: str) -> bytes:
    try:
        return bytes.fromhex(identity)
    except ValueError as problem:
        raise BadField("id: 32 hexadecimal digits are expected", field="id") from problem


def _there(snapshot: Snapshot | None, session: Session, said: str) -> Snapshot:
    if snapshot is None:
        raise NotFound(f"{session.app}/{session.name} has no snapshot @{said}", snapshot=said)
    return snapshot


def _before_head(reader: Reader, session: Session, steps: int) -> Snapshot | None:
    return _first(reader, session, lambda place, _: place == steps)


def _head_at(reader: Reader, session: Session, moment: int) -> Snapshot | None:
    return _first(reader, session, lambda _, snapshot: snapshot.time <= moment)


def _first(reader: Reader, session: Session, fits: Callable[[int, Snapshot], bool]) -> Snapshot | None:
    """Newest first; a head that stayed the same over several revisions (an undone deletion) counts once, and one that
    was pruned not at all."""
    for place, snapshot in enumerate(_heads(reader, session)):
        if fits(place, snapshot):
            return snapshot
    return None


def _heads(reader: Reader, session: Session) -> Iterator[Snapshot]:
    """Newest first, and then what came along with an import: those were heads elsewhere."""
    snapshot = None
    for identity, _ in itertools.groupby(snapshot for _, snapshot in reader.heads(session.id)):
        found = reader.snapshot(identity)
        if found is not None:
            snapshot = found
            yield found
    while snapshot is not None and snapshot.cause == "imported" and snapshot.parents:
        snapshot = reader.snapshot(snapshot.parents[0])
        if snapshot is not None:
            yield snapshot
