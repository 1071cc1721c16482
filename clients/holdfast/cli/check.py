"""``check``: whether the store is as it was written."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from holdfast.cli.long_work import WAIT_MS, watched
from holdfast.cli.words import size
from holdfast_protocol.errors import Damaged, Internal

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import ConcernRow

HELP = "look whether the store is as it was written"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--all", action="store_true", help="read everything, also what was read within a week")
    parser.add_argument("--repair", action="store_true", help="put back what can be found elsewhere")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each damage, and below it what cannot be read because of it; exit 8 where there is any left."""
    output, client = context.output, context.client
    checked = client.check(all=arguments.all, repair=arguments.repair, wait_ms=WAIT_MS)
    checked = watched(checked, partial(client.check, begin=False), output)
    if output.as_json:
        output.row(checked)
    for row in () if output.as_json else checked.rows:
        output.line(f"{'repaired' if row.repaired else 'damaged'}: {row.sentence}")
        for concern in row.concerns:
            output.line(f"  cannot be read: {_named(concern)}")
        if row.concerns_count > len(row.concerns):
            output.line(f"  and {row.concerns_count - len(row.concerns)} more")
    if checked.failed:
        raise Internal(f"The check did not end: {checked.failed}")
    if checked.problems_count:
        output.say(f"holdfast: {_count(checked.problems_count)} found, {checked.repaired_count} repaired")
        return Damaged.exit_code
    read = size(checked.done_bytes, to_terminal=output.to_terminal)
    repaired = f", {checked.repaired_count} repaired" if checked.repaired_count else ""
    output.done(f"checked {read}{'' if output.to_terminal else ' bytes'}: nothing is damaged{repaired}")
    return 0


def _named(concern: ConcernRow) -> str:
    session = f"{concern.app}/{concern.name}" if concern.name else concern.session[:12]
    file = f", file {concern.path.decode(errors='backslashreplace')}" if concern.path else ""
    return f"{session}@{concern.snapshot[:12]}{' (the head)' if concern.head else ''}{file}"


def _count(count: int) -> str:
    return f"{count} {'damage' if count == 1 else 'damages'}"
