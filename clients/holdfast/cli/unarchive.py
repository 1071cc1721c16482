"""``unarchive REF…``: archived sessions are in the list again, and their files where they were."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_sessions, the_sessions
from holdfast.cli.outcome import report_changed

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "take archived sessions back into the list"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_sessions(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """One after the other."""
    for ref in the_sessions(arguments):
        report_changed(context.output, context.client.unarchive(ref, published=True), "unarchived")
    return 0
