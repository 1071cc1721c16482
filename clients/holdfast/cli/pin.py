"""``pin REF [LABEL]``: a snapshot that retention never takes, and that ``@pin:LABEL`` means."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_naming_flags, read_reference
from holdfast.cli.outcome import report_changed
from holdfast.references import without_part
from holdfast_protocol.errors import BadName

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "keep a snapshot for good, under a label"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("words", metavar="REF", nargs="*", help="APP/NAME[@SNAPSHOT] [LABEL]")
    parser.add_argument("--off", action="store_true", help="the label goes; without one, all of the snapshot")
    add_naming_flags(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Pin it."""
    words = [*arguments.words]
    reference = None
    if arguments.name is None or (words and words[0].startswith("@")):
        reference = words.pop(0) if words else None
    if len(words) > 1:
        raise BadName("One label is expected: APP/NAME[@SNAPSHOT] [LABEL]")
    ref = without_part(read_reference(reference, arguments))
    changed = context.client.pin(ref, words[0] if words else "", on=not arguments.off)
    return report_changed(context.output, changed, "no longer pinned:" if arguments.off else "pinned a snapshot of")
