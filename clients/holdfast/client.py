"""The client: one method per verb of the wire, with the verb's name (``import`` is ``import_document``).

What only some verbs need (hashing, cutting, starting a daemon) is imported where it is used: the command line pays
for every import at each start.
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from holdfast.bases import Bases
from holdfast.caller import GREETING, Caller
from holdfast.references import reference, without_part
from holdfast_protocol import messages as wire
from holdfast_protocol.errors import BadField, HoldfastError
from holdfast_protocol.model import OperationRow, Ref

if TYPE_CHECKING:
    from holdfast.documents import LoadedDocument, OpenDocument
    from holdfast.parts import SessionPart
    from holdfast.sources import DocumentContent, FileContent, Parcel
    from holdfast.workspace import Workspace
    from holdfast_protocol.connection import Answered

ReplyType = TypeVar("ReplyType", bound=wire.Reply)

#: What a slow disk takes, in bytes a second: a save's deadline grows by its content at this speed.
_SLOW_BYTES_PER_SECOND = 20_000_000
_UPLOADS = 3


class Client:
    """A blocking client, usable from many threads (one request at a time) and after a fork.

    Every method raises a subclass of HoldfastError, at the latest ``timeout_seconds`` after the call: Unreachable
    (nobody listens), TooLate (no answer), Busy, ShuttingDown, and what its verb may answer. A daemon that restarts in
    the middle is waited for, and the request repeated under its id: it is done once.

    References are ``APP/NAME@SNAPSHOT:PART`` or a ``Ref``. Times are UTC nanoseconds, sizes bytes, hashes BLAKE3.
    """

    def __init__(self, path: str, *, timeout_seconds: float = 10.0) -> None:
        self.path = path
        self.timeout_seconds = timeout_seconds
        self._caller = Caller(path)
        self._bases = Bases()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; later calls raise Unreachable."""
        self._caller.close()

    def ask(
        self, request: wire.Request, payload: Sequence[bytes] = (), timeout_seconds: float | None = None
    ) -> Answered:
        """The answer to any request of ``holdfast_protocol.messages``, with its payload frames."""
        if self._caller.pid != os.getpid():
            self._caller = Caller(self.path)
        try:
            return self._caller.call(request, payload, timeout_seconds or self.timeout_seconds)
        except BadField as problem:
            if not isinstance(problem.__cause__, UnicodeEncodeError):
                raise
            from holdfast_protocol.names import shown

            raise BadField(f"{shown(problem.__cause__.object)} is not text, and cannot be sent") from problem

    def hello(self) -> wire.Welcome:
        """The daemon's protocol, version, epoch (new at each of its starts), limits, and who it takes us for."""
        return self._reply(GREETING, wire.Welcome)

    def ping(self) -> wire.Pong:
        """The daemon's loop runs."""
        return self._reply(wire.Ping(), wire.Pong)

    def save(
        self,
        app: str,
        name: str,
        content: DocumentContent | None = None,
        *,
        parts: Mapping[str, FileContent] | None = None,
        folder: str | None = None,
        message: str = "",
        expect: int | None = None,
        new: bool = False,
        accept: bool = False,
        published: bool = False,
        tags: Sequence[str] = (),
    ) -> wire.Saved:
        """A document, or ``parts`` (key or name → bytes or path) put into the head, becomes the session's new head.

        ``content``: bytes; or an ``os.PathLike`` whose file is read in pieces, however large; or, for a document of
        several files, a mapping of relative path (raw bytes) to either. ``published``: answered only when the visible
        file shows it. Look at ``outcome``: saved, unchanged, merged, forked (kept under the name of ``session``) or
        suspect (kept, but not the head). Raises Exists with ``new``. Large content has more time.

        It continues what this client last loaded or saved under this name, if anything: that session from that
        revision (after ``merged``, load again). Where somebody else has the name by now, it is a fork. Where nobody
        has (the session was deleted or renamed), it is a new session of this name, as any save is: the deletion was
        meant, and ``undo`` reverses it where the name is free. After a fork the name stands for the fork, for this
        client and until it loads the name again: the next saves go on there, and the other writer's session is left
        alone. With ``expect``, the revision it started from of whatever has the name, or ``new``, nothing remembered
        is used.
        """
        base = self._bases.of(app, folder, name) if expect is None and not new else None

        def request(parcel: Parcel) -> wire.Request:
            return wire.Save(
                app=app, name=base.name if base else name, folder=folder, files=parcel.files, parts=parcel.parts,
                message=message, expect=base.revision if base else expect, new=new, accept=accept,
                published=published, tags=[*tags], session=base.session if base else None,
            )  # fmt: skip

        saved = self._send(request, content, parts or {})
        self._bases.saved(saved, (folder, name))
        return saved

    def import_document(
        self, name: str, content: DocumentContent, *, app: str | None = None, suffix: str = "", published: bool = False
    ) -> wire.Saved:
        """A new session; its application is recognised by content unless ``app`` names it. Raises Exists."""

        def request(parcel: Parcel) -> wire.Request:
            return wire.Import(name=name, app=app, suffix=suffix, files=parcel.files, published=published)

        return self._seen(self._send(request, content, {}))

    def list(
        self,
        *,
        app: str | None = None,
        tag: str | None = None,
        text: str | None = None,
        archived: bool = False,
        deleted: bool = False,
        templates: bool = False,
        sort: str = "modified",
        limit: int = 100,
        offset: int = 0,
        folder: str | None = None,
        reverse: bool = False,
        after: bytes = b"",
    ) -> wire.Sessions:
        """One page of the sessions that fit all filters; ``sort``: modified, created, name, size or app. The next page
        is had with ``after``, the ``next`` of this one, as quickly wherever it is."""
        request = wire.List(
            app=app, tag=tag, text=text, archived=archived, deleted=deleted, templates=templates,
            sort=sort, limit=limit, offset=offset, folder=folder, reverse=reverse, after=after,
        )  # fmt: skip
        return self._reply(request, wire.Sessions)

    def search(
        self,
        text: str,
        *,
        app: str | None = None,
        deleted: bool = False,
        history: bool = False,
        limit: int = 100,
        after: bytes = b"",
    ) -> wire.Found:
        """One page of the places where every word of ``text`` stands: names, tags, notes, and parts of heads, or with
        ``history`` of older snapshots. The next page is had with ``after``, its ``next``."""
        request = wire.Search(text=text, app=app, deleted=deleted, history=history, limit=limit, after=after)
        return self._reply(request, wire.Found)

    def show(self, ref: Ref | str, *, parts: bool = True) -> wire.Shown:
        """One session and, with ``parts``, what its format sees in the snapshot. Raises NotFound, Ambiguous."""
        return self._reply(wire.Show(ref=reference(ref), parts=parts), wire.Shown)

    def parts(
        self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = ()
    ) -> builtins.list[SessionPart]:
        """The parts of a snapshot, in document order, or those chosen by key or unique name and by kind; ``REF:PART``
        is one of them. Each is read when it is looked at. Raises NotFound, Ambiguous."""
        from holdfast.parts import SessionPart, chosen
        from holdfast.references import of_snapshot

        whole = reference(ref)
        wanted = [*parts] if whole.part is None else [whole.part, *parts]
        shown = self.show(without_part(whole))
        assert shown.snapshot is not None
        pinned = of_snapshot(Ref(id=shown.session.id), shown.snapshot.snapshot)
        rows = chosen(shown.parts, wanted, kinds)
        return [SessionPart(row, pinned, shown.session.format, self.cat) for row in rows]

    def log(self, ref: Ref | str, *, limit: int = 100, offset: int = 0) -> wire.Snapshots:
        """One page of a session's snapshots, newest first."""
        return self._reply(wire.Log(ref=reference(ref), limit=limit, offset=offset), wire.Snapshots)

    def diff(self, old: Ref | str, new: Ref | str | None = None) -> wire.Changes:
        """What changed, part by part; without ``new``: from the snapshot before ``old`` to it."""
        return self._reply(wire.Diff(old=reference(old), new=None if new is None else reference(new)), wire.Changes)

    def load(self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = ()) -> LoadedDocument:
        """The document of a snapshot, or one built from chosen parts: ``session``, ``snapshot`` and ``files``
        (path → bytes; ``b""`` is the path in a document of one file). Raises NotFound, Damaged, CannotHold."""
        return self.open(ref, parts=parts, kinds=kinds).whole()

    def open(self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = ()) -> OpenDocument:
        """The same, to be read file by file in windows of 1 MiB: for documents larger than memory."""
        from holdfast.documents import OpenDocument

        whole = reference(ref)
        chosen = [*parts] if whole.part is None else [whole.part, *parts]
        answer = self.ask(wire.Load(ref=without_part(whole), parts=chosen, kinds=[*kinds]))
        assert isinstance(answer.reply, wire.Loaded)
        self._bases.seen(answer.reply.session)
        return OpenDocument(answer.reply, answer.payload, self.ask, chosen, kinds)

    def cat(self, ref: Ref | str, path: bytes = b"") -> bytes:
        """All bytes of one part (``REF:PART``) or of one file. Raises NotFound, Ambiguous, Damaged."""
        return b"".join(self.windows(ref, path))

    def windows(self, ref: Ref | str, path: bytes = b"") -> Iterator[bytes]:
        """The same in windows of 1 MiB at most, all of one snapshot."""
        from holdfast.documents import windows

        return windows(wire.Cat(ref=reference(ref), path=path), self.ask)

    def restore(
        self,
        ref: Ref | str,
        *,
        parts: Sequence[str] = (),
        kinds: Sequence[str] = (),
        name: str | None = None,
        into: Ref | str | None = None,
        expect: int | None = None,
        published: bool = False,
    ) -> wire.Saved:
        """An older snapshot, or chosen parts of it, becomes the head again, of this session, of a new one called
        ``name``, or (parts only) of another one, ``into``."""
        request = wire.Restore(
            ref=reference(ref), parts=[*parts], kinds=[*kinds], name=name,
            into=None if into is None else reference(into), expect=expect, published=published,
        )  # fmt: skip
        return self._seen(self._reply(request, wire.Saved))

    def accept(self, ref: Ref | str, *, published: bool = False) -> wire.Saved:
        """The newest suspect of a session, or the one that is named, becomes its head."""
        return self._seen(self._reply(wire.Accept(ref=reference(ref), published=published), wire.Saved))

    def rename(self, ref: Ref | str, name: str, *, published: bool = False) -> wire.Changed:
        """The session keeps its id and history under another name. Raises Exists."""
        changed = self._reply(wire.Rename(ref=reference(ref), name=name, published=published), wire.Changed)
        self._bases.renamed(changed.session)
        return changed

    def copy(self, ref: Ref | str, name: str, *, app: str | None = None, published: bool = False) -> wire.Changed:
        """A new session that begins with the snapshot. Raises Exists."""
        return self._reply(wire.Copy(ref=reference(ref), name=name, app=app, published=published), wire.Changed)

    def tag(self, ref: Ref | str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> wire.Changed:
        """The session gets and loses tags; its document and revision stay."""
        return self._reply(wire.Tag(ref=reference(ref), add=[*add], remove=[*remove]), wire.Changed)

    def template(self, ref: Ref | str, *, on: bool = True) -> wire.Changed:
        """The session is a template, which no save changes, or with ``on`` False none any more."""
        return self._reply(wire.Template(ref=reference(ref), on=on), wire.Changed)

    def archive(self, ref: Ref | str, *, published: bool = False) -> wire.Changed:
        """The session leaves the ordinary list, and its file moves into ``archived/``; all else stays as it was."""
        return self._reply(wire.Archive(ref=reference(ref), published=published), wire.Changed)

    def unarchive(self, ref: Ref | str, *, published: bool = False) -> wire.Changed:
        """The session is in the ordinary list again."""
        return self._reply(wire.Unarchive(ref=reference(ref), published=published), wire.Changed)

    def note(self, ref: Ref | str, text: str | None = None) -> wire.Noted:
        """What people wrote about a session; with ``text``, that from now on (nothing, if it is empty)."""
        return self._reply(wire.Note(ref=reference(ref), text=text), wire.Noted)

    def pin(self, ref: Ref | str, label: str = "", *, on: bool = True) -> wire.Changed:
        """The snapshot is called ``label`` (by default the first digits of its id), is found as ``@pin:LABEL``, and
        retention never takes it; with ``on`` False the label goes, or without one all of the snapshot's. Raises Exists
        where another snapshot is called so, NotFound."""
        return self._reply(wire.Pin(ref=reference(ref), label=label, on=on), wire.Changed)

    def new(
        self, name: str, *, clear: Ref | str, app: str | None = None, keep: Sequence[str] = (), published: bool = False
    ) -> wire.Saved:
        """A new session that begins as ``clear`` emptied: what its user set up stays (IGV's genome, Renardo's startup
        file, Mosaic's shape), and the parts of the kinds in ``keep``. One from a template is a ``copy``. Raises Exists,
        CannotHold."""
        request = wire.New(name=name, app=app, clear=reference(clear), keep=[*keep], published=published)
        return self._seen(self._reply(request, wire.Saved))

    def check_resources(self, ref: Ref | str) -> wire.Resources:
        """The files and URLs that a session points to: there, moved, missing, or remote (never opened)."""
        return self._reply(wire.CheckResources(ref=reference(ref)), wire.Resources)

    def delete(self, ref: Ref | str, *, published: bool = False) -> wire.Changed:
        """The session leaves the list; ``undo`` brings it back."""
        return self._reply(wire.Delete(ref=reference(ref), published=published), wire.Changed)

    def purge(self, ref: Ref | str) -> wire.Changed:
        """The session and its history are gone for good; ``prune`` frees their room. Raises NotFound, NotAllowed (a
        workspace began from it), Busy (its file is still there: it is deleted only)."""
        return self._reply(wire.Purge(ref=reference(ref)), wire.Changed)

    def prune(
        self, *, dry_run: bool = False, limit: int = 1000, offset: int = 0, timeout_seconds: float | None = None
    ) -> wire.Pruned:
        """What the rules of retention take goes, and its room is given back; with ``dry_run`` nothing goes, and
        ``rows`` has a page of what would, and why the others stay. A large store takes its time: allow for it, TooLate
        otherwise."""
        return self._reply(wire.Prune(dry_run=dry_run, limit=limit, offset=offset), wire.Pruned, timeout_seconds)

    def undo(self, number: int | None = None, *, published: bool = False) -> wire.Undone:
        """Reverse an operation, or without a number the newest undoable one. Raises CannotUndo, NotFound."""
        return self._reply(wire.Undo(number=number, published=published), wire.Undone)

    def operations(self, since: int = 0, *, limit: int = 100, newest: bool = False) -> wire.OperationRows:
        """One page of the log after number ``since``, oldest first; with ``newest`` its last ``limit`` rows."""
        return self._reply(wire.Operations(since=since, limit=limit, newest=newest), wire.OperationRows)

    def folder_add(
        self, path: str | bytes, app: str, *, label: str | None = None, layout: str | None = None, poll: bool = False
    ) -> wire.FolderChanged:
        """Watch a folder in which an application keeps sessions; ``rows`` has it, and those adopted with it. Its first
        scan goes on behind the answer (``folder_scan`` waits for it). One that is watched already is answered with
        what is there. Raises NotFound (no such path, application or layout), Exists (the label), Unreadable."""
        from holdfast.references import absolute

        request = wire.FolderAdd(path=absolute(path), app=app, label=label, layout=layout, poll=poll)
        return self._reply(request, wire.FolderChanged)

    def folder_remove(self, label: str) -> wire.FolderChanged:
        """Watching ends and its sessions leave the list; files and history stay. Raises NotFound, NotAllowed."""
        return self._reply(wire.FolderRemove(label=label), wire.FolderChanged)

    def folder_list(self) -> wire.Folders:
        """The watched folders, the daemon's own first."""
        return self._reply(wire.FolderList(), wire.Folders)

    def folder_scan(
        self,
        label: str | None = None,
        *,
        accept: bool = False,
        verify: bool = False,
        timeout_seconds: float | None = None,
    ) -> wire.Folders:
        """Look at every path of a folder, or of all; they are given as they are after it. ``verify`` reads every file,
        ``accept`` deletes what is missing in a held folder. A large folder takes its time: allow for it, TooLate
        otherwise. Raises NotFound."""
        request = wire.FolderScan(label=label, accept=accept, verify=verify)
        return self._reply(request, wire.Folders, timeout_seconds)

    def folder_suggest(
        self, *, environment: Mapping[str, str] | None = None, folder: str | bytes | None = None
    ) -> wire.Suggestions:
        """Where applications keep sessions on this machine; nothing is adopted. ``environment``: variables that they
        look at. ``folder``: this one, those above and those below are looked at too."""
        from holdfast.references import absolute

        place = b"" if folder is None else absolute(folder)
        request = wire.FolderSuggest(environment={**(environment or {})}, folder=place)
        return self._reply(request, wire.Suggestions)

    def settle(self, label: str | None = None, *, timeout_seconds: float | None = None) -> wire.Settled:
        """Returns when everything that is on disk now, in a folder or in all, is in the store; ``number`` is the
        newest operation then. Raises NotFound, and TooLate where the time allowed does not suffice."""
        return self._reply(wire.Settle(label=label), wire.Settled, timeout_seconds)

    def status(self) -> wire.StatusReport:
        """How the daemon is."""
        return self._reply(wire.Status(), wire.StatusReport)

    def workspace(
        self, name: str = "", *, app: str | None = None, folder: str | None = None, format: str | None = None,
        id: str | None = None,
    ) -> Workspace:  # fmt: skip
        """The live state of this application: begun from the session ``APP/NAME`` or, where there is none, empty, its
        document of ``format`` (by default the application's own). ``id``: one that was left goes on. Raises
        NotFound."""
        from holdfast.workspace import Workspace

        named = reference(name) if name else Ref()
        request = wire.WorkspaceOpen(
            app=app or named.app, name=named.name, folder=folder or named.folder, format=format, id=id
        )
        return Workspace(self, self._reply(request, wire.WorkspaceState))

    def workspaces(self, *, app: str | None = None) -> wire.Workspaces:
        """Those that are held or were left, changed last first."""
        return self._reply(wire.WorkspaceList(app=app), wire.Workspaces)

    def recover(
        self, id: str, *, name: str | None = None, message: str = "", accept: bool = False, published: bool = False
    ) -> wire.Saved:
        """A workspace that was left is saved, under ``name`` as a new session, and ends. Raises NotFound, Exists."""
        request = wire.WorkspaceSave(id=id, name=name, message=message, accept=accept, end=True, published=published)
        return self._reply(request, wire.Saved)

    def discard(self, id: str) -> wire.WorkspaceEnded:
        """A workspace is not wanted; what it had is in the history as an autosave. Raises NotFound."""
        return self._reply(wire.WorkspaceDiscard(id=id), wire.WorkspaceEnded)

    def reload(self, id: str, *, head: bool = False) -> wire.WorkspaceReloaded:
        """A workspace has again what it began from, or what its session's ``head`` is now; what was unsaved is in the
        history as an autosave, and ``undo`` brings it back. Raises NotFound."""
        return self._reply(wire.WorkspaceReload(id=id, head=head), wire.WorkspaceReloaded)

    def last(self, *, app: str | None = None) -> wire.LastState:
        """What to go on with: the workspace that was left last with unsaved changes, and the session changed last."""
        return self._reply(wire.Last(app=app), wire.LastState)

    def events(
        self, since: int | None = None, *, follow: bool = True, app: str | None = None, session: str | None = None,
        types: Sequence[str] = (),
    ) -> Iterator[OperationRow]:  # fmt: skip
        """Every operation after number ``since`` (None: from now on), each once and in order, on a connection of
        its own that outlives restarts of the daemon. ``app``, ``session`` (an id) and ``types`` (of operations) narrow
        it. Without ``follow`` it ends with the newest. Raises Unreachable or TooLate where the daemon stays away for
        ``timeout_seconds``, NotFound where its log ends before ``since``."""
        if follow:
            from holdfast.events import Subscription

            asked = wire.Subscribe(since=since, app=app, session=session, types=[*types])
            return Subscription(self.path, asked, self.timeout_seconds).rows()
        return (
            row for row in self._past(since)
            if app in (None, row.app) and session in (None, row.session) and (not types or row.type in types)
        )  # fmt: skip

    def _past(self, since: int | None) -> Iterator[OperationRow]:
        page = self.operations(since, limit=1000) if since is not None else None
        if since and page is not None and not page.rows:
            from holdfast.events import check_known

            check_known(since, max((row.number for row in self.operations(limit=1, newest=True).rows), default=0))
        while page is not None and page.rows:
            yield from page.rows
            page = self.operations(page.rows[-1].number, limit=1000) if page.more else None

    def _send(
        self,
        request: Callable[[Parcel], wire.Request],
        content: DocumentContent | None,
        parts: Mapping[str, FileContent],
    ) -> wire.Saved:
        """Chunks that no save has named yet may be gone with a restarted daemon, or when the connection was cut: then
        they are sent again."""
        from holdfast.sources import pack

        tries = 1
        while True:
            before = self._epoch() or self.hello().epoch
            try:
                parcel = pack(content, parts, self.ask)
                timeout_seconds = self.timeout_seconds + parcel.size_bytes / _SLOW_BYTES_PER_SECOND
                answer = self.ask(request(parcel), parcel.frames, timeout_seconds)
                assert isinstance(answer.reply, wire.Saved)
                return answer.reply
            except HoldfastError as problem:
                is_gone = isinstance(problem, BadField) and "chunk" in problem.details
                if tries == _UPLOADS or (self._epoch() == before and not is_gone):
                    raise
                tries += 1

    def _epoch(self) -> str | None:
        return self._caller.welcome.epoch if self._caller.welcome else None

    def _seen(self, saved: wire.Saved) -> wire.Saved:
        self._bases.saved(saved)
        return saved

    def _reply(self, request: wire.Request, kind: type[ReplyType], timeout_seconds: float | None = None) -> ReplyType:
        reply = self.ask(request, timeout_seconds=timeout_seconds).reply
        assert isinstance(reply, kind)
        return reply
