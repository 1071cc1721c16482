"""The verb ``relink``: a session's references changed to where its files are now, as a snapshot of its own.

The old snapshot stays as it was. What is found is never guessed at: one file of the name, or one of the very content,
is the one; several are shown to whoever asks.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from holdfast_daemon import naming, whereabouts
from holdfast_daemon.changing import Showing, warned
from holdfast_daemon.deadlines import by, left
from holdfast_daemon.documents import Documents
from holdfast_daemon.formats.base import Resource, Target
from holdfast_daemon.mapping import Map, target_of
from holdfast_daemon.order import Order
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.resources import Around, candidates, common_count, components_of, folders_near, reference_to
from holdfast_daemon.saving import Saving
from holdfast_daemon.seeking import SEEK_SECONDS, Bounds, Known, Sighting, Wanted, seek
from holdfast_daemon.sessions import Caller, Sessions, need_revision
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Session
from holdfast_protocol import messages as m
from holdfast_protocol.errors import Ambiguous, BadField, Exists, TooLarge, Unreadable
from holdfast_protocol.model import CandidateRow, RelinkRow, ResourceRow
from holdfast_protocol.names import shown

CANDIDATES_COUNT = 8
LISTED_CANDIDATES = 64
#: Of the time that there is for an answer.
SEEK_SHARE = 0.7

#: Why a file may be the one that is meant, the strongest first.
_REASONS = ("content", "size", "name")
_LOST = ("missing", "moved")


@dataclass(slots=True)
class Look:
    """What was found out of a session's references, once for each; ``choices`` are those that nobody has to make."""

    resources: Mapping[str, Resource]
    rows: Mapping[str, ResourceRow]
    near: Sequence[bytes]
    targets: dict[str, Target] = field(default_factory=dict)
    candidates: dict[str, list[CandidateRow]] = field(default_factory=dict)
    stopped: str = ""

    def relink_rows(self, *, with_candidates: bool) -> list[RelinkRow]:
        """Those that lead nowhere, or are changed."""
        return [
            RelinkRow(
                key=row.key, role=row.role, reference=row.reference, state=row.state, path=row.path,
                new=self.targets[told].reference if told in self.targets else None,
                candidates=self.candidates.get(told, []) if with_candidates else [],
            )
            for told, row in self.rows.items()
            if told in self.targets or row.state not in ("there", "remote")
        ]  # fmt: skip


