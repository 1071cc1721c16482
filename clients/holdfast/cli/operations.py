"""``operations``: what was done, oldest first."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.operation_rows import HEADING, cells

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "list what was done, and what can be undone"
_LIMIT = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--since", metavar="N", type=count, help="those after number N, instead of the newest")
    parser.add_argument("--limit", metavar="N", type=count, default=_LIMIT, help=f"at most so many ({_LIMIT})")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each operation."""
    output = context.output
    page = context.client.operations(arguments.since or 0, limit=arguments.limit, newest=arguments.since is None)
    if output.as_json:
        for row in page.rows:
            output.row(row)
        return 0
    output.table(HEADING, [cells(row, to_terminal=output.to_terminal) for row in page.rows])
    return 0
