"""What retention takes goes: by the daemon itself from time to time, by ``prune``, and for good by ``purge``.

A few snapshots in each transaction, which looks once more whether something needs them. A session that ends loses its
row first; from then on it is *pruned*, and its snapshots follow, after a crash too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from functools import partial

from holdfast_daemon.collecting import Collecting
from holdfast_daemon.fates import Fates, Look, protections
from holdfast_daemon.fault import Faults
from holdfast_daemon.once import KEPT_NANOSECONDS
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.sessions import Caller, Sessions, need_session
from holdfast_daemon.store.base import Reader, Transaction
from holdfast_daemon.store.nouns import Operation, Session, Snapshot
from holdfast_protocol.errors import Busy, HoldfastError, NotAllowed
from holdfast_protocol.messages import LIMITS, Changed, Prune, Pruned
from holdfast_protocol.model import PruneRow

FIRST_SECONDS = 60.0
EVERY_SECONDS = 6 * 3600.0
#: Of each step, so that it takes a few milliseconds.
SESSIONS_COUNT = 20
SNAPSHOTS_COUNT = 16
BATCH_BYTES = 512 * 1024 * 1024
PAUSE_SECONDS = 0.002
AUTHOR = "retention"

_log = logging.getLogger("holdfast.pruning")


class Pruning:
    """For the loop only; one at a time."""

    def __init__(self, sessions: Sessions, fates: Fates, collecting: Collecting, faults: Faults) -> None:
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._fates = fates
        self._collecting = collecting
        self._faults = faults
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._looked_at: tuple[Pruned, list[PruneRow]] | None = None
        #: For people: why it did not go well last time.
        self.problems: list[str] = []

    def start(self, first_seconds: float = FIRST_SECONDS, every_seconds: float = EVERY_SECONDS) -> None:
        """From time to time, by the machine's own count of seconds."""
        self._task = asyncio.get_running_loop().create_task(self._drive(first_seconds, every_seconds))

    async def stop(self) -> None:
        """Wherever it is: the next start goes on."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _drive(self, first_seconds: float, every_seconds: float) -> None:
        await asyncio.sleep(first_seconds)
        while True:
            try:
                await self._forget()
                await self._take_all()
                self.problems = []
            except Exception as problem:  # said, and tried again the next time
                said = problem.sentence if isinstance(problem, HoldfastError) else repr(problem)
                self.problems = [f"Retention stopped: {said}"]
                _log.warning("Retention stopped: %s", said)
            await asyncio.sleep(every_seconds)

    async def _forget(self) -> None:
        """What a repeated request would be answered, where by its age it would be refused."""
        before = self._sessions.clock() - KEPT_NANOSECONDS
        await self._catalog.commit(lambda tx: tx.forget_answers(before))

    async def prune(self, request: Prune, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Now, or only a look at what would go."""
        if not request.dry_run:
            return await self._take_all(), ()
        if request.offset == 0 or self._looked_at is None:
            async with self._lock:
                self._looked_at = await self._look()
        counts, rows = self._looked_at
        end = request.offset + min(request.limit, LIMITS["rows_count"])
        if end >= len(rows):
            self._looked_at = None
        return Pruned(
            snapshots_count=counts.snapshots_count, sessions_count=counts.sessions_count,
            freed_bytes=counts.freed_bytes, rows=rows[request.offset : end], more=len(rows) > end,
        ), ()  # fmt: skip

    async def purge(self, identity: bytes, expect: int | None, caller: Caller) -> Changed:
        """A deleted session whose file is gone: nothing of it can be brought back. Raises Busy, NotAllowed, Exists."""

        def work(tx: Transaction) -> Changed:
            session = need_session(tx, identity, expect)
            check_free(tx, session)
            if not session.deleted or tx.is_pending(identity):
                raise Busy(f"The file of {session.app}/{session.name} is still there; purge it when it is gone")
            number = _purge(tx, session, self._sessions.clock(), caller.author)
            return Changed(session=session.row(), operation=number)

        return await self._sessions.commit(caller, Changed, lambda: work)

    # What goes.

    async def _take_all(self) -> Pruned:
        async with self._lock:
            snapshots_count = sessions_count = 0
            shown = await asyncio.to_thread(self._shown)
            async for look in self._looks(shown):
                if look.ends is not None and look.row is not None:
                    if not await self._catalog.commit(partial(self._end, look=look)):
                        continue
                    sessions_count += 1
                snapshots_count += await self._remove(look, shown)
            freed_bytes = await self._collecting.collect()
            return Pruned(snapshots_count=snapshots_count, sessions_count=sessions_count, freed_bytes=freed_bytes)

    async def _remove(self, look: Look, shown: Collection[bytes]) -> int:
        count = 0
        for some in _batches(look.going):
            count += await self._catalog.commit(partial(self._take, session=look.session, snapshots=some, shown=shown))
            self._faults.at("snapshots-removed")
            await asyncio.sleep(PAUSE_SECONDS)
        return count

    def _take(
        self, tx: Transaction, session: bytes, snapshots: Sequence[bytes], shown: Collection[bytes]
    ) -> int:  # fmt: skip
        """Those that nothing needs by now."""
        if tx.is_pending(session):
            return 0
        protected = protections(tx, session, shown)
        going = [each for each in snapshots if each not in protected]
        tx.remove_snapshots(going)
        row = tx.session(session)
        if going and row is not None:
            tx.add_operation(_told(row, "pruned", self._sessions.clock(), AUTHOR, f"{len(going)} snapshots"))
        return len(going)

    def _end(self, tx: Transaction, look: Look) -> bool:
        """Of a deleted session that has had its term; false where somebody wanted it meanwhile."""
        row = tx.session(look.session)
        if row is None or row != look.row or tx.is_pending(row.id) or _began(tx, row):
            return False
        _purge(tx, row, self._sessions.clock(), AUTHOR)
        return True

    # What would go.

    async def _look(self) -> tuple[Pruned, list[PruneRow]]:
        rows: list[PruneRow] = []
        going: set[bytes] = set()
        documents: set[bytes] = set()
        sessions_count = 0
        async for look in self._looks(await asyncio.to_thread(self._shown)):
            if look.going:
                rows += look.rows()
                going |= {snapshot.id for snapshot in look.going}
                documents |= {snapshot.document for snapshot in look.going}
                sessions_count += look.ends is not None and look.row is not None
        dying, chunks = await asyncio.to_thread(self._dying, going, documents)
        dead = await self._collecting.named_by_none(chunks, dying)
        sizes = await asyncio.to_thread(self._sizes, dead)
        counts = Pruned(
            snapshots_count=len(going), sessions_count=sessions_count, freed_bytes=sum(sizes.values())
        )  # fmt: skip
        return counts, rows

    def _dying(self, going: Collection[bytes], documents: Collection[bytes]) -> tuple[set[bytes], set[bytes]]:
        """The documents that only those snapshots name, and all chunks that may then be named by nothing."""
        reader = self._catalog.reader
        dying = {each for each in documents if all(one in going for one in reader.snapshots_with(each))}
        chunks = {name for each in dying for file in reader.document(each).files for name in file.chunks}
        return dying, chunks | {name for _, name in reader.loose_chunks(0, -1)}

    def _sizes(self, chunks: Collection[bytes]) -> dict[bytes, int]:
        return self._catalog.reader.chunk_sizes(chunks)

    async def _looks(self, shown: Collection[bytes]) -> AsyncIterator[Look]:
        """All sessions, in steps; those of applications with a budget last, and together."""
        after = b""
        budgets: dict[str, list[bytes]] = {}
        while sessions := await asyncio.to_thread(self._remembered, after):
            after = sessions[-1]
            alone, together = await asyncio.to_thread(self._split, sessions)
            for app, some in together.items():
                budgets.setdefault(app, []).extend(some)
            for look in await asyncio.to_thread(self._fates.looks, alone, shown):
                yield look
            await asyncio.sleep(PAUSE_SECONDS)
        for some in budgets.values():
            for look in await asyncio.to_thread(self._fates.budgeted, some, shown):
                yield look

    def _split(self, sessions: Sequence[bytes]) -> tuple[list[bytes], dict[str, list[bytes]]]:
        alone: list[bytes] = []
        together: dict[str, list[bytes]] = {}
        for each in sessions:
            app, rules = self._fates.rules(each)
            (alone if rules.budget_bytes is None else together.setdefault(app, [])).append(each)
        return alone, together

    def _remembered(self, after: bytes) -> list[bytes]:
        return self._catalog.reader.remembered(after, SESSIONS_COUNT)

    def _shown(self) -> set[bytes]:
        return self._catalog.reader.shown_otherwise()


