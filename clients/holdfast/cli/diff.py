"""``diff A [B]``: what changed, part by part."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_naming_flags, read_reference
from holdfast.references import of_snapshot
from holdfast_protocol.errors import BadName
from holdfast_protocol.names import parse_reference

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import Ref

HELP = "show what changed between two snapshots, part by part"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument(
        "words", metavar="A [B]", nargs="*", help="from A to B (@SNAPSHOT alone: of the same session); without B: to A"
    )
    add_naming_flags(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each change, and below it the changed text; then all of them in one line."""
    old, new = _both(arguments)
    changes = context.client.diff(old, new)
    for row in changes.rows:
        if context.output.as_json:
            context.output.row(row)
            continue
        context.output.line(row.line)
        if row.text:
            context.output.changed_text(row.text)
    if len(changes.rows) > 1 and not context.output.as_json:
        context.output.line(changes.summary)
    return 0


def _both(arguments: argparse.Namespace) -> tuple[Ref, Ref | None]:
    words = arguments.words or ([""] if arguments.name is not None else [])
    if not 1 <= len(words) <= 2:
        raise BadName("One or two references are expected: A [B]")
    old = read_reference(words[0], arguments)
    if len(words) == 1:
        return old, None
    if words[1].startswith("@"):
        return old, of_snapshot(old, parse_reference(f"name{words[1]}").snapshot)
    return old, read_reference(words[1], arguments)
