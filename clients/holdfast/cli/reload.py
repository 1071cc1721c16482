"""``reload REF``: the last loaded or saved state again, in the workspace of a running application."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_reference, the_session, workspace_id
from holdfast_protocol.errors import Ambiguous, NotFound
from holdfast_protocol.names import shown

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "give up unsaved changes: what a workspace began from, or was saved as, again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser, "APP/NAME")
    parser.add_argument("--workspace", metavar="ID", help="which one, where the session has several")
    parser.add_argument("--head", action="store_true", help="what the session's head is now, whoever saved it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """One workspace."""
    reloaded = context.client.reload(_workspace(context, arguments), head=arguments.head)
    if context.output.as_json:
        context.output.row(reloaded)
    row = reloaded.workspace
    kept = f"; what was unsaved is snapshot {reloaded.snapshot[:12]}, undo brings it back" if reloaded.snapshot else ""
    context.output.done(f"reloaded {row.app}/{row.name}{kept}")
    return 0


def _workspace(context: Context, arguments: argparse.Namespace) -> str:
    """The id of the one that is meant. Raises NotFound, Ambiguous."""
    if arguments.workspace:
        return workspace_id(context.client, arguments.workspace)
    ref = the_session(arguments)
    rows = context.client.workspaces(app=ref.app).rows
    found = [row for row in rows if row.name == ref.name and ref.folder in (None, row.folder)]
    if not found:
        raise NotFound(f"There is no workspace of {shown(ref.name)} (see holdfast workspace list)")
    if len(found) > 1:
        several = [row.id[:12] for row in found]
        raise Ambiguous(f"{shown(ref.name)} has several workspaces: --workspace {' or '.join(several)}")
    return found[0].id
