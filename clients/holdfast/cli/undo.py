"""``undo [OPERATION]``: reverse an operation, and say which."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.operation_rows import told

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "reverse the newest undoable operation, or the given one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("operation", metavar="OPERATION", nargs="?", type=count, help="its number (see operations)")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Undo; the sentence says what was undone."""
    undone = context.client.undo(arguments.operation, published=True)
    if context.output.as_json:
        context.output.row(undone)
    for warning in undone.warnings:
        context.output.say(f"holdfast: {warning}")
    more = f", and {undone.count - 1} more of its batch" if undone.count > 1 else ""
    context.output.done(f"undone {told(undone.undone, to_terminal=context.output.to_terminal)}{more}")
    return 0
