"""``delete REF…``: sessions leave the list; ``undo`` brings them back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_sessions, the_sessions
from holdfast.cli.outcome import report_changed

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "delete sessions (undo brings them back)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_sessions(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """One after the other."""
    for ref in the_sessions(arguments):
        report_changed(context.output, context.client.delete(ref, published=True), "deleted")
    return 0
