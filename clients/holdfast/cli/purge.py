"""``purge REF…``: sessions and their history, gone for good."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_sessions, the_sessions
from holdfast.cli.outcome import report_changed
from holdfast.cli.words import reference_text
from holdfast_protocol.errors import NotAllowed
from holdfast_protocol.names import shown

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "remove sessions and their history for good"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_sessions(parser)
    parser.add_argument("--yes", action="store_true", help="without asking")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Every session is found, and said, before the first one goes."""
    refs = the_sessions(arguments)
    rows = [context.client.show(ref, parts=False).session for ref in refs]
    names = ", ".join(shown(reference_text(ref)) for ref in refs)
    if not arguments.yes and not _is_wanted(f"Remove {names} and all their snapshots? This cannot be undone [y/N] "):
        raise NotAllowed("Nothing was removed; say --yes to go without being asked")
    for row in rows:
        from holdfast_protocol.model import Ref

        report_changed(context.output, context.client.purge(Ref(id=row.id)), "purged")
    return 0


def _is_wanted(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
