"""A daemon that is made to crash, one request under a known id, and what must be true of the disk afterwards."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from e2e_daemon import DEADLINE_SECONDS, Daemon, until

import holdfast
from holdfast.caller import Conversation
from holdfast.channel import Lost
from holdfast_daemon.store.sqlite.checksums import connect
from holdfast_protocol.errors import Unreachable
from holdfast_protocol.messages import Delete, Reply, Request, Save, Saved
from holdfast_protocol.model import FileSource, OperationRow, Ref, SessionRow

APP = "notes"
#: Met by a collection, and by nothing else.
COLLECTION_STEPS = (
    "snapshots-removed", "chunks-marked", "chunks-swept", "pack-copied", "pack-moved", "pack-dropped",
    "catalog-shrunk",
)  # fmt: skip
NAME = "x"
OLD, NEW, OTHER = b"old bytes, long enough\n", b"new bytes, and longer\n", b"an outsider's own bytes\n"


class CrashDaemon(Daemon):
    """``start_with`` a fault; ``ask`` until it dies; ``start`` again and look."""

    def start_with(self, fault: str) -> None:
        """Start under ``HOLDFAST_FAULT``, counted once the first scan is over; the next plain ``start`` has none."""
        armed = self.home.parent / f"{self.home.name}-armed"
        armed.unlink(missing_ok=True)
        self.environment["HOLDFAST_FAULT"] = f"{fault},armed={armed}"
        try:
            self.start()
        finally:
            del self.environment["HOLDFAST_FAULT"]
        with self.client() as client:
            client.folder_scan()
        armed.touch()

    def ask(self, request: Request, payload: tuple[bytes, ...], request_id: bytes) -> Reply | None:
        """The answer, or None where the daemon died before it gave one. Never repeats by itself."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        with contextlib.suppress(Lost, Unreachable):
            conversation = Conversation(self.socket, deadline)
            try:
                return conversation.ask(request, payload, request_id, deadline).reply
            finally:
                conversation.close()
        return None

    def save(self, content: bytes, request_id: bytes | None = None, name: str = NAME, app: str = APP) -> Saved | None:
        request = Save(app=app, name=name, files=[FileSource(frame=0)])
        reply = self.ask(request, (content,), request_id or os.urandom(16))
        assert reply is None or isinstance(reply, Saved)
        return reply

    def delete(self, request_id: bytes | None = None) -> Reply | None:
        return self.ask(Delete(ref=Ref(app=APP, name=NAME)), (), request_id or os.urandom(16))

    def dies(self) -> None:
        """Waits for the crash that was ordered."""
        assert self.process is not None
        assert self.process.wait(DEADLINE_SECONDS) == -9, self.log.read_text()

    def held_old(self, content: bytes = OLD, name: str = NAME, app: str = APP) -> Path:
        """A session that is saved, visible and confirmed, and no daemon; gives its file."""
        self.start()
        with self.client() as client:
            path = client.save(app, name, content, published=True).session.path
        self.stop()
        return self.sessions / os.fsdecode(path)

    @property
    def leftovers(self) -> list[str]:
        found = [name for _, folders, names in os.walk(self.sessions) for name in [*folders, *names] if _is_own(name)]
        staging = self.home / "store" / "staging"
        return found + (os.listdir(staging) if staging.exists() else [])

    def settled(self) -> bool:
        """Nothing waits for publication, nothing of the daemon's own lies about, and every file shows its head."""
        with self.client() as client:
            if client.status().pending_files or self.leftovers:
                return False
            return all(self._shows_head(client, row) for row in client.list(limit=1000).rows)

    def _shows_head(self, client: holdfast.Client, row: SessionRow) -> bool:
        if row.diverged:
            return True
        place = self.sessions / os.fsdecode(row.path)
        files = client.load(Ref(id=row.id)).files
        if set(files) == {b""}:
            return place.is_file() and place.read_bytes() == files[b""]
        return all((place / os.fsdecode(path)).read_bytes() == content for path, content in files.items())

    def settle(self) -> None:
        until(self.settled)

    def row(self, name: str = NAME, app: str = APP) -> SessionRow:
        with self.client() as client:
            return client.show(Ref(app=app, name=name), parts=False).session

    def head(self, name: str = NAME, app: str = APP) -> bytes:
        with self.client() as client:
            return client.cat(Ref(app=app, name=name))

    def names(self, *, deleted: bool = False) -> set[str]:
        with self.client() as client:
            return {row.name for row in client.list(limit=1000, deleted=deleted).rows}

    def history(self) -> list[bytes]:
        """The content of every snapshot of every session of one file, deleted ones too."""
        return list(self._contents())

    def _contents(self) -> Iterator[bytes]:
        with self.client() as client:
            rows = [*client.list(limit=1000).rows, *client.list(limit=1000, deleted=True).rows]
            for row in rows:
                for snapshot in client.log(Ref(id=row.id), limit=1000).rows:
                    yield client.cat(Ref(id=row.id, snapshot=snapshot.snapshot))

    def log_rows(self) -> list[OperationRow]:
        """The whole log; fails where a number is missing."""
        with self.client() as client:
            rows = list(client.events(since=0, follow=False))
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        return rows

    def types(self) -> list[str]:
        return [row.type for row in self.log_rows()]

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """On the catalog of a daemon that does not run."""
        assert not self.alive
        with contextlib.closing(connect(str(self.home / "store" / "catalog.sqlite"))) as catalog:
            return catalog.execute(statement, values).fetchall()


class Held:
    """The daemon stands at a step (``hold:PATH``) until ``go``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def action(self) -> str:
        return f"hold:{self._path}"

    def reached(self) -> None:
        until(self._path.with_name(f"{self._path.name}.reached").exists)

    def go(self) -> None:
        self._path.with_name(f"{self._path.name}.go").touch()


def replace(visible: Path, content: bytes) -> None:
    """As an editor saves: beside the folder, then renamed over."""
    beside = visible.parents[2] / "beside"
    beside.write_bytes(content)
    beside.replace(visible)


def _is_own(name: str) -> bool:
    return name.startswith(".holdfast-") and name != ".holdfast-folder"