def _batches(snapshots: Sequence[Snapshot]) -> Iterator[list[bytes]]:
    """Ids; large documents have many chunks, each of which takes its time."""
    some: list[bytes] = []
    size_bytes = 0
    for each in snapshots:
        if some and (len(some) == SNAPSHOTS_COUNT or size_bytes + each.size_bytes > BATCH_BYTES):
            yield some
            some, size_bytes = [], 0
        some.append(each.id)
        size_bytes += each.size_bytes
    if some:
        yield some


def check_free(reader: Reader, session: Session) -> None:
    """Raises NotAllowed where a running application has something that began from it."""
    if _began(reader, session):
        raise NotAllowed(
            f"A workspace began from {session.app}/{session.name}; recover or discard it first",
            name=f"{session.app}/{session.name}",
        )


def _began(reader: Reader, session: Session) -> bool:
    return reader.workspace_of(session.id) is not None


def _purge(tx: Transaction, session: Session, now: int, author: str) -> int:
    tx.remove_session(session.id)
    return tx.add_operation(_told(session, "purged", now, author, ""))


def _told(session: Session, kind: str, now: int, author: str, text: str) -> Operation:
    return Operation(
        number=0, time=now, type=kind, session=session.id, app=session.app, folder=session.folder, name=session.name,
        cause=None, author=author, undoable=False, revision=session.revision, snapshot=session.head, previous=None,
        undone_by=None, note=text,
    )  # fmt: skip
