"""``workspace discard ID``: an unsaved state is wanted no more."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import workspace_id

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "give up an unsaved state; it stays in the history as an autosave"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("id", metavar="ID", nargs="+", help="its id, or the beginning of it (see workspace list)")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Each of them."""
    for said in arguments.id:
        ended = context.client.discard(workspace_id(context.client, said))
        if context.output.as_json:
            context.output.row(ended)
        kept = f"; what it had is snapshot {ended.snapshot[:12]}" if ended.snapshot else ""
        context.output.done(f"discarded workspace {said}{kept}")
    return 0
