"""holdfastd: built in one place, started in order, stopped in reverse."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version

from holdfast_daemon import last_words, logs
from holdfast_daemon.adopting import Adopting
from holdfast_daemon.allocator import keep_large_apart
from holdfast_daemon.aside import Journal
from holdfast_daemon.backing_up import BackingUp
from holdfast_daemon.brought_back import bring_back, check_not_cut_off
from holdfast_daemon.checking import Checking
from holdfast_daemon.collecting import Collecting
from holdfast_daemon.configuration import read as configured
from holdfast_daemon.configuration import shown
from holdfast_daemon.content import Content
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
from holdfast_protocol.endpoint import Places, places
from holdfast_protocol.errors import Damaged, HoldfastError, NoSpace, Unreadable
from holdfast_protocol.messages import StatusReport
from holdfast_protocol.processes import began, boot_id

_log = logging.getLogger("holdfast")

#: Loop and catalog hand the interpreter to each other several times a change, and may wait so long for each: Python's
#: 5 ms cost a change alone a third more time.
SWITCH_SECONDS = 0.001
#: So many workspaces with something unsaved are told one by one.
UNSAVED_COUNT = 20


class Daemon:
    """One store, one sessions folder, one socket."""

    def __init__(self, where: Places, environment: Mapping[str, str]) -> None:
        self.notices = Notices(environment)
        self._listener = handed_over(environment)
        self._is_handed_over = self._listener is not None
        if self._listener is not None:
            socket = self._listener.getsockname()
            where = where._replace(socket=socket, runtime=os.path.dirname(socket))
        self.where = self._where = where
        self._environment = environment
        self._closing = contextlib.AsyncExitStack()
        self._version = version("holdfast")
        self._epoch = new_id().hex()
        self._started = time.time_ns()

    async def start(self) -> None:
        """Ready when it returns. Raises a coded error, and leaves nothing behind, where it cannot start."""
        try:
            with self.notices.taking_longer("Starts"):
                await self._start()
        except BaseException:
            await self._closing.aclose()
            raise

    async def stop(self) -> None:
        """What is under way is answered, what is wanted is published."""
        await self._closing.aclose()

    async def _start(self) -> None:
        where, closing = self._where, self._closing
        self._configuration = configured(where.config)
        logs.keep(self._configuration.log)
        self._misread = ""
        descriptors = raise_descriptor_limit()
        make_directory(where.runtime)
        make_directory(where.store)
        note: dict[str, str | int] = {
            "pid": os.getpid(),
            "socket": where.socket,
            "version": self._version,
            "boot": boot_id(),
            "began": began(os.getpid()),
        }
        closing.callback(Lock(os.path.join(where.store, "lock"), f"The store {where.store}", note).release)
        check_not_cut_off(where.store)
        lock = Lock(f"{where.socket}.lock", f"The socket {where.socket}", note)
        closing.callback(lock.release)
        lock.say("starting")
        faults = Faults(self._environment)
        chunks = Packs(os.path.join(where.store, "packs"))
        closing.callback(chunks.close)
        catalog = os.path.join(where.store, "catalog.sqlite")
        self._catalog = SqliteCatalog(catalog, faults, chunks.seal, partial(_upgrading, lock, self.notices))
        closing.callback(self._catalog.close)
        self._broken: dict[str, str] = {}
        formats = guarded(load_formats(self._broken), self._broken)
        content = Content(self._catalog, chunks, formats, faults)
        index = SqliteIndex(os.path.join(where.store, "search.sqlite"))
        self._indexing = Indexing(self._catalog, chunks, content, index, faults)
        sessions = Sessions(self._catalog, content, faults.clock, boot_id(), Sites())
        saving, lifecycle = Saving(sessions), Lifecycle(sessions)
        loop = asyncio.get_running_loop()
        visible = os.fsencode(where.sessions)
        marked = self._catalog.reader.fact("id") is not None and bool(self._catalog.reader.sessions_in(SESSIONS_FOLDER))
        root = MarkedRoot(visible, self._catalog.submit(partial(_begun, visible)).result(), fresh=not marked)
        house = House(sessions, saving, lifecycle, content, formats, faults, where.store, self._environment)
        self._folders = Folders(house, root, visible, loop)
        closing.push_async_callback(self._folders.stop)
        self._folders.start()
        own = [visible, os.fsencode(where.store), os.fsencode(where.runtime)]
        adopting = Adopting(sessions, self._folders, formats, self._environment, own)
        fates = Fates(self._catalog, content, lambda app: self._configuration.retention.of(app), sessions.clock)
        self._pruning = Pruning(sessions, fates, Collecting(self._catalog, chunks, content, faults), faults)
        self._backing_up = BackingUp(sessions, chunks, where.store, own, faults)
        mending = Mending(sessions, chunks, faults, self._indexing.mend, self._backing_up.pieces)
        self._checking = Checking(sessions, chunks, index, mending, where.store)
        self._rehearsing = Rehearsing(sessions, chunks, where.store)
        service = Service(
            sessions, saving, content, self._folders, adopting, self._indexing, formats,
            self._status, self._version, self._epoch, Journal(os.path.join(where.store, "aside")),
            lambda app: self._configuration.autosave.of(app), self._pruning, self._checking, self._backing_up,
        )  # fmt: skip
        closing.callback(service.close)
        self._workspaces = service.workspaces
        closing.push_async_callback(self._workspaces.stop)
        self._workspaces.start()
        listener = self._listener or listen(where.socket)
        self._server = Server(service, listener, where.socket, descriptors)
        closing.push_async_callback(self._server.stop)
        closing.callback(service.pulling.stop)
        if not self._is_handed_over:
            closing.callback(_remove, where.socket)
        self._catalog.committed = lambda: self._committed(loop)
        self._server.start()
        suspend = Suspend(self._workspaces.flush, self._environment)
        closing.push_async_callback(suspend.stop)
        suspend.start()
        self._indexing.start()
        closing.callback(self._indexing.stop)
        closing.push_async_callback(self._pruning.stop)
        self._pruning.start()
        closing.push_async_callback(self._checking.stop)
        closing.push_async_callback(self._backing_up.stop)
        closing.push_async_callback(self._rehearsing.stop)
        self._rehearsing.start()
        liveness = Liveness(f"ipc://{where.socket}", self.notices)
        closing.callback(liveness.stop)
        liveness.start()
        closing.callback(lock.say, "stopping")
        lock.say("")

    def reload(self) -> None:
        """The configuration as it is now, for what is kept from here on. One that cannot be understood changes nothing,
        and is among the problems."""
        try:
            self._configuration, self._misread = configured(self._where.config), ""
        except HoldfastError as problem:
            self._misread = f"{problem.sentence}; what was set before is still in force"
            _log.error("%s", self._misread)
            return
        logs.keep(self._configuration.log)
        self._workspaces.repace()
        _log.info("The configuration was read again")

    def _committed(self, loop: asyncio.AbstractEventLoop) -> None:
        self._folders.wake()
        self._indexing.committed()
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is listening any longer
            loop.call_soon_threadsafe(self._server.pump)

    def _status(self) -> StatusReport:
        reader = self._catalog.reader
        where = self._where
        broken = [f"The format {name} is left out: {reason}" for name, reason in self._broken.items()]
        unwell = (*self._folders.problems, *self._workspaces.problems, *self._indexing.problems)
        misread = [self._misread] if self._misread else []
        proven = (*self._checking.problems, *self._rehearsing.problems, *self._backing_up.problems)
        problems = [*unwell, *self._pruning.problems, *proven, *broken, *misread]
        return StatusReport(
            version=self._version, epoch=self._epoch, pid=os.getpid(), socket=_text(where.socket),
            store=_text(where.store), sessions=_text(where.sessions), started=self._started,
            sessions_count=reader.sessions_count(False), deleted_count=reader.sessions_count(True),
            operations_count=reader.newest_operation(), clients_count=self._server.clients,
            connections_count=self._server.connections.count, connections_limit=self._server.connections.limit,
            store_bytes=_size_of(where.store), pending_files=reader.pending_count(), watching=self._folders.watching,
            problems=[_text(each) for each in problems], folders=self._folders.rows(),
            workspaces_count=len(self._workspaces), unsaved=self._workspaces.unsaved,
            unsaved_workspaces=self._workspaces.unsaved_rows(UNSAVED_COUNT),
            loss_window_ms=self._workspaces.loss_window.milliseconds,
            unsaved_window_ms=self._workspaces.unsaved_window_ms,
            unsaved_bound_ms=self._workspaces.unsaved_bound_ms,
            checking=self._checking.running, last_check=self._checking.last.ended,
            last_check_problems=self._checking.last.problems_count,
            last_rehearsal=self._rehearsing.proven, last_rehearsal_problem=self._rehearsing.problem,
            queued_changes=self._catalog.queued, requests_count=self._server.requests_count,
            unindexed_count=max(0, reader.newest_operation() - self._indexing.seen),
            outbound_bytes=self._server.outbound_bytes,
            last_backup=self._backing_up.good.began, last_backup_place=self._backing_up.good.directory,
        )  # fmt: skip


def _begun(sessions: bytes, tx: Transaction) -> bytes:
    """What every start does to the catalog: say where the sessions folder is, and know the store's id, given at the
    first one."""
    known_folder = tx.folder(SESSIONS_FOLDER)
    if known_folder is None or known_folder.root != sessions:
        tx.put_folder(
            Folder(
                label=SESSIONS_FOLDER, root=sessions, app=None, layout=SESSIONS_FOLDER, polled=False, inode=None,
                added=time.time_ns(), held=known_folder.held if known_folder else None,
            )
        )  # fmt: skip
    known = tx.fact("id")
    if known is None:
        known = new_id()
        tx.put_fact("id", known)
    return known


def _upgrading(lock: Lock, notices: Notices, old: int, new: int) -> None:
    """Clients that find nobody listening read it beside the socket."""
    doing = f"bringing its store from version {old} to {new}"
    _log.info("holdfastd is %s, and listens after that", doing)
    lock.say(doing)
    notices.status(f"Is {doing}")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs in the foreground, logs to stderr, stops cleanly on SIGTERM and SIGINT."""
    arguments = _parser().parse_args(argv)
    logs.begin(os.environ)
    sys.setswitchinterval(SWITCH_SECONDS)
    where = places(
        os.environ,
        store=arguments.store,
        sessions=arguments.sessions,
        socket=arguments.socket,
        config=arguments.config,
    )
    try:
        if arguments.configuration:
            print(shown(configured(where.config)), end="")
            return 0
        if arguments.restore:
            return _restore(where, arguments.restore)
        asyncio.run(_run(where, arguments.introduce))
    except HoldfastError as problem:
        return _ended(problem, where)
    except OSError as problem:
        coded = NoSpace if problem.errno in (errno.ENOSPC, errno.EDQUOT) else Unreadable
        return _ended(coded(str(problem)), where)
    return 0


