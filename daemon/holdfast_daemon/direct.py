"""``holdfastd --read-only``: a store, or a backup, is read for whoever started this, over the ordinary wire, until
their end of its standard input is closed. Nothing is written, and no daemon is kept from the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from functools import partial, wraps
from importlib.metadata import version
from typing import NamedTuple

from holdfast_daemon.access import Users
from holdfast_daemon.answering import Answering, Slow
from holdfast_daemon.checking import Checking
from holdfast_daemon.content import Content
from holdfast_daemon.fault import Faults
from holdfast_daemon.formats.registry import load_formats
from holdfast_daemon.guarded import guarded
from holdfast_daemon.listener import holder_of, listen, raise_descriptor_limit
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.server import Server
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.sites import Sites
from holdfast_daemon.store.backup import CATALOG, PACKS, STATE, coded, state_of
from holdfast_daemon.store.nouns import new_id
from holdfast_daemon.store.packs import UnwrittenPacks, numbers_in
from holdfast_daemon.store.sqlite.checksums import take_no_locks
from holdfast_daemon.store.sqlite.unwritten import ONLY_READ, UnwrittenCatalog, examine_index
from holdfast_protocol import messages as m
from holdfast_protocol.endpoint import SOCKET_PATH_BYTES, Places
from holdfast_protocol.errors import HoldfastError, NotAllowed, NotFound, StoreLocked

#: Begins the line on standard output that says where it listens; any other is the code of an error and its sentence.
READY = "ready"
SOCKET = "s"
CAPABILITIES = ("chunks", m.EVENT_PAGES, "events")


class _Files(NamedTuple):
    """Where a store's catalog and packs are."""

    catalog: str
    packs: dict[int, str]


def serve(where: Places) -> int:
    """Until standard input ends; gives the exit code."""
    try:
        asyncio.run(_serve(where))
    except HoldfastError as problem:
        _say(f"{problem.code} {problem.sentence}")
        return problem.exit_code
    return 0


async def _serve(where: Places) -> None:
    take_no_locks()
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    loop.add_reader(sys.stdin.fileno(), ended.set)
    with contextlib.ExitStack() as closing:
        folder = _private_directory()
        closing.callback(shutil.rmtree, folder, ignore_errors=True)
        where = where._replace(runtime=folder, socket=os.path.join(folder, SOCKET))
        service = _Direct(where, closing)
        users = Users(os.geteuid(), None)
        server = Server(service, listen(where.socket), where.socket, raise_descriptor_limit(), None, users)
        server.start()
        _say(f"{READY} {where.socket}")
        await ended.wait()
        await service.stop()
        await server.stop()


def _say(line: str) -> None:
    """On standard output, paths as they are."""
    sys.stdout.buffer.write(line.replace("\n", "\\n").encode("utf-8", "surrogateescape") + b"\n")
    sys.stdout.flush()


def _private_directory() -> str:
    """For the socket, whose path has to be short, and for copies. It goes with this process, not with the client, which
    may be killed."""
    made = tempfile.mkdtemp(prefix="holdfast-")
    if len(os.fsencode(os.path.join(made, SOCKET))) <= SOCKET_PATH_BYTES:
        return made
    os.rmdir(made)
    return tempfile.mkdtemp(prefix="holdfast-", dir="/tmp")


class _Direct(Answering):
    """What can be asked of a store that nobody serves."""

    def __init__(self, where: Places, closing: contextlib.ExitStack) -> None:
        self._where = where
        self._began = time.time_ns()
        _check_not_served(where.store)
        files = _files(where.store)
        catalog = self._unwritten = UnwrittenCatalog(files.catalog, where.runtime)
        chunks = UnwrittenPacks(os.path.join(where.store, PACKS), files.packs)
        closing.callback(chunks.close)
        faults = Faults({})
        content = Content(catalog, chunks, guarded(load_formats({})), faults)
        sessions = Sessions(catalog, content, faults.clock, "", Sites())
        super().__init__(sessions, content, self._report, version("holdfast"), new_id().hex(), CAPABILITIES)
        closing.callback(self.close)
        index = partial(examine_index, os.path.join(where.store, "search.sqlite"))
        self._checking = Checking(sessions, chunks, index, None, where.store)
        self.slow[m.Check] = self._checking.check
        self.slow = {kind: self._of_one_time(work) for kind, work in self.slow.items()}

    def answer_at_once(self, identity: bytes, request: m.Request, author: str) -> Frames | None:
        """Raises NotAllowed for what would need a daemon, Busy where one has begun to write."""
        kind = type(request)
        if kind not in self.quick and kind not in self.slow and kind not in (m.Cancel, m.Subscribe, m.Unsubscribe):
            raise NotAllowed(ONLY_READ)
        try:
            return super().answer_at_once(identity, request, author)
        finally:
            self._unwritten.check_unchanged()

    async def stop(self) -> None:
        """A check is given up."""
        await self._checking.stop()

    def _of_one_time(self, work: Slow) -> Slow:
        @wraps(work)
        async def checked(request: m.Request, payload: Frames, caller: Caller, deadline: float) -> Answer:
            try:
                return await work(request, payload, caller, deadline)
            finally:
                self._unwritten.check_unchanged()

        return checked

    def _report(self) -> m.StatusReport:
        reader, where, last = self._catalog.reader, self._where, self._checking.last
        return m.StatusReport(
            version=self._version, epoch=self._epoch, pid=os.getpid(), socket=where.socket, store=where.store,
            sessions="", started=self._began, sessions_count=reader.sessions_count(False),
            deleted_count=reader.sessions_count(True), operations_count=reader.newest_operation(), clients_count=1,
            connections_count=1, connections_limit=1, store_bytes=0, pending_files=reader.pending_count(),
            watching=False, problems=["No daemon serves this store: it is only read"],
            checking=self._checking.running, last_check=last.ended, last_check_problems=last.problems_count,
        )  # fmt: skip


def _check_not_served(store: str) -> None:
    holder = holder_of(os.path.join(store, "lock"))
    if holder is not None:
        raise StoreLocked(f"A daemon serves the store {store} (process {holder}): ask it, without --direct", pid=holder)


def _files(store: str) -> _Files:
    """Of a store, or of a backup of one. Raises NotFound, Damaged, Unreadable."""
    catalog, packs = os.path.join(store, CATALOG), os.path.join(store, PACKS)
    with coded(store):
        if os.path.isdir(store):
            os.listdir(store)  # one that we may not look into is not taken for an empty one
        if not os.path.exists(catalog) and os.path.isfile(os.path.join(store, STATE)):
            state = state_of(store)
            assert state is not None
            named = {number: os.path.join(store, each.name) for number, each in state.packs.items()}
            return _Files(os.path.join(store, state.catalog.name), named)
        if not os.path.exists(catalog):
            raise NotFound(f"There is no store in {store}", path=store)
        numbers = numbers_in(packs) if os.path.isdir(packs) else []
    return _Files(catalog, {number: os.path.join(packs, f"{number:06d}.pack") for number in numbers})

