"""What the daemon tells of its sessions, kept: the other half of the model of ``test_random_operations.py``."""

from __future__ import annotations

from collections.abc import Iterable

import holdfast
from holdfast_protocol.model import OperationRow, Ref, SessionRow, SnapshotRow

PAGE = 1000
GONE = ("deleted", "deleted-outside")
NEW = ("created", "forked", "copied")


class Told:
    """What the daemon has told so far: the operations, who lives by them, and the snapshots with their contents."""

    def __init__(self) -> None:
        self.operations: list[OperationRow] = []
        self.alive: set[str] = set()
        self.logs: dict[str, list[SnapshotRow]] = {}
        self.forked_from: dict[str, str | None] = {}
        self._contents: dict[str, bytes] = {}

    def listen(self, client: holdfast.Client) -> list[OperationRow]:
        """What is new since the last time. Fails where a number is left out, or where what is gone goes once more."""
        new: list[OperationRow] = []
        while rows := client.operations(len(self.operations) + len(new), limit=PAGE).rows:
            new += rows
        first = len(self.operations) + 1
        assert [row.number for row in new] == [*range(first, first + len(new))], "the log has a gap"
        self.operations += new
        for row in new:
            self._follow(row)
            if row.type == "forked" and row.session is not None:
                self.forked_from[row.session] = client.show(Ref(id=row.session), parts=False).session.forked_from
        self.read(client, {row.session for row in new if row.session is not None})
        return new

    def read(self, client: holdfast.Client, sessions: Iterable[str]) -> None:
        """All snapshots of these sessions; fails where one that was there is not any more."""
        for session in sessions:
            answer = client.log(Ref(id=session), limit=PAGE)
            before = {row.snapshot for row in self.logs.get(session, ())}
            assert not answer.more
            assert before <= {row.snapshot for row in answer.rows}, f"snapshots of {session} are gone"
            self.logs[session] = answer.rows
            for row in answer.rows:
                self.content(client, session, row.snapshot)

    def content(self, client: holdfast.Client, session: str, snapshot: str) -> bytes:
        if snapshot not in self._contents:
            self._contents[snapshot] = client.cat(Ref(id=session, snapshot=snapshot))
        return self._contents[snapshot]

    def head(self, row: SessionRow) -> bytes:
        """Of a session that was listened to."""
        assert row.head is not None
        return self._contents[row.head]

    def has_beside(self, session: str, content: object) -> bool:
        """Whether a snapshot of this session, or of a fork of it, is that."""
        family = {session} | {fork for fork, origin in self.forked_from.items() if origin == session}
        return any(self._contents[each.snapshot] == content for one in family for each in self.logs.get(one, ()))

    @property
    def history(self) -> set[bytes]:
        """Every content of every snapshot."""
        return {*self._contents.values()}

    def _follow(self, row: OperationRow) -> None:
        """A session begins once, and is gone once until it lives again."""
        if row.session is None:
            return
        if row.type in NEW:
            assert row.session not in self.alive, f"told twice that it is there: {row}"
        if row.type in GONE:
            assert row.session in self.alive, f"told twice that it is gone: {row}"
        ends = row.type in GONE or (row.type == "undone" and row.note.split()[0] in NEW)
        (self.alive.discard if ends else self.alive.add)(row.session)
