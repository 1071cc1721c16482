"""``events``: the operations as they happen, a line for each, at once."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from itertools import takewhile
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.operation_rows import told

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import OperationRow

HELP = "print operations as they happen"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--since", metavar="N", type=count, help="those after number N")
    parser.add_argument("--follow", action="store_true", help="and go on; without --since only from now on")
    parser.add_argument("--app", metavar="A", help="of this application")
    parser.add_argument("--type", metavar="T", action="append", default=[], help="of this type; may be repeated")
    parser.add_argument(
        "--settled", action="store_true", help="wait until all that is on disk now is in the store, then begin"
    )


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Without --follow it ends with the newest; with --settled with the newest of what was on disk."""
    if arguments.follow:
        context.check_happening()
    for row in _settled(context, arguments) if arguments.settled else _rows(context, arguments, arguments.since):
        if context.output.as_json:
            context.output.row(row)
        else:
            context.output.line(told(row, to_terminal=context.output.to_terminal))
            context.output.flush()
    return 0


def _rows(context: Context, arguments: argparse.Namespace, since: int | None) -> Iterable[OperationRow]:
    start = since if arguments.follow or since is not None else 0
    return context.client.events(start, follow=arguments.follow, app=arguments.app, types=arguments.type)


def _settled(context: Context, arguments: argparse.Namespace) -> Iterable[OperationRow]:
    """What settles counts as happening from now on, so the number to follow from is asked for first."""
    since = arguments.since
    if arguments.follow and since is None:
        since = max((row.number for row in context.client.operations(limit=1, newest=True).rows), default=0)
    newest = context.client.settle(timeout_seconds=context.walk_seconds).number
    rows = _rows(context, arguments, since)
    return rows if arguments.follow else takewhile(lambda row: row.number <= newest, rows)
