"""What one does to the session that is looked at; every act says how to take it back."""

from __future__ import annotations

from typing import NamedTuple

from holdfast.async_client import AsyncClient
from holdfast.cli.words import title
from holdfast_protocol.errors import CannotUndo
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import OperationRow, Ref

#: So far back a session's newest operation is looked for.
_OPERATIONS = 1000


class Done(NamedTuple):
    """What became of it, in a sentence; ``operation`` is what ``undo`` takes back, if anything."""

    sentence: str
    operation: int | None


class Changing:
    """Acts, and the operations that they made, newest last."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._operations: list[int] = []

    async def delete(self, shown: Shown) -> Done:
        """Raises HoldfastError."""
        row = shown.session
        changed = await self._client.delete(Ref(id=row.id), published=True, expect=row.revision)
        return self._done(f"{title(row)} is deleted", changed.operation)

    async def restore(self, shown: Shown, ref: Ref, parts: list[str], name: str | None = None) -> Done:
        """The snapshot, or parts of it, are the session again, or a new one of that name. Raises HoldfastError."""
        row = shown.session
        expect = None if row.deleted or name is not None else row.revision  # what is deleted has no revision to expect
        saved = await self._client.restore(ref, parts=parts, name=name, expect=expect, published=True)
        what = f"{len(parts)} part{'s' if len(parts) != 1 else ''}" if parts else "everything"
        where = title(saved.session)
        if saved.operation is None:
            return Done(f"{where} is like that already", None)
        sentence = f"{what} put back into {where}" if name is None else f"{where} is made of it"
        return self._done(sentence, saved.operation)

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

    def _done(self, sentence: str, operation: int | None) -> Done:
        if operation is not None:
            self._operations.append(operation)
        return Done(sentence, operation)
