"""The engines that the suite is run over. A new one is a line in each table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from holdfast_daemon.fault import Faults
from holdfast_daemon.store.base import Catalog, Chunks, Index
from holdfast_daemon.store.nouns import Operation, Session, Snapshot, StoredDocument, StoredFile, stored_document
from holdfast_daemon.store.packs import Packs
from holdfast_daemon.store.sqlite.catalog import SqliteCatalog
from holdfast_daemon.store.sqlite.index import SqliteIndex
from holdfast_protocol.chunking import hash_of

Seal = Callable[[], None]

CATALOGS: dict[str, Callable[[Path, Seal], Catalog]] = {
    "sqlite": lambda folder, seal: SqliteCatalog(str(folder / "catalog.sqlite"), Faults({}), seal),
}
INDEXES: dict[str, Callable[[Path], Index]] = {"sqlite": lambda folder: SqliteIndex(str(folder / "search.sqlite"))}
CHUNKS: dict[str, Callable[[Path], Chunks]] = {"packs": lambda folder: Packs(str(folder / "packs"))}

ID, OTHER_ID = b"s" * 16, b"t" * 16
HEAD, NEXT = b"h" * 16, b"n" * 16


def session(identity: bytes = ID, name: str = "x", **more: object) -> Session:
    """A session of the application ``notes``, at revision 1."""
    facts = {
        "id": identity, "app": "notes", "folder": "sessions", "name": name, "format": "plain",
        "path": b"notes/" + name.encode(), "revision": 1, "head": HEAD, "size_bytes": 3, "created": 10, "modified": 10,
    }  # fmt: skip
    return Session(**{**facts, **more})  # type: ignore[arg-type]  # a table of facts


def snapshot(identity: bytes = HEAD, of: bytes = ID, document: bytes = b"d" * 32, **more: object) -> Snapshot:
    """A snapshot with one parent."""
    facts = {
        "id": identity, "session": of, "document": document, "parents": (b"p" * 16,), "time": 10, "cause": "saved",
        "author": "me", "size_bytes": 3,
    }  # fmt: skip
    return Snapshot(**{**facts, **more})  # type: ignore[arg-type]  # a table of facts


def operation(of: bytes | None = ID, **more: object) -> Operation:
    """A row of the log that can be undone."""
    facts = {
        "number": 0, "time": 10, "type": "saved", "session": of, "app": "notes", "folder": "sessions", "name": "x",
        "cause": "saved", "author": "me", "undoable": True, "revision": 1, "snapshot": HEAD, "previous": None,
        "undone_by": None, "note": "",
    }  # fmt: skip
    return Operation(**{**facts, **more})  # type: ignore[arg-type]  # a table of facts


def document(content: bytes = b"abc") -> StoredDocument:
    """A document of one file of one chunk."""
    name = hash_of(content)
    return stored_document([StoredFile(path=b"", size_bytes=len(content), hash=name, chunks=(name,))])


class OpenCatalog:
    """A catalog, and how often its chunks were sealed."""

    def __init__(self, folder: Path, engine: str) -> None:
        self._folder = folder
        self._engine = engine
        self.seals = 0
        self.catalog: Catalog = self._open()

    def _open(self) -> Catalog:
        return CATALOGS[self._engine](self._folder, self._seal)

    def _seal(self) -> None:
        self.seals += 1

    def reopen(self) -> Catalog:
        self.catalog.close()
        self.catalog = self._open()
        return self.catalog


class OpenChunks:
    """The chunks of one folder."""

    def __init__(self, folder: Path, engine: str) -> None:
        self.folder = folder
        self._engine = engine
        self.chunks: Chunks = CHUNKS[engine](folder)

    def reopen(self) -> Chunks:
        self.chunks.close()
        self.chunks = CHUNKS[self._engine](self.folder)
        return self.chunks
