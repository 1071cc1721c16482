"""Doing, and taking back what was done."""

from __future__ import annotations

from holdfast.async_client import AsyncClient
from holdfast.cli.words import title
from holdfast.tui.acts import Act, At, Done
from holdfast_protocol.errors import CannotUndo
from holdfast_protocol.model import OperationRow, WorkspaceRow

#: So far back a session's newest operation is looked for.
_OPERATIONS = 1000


class Changing:
    """Acts, and the operations that they made, newest last."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._operations: list[int] = []

    async def do(self, act: Act, at: At, said: str) -> Done:
        """Raises HoldfastError."""
        return self._done(await act.does(self._client, at, said))

    async def recover(self, row: WorkspaceRow, name: str | None) -> Done:
        """What a workspace that was left had is saved, as a new session where it gets a name. Raises HoldfastError."""
        saved = await self._client.recover(row.id, name=name, published=True)
        return self._done(Done(f"{title(saved.session)} is recovered", saved.operation))

    async def discard(self, row: WorkspaceRow) -> Done:
        """Raises HoldfastError."""
        ended = await self._client.discard(row.id)
        return self._done(Done(f"The unsaved work of {row.app} is discarded", ended.operation))

    async def undo(self) -> Done:
        """The newest act is taken back. Raises HoldfastError, CannotUndo where there is none."""
        if not self._operations:
            raise CannotUndo("Nothing was done here that could be taken back")
        number = self._operations[-1]
        done = await self.undo_operation(number)
        self._operations.remove(number)
        return done

    async def undo_operation(self, number: int) -> Done:
        """Raises HoldfastError."""
        undone = (await self._client.undo(number, published=True)).undone
        return Done(f"undone: {undone.type} of {undone.app}/{undone.name}", None)

    @property
    def has_done(self) -> bool:
        """Whether there is an act to take back."""
        return bool(self._operations)

    def outside(self, row: OperationRow) -> None:
        """Somebody else did this before our eyes: it can be taken back here too."""
        self._operations.append(row.number)

    async def newest_of(self, session: str) -> OperationRow | None:
        """The newest operation of a session that can be taken back. Raises HoldfastError."""
        rows = (await self._client.operations(limit=_OPERATIONS, newest=True)).rows
        fitting = (row for row in reversed(rows) if row.session == session and row.undoable and row.undone_by is None)
        return next((row for row in fitting if row.type != "undone"), None)

    def _done(self, done: Done) -> Done:
        if done.operation is not None:
            self._operations.append(done.operation)
        return done
