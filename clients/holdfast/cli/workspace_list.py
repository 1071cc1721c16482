"""``workspace list``: what applications have not saved yet."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.words import when

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import WorkspaceRow

HELP = "list the unsaved states of applications"
_DIGITS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--app", metavar="A", help="of this application")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each, the one that was changed last first."""
    rows = context.client.workspaces(app=arguments.app).rows
    if context.output.as_json:
        for row in rows:
            context.output.row(row)
    else:
        cells = [_cells(row, context.output) for row in rows]
        context.output.table(("WORKSPACE", "SESSION", "REVISION", "CHANGED", "STATE"), cells)
    return 0


def _cells(row: WorkspaceRow, output: Output) -> tuple[str, ...]:
    return (
        row.id[:_DIGITS],
        f"{row.app}/{row.name}",
        str(row.revision),
        when(row.changed, to_terminal=output.to_terminal),
        state(row),
    )


def state(row: WorkspaceRow) -> str:
    """In a few words: whether somebody holds it, and what is saved."""
    held = "open" if row.left is None else "left"
    saved = "saved" if row.saved else "autosaved" if row.unsaved is None else "unsaved"
    more = {"the session has moved on": row.behind, "its application does not answer": row.unanswered is not None}
    return ", ".join([held, saved, *(words for words, holds in more.items() if holds)])
