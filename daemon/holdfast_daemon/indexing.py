"""Keeps the search index behind the store: a thread that follows the log of operations, in nobody's way.

It looks at what an operation's session is now, so it may look twice and never wrongly. How far it is, is committed with
what it found; so after a crash it goes on from there. An index that is damaged, or not of this log, is made anew.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from holdfast_daemon.content import Content
from holdfast_daemon.fault import Faults
from holdfast_daemon.store.base import Catalog, Chunks, Index, Position
from holdfast_daemon.store.nouns import Hit, IndexedPart, IndexedSession, Session, StoredDocument
from holdfast_daemon.words import plain
from holdfast_protocol.errors import Damaged, NoSpace, TooLarge

#: Larger documents are found by name, tags and note only; of a part, and of all parts together, so much is indexed.
DOCUMENT_BYTES = 32 * 1024 * 1024
PART_LENGTH = 1024 * 1024
SESSION_LENGTH = 8 * 1024 * 1024
#: Committed together: so many operations' sessions, or so much text.
OPERATIONS_COUNT = 500
BATCH_LENGTH = 2 * 1024 * 1024
#: What texts take in the index, and what must be free beside: the last room on a disk is for saves and deletions.
INDEX_FACTOR = 5
FREE_BYTES = 16 * 1024 * 1024
#: Nobody waits: rest so long first, and so many times as long as the work took, so that saves have the processor.
REST_SECONDS = 0.2
REST_FACTOR = 3
AGAIN_SECONDS = 2.0
IDLE_PRIORITY = 19

_log = logging.getLogger(__name__)


class Indexing:
    """``start`` it once the catalog is open, ``stop`` it before that is closed; ``committed`` tells of changes."""

    def __init__(self, catalog: Catalog, chunks: Chunks, content: Content, index: Index, faults: Faults) -> None:
        self._catalog = catalog
        self._chunks = chunks
        self._content = content
        self._index = index
        self._faults = faults
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._caught_up = threading.Condition()
        self._waiting = 0
        self._is_damaged = False
        self._is_there = False
        self.seen = 0
        self.problems: list[str] = []
        self._thread = threading.Thread(target=self._run, name="indexing", daemon=True)

    def start(self) -> None:
        self._work.set()
        self._thread.start()

    def stop(self) -> None:
        """After what is under way; the rest is for the next start."""
        self._stopping.set()
        self._work.set()
        with self._caught_up:
            self._caught_up.notify_all()
        self._thread.join()

    def committed(self) -> None:
        """Something has changed. For any thread."""
        self._work.set()

    def find(self, words: Sequence[str], apps: tuple[str, ...], after: Position | None) -> Iterator[Hit]:
        """``Index.find``; nothing where there is no room for an index."""
        return self._index.find(words, apps, after) if self._is_there else iter(())

    def mend(self) -> None:
        """Somebody met damage. For any thread."""
        self._is_damaged = True
        self._work.set()

    def reach(self, number: int, seconds: float) -> int:
        """Wait until the index has that operation, at most so long; how far it is. Not for the loop."""
        with self._caught_up:
            self._waiting += 1
            self._work.set()
            self._caught_up.notify_all()
            self._caught_up.wait_for(lambda: self.seen >= number or self._stopping.is_set(), seconds)
            self._waiting -= 1
            return self.seen

    def _run(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), IDLE_PRIORITY)  # of this thread only, on Linux
        while not self._stopping.is_set() and self._try(self._begin):
            pass
        while not self._stopping.is_set():
            self._work.wait()
            self._rest(REST_SECONDS)
            self._work.clear()
            while not self._stopping.is_set() and self._try(self._step):
                pass
        self._index.close()

    def _rest(self, seconds: float) -> None:
        """Unless somebody waits for the index."""
        with self._caught_up:
            self._caught_up.wait_for(lambda: self._waiting or self._stopping.is_set(), seconds)

    def _try(self, work: Callable[[], bool]) -> bool:
        """What ``work`` says; where it fails, that is told, and tried again a while later."""
        try:
            again = work()
            self.problems = []
            self._is_damaged = False
            return again
        except Damaged as problem:
            _log.warning("The search index is made anew: %s", problem.sentence)
            is_new = self._is_damaged
            self._is_damaged = True
            if is_new:  # it is damaged as soon as it is made
                self._stopping.wait(AGAIN_SECONDS)
        except NoSpace:
            self.problems = ["Searching does not find what is new: there is too little room for the search index"]
            self._stopping.wait(AGAIN_SECONDS)
        except Exception as problem:  # the thread's one catch-all: searching may fail, and ends nothing
            _log.warning("Indexing failed: %r", problem)
            self.problems = [f"Searching does not find what is new: {problem}"]
            self._stopping.wait(AGAIN_SECONDS)
        return True

    def _begin(self) -> bool:
        """How far it is; from the beginning where it is not of this log."""
        if self._is_damaged:
            self._anew()
        self._chunks.reserve(FREE_BYTES)
        self._is_there = True
        number, time_then = self._index.seen()
        operation = self._catalog.reader.operation(number) if number else None
        if number and (operation is None or operation.time != time_then):
            _log.warning("The search index is of another log, and made anew")
            self._anew()
        else:
            self._has_seen(number)
        return False

    def _anew(self) -> None:
        self._index.begin_anew()
        self._has_seen(0)

    def _has_seen(self, number: int) -> None:
        with self._caught_up:
            self.seen = number
            self._caught_up.notify_all()

    def _step(self) -> bool:
        """The next operations; False where there are none."""
        if self._is_damaged:
            self._anew()
        began = time.monotonic()
        operations = self._catalog.reader.operations_after(self.seen, OPERATIONS_COUNT)
        if not operations:
            return False
        entries: list[IndexedSession] = []
        gone: list[bytes] = []
        length = 0
        for identity in dict.fromkeys(each.session for each in operations if each.session is not None):
            session = self._catalog.reader.session(identity)
            if session is None:
                gone.append(identity)
                continue
            try:
                entry = self._entry(session)
            except Damaged as problem:  # of the store: what is damaged there is not found, and all else is
                _log.warning("Not indexed: %s", problem.sentence)
                continue
            entries.append(entry)
            length += sum(len(part.text) for part in entry.parts or ())
            if length > BATCH_LENGTH:
                self._put(entries, [], None)
                entries, length = [], 0
                self._rest(REST_FACTOR * (time.monotonic() - began))
                began = time.monotonic()
            if self._stopping.is_set():
                return False
        newest = operations[-1]
        self._put(entries, gone, (newest.number, newest.time))
        self._has_seen(newest.number)
        self._rest(REST_FACTOR * (time.monotonic() - began))
        return True

    def _put(self, entries: list[IndexedSession], gone: list[bytes], seen: tuple[int, int] | None) -> None:
        length = sum(len(part.text) for entry in entries for part in entry.parts or ())
        self._chunks.reserve(FREE_BYTES + INDEX_FACTOR * length)
        self._faults.at("before-index")
        self._index.put(entries, gone, seen)
        self._faults.at("after-index")

    def _entry(self, session: Session) -> IndexedSession:
        """What is searched of it now; its parts only where they may be others."""
        reader = self._catalog.reader
        document = reader.need_snapshot(session.head).document
        parts = None if self._index.document(session.id) == document else self._parts(document, session.format)
        tags, note = "\n".join(session.tags), reader.note(session.id)
        return IndexedSession(
            session.id, session.app, plain(session.name), plain(tags), plain(note), session.head, document, parts
        )

    def _parts(self, document: bytes, form: str) -> tuple[IndexedPart, ...]:
        with contextlib.suppress(Damaged, TooLarge):  # what no format can read has no text
            return tuple(readable(self._content, self._catalog.reader.document(document), form))
        return ()


def readable(content: Content, document: StoredDocument, form: str) -> Iterator[IndexedPart]:
    """The parts of a document, with as much of their text as is searched. Raises Damaged, TooLarge."""
    if document.size_bytes > DOCUMENT_BYTES:
        raise TooLarge(f"The document has {document.size_bytes} bytes", limit=DOCUMENT_BYTES)
    left, reads = SESSION_LENGTH, content.form(form)
    for part in content.reading(document, reads).parts:
        text = plain(reads.text(part)[: min(left, PART_LENGTH)])
        left -= len(text)
        yield IndexedPart(part.key, plain(part.name), text)
