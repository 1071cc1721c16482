"""Restore rehearsals: from time to time a snapshot is read back, built in a scratch place, read again, and compared.

A store that was never restored from is a hope. One random snapshot every ten minutes costs nothing to speak of.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import random
import shutil
import tempfile

from holdfast_daemon.pacing import Pacing, Stopped
from holdfast_daemon.sessions import Sessions
from holdfast_daemon.store.base import Chunks, Transaction
from holdfast_daemon.store.nouns import Snapshot, StoredDocument
from holdfast_daemon.visible_files import PIECE_BYTES
from holdfast_protocol.chunking import new_hash
from holdfast_protocol.errors import Damaged, HoldfastError, NoSpace
from holdfast_protocol.messages import LIMITS

FIRST_SECONDS = 60.0
EVERY_SECONDS = 600.0
#: Larger ones are left to ``check``.
LARGEST_BYTES = LIMITS["format_bytes"]
#: Up to here it is parsed too.
PARSED_BYTES = 8 * 1024 * 1024
#: The key of when it went well last, and of why it last did not, in the store's facts.
FACT, PROBLEM = "rehearsed", "rehearsal-problem"

_log = logging.getLogger("holdfast.rehearsing")


class Rehearsing:
    """``start`` it last. For the loop, but for the work."""

    def __init__(self, sessions: Sessions, chunks: Chunks, store: str) -> None:
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._chunks = chunks
        self._store = store
        self._task: asyncio.Task[None] | None = None
        self._pacing = Pacing()
        reader = self._catalog.reader
        #: When it went well last, UTC nanoseconds, and why the last one did not.
        self.proven = int.from_bytes(reader.fact(FACT) or b"", "big") or None
        self.problem = (reader.fact(PROBLEM) or b"").decode()

    def start(self, first_seconds: float = FIRST_SECONDS, every_seconds: float = EVERY_SECONDS) -> None:
        """From time to time, by the machine's own count of seconds."""
        for name in os.listdir(self._store):
            if name.startswith("rehearsal-"):  # a crash left it
                shutil.rmtree(os.path.join(self._store, name), ignore_errors=True)
        self._task = asyncio.get_running_loop().create_task(self._drive(first_seconds, every_seconds))

    @property
    def problems(self) -> list[str]:
        """For people: that the last one did not go well."""
        return [f"The last restore rehearsal failed: {self.problem}"] if self.problem else []

    async def stop(self) -> None:
        """The one that is under way is given up."""
        self._pacing.stop()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _drive(self, first_seconds: float, every_seconds: float) -> None:
        await asyncio.sleep(first_seconds)
        while True:
            await asyncio.to_thread(self.rehearse)
            await asyncio.sleep(every_seconds)

    def rehearse(self) -> None:
        """One. Not for the loop."""
        self._pacing.begin()
        snapshot = None
        try:
            snapshot = self._catalog.reader.some_snapshot(random.random())
            if snapshot is None or snapshot.size_bytes > LARGEST_BYTES:
                return
            self._prove(snapshot)
            proven, problem = self._sessions.clock(), ""
        except (NoSpace, Stopped):
            return
        except Exception as failed:  # the one catch-all: the next one may go well, and whoever asks is told of this one
            if _is_full(failed) or self._is_pruned(snapshot):
                return
            proven, problem = self.proven or 0, getattr(failed, "sentence", None) or str(failed)
            _log.warning("A restore rehearsal failed: %s", problem)
        self.proven, self.problem = proven or None, problem
        with contextlib.suppress(HoldfastError):  # told, and not kept
            self._catalog.submit(lambda tx: _keep(tx, proven, problem)).result()

    def _is_pruned(self, snapshot: Snapshot | None) -> bool:
        """Meanwhile: it need not be readable any more."""
        with contextlib.suppress(Exception):  # a catalog that cannot be read has pruned nothing
            return snapshot is not None and self._catalog.reader.snapshot(snapshot.id) is None
        return False

    def _prove(self, snapshot: Snapshot) -> None:
        """Raises Damaged, NoSpace, OSError, Stopped."""
        document = self._catalog.reader.document(snapshot.document)
        self._chunks.reserve(document.size_bytes)
        scratch = tempfile.mkdtemp(prefix="rehearsal-", dir=self._store)
        try:
            for number, file in enumerate(document.files):
                with open(os.path.join(scratch, str(number)), "w+b") as target:
                    for piece in self._sessions.content.contents(file):
                        target.write(piece)
                        self._pacing.rest(len(piece))
                    target.seek(0)
                    whole = new_hash()
                    while content := target.read(PIECE_BYTES):
                        whole.update(content)
                        self._pacing.rest(len(content))
                if whole.digest() != file.hash:
                    named = snapshot.id.hex()
                    raise Damaged(f"Snapshot {named[:12]} is not what was saved", snapshot=named)
            self._parse(snapshot, document)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _parse(self, snapshot: Snapshot, document: StoredDocument) -> None:
        """It is what was saved, byte for byte; whether its format can read it was said when it came. Parsing holds up
        everybody else, so what is large is left out."""
        if document.size_bytes > PARSED_BYTES:
            return
        session = self._catalog.reader.session(snapshot.session)
        content = self._sessions.content
        try:
            content.reading(document, content.form(session.format if session is not None else "plain"))
        except Damaged as problem:
            _log.info("Snapshot %s is whole, and not readable: %s", snapshot.id.hex()[:12], problem.sentence)


def _keep(tx: Transaction, proven: int, problem: str) -> None:
    tx.put_fact(FACT, proven.to_bytes(8, "big"))
    tx.put_fact(PROBLEM, problem.encode())


def _is_full(problem: Exception) -> bool:
    return isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT)
