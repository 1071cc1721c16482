"""``rename REF NAME``: another name for the same session."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_naming_flags, read_reference
from holdfast.cli.outcome import report_changed
from holdfast_protocol.errors import BadName

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "give a session another name"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument(
        "words", metavar="APP/NAME NEW", nargs="+", help="the session and its new name (taken as it is)"
    )
    add_naming_flags(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Rename."""
    *session, name = arguments.words
    if len(session) != (arguments.name is None):
        raise BadName("Two names are expected: APP/NAME NEW (with --name only NEW)")
    ref = read_reference(session[0] if session else None, arguments)
    app, slash, rest = name.partition("/")
    if slash and ref.app not in (None, app):
        raise BadName(f"A rename does not change the application ({ref.app}); copy does")
    changed = context.client.rename(ref, rest if slash else name, published=True)
    return report_changed(context.output, changed, "renamed to")
