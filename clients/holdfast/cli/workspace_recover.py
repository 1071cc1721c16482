"""``workspace recover ID``: an unsaved state becomes a session's head."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import workspace_id
from holdfast.cli.outcome import report_saved

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "save an unsaved state that an application left"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("id", metavar="ID", help="its id, or the beginning of it (see workspace list)")
    parser.add_argument("--as", dest="name", metavar="NAME", help="as a new session of that name")
    parser.add_argument("-m", dest="message", metavar="TEXT", default="", help="what to remember of it")
    parser.add_argument("--accept", action="store_true", help="also where it looks like damage")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Save, and end it; 4 for a fork, 8 for a suspect."""
    identity = workspace_id(context.client, arguments.id)
    saved = context.client.recover(
        identity, name=arguments.name, message=arguments.message, accept=arguments.accept, published=True
    )
    return report_saved(context.output, saved, f"the workspace {arguments.id}")
