"""``status``: how the daemon is, asked of each of its rooms."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version

from holdfast_daemon.backing_up import BackingUp
from holdfast_daemon.checking import Checking
from holdfast_daemon.folders import Folders
from holdfast_daemon.indexing import Indexing
from holdfast_daemon.pruning import Pruning
from holdfast_daemon.rehearsing import Rehearsing
from holdfast_daemon.server import Server
from holdfast_daemon.store.base import Catalog, Chunks
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol.endpoint import Places
from holdfast_protocol.messages import StatusReport

#: So many workspaces with something unsaved are told one by one.
UNSAVED_COUNT = 20


@dataclass(frozen=True)
class Rooms:
    """Who has something to say."""

    catalog: Catalog
    chunks: Chunks
    folders: Folders
    workspaces: Workspaces
    indexing: Indexing
    pruning: Pruning
    checking: Checking
    rehearsing: Rehearsing
    backing_up: BackingUp
    server: Server


@dataclass
class Reporting:
    """``broken`` and ``misread`` are sentences for people; ``installed`` is the version that this process began as,
    whatever was installed over it since."""

    where: Places
    epoch: str
    broken: dict[str, str]
    misread: str = ""
    catalog_inode: int = 0
    installed: str = field(default_factory=partial(version, "holdfast"))
    started: int = field(default_factory=time.time_ns)

    def report(self, rooms: Rooms) -> StatusReport:
        """For the loop only."""
        where, reader = self.where, rooms.catalog.reader
        network = rooms.server.network
        workspaces, server, last_check = rooms.workspaces, rooms.server, rooms.checking.last
        return StatusReport(
            version=self.installed, epoch=self.epoch, pid=os.getpid(), socket=text(where.socket),
            store=text(where.store), sessions=text(where.sessions), started=self.started,
            sessions_count=reader.sessions_count(False), deleted_count=reader.sessions_count(True),
            operations_count=reader.newest_operation(), clients_count=server.clients,
            connections_count=server.connections.count, connections_limit=server.connections.limit,
            store_bytes=_size_of(where.store), pending_files=reader.pending_count(), watching=rooms.folders.watching,
            problems=[text(each) for each in self._problems(rooms)], folders=rooms.folders.rows(),
            workspaces_count=len(workspaces), unsaved=workspaces.unsaved,
            unsaved_workspaces=workspaces.unsaved_rows(UNSAVED_COUNT),
            loss_window_ms=workspaces.loss_window.milliseconds, unsaved_window_ms=workspaces.unsaved_window_ms,
            unsaved_bound_ms=workspaces.unsaved_bound_ms,
            checking=rooms.checking.running, last_check=last_check.ended, last_check_problems=last_check.problems_count,
            last_rehearsal=rooms.rehearsing.proven, last_rehearsal_problem=rooms.rehearsing.problem,
            queued_changes=rooms.catalog.queued, requests_count=server.requests_count,
            unindexed_count=max(0, reader.newest_operation() - rooms.indexing.seen),
            outbound_bytes=server.outbound_bytes,
            listening=network.endpoint if network is not None else "",
            network_key=network.pair.public if network is not None else "",
            last_backup=rooms.backing_up.good.began, last_backup_place=rooms.backing_up.good.directory,
        )  # fmt: skip

    def _gone(self, rooms: Rooms) -> Iterable[str]:
        """What somebody has taken from the store under the daemon."""
        catalog = os.path.join(self.where.store, "catalog.sqlite")
        if inode_of(catalog) != self.catalog_inode:  # whoever else looks for it may have made another
            yield f"{catalog} is gone, and what is saved with it once this process ends: holdfast backup DIR, at once"
        missing = rooms.chunks.missing(rooms.catalog.reader.packs())
        if missing:
            count = f"{len(missing)} packs are" if len(missing) > 1 else "A pack is"
            yield f"{count} gone ({missing[0]}): holdfast check --repair names what is lost, and mends what it can"

    def _problems(self, rooms: Rooms) -> Iterable[str]:
        telling = (
            rooms.catalog, rooms.chunks, rooms.folders, rooms.workspaces, rooms.indexing, rooms.pruning, rooms.checking,
            rooms.rehearsing, rooms.backing_up,
        )  # fmt: skip
        for room in telling:
            yield from room.problems
        yield from self._gone(rooms)
        for name, reason in self.broken.items():
            yield f"The format {name} is left out: {reason}"
        if self.misread:
            yield self.misread
        yield from rooms.server.users.problems
        if rooms.server.network is not None and rooms.server.network.grants.problem:
            yield rooms.server.network.grants.problem


def inode_of(path: str) -> int:
    """0 where nothing is there."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


def text(path: str) -> str:
    """A path as text that can be sent, whatever its bytes are."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _size_of(folder: str) -> int:
    sizes = 0
    for here, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                sizes += os.stat(os.path.join(here, name)).st_size
    return sizes
