"""``search TEXT``: where something stands, in names, tags, notes and parts."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.words import marks, title

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import FoundRow

HELP = "find sessions and parts by what stands in them"
_PAGE_ROWS = 1000
_LIMIT = 100
_DIGITS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("words", metavar="TEXT", nargs="+", help="every word of it must stand in one place")
    parser.add_argument("--app", metavar="A", help="sessions of this application")
    parser.add_argument("--history", action="store_true", help="in older snapshots and autosaves, too")
    parser.add_argument("--deleted", action="store_true", help="the deleted sessions")
    parser.add_argument("--limit", metavar="N", type=count, default=_LIMIT, help=f"at most so many places ({_LIMIT})")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each place: the session, or the part that ``cat`` takes, and the text around. Heads first."""
    found = _Places(context, arguments)
    if context.output.as_json:
        for row in found:
            beside = {name: getattr(row, name) for name in row.__struct_fields__ if name != "session"}
            context.output.row(row.session, **beside)
    else:
        rows = [_cells(row, context.output) for row in found]
        context.output.table(("PLACE", "WHERE", "MARKS", "TEXT"), rows)
    for warning in dict.fromkeys(found.warnings):
        context.output.say(f"holdfast: {warning}")
    if found.more and not context.output.quiet:
        context.output.say(f"holdfast: there may be more; see --limit (now {arguments.limit})")
    return 0


class _Places:
    """The places up to the limit, page by page, each once; afterwards ``more`` says whether others may follow."""

    def __init__(self, context: Context, arguments: argparse.Namespace) -> None:
        self._client = context.client
        self._arguments = arguments
        self.more = False
        self.warnings: list[str] = []

    def __iter__(self) -> Iterator[FoundRow]:
        given, left = self._arguments, self._arguments.limit
        for history in (False, True) if given.history else (False,):
            known: set[tuple[str, str | None]] = set()
            after, self.more = b"", left == 0
            while left > 0:
                page = self._client.search(
                    " ".join(given.words), app=given.app, deleted=given.deleted, history=history,
                    limit=min(_PAGE_ROWS, left), after=after,
                )  # fmt: skip
                self.warnings += page.warnings
                fresh = [row for row in page.rows if (row.session.id, row.part) not in known]
                known |= {(row.session.id, row.part) for row in fresh}
                yield from fresh
                left, after, self.more = left - len(fresh), page.next, page.more
                if not page.more:
                    break


def _cells(row: FoundRow, output: Output) -> tuple[str, ...]:
    place = title(row.session)
    if row.snapshot != row.session.head:
        place += f"@{row.snapshot[:_DIGITS]}"
    if row.part is not None:
        place += f":{row.part}"
    return place, row.part_name or row.where, marks(row.session), row.snippet
