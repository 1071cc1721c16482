"""``cat REF``: the bytes of a part, or of a document of one file."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_reference, the_reference
from holdfast_protocol.errors import BadField

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "write the bytes of a part or a file to standard output (bytes only: no --json)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser)
    parser.add_argument("--path", metavar="PATH", default="", help="this file of a document of several")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Exactly the bytes, unless a terminal would obey them."""
    if context.output.as_json:
        raise BadField("cat writes the bytes as they are, not JSON; for a description: holdfast show --json")
    context.output.content(context.client.windows(the_reference(arguments), os.fsencode(arguments.path)))
    return 0
