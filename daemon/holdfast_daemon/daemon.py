"""The daemon, built in one place, started in order, stopped in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version

from holdfast_daemon import logs
from holdfast_daemon.access import Access, Users
from holdfast_daemon.adopting import Adopting
from holdfast_daemon.aside import Journal
from holdfast_daemon.backing_up import BackingUp
from holdfast_daemon.brought_back import check_not_cut_off
from holdfast_daemon.checking import Checking
from holdfast_daemon.collecting import Collecting
from holdfast_daemon.configuration import Configuration
from holdfast_daemon.configuration import read as configured
from holdfast_daemon.content import Content
from holdfast_daemon.doorkeeper import on_network
from holdfast_daemon.fates import Fates
from holdfast_daemon.fault import Faults
from holdfast_daemon.folders import Folders, House
from holdfast_daemon.folders_root import MarkedRoot
from holdfast_daemon.formats.registry import load_formats
from holdfast_daemon.guarded import guarded
from holdfast_daemon.indexing import Indexing
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.listener import Lock, handed_over, listen, make_directory, raise_descriptor_limit
from holdfast_daemon.liveness import Liveness
from holdfast_daemon.mending import Mending
from holdfast_daemon.notices import Notices
from holdfast_daemon.pruning import Pruning
from holdfast_daemon.rehearsing import Rehearsing
from holdfast_daemon.reporting import Reporting, Rooms, inode_of
from holdfast_daemon.saving import Saving
from holdfast_daemon.server import Server
from holdfast_daemon.service import Service
from holdfast_daemon.sessions import Sessions
from holdfast_daemon.sites import SESSIONS_FOLDER, Sites
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Folder, new_id
from holdfast_daemon.store.packs import Packs
from holdfast_daemon.store.sqlite.catalog import SqliteCatalog
from holdfast_daemon.store.sqlite.index import SqliteIndex
from holdfast_daemon.suspend import Suspend
from holdfast_protocol.endpoint import Places, is_remote
from holdfast_protocol.errors import BadField, HoldfastError, NotAllowed
from holdfast_protocol.processes import began, boot_id

_log = logging.getLogger("holdfast")


class Daemon:
    """One store, one sessions folder, one socket."""

    def __init__(self, where: Places, environment: Mapping[str, str], listen: str = "", shared: str = "") -> None:
        """``listen``: where on the network, instead of where the configuration says. ``shared``: the name under which
        several users of the machine share the store; "" where it is its owner's alone."""
        if is_remote(where.socket):
            raise BadField(f"The daemon's own socket is a path; on the network it listens with --listen {where.socket}")
        self._listen = listen
        self.notices = Notices(environment)
        self._listener = handed_over(environment)
        if self._listener is not None:
            socket = self._listener.getsockname()
            where = where._replace(socket=socket, runtime=os.path.dirname(socket))
        elif shared:
            unit = f"holdfast@{shared}.service"
            raise NotAllowed(f"A shared store is served at a socket of systemd's; type: systemctl start {unit}")
        self._shared = shared
        self.where = where
        self._environment = environment
        self._closing = contextlib.AsyncExitStack()
        self._faults = Faults(environment)
        self._epoch = new_id().hex()
        broken: dict[str, str] = {}
        self._formats = guarded(load_formats(broken), broken)
        self._reporting = Reporting(where, self._epoch, broken)

    async def start(self) -> None:
        """Ready when it returns. Raises a coded error, and leaves nothing behind, where it cannot start."""
        try:
            descriptors = raise_descriptor_limit()
            self._configuration = self._configured()
            logs.keep(self._configuration.log)
            with self.notices.taking_longer("Starts"):
                lock = self._hold()
                lock.say("starting")
                self._build(*self._open(lock), descriptors)
            self._closing.callback(lock.say, "stopping")
            lock.say("")
        except BaseException:
            await self._closing.aclose()
            raise

    async def stop(self) -> None:
        """What is under way is answered, what is wanted is published."""
        await self._closing.aclose()

    def _configured(self) -> Configuration:
        """Raises BadField, Unreadable."""
        found = configured(self.where.config)
        if found.access != Access() and not self._shared:
            said = "access is of a shared store (holdfast service install --system), and this one is its owner's alone"
            raise BadField(f"The configuration {self.where.config}: {said}", field="access")
        return found

    def _hold(self) -> Lock:
        """The store, and the socket, whose lock it gives: nobody else has them from here on. Raises StoreLocked."""
        where = self.where
        if not self._shared:  # whose folder is the machine's, and nobody else can listen there
            make_directory(where.runtime)
        make_directory(where.store)
        note: dict[str, str | int] = {
            "pid": os.getpid(),
            "socket": where.socket,
            "version": version("holdfast"),
            "boot": boot_id(),
            "began": began(os.getpid()),
        }
        store = Lock(os.path.join(where.store, "lock"), f"The store {where.store}", note)
        self._closing.callback(store.release)
        check_not_cut_off(where.store)
        if self._shared:
            return store
        lock = Lock(f"{where.socket}.lock", f"The socket {where.socket}", note)
        self._closing.callback(lock.release)
        return lock

    def _open(self, lock: Lock) -> tuple[Packs, SqliteCatalog]:
        """The store, brought to this version where it is older."""
        store = self.where.store
        chunks = Packs(os.path.join(store, "packs"))
        self._closing.callback(chunks.close)
        upgrading = partial(_upgrading, lock, self.notices)
        catalog = SqliteCatalog(os.path.join(store, "catalog.sqlite"), self._faults, chunks.seal, upgrading)
        self._reporting.catalog_inode = inode_of(os.path.join(store, "catalog.sqlite"))
        self._closing.callback(catalog.close)
        return chunks, catalog

    def _build(self, chunks: Packs, catalog: SqliteCatalog, descriptors: int) -> None:
        where, closing, faults, formats = self.where, self._closing, self._faults, self._formats
        loop = asyncio.get_running_loop()
        content = Content(catalog, chunks, formats, faults)
        index = SqliteIndex(os.path.join(where.store, "search.sqlite"))
        indexing = Indexing(catalog, chunks, content, index, faults)
        sessions = Sessions(catalog, content, faults.clock, boot_id(), Sites())
        saving, lifecycle = Saving(sessions), Lifecycle(sessions)
        visible = os.fsencode(where.sessions)
        known = catalog.reader.fact("id")
        store_id, marked = known or new_id(), known is not None and bool(catalog.reader.sessions_in(SESSIONS_FOLDER))
        root = MarkedRoot(visible, store_id, fresh=not marked)  # before the store knows its id, and misses the mark
        catalog.submit(partial(_begin, visible, store_id)).result()
        house = House(sessions, saving, lifecycle, content, formats, faults, where.store, self._environment)
        folders = Folders(house, root, visible, loop)
        closing.push_async_callback(folders.stop)
        folders.start()
        own = [visible, os.fsencode(where.store), os.fsencode(where.runtime)]
        adopting = Adopting(sessions, folders, formats, self._environment, own, self._shared)
        fates = Fates(catalog, content, lambda app: self._configuration.retention.of(app), sessions.clock)
        pruning = Pruning(sessions, fates, Collecting(catalog, chunks, content, faults), faults)
        backing_up = BackingUp(sessions, chunks, where.store, own, faults)
        mending = Mending(sessions, chunks, faults, indexing.mend, backing_up.pieces)
        checking = Checking(sessions, chunks, index.examine, mending, where.store)
        rehearsing = Rehearsing(sessions, chunks, where.store)
        service = Service(
            sessions, saving, content, folders, adopting, indexing, formats,
            lambda: self._reporting.report(rooms), version("holdfast"), self._epoch,
            Journal(os.path.join(where.store, "aside")), lambda app: self._configuration.autosave.of(app), pruning,
            checking, backing_up,
        )  # fmt: skip
        closing.callback(service.close)
        self._workspaces = workspaces = service.workspaces
        closing.push_async_callback(workspaces.stop)
        workspaces.start()
        asked = self._listen or self._configuration.network.listen
        # The configuration of a shared store is root's, its keys are its user's.
        keys = os.path.dirname(where.store if self._shared else where.config)
        network = on_network(asked, keys) if asked else None
        users = Users(os.geteuid(), self._configuration.access if self._shared else None)
        listener = self._listener or listen(where.socket)
        self._server = server = Server(service, listener, where.socket, descriptors, network, users)
        rooms = Rooms(
            catalog, chunks, folders, workspaces, indexing, pruning, checking, rehearsing, backing_up, server
        )  # fmt: skip
        closing.push_async_callback(server.stop)
        closing.callback(service.pulling.stop)
        if self._listener is None:
            closing.callback(_remove, where.socket)

        def committed() -> None:
            folders.wake()
            indexing.committed()
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is listening any longer
                loop.call_soon_threadsafe(server.pump)

        catalog.committed = committed
        server.start()
        suspend = Suspend(workspaces.flush, self._environment)
        closing.push_async_callback(suspend.stop)
        suspend.start()
        indexing.start()
        closing.callback(indexing.stop)
        closing.push_async_callback(pruning.stop)
        pruning.start()
        closing.push_async_callback(checking.stop)
        closing.push_async_callback(backing_up.stop)
        closing.push_async_callback(rehearsing.stop)
        rehearsing.start()
        liveness = Liveness(f"ipc://{where.socket}", self.notices)
        closing.callback(liveness.stop)
        liveness.start()

    def reload(self) -> None:
        """The configuration as it is now, for what is kept from here on. One that cannot be understood changes nothing,
        and is among the problems."""
        try:
            self._configuration, self._reporting.misread = self._configured(), ""
        except HoldfastError as problem:
            self._reporting.misread = f"{problem.sentence}; what was set before is still in force"
            _log.error("%s", self._reporting.misread)
            return
        logs.keep(self._configuration.log)
        self._workspaces.repace()
        self._server.allow(self._configuration.access)
        _log.info("The configuration was read again")


def _begin(sessions: bytes, store_id: bytes, tx: Transaction) -> None:
    """What every start does to the catalog: say where the sessions folder is, and, the first one, the store's id."""
    known_folder = tx.folder(SESSIONS_FOLDER)
    if known_folder is None or known_folder.root != sessions:
        tx.put_folder(
            Folder(
                label=SESSIONS_FOLDER, root=sessions, app=None, layout=SESSIONS_FOLDER, polled=False, inode=None,
                added=time.time_ns(), held=known_folder.held if known_folder else None,
            )
        )  # fmt: skip
    if tx.fact("id") is None:
        tx.put_fact("id", store_id)


def _upgrading(lock: Lock, notices: Notices, old: int, new: int) -> None:
    """Clients that find nobody listening read it beside the socket."""
    doing = f"bringing its store from version {old} to {new}"
    _log.info("holdfastd is %s, and listens after that", doing)
    lock.say(doing)
    notices.status(f"Is {doing}")


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
