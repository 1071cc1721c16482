"""``delete REF…``: sessions leave the list; ``undo`` brings them back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_naming_flags, read_references
from holdfast.cli.outcome import report_changed

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "delete sessions (undo brings them back)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("refs", metavar="APP/NAME", nargs="*", help="the sessions")
    add_naming_flags(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Every reference is read before the first session goes."""
    for ref in read_references(arguments):
        report_changed(context.output, context.client.delete(ref, published=True), "deleted")
    return 0
