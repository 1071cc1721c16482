"""Operations as ``operations``, ``events`` and ``undo`` say them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.cli.words import when

if TYPE_CHECKING:
    from holdfast_protocol.model import OperationRow

HEADING = ("NUMBER", "TIME", "TYPE", "SESSION", "AUTHOR", "UNDO", "NOTE")


def cells(row: OperationRow, *, to_terminal: bool) -> tuple[str, ...]:
    """One row of a table under ``HEADING``."""
    undo = f"by {row.undone_by}" if row.undone_by is not None else "yes" if row.undoable else "-"
    return (
        str(row.number),
        when(row.time, to_terminal=to_terminal),
        row.type,
        _subject(row),
        row.author,
        undo,
        row.note or "-",
    )


def told(row: OperationRow, *, to_terminal: bool) -> str:
    """One line that stands alone."""
    return "  ".join(cells(row, to_terminal=to_terminal))


def _subject(row: OperationRow) -> str:
    """What it happened to: a session, or a folder."""
    if row.name is not None:
        return f"{row.app}/{row.name}"
    return f"folder {row.folder}" if row.folder is not None else "-"
