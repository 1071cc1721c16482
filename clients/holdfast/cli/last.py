"""``last``: what to go on with."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.words import title

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "show what to go on with: the newest unsaved state, or the session saved last"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--app", metavar="A", help="of this application")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Its name; 3 where there is nothing."""
    from holdfast_protocol.errors import NotFound

    last = context.client.last(app=arguments.app)
    if last.workspace is None and last.session is None:
        raise NotFound("There is nothing to go on with yet")
    if context.output.as_json:
        context.output.row(last)
    workspace, session = last.workspace, last.session
    if workspace is not None and (session is None or workspace.changed > session.modified):
        context.output.done(
            f"{workspace.app}/{workspace.name} has unsaved changes; holdfast workspace recover {workspace.id[:12]}"
        )
    elif session is not None:
        context.output.done(title(session))
    return 0
