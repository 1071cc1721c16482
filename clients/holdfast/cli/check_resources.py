"""``check-resources REF``: the files that a session points to, and which of them are there."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_reference, the_session
from holdfast.cli.words import path_text
from holdfast_protocol.errors import NotFound

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import ResourceRow

HELP = "say which of the files that a session points to are there (3: not all are)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser, "APP/NAME[@SNAPSHOT]")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each; no file and no URL is opened."""
    rows = context.client.check_resources(the_session(arguments)).rows
    if context.output.as_json:
        for row in rows:
            context.output.row(row)
    elif rows:
        context.output.table(("STATE", "ROLE", "REFERENCE", "FOUND"), [_cells(row) for row in rows])
    return NotFound.exit_code if any(row.state in ("missing", "moved") for row in rows) else 0


def _cells(row: ResourceRow) -> tuple[str, str, str, str]:
    return row.state, row.role, row.reference, path_text(row.found) or "-"
