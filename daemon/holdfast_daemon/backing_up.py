"""``backup``: one copy of the store at a time, and when and where the last one was."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from holdfast_daemon.aside import used
from holdfast_daemon.deadlines import left
from holdfast_daemon.fault import Faults
from holdfast_daemon.long_job import Failure, LongJob
from holdfast_daemon.pacing import Pacing
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.backup import ASIDE, Backup, State, pieces_in, state_of
from holdfast_daemon.store.base import Chunks, Dropped, Rest, Transaction
from holdfast_protocol import messages as m
from holdfast_protocol.codec import decode, encode, to_plain, to_row
from holdfast_protocol.errors import BadField, Exists, HoldfastError, Internal, NotAllowed, Unreadable
from holdfast_protocol.messages import BackedUp
from holdfast_protocol.names import shown

#: The key of the last one that came to its end, in the store's facts.
FACT = "backed-up"
FACT_BYTES = 1024 * 1024
DAMAGED_COUNT = 200
#: So often it begins anew where collection took a pack from under it.
TRIES_COUNT = 5

_log = logging.getLogger("holdfast.backup")


@dataclass
class _Run:
    """A backup under way."""

    directory: str
    all: bool
    pacing: Pacing
    began: int
    backup: Backup | None = None


class BackingUp:
    """For the loop only, but for what the thread does. ``own``: the daemon's folders, where no backup may be."""

    def __init__(
        self, sessions: Sessions, chunks: Chunks, store: str, own: Sequence[bytes], faults: Faults
    ) -> None:  # fmt: skip
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._chunks = chunks
        self._store = store
        self._own = own
        self._faults = faults
        self._job = LongJob("backup")
        self._run: _Run | None = None
        fact = self._catalog.reader.fact(FACT)
        self._good = to_row(decode(fact, limit_bytes=FACT_BYTES), BackedUp) if fact else BackedUp()
        self._last = self._good

    async def backup(self, request: m.Backup, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Begin one, stop it, or say how far it is."""
        if request.stop:
            self._job.interrupt()
        elif request.begin and not self._job.running:
            directory = await asyncio.to_thread(self._directory, request.directory)
            if not self._job.running:
                run = _Run(directory, request.all, Pacing(), self._sessions.clock())
                self._job.begin(run.pacing, lambda: self._done(run), self._end)
                self._run = run
        await self._job.wait(min(request.wait_ms / 1000, left(deadline)))
        return self.report, ()

    async def stop(self) -> None:
        """The one before it stays."""
        await self._job.stop()

    @property
    def good(self) -> BackedUp:
        """The last one that came to its end."""
        return self._good

    def pieces(self, hashes: Collection[bytes], rest: Rest) -> Iterator[tuple[bytes, bytes]]:
        """Those of the chunks that the last one has whole, where its disk is there. For any thread."""
        with contextlib.suppress(HoldfastError):
            if self._good.directory:
                yield from pieces_in(os.fsdecode(self._good.directory), hashes, rest)

    @property
    def problems(self) -> list[str]:
        """For people: that the last one did not."""
        failed = self._last.failed
        return [f"The last backup failed: {failed}"] if failed and self._last.code else []

    @property
    def report(self) -> BackedUp:
        """The one that runs, or the last one."""
        run = self._run
        if run is None:
            return self._last
        backup = run.backup
        total = backup.total_bytes if backup else 0
        return BackedUp(
            running=True, directory=os.fsencode(run.directory), began=run.began, stage=backup.stage if backup else "",
            done_bytes=min(run.pacing.done_bytes, total), total_bytes=total,
            copied_bytes=backup.copied_bytes if backup else 0,
        )  # fmt: skip

    def _directory(self, said: bytes) -> str:
        """Where it may be. Raises BadField, NotAllowed, Exists, Unreadable, Damaged."""
        if not os.path.isabs(said) or b"\0" in said:
            raise BadField("directory: an absolute path is expected", field="directory")
        directory = os.path.realpath(said)
        named = shown(os.fsdecode(directory))
        for own in map(os.path.realpath, self._own):
            if os.path.commonpath((own, directory)) in (own, directory):
                raise NotAllowed(f"{named} holds, or lies in, a folder of the daemon's own: both would be lost at once")
        for folder in self._catalog.reader.folders():
            root = os.path.realpath(folder.root)
            if not folder.removed and os.path.commonpath((root, directory)) == root:
                raise NotAllowed(f"{named} lies in the folder {shown(folder.label)}, which is watched")
        if os.path.lexists(directory) and not os.path.isdir(directory):
            raise Exists(f"{named} is no directory")
        if not os.path.isdir(os.path.dirname(directory)):
            raise Unreadable(f"There is no directory {shown(os.fsdecode(os.path.dirname(directory)))}")
        state = state_of(os.fsdecode(directory))
        if state is not None and state.store != self._id.hex():
            raise Exists(f"{named} has a backup of another store")
        return os.fsdecode(directory)

    @property
    def _id(self) -> bytes:
        return self._catalog.reader.fact("id") or b""

    def _end(self, report: BackedUp) -> None:
        self._last, self._run = report, None
        if report.failed is None:
            self._good = report

    # In the thread.

    def _done(self, run: _Run) -> BackedUp:
        """The whole of it, kept for the next start."""
        state = None
        with Failure(_log) as failure:
            state = self._backed_up(run)
        backup = run.backup
        report = BackedUp(
            directory=os.fsencode(run.directory), began=run.began, ended=self._sessions.clock(),
            done_bytes=run.pacing.done_bytes, total_bytes=run.pacing.done_bytes,
            copied_bytes=backup.copied_bytes if backup else 0, size_bytes=state.size_bytes if state else 0,
            damaged=backup.damaged[:DAMAGED_COUNT] if backup else [], failed=failure.sentence, code=failure.code,
        )  # fmt: skip
        for each in report.damaged:
            _log.warning("Damaged in the backup, and copied anew: %s", each)
        if report.failed is not None:
            _log.warning("The backup to %s failed: %s", run.directory, report.failed)
            return report
        with contextlib.suppress(HoldfastError):  # a store that takes nothing: it is told, and not kept
            self._catalog.submit(lambda tx: _keep(tx, report)).result()
        return report

    def _backed_up(self, run: _Run) -> State:
        """Raises HoldfastError, Stopped."""
        for _ in range(TRIES_COUNT):
            held = self._sessions.content.claims.hold(self._chunks.sealed())
            run.backup = Backup(
                self._store, self._id, run.directory, lambda: used(os.path.join(self._store, ASIDE)), self._faults.at,
                run.pacing.rest, all=run.all,
            )  # fmt: skip
            with contextlib.suppress(Dropped):
                return run.backup.run(run.began)
            del held
        raise Internal("Packs are collected faster than they are copied; try again")


def _keep(tx: Transaction, report: BackedUp) -> None:
    tx.put_fact(FACT, encode(to_plain(report)))
