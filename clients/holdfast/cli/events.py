"""``events``: the operations as they happen, a line for each, at once."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.operation_rows import told

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "print operations as they happen"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--since", metavar="N", type=count, help="those after number N")
    parser.add_argument("--follow", action="store_true", help="and go on; without --since only from now on")
    parser.add_argument("--app", metavar="A", help="of this application")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Without --follow it ends with the newest."""
    since = arguments.since if arguments.follow or arguments.since is not None else 0
    for row in context.client.events(since, follow=arguments.follow, app=arguments.app):
        if context.output.as_json:
            context.output.row(row)
        else:
            context.output.line(told(row, to_terminal=context.output.to_terminal))
            context.output.flush()
    return 0
