"""``prune``: what retention takes goes, and its room is given back."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from holdfast.cli.words import size, when

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast.cli.verbs import Context
    from holdfast_protocol.messages import Pruned
    from holdfast_protocol.model import PruneRow

HELP = "thin out the history by the rules of retention"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--dry-run", action="store_true", help="only say what would go, and why the others stay")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each snapshot of a dry run, and the sum."""
    if not arguments.dry_run:
        pruned = context.client.prune(timeout_seconds=context.walk_seconds)
        if context.output.as_json:
            context.output.row(pruned)
        context.output.done(f"pruned {_sum(pruned, context.output)}")
        return 0
    first, rows = _looked(context)
    if context.output.as_json:
        for row in rows:
            context.output.row(row)
    else:
        heading = ("FATE", "SESSION", "SNAPSHOT", "TIME", "CAUSE", "SIZE", "WHY")
        context.output.table(heading, [_cells(row, context.output) for row in rows])
    if not context.output.quiet:
        context.output.say(f"holdfast: prune would take {_sum(first, context.output)}")
    return 0


def _looked(context: Context) -> tuple[Pruned, Iterator[PruneRow]]:
    """The sums, and the rows page by page."""
    first = page = context.client.prune(dry_run=True, timeout_seconds=context.walk_seconds)

    def rows() -> Iterator[PruneRow]:
        nonlocal page
        count = len(page.rows)
        yield from page.rows
        while page.more:
            page = context.client.prune(dry_run=True, offset=count, timeout_seconds=context.walk_seconds)
            count += len(page.rows)
            yield from page.rows

    return first, rows()


def _cells(row: PruneRow, output: Output) -> tuple[str, ...]:
    return (
        "stays" if row.keep else "goes",
        f"{row.app}/{row.name or row.session[:12]}",
        row.snapshot[:12],
        when(row.time, to_terminal=output.to_terminal),
        row.cause,
        size(row.size_bytes, to_terminal=output.to_terminal),
        ", ".join(row.reasons),
    )


def _sum(pruned: Pruned, output: Output) -> str:
    sessions = f", {_count(pruned.sessions_count, 'deleted session')}" if pruned.sessions_count else ""
    freed = size(pruned.freed_bytes, to_terminal=output.to_terminal)
    unit = "" if output.to_terminal else " bytes"
    return f"{_count(pruned.snapshots_count, 'snapshot')}{sessions}: {freed}{unit} freed"


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
