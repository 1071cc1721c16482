"""The store's own values: what a transaction takes and gives. Ids are 16 raw bytes, hashes 32."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from holdfast_protocol.chunking import HASH_BYTES, hash_of
from holdfast_protocol.codec import decode, encode
from holdfast_protocol.errors import Damaged
from holdfast_protocol.model import OperationRow, SessionRow, SnapshotRow

MANIFEST_BYTES = 1 << 30


def new_id() -> bytes:
    """128 random bits."""
    return os.urandom(16)


class Noun(msgspec.Struct, frozen=True):
    """Base of the store's values; fields stand in the order of the columns that they are read from."""


class ChunkPlace(Noun, frozen=True):
    """Where one chunk is: at an offset of a pack, or (``content``) in the row itself."""

    hash: bytes
    size_bytes: int
    pack: int | None
    offset_bytes: int | None
    content: bytes | None


class StoredFile(Noun, frozen=True):
    """One file of a document: its raw path, size, BLAKE3 hash and the hashes of its chunks in order."""

    path: bytes
    size_bytes: int
    hash: bytes
    chunks: tuple[bytes, ...]


class StoredDocument(Noun, frozen=True):
    """A document by its chunks. ``id`` is the hash of the manifest: equal documents have equal ids."""

    id: bytes
    files: tuple[StoredFile, ...]
    manifest: bytes

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def is_folder(self) -> bool:
        """Whether it is visible as a folder: its files have paths of their own."""
        return any(file.path for file in self.files)


def stored_document(files: list[StoredFile]) -> StoredDocument:
    """The document of these files, whatever their order."""
    ordered = tuple(sorted(files, key=lambda file: file.path))
    rows = [[file.path, file.size_bytes, file.hash, b"".join(file.chunks)] for file in ordered]
    manifest = encode({"files": rows})
    return StoredDocument(id=hash_of(manifest), files=ordered, manifest=manifest)


def read_manifest(identity: bytes, manifest: bytes) -> StoredDocument:
    """The document that a manifest tells. Raises Damaged."""
    if hash_of(manifest) != identity:
        raise Damaged(f"The manifest of document {identity.hex()[:12]} is damaged", document=identity.hex())
    files = [
        StoredFile(
            path=path,
            size_bytes=size_bytes,
            hash=content_hash,
            chunks=tuple(chunks[at : at + HASH_BYTES] for at in range(0, len(chunks), HASH_BYTES)),
        )
        for path, size_bytes, content_hash, chunks in decode(manifest, limit_bytes=MANIFEST_BYTES)["files"]
    ]
    return StoredDocument(id=identity, files=tuple(files), manifest=manifest)


class Session(Noun, frozen=True):
    """A row of ``sessions``."""

    id: bytes
    app: str
    folder: str
    name: str
    format: str
    path: bytes
    revision: int
    head: bytes
    size_bytes: int
    created: int
    modified: int
    suspect: bytes | None = None
    diverged: bool = False
    deleted: bool = False
    archived: bool = False
    template: bool = False
    forked_from: bytes | None = None
    tags: tuple[str, ...] = ()

    def row(self) -> SessionRow:
        """As it goes out on the wire."""
        return SessionRow(
            id=self.id.hex(), app=self.app, folder=self.folder, name=self.name, format=self.format, path=self.path,
            revision=self.revision, head=self.head.hex(), size_bytes=self.size_bytes, created=self.created,
            modified=self.modified, suspect=self.suspect is not None, diverged=self.diverged, deleted=self.deleted,
            archived=self.archived, template=self.template, tags=[*self.tags],
            forked_from=self.forked_from.hex() if self.forked_from else None,
        )  # fmt: skip

    def but(self, **changes: object) -> Session:
        """The same session with other values."""
        return msgspec.structs.replace(self, **changes)


class Listed(NamedTuple):
    """A row of a list, and its position there (``base.Position``)."""

    session: Session
    position: tuple[int | str, ...]


class Snapshot(Noun, frozen=True):
    """A row of ``snapshots``; ``document`` is a document's id, ``suspect`` a reason."""

    id: bytes
    session: bytes
    document: bytes
    parents: tuple[bytes, ...]
    time: int
    cause: str
    author: str
    size_bytes: int
    message: str = ""
    suspect: str | None = None

    def row(self, pins: Sequence[str] = ()) -> SnapshotRow:
        """As it goes out on the wire; ``pins``: what it is called."""
        return SnapshotRow(
            snapshot=self.id.hex(), parents=[parent.hex() for parent in self.parents], time=self.time,
            cause=self.cause, author=self.author, message=self.message, size_bytes=self.size_bytes,
            suspect=self.suspect, pins=[*pins],
        )  # fmt: skip


class Visible(Noun, frozen=True):
    """What is, and what should be, at one path of a folder: ids of snapshots, None for nothing.

    ``seen``: how the files there looked to the kernel when they were read and found to be ``published``
    (``visible_files.signature``); None where that says nothing.
    """

    folder: str
    path: bytes
    session: bytes
    published: bytes | None
    wanted: bytes | None
    boot: str
    seen: bytes | None = None


