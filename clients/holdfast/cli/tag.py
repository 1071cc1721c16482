"""``tag REF TAG…``: people's own words for a session."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_naming_flags, read_reference
from holdfast.cli.outcome import report_changed
from holdfast.references import without_part
from holdfast_protocol.errors import BadName

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "give a session tags, or take them away"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("words", metavar="APP/NAME TAG", nargs="*", help="the session, and the tags it gets")
    parser.add_argument("--remove", metavar="TAG", action="append", default=[], help="a tag that it loses")
    add_naming_flags(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Tag it."""
    words = arguments.words
    if not words and arguments.name is None:
        raise BadName("A session is expected: APP/NAME TAG…")
    session, tags = (words[0], words[1:]) if arguments.name is None else (None, words)
    if not tags and not arguments.remove:
        raise BadName("A tag is expected: APP/NAME TAG…, or --remove TAG")
    ref = without_part(read_reference(session, arguments))
    changed = context.client.tag(ref, add=tags, remove=arguments.remove)
    said = f"tagged {', '.join(changed.session.tags)}:" if changed.session.tags else "without a tag:"
    return report_changed(context.output, changed, said)
