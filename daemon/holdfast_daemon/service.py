"""What a daemon answers: what is looked at (``answering``), and all that changes the store.

A quick verb is answered in the loop, from the catalog alone. A slow one may wait for the store or a thread: those that
look at documents are in ``asking``, those that change the store in ``changing``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from holdfast_daemon.adopting import Adopting
from holdfast_daemon.answering import Answering
from holdfast_daemon.aside import Journal
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
from holdfast_daemon.limited import Limited
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.pruning import Pruning
from holdfast_daemon.pulling import Pulling
from holdfast_daemon.putting import Putting
from holdfast_daemon.relinking import Relinking
from holdfast_daemon.reloading import Reloading
from holdfast_daemon.saving import Saving
from holdfast_daemon.searching import Searching
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol import messages as m

CAPABILITIES = [
    "batches", "chunks", m.EVENT_PAGES, "events", "folders", m.LOCAL_FILES, "merge", "search", "workspaces",
]  # fmt: skip


class Service(Answering):
    """Every verb but ``subscribe``, ``unsubscribe`` and ``cancel``, which are the server's own, and what it says to
    ``hello``."""

    def __init__(
        self, sessions: Sessions, saving: Saving, content: Content, folders: Folders, adopting: Adopting,
        indexing: Indexing, formats: dict[str, Format],
        status: Callable[[], m.StatusReport], version: str, epoch: str, journal: Journal, pace: Callable[[str], Pace],
        pruning: Pruning, checking: Checking, backing_up: BackingUp,
    ) -> None:  # fmt: skip
        super().__init__(sessions, content, status, version, epoch, CAPABILITIES)
        incoming = Incoming(sessions.catalog, self._documents, formats)
        asking = self._asking
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
        self.limited = Limited(
            sessions, asking, searching, workspaces, status, folders.rows, self.quick, self.slow
        )  # fmt: skip
        pulling = self.pulling = Pulling(sessions, self._documents, incoming, workspaces)
        self.slow |= {
            m.Probe: self.probe,
            m.Missing: asking.missing,
            m.Search: searching.search,
            m.CheckResources: asking.check_resources,
            m.Put: putting.put,
            m.PutFile: putting.put_file,
            m.Save: changing.save,
            m.Import: changing.import_document,
            m.Recognise: incoming.recognising.recognise,
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

    def holders(self) -> Collection[bytes]:
        """Those that hold a workspace."""
        return self.workspaces.holders()

    def gone(self, peer: bytes) -> None:
        self.workspaces.gone(peer)

    async def probe(self, request: m.Probe, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A turn of the writer that changes nothing costs no sync."""
        await self._catalog.commit(lambda tx: None)
        return m.Probed(), ()
