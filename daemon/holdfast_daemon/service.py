"""What the server asks: the tables of all verbs, those that are answered at once, and the event feed.

A quick verb is answered in the loop, from the catalog alone. A slow one may wait for the store or a thread: those that
look at documents are in ``asking``, those that change the store in ``changing``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from holdfast_daemon import naming, pins
from holdfast_daemon.adopting import Adopting
from holdfast_daemon.answers import Answers
from holdfast_daemon.aside import Journal
from holdfast_daemon.asking import Asking
from holdfast_daemon.autosave import Pace
from holdfast_daemon.backing_up import BackingUp
from holdfast_daemon.batching import Batching
from holdfast_daemon.changing import Changing, Showing
from holdfast_daemon.checking import Checking
from holdfast_daemon.content import Content
from holdfast_daemon.documents import Documents
from holdfast_daemon.folders import Folders
from holdfast_daemon.formats.base import Format
from holdfast_daemon.incoming import Incoming
from holdfast_daemon.indexing import Indexing
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.limited import Limited, rows_for
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.pruning import Pruning
from holdfast_daemon.pulling import Pulling
from holdfast_daemon.putting import Putting
from holdfast_daemon.relinking import Relinking
from holdfast_daemon.reloading import Reloading
from holdfast_daemon.saving import Saving
from holdfast_daemon.searching import Searching
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.nouns import Wanted
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol import connection
from holdfast_protocol import messages as m
from holdfast_protocol.model import OperationRow

__all__ = ["Answer", "Service"]

Quick = Callable[[Any, str], m.Reply | None]  # None: it takes the slow way after all
Slow = Callable[[Any, Frames, Caller, float], Awaitable[Answer]]
OperationRows = list[OperationRow]  # inside the class, ``list`` is the verb

CAPABILITIES = [
    "batches", "chunks", m.EVENT_PAGES, "events", "folders", m.LOCAL_FILES, "merge", "search", "workspaces",
]  # fmt: skip


class Service:
    """Every verb but ``subscribe``, ``unsubscribe`` and ``cancel``, which are the server's own, and what it says to
    ``hello``."""

    def __init__(
        self, sessions: Sessions, saving: Saving, content: Content, folders: Folders, adopting: Adopting,
        indexing: Indexing, formats: dict[str, Format],
        status: Callable[[], m.StatusReport], version: str, epoch: str, journal: Journal, pace: Callable[[str], Pace],
        pruning: Pruning, checking: Checking, backing_up: BackingUp,
    ) -> None:  # fmt: skip
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._status = status
        self._version = version
        self._epoch = epoch
        self._answers = Answers()
        self._documents = Documents(sessions.catalog, content)
        incoming = Incoming(sessions.catalog, self._documents, formats)
        asking = self._asking = Asking(sessions, self._documents)
        searching = Searching(sessions, self._documents, indexing)
        workspaces = self.workspaces = Workspaces(sessions, saving, self._documents, incoming, journal, pace)
        reloading = Reloading(sessions, self._documents, workspaces)
        putting = Putting(sessions.catalog, self._documents)

        def changing_on(ground: Sessions, showing: Showing, documents: Documents, arrived: Incoming) -> Changing:
            return Changing(
                ground, Saving(ground), Lifecycle(ground), showing, documents, arrived, workspaces, reloading, pruning
            )

        changing = changing_on(sessions, folders, self._documents, incoming)
        relinking = Relinking(sessions, saving, self._documents, folders)
        batching = Batching(sessions, incoming, folders, changing_on)
        self.limited = Limited(sessions, asking, searching, workspaces, status, folders.rows)
        pulling = self.pulling = Pulling(sessions, self._documents, incoming, workspaces)
        self.quick: dict[type[m.Request], Quick] = {
            m.Ping: self.ping,
            m.List: self.list,
            m.Log: self.log,
            m.Show: self.show_row,
            m.Operations: self.operations,
            m.Status: self.status,
        }
        self.slow: dict[type[m.Request], Slow] = {
            m.Probe: self.probe,
            m.Missing: asking.missing,
            m.List: asking.list,
            m.Search: searching.search,
            m.Show: asking.show,
            m.Diff: asking.diff,
            m.Load: asking.load,
            m.Cat: asking.cat,
            m.Export: asking.export,
            m.Chunks: asking.chunks,
            m.CheckResources: asking.check_resources,
            m.Put: putting.put,
            m.PutFile: putting.put_file,
            m.Save: changing.save,
            m.Import: changing.import_document,
            m.Restore: changing.restore,
            m.Accept: changing.accept,
            m.Rename: changing.rename,
            m.Copy: changing.copy,
            m.Tag: changing.tag,
            m.Template: changing.template,
            m.Archive: changing.archive,
            m.Unarchive: changing.unarchive,
            m.Note: changing.note,
            m.Pin: changing.pin,
            m.New: changing.new,
            m.Relink: relinking.relink,
            m.Delete: changing.delete,
            m.Purge: changing.purge,
            m.Prune: pruning.prune,
            m.Check: checking.check,
            m.Backup: backing_up.backup,
            m.Batch: batching.batch,
            m.Undo: changing.undo,
            m.FolderAdd: adopting.folder_add,
            m.FolderRemove: adopting.folder_remove,
            m.FolderList: adopting.folder_list,
            m.FolderScan: adopting.folder_scan,
            m.FolderSuggest: adopting.folder_suggest,
            m.Settle: adopting.settle,
            m.WorkspaceOpen: workspaces.workspace_open,
            m.WorkspacePut: workspaces.workspace_put,
            m.WorkspaceReplace: pulling.workspace_replace,
            m.WorkspaceDue: pulling.workspace_due,
            m.WorkspaceRemove: workspaces.workspace_remove,
            m.WorkspaceRename: workspaces.workspace_rename,
            m.WorkspaceReorder: workspaces.workspace_reorder,
            m.WorkspaceCat: workspaces.workspace_cat,
            m.WorkspaceSave: changing.workspace_save,
            m.WorkspaceLeave: workspaces.workspace_leave,
            m.WorkspaceReload: reloading.workspace_reload,
            m.WorkspaceDiscard: reloading.workspace_discard,
            m.WorkspaceList: workspaces.workspace_list,
            m.Last: workspaces.last,
        }

    def close(self) -> None:
        """After the threads' work."""
        self._documents.close()

    def begin_drain(self) -> None:
        """What is answered at once from here to ``end_drain`` sees one state of the store, and costs half."""
        self._answers.renew(self._catalog.commits)

    def end_drain(self) -> None:
        self._catalog.reader.end_view()

    def answer_at_once(self, identity: bytes, request: m.Request, author: str) -> Frames | None:
        """The frames of a result; None for what takes the slow way. Raises what the verb raises."""
        known = self._answers.get(request)
        if known is None:
            quick = self.quick.get(type(request))
            if quick is None:
                return None
            if type(request) is not m.Ping:
                self._catalog.reader.begin_view()
            answer = quick(request, author)
            if answer is None:
                return None
            known = connection.body_of(answer)
            self._answers.put(request, known)
        return connection.result_of_body(identity, known)

    def hello(self, author: str, apps: tuple[str, ...] | None, *, lends: bool) -> m.Welcome:
        """``lends``: what it has open may be read. ``apps``: the only ones that there are for it."""
        capabilities = [each for each in CAPABILITIES if lends or each != m.LOCAL_FILES]
        return m.Welcome(
            protocol=m.PROTOCOL_VERSION, version=self._version, epoch=self._epoch, user=author, limits=m.LIMITS,
            capabilities=capabilities, store=(self._catalog.reader.fact("id") or b"").hex(),
            apps=None if apps is None else [*apps],
        )  # fmt: skip

    def ping(self, request: m.Ping, author: str) -> m.Reply:
        return m.Pong()

    async def probe(self, request: m.Probe, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A turn of the writer that changes nothing costs no sync."""
        await self._catalog.commit(lambda tx: None)
        return m.Probed(), ()

    def status(self, request: m.Status, author: str) -> m.Reply:
        return self._status()

    def list(self, request: m.List, author: str) -> m.Reply | None:
        """Where a text is looked for, or all are counted, that may take longer."""
        return None if request.text is not None or request.count else self._asking.page(request)

    def log(self, request: m.Log, author: str) -> m.Reply:
        limit = min(request.limit, m.LIMITS["rows_count"])
        session = naming.find_session(self._catalog.reader, request.ref)
        found = self._catalog.reader.snapshots(session.id, limit + 1, request.offset)
        called = pins.labels(self._catalog.reader, session.id)
        rows = [snapshot.row(called.get(snapshot.id, ())) for snapshot in found[:limit]]
        return m.Snapshots(rows=rows, more=len(found) > limit)

    def show_row(self, request: m.Show, author: str) -> m.Shown | None:
        """``show`` where only rows are asked for."""
        if request.parts:
            return None
        reader = self._catalog.reader
        named = naming.find(reader, request.ref, self._sessions.clock())
        snapshot, note = pins.snapshot_row(reader, named.snapshot), reader.note(named.session.id)
        return m.Shown(session=named.session.row(), snapshot=snapshot, note=note)

    def operations(self, request: m.Operations, author: str) -> m.Reply:
        limit = min(request.limit, m.LIMITS["rows_count"])
        since = max(request.since, self.newest_operation() - limit) if request.newest else request.since
        found = self._catalog.reader.operations_after(since, limit + 1)
        return m.OperationRows(rows=[each.row() for each in found[:limit]], more=len(found) > limit)

    @property
    def commits(self) -> int:
        """How many there were: while it stays, so does all that is read."""
        return self._catalog.commits

    def newest_operation(self) -> int:
        """The number of the newest row of the log."""
        return self._catalog.reader.newest_operation()

    def operations_fitting(self, wanted: Wanted, after: int, up_to: int, limit: int) -> OperationRows:
        """For the event feed."""
        return rows_for(self._catalog.reader.operations_fitting(wanted, after, up_to, limit), wanted.apps)

    def subscribed(self, newest: int) -> m.Subscribed:
        return m.Subscribed(number=newest)