def _ended(problem: HoldfastError, where: Places) -> int:
    """The service manager keeps the line too, for whoever asks it how its unit is."""
    said = last_words.sentence(problem, where)
    Notices(os.environ).status(said)
    last_words.say(said)
    return problem.exit_code


def _restore(where: Places, directory: str) -> int:
    """Says on stdout what of the backup is damaged; that is code 8, and all else is there."""
    make_directory(where.store)
    note: dict[str, str | int] = {"pid": os.getpid(), "socket": where.socket, "version": version("holdfast")}
    lock = Lock(os.path.join(where.store, "lock"), f"The store {where.store}", note)
    try:
        damaged = bring_back(
            os.path.abspath(directory), where.store, os.fsencode(where.sessions), boot_id(), Faults(os.environ)
        )
    finally:
        lock.release()
    for each in damaged:
        print(_text(each))
    return Damaged.exit_code if damaged else 0


async def _run(where: Places, introduce: bool) -> None:
    keep_large_apart()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # sent where somebody opens a file at the moment of ``has_writer``
    daemon = Daemon(where, os.environ)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await daemon.start()
    where, notices = daemon.where, daemon.notices
    serving = f"Serves the sessions in {where.sessions}"

    def reload() -> None:
        notices.reloading()
        daemon.reload()
        notices.ready(serving)

    loop.add_signal_handler(signal.SIGHUP, stopped.set if sys.stdin.isatty() else reload)
    _log.info("holdfastd %s listens at %s; sessions are in %s", version("holdfast"), where.socket, where.sessions)
    notices.ready(serving)
    if introduce:
        print(_introduction(where), flush=True)
    await stopped.wait()
    _log.info("holdfastd stops")
    notices.stopping()
    with notices.taking_longer():
        await daemon.stop()