class Folder(Noun, frozen=True):
    """A row of ``folders``. ``app`` is None for the sessions folder; ``layout`` is the name of one of its format's;
    ``inode`` its root's lasting number (``folders_root``) when it was last there; ``held`` the reason why nothing in it
    counts as deleted."""

    label: str
    root: bytes
    app: str | None
    layout: str
    polled: bool
    inode: int | None
    added: int
    held: str | None = None
    removed: bool = False

    def but(self, **changes: object) -> Folder:
        """The same folder with other values."""
        return msgspec.structs.replace(self, **changes)


class Workspace(Noun, frozen=True):
    """A row of ``workspaces``: the live state of one application instance.

    ``session``: the id of the session that it is of, or that it will have; ``base``: the snapshot that it began from or
    was saved as, at ``revision`` (0: none). ``listing``: its parts in order (``workspaces.py``). ``saved_at`` and
    ``autosaved_at``: the value of ``changed`` that the base, and the newest ``autosave``, have; ``unsaved``: when the
    first change came that neither has. ``whole``: the snapshot of the document that was handed over whole, if one was
    since; the parts that were not put are those of ``ground``.
    """

    id: bytes
    app: str
    folder: str
    name: str
    format: str
    session: bytes
    revision: int
    base: bytes | None
    author: str
    created: int
    changed: int
    listing: bytes
    left: int | None = None
    saved_at: int = 0
    autosaved_at: int = 0
    autosave: bytes | None = None
    unsaved: int | None = None
    whole: bytes | None = None

    @property
    def ground(self) -> bytes | None:
        """The snapshot whose parts it has until others are put."""
        return self.whole or self.base

    def but(self, **changes: object) -> Workspace:
        """The same workspace with other values."""
        return msgspec.structs.replace(self, **changes)


class WorkspaceContent(Noun, frozen=True):
    """A row of ``workspace_parts``: what was put last, in the row itself (``content``) or as chunks. ``request`` is the
    id of the request that did."""

    workspace: bytes
    key: str
    size_bytes: int
    hash: bytes
    content: bytes | None
    chunks: bytes | None
    request: bytes | None

    def but(self, **changes: object) -> WorkspaceContent:
        """The same with other values."""
        return msgspec.structs.replace(self, **changes)


class Damage(NamedTuple):
    """Something in the store that is not as it was written. ``what`` is one of ``DAMAGES``; ``path`` the file that it
    is in, ``chunk`` the hash of the chunk that it is, ``pack`` and ``offset_bytes`` where that was to be, ``snapshot``
    or ``session`` the one that names what is not there."""

    what: str
    sentence: str
    path: bytes | None = None
    chunk: bytes | None = None
    pack: int | None = None
    offset_bytes: int | None = None
    session: bytes | None = None
    snapshot: bytes | None = None


class IndexedPart(NamedTuple):
    """What is searched of a part."""

    key: str
    name: str
    text: str


class IndexedSession(NamedTuple):
    """What is searched of a session. ``parts`` are those of its head's ``document``; None: as they were."""

    session: bytes
    app: str
    name: str
    tags: str
    note: str
    head: bytes
    document: bytes
    parts: tuple[IndexedPart, ...] | None


class Hit(NamedTuple):
    """A place where the words stand: of a session, or of a part of the snapshot ``head``. ``texts``: name, tags and
    note of the session, name and text of the part; empty what is not of the place."""

    position: tuple[int | str, ...]
    session: bytes
    head: bytes
    part: str | None
    texts: tuple[str, ...]


class Wanted(NamedTuple):
    """Which operations: of an application, of a session (32 hex digits), of certain types, of any of ``apps``. Nothing:
    all of them."""

    app: str | None = None
    session: str | None = None
    types: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()


class Operation(Noun, frozen=True):
    """A row of ``operations``."""

    number: int
    time: int
    type: str
    session: bytes | None
    app: str | None
    folder: str | None
    name: str | None
    cause: str | None
    author: str
    undoable: bool
    revision: int | None
    snapshot: bytes | None
    previous: bytes | None
    undone_by: int | None
    note: str
    batch: int | None = None

    def but(self, **changes: object) -> Operation:
        """The same operation with other values."""
        return msgspec.structs.replace(self, **changes)

    def row(self) -> OperationRow:
        """As it goes out on the wire."""
        return OperationRow(
            number=self.number, time=self.time, type=self.type, session=self.session.hex() if self.session else None,
            app=self.app, folder=self.folder, name=self.name, cause=self.cause, author=self.author,
            undoable=self.undoable, revision=self.revision, snapshot=self.snapshot.hex() if self.snapshot else None,
            previous=self.previous.hex() if self.previous else None, undone_by=self.undone_by, note=self.note,
            batch=self.batch,
        )  # fmt: skip
