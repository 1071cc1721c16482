"""``wait``: returns when something happens to a session."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.operands import add_reference, the_session
from holdfast.cli.operation_rows import told

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import OperationRow

HELP = "wait until something happens to a session"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    from holdfast_protocol.model import OPERATION_TYPES

    add_reference(parser, "APP/NAME")
    parser.add_argument(
        "--for", metavar="EVENT", dest="types", action="append", required=True, choices=[*OPERATION_TYPES],
        help="a type of operation, as events prints it (saved, deleted-outside, …); may be repeated",
    )  # fmt: skip
    parser.add_argument("--since", metavar="N", type=count, help="after number N; from now on without it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Prints the operation. Without --timeout it waits as long as it takes; with it, exit 7 when that is over."""
    import asyncio

    context.check_happening()
    newest = context.client.operations(limit=1, newest=True).rows
    session = context.client.show(the_session(arguments), parts=False).session.id
    since = max((row.number for row in newest), default=0) if arguments.since is None else arguments.since
    row = asyncio.run(_first(context.client.path, since, session, arguments.types, arguments.timeout))
    if context.output.as_json:
        context.output.row(row)
    else:
        context.output.line(told(row, to_terminal=context.output.to_terminal))
    return 0


async def _first(path: str, since: int, session: str, types: list[str], timeout_seconds: float | None) -> OperationRow:
    import asyncio

    from holdfast.async_client import AsyncClient
    from holdfast_protocol.errors import TooLate

    async with AsyncClient(path) as client:
        try:
            async with asyncio.timeout(timeout_seconds):
                return await anext(client.events(since, session=session, types=types))
        except TimeoutError as problem:
            raise TooLate(f"Nothing of {', '.join(types)} happened within {timeout_seconds:g} s") from problem
