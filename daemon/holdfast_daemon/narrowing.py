"""What is asked with a key that is limited to some applications, narrowed to these before its verb sees it.

What is of another application is then as absent as what never was: the same code, the same sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from holdfast_daemon import naming
from holdfast_daemon.payload import Frames, contents_of, hashes_in
from holdfast_daemon.reversing import rows_with
from holdfast_daemon.sessions import OUTSIDE, Sessions
from holdfast_daemon.store.nouns import new_id
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol import messages as m
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import Ambiguous, BadField, NotAllowed, NotFound
from holdfast_protocol.model import Earlier, FileSource, PartSource, Ref, Row
from holdfast_protocol.roles import OF_ALL_APPLICATIONS

Apps = tuple[str, ...]
Sources = Sequence[FileSource | PartSource]
RowType = TypeVar("RowType", bound=Row)


class Narrowing:
    """For the loop only."""

    def __init__(self, sessions: Sessions, workspaces: Workspaces) -> None:
        self._catalog = sessions.catalog
        self._claims = sessions.content.claims
        self._clock = sessions.clock
        self._workspaces = workspaces

    def narrowed(self, asked: Asked, apps: Apps, author: str, peer: bytes) -> Asked:
        """The same request, with nothing in it that is of another application. Raises what tells of something that is
        not there, and NotAllowed for an application, or a verb, that this key is not for."""
        request = asked.request
        if type(request) in OF_ALL_APPLICATIONS:
            raise NotAllowed(f"This key is for {', '.join(apps)} only, and {m.VERB_OF[type(request)]} is about all")
        put = self._claims.promised(peer)
        if isinstance(request, m.Batch):
            changes = [
                replace(
                    change, **{verb: self._of_batch(each, asked.payload, apps, put) for verb, each in _held(change)}
                )
                for change in request.changes
            ]
            return asked._replace(request=replace(request, changes=changes))
        # A change that was done is answered as it was, though what it named may be called otherwise since.
        is_done = type(request) in m.CHANGING and self._catalog.reader.answer(asked.id) is not None
        return asked._replace(request=self._narrow(request, asked.payload, apps, put, author, is_done=is_done))

    def _of_batch(self, request: m.Request, payload: Frames, apps: Apps, put: set[bytes]) -> m.Request:
        """Changes may name what those before them make, so here nothing is looked for."""
        for each in _refs(request).values():
            if each.id is None and each.app is None and len(apps) > 1:
                raise BadField(f"ref.app: one of {', '.join(apps)} is expected", field="ref.app")
        return self._narrow(request, payload, apps, put, "", is_done=True)

    def _narrow(
        self, request: m.Request, payload: Frames, apps: Apps, put: set[bytes], author: str, *, is_done: bool
    ) -> m.Request:
        app = getattr(request, "app", None)
        if app is not None and app not in apps:
            raise NotAllowed(f"This key is for {', '.join(apps)} only")
        for label in (getattr(request, "folder", None), getattr(request, "label", None)):
            if label is not None and not isinstance(request, m.List):
                self._check_folder(label, apps)
        self._check_chunks(request, payload, put)
        changed: dict[str, Any] = {name: self._ref(ref, apps, is_done=is_done) for name, ref in _refs(request).items()}
        if isinstance(request, (m.Search, m.Import)) and app is None and len(apps) == 1:
            changed["app"] = apps[0]
        elif isinstance(request, m.Import) and app is None:
            raise BadField(f"app: one of {', '.join(apps)} is expected", field="app")
        elif isinstance(request, m.Save) and request.session is not None:
            changed |= self._continued(request.session, apps)
        elif isinstance(request, m.WorkspaceOpen):
            changed |= self._opened(request, apps)
        elif isinstance(request, m.Undo) and not is_done:
            changed["number"] = self._undoable(request.number, apps, author)
        elif isinstance(request, m.Undo):
            changed["number"] = request.number or 0
        elif isinstance(request, m.Diff) and request.new is None:
            self._check_before(changed["old"], apps)
        elif m.VERB_OF[type(request)].startswith("workspace-") and hasattr(request, "id"):
            self._check_workspace(request.id, apps)
        return replace(request, **changed)

    def _ref(self, ref: Ref, apps: Apps, *, is_done: bool) -> Ref:
        if ref.id is not None:
            self._check_session(ref, apps)
            return ref
        if ref.app is not None:
            if ref.app not in apps:
                raise naming.absent(ref)
            return ref
        if len(apps) == 1:
            return replace(ref, app=apps[0])
        if is_done:
            return ref
        reader = self._catalog.reader
        fitting = [each for app in apps for each in reader.sessions_fitting(ref.name, app, ref.folder)]
        found = {each.app for each in fitting if not each.deleted} or {each.app for each in fitting}
        if len(found) > 1:
            names = [f"{app}/{ref.name}" for app in sorted(found)]
            raise Ambiguous(f"{ref.name} is the name of several sessions", candidates=names)
        if not found:
            raise naming.absent(ref)
        return replace(ref, app=found.pop())

    def _check_session(self, ref: Ref, apps: Apps) -> None:
        try:
            found = self._catalog.reader.session(bytes.fromhex(ref.id or ""))
        except ValueError:
            return  # the verb says so
        if found is not None and found.app not in apps:
            raise naming.absent(ref)

    def _continued(self, session: str, apps: Apps) -> dict[str, str]:
        """A save is not refused because what it goes on from is not there; so another's becomes nobody's."""
        try:
            self._check_session(Ref(id=session), apps)
        except NotFound:
            return {"session": new_id().hex()}
        return {}

    def _check_folder(self, label: str, apps: Apps) -> None:
        found = self._catalog.reader.folder(label)
        if found is not None and found.app is not None and found.app not in apps:
            raise naming.no_folder(label)

    def _check_workspace(self, identity: str, apps: Apps) -> None:
        if self._workspaces.need(identity).row.app not in apps:
            raise NotFound(f"There is no workspace {identity}", id=identity)

    def _check_chunks(self, request: m.Request, payload: Frames, put: set[bytes]) -> None:
        """A chunk may be named by whoever has sent it over this connection. Raises BadField, as for one that is not
        there: whoever only knows its hash would read by it what is of another application."""
        for field, sources in _sources(request):
            for source, content in zip(sources, contents_of(sources, payload, field), strict=True):
                foreign = {*hashes_in(content)} - put if source.chunked else ()
                for name in foreign:
                    raise BadField(
                        f"files: chunk {name.hex()[:12]} is not in the store; put it first", chunk=name.hex()
                    )

    def _opened(self, request: m.WorkspaceOpen, apps: Apps) -> dict[str, str]:
        if request.id is not None:
            self._check_workspace(request.id, apps)
            return {}
        if request.app is not None:
            return {}
        app = self._ref(Ref(name=request.name, folder=request.folder), apps, is_done=False).app
        return {"app": app} if app is not None else {}

    def _undoable(self, number: int | None, apps: Apps, author: str) -> int:
        reader = self._catalog.reader
        found = reader.newest_undoable((author, OUTSIDE), apps) if number is None else reader.operation(number)
        if found is None or found.app not in apps:
            absent = "There is nothing to undo" if number is None else f"There is no operation {number}"
            raise NotFound(absent, operation=number)
        if any(each.app not in apps for each in rows_with(reader, found)):
            raise NotAllowed(f"Operation {found.number} is a part of more than this key is for", operation=found.number)
        return found.number

    def _check_before(self, ref: Ref, apps: Apps) -> None:
        """What a copy was made from is before its first snapshot, and may be of another application."""
        reader = self._catalog.reader
        named = naming.find(reader, ref, self._clock())
        before = reader.snapshot(named.snapshot.parents[0]) if named.snapshot.parents else None
        if before is not None and reader.application(before.session) not in apps:
            raise NotFound("There is no snapshot before that one", snapshot=ref.snapshot)


def _held(change: m.Change) -> list[tuple[str, m.Request]]:
    return [(name, each) for name in change.__struct_fields__ if (each := getattr(change, name)) is not None]


def _refs(request: m.Request) -> dict[str, Ref]:
    values = {name: getattr(request, name) for name in request.__struct_fields__}
    return {name: value for name, value in values.items() if isinstance(value, Ref)}


def _sources(request: m.Request) -> Iterator[tuple[str, Sources]]:
    """What the request says of its payload, by field."""
    for name in request.__struct_fields__:
        value = getattr(request, name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Earlier):
                yield f"{name}.files", each.files
            elif isinstance(each, (FileSource, PartSource)):
                yield name, [each]


def replace(row: RowType, **changed: Any) -> RowType:
    """The same with other values."""
    return type(row)(**fields_of(row) | changed)


def fields_of(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}
