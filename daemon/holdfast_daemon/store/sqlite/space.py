"""What retention and collection ask of the catalog, and what they change: pins, what goes, and the room it took."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from holdfast_daemon.store.nouns import ChunkPlace, Session, Snapshot, StoredDocument, read_manifest
from holdfast_daemon.store.sqlite.checksums import unverified
from holdfast_daemon.store.sqlite.rows import LEFT, SESSION_AND_TAGS, SNAPSHOT, Rows, session_of, snapshot_of
from holdfast_protocol.chunking import HASH_BYTES

#: Before and behind the content of a chunk in a pack: its hash and its size.
RECORD_BYTES = HASH_BYTES + 4


class SpaceReader(Rows):
    """Questions. Nothing here decides."""

    def pins(self, session: bytes) -> dict[str, bytes]:
        """Label → snapshot."""
        return dict(self._all("SELECT label, snapshot FROM pins WHERE session = ? ORDER BY label", (session,)))

    def is_pruned(self, identity: bytes) -> bool:
        """Whether a snapshot or a session of that id was there, and is kept no longer."""
        return self._one("SELECT 1 FROM pruned WHERE id = ?", (identity,), bool) is not None

    def remembered(self, after: bytes, limit: int) -> list[bytes]:
        """Ids of sessions that have snapshots, in order, those that are no more among them."""
        sql = "SELECT DISTINCT session FROM snapshots WHERE session > ? ORDER BY session LIMIT ?"
        return [row[0] for row in self._all(sql, (after, limit))]

    def history(self, session: bytes) -> list[tuple[int, Snapshot]]:
        """Newest first, each with the number that grows with every snapshot that is made."""
        sql = f"SELECT {SNAPSHOT}, number FROM snapshots WHERE session = ? ORDER BY number DESC"
        return [(row[10], snapshot_of(row[:10])) for row in self._all(sql, (session,))]

    def shown_otherwise(self) -> set[bytes]:
        """Snapshots that some path shows, or should show, without being its session's head."""
        sql = (
            "SELECT published, wanted FROM visible AS v LEFT JOIN sessions AS s ON s.id = v.session "
            "WHERE published IS NOT s.head OR wanted IS NOT s.head"
        )
        return {each for row in self._all(sql) for each in row if each is not None}

    def is_pending(self, session: bytes) -> bool:
        """Whether something else should be visible of it than was last confirmed."""
        sql = "SELECT 1 FROM visible WHERE session = ? AND published IS NOT wanted LIMIT 1"
        return self._one(sql, (session,), bool) is not None

    def application(self, session: bytes) -> str | None:
        """Of a session, or of one that a workspace had and that was never saved."""
        sql = (
            "SELECT coalesce((SELECT app FROM sessions WHERE id = ?1), "
            "(SELECT app FROM operations WHERE session = ?1 AND app NOT NULL LIMIT 1))"
        )
        return self._one(sql, (session,), lambda row: None if row[0] is None else str(row[0]))

    def has_left(self, session: bytes) -> bool:
        """Whether it is gone from the lists because its folder is watched no longer."""
        sql = "SELECT 1 FROM sessions WHERE id = ? AND deleted = ?"
        return self._one(sql, (session, LEFT), bool) is not None

    def reached(self, session: bytes, now: int) -> int:
        """The latest time up to ``now`` that the log had come to with the newest operation of a session: no operation
        is older than those before it, whatever the clock said. 0 where it has none."""
        sql = (
            "SELECT max(time) FROM operations WHERE time <= ?2 AND number <= "
            "(SELECT max(number) FROM operations WHERE session = ?1)"
        )
        return self._one(sql, (session, now), lambda row: int(row[0] or 0)) or 0

    def manifests(self, after: bytes, limit: int) -> list[StoredDocument]:
        """The next documents, by id."""
        sql = "SELECT id, manifest FROM documents WHERE id > ? ORDER BY id LIMIT ?"
        return [read_manifest(*row) for row in self._all(sql, (after, limit))]

    def snapshots_with(self, document: bytes) -> list[bytes]:
        """Of whatever session."""
        return [row[0] for row in self._all("SELECT id FROM snapshots WHERE document = ?", (document,))]

    def workspace_chunks(self) -> set[bytes]:
        """Those of all that was put."""
        rows = self._all("SELECT chunks FROM workspace_parts WHERE chunks NOT NULL")
        return {chunk for row in rows for chunk in chunks_of(row[0])}

    def loose_chunks(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Those that may be named by nothing any more, by the number of their row; a chunk may be there twice."""
        return self._all("SELECT number, hash FROM loose WHERE number > ? ORDER BY number LIMIT ?", (after, limit))

    def chunk_sizes(self, hashes: Iterable[bytes]) -> dict[bytes, int]:
        """Of those that are in the store."""
        sql = "SELECT hash, size_bytes FROM chunks WHERE hash = ?"
        return dict(row for each in hashes for row in self._all(sql, (each,)))

    def pack_sizes(self) -> dict[int, int]:
        """Pack → bytes of it that the catalog names."""
        sql = f"SELECT pack, sum(size_bytes + {RECORD_BYTES}) FROM chunks WHERE pack NOT NULL GROUP BY pack"
        return dict(self._all(sql))

    def packs(self) -> list[int]:
        """Those that the catalog names, by a look at one row of each."""
        sql = """
            WITH RECURSIVE named(pack) AS (
                SELECT min(pack) FROM chunks WHERE pack > 0
                UNION ALL SELECT (SELECT min(pack) FROM chunks WHERE pack > named.pack) FROM named WHERE pack NOT NULL
            ) SELECT pack FROM named WHERE pack NOT NULL
            """
        return [pack for (pack,) in self._all(sql)]

    def chunks_in(self, pack: int, limit: int) -> list[ChunkPlace]:
        """Some of a pack."""
        sql = "SELECT hash, size_bytes, pack, offset_bytes, NULL FROM chunks WHERE pack = ? LIMIT ?"
        return [ChunkPlace(*row) for row in self._all(sql, (pack, limit))]

    def concerned(self, document: bytes) -> list[tuple[Snapshot, Session | None]]:
        """The snapshots that are that document, each with its session."""
        rows = self._all(f"SELECT {SNAPSHOT} FROM snapshots WHERE document = ?", (document,))
        sql = f"SELECT {SESSION_AND_TAGS} FROM sessions WHERE id = ?"
        return [(each, self._one(sql, (each.session,), session_of)) for each in map(snapshot_of, rows)]


class SpaceChanges(SpaceReader):
    """What can be changed, inside one transaction."""

    def put_pin(self, session: bytes, label: str, snapshot: bytes) -> None:
        """A new label, or one that is moved."""
        self._connection.execute("INSERT OR REPLACE INTO pins VALUES(?, ?, ?)", (session, label, snapshot))

    def drop_pin(self, session: bytes, label: str) -> None:
        self._connection.execute("DELETE FROM pins WHERE session = ? AND label = ?", (session, label))

    def remove_snapshots(self, identities: Iterable[bytes]) -> None:
        """They were, and are kept no longer; so are the documents that no other names, whose chunks become loose."""
        for identity in identities:
            row = self._one("SELECT document FROM snapshots WHERE id = ?", (identity,), lambda row: bytes(row[0]))
            if row is None:
                continue
            self._connection.execute("DELETE FROM snapshots WHERE id = ?", (identity,))
            self._connection.execute("INSERT OR IGNORE INTO pruned VALUES(?)", (identity,))
            self._remove_document(row)

    def _remove_document(self, identity: bytes) -> None:
        if self._one("SELECT 1 FROM snapshots WHERE document = ? LIMIT 1", (identity,), bool):
            return
        sql = "DELETE FROM documents WHERE id = ? RETURNING manifest"
        manifest = self._one(sql, (identity,), lambda row: bytes(row[0]))
        self._documents.pop(identity, None)
        if manifest is not None:
            self.loosen({chunk for file in read_manifest(identity, manifest).files for chunk in file.chunks})

    def remove_session(self, session: bytes) -> None:
        """With its tags, note and pins; its snapshots stay, and it is remembered that it was."""
        for sql in (
            "DELETE FROM tags WHERE session = ?",
            "DELETE FROM notes WHERE session = ?",
            "DELETE FROM pins WHERE session = ?",
            "DELETE FROM names WHERE rowid = (SELECT rowid FROM sessions WHERE id = ?)",
            "DELETE FROM sessions WHERE id = ?",
            "INSERT OR IGNORE INTO pruned VALUES(?)",
        ):
            self._connection.execute(sql, (session,))

    def loosen(self, hashes: Iterable[bytes]) -> None:
        """Chunks that may be named by nothing any more."""
        self._connection.executemany("INSERT INTO loose(hash) VALUES(?)", ((each,) for each in hashes))

    def fasten(self, numbers: Iterable[int]) -> None:
        """What was looked at; a chunk that came loose again meanwhile has another row."""
        self._connection.executemany("DELETE FROM loose WHERE number = ?", ((each,) for each in numbers))

    def remove_chunks(self, hashes: Iterable[bytes]) -> None:
        """What was in their rows is free; what is in packs is dead there."""
        self._connection.executemany("DELETE FROM chunks WHERE hash = ?", ((each,) for each in hashes))

    def move_chunks(self, places: Iterable[ChunkPlace]) -> None:
        """The chunks are there from now on; those that are no more stay so."""
        self._connection.executemany(
            "UPDATE chunks SET pack = ?, offset_bytes = ? WHERE hash = ?",
            ((each.pack, each.offset_bytes, each.hash) for each in places),
        )

    def put_back(self, place: ChunkPlace) -> None:
        """The chunk is there from now on. The pages of the row that there was may be the damaged ones: whatever else is
        in them is chunks too, each of which its own hash vouches for."""
        with unverified(self._connection):
            self._connection.execute("DELETE FROM chunks WHERE hash = ?", (place.hash,))
            self._connection.execute("INSERT INTO chunks VALUES(?, ?, ?, ?, ?)", msgspec.structs.astuple(place))

    def shrink(self, pages: int) -> int:
        """Give so many free pages back to the disk; how many are left."""
        self._connection.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
        return self._count("PRAGMA freelist_count")


def chunks_of(hashes: bytes) -> list[bytes]:
    """Hashes that are joined, apart."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
