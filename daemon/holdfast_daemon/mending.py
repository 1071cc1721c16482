"""Damaged content is put back where its bytes are found again: in their place, a visible file, another pack, the last
backup.

What is put back is named by its hash, so it is what it was or it is not put back; the visible files stay as they are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import BinaryIO

from holdfast_daemon.examination import Finding
from holdfast_daemon.fault import Faults
from holdfast_daemon.pacing import Pacing
from holdfast_daemon.sessions import Sessions
from holdfast_daemon.store.base import Chunks, Dropped, Rest, Transaction
from holdfast_daemon.store.nouns import ChunkPlace, Operation, Session
from holdfast_daemon.visible_files import take_document
from holdfast_protocol.chunking import cut_stream, hash_of
from holdfast_protocol.errors import Damaged, Unreadable

#: Takes a hash, the content that has it, and where that was found, for people.
Put = Callable[[bytes, bytes, str], None]


class Mending:
    """For the thread of a check. ``mend_index``: what makes the search index anew; ``backed_up``: which chunks the last
    backup has."""

    def __init__(
        self, sessions: Sessions, chunks: Chunks, faults: Faults, mend_index: Callable[[], None],
        backed_up: Callable[[Collection[bytes], Rest], Iterator[tuple[bytes, bytes]]],
    ) -> None:  # fmt: skip
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._chunks = chunks
        self._faults = faults
        self._mend_index = mend_index
        self._backed_up = backed_up

    def mend(self, findings: Sequence[Finding], author: str, pacing: Pacing) -> None:
        """What can be. Each chunk in a transaction of its own, with a row of the log. Raises Stopped, NoSpace."""
        whats = {each.damage.what for each in findings}
        if "index" in whats:
            self._mend_index()
        if "log" in whats:
            self._catalog.bring_over()
        wanted = {each.damage.chunk for each in findings if each.damage.chunk is not None}
        sessions = {one.session.id: one.session for each in findings for one in each.concerns if one.session}

        def put(name: bytes, content: bytes, where: str) -> None:
            if name in wanted:
                wanted.discard(name)
                self._put_back(name, content, where, author)

        self._find(wanted, [*sessions.values()], pacing, put)
        if "page" in whats:  # what was put back stands in the log only
            self._catalog.bring_over()

    def _find(self, wanted: set[bytes], sessions: Sequence[Session], pacing: Pacing, put: Put) -> None:
        """``wanted`` becomes less as they are put, each as soon as it is found: all of a large session may be gone."""
        for name in [*wanted]:
            with contextlib.suppress(Damaged, Dropped, Unreadable):  # only what stands beside it may be damaged
                place = self._catalog.reader.chunk_as_it_is(name)
                if place is not None:
                    put(name, self._chunks.get(place), "its own place")
            pacing.rest(0)
        for session in sessions:
            if wanted and session.folder in self._sessions.sites:
                site = self._sessions.sites[session.folder]
                self._find_in_file(site.whole(session.path), site.enters_below(session.path), pacing, put)
        if wanted:
            for name, content in self._chunks.copies(wanted, pacing.rest):
                put(name, content, "another pack")
        if wanted:
            for name, content in self._backed_up({*wanted}, pacing.rest):
                put(name, content, "the backup")

    def _find_in_file(self, path: bytes, enters: Callable[[bytes], bool], pacing: Pacing, put: Put) -> None:
        def take(source: BinaryIO) -> None:  # a file, cut as when it was saved
            for piece in cut_stream(source):
                put(hash_of(piece), bytes(piece), path.decode(errors="backslashreplace"))
                pacing.rest(0)

        with contextlib.suppress(OSError):  # what was found before is as good
            take_document(path, take, enters)

    def _put_back(self, name: bytes, content: bytes, where: str, author: str) -> None:
        claim = self._sessions.content.claims.claim([name])
        self._chunks.reserve(len(content))
        place = self._sessions.content.claims.put(claim, lambda: self._chunks.put(name, content))
        self._faults.at("chunk-copied")
        told = Operation(
            number=0, time=self._sessions.clock(), type="repaired", session=None, app=None, folder=None, name=None,
            cause=None, author=author, undoable=False, revision=None, snapshot=None, previous=None, undone_by=None,
            note=f"chunk {name.hex()} from {where}",
        )  # fmt: skip
        self._catalog.submit(partial(_put_back, place=place, told=told)).result()
        self._faults.at("chunk-put-back")


def _put_back(tx: Transaction, place: ChunkPlace, told: Operation) -> None:
    tx.put_back(place)
    tx.loosen([place.hash])  # what it was of may have been pruned meanwhile: collection looks
    tx.add_operation(told)
