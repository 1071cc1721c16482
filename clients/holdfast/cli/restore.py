"""``restore REF``: an older snapshot, or parts of it, becomes the head again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.operands import add_reference, the_reference
from holdfast.cli.outcome import report_saved
from holdfast.cli.words import reference_text
from holdfast.references import reference, without_part

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "make an older snapshot, or parts of it, the head again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser)
    parser.add_argument("--part", metavar="P", action="append", default=[], help="only this part")
    parser.add_argument(
        "--kind", metavar="KIND", action="append", default=[], help="the parts of this kind as a whole: others of it go"
    )
    parser.add_argument("--as", dest="as_name", metavar="NAME", help="as a new session of this name")
    parser.add_argument("--into", metavar="OTHER", help="put the parts into this other session")
    parser.add_argument("--expect", metavar="REV", type=count, help="the revision that the head must have")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Restore; 4 for a fork."""
    ref = the_reference(arguments)
    saved = context.client.restore(
        without_part(ref),
        parts=[*arguments.part, *([ref.part] if ref.part is not None else [])],
        kinds=arguments.kind,
        name=arguments.as_name,
        into=None if arguments.into is None else reference(arguments.into),
        expect=arguments.expect,
        published=True,
    )
    return report_saved(context.output, saved, arguments.into or reference_text(ref))
