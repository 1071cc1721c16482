"""``accept REF``: a suspect becomes the head."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_reference, the_session
from holdfast.cli.outcome import report_saved
from holdfast.cli.words import reference_text

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "make a suspect snapshot the head"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser, "APP/NAME[@SNAPSHOT]")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Accept."""
    ref = the_session(arguments)
    return report_saved(context.output, context.client.accept(ref, published=True), reference_text(ref))
