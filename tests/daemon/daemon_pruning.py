"""Retention on a real store: rules, a clock, and every snapshot that there should be."""

from __future__ import annotations

import asyncio
from pathlib import Path

from daemon_store import Store

from holdfast_daemon.collecting import Collecting
from holdfast_daemon.fates import Fates
from holdfast_daemon.fault import Faults
from holdfast_daemon.pruning import Pruning
from holdfast_daemon.retention import Rules, Thinning
from holdfast_daemon.store.nouns import Session, Workspace, new_id
from holdfast_protocol.messages import Prune, Pruned

NONE = Thinning(last=0, hourly=0, daily=0, weekly=0, monthly=0)
LAST = Thinning(last=1, hourly=0, daily=0, weekly=0, monthly=0)
DAY = 24 * 3600 * 10**9


class PrunedStore(Store):
    """``prune`` by rules; ``whole`` says that nothing that is left lacks a byte."""

    def prune(self, rules: Rules, *, dry_run: bool = False) -> Pruned:
        async def work() -> Pruned:
            reply, _ = await self.pruning(rules).prune(Prune(dry_run=dry_run), [], None, 0.0)  # type: ignore[arg-type]  # nobody
            assert isinstance(reply, Pruned)
            return reply

        return asyncio.run(work())

    def pruning(self, rules: Rules) -> Pruning:
        """Within a loop."""
        fates = Fates(self.catalog, self.content, lambda _: rules, lambda: self.now)
        collecting = Collecting(self.catalog, self.chunks, self.content, Faults({}))
        return Pruning(self.sessions, fates, collecting, Faults({}))

    def autosave(self, name: str, content: bytes, session: Session | None = None) -> bytes:
        """Of a session that is there."""
        owner = session or self.session(name)
        placed = self.content.place({b"": content})
        made = self.sessions.snapshot(
            owner.id, placed.document.id, placed.document.size_bytes, (owner.head,), "autosaved", "me"
        )
        self.catalog.submit(lambda tx: self.sessions.keep(tx, placed, made)).result()
        return made.id

    def workspace(self, session: Session, **more: object) -> Workspace:
        facts = {
            "id": new_id(), "app": session.app, "folder": session.folder, "name": session.name, "format": "plain",
            "session": session.id, "revision": 1, "base": session.head, "author": "me", "created": 1, "changed": 1,
            "listing": b"",
        }  # fmt: skip
        row = Workspace(**{**facts, **more})  # type: ignore[arg-type]  # a table of facts
        self.catalog.submit(lambda tx: tx.put_workspace(row)).result()
        return row

    def contents(self, name: str) -> list[bytes]:
        """Of each snapshot, newest first."""
        return [self.bytes_of(each.id) for each in self.snapshots(name)]

    def confirm(self, *names: str) -> None:
        """What is wanted is visible."""
        for name in names:
            row = self.session(name)
            self.catalog.submit(lambda tx, row=row: tx.confirm(row.folder, row.path, row.head)).result()  # type: ignore[misc]  # a lambda with a default

    def whole(self) -> int:
        """Every chunk of every document is there, with its hash; how many documents there are."""
        documents = self.catalog.reader.manifests(b"", -1)
        for each in documents:
            self.content.bytes_of(each)
        return len(documents)

    def pack_bytes(self) -> int:
        return sum(path.stat().st_size for path in Path(self.folder / "packs").iterdir())
