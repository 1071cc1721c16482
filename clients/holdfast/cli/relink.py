"""``relink REF``: the files that a session points to are elsewhere now."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from holdfast.cli.counts import count
from holdfast.cli.operands import add_reference, the_session
from holdfast.cli.outcome import report_saved
from holdfast.cli.words import path_text, reference_text
from holdfast_protocol.errors import BadField, NotFound
from holdfast_protocol.names import shown

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import RelinkRow

HELP = "point a session to where its files are now (3: some are still missing)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser, "APP/NAME")
    parser.add_argument(
        "--map", metavar="OLD=NEW", action="append", default=[],
        help="a reference and what it becomes; with a slash at the end of OLD, all that lies below it. An absolute NEW "
        "is written relative to the session where OLD was",
    )  # fmt: skip
    parser.add_argument(
        "--search", metavar="DIR", action="append", default=[],
        help="look for what is missing in this folder and below it, by name, or by content where that is known",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only say what would be, and what was found")
    parser.add_argument("--expect", metavar="REV", type=count, help="the revision that the session must have")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each reference that is changed or still missing; 4 for a fork."""
    ref, output = the_session(arguments), context.output
    relinked = context.client.relink(
        ref,
        map=dict(map(_entry, arguments.map)),
        search=[os.path.abspath(os.fsencode(folder)) for folder in arguments.search],
        dry_run=arguments.dry_run,
        expect=arguments.expect,
        published=True,
    )
    if output.as_json and relinked.saved is None:
        output.row(relinked)
    elif relinked.rows and not output.as_json:
        lines = [line for row in relinked.rows for line in _lines(row)]
        output.table(("STATE", "ROLE", "REFERENCE", "NEW", "WHY"), lines)
    if relinked.stopped:
        output.say(f"holdfast: the search ended early: {relinked.stopped}")
    code = report_saved(output, relinked.saved, reference_text(ref), relinked) if relinked.saved is not None else 0
    is_lost = any(row.new is None and row.state in ("missing", "moved") for row in relinked.rows)
    return code or (NotFound.exit_code if is_lost else 0)


def _entry(said: str) -> tuple[str, str]:
    old, equals, new = said.partition("=")
    if not equals:
        raise BadField(f"--map: OLD=NEW is expected, not {shown(said)}", field="map")
    return old, new


def _lines(row: RelinkRow) -> Iterator[tuple[str, str, str, str, str]]:
    """What becomes of it; where that is open, all that it may be."""
    start = (row.state, row.role, row.reference)
    if row.new is not None or not row.candidates:
        why = next((each.why for each in row.candidates if each.reference == row.new), "-")
        yield (*start, row.new or "-", why)
        return
    for each in row.candidates:
        yield (*start, f"{path_text(each.path)}?", each.why)