def _introduction(where: Places) -> str:
    command = os.path.relpath(os.path.join(os.path.dirname(sys.executable), "holdfast"))
    home = os.path.dirname(where.store)
    return f"""
holdfastd is running. It listens at   {where.socket}
Sessions are ordinary files in        {where.sessions}
Their history is in                   {where.store}

In another terminal:

  export HOLDFAST_HOME={home}
  {command} save notes/hello README.md
  {command} list
  {command} status

Ctrl-C stops it; nothing is lost.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="holdfastd", description="The daemon that owns this machine's sessions.")
    parser.add_argument("--config", metavar="FILE", help="configuration file")
    parser.add_argument("--store", metavar="DIR", help="where the history is kept")
    parser.add_argument("--sessions", metavar="DIR", help="the folder of session files")
    parser.add_argument("--socket", metavar="PATH", help="where to listen")
    parser.add_argument("--introduce", action="store_true", help="say on stdout where everything is, once ready")
    parser.add_argument("--configuration", action="store_true", help="only say on stdout what is set, or what is wrong")
    parser.add_argument("--restore", metavar="DIR", help="only make the store of the backup there; none may be")
    parser.add_argument("--version", action="version", version=f"holdfastd {version('holdfast')}")
    return parser


def _text(path: str) -> str:
    """A path as text that can be sent, whatever its bytes are."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _size_of(folder: str) -> int:
    sizes = 0
    for here, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                sizes += os.stat(os.path.join(here, name)).st_size
    return sizes


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


if __name__ == "__main__":
    sys.exit(main())
