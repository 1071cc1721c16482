"""``list``: the sessions."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.words import marks, size, title, when

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import SessionRow

HELP = "list sessions"
_PAGE_ROWS = 1000
_LIMIT = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--app", metavar="A", help="of this application")
    parser.add_argument("--folder", metavar="LABEL", help="of this folder")
    parser.add_argument("--tag", metavar="T", help="with this tag")
    parser.add_argument("--archived", action="store_true", help="the archived ones")
    parser.add_argument("--deleted", action="store_true", help="the deleted ones")
    parser.add_argument("--templates", action="store_true", help="the templates")
    parser.add_argument("--choices", action="store_true", help="not the sessions, but what --app and --tag can be")
    parser.add_argument("--sort", choices=("modified", "created", "name", "size", "app"), default="modified")
    parser.add_argument("--reverse", action="store_true", help="the other way round")
    parser.add_argument("--limit", metavar="N", type=count, default=_LIMIT, help=f"at most so many ({_LIMIT})")
    parser.add_argument("--offset", metavar="N", type=count, default=0, help="skip so many")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each session; more than the limit is said. Names too long for a terminal are cut there."""
    if arguments.choices:
        return _choices(context, arguments)
    pages = _Pages(context, arguments)
    if context.output.as_json:
        for row in pages:
            context.output.row(row)
    else:
        rows = [_cells(row, context.output) for row in pages]
        context.output.table(("SESSION", "REVISION", "SIZE", "MODIFIED", "MARKS", "TAGS"), rows)
    if pages.more and not context.output.quiet:
        context.output.say(f"holdfast: there are more; see --limit and --offset (now {arguments.limit})")
    return 0


def _choices(context: Context, arguments: argparse.Namespace) -> int:
    found = context.client.list(archived=arguments.archived, deleted=arguments.deleted, limit=0, choices=True)
    if context.output.as_json:
        context.output.row(found)
    else:
        given = {"--app": found.apps or [], "--tag": found.tags or []}
        context.output.table(("BY", "NAME"), [(by, name) for by, names in given.items() for name in names])
    return 0


class _Pages:
    """The rows up to the limit, page by page; afterwards ``more`` says whether others follow."""

    def __init__(self, context: Context, arguments: argparse.Namespace) -> None:
        self._client = context.client
        self._arguments = arguments
        self.more = False

    def __iter__(self) -> Iterator[SessionRow]:
        given = self._arguments
        left, offset, after = given.limit, given.offset, b""
        self.more = left > 0
        while self.more and left > 0:
            page = self._client.list(
                app=given.app, folder=given.folder, tag=given.tag, archived=given.archived, deleted=given.deleted,
                templates=given.templates, sort=given.sort, reverse=given.reverse, limit=min(_PAGE_ROWS, left),
                offset=offset, after=after,
            )  # fmt: skip
            yield from page.rows
            left, after = left - len(page.rows), page.next
            offset = 0 if after else offset + len(page.rows)  # an older daemon says no next
            self.more = page.more and bool(page.rows)


def _cells(row: SessionRow, output: Output) -> tuple[str, ...]:
    terminal = output.to_terminal
    return (
        title(row),
        str(row.revision),
        size(row.size_bytes, to_terminal=terminal),
        when(row.modified, to_terminal=terminal),
        marks(row),
        ",".join(row.tags) or "-",
    )
