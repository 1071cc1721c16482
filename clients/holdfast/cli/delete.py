"""``delete REF…``: sessions leave the list; ``undo`` brings them back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_naming_flags, read_reference
from holdfast.cli.outcome import report_changed
from holdfast_protocol.errors import BadName

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "delete sessions (undo brings them back)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("refs", metavar="APP/NAME", nargs="*", help="the sessions")
    add_naming_flags(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Every reference is read before the first session goes."""
    words = arguments.refs or ([None] if arguments.name is not None else [])
    refs = [read_reference(word, arguments) for word in words]
    if not refs:
        raise BadName("A session is expected: APP/NAME")
    if any(ref.part is not None or ref.snapshot != "latest" for ref in refs):
        raise BadName("Whole sessions are deleted, not their snapshots or parts")
    for ref in refs:
        report_changed(context.output, context.client.delete(ref, published=True), "deleted")
    return 0
