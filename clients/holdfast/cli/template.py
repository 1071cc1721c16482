"""``template REF``: a session that no save changes, and that others begin from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_reference, the_session
from holdfast.cli.outcome import report_changed

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "make a session a template, which no save changes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser, "APP/NAME")
    parser.add_argument("--off", action="store_true", help="it is no template any more")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Mark it."""
    changed = context.client.template(the_session(arguments), on=not arguments.off)
    return report_changed(context.output, changed, "no template any more:" if arguments.off else "a template now:")
