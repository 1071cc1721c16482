"""One look at the whole store: what of it is not as it was written, and what cannot be read because of that."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, TypeVar

from holdfast_daemon.pacing import Pacing
from holdfast_daemon.sites import Sites
from holdfast_daemon.store.base import Catalog, Chunks, Reader, Rest
from holdfast_daemon.store.nouns import Damage, Session, Snapshot, StoredDocument, Visible
from holdfast_daemon.visible_files import hash_document, signature
from holdfast_protocol.chunking import HASH_BYTES, hash_of
from holdfast_protocol.errors import Damaged, Unreadable

MANIFESTS_COUNT = 100
#: Told of one damage, and looked through for what mends it.
CONCERNS_COUNT = 20
#: Of a pack at once.
PLACES_COUNT = 1_000_000
NANOSECONDS = 10**9
#: What was read so lately is not read again, unless all is to be.
FRESH_NANOSECONDS = 7 * 24 * 3600 * NANOSECONDS
#: What is read, beside packs, and remembered when it was; packs have numbers above.
ROWS, FILES = 0, -1

#: When each of these was read last, UTC nanoseconds.
Read = dict[int, int]


class Concern(NamedTuple):
    """A snapshot that cannot be read: its file ``path`` from ``offset_bytes`` on."""

    snapshot: Snapshot
    session: Session | None
    path: bytes
    offset_bytes: int


def is_head(concern: Concern) -> bool:
    """Whether it is what a session is now."""
    return concern.session is not None and concern.session.head == concern.snapshot.id


class Finding(NamedTuple):
    """A damage, how many snapshots it concerns, and the first of them, heads before the others."""

    damage: Damage
    concerns: tuple[Concern, ...] = ()
    concerns_count: int = 0


class _Concerns:
    """What one damage concerns, so many of them: a chunk that is lost may be in a million snapshots."""

    def __init__(self) -> None:
        self._count = 0
        self._heads: list[Concern] = []
        self._others: list[Concern] = []

    def add(self, concern: Concern) -> None:
        self._count += 1
        some = self._heads if is_head(concern) else self._others
        if len(some) < CONCERNS_COUNT:
            some.append(concern)

    def of(self, damage: Damage) -> Finding:
        return Finding(damage, (*self._heads, *self._others)[:CONCERNS_COUNT], self._count)


Found = TypeVar("Found", Damage, Finding)


class Examination:
    """For a thread of its own. ``read``: when what was read last; what this one reads is added."""

    def __init__(
        self, catalog: Catalog, chunks: Chunks, examine_index: Callable[[Rest], Iterator[Damage]], sites: Sites,
        clock: Callable[[], int], pacing: Pacing, read: Read, *, all: bool,
    ) -> None:  # fmt: skip
        self._catalog = catalog
        self._chunks = chunks
        self._examine_index = examine_index
        self._sites = sites
        self._clock = clock
        self._pacing = pacing
        self._all = all
        self.read = read
        self.stage = ""
        self._cut_off: str | None = None

    @property
    def reader(self) -> Reader:
        """Of the thread that asks."""
        return self._catalog.reader

    def findings(self) -> list[Finding]:
        """Everything that is damaged. Raises Stopped."""
        found = [*self._as_far_as(self._engines()), *self._as_far_as(self._packs())]
        findings = [*self._as_far_as(self._documents(found))]
        findings += map(Finding, self._as_far_as(self._workspaces(found)))
        findings += map(Finding, self._as_far_as(self._visible()))
        if self._cut_off is not None and not findings:
            findings.append(Finding(Damage("page", self._cut_off)))
        return findings

    def _as_far_as(self, some: Iterator[Found]) -> Iterator[Found]:
        """As far as the catalog can be read: mostly the page that cannot was told before."""
        try:
            yield from some
        except Damaged as problem:
            self._cut_off = problem.sentence

    def _engines(self) -> Iterator[Damage]:
        self.stage = "catalog"
        contents, began = self._is_due(ROWS), self._clock()
        found = self._catalog.examine(self._pacing.rest, contents=contents)
        yield from self._remembered(found, ROWS, began) if contents else found
        self.stage = "search index"
        yield from self._examine_index(self._pacing.rest)

    def _is_due(self, what: int) -> bool:
        return self._all or _is_due(self.read, what, self._clock())

    def _remembered(self, found: Iterator[Damage], what: int, began: int) -> Iterator[Damage]:
        """The same; read and found whole, it need not be read again soon. Damaged, or not to its end: it is."""
        self.read.pop(what, None)
        is_whole = True
        for each in found:
            is_whole = False
            yield each
        if is_whole:
            self.read[what] = began

    def _packs(self) -> Iterator[Damage]:
        """Each that is due; one that is written still is not remembered as read."""
        self.stage = "packs"
        named, sealed = self.reader.pack_sizes(), self._chunks.sealed()
        for pack in sorted({*named, *sealed}):
            if self._is_due(pack) or pack not in sealed:
                began, found = self._clock(), self._in_pack(pack)
                yield from self._remembered(found, pack, began) if pack in sealed else found
        self.read = {what: when for what, when in self.read.items() if what <= ROWS or what in named}

    def _in_pack(self, pack: int) -> Iterator[Damage]:
        places = self.reader.chunks_in(pack, PLACES_COUNT)
        for each in self._chunks.examine(pack, places, self._pacing.rest):
            if self._is_there(each, pack):
                yield each

    def _is_there(self, damage: Damage, pack: int) -> bool:
        """Whether it still is to be there: collection may have moved the chunk, or dropped the pack, meanwhile."""
        if damage.chunk is None:
            return bool(self.reader.chunks_in(pack, 1)) or pack in self._chunks.sealed()
        place = self.reader.chunk(damage.chunk)
        return place is not None and (place.pack, place.offset_bytes) == (pack, damage.offset_bytes)

    def _documents(self, found: list[Damage]) -> Iterator[Finding]:
        """What was found, with what it concerns; documents whose manifest is damaged, or names what is not there."""
        self.stage = "documents"
        bad = {each.chunk for each in found if each.chunk is not None}
        concerns: defaultdict[bytes, _Concerns] = defaultdict(_Concerns)
        gone: defaultdict[bytes, _Concerns] = defaultdict(_Concerns)
        others: list[Finding] = []
        for document in self._manifests(others):
            sizes = self._sizes(document, bad)
            missing = {chunk for file in document.files for chunk in file.chunks if chunk not in sizes}
            concerned = self.reader.concerned(document.id) if missing or not bad.isdisjoint(sizes) else []
            if concerned:  # otherwise it was pruned since it was listed, and so may its chunks be
                for file in document.files:
                    at = 0
                    for chunk in file.chunks:
                        if chunk in missing or chunk in bad:
                            whose = (gone if chunk in missing else concerns)[chunk]
                            for snapshot, session in concerned:
                                whose.add(Concern(snapshot, session, file.path, at))
                        at += sizes.get(chunk, 0)
            self._pacing.rest(len(document.manifest))
        for each in found:
            yield concerns[each.chunk or b""].of(each)
        told = {each.chunk for each in found} | {b""}
        for chunk, some in [*gone.items(), *((chunk, some) for chunk, some in concerns.items() if chunk not in told)]:
            said = "is not in the store" if chunk in gone else "cannot be read"
            yield some.of(Damage("chunk", f"Chunk {chunk.hex()[:12]} {said}", chunk=chunk))
        yield from others

    def _sizes(self, document: StoredDocument, bad: set[bytes]) -> dict[bytes, int]:
        """Of the chunks of a document that are in the store. Those whose row cannot be read become ``bad``."""
        names = {chunk for file in document.files for chunk in file.chunks}
        try:
            return self.reader.chunk_sizes(names)
        except Damaged:
            sizes = {}
        for name in names:
            try:
                sizes.update(self.reader.chunk_sizes([name]))
            except Damaged:
                bad.add(name)
                sizes[name] = 0
        return sizes

    def _manifests(self, others: list[Finding]) -> Iterator[StoredDocument]:
        """One after the other; from a damaged one on one at a time, until it is behind."""
        after, count = b"", MANIFESTS_COUNT
        while True:
            try:
                found = self.reader.manifests(after, count)
            except Damaged as problem:
                identity = problem.details.get("document")
                if not isinstance(identity, str):  # a page of them: it was told
                    return
                if count > 1:
                    count = 1
                    continue
                after, count = bytes.fromhex(identity), MANIFESTS_COUNT
                some = _Concerns()
                for each in self.reader.concerned(after):
                    some.add(Concern(*each, b"", 0))
                others.append(some.of(Damage("document", problem.sentence, snapshot=None)))
                continue
            if not found:
                return
            yield from found
            after = found[-1].id

    def _workspaces(self, found: list[Damage]) -> Iterator[Damage]:
        self.stage = "workspaces"
        bad = {each.chunk for each in found if each.chunk is not None}
        for row in self.reader.workspaces():
            for key in self.reader.workspace_sizes(row.id):
                content = self.reader.workspace_content(row.id, key)
                if content is None:
                    continue
                said = f"What the workspace of {row.app}/{row.name} has of {key}"
                chunks = content.chunks or b""
                names = {chunks[at : at + HASH_BYTES] for at in range(0, len(chunks), HASH_BYTES)}
                if content.content is not None and hash_of(content.content) != content.hash:
                    yield Damage("workspace", f"{said}: its bytes are not what they were", session=row.session)
                elif not names.isdisjoint(bad) or names - self.reader.known_chunks(names):
                    yield Damage("workspace", f"{said} cannot be read", session=row.session)
                self._pacing.rest(content.size_bytes)

    def _visible(self) -> Iterator[Damage]:
        """Files that look as when they were written, and are not. One that looks otherwise was changed by somebody, and
        is the watcher's."""
        self.stage = "files"
        if self._is_due(FILES):
            yield from self._remembered(self._rotten(), FILES, self._clock())

    def _rotten(self) -> Iterator[Damage]:
        for folder in self.reader.folders():
            if folder.removed or folder.label not in self._sites:
                continue
            for path, seen in self.reader.visible_seen(folder.label).items():
                row = self.reader.visible(folder.label, path)
                if row is not None and seen and (whole := self._changed(row)) is not None:
                    said = f"{whole.decode(errors='backslashreplace')} is not what was written there"
                    yield Damage("file", said, whole, session=row.session)

    def _changed(self, row: Visible) -> bytes | None:
        """The absolute path of a file that has other bytes than it should, and does not look like it."""
        site = self._sites[row.folder]
        whole, enters = site.whole(row.path), site.enters_below(row.path)
        if row.published is None or row.published != row.wanted:
            return None
        try:
            if signature(whole, enters) != row.seen:
                return None
            there = hash_document(whole, enters, rest=partial(self._pacing.rest, 0))
            wanted = {file.path: file.hash for file in self.reader.document_of(row.published).files}
            is_as_seen = signature(whole, enters) == row.seen and self.reader.visible(row.folder, row.path) == row
            return whole if there != wanted and is_as_seen else None
        except (OSError, Damaged, Unreadable):
            return None


def total_bytes(reader: Reader, store: str, read: Read, now: int, *, all: bool) -> int:
    """About how many bytes there are to be looked at."""
    files = ("catalog.sqlite", "search.sqlite")
    sizes = sum(os.path.getsize(path) for name in files if os.path.exists(path := os.path.join(store, name)))
    due = (size for pack, size in reader.pack_sizes().items() if all or _is_due(read, pack, now))
    return sizes + sum(due)


def _is_due(read: Read, what: int, now: int) -> bool:
    """What was read in the future, by a clock that was set back since, is too."""
    when = read.get(what)
    return when is None or not 0 <= now - when <= FRESH_NANOSECONDS
