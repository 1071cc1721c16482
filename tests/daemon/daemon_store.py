"""The rooms between the wire and the disk, on a real store, without sockets and without a folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from holdfast_daemon.content import Content
from holdfast_daemon.fault import Faults
from holdfast_daemon.formats.base import Document, Part
from holdfast_daemon.formats.registry import load_formats
from holdfast_daemon.guarded import guarded
from holdfast_daemon.holding import Gone, Holding
from holdfast_daemon.layouts import SESSIONS
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.order import Order
from holdfast_daemon.saving import Saving
from holdfast_daemon.sessions import SESSIONS_FOLDER, Caller, Sessions
from holdfast_daemon.sites import Site, Sites
from holdfast_daemon.store.nouns import Folder, Operation, Session, Snapshot
from holdfast_daemon.store.packs import Packs
from holdfast_daemon.store.sqlite.catalog import SqliteCatalog
from holdfast_protocol.messages import Saved

Value = TypeVar("Value")
ME = Caller("me")
SECOND = 10**9


class Store:
    """``save`` as a client does; ``run`` anything of ``saving`` and ``lifecycle``. The clock stands still."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1_000 * SECOND
        self.chunks = Packs(str(folder / "packs"))
        begun = (folder / "catalog.sqlite").exists()
        self.catalog = SqliteCatalog(str(folder / "catalog.sqlite"), Faults({}), self.chunks.seal)
        self.content = Content(self.catalog, self.chunks, guarded(load_formats({})), Faults({}))
        self.sessions = Sessions(self.catalog, self.content, lambda: self.now, "this boot", Sites())
        self.sessions.sites.put(Site(label=SESSIONS_FOLDER, root=b"/nowhere", app=None, layout=SESSIONS))
        if not begun:
            self.put_folder(SESSIONS_FOLDER, None)
        self.saving = Saving(self.sessions)
        self.lifecycle = Lifecycle(self.sessions)
        self.holding = Holding(self.sessions)

    def put_folder(self, label: str, app: str | None, layout: str = "") -> None:
        """A folder of the catalog."""
        folder = Folder(label, b"/nowhere", app, layout, False, None, self.now)
        self.catalog.submit(lambda tx: tx.put_folder(folder)).result()

    def close(self) -> None:
        self.catalog.close()
        self.chunks.close()

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run(work)

    def order(self, name: str, content: bytes | Document, app: str = "notes", **more: Any) -> Order:
        document = {b"": content} if isinstance(content, bytes) else content
        form = self.content.form_for(app, document)
        return Order(app=app, name=name, placed=self.content.place(document), form=form, **more)

    def save(
        self, name: str, content: bytes | Document, app: str = "notes", *, expect: int | None = None,
        caller: Caller = ME, **more: Any,
    ) -> Saved:  # fmt: skip
        if "base" not in more and "cause" not in more:
            more["base"] = self.saving.base_of(app, name, SESSIONS_FOLDER, expect)
        return self.run(self.saving.save(self.order(name, content, app, **more), caller))

    def gone(self, *paths: bytes, folder: str = SESSIONS_FOLDER) -> None:
        """Nothing is there any more, and whatever was wanted there was published."""
        found = []
        for path in paths:
            row = self.catalog.reader.visible(folder, path)
            assert row is not None
            self.catalog.submit(lambda tx, row=row: tx.confirm(folder, row.path, row.wanted)).result()  # type: ignore[misc]  # a lambda with a default
            found.append(Gone(path, row.wanted))
        self.holding.gone(folder, found)

    def session(self, name: str, app: str = "notes") -> Session:
        found = self.catalog.reader.session_named(app, name, SESSIONS_FOLDER)
        assert found is not None
        return found

    def head(self, name: str, app: str = "notes") -> bytes:
        return self.bytes_of(self.session(name, app).head)

    def bytes_of(self, snapshot: bytes) -> bytes:
        return self.content.bytes_of(self.catalog.reader.document_of(snapshot))[b""]

    def snapshots(self, name: str, app: str = "notes") -> list[Snapshot]:
        return self.catalog.reader.snapshots(self.session(name, app).id, 100)

    def operations(self) -> list[Operation]:
        return self.catalog.reader.operations_after(0, 1000)

    def types(self) -> list[str]:
        return [operation.type for operation in self.operations()]


def part(name: str, content: str = "", kind: str = "buffer", key: str = "") -> Part:
    """One part; its key follows its name unless it is given."""
    return Part(key=key or f"{kind}-{name}-{os.urandom(4).hex()}", name=name, kind=kind, content=content.encode())