class Relinking:
    """Looks around for a head, and saves it with other references."""

    def __init__(self, sessions: Sessions, saving: Saving, documents: Documents, showing: Showing) -> None:
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._saving = saving
        self._documents = documents
        self._showing = showing

    async def relink(self, request: m.Relink, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """What was found, and, of no dry run, what became of the save."""
        repeated = self._sessions.answered(self._catalog.reader, caller, m.Relinked)
        if repeated is not None:
            return repeated, ()
        _check(request)
        session = naming.find_session(self._catalog.reader, request.ref, deleted=False)
        need_revision(session, request.expect)
        named = naming.find_snapshot(self._catalog.reader, session, request.ref.snapshot, self._sessions.clock())
        if request.ref.part is not None or named.id != session.head:
            raise BadField("ref: a session is relinked as it is now, not a snapshot or a part of it", field="ref")
        look = await self._look(request, session, deadline)
        if request.dry_run:
            rows = look.relink_rows(with_candidates=True)
            return m.Relinked(rows=rows, stopped=look.stopped, near=[*look.near], revision=session.revision), ()
        if look.stopped:
            raise TooLarge(f"The search ended early, so nothing was changed: {look.stopped}")
        _choose(look)
        reply = await self._save(session, look, caller, request.expect)
        return await self._published(reply, deadline) if request.published else reply, ()

    async def _look(self, request: m.Relink, session: Session, deadline: float) -> Look:
        document = self._documents.stored(self._catalog.reader.need_snapshot(session.head).document)
        found = await self._documents.resources(self._documents.content.form(session.format), document)
        root = self._sessions.sites[session.folder].root
        near = whereabouts.around(root, session.path, is_folder=document.is_folder)
        until = time.monotonic() + min(SEEK_SECONDS, SEEK_SHARE * left(deadline))
        looking = asyncio.to_thread(self._looked, request, found, near, until)
        return await by(deadline, looking, "A file system that is to be looked at does not answer")

    def _looked(self, request: m.Relink, found: Sequence[Resource], near: Around, until: float) -> Look:
        """In a thread: file systems may be slow."""
        for folder in request.search:
            if not os.path.isdir(folder):
                raise Unreadable(f"{shown(os.fsdecode(folder))} is no folder, or cannot be read", path=_text(folder))
        resources = {each.reference: each for each in reversed(found)}
        resources = {reference: resources[reference] for reference in dict.fromkeys(each.reference for each in found)}
        rows = dict(zip(resources, whereabouts.look([*resources.values()], near), strict=True))
        others = [row.path for row in rows.values() if row.state == "there"]
        look = Look(resources, rows, [*dict.fromkeys([near.folder, *map(os.path.dirname, others)])])
        mapping = Map(request.map, near)
        for told, resource in resources.items():
            target = mapping.target(resource)
            if target is not None and target.reference != told:
                look.targets[told] = target
        lost = [told for told, row in rows.items() if row.state in _LOST and told not in look.targets]
        if request.search:
            self._seek(look, lost, request.search, near, Bounds(until))
        elif request.dry_run:
            folders = folders_near(others, near)
            for told in lost:
                paths = [each for each in candidates(told, folders) if os.path.isfile(each)]
                sightings = [Sighting(path, os.path.getsize(path)) for path in dict.fromkeys(paths)]
                look.candidates[told] = _rows(resources[told], sightings, near)
        return look

    def _seek(self, look: Look, lost: Sequence[str], folders: Sequence[bytes], near: Around, bounds: Bounds) -> None:
        names = {told: components[-1] for told in lost if (components := components_of(told))}
        known = {told: known for told in names if (known := self._known(look.rows[told].path)) is not None}
        wanted = Wanted({*names.values()}, {*known.values()})
        seek(folders, wanted, bounds)
        look.stopped = bounds.stopped
        for told, name in names.items():
            by_content = wanted.found[known[told]] if told in known else []
            sightings = {each.path: each for each in (*wanted.found[name], *by_content)}
            rows = _rows(look.resources[told], [*sightings.values()], near, known.get(told))
            look.candidates[told] = rows
            if (path := _one(rows)) is not None:
                look.targets[told] = target_of(os.fsdecode(path), look.resources[told], near)

    def _known(self, path: bytes) -> Known | None:
        """What the history has of the file that was there, where it lay in a folder that is watched."""
        reader = self._catalog.reader
        for label, relative in self._sessions.sites.at(path) if path else ():
            session = reader.session_at(label, relative) or reader.gone_since(0, None, label, relative)
            if session is not None and (session.folder, session.path) == (label, relative):
                files = reader.document_of(session.head).files
                if [each.path for each in files] == [b""]:
                    return Known(files[0].size_bytes, files[0].hash)
        return None

    async def _save(self, session: Session, look: Look, caller: Caller, expect: int | None) -> m.Relinked:
        """Where the head moves meanwhile, it is merged as any save is, unless a revision was expected."""
        form = self._documents.content.form(session.format)
        document = self._documents.stored(self._catalog.reader.need_snapshot(session.head).document)
        placed = await self._documents.place(await self._documents.relinked(form, document, look.targets))
        order = Order(
            app=session.app, name=session.name, folder=session.folder, session=session.id, placed=placed, form=form,
            base=session.head, accept=True, message=f"relinked {len(look.targets)} of its files",
        )  # fmt: skip
        rows, near = look.relink_rows(with_candidates=False), [*look.near]

        def told(tx: Transaction, saved: m.Saved) -> m.Relinked:
            if expect is not None and saved.outcome in ("merged", "forked"):
                raise Exists(f"{session.app}/{session.name} was saved meanwhile, and is no longer at {expect}")
            return m.Relinked(rows=rows, saved=saved, near=near, revision=saved.session.revision)

        return await self._saving.save_as(order, caller, m.Relinked, told)

    async def _published(self, reply: m.Relinked, deadline: float) -> m.Relinked:
        """Once the visible file shows it, or with why it does not."""
        assert reply.saved is not None
        session = reply.saved.session
        unshown = await self._showing.published(session.folder, session.path, left(deadline))
        saved = warned(reply.saved, unshown)
        return m.Relinked(rows=reply.rows, saved=saved, near=reply.near, revision=reply.revision)


def _check(request: m.Relink) -> None:
    """Raises BadField."""
    if not request.dry_run and not request.map and not request.search:
        raise BadField("map: a map, or folders to search, are expected", field="map")
    for old, new in request.map.items():
        if not old or (not new and not old.endswith(("/", "\\"))) or "\0" in new:
            raise BadField(f"map: {shown(old)}={shown(new)} is not two references", field="map")
    for folder in request.search:
        if not folder.startswith(b"/") or b"\0" in folder:
            raise BadField(f"search: {shown(_text(folder))} is no absolute path", field="search")


def _choose(look: Look) -> None:
    """Raises Ambiguous where somebody has to choose."""
    open_choices = [told for told, rows in look.candidates.items() if rows and told not in look.targets]
    if open_choices:
        said = [f"{told}={_text(each.path)}" for told in open_choices for each in look.candidates[told]]
        names = ", ".join(open_choices[:3])
        raise Ambiguous(
            f"Several files may be {shown(names)}; say by the map which one, or search a smaller folder",
            candidates=said[:LISTED_CANDIDATES],
        )


def _one(rows: Sequence[CandidateRow]) -> bytes | None:
    """The one that is meant, if nobody has to choose."""
    same = [each for each in rows if each.why == "content"]
    return next((some[0].path for some in (same, rows) if len(some) == 1), None)


def _rows(
    resource: Resource, sightings: Sequence[Sighting], near: Around, known: Known | None = None
) -> list[CandidateRow]:
    """The likeliest first."""
    rows = [
        CandidateRow(
            path=each.path, reference=_told(reference_to(each.path, resource, near)),
            why=_why(each, known),
            common_count=common_count(resource.reference, each.path), size_bytes=each.size_bytes,
        )
        for each in sightings
    ]  # fmt: skip
    rows.sort(key=lambda row: (_REASONS.index(row.why), -row.common_count, row.path))
    return rows[:CANDIDATES_COUNT]


def _why(sighting: Sighting, known: Known | None) -> str:
    if known is None or sighting.size_bytes != known.size_bytes:
        return "name"
    return "content" if sighting.known == known else "size"


def _told(reference: str) -> str:
    """What no document can hold is not said."""
    return reference if reference.isprintable() else ""


def _text(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")
