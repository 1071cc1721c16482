"""``log REF``: the snapshots of a session, newest first."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.operands import add_reference, the_session
from holdfast.cli.words import size, when

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "list the snapshots of a session"
_LIMIT = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser, "APP/NAME")
    parser.add_argument("--limit", metavar="N", type=count, default=_LIMIT, help=f"at most so many ({_LIMIT})")
    parser.add_argument("--offset", metavar="N", type=count, default=0, help="skip so many")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each snapshot."""
    output = context.output
    page = context.client.log(the_session(arguments), limit=arguments.limit, offset=arguments.offset)
    if output.as_json:
        for row in page.rows:
            output.row(row)
    else:
        rows = [
            (
                row.snapshot[:12],
                when(row.time, to_terminal=output.to_terminal),
                row.cause,
                row.author,
                size(row.size_bytes, to_terminal=output.to_terminal),
                f"suspect: {row.suspect}" if row.suspect else "-",
                ",".join(row.pins) or "-",
                row.message or "-",
            )
            for row in page.rows
        ]
        output.table(("SNAPSHOT", "TIME", "CAUSE", "AUTHOR", "SIZE", "SUSPECT", "PINS", "MESSAGE"), rows)
    if page.more and not output.quiet:
        output.say(f"holdfast: there are more; see --limit and --offset (now {arguments.limit})")
    return 0
