"""``copy REF NAME``: a new session that begins with a snapshot of another."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_naming_flags, read_reference
from holdfast.cli.outcome import report_changed
from holdfast_protocol.errors import BadName

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "make a new session from a snapshot of another"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument(
        "words",
        metavar="APP/NAME[@SNAPSHOT] [APP/]NEW",
        nargs="+",
        help="the session, and the new name (taken as it is)",
    )
    add_naming_flags(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Copy."""
    *session, name = arguments.words
    if (len(session) != 1 and arguments.name is None) or len(session) > 1:
        raise BadName("Two names are expected: APP/NAME NEW (with --name only NEW)")
    ref = read_reference(session[0] if session else None, arguments)
    app, slash, rest = name.partition("/")
    changed = context.client.copy(ref, rest if slash else name, app=app if slash else None, published=True)
    return report_changed(context.output, changed, "copied to")
